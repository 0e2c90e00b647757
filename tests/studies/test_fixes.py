"""Fixes against brute force: the same fix written into the tables by hand, every hour of the changed network run."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.grid.fix_change import GridChange
from gridsim.plots.fixes_figure import draw_fixes, fix_rows
from gridsim.report.fixes_table import fixes_record, print_fixes
from gridsim.scenario.fix_catalogue import COSTS
from gridsim.scenario.fix_model import FixKind
from gridsim.studies.fix_bench import FixBench
from gridsim.studies.fix_plan import Planner
from gridsim.studies.fix_trial import try_change
from gridsim.studies.fixes import fixes
from gridsim.studies.progress import Silence
from gridsim.studies.time_series import solve_options
from gridsim.tables.load import load_tables
from tests.support import fixed_tables as by_hand
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridsim.studies.fixes import Fixes
    from tests.support.tiny_network import Rows

TOWN, NEW = "town_t1, town_t2", "new_t1"
MORE = "[fixes]\nneighbour_km = 30.0\nfan_gain = 1.25\n"
CITY_MW = 36.0
#: Kinds that the tables of a network can hold, so that a plan of them can be run as a network of its own.
TABLE_KINDS = ("parallel_unit", "fans", "capacitor")


def write_study(folder: Path, rows: Rows, more: str = "") -> Path:
    return write_tiny_study(folder, city_mw=CITY_MW, rows=rows, more=more)


def overload_mvah(folder: Path, rows: Rows, stem: str, more: str = "") -> float:
    """Return the MVAh above nameplate of all units whose name begins with ``stem``, of a run of every hour."""
    found = all_overloads(folder, rows, more)
    return float(found.loc[found["name"].str.startswith(stem), "overload_mvah"].sum())


def all_overloads(folder: Path, rows: Rows, more: str = "") -> pd.DataFrame:
    file = write_study(folder, rows, more)
    run = gridsim.run_scenario(file, to_year=2026, out=folder / "out", threads=1)
    frame = run.store.read_overloads()
    return frame[(frame["limit"] == "nameplate") & (frame["element_type"] != "line")]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Fixes:
    folder = tmp_path_factory.mktemp("fixes")
    return fixes(write_study(folder, by_hand.town_rows(), MORE), to_year=2026, threads=1)


def candidate(found: Fixes, kind: str, transformers: str = TOWN) -> pd.Series:
    rows = found.candidates[(found.candidates["transformers"] == transformers) & (found.candidates["kind"] == kind)]
    assert len(rows) == 1, kind
    return rows.iloc[0]


def day_of(row: pd.Series) -> str:
    return f"{row['day']:%Y-%m-%d}"


HAND_MADE: dict[str, Callable[[Rows, pd.Series], Rows]] = {
    "parallel_unit": lambda rows, row: by_hand.with_parallel_unit(rows, day_of(row)),
    "next_rating": lambda rows, row: by_hand.with_other_units(rows, day_of(row), "TDN-40/110"),
    "fans": lambda rows, row: by_hand.with_fans(rows, day_of(row)),
    "load_transfer": lambda rows, row: by_hand.with_transfer(rows, day_of(row), float(row["what"].split()[0]) / 100.0),
    "capacitor": lambda rows, row: by_hand.with_capacitor(rows, day_of(row), row["size"]),
    "tap_setting": lambda rows, _: by_hand.with_higher_band(rows, 0.02),
    "bring_forward": lambda rows, row: by_hand.with_day(rows, "p_new", day_of(row)),
    "staged_plant": lambda rows, _: rows,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HAND_MADE)
def test_what_a_fix_leaves_is_what_a_run_of_the_changed_network_has(kind: str, found: Fixes, tmp_path: Path) -> None:
    row = candidate(found, kind)
    later = "[investors.overrides.i1]\nslip_months = 24\n" if kind == "staged_plant" else ""
    rows = HAND_MADE[kind](by_hand.town_rows(), row)
    expected = overload_mvah(tmp_path, rows, "town_", later)
    assert row["mvah_after"] == pytest.approx(expected, rel=1e-4, abs=1e-3)
    assert row["mvah_avoided"] == pytest.approx(row["mvah_before"] - expected, rel=1e-4, abs=1e-3)


@pytest.mark.slow
def test_overloads_without_fixes_are_those_of_a_run(found: Fixes, tmp_path: Path) -> None:
    run = all_overloads(tmp_path, by_hand.town_rows())
    assert set(run["name"]) == set(TOWN.split(", "))
    assert found.candidates["mvah_before"].to_numpy() == pytest.approx(run["overload_mvah"].sum(), rel=1e-4)
    assert (found.candidates["first_before_utc"] == run["start_utc"].min()).all()
    assert found.mvah_before == pytest.approx(run["overload_mvah"].sum(), rel=1e-4)
    assert found.failed_before_h == found.failed_after_h == 0


@pytest.mark.slow
def test_a_plan_removes_what_it_claims_in_a_network_that_has_it(tmp_path: Path) -> None:
    kinds = ", ".join(f'"{kind}"' for kind in TABLE_KINDS)
    file = write_study(tmp_path / "plan", by_hand.town_rows(), f"{MORE}kinds = [{kinds}]\n")
    plan = fixes(file, to_year=2026, trafo="town_t2", threads=1)
    assert set(plan.candidates["transformers"]) == {TOWN}
    assert len(plan.plan) >= 1
    assert TOWN not in set(plan.left["transformers"])
    left = float(plan.plan["mvah_before"].iloc[0])
    rows = by_hand.town_rows()
    for number, row in enumerate(row for _, row in plan.plan.iterrows()):
        rows = HAND_MADE[row["kind"]](rows, row)
        after = overload_mvah(tmp_path / str(number), rows, "town_")
        assert row["mvah_removed"] == pytest.approx(left - after, rel=1e-4, abs=1e-3)
        left = after
    assert left == 0.0


@pytest.mark.slow
def test_what_a_plan_leaves_is_what_a_run_of_the_changed_network_has(tmp_path: Path) -> None:
    """A higher voltage band alone is not enough, and the scenario lets it rise once."""
    more = f'{MORE}kinds = ["tap_setting"]\nband_highest_pu = 1.07\n'
    plan = fixes(write_study(tmp_path / "plan", by_hand.town_rows(), more), to_year=2026, threads=1)
    assert plan.plan["what"].tolist() == ["voltage band of town_10 +2.0 %"]
    expected = overload_mvah(tmp_path / "hand", by_hand.with_higher_band(by_hand.town_rows(), 0.02), "town_")
    assert 0.0 < expected < plan.mvah_before
    assert plan.left["transformers"].tolist() == [TOWN]
    assert plan.left["mvah_left"].tolist() == pytest.approx([expected], rel=1e-4)
    assert plan.plan["mvah_after"].iloc[-1] == pytest.approx(expected, rel=1e-4)
    assert plan.mvah_after == pytest.approx(expected, rel=1e-4)


def test_the_plan_takes_the_cheapest_fix_that_is_enough(found: Fixes) -> None:
    assert found.left.empty
    assert found.mvah_after == 0.0
    enough = found.candidates[found.candidates["is_enough"]]
    assert len(enough) > 1
    assert found.plan["kind"].tolist() == [enough.loc[enough["cost_mln"].idxmin(), "kind"]]
    assert found.plan["mvah_removed"].tolist() == pytest.approx([found.mvah_before])


@pytest.mark.slow
def test_each_group_of_units_gets_its_own_fix(tmp_path: Path) -> None:
    """The town is overloaded in the winter before the new substation comes, the new one in the winter after."""
    file = write_study(tmp_path, by_hand.town_rows(), f'{MORE}kinds = ["fans", "parallel_unit"]\n')
    both = fixes(file, to_year=2027, threads=1)
    assert both.plan["transformers"].drop_duplicates().tolist() == [TOWN, NEW]
    assert both.plan["kind"].drop_duplicates().tolist()[0] == "fans"
    assert both.left.empty
    assert both.mvah_after == 0.0
    assert both.plan["cumulative_mln"].iloc[-1] == pytest.approx(both.plan["cost_mln"].sum())
    assert both.plan.groupby("transformers")["mvah_after"].last().tolist() == [0.0, 0.0]


def test_candidates_are_ranked_by_cost_and_by_deferral(found: Fixes) -> None:
    for _, rows in found.candidates.groupby("transformers"):
        useful = rows[rows["rank"].notna()]
        assert (useful["mln_per_mvah"] * useful["mvah_avoided"]).to_numpy() == pytest.approx(useful["cost_mln"])
        assert useful.sort_values("rank")["mln_per_mvah"].is_monotonic_increasing
        by_years = useful.sort_values("deferral_rank")["years_deferred"]
        assert (np.diff(np.minimum(by_years, 1e9)) <= 0.0).all()
        gone = useful["mvah_after"] == 0.0
        assert np.isinf(useful.loc[gone, "years_deferred"]).all()
        assert useful.loc[gone, "first_after_utc"].isna().all()
        late = (useful["first_after_utc"] - useful["first_before_utc"]) / pd.Timedelta(days=365.25)
        assert useful.loc[~gone, "years_deferred"].to_numpy() == pytest.approx(late[~gone], abs=1e-6)


def test_costs_are_unit_costs_times_size_and_marked_assumed(found: Fixes) -> None:
    for row in found.candidates.to_dict("records"):
        cost = COSTS[FixKind(row["kind"])]
        assert row["cost_mln"] == pytest.approx(cost.fixed_mln + cost.per_size_mln * row["size"])
        assert row["cost_confidence"] == "assumed"
    assert set(found.catalogue["kind"]) == {str(kind) for kind in FixKind}
    assert found.catalogue["source"].str.startswith("assumed, no published price").all()


def test_every_kind_is_offered_or_refused_with_a_reason(found: Fixes) -> None:
    assert set(found.candidates["kind"]) == {str(kind) for kind in FixKind}
    assert found.refused.empty


@pytest.mark.slow
def test_curtailment_cuts_no_more_than_it_must(tmp_path: Path) -> None:
    file = write_tiny_study(tmp_path, city_mw=35.0, rows=by_hand.town_rows(), more=MORE)
    scenario = gridsim.load_scenario(file, to_year=2026)
    grid = gridsim.stage_grid(load_tables(scenario.network_folder), scenario)
    bench = FixBench(grid, solve_options(scenario.solver, None, 1))
    costs = {FixKind.curtailment: COSTS[FixKind.curtailment]}
    planner = Planner(bench, scenario.fixes, costs, Silence())
    state = bench.every_hour(GridChange(), Silence())
    planner.plan(state, lambda bank: "town_t1" in bench.banks[bank].units)
    (tried,) = planner.tried
    steps, _ = state.overload(tried.fix.bank)
    (cut,) = tried.fix.change.cuts
    whole = try_change(planner.bench, state, tried.fix.change, tried.fix.bank, steps)
    assert len(steps) > 3
    assert whole.own_mvah == 0.0
    less = dataclasses.replace(cut, p_mw=0.97 * cut.p_mw)
    not_enough = try_change(planner.bench, state, GridChange(cuts=(less,)), tried.fix.bank, steps)
    assert (not_enough.own_mva > 0.0).all()
    served = planner.bench.changed(tried.fix.change).injections
    rows = load_row_changes(grid, served, steps)
    assert rows == pytest.approx(cut.p_mw)
    assert tried.fix.size == pytest.approx(cut.p_mw.sum() * scenario.horizon.resolution_h)


def load_row_changes(grid: gridsim.grid.staged.StagedGrid, injections: object, steps: np.ndarray) -> np.ndarray:
    """Return by how much the load of the whole grid falls at each step, MW."""
    up = grid.stages[0].in_service["bus"]
    change = []
    for step in steps.tolist():
        before, after = (
            plan.element_profiles(step, step + 1, up)["load", "p_mw"].sum() for plan in (grid.injections, injections)
        )
        change.append(before - after)
    return np.array(change)


def test_what_is_asked_for_must_exist(tmp_path: Path) -> None:
    file = write_study(tmp_path, by_hand.town_rows())
    with pytest.raises(InputError, match="did you mean 'town_t2'"):
        fixes(file, trafo="town_t", threads=1)
    with pytest.raises(InputError, match="did you mean 'nameplate'"):
        fixes(file, rule="nameplat", threads=1)


def test_table_and_record_say_what_is_assumed_and_left(found: Fixes) -> None:
    text = printed(found)
    assert "no overload in any hour" in text
    assert "9 assumed" in text
    assert "not proven to be the cheapest" in text
    record = json.loads(json.dumps(fixes_record(found)))
    assert len(record["plan"]) == len(found.plan)
    assert record["currency"] == "KZT"
    left = found.candidates.head(1).assign(first_utc=found.candidates["first_before_utc"], hours=6, mvah_left=4.0)
    left["mvah_without"] = 5.0
    bad = printed(dataclasses.replace(found, left=left, failed_after_h=12, mvah_after=4.0))
    assert bad.index("12 with the plan") < bad.index("still overloaded") < bad.index("Overload that the plan leaves")


def printed(found: Fixes) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_fixes(console, found)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_picture_has_a_row_for_each_group_and_rings_the_plan(found: Fixes) -> None:
    rows = fix_rows(found)
    assert rows["place"].max() + 1 == found.candidates["transformers"].nunique()
    assert rows["is_chosen"].sum() == len(found.plan)
    ax = draw_fixes(found)
    assert len(ax.get_yticks()) == found.candidates["transformers"].nunique()
    with pytest.raises(InputError, match="no fix was found"):
        draw_fixes(dataclasses.replace(found, candidates=found.candidates.head(0)))


@pytest.mark.slow
def test_the_command_writes_tables_and_picture(tmp_path: Path) -> None:
    file = write_study(tmp_path, by_hand.town_rows(), f'{MORE}kinds = ["fans"]\n')
    asked = ["fixes", str(file), "--from", "2026", "--to", "2026", "--threads", "1", "--trafo", "town_t1"]
    done = CliRunner().invoke(app, [*asked, "--csv", str(tmp_path / "csv"), "--picture", str(tmp_path / "f.png")])
    assert done.exit_code == 0, done.output
    assert "fans at 2 units" in done.output
    assert (tmp_path / "f.png").stat().st_size > 10_000
    names = {path.stem for path in (tmp_path / "csv").iterdir()}
    assert names == {"candidates", "plan", "left", "refused", "catalogue"}
    assert pd.read_csv(tmp_path / "csv" / "plan.csv")["kind"].tolist() == ["fans"]
    assert CliRunner().invoke(app, [*asked, "--rule", "nothing"]).exit_code == 2


@pytest.mark.slow
def test_an_hour_that_loses_its_solution_is_not_an_overload_avoided(tmp_path: Path) -> None:
    """So much load that hours have no solution: a capacitor makes more of them, and is no fix however cheap it is."""
    more = '[fixes]\nneighbour_km = 30.0\nkinds = ["capacitor", "curtailment", "parallel_unit"]\n'
    study = write_tiny_study(tmp_path, city_mw=200.0, rows=by_hand.town_rows(), more=more)
    found = fixes(study, to_year=2026, threads=1)
    assert found.failed_before_h > 0
    tried = found.candidates
    worse = tried[tried["failed_after_h"] > tried["failed_before_h"]]
    assert "capacitor" in set(worse["kind"])
    assert not worse["is_enough"].any()
    assert found.plan["kind"].iat[0] not in set(worse["kind"])
    assert found.failed_after_h < found.failed_before_h
