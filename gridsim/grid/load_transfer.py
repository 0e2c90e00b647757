"""Load that moves to a new substation from the day of its project on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.commissioning import CommissioningCalendar
    from gridsim.scenario.horizon import Horizon
    from gridsim.tables.network_tables import NetworkTables


@dataclass(frozen=True)
class TransferPlan:
    """Load transfers of the projects that are built, ascending by date; every array has length ``n_transfer``.

    Attributes
    ----------
    start_step:
        First step at which the transfer holds; negative when it held before the horizon.
    from_pos, to_pos:
        Rows of the two busbars in table ``buses``.
    share:
        Share of all load that has its home at the first busbar.
    """

    start_step: IndexArray
    from_pos: IndexArray
    to_pos: IndexArray
    share: FloatArray

    def moved(self, home: FloatArray, step: int, bus_in_service: BoolArray) -> FloatArray:
        """Move load between busbars as it holds at a step.

        A transfer to a busbar that is not in service does not happen: its load stays at home. Shares are of the home
        load, so the order of transfers does not matter and nothing moves twice.

        Parameters
        ----------
        home:
            Load or weights at home, shape (n_series, n_bus).
        bus_in_service:
            Shape (n_bus,).

        Returns
        -------
        The same where it is served.
        """
        holds = (self.start_step <= step) & bus_in_service[self.to_pos]
        served = home.copy()
        for origin, target, share in zip(self.from_pos[holds], self.to_pos[holds], self.share[holds], strict=True):
            amount = share * home[:, origin]
            served[:, target] += amount
            served[:, origin] -= amount
        return served


def plan_transfers(tables: NetworkTables, horizon: Horizon, calendar: CommissioningCalendar) -> TransferPlan:
    """Date the load transfers of the tables."""
    row = {bus: position for position, bus in enumerate(tables["buses"]["bus_id"])}
    transfers = calendar.transfers
    return TransferPlan(
        start_step=np.array([horizon.step_at(date) for date in transfers["date"]], dtype=np.int64),
        from_pos=np.array([row[bus] for bus in transfers["from_bus_id"]], dtype=np.int64),
        to_pos=np.array([row[bus] for bus in transfers["to_bus_id"]], dtype=np.int64),
        share=transfers["share"].to_numpy(dtype=np.float64),
    )
