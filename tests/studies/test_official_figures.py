"""Official demand figures beside the demand of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gridsim
from gridsim.studies.official_figures import official_demand
from tests.support.tiny_network import tiny_rows
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path


def test_reading_is_told_only_where_the_scenario_runs_through_the_figure(tmp_path: Path) -> None:
    rows = tiny_rows()
    first = rows["published_figures"][0]
    rows["published_figures"] = [
        first | {"figure_id": figure_id, "value": value, "unit": unit}
        for figure_id, value, unit in (
            ("city_forecast_2028", "50", "MW"),
            ("region_forecast_2050", "4164", "MW"),
            ("region_mean_now_low", "750", "MW"),
            ("city_capacity_2028", "50", "MVA"),
        )
    ]
    scenario = gridsim.load_scenario(write_tiny_study(tmp_path, rows=rows))
    found = official_demand(gridsim.load_tables(scenario.network_folder), scenario)
    assert [(figure["area"], figure["year"], figure["value_mw"], figure["reading"]) for figure in found] == [
        ("almaty_city", 2028, 50.0, "mean"),
        ("almaty_region", 2050, 4164.0, ""),
    ]
