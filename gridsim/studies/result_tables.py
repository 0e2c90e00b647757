"""What the loading columns of a run are, and when things open: tables of the results taken from a staged grid.

Only what is in service at some step of the run is listed; a cancelled substation, or one that opens after the last
year, is no part of the results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.results.frames import stored_block
from gridsim.results.layout import ELEMENTS, LINES, SUBSTATIONS, column_of
from gridsim.tables.topology import positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridsim.dtypes import BoolArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.solve.solution import LoadingArrays

WINDINGS = ("hv", "mv", "lv")


@dataclass(frozen=True)
class LoadingColumns:
    """The loading columns of a run: two-winding transformers, windings hv mv lv of each trafo3w, lines.

    Attributes
    ----------
    elements:
        Table ``elements`` of the results, in column order.
    kept:
        ``(n_column,)`` position of each column among all transformers, windings and lines of the net.
    in_service:
        ``(n_stage, n_column)`` whether the element is in service.
    """

    elements: pd.DataFrame
    kept: IndexArray
    in_service: BoolArray

    @property
    def names(self) -> list[str]:
        """Names of the columns in the loading files."""
        return self.elements["element"].to_list()

    def stored(self, loading: LoadingArrays) -> NDArray[np.float32]:
        """Return the loading of a solution as it is stored, ``(n_column, n_step)``."""
        return stored_block(loading.columns, self.kept)


def loading_columns(grid: StagedGrid) -> LoadingColumns:
    """List the loading columns of a staged grid."""
    everything = pd.concat([_trafos(grid), _windings(grid), _lines(grid)], ignore_index=True)
    masks = {table: stage_masks(grid, table) for table in ("trafo", "trafo3w", "line")}
    in_service = np.hstack([masks["trafo"], np.repeat(masks["trafo3w"], len(WINDINGS), axis=1), masks["line"]])
    kept = np.flatnonzero(in_service.any(axis=0))
    in_service = in_service[:, kept]
    elements = everything.iloc[kept].reset_index(drop=True)
    elements["element"] = [
        column_of(kind, name, winding)
        for kind, name, winding in zip(elements["element_type"], elements["name"], elements["winding"], strict=True)
    ]
    elements["open_utc"], elements["close_utc"] = service_times(grid, in_service)
    return LoadingColumns(elements[list(ELEMENTS.column_names)], kept, in_service)


def stage_masks(grid: StagedGrid, table: str) -> BoolArray:
    """Return ``(n_stage, n_row)`` whether each row of a table of the net is in service."""
    return np.array([stage.in_service[table] for stage in grid.stages], dtype=np.bool_)


def service_times(grid: StagedGrid, in_service: BoolArray) -> tuple[pd.Series[pd.Timestamp], pd.Series[pd.Timestamp]]:
    """Return when each column of ``in_service`` opens and closes for good; NaT for before and after the run.

    ``in_service`` is ``(n_stage, n_column)``, and every column is in service in some stage.
    """
    n_stage = len(grid.stages)
    first = in_service.argmax(axis=0)
    after = n_stage - in_service[::-1].argmax(axis=0)
    starts = pd.Series(grid.time_utc[[stage.start_step for stage in grid.stages]])
    moments = pd.concat([starts, pd.Series([pd.NaT], dtype=starts.dtype)], ignore_index=True)
    opens = moments.iloc[np.where(first == 0, n_stage, first)].reset_index(drop=True)
    closes = moments.iloc[after].reset_index(drop=True)
    return opens, closes


def _rows(grid: StagedGrid, table: str, key: str, values: pd.Series[str]) -> pd.DataFrame:
    """Return the row of ``table`` whose ``key`` is each of ``values``, on a fresh index."""
    frame = grid.tables[table]
    return frame.iloc[positions(values, frame[key])].reset_index(drop=True)


def _place(grid: StagedGrid, substation_ids: pd.Series[str]) -> pd.DataFrame:
    rows = _rows(grid, "substations", "substation_id", substation_ids)
    columns = ["substation_id", "name", "area", "is_representative"]
    return rows[columns].rename(columns={"name": "substation_name"})


def _voltages_kv(grid: StagedGrid, bus_ids: pd.Series[str]) -> pd.Series[float]:
    return _rows(grid, "buses", "bus_id", bus_ids)["vn_kv"]


def _trafos(grid: StagedGrid) -> pd.DataFrame:
    trafos = grid.tables["trafos"]
    types = _rows(grid, "trafo_types", "std_type", trafos["std_type"])
    return _place(grid, trafos["substation_id"]).assign(
        element_type="trafo",
        name=trafos["trafo_id"],
        winding="",
        sn_mva=types["sn_mva"],
        max_i_ka=np.nan,
        confidence=trafos["confidence"],
        voltage_kv=_voltages_kv(grid, trafos["hv_bus_id"]),
        cooling=types["cooling"],
    )


def _windings(grid: StagedGrid) -> pd.DataFrame:
    units = grid.tables["trafos3w"]
    types = _rows(grid, "trafo3w_types", "std_type", units["std_type"])
    place = _place(grid, units["substation_id"])
    of_winding = [
        place.assign(
            element_type="trafo3w",
            name=units["trafo3w_id"],
            winding=winding,
            sn_mva=types[f"sn_{winding}_mva"],
            max_i_ka=np.nan,
            confidence=units["confidence"],
            voltage_kv=_voltages_kv(grid, units[f"{winding}_bus_id"]),
            cooling=types["cooling"],
        )
        for winding in WINDINGS
    ]
    return pd.concat(of_winding).sort_index(kind="stable")


def _lines(grid: StagedGrid) -> pd.DataFrame:
    lines = grid.tables["lines"]
    begin, end = (_place(grid, _substations_of(grid, lines[f"{side}_bus_id"])) for side in ("from", "to"))
    return begin.assign(
        element_type="line",
        name=lines["line_id"],
        winding="",
        sn_mva=np.nan,
        max_i_ka=_rows(grid, "line_types", "std_type", lines["std_type"])["max_i_ka"],
        confidence=lines["confidence"],
        voltage_kv=_voltages_kv(grid, lines["from_bus_id"]),
        cooling="",
        is_representative=begin["is_representative"] | end["is_representative"],
    )


def _substations_of(grid: StagedGrid, bus_ids: pd.Series[str]) -> pd.Series[str]:
    return _rows(grid, "buses", "bus_id", bus_ids)["substation_id"]


def substation_table(grid: StagedGrid) -> pd.DataFrame:
    """Return table ``substations``; one is open while any of its busbars is in service."""
    substations, buses = grid.tables["substations"], grid.tables["buses"]
    up = pd.DataFrame(stage_masks(grid, "bus").T).groupby(buses["substation_id"].to_numpy()).any()
    in_service = up.reindex(substations["substation_id"], fill_value=False).to_numpy(dtype=np.bool_).T
    kept = np.flatnonzero(in_service.any(axis=0))
    table = substations.iloc[kept].reset_index(drop=True)
    highest_kv = buses.groupby("substation_id")["vn_kv"].max()
    table["voltage_kv"] = highest_kv.loc[table["substation_id"]].to_numpy()
    table["open_utc"], _ = service_times(grid, in_service[:, kept])
    return table[list(SUBSTATIONS.column_names)]


def line_table(grid: StagedGrid) -> pd.DataFrame:
    """Return table ``lines``: ends, voltage and service times of every line of the run."""
    in_service = stage_masks(grid, "line")
    kept = np.flatnonzero(in_service.any(axis=0))
    table = grid.tables["lines"].iloc[kept].reset_index(drop=True)
    for side in ("from", "to"):
        rows = _rows(grid, "substations", "substation_id", _substations_of(grid, table[f"{side}_bus_id"]))
        table[f"lat_{side}"], table[f"lon_{side}"] = rows["lat"], rows["lon"]
    table["vn_kv"] = _voltages_kv(grid, table["from_bus_id"])
    table["open_utc"], table["close_utc"] = service_times(grid, in_service[:, kept])
    return table[list(LINES.column_names)]
