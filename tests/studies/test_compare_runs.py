"""What changed between two runs, against plain loops over their result files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.errors import ResultStoreError
from gridsim.results.store import ResultStore
from tests.support.hand_made import finished_store
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.studies.compare_runs import RunComparison

LATE_DAYS = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    span = {"n_transformers": 40, "from_year": 2026, "to_year": 2028, "resolution_h": 3}
    write_synthetic_store(folder / "a", **span)
    write_synthetic_store(folder / "b", **span, load_level=1.6, late_days=LATE_DAYS, is_failing=True)
    write_synthetic_store(folder / "other_years", n_transformers=4, from_year=2027, to_year=2028, resolution_h=3)
    return folder


@pytest.fixture(scope="module")
def comparison(folder: Path) -> RunComparison:
    return gridsim.compare_runs(folder / "a", folder / "b")


def overloads_of(store: ResultStore, name: str, limit: str) -> pd.DataFrame:
    """Episodes of the winding of a transformer with most MVAh."""
    episodes = store.read_overloads()
    own = episodes[(episodes["name"] == name) & (episodes["limit"] == limit) & (episodes["element_type"] != "line")]
    if own.empty:
        return own
    by_winding = own.groupby("winding")["overload_mvah"].sum()
    return own[own["winding"] == by_winding.idxmax()]


@pytest.mark.parametrize("limit", ["continuous", "emergency"])
def test_transformers_say_what_the_episodes_of_either_run_say(folder: Path, limit: str) -> None:
    found = gridsim.compare_runs(folder / "a", folder / "b", limit=limit)
    stores = {"a": found.a, "b": found.b}
    elements = {side: store.read_table("elements") for side, store in stores.items()}
    units = {side: set(table.loc[table["element_type"] != "line", "name"]) for side, table in elements.items()}
    assert sorted(found.transformers["name"]) == sorted(units["a"] | units["b"])
    for row in found.transformers.to_dict(orient="records"):
        first = {}
        for side, store in stores.items():
            episodes = overloads_of(store, row["name"], limit)
            first[side] = episodes["start_utc"].min()
            assert row[f"is_there_{side}"] == (row["name"] in units[side])
            assert row[f"hours_{side}"] == episodes["duration_h"].sum()
            assert row[f"overload_mvah_{side}"] == pytest.approx(episodes["overload_mvah"].sum(), abs=1e-3)
            assert row[f"first_violation_utc_{side}"] == first[side] or len(episodes) == 0
        in_a, in_b = (not pd.isna(first[side]) for side in ("a", "b"))
        if in_a and in_b:
            assert row["later_days"] == pytest.approx((first["b"] - first["a"]).total_seconds() / 86400.0)
            assert row["change"] == ("later" if row["later_days"] > 0 else "earlier" if row["later_days"] else "same")
        else:
            assert row["change"] == {(True, False): "gone", (False, True): "new", (False, False): "none"}[in_a, in_b]
            assert np.isnan(row["later_days"])
    change = found.transformers["mvah_change"].abs()
    assert change.is_monotonic_decreasing
    assert change.iloc[0] > 0.0


def test_hours_of_every_year(comparison: RunComparison) -> None:
    assert comparison.hours["year"].tolist() == [2026, 2027, 2028]
    steps = comparison.b.read_steps()
    for row in comparison.hours.itertuples():
        local_year = (steps["time_utc"] + pd.Timedelta(hours=5)).dt.year
        assert row.failed_h_a == 0.0
        assert row.failed_h_b == 3.0 * ((local_year == row.year) & (steps["status"] == "diverged")).sum()
        yearly = comparison.b.read_table("yearly")
        own = yearly[(yearly["year"] == row.year) & (yearly["limit"] == "continuous")]
        own = own[own["element_type"] != "line"]
        assert row.overloaded_b == own["name"].nunique()
        assert row.hours_b == sum(part["hours"].max() for _, part in own.groupby("name"))
    assert comparison.hours["failed_h_b"].sum() > 0.0


def test_inputs_that_differ_are_named_with_either_value_and_names_are_not_inputs(comparison: RunComparison) -> None:
    assert comparison.inputs.to_numpy().tolist() == [
        ["scenario", "late_days", "0", str(LATE_DAYS)],
        ["scenario", "load_level", "1.0", "1.6"],
    ]


def test_dates_that_slipped(comparison: RunComparison) -> None:
    projects = comparison.projects
    both = projects.dropna(subset=["date_utc_a", "date_utc_b"])
    assert len(both) > 3
    assert set(projects["kind"]) == {"substation"}
    assert set(both["later_days"]) == {float(LATE_DAYS)}
    substations = comparison.substations
    assert {True} == set(substations["is_there_a"])
    gone = substations[~substations["is_there_b"]]
    kept = substations[substations["is_there_b"]]
    assert len(gone) >= 1
    assert gone["open_utc_b"].isna().all()
    assert set(kept["later_days"]) == {float(LATE_DAYS)}
    opened = comparison.a.read_table("substations").set_index("substation_id")["open_utc"]
    assert (
        substations.set_index("substation_id")["open_utc_a"].tolist() == opened[substations["substation_id"]].tolist()
    )
    assert comparison.stages.empty  # both change on 1 January alone


def test_tap_operations_that_differ_are_summed_over_the_years(comparison: RunComparison) -> None:
    sums = [
        store.read_table("tap_operations").groupby("element")["operations"].sum()
        for store in (comparison.a, comparison.b)
    ]
    wanted = {
        element: (int(sums[0].get(element, 0)), int(sums[1].get(element, 0)))
        for element in {*sums[0].index, *sums[1].index}
        if sums[0].get(element, 0) != sums[1].get(element, 0)
    }
    found = {row.element: (row.operations_a, row.operations_b) for row in comparison.taps.itertuples()}
    assert found == wanted
    assert (comparison.taps["operations_b"] - comparison.taps["operations_a"]).abs().is_monotonic_decreasing


def test_a_run_compared_with_itself_has_nothing_to_tell(folder: Path) -> None:
    same = gridsim.compare_runs(folder / "a", folder / "a")
    for frame in (same.inputs, same.projects, same.substations, same.stages, same.taps, same.consequences):
        assert frame.empty
    assert set(same.transformers["change"]) <= {"same", "none"}


def test_the_other_way_round_is_the_opposite(folder: Path, comparison: RunComparison) -> None:
    back = gridsim.compare_runs(folder / "b", folder / "a")
    opposite = {"new": "gone", "gone": "new", "earlier": "later", "later": "earlier"}
    there = comparison.transformers.set_index("name")["change"]
    assert back.transformers.set_index("name")["change"].to_dict() == {
        name: opposite.get(word, word) for name, word in there.items()
    }


def test_everything_is_json(comparison: RunComparison) -> None:
    record = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert record["limit"] == "continuous"
    assert len(record["transformers"]) == len(comparison.transformers)
    times = [row["first_violation_utc_b"] for row in record["transformers"] if row["first_violation_utc_b"]]
    assert all(pd.Timestamp(time).tz is not None for time in times)
    assert {"hours", "inputs", "projects", "substations", "stages", "taps"} <= set(record)


def test_runs_that_cannot_be_compared_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ResultStoreError, match=r"has from_year 2026.*has 2027.*--from"):
        gridsim.compare_runs(folder / "a", folder / "other_years")
    with pytest.raises(ResultStoreError, match=r"rule 'nameplate'.*continuous, emergency"):
        gridsim.compare_runs(folder / "a", folder / "b", limit="nameplate")
    with ResultStore.create(tmp_path / "unfinished"):
        pass
    with pytest.raises(ResultStoreError, match=r"unfinished: the run was interrupted or is still going on"):
        gridsim.compare_runs(folder / "a", tmp_path / "unfinished")
    finished_store(tmp_path / "no_rules")
    with pytest.raises(ResultStoreError, match=r"rule '' is not one that both runs were judged by; those are none"):
        gridsim.compare_runs(tmp_path / "no_rules", tmp_path / "no_rules")
