"""From the controllers of a net to :class:`TapChangers`: who moves which tap when, and what each position does.

Bands and directions are those of pandapower's ``DiscreteTapControl`` after its ``initialize_control``. Admittances come
from pandapower's own conversion of transformers, for all positions of all units at once: one table with a row per unit
and position.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandapower.auxiliary import ADict
from pandapower.build_branch import _calc_branch_values_from_trafo_df, _trafo_df_from_trafo3w
from pandapower.pypower.idx_brch import (
    BR_B,
    BR_B_ASYM,
    BR_G,
    BR_G_ASYM,
    BR_R,
    BR_STATUS,
    BR_X,
    SHIFT,
    TAP,
    branch_cols,
)
from pandapower.pypower.makeYbus import branch_vectors

from gridsim.compiled.controls import TapChangers
from gridsim.compiled.tap_tables import one_row_per_unit
from gridsim.dtypes import INDEX
from gridsim.errors import CompileError

if TYPE_CHECKING:
    from gridsim.compiled.channels import ServiceState
    from gridsim.compiled.ratings import BranchPlaces
    from gridsim.dtypes import AnyArray, ComplexArray, FloatArray, IndexArray

MODELLED = "pandapower.control.controller.trafo.DiscreteTapControl.DiscreteTapControl"
SIDES = {"trafo": ("hv", "lv"), "trafo3w": ("hv", "mv", "lv")}


class _Table:
    """One table of transformers; each column is read once."""

    def __init__(self, net: Any, name: str) -> None:
        self.name = name
        self.index = net[name].index
        self._frame = net[name]
        self._columns: dict[str, AnyArray] = {}

    def numbers(self, column: str) -> FloatArray:
        """Return a column as numbers, NaN where there is no value, and everywhere when there is no such column."""
        if column not in self._columns:
            has_column = column in self._frame
            values = self._frame[column].to_numpy(dtype=float, na_value=np.nan) if has_column else None
            self._columns[column] = np.full(len(self.index), np.nan) if values is None else values
        return self._columns[column]

    def values(self, column: str) -> AnyArray:
        """Return a column that holds no numbers."""
        if column not in self._columns:
            self._columns[column] = self._frame[column].to_numpy()
        return self._columns[column]


@dataclass(frozen=True)
class _Unit:
    """One controlled unit, as its controller sees it."""

    table: _Table
    row: int
    level: float
    side: str
    vm_lower_pu: float
    vm_upper_pu: float
    is_active: bool
    label: str

    @property
    def name(self) -> str:
        return f"{self.table.name} {self.table.index[self.row]}"

    def number(self, column: str) -> float:
        return float(self.table.numbers(column)[self.row])


def tap_changers(net: Any, work: Any, ppc: dict[str, Any], places: BranchPlaces, state: ServiceState) -> TapChangers:
    """Lower the tap controllers in service.

    Parameters
    ----------
    net:
        The net as given.
    work:
        The copy after pandapower's conversion: its options and lookups count.
    ppc:
        Result of the conversion.
    places:
        Where the branches of each table went.
    state:
        Where the buses went.

    Raises
    ------
    CompileError
        For controllers that are not modelled, and for tap changers of which position, range, band or one of the
        admittances is missing or makes no sense.
    """
    units = _controlled_units(net)
    if not units:
        return no_tap_changers()
    taps = [_tap_positions(unit) for unit in units]
    pos, low, high = (np.array([tap[part] for tap in taps], dtype=INDEX) for part in range(3))
    branch, changer_of, y_by_position = _moved_branches(net, work, ppc, places, units, low, high)
    levels = sorted({unit.level for unit in units})
    return TapChangers(
        name=tuple(unit.name for unit in units),
        table=tuple(unit.table.name for unit in units),
        table_row=np.array([unit.row for unit in units], dtype=INDEX),
        level=np.array([levels.index(unit.level) for unit in units], dtype=INDEX),
        controlled_pos=np.array([_watched_row(unit, state) for unit in units], dtype=INDEX),
        vm_lower_pu=np.array([unit.vm_lower_pu for unit in units], dtype=float),
        vm_upper_pu=np.array([unit.vm_upper_pu for unit in units], dtype=float),
        raise_step=np.array([_raise_step(unit) for unit in units], dtype=INDEX),
        tap_pos=pos,
        tap_min=low,
        tap_max=high,
        branch=branch,
        changer_of=changer_of,
        y_by_position=y_by_position,
    )


def no_tap_changers() -> TapChangers:
    """Return tap changers of a net without any, or of a study that leaves them alone."""
    none, number = np.empty(0, dtype=INDEX), np.empty(0)
    y_none = np.empty((0, 0, 4), dtype=complex)
    return TapChangers((), (), none, none, none, number, number, none, none, none, none, none, none, y_none)


def _controlled_units(net: Any) -> list[_Unit]:
    """Return the units of the controllers in service, by level, order and row, each once."""
    table = net["controller"] if "controller" in net else pd.DataFrame({"in_service": []})
    table = table[table["in_service"].to_numpy(dtype=bool)]
    if len(table) == 0:
        return []
    if not table["initial_run"].astype(bool).any():
        raise CompileError(f"controller {table.index[0]}: none has initial_run, so nothing says which voltage it sees")
    levels = []
    for index, controller, level in zip(table.index, table["object"], table["level"], strict=True):
        kind = type(controller)
        if f"{kind.__module__}.{kind.__qualname__}" != MODELLED:
            raise CompileError(
                f"controller {index} ({kind.__name__}): only DiscreteTapControl is modelled; set its in_service to "
                "False, or run_control of the options"
            )
        if np.size(level) != 1:
            raise CompileError(f"controller {index} ({kind.__name__}): acts on several levels, which is not modelled")
        levels.append(float(np.ravel(level)[0]))
    orders = table["order"].to_numpy(dtype=float)
    by_turn = sorted(range(len(table)), key=lambda place: (levels[place], orders[place]))
    grids = net["ext_grid"]
    at_source = set(grids["bus"].to_numpy()[grids["in_service"].to_numpy(dtype=bool)].tolist())
    tables = {name: _Table(net, name) for name in SIDES}
    units: list[_Unit] = []
    for place in by_turn:
        label = f"controller {table.index[place]} (DiscreteTapControl)"
        units += _units_of(tables, table["object"].iat[place], at_source, levels[place], label)
    seen: set[str] = set()
    for unit in units:
        if unit.name in seen:
            raise CompileError(f"{unit.label}: another controller moves the tap of the same {unit.table.name}")
        seen.add(unit.name)
    return units


def _units_of(tables: dict[str, _Table], controller: Any, at_source: set[int], level: float, label: str) -> list[_Unit]:
    """Return the units of one controller; several of them act together, as soon as one of them may act."""
    table, side = tables[controller.element], controller.side
    elements = np.atleast_1d(np.asarray(controller.element_index)).tolist()
    for element in elements:
        if element not in table.index:
            raise CompileError(f"{label}: {table.name} {element} does not exist")
    rows = [int(table.index.get_loc(element)) for element in elements]
    band = np.full((2, len(rows)), np.nan)
    for end, bound in enumerate((controller.vm_lower_pu, controller.vm_upper_pu)):
        if bound is not None:
            band[end] = bound
    for low, high in band.T:
        if not low < high:
            raise CompileError(f"{label}: the band is {low} to {high} pu, expected lower < upper")
    in_service, bus = table.values("in_service"), table.values(f"{side}_bus")
    is_active = any(bool(in_service[row]) and bus[row] not in at_source for row in rows)
    return [
        _Unit(table, row, level, side, float(low), float(high), is_active, label)
        for row, low, high in zip(rows, *band, strict=True)
    ]


def _tap_positions(unit: _Unit) -> tuple[int, int, int]:
    """Own position and end stops."""
    values = {name: unit.number(name) for name in ("tap_pos", "tap_min", "tap_max")}
    for name, value in values.items():
        if not value.is_integer():
            raise CompileError(f"{unit.name}: {name} is {value}, {unit.label} steps in whole numbers")
    pos, low, high = (int(value) for value in values.values())
    if not low <= pos <= high:
        raise CompileError(f"{unit.name}: tap_pos is {pos}, outside tap_min {low} to tap_max {high}")
    return pos, low, high


def _watched_row(unit: _Unit, state: ServiceState) -> int:
    if not unit.is_active:
        return -1
    bus = unit.table.values(f"{unit.side}_bus")[unit.row : unit.row + 1]
    return int(state.bus_pos[state.rows_of(bus.astype(INDEX))][0])


def _raise_step(unit: _Unit) -> int:
    """-1 where a lower position means a higher voltage: a tap at the hv winding of a unit that controls the other side.

    The controlled side counts as far away or not by ``hv`` alone, whichever winding of three has the tap.
    """
    tap_side, sides = unit.table.values("tap_side")[unit.row], SIDES[unit.table.name]
    if tap_side not in sides:
        raise CompileError(f"{unit.name}: tap_side is {tap_side!r}, expected {' or '.join(sides)} for {unit.label}")
    lowers = 1 if tap_side == "hv" else -1
    if unit.side == "hv":
        lowers = -lowers
    if unit.number("tap_step_percent") < 0.0:
        lowers = -lowers
    degree = unit.number("tap_step_degree")
    if np.isfinite(degree) and np.cos(np.deg2rad(degree)) < 0.0:
        lowers = -lowers
    return -lowers


def _moved_branches(
    net: Any,
    work: Any,
    ppc: dict[str, Any],
    places: BranchPlaces,
    units: list[_Unit],
    low: IndexArray,
    high: IndexArray,
) -> tuple[IndexArray, IndexArray, ComplexArray]:
    """Rows of the branches that depend on a tap, their changer, and their admittances at every position."""
    branch, changer_of, found = [], [], []
    n_position = int((high - low).max()) + 1
    for table, windings in (("trafo", 1), ("trafo3w", 3)):
        changers = np.array([place for place, unit in enumerate(units) if unit.table.name == table], dtype=INDEX)
        if changers.size == 0:
            continue
        rows = np.array([units[changer].row for changer in changers], dtype=INDEX)
        counts = high[changers] - low[changers] + 1
        unit_of = np.repeat(np.arange(len(rows)), counts)
        step = np.arange(len(unit_of)) - np.repeat(np.cumsum(counts) - counts, counts)
        y_rows = _admittances(net, work, ppc, table, rows[unit_of], low[changers][unit_of] + step)
        branch_of = places.rows[table].reshape(windings, -1)[:, rows]
        for winding in range(windings):
            y_table = np.full((len(rows), n_position, 4), complex(np.nan, np.nan))
            y_table[unit_of, step] = y_rows[winding]
            for unit, changer in enumerate(changers):
                at_positions = y_table[unit, : counts[unit]]
                if branch_of[winding, unit] >= 0 and (windings == 1 or (at_positions != at_positions[0]).any()):
                    branch.append(int(branch_of[winding, unit]))
                    changer_of.append(int(changer))
                    found.append(y_table[unit])
    order = np.argsort(np.array(changer_of, dtype=INDEX), kind="stable")
    stacked = np.array(found, dtype=complex).reshape(-1, n_position, 4)
    return np.array(branch, dtype=INDEX)[order], np.array(changer_of, dtype=INDEX)[order], stacked[order]


def _admittances(
    net: Any, work: Any, ppc: dict[str, Any], table: str, rows: IndexArray, positions: IndexArray
) -> ComplexArray:
    """Admittances of rows of a table at given positions. Shape (n_winding, n_row, 4): y_ff, y_ft, y_tf, y_tt."""
    frame = net[table].iloc[rows].reset_index(drop=True)
    frame["tap_pos"] = positions.astype(float)
    frame, characteristic = one_row_per_unit(net, table, frame, net[table].index.to_numpy()[rows])
    units = ADict(
        {
            table: frame,
            "_options": work["_options"],
            "_pd2ppc_lookups": {"bus": work["_pd2ppc_lookups"]["bus"]},
            "sn_mva": work["sn_mva"],
            "characteristic": net.get("characteristic"),
        }
    )
    if characteristic is not None:
        units["trafo_characteristic_table"] = characteristic
    if table == "trafo3w":
        units["_pd2ppc_lookups"]["aux"] = {"trafo3w": work["_pd2ppc_lookups"]["aux"]["trafo3w"][rows]}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            windings = frame if table == "trafo" else _trafo_df_from_trafo3w(units)
            values = _calc_branch_values_from_trafo_df(units, ppc, windings)
            y_parts = _pi_admittances(values)
    except (UserWarning, ValueError, KeyError, FloatingPointError) as fault:
        raise CompileError(f"{table}: pandapower cannot convert a position of a controlled tap: {fault}") from fault
    if not np.isfinite(y_parts).all():
        wrong = int(np.flatnonzero(~np.isfinite(y_parts).all(axis=1))[0]) % len(rows)
        raise CompileError(
            f"{table} {net[table].index[rows[wrong]]}: the admittance at tap position {positions[wrong]} is not a "
            "finite number"
        )
    return y_parts.reshape(-1, len(rows), 4)


def _pi_admittances(values: tuple[FloatArray, ...]) -> ComplexArray:
    """Put series and shunt parts, ratio and shift of branches into pandapower's columns and use its formula."""
    n_row = len(values[0])
    columns = (BR_R, BR_X, BR_G, BR_B, BR_G_ASYM, BR_B_ASYM, TAP, SHIFT)
    branch = np.zeros((n_row, branch_cols))
    branch[:, BR_STATUS] = 1.0
    for column, value in zip(columns, values, strict=True):
        branch[:, column] = value
    y_tt, y_ff, y_ft, y_tf = branch_vectors(branch, n_row)
    return np.stack([y_ff, y_ft, y_tf, y_tt], axis=1).astype(complex)
