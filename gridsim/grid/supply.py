"""Output of plants and exchanges with the national grid: the rows of ``net.gen`` and ``net.sgen``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid.home_loads import tan_phi

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.commissioning import CommissioningCalendar
    from gridsim.grid.generation import PlantOutput
    from gridsim.scenario.horizon import Horizon
    from gridsim.tables.network_tables import NetworkTables


@dataclass(frozen=True)
class Supply:
    """Everything that feeds, except the slack.

    Attributes
    ----------
    plants:
        Output of every plant, whether in service or not.
    pv_pos, pq_pos:
        Rows of table ``power_plants`` that are rows of ``net.gen`` and of ``net.sgen``.
    pq_tan_phi:
        Mvar produced per MW by the second.
    exchange_share, exchange_p_max_mw:
        Of the ties with role ``exchange``, which are the first rows of ``net.gen``.
    state_steps:
        Step from which each state of the calendar holds, ascending.
    in_service:
        Shape (n_state, n_plant): which plants are in service in each state.
    """

    plants: PlantOutput
    pv_pos: IndexArray
    pq_pos: IndexArray
    pq_tan_phi: FloatArray
    exchange_share: FloatArray
    exchange_p_max_mw: FloatArray
    state_steps: IndexArray
    in_service: BoolArray

    def local_mw(self, start_step: int, stop_step: int) -> FloatArray:
        """Return the output of all plants in service, shape (stop_step - start_step,)."""
        total = np.zeros(stop_step - start_step)
        bounds = [*np.maximum(self.state_steps, start_step), stop_step]
        for state, (first, stop) in enumerate(pairwise(int(bound) for bound in bounds)):
            end = min(stop, stop_step)
            for plant in np.flatnonzero(self.in_service[state]) if first < end else ():
                total[first - start_step : end - start_step] += self.plants.power_mw(int(plant), first, end)
        return total

    def feeds(self, start_step: int, stop_step: int, load_mw: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return MW of ``net.gen``, MW and Mvar of ``net.sgen``, each of shape (n_row, stop_step - start_step).

        An exchange feeds its share of the load that is not covered by plants in service, up to its largest exchange in
        either direction:  p = clip(share (load - local), -p_max, p_max)

        Parameters
        ----------
        load_mw:
            Load of all busbars in service, shape (stop_step - start_step,).
        """
        exchange = self.exchanges(load_mw - self.local_mw(start_step, stop_step))
        gen = self._outputs(self.pv_pos, start_step, stop_step)
        sgen = self._outputs(self.pq_pos, start_step, stop_step)
        return np.concatenate([exchange, gen]), sgen, self.pq_tan_phi[:, np.newaxis] * sgen

    def feeds_at(self, step: int, load_mw: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return what :meth:`feeds` does for variants of one step that differ in load, shape (n_variant,)."""
        gen, sgen, sgen_q = self.feeds(step, step + 1, np.zeros(1))
        gen, sgen, sgen_q = (np.repeat(values, len(load_mw), axis=1) for values in (gen, sgen, sgen_q))
        gen[: len(self.exchange_share)] = self.exchanges(load_mw - self.local_mw(step, step + 1))
        return gen, sgen, sgen_q

    def exchanges(self, deficit_mw: FloatArray) -> FloatArray:
        """Return MW of every exchange at loads not covered by plants in service, (n,), shape (n_exchange, n)."""
        return np.clip(
            self.exchange_share[:, np.newaxis] * deficit_mw,
            -self.exchange_p_max_mw[:, np.newaxis],
            self.exchange_p_max_mw[:, np.newaxis],
        )

    def _outputs(self, plants: IndexArray, start_step: int, stop_step: int) -> FloatArray:
        output = np.zeros((len(plants), stop_step - start_step))
        for row, plant in enumerate(plants):
            output[row] = self.plants.power_mw(int(plant), start_step, stop_step)
        return output


def plan_supply(
    tables: NetworkTables, horizon: Horizon, calendar: CommissioningCalendar, plants: PlantOutput
) -> Supply:
    """Put plants and exchanges in the order of the net."""
    table = tables["power_plants"]
    control = table["control"].to_numpy()
    pq_pos = np.flatnonzero(control == "pq")
    grids = tables["external_grids"]
    exchanges = grids[grids["role"] == "exchange"]
    # The first state holds from ever; its day lies before what a timestamp can say.
    steps = [horizon.step_at(pd.Timestamp(state.day)) for state in calendar.states[1:]]
    return Supply(
        plants=plants,
        pv_pos=np.flatnonzero(control == "pv"),
        pq_pos=pq_pos,
        pq_tan_phi=tan_phi(table["cos_phi"].to_numpy(dtype=np.float64)[pq_pos]),
        exchange_share=exchanges["share_of_deficit"].to_numpy(dtype=np.float64),
        exchange_p_max_mw=exchanges["p_max_mw"].fillna(np.inf).to_numpy(dtype=np.float64),
        state_steps=np.array([min(0, *steps) if steps else 0, *steps], dtype=np.int64),
        in_service=np.stack([state.in_service["power_plants"] for state in calendar.states]),
    )
