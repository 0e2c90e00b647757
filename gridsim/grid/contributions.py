"""Whose load stands at the busbars: the same demand as :class:`BusLoads` spreads, kept apart by who asks for it.

Contributors are every investor project, the growth of every sector of an area since the base year, and what that sector
took in the base year. Their loads add up to the load of each busbar.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from gridsim.grid.bus_loads import Portion

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.dtypes import BoolArray, FloatArray
    from gridsim.grid.bus_loads import BusLoads


class ContributorKind(StrEnum):
    """What kind of demand or supply a contributor is."""

    base = "base"
    growth = "growth"
    investor = "investor"


@dataclass(frozen=True)
class Contributor:
    """Who asks for load.

    Attributes
    ----------
    kind:
        Investor project, growth of a sector, or its load of the base year.
    name:
        Identifier of the project, or the sector.
    area, sector:
        Where and what for.
    commissioning_date:
        First local day of an investor project; None otherwise.
    """

    kind: ContributorKind
    name: str
    area: str
    sector: str
    commissioning_date: pd.Timestamp | None = None


@dataclass(frozen=True)
class LoadShares:
    """Load of one step by contributor.

    Attributes
    ----------
    contributors:
        Base loads, then growth, then the projects that have begun, by commissioning date.
    p_mw, q_mvar:
        Shape (n_contributor, n_load), rows of ``net.load`` in columns.
    """

    contributors: tuple[Contributor, ...]
    p_mw: FloatArray
    q_mvar: FloatArray


def load_shares(loads: BusLoads, step: int, bus_in_service: BoolArray) -> LoadShares:
    """Return who asks for the load of one step.

    Parameters
    ----------
    loads:
        Demand at busbars.
    step:
        Step of the horizon.
    bus_in_service:
        Shape (n_bus,), by row of table ``buses``: decides where load is served that moves to a new busbar.
    """
    found: dict[Contributor, tuple[FloatArray, FloatArray]] = {}
    weights_p = loads.transfers.moved(np.stack([part.weights_p for part in loads.parts]), step, bus_in_service)
    weights_q = loads.transfers.moved(np.stack([part.weights_q for part in loads.parts]), step, bus_in_service)
    for part, of_p, of_q in zip(loads.parts, weights_p[:, loads.bus_pos], weights_q[:, loads.bus_pos], strict=True):
        area = loads.areas[part.area]
        sector = str(area.sectors[part.sector])
        demand = float(area.p_mw[part.sector, step])
        growth = float(area.growth_share[step // loads.steps_per_day])
        for kind, portion, share in (
            (ContributorKind.base, Portion.base, 1.0 - growth),
            (ContributorKind.growth, Portion.growth, growth),
        ):
            if part.portion in {portion, Portion.everything}:
                who = Contributor(kind, sector, str(area.area), sector)
                found[who] = (demand * share * of_p, demand * share * of_q)
    ordered = dict(sorted(found.items(), key=lambda item: list(ContributorKind).index(item[0].kind)))
    investors = loads.investors
    begun = [investors.projects[position] for position in investors.begun_by(step + 1)]
    for project in sorted(begun, key=lambda project: (project.start_step, project.investor_id)):
        served_at = project.bus_pos if bus_in_service[project.bus_pos] else project.fallback_pos
        at_row = np.zeros(len(loads.bus_pos))
        at_row[loads.row_of_bus[served_at]] = float(investors.power_mw(project, step, step + 1)[0])
        who = Contributor(
            ContributorKind.investor, project.investor_id, project.area, project.sector, project.commissioning_date
        )
        ordered[who] = (at_row, project.tan_phi * at_row)
    return LoadShares(
        tuple(ordered),
        np.stack([p_mw for p_mw, _ in ordered.values()]),
        np.stack([q_mvar for _, q_mvar in ordered.values()]),
    )
