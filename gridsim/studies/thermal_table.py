"""Thermal life of a run: which windings there are and what cools them, the table of the results, and its summary."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.assess.thermal_life import HOT_SPOT_LIMITS_C, NORMAL_LIFE_H, ThermalTracker, ThermalWindings
from gridsim.assess.thermal_parameters import CoolingStages, ThermalParameters
from gridsim.dtypes import FLOAT, INDEX
from gridsim.enums import CoolingType
from gridsim.results.frames import TIME_FORMAT
from gridsim.results.layout import THERMAL_LIFE
from gridsim.scenario.choices import FanOperation
from gridsim.units import HOURS_PER_DAY, KW_PER_MW, PERCENT

if TYPE_CHECKING:
    from gridsim.assess.thermal_fleet import Cooling
    from gridsim.dtypes import FloatArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.scenario.cooling_model import CoolingOptions
    from gridsim.studies.block_stream import SolvedBlock
    from gridsim.studies.result_tables import LoadingColumns

N_HOTTEST = 5
#: Columns of short-circuit losses of a trafo3w, and the windings of the pair whose smaller rating they refer to.
PAIRS = (("vkr_hv_percent", "hv", "mv"), ("vkr_mv_percent", "mv", "lv"), ("vkr_lv_percent", "hv", "lv"))


class ThermalLife:
    """Follows the temperatures of the transformers of a staged grid through its blocks."""

    def __init__(self, grid: StagedGrid, columns: LoadingColumns) -> None:
        horizon = grid.scenario.horizon
        self.columns = columns
        self.time_utc = grid.time_utc
        self.ambient_temp_c = grid.injections.ambient_temp_c
        self.tracker = ThermalTracker(
            thermal_windings(grid, columns), horizon.years, step_h=float(horizon.resolution_h)
        )

    def follow(self, solved: SolvedBlock) -> None:
        """Take in the next block."""
        block = solved.block
        self.tracker.follow(
            solved.loading,
            self.ambient_temp_c[block.start_step : block.stop_step],
            self.columns.in_service[block.stage_index],
            year=block.year,
        )

    def table(self) -> pd.DataFrame:
        """Return table ``thermal_life``: one row per winding and local year in which it is in service."""
        return self.tracker.table(self.columns.names, self.time_utc)[list(THERMAL_LIFE.column_names)]


def thermal_windings(grid: StagedGrid, columns: LoadingColumns) -> ThermalWindings:
    """Return the windings among the loading columns, each with the constants of its class of cooling.

    The loss ratio is that of the nameplate; of a three-winding transformer, of the pair of windings that loses most.
    Fans are run as the scenario says.
    """
    elements = columns.elements
    column_pos = np.flatnonzero((elements["element_type"] != "line").to_numpy()).astype(INDEX)
    own = elements.iloc[column_pos]
    ratios = loss_ratios(grid)
    unit_names = own["element_type"] + ":" + own["name"]
    options = grid.scenario.cooling
    parameters = [
        _cooling_of(str(cooling), ratios[name], options)
        for name, cooling in zip(unit_names, own["cooling"], strict=True)
    ]
    return ThermalWindings(column_pos, pd.factorize(unit_names)[0].astype(INDEX), tuple(parameters))


def _cooling_of(cooling: str, loss_ratio: float, options: CoolingOptions) -> Cooling:
    """Return the constants of a class of cooling at the loss ratio of a nameplate, in two stages with switched fans."""
    constants = ThermalParameters.of_cooling(cooling)
    if np.isfinite(loss_ratio):
        constants = dataclasses.replace(constants, loss_ratio=loss_ratio)
    if options.fans is FanOperation.run or cooling != CoolingType.onaf:
        return constants
    return CoolingStages.onan_onaf(
        natural_rating=options.natural_rating,
        forced=constants,
        on_top_oil_temp_c=options.on_top_oil_c,
        off_top_oil_temp_c=options.off_top_oil_c,
        is_verified=options.is_verified,
    )


def fan_record(options: CoolingOptions, elements: pd.DataFrame) -> dict[str, Any]:
    """Return what the ending summary says of fans: how they run, in how many transformers, and whether that is known.

    Parameters
    ----------
    options:
        Cooling of the scenario.
    elements:
        Table ``elements``.
    """
    fanned = elements[elements["cooling"] == CoolingType.onaf]
    return {
        "operation": str(options.fans),
        "units": int((fanned["element_type"] + ":" + fanned["name"]).nunique()),
        "natural_rating": options.natural_rating,
        "on_top_oil_c": options.on_top_oil_c,
        "off_top_oil_c": options.off_top_oil_c,
        "is_verified": options.is_verified,
    }


def loss_ratios(grid: StagedGrid) -> dict[str, float]:
    """Return load losses at rated current over no-load losses by ``<type>:<name>``; not finite without the latter."""
    trafo, trafo3w = grid.net["trafo"], grid.net["trafo3w"]
    of_pairs = [
        _load_loss_kw(trafo3w[loss], trafo3w[[f"sn_{first}_mva", f"sn_{second}_mva"]].min(axis=1))
        for loss, first, second in PAIRS
    ]
    load_loss_kw = {
        "trafo": _load_loss_kw(trafo["vkr_percent"], trafo["sn_mva"]),
        "trafo3w": np.maximum.reduce(of_pairs),
    }
    found: dict[str, float] = {}
    for table, loss_kw in load_loss_kw.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = loss_kw / grid.net[table]["pfe_kw"].to_numpy(FLOAT)
        names = [f"{table}:{name}" for name in grid.net[table]["name"]]
        found |= dict(zip(names, ratios.tolist(), strict=True))
    return found


def _load_loss_kw(vkr_percent: pd.Series[float], sn_mva: pd.Series[float]) -> FloatArray:
    loss_kw: FloatArray = vkr_percent.to_numpy(FLOAT) / PERCENT * sn_mva.to_numpy(FLOAT) * KW_PER_MW
    return loss_kw


def thermal_summary(table: pd.DataFrame, elements: pd.DataFrame) -> dict[str, Any]:
    """Return what the ending summary says of temperatures.

    Parameters
    ----------
    table:
        Table ``thermal_life``.
    elements:
        Table ``elements``.
    """
    own = table.merge(elements[["element", "element_type", "name", "substation_name"]], on="element")
    own["unit"] = own["element_type"] + ":" + own["name"]
    hottest = own.sort_values(["max_hot_spot_temp_c", "element"], ascending=[False, True], kind="stable")
    hottest = hottest.dropna(subset=["max_hot_spot_temp_c"]).drop_duplicates("unit")
    groups: dict[tuple[str, str, float], dict[str, Any]] = {}
    for row in hottest.to_dict(orient="records"):
        told = _hottest(row)
        key = (told["substation_name"], told["max_hot_spot_utc"], told["max_hot_spot_temp_c"])
        if key in groups:
            groups[key]["alike"].append(told["element"])
        elif len(groups) < N_HOTTEST:
            groups[key] = told | {"alike": []}
    per_known_day = own["loss_of_life_days"] * HOURS_PER_DAY / own["known_h"]
    above = {f"{limit:g}": f"above_{limit:g}_h" for limit in HOT_SPOT_LIMITS_C}
    return {
        "units": int(own["unit"].nunique()),
        "units_above_c": {name: int(own.loc[own[column] > 0, "unit"].nunique()) for name, column in above.items()},
        "units_ageing_faster_than_normal": int(own.loc[per_known_day > 1.0, "unit"].nunique()),
        "units_not_verified": int(own.loc[~own["is_verified"], "unit"].nunique()),
        "unknown_h": float(own.groupby("unit")["unknown_h"].sum().max()) if len(own) else 0.0,
        "normal_life_h": NORMAL_LIFE_H,
        "hottest": list(groups.values()),
    }


def _hottest(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "element": str(row["element"]),
        "substation_name": str(row["substation_name"]),
        "max_hot_spot_temp_c": round(float(row["max_hot_spot_temp_c"]), 1),
        "max_hot_spot_utc": row["max_hot_spot_utc"].strftime(TIME_FORMAT),
        "loss_of_life_days": round(float(row["loss_of_life_days"]), 1),
    }
