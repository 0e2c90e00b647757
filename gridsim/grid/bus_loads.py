"""Demand of areas and investors at the busbars that serve it: the rows of ``net.load``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from gridsim.grid.load_rows import load_buses

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.demand import AreaSeries
    from gridsim.grid.home_loads import HomeLoads
    from gridsim.grid.investor_load import InvestorPlan
    from gridsim.grid.load_transfer import TransferPlan
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables

#: Steps are filled piece by piece, so that a piece is still in the cache when it is turned to steps x rows.
_PIECE = 512


class Portion(Enum):
    """Which portion of a demand a part is: everything, or what was there in the base year, or the growth since."""

    everything = 0
    base = 1
    growth = 2


@dataclass(frozen=True)
class Part:
    """A portion of the demand of one sector of one area, spread by its own weights.

    ``area`` and ``sector`` are positions in :attr:`BusLoads.areas` and in the sectors of the area. ``weights_p`` and
    ``weights_q`` have shape (n_bus,): MW, and Mvar, at each home per MW of the part.
    """

    area: int
    sector: int
    portion: Portion
    weights_p: FloatArray
    weights_q: FloatArray


@dataclass(frozen=True)
class BusLoads:
    """Demand at busbars.

    Attributes
    ----------
    areas:
        Demand by area and sector.
    investors:
        Projects.
    bus_pos:
        Shape (n_load,): row in table ``buses`` of each row of ``net.load``.
    row_of_bus:
        Shape (n_bus,): row of ``net.load`` of each busbar, -1 for none.
    """

    areas: tuple[AreaSeries, ...]
    investors: InvestorPlan
    bus_pos: IndexArray
    row_of_bus: IndexArray
    steps_per_day: int
    transfers: TransferPlan
    parts: tuple[Part, ...]

    def served(
        self, start_step: int, stop_step: int, bus_in_service: BoolArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return MW and Mvar at every row of ``net.load``, and the MW of all rows in service together.

        Sums are made term by term in a fixed order (a product with a sparse matrix does so) and not by a dense matrix
        product, whose rounding depends on the number of steps: the same step must have the same bits in a block and in
        the whole.

        Returns
        -------
        C-contiguous, of shapes (n_step, n_load), (n_step, n_load) and (n_step,), n_step = stop_step - start_step.
        """
        n_step = stop_step - start_step
        p_mw, q_mvar = np.empty((n_step, len(self.bus_pos))), np.empty((n_step, len(self.bus_pos)))
        total_mw = np.empty(n_step)
        coming = self.investors.begun_by(stop_step)
        projects = [self.investors.projects[position] for position in coming]
        rows = self.row_of_bus[
            [project.bus_pos if bus_in_service[project.bus_pos] else project.fallback_pos for project in projects]
        ]
        at_row = np.zeros((len(projects), len(self.bus_pos)))
        at_row[np.arange(len(projects)), rows] = 1.0
        tan_phi = np.array([project.tan_phi for project in projects])
        in_service = csr_array(bus_in_service[np.newaxis, self.bus_pos].astype(np.float64))
        starts = self.transfers.start_step
        cuts = np.unique([start_step, *starts[(starts > start_step) & (starts < stop_step)], stop_step])
        home_p = np.stack([part.weights_p for part in self.parts])
        home_q = np.stack([part.weights_q for part in self.parts])
        for first, stop in pairwise(int(cut) for cut in cuts):
            weights_p = self.transfers.moved(home_p, first, bus_in_service)[:, self.bus_pos]
            weights_q = self.transfers.moved(home_q, first, bus_in_service)[:, self.bus_pos]
            spread_p = csr_array(np.concatenate([weights_p, at_row]).T)
            spread_q = csr_array(np.concatenate([weights_q, tan_phi[:, np.newaxis] * at_row]).T)
            for piece in range(first, stop, _PIECE):
                end = min(piece + _PIECE, stop)
                series = np.stack([*self._part_series(piece, end), *self.investors.powers_mw(coming, piece, end)])
                steps = slice(piece - start_step, end - start_step)
                load_mw = spread_p @ series
                p_mw[steps] = load_mw.T
                q_mvar[steps] = (spread_q @ series).T
                total_mw[steps] = (in_service @ load_mw)[0]
        return p_mw, q_mvar, total_mw

    def _part_series(self, start_step: int, stop_step: int) -> list[FloatArray]:
        """Return the MW of every part, each of shape (stop_step - start_step,)."""
        day = np.arange(start_step, stop_step) // self.steps_per_day
        growth = [area.growth_share[day] for area in self.areas]
        series = []
        for part in self.parts:
            demand = self.areas[part.area].p_mw[part.sector, start_step:stop_step]
            match part.portion:
                case Portion.everything:
                    series.append(demand)
                case Portion.base:
                    series.append(demand * (1.0 - growth[part.area]))
                case Portion.growth:
                    series.append(demand * growth[part.area])
        return series


def spread_loads(
    tables: NetworkTables,
    scenario: Scenario,
    loads: HomeLoads,
    areas: tuple[AreaSeries, ...],
    investors: InvestorPlan,
    transfers: TransferPlan,
) -> BusLoads:
    """Put demand at the homes of the loads."""
    n_bus = len(tables["buses"])
    position = {bus: row for row, bus in enumerate(tables["buses"]["bus_id"])}
    bus_pos = np.array([position[bus] for bus in load_buses(tables)], dtype=np.int64)
    row_of_bus = np.full(n_bus, -1, dtype=np.int64)
    row_of_bus[bus_pos] = np.arange(len(bus_pos))
    parts: list[Part] = []
    for number, area in enumerate(areas):
        by_place = scenario.demand.areas[area.area].growth_by_place
        for sector_number, sector in enumerate(area.sectors):
            base = loads.base_weights(area.area, sector)
            growth = loads.growth_weights(area.area, sector, by_place)
            # Without places of growth the growth is spread as the base is: one part does for both.
            apart = ((Portion.base, base), (Portion.growth, growth))
            for portion, weights in apart if by_place else ((Portion.everything, base),):
                at_home = _sum_by_bus(loads.bus_pos, weights, n_bus)
                at_home_q = _sum_by_bus(loads.bus_pos, weights * loads.tan_phi, n_bus)
                parts.append(Part(number, sector_number, portion, at_home, at_home_q))
    return BusLoads(areas, investors, bus_pos, row_of_bus, scenario.horizon.steps_per_day, transfers, tuple(parts))


def _sum_by_bus(bus_pos: IndexArray, weights: FloatArray, n_bus: int) -> FloatArray:
    total = np.zeros(n_bus)
    np.add.at(total, bus_pos, weights)
    return total
