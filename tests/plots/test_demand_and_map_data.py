"""Numbers behind the demand figure and the map, also where hours are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.plots import draw_map, style
from gridsim.plots.demand_data import (
    USES,
    areas_with_demand,
    capacity_by_class,
    means_by_area,
    official_figures,
    yearly_load,
    yearly_mean_by_use,
)
from gridsim.plots.map_figure import map_data
from gridsim.plots.study_data import StudyData, day_of
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.results import ResultStore


@pytest.fixture
def data(studies: dict[str, ResultStore]) -> StudyData:
    return StudyData(studies["three_hundred"])


def test_every_sector_of_the_tables_belongs_to_one_use() -> None:
    from gridsim.enums import Sector  # noqa: PLC0415

    sectors = [sector for use in USES for sector in use.sectors]
    assert sorted(sectors) == sorted([*(sector.value for sector in Sector), "investors"])


def test_yearly_means_keep_the_energy(data: StudyData) -> None:
    demand = data.demand
    for area in areas_with_demand(data):
        mean = yearly_mean_by_use(data, area)
        for year in (2028, 2030):
            rows = demand[(demand["area"] == area) & (demand["year"] == year)]
            days = [pd.Period(f"{row.year}-{row.month:02d}").days_in_month for row in rows.itertuples()]
            energy = float((rows["mean_mw"] * days).sum())
            assert mean.loc[year].sum() * (366 if year == 2028 else 365) == pytest.approx(energy)


def test_the_largest_load_is_sure_only_when_all_hours_are(data: StudyData) -> None:
    load = yearly_load(data, means_by_area(data))
    steps = data.steps
    assert load["is_sure"].to_dict() == (~steps.groupby("year")["is_failed"].any()).to_dict()
    assert not load["is_sure"].all()
    assert load["is_sure"].any()
    solved = steps.groupby("year")["load_mw"].max()
    assert (load["peak"] >= solved - 1e-9).all()
    assert load.loc[load["is_sure"], "peak"].to_dict() == solved[load["is_sure"]].to_dict()
    # The mean is that of what is asked for, with or without a solution.
    both = sum(yearly_mean_by_use(data, area).sum(axis=1) for area in areas_with_demand(data))
    assert load["mean"].to_dict() == pytest.approx(both.to_dict())


def test_capacity_steps_up_on_the_day_a_transformer_opens(data: StudyData) -> None:
    transformers = data.transformers[data.transformers["area"].isin(areas_with_demand(data))]
    for words, low, high in (("110 kV", 80.0, 180.0), ("220 kV", 180.0, 400.0)):
        days, mva = capacity_by_class(data)[words]
        own = transformers[(transformers["voltage_kv"] >= low) & (transformers["voltage_kv"] < high)]
        for day in (data.first_day, day_of(2030), day_of(2032, 7), data.last_day - 1):
            standing = own[(own["open_day"] <= day) & (own["close_day"] > day)]["sn_mva"].sum()
            assert mva[np.searchsorted(days, day, side="right") - 1] == pytest.approx(standing)


def test_published_figures_outside_the_horizon_are_left_out(data: StudyData) -> None:
    assert [figure["year"] for figure in official_figures(data)] == [2030, 2030]


def test_the_map_takes_the_worst_winding_and_hour_of_the_year(data: StudyData) -> None:
    shown = map_data(data, 2032)
    monthly = data.monthly.astype({"element": str})
    monthly = monthly[monthly["year"] == 2032].merge(data.elements, on="element")
    for row in shown.substations.sample(20, random_state=2).itertuples():
        expected = monthly.loc[monthly["substation_id"] == row.substation_id, "worst_percent"].max()
        expected_lines = monthly.loc[(monthly["element_type"] != "line"), "substation_id"]
        assert row.substation_id in set(expected_lines)
        assert row.worst_percent == pytest.approx(expected, nan_ok=True)
        assert row.is_there == (row.open_day < day_of(2033))
    assert shown.failed_hours == data.steps.loc[data.steps["year"] == 2032, "is_failed"].sum() * 6.0 > 0.0


def test_a_year_without_any_solution_is_crossed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.support.synthetic_store._failed_steps",
        lambda local, to_year, **_: np.asarray(local.year == to_year),
    )
    store = write_synthetic_store(tmp_path, n_transformers=20, to_year=2027, resolution_h=6, is_failing=True)
    axes = draw_map(store)
    texts = [text.get_text() for text in axes.texts]
    assert "Nothing is known about the loading in this year." in texts
    crossed = [line for line in axes.lines if line.get_marker() == "x" and len(line.get_xdata()) > 1]
    assert len(crossed) == 1
    assert len(crossed[0].get_xdata()) == map_data(StudyData(store), 2027).substations["is_there"].sum()
    assert crossed[0].get_color() == style.ALERT
    before = draw_map(store, year=2026)
    assert not [line for line in before.lines if line.get_marker() == "x" and len(line.get_xdata())]
