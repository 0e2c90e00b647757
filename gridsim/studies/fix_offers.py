"""Which fixes apply to an overloaded bank, how large they are, and why the others do not apply.

Every kind has one function that returns its offers, or raises :class:`NotApplicableError` with the reason. This module
has the fixes of the bank itself; :mod:`gridsim.studies.fix_neighbours` those of other substations,
:mod:`gridsim.studies.fix_plants` those of plants.

*Date.* What is built or moved is in service from the first day of the month in which the bank is first above its
limit. Settings hold from the first day of the horizon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.enums import CoolingType, ElementStatus
from gridsim.grid.fix_change import GridChange
from gridsim.grid.fix_tables import UNITS, event_row, merged, next_type, project_rows, unit_rows, with_fans
from gridsim.grid.load_rows import load_buses
from gridsim.scenario.fix_model import FixKind
from gridsim.studies.fix_bench import units_in_service
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import FloatArray
    from gridsim.grid.fix_tables import Rows
    from gridsim.grid.staged import StagedGrid
    from gridsim.scenario.fix_model import FixOptions, UnitCost
    from gridsim.studies.fix_bench import Bank, FixBench, RunState

#: Units in parallel between the same busbars beyond which no further one is offered (room and short-circuit current).
MOST_UNITS = 4


class NotApplicableError(Exception):
    """A kind of fix does not apply to a bank; the message says why."""


@dataclass(frozen=True)
class Fix:
    """A fix that may be taken.

    Attributes
    ----------
    bank:
        Index of the bank that it is for.
    what:
        What is done, in words.
    size:
        In the unit of :data:`gridsim.scenario.fix_model.SIZE_UNITS`.
    day:
        First local day on which it acts.
    change:
        What it changes of the grid.
    rows:
        Rows of the network tables that it needs.
    """

    kind: FixKind
    bank: int
    what: str
    size: float
    day: pd.Timestamp
    change: GridChange
    rows: Rows = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One overloaded bank of a grid with some changes, and all that offers are made of.

    ``mark`` tells the rows of these offers from those of earlier ones.
    """

    bench: FixBench
    grid: StagedGrid
    state: RunState
    change: GridChange
    options: FixOptions
    costs: Mapping[FixKind, UnitCost]
    bank: Bank
    mark: str

    @cached_property
    def first_step(self) -> int:
        """First step at which the bank is above its limit."""
        return int(self.state.overload(self.bank.index)[0][0])

    @cached_property
    def worst_step(self) -> int:
        """Step at which it is furthest above."""
        return self.state.worst(self.bank.index)[0]

    @cached_property
    def need_day(self) -> pd.Timestamp:
        """First day of the local month of the first overload."""
        horizon = self.grid.scenario.horizon
        hours = self.first_step * horizon.resolution_h
        local = pd.Timestamp(horizon.from_year, 1, 1) + pd.Timedelta(hours=hours)
        return local.normalize().replace(day=1)

    @cached_property
    def units(self) -> pd.DataFrame:
        """Units in service at the first overload, with the columns of their types."""
        return units_in_service(self.bench, self.grid, self.bank, self.first_step)

    @cached_property
    def loads(self) -> dict[str, tuple[float, float]]:
        """MW and Mvar of every busbar with load in the worst step, transfers and investors as they are then."""
        step = self.worst_step
        stage = next(stage for stage in self.grid.stages if stage.start_step <= step < stage.stop_step)
        profiles = self.grid.injections.element_profiles(step, step + 1, stage.in_service["bus"])
        p_mw: FloatArray = profiles["load", "p_mw"][0]
        q_mvar: FloatArray = profiles["load", "q_mvar"][0]
        return {bus: (p_mw[row], q_mvar[row]) for row, bus in enumerate(load_buses(self.grid.tables))}

    @property
    def fed_buses(self) -> list[str]:
        """Lower busbars of the bank with load in the worst step, the greatest load first."""
        served = [bus for bus in self.bank.lower_buses if self.loads.get(bus, (0.0, 0.0))[0] > 0.0]
        return sorted(served, key=lambda bus: -self.loads[bus][0])

    def rating_mva(self, bank: Bank, bus: str) -> float:
        """Return the rating of the windings at one busbar of a bank, of the units in service at the first overload."""
        units = units_in_service(self.bench, self.grid, bank, self.first_step)
        ratings = UNITS[bank.table][2]
        return float(units[ratings[min(bank.buses.index(bus), len(ratings) - 1)]].sum())

    def project_id(self, kind: FixKind) -> str:
        """Return the project that builds a fix of a kind."""
        return f"fix.{kind}.{self.bank.units[0]}.{self.mark}"

    def fix(self, kind: FixKind, what: str, size: float, change: GridChange, **more: object) -> Fix:
        """Return a fix of the bank, acting from the day of need."""
        made = Fix(kind, self.bank.index, what, size, self.need_day, change)
        return replace(made, **more)  # type: ignore[arg-type]

    def built(self, kind: FixKind, what: str, size: float, rows: Rows) -> Fix:
        """Return a fix that a project of its own builds."""
        project = self.project_id(kind)
        head = project_rows(project, what, self.bank.substation_id, self.need_day)
        return self.fix(kind, what, size, GridChange(days={project: self.need_day}), rows=merged(head, rows))


def parallel_unit(case: Case) -> list[Fix]:
    """Offer one more unit like the largest there."""
    rating = UNITS[case.bank.table][2][0]
    if len(case.units) >= MOST_UNITS:
        raise NotApplicableError(f"{len(case.units)} units are in parallel already")
    unit = case.units.sort_values(rating, kind="stable").iloc[-1]
    new = f"{unit['unit_id']}+{case.mark}"
    rows = unit_rows(
        case.bench.grid.tables, case.bank.table, unit["unit_id"], new, project_id=case.project_id(FixKind.parallel_unit)
    )
    what = f"unit {len(case.units) + 1} beside the others, {unit[rating]:g} MVA ({unit['std_type']})"
    return [case.built(FixKind.parallel_unit, what, float(unit[rating]), rows)]


def next_rating(case: Case) -> list[Fix]:
    """Offer the next standard rating in place of the smallest units there."""
    types, _, ratings = UNITS[case.bank.table]
    smallest = case.units[case.units[ratings[0]] == case.units[ratings[0]].min()]
    old = str(smallest["std_type"].iloc[0])
    new = next_type(case.bench.grid.tables[types], ratings, old)
    if new is None:
        raise NotApplicableError(f"the tables have no type of these voltages above {old}")
    table = case.bench.grid.tables[types]
    rating = float(table.loc[table["std_type"] == new, ratings[0]].iloc[0])
    what = f"{len(smallest)} x {rating:g} MVA ({new}) in place of {smallest[ratings[0]].iloc[0]:g} MVA"
    return [
        case.built(
            FixKind.next_rating, what, rating * len(smallest), _replaced(case, FixKind.next_rating, smallest, new)
        )
    ]


def fans(case: Case) -> list[Fix]:
    """Offer fans to units without."""
    types, _, ratings = UNITS[case.bank.table]
    bare = case.units[case.units["cooling"] == CoolingType.onan]
    if bare.empty:
        raise NotApplicableError("the units have fans already (" + ", ".join(sorted(set(case.units["cooling"]))) + ")")
    old = str(bare["std_type"].iloc[0])
    cooled = with_fans(case.bench.grid.tables, types, ratings, old, case.options.fan_gain)
    rows = _replaced(case, FixKind.fans, bare[bare["std_type"] == old], cooled["std_type"])
    size = float(bare.loc[bare["std_type"] == old, ratings[0]].sum())
    n_unit, rating = int((bare["std_type"] == old).sum()), bare[ratings[0]].iloc[0]
    what = f"fans at {n_unit} units: {rating:g} to {cooled[ratings[0]]:g} MVA"
    return [case.built(FixKind.fans, what, size, merged({types: [cooled]}, rows))]


def _replaced(case: Case, kind: FixKind, units: pd.DataFrame, std_type: str) -> Rows:
    """Return the rows by which a project puts units of a type in the place of others."""
    project, table = case.project_id(kind), case.bank.table
    parts: list[Rows] = []
    for unit in units["unit_id"]:
        new = f"{unit}>{kind}.{case.mark}"
        parts.append(unit_rows(case.bench.grid.tables, table, unit, new, std_type=std_type, project_id=project))
        parts.append({"commissioning": [event_row(project, "close", table, unit)]})
    return merged(*parts)


def tap_setting(case: Case) -> list[Fix]:
    """Offer a higher voltage on the busbars that the bank's tap changers hold: the same MW at less current."""
    bands = case.bench.grid.tables["voltage_bands"].set_index("bus_id")["vm_upper_pu"]
    held = [bus for bus in case.bank.lower_buses if bus in bands.index]
    if not held:
        raise NotApplicableError("no busbar of it has a voltage band that its tap changers hold")
    room = {bus: case.options.band_highest_pu - bands[bus] - case.change.bands_pu.get(bus, 0.0) for bus in held}
    shifts = {bus: min(case.options.band_shift_pu, float(left)) for bus, left in room.items() if left > 1e-9}
    if not shifts:
        raise NotApplicableError(f"its voltage bands reach up to {case.options.band_highest_pu:g} pu already")
    what = "voltage band of " + ", ".join(f"{bus} +{PERCENT * shift:.1f} %" for bus, shift in shifts.items())
    first = pd.Timestamp(case.grid.scenario.horizon.from_year, 1, 1)
    return [case.fix(FixKind.tap_setting, what, float(len(shifts)), GridChange(bands_pu=shifts), day=first)]


def capacitor(case: Case) -> list[Fix]:
    """Offer a capacitor that brings the greatest load below the bank to the power factor asked for."""
    if not case.fed_buses:
        raise NotApplicableError("no load at its lower busbars")
    bus = case.fed_buses[0]
    p_mw, q_mvar = case.loads[bus]
    wanted = q_mvar - p_mw * math.tan(math.acos(case.options.cos_phi))
    step = case.options.capacitor_step_mvar
    size = step * float(np.floor(wanted / step + 0.5))
    if size <= 0.0:
        now = p_mw / math.hypot(p_mw, q_mvar)
        raise NotApplicableError(f"cos phi is {now:.3f} at {bus} in its worst hour")
    project, new = case.project_id(FixKind.capacitor), f"{bus}.c{case.mark}"
    row = {
        "shunt_id": new,
        "bus_id": bus,
        "kind": "capacitor",
        "q_mvar": -size,
        "p_mw": 0.0,
        "status": ElementStatus.planned.value,
    }
    rows = {"shunts": [row], "commissioning": [event_row(project, "open", "shunts", new)]}
    what = f"{size:g} Mvar at {bus}: cos phi {p_mw / math.hypot(p_mw, q_mvar):.3f} to {case.options.cos_phi:g}"
    return [case.built(FixKind.capacitor, what, size, rows)]
