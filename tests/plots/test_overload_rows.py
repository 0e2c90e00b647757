"""Rows and cells of the timeline against plain loops over the episodes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.plots.overload_rows import (
    leading_limit,
    overload_rows,
    spread_over_cells,
)
from gridsim.plots.study_data import StudyData

if TYPE_CHECKING:
    from gridsim.results import ResultStore

OFFSET = pd.Timedelta(hours=5)


@pytest.fixture(params=["three", "three_hundred"])
def data(request: pytest.FixtureRequest, studies: dict[str, ResultStore]) -> StudyData:
    return StudyData(studies[request.param])


def naive_pieces(start: np.ndarray, end: np.ndarray, edges: np.ndarray) -> list[tuple[int, int, float]]:
    pieces = []
    for i in range(len(start)):
        for k in range(len(edges) - 1):
            days = min(end[i], edges[k + 1]) - max(start[i], edges[k])
            if days > 0:
                pieces.append((i, k, days * 24.0))
    return pieces


def test_intervals_are_cut_at_cell_edges() -> None:
    generator = np.random.default_rng(3)
    edges = np.cumsum(generator.uniform(5.0, 30.0, 30))
    # Some begin or end exactly on an edge, some stick out on either side.
    start = np.concatenate([generator.uniform(edges[0] - 20, edges[-1], 200), edges[3:9], [edges[0]]])
    end = start + np.concatenate([generator.exponential(20.0, 200) + 0.04, np.diff(edges)[3:9], [0.04]])
    interval, cell, hours = spread_over_cells(start, end, edges)
    expected = naive_pieces(start, end, edges)
    assert [(int(i), int(k)) for i, k in zip(interval, cell, strict=True)] == [(i, k) for i, k, _ in expected]
    assert hours == pytest.approx([h for _, _, h in expected], rel=1e-9)


def test_rows_are_the_worst_transformers_by_first_overload(data: StudyData) -> None:
    shown = overload_rows(data, max_rows=10)
    episodes = data.overloads
    episodes = episodes[(episodes["limit"] == "continuous") & (episodes["element_type"] != "line")]
    worst = {}
    for (kind, name, _), group in episodes.groupby(["element_type", "name", "winding"]):
        worst[kind, name] = max(worst.get((kind, name), 0.0), float(group["overload_mvah"].sum()))
    assert shown.n_overloaded == len(worst)
    assert shown.n_hidden == max(len(worst) - int(shown.rows["n_units"].sum()), 0)
    # Units in parallel share a row, whose MVAh are those of all of them.
    stations = dict(zip(data.transformers["name"], data.transformers["substation_id"], strict=True))
    mvah: dict[str, float] = {}
    for row in shown.rows.itertuples(index=False):
        units = [f"{row.substation_id}-{unit}" for unit in row.unit.split(", ")]
        assert len(units) == row.n_units
        assert row.overload_mvah == pytest.approx(sum(worst[row.element_type, unit] for unit in units))
        assert {stations[unit] for unit in units} == {row.substation_id}
        mvah |= dict.fromkeys(units, row.overload_mvah)
    hidden = [value for (_, name), value in worst.items() if name not in mvah]
    assert not hidden or max(hidden) <= min(mvah.values())
    assert shown.rows["first_day"].is_monotonic_increasing
    first = episodes["start_utc"].min().tz_localize(None) + OFFSET
    assert pd.Timestamp(shown.first_day, unit="D").round("s") == first


def test_cells_hold_the_hours_and_the_worst_of_the_worst_winding(data: StudyData) -> None:
    shown = overload_rows(data, max_rows=3)
    edges = data.cells.edges_day
    for position, row in enumerate(shown.rows.itertuples(index=False)):
        own = data.overloads[
            (data.overloads["limit"] == "continuous")
            & (data.overloads["element_type"] == row.element_type)
            & (data.overloads["name"] == row.name)
        ]
        hours: dict[int, float] = {}
        for _, group in own.groupby("winding"):
            start, end = data.days(group["start_utc"]), data.days(group["end_utc"])
            of_winding: dict[int, float] = {}
            for _, cell, piece in naive_pieces(start, end, edges):
                of_winding[cell] = of_winding.get(cell, 0.0) + piece
            hours = {cell: max(hours.get(cell, 0.0), of_winding.get(cell, 0.0)) for cell in {*hours, *of_winding}}
        cells = shown.cells[shown.cells["row"] == position].set_index("cell")
        assert cells["hours"].to_dict() == pytest.approx(hours)
        assert (cells["share"] <= 1.0 + 1e-9).all()
        # The worst of all cells is the worst of all episodes: none is lost by cutting into cells.
        assert cells["peak_percent"].max() == pytest.approx(row.peak_percent, abs=1e-3)


def test_monthly_tables_agree_with_a_plain_pivot(studies: dict[str, ResultStore]) -> None:
    data = StudyData(studies["three_hundred"])
    elements = data.elements[data.elements["element_type"] != "line"]
    monthly = data.monthly.astype({"element": str}).merge(elements, on="element")
    worst, failed = (data.by_month(data.transformers, column) for column in ("worst_percent", "failed_hours"))
    places = pd.MultiIndex.from_frame(data.transformers[["element_type", "name"]])
    assert worst.shape == (len(data.transformers), 12 * 7)
    some = monthly.sample(300, random_state=1)
    for row in some.itertuples(index=False):
        cell = 12 * (row.year - 2028) + row.month - 1
        same = (monthly["name"] == row.name) & (monthly["year"] == row.year) & (monthly["month"] == row.month)
        expected = monthly.loc[same, "worst_percent"].max()
        place = places.get_loc((row.element_type, row.name))
        assert worst[place, cell] == pytest.approx(expected, nan_ok=True)
        assert failed[place, cell] == monthly.loc[same, "failed_hours"].max()


def test_the_first_rule_that_transformers_break_is_shown(studies: dict[str, ResultStore]) -> None:
    data = StudyData(studies["three"])
    line = {"name": "line_continuous", "percent": 100.0}
    never = {"name": "never", "percent": 100.0}
    manifest = replace(data.manifest, limits=(never, line, *data.manifest.limits))
    data.store = type(data.store)(data.store.directory, manifest=manifest)
    assert leading_limit(data)["name"] == "continuous"


def test_units_that_carry_the_same_load_share_a_row(studies: dict[str, ResultStore]) -> None:
    rows = overload_rows(StudyData(studies["three"])).rows
    assert dict(zip(rows["substation_name"], rows["unit"], strict=True)) == {
        "Alma 500": "T1, T2",
        "Representative 110 kV Almaty 01": "T1",
    }


def test_another_limit_can_be_asked_for(studies: dict[str, ResultStore]) -> None:
    shown = overload_rows(StudyData(studies["three_hundred"]), limit="emergency")
    assert shown.limit["percent"] == 130.0
    assert shown.rows["peak_percent"].min() > 130.0


def test_failed_hours_are_counted_where_they_begin(studies: dict[str, ResultStore]) -> None:
    data = StudyData(studies["three_hundred"])
    steps = data.steps
    for edges in (data.cells.edges_day, data.month_edges[:14], steps["day"].to_numpy()[steps["is_failed"]][:5]):
        found = data.failed_hours_within(edges)
        for k in range(len(edges) - 1):
            inside = (steps["day"] >= edges[k]) & (steps["day"] < edges[k + 1]) & steps["is_failed"]
            assert found[k] == 6.0 * inside.sum()
    assert data.failed_hours_by_cell.sum() == data.failed_h > 0.0


def test_days_are_local_and_exact(studies: dict[str, ResultStore]) -> None:
    data = StudyData(studies["three"])
    days = data.days(pd.Series(pd.to_datetime(["2026-12-31T19:00:00Z", None])), missing=-1.0)
    assert list(days) == [float(np.datetime64("2027-01-01", "D").astype(int)), -1.0]
    assert data.steps["year"].value_counts().to_dict() == {2026: 8760, 2027: 8760}
    assert data.cells.word == "week"
    assert data.cells.hours.sum() == 17520.0
    assert StudyData(studies["three_hundred"]).cells.word == "month"
