"""Tap operations of a run: which units there are, the table of the results, and what the summary says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.assess.tap_operations import TapTracker
from gridsim.grid.tap_controls import tap_units
from gridsim.results.layout import TAP_OPERATIONS, column_of

if TYPE_CHECKING:
    from gridsim.grid.staged import StagedGrid
    from gridsim.studies.block_stream import SolvedBlock

N_MOST = 5


class TapCounter:
    """Follows the tap changers of a staged grid through its blocks."""

    def __init__(self, grid: StagedGrid) -> None:
        horizon = grid.scenario.horizon
        names = tap_units(grid.net).name
        self.elements = [column_of(table, name) for table, name in names]
        self._place = {name: place for place, name in enumerate(names)}
        self.tracker = TapTracker(len(names), horizon.years, step_h=float(horizon.resolution_h))

    def follow(self, solved: SolvedBlock) -> None:
        """Take in the next block; nothing when its taps stand still."""
        taps = solved.taps
        if taps.name:
            units = np.array([self._place[name] for name in taps.name], dtype=np.int64)
            block = solved.block
            ends = taps.tap_min, taps.tap_max
            self.tracker.follow(solved.tap_pos, solved.is_failed, units, ends, year=block.year, stage=block.stage_index)

    def table(self) -> pd.DataFrame:
        """Return table ``tap_operations``: one row per unit and local year in which it is in service."""
        tracker = self.tracker
        unit, year = np.nonzero(tracker.service_h)
        at = unit, year
        frame = pd.DataFrame(
            {
                "element": np.array(self.elements, dtype=object)[unit],
                "year": np.array(tracker.years, dtype=np.int64)[year],
                "operations": tracker.operations[at],
                "lowest_pos": tracker.lowest[at],
                "highest_pos": tracker.highest[at],
                "end_stop_h": tracker.end_stop_h[at],
                "failed_h": tracker.failed_h[at],
            }
        )
        frame = frame.sort_values(["element", "year"], kind="stable", ignore_index=True)
        return frame[list(TAP_OPERATIONS.column_names)]


def tap_summary(table: pd.DataFrame, substations: pd.Series[str]) -> dict[str, Any]:
    """Return what the ending summary says of tap changers.

    Parameters
    ----------
    table:
        Table ``tap_operations``.
    substations:
        Name of the substation by element.
    """
    units = table.groupby("element", sort=False)
    busiest = table.loc[units["operations"].idxmax()]
    ended = units[["end_stop_h", "failed_h"]].sum().reset_index()
    return {
        "units": len(units),
        "operations": int(table["operations"].sum()),
        "mean_operations_per_year": round(float(table["operations"].mean()), 1) if len(table) else 0.0,
        "units_at_end_stop": int((ended["end_stop_h"] > 0).sum()),
        "most_operations": _first(busiest, "operations", substations),
        "longest_at_end_stop": _first(ended[ended["end_stop_h"] > 0], "end_stop_h", substations),
    }


def _first(rows: pd.DataFrame, column: str, substations: pd.Series[str]) -> list[dict[str, Any]]:
    """Return the rows with the largest values; units of a substation that are equal in all of them are one entry."""
    ordered = rows.sort_values([column, "element"], ascending=[False, True], kind="stable")
    shown = [name for name in ("year", "operations", "end_stop_h", "failed_h") if name in rows]
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in ordered[["element", *shown]].to_dict(orient="records"):
        place = str(substations[row["element"]])
        key = (place, *(row[name] for name in shown))
        if key in groups:
            groups[key]["alike"].append(row["element"])
        elif len(groups) < N_MOST:
            groups[key] = {"element": row["element"], "substation_name": place}
            groups[key] |= {name: row[name] for name in shown} | {"alike": []}
    return list(groups.values())
