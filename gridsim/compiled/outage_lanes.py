"""Outages of one topology, laid out for the outage kernels: ends, equations, unknowns, and what is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridsim.compiled.ratings import COLUMN_TABLES
from gridsim.dtypes import INDEX
from gridsim.enums import BusKind
from gridsim.kernels.outage_structures import MOST_EQUATIONS, MOST_UNKNOWNS, OutageLanes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.lane_layout import LaneLayout
    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray

#: Tables whose branches the kernels can take out, and tables whose injection they can.
BRANCH_TABLES = COLUMN_TABLES
INJECTION_TABLES = ("load", "sgen", "storage", "gen")


@dataclass(frozen=True)
class GridOutage:
    """What one contingency takes out of a compiled grid.

    Attributes
    ----------
    branch:
        Rows of the branches. Shape (n_out,).
    elements:
        Rows by table of the elements whose injection is lost.
    is_dead:
        Rows that no source reaches any more. Shape (n_bus,).
    """

    branch: IndexArray
    elements: Mapping[str, IndexArray]
    is_dead: BoolArray


def grid_outage(compiled: CompiledGrid, rows_of: Mapping[str, IndexArray]) -> GridOutage | None:
    """Return what the elements mean for the arrays; None where only a lowering of its own can tell.

    Parameters
    ----------
    compiled:
        The topology.
    rows_of:
        Rows of the elements, by table.
    """
    if any(table not in (*BRANCH_TABLES, *INJECTION_TABLES) for table in rows_of):
        return None
    branches: list[IndexArray] = []
    for table in BRANCH_TABLES:
        if table in rows_of:
            of_table = compiled.loading[table].branch.reshape(-1, 3 if table == "trafo3w" else 1)
            branches.append(of_table[rows_of[table]].ravel())
    branch = np.concatenate([np.empty(0, dtype=INDEX), *branches])
    branch = branch[branch >= 0]
    elements = {table: rows for table, rows in rows_of.items() if table in INJECTION_TABLES}
    if "gen" in elements and not _others_hold(compiled, elements["gen"]):
        return None
    if any(table != "gen" and _depends_on_voltage(compiled, table, rows) for table, rows in elements.items()):
        return None
    is_dead = _dead_rows(compiled, branch)
    if compiled.fixed_load_mw and is_dead.any():
        return None
    return GridOutage(branch, elements, is_dead)


def _others_hold(compiled: CompiledGrid, gens: IndexArray) -> bool:
    """Whether the buses of some generators keep their voltage without them."""
    pos = compiled.channels["gen", "p_mw"].pos
    held = [pos[np.setdiff1d(np.arange(len(pos)), gens)], compiled.channels["ext_grid", "vm_pu"].pos]
    mine = pos[gens]
    return bool(np.isin(mine[mine >= 0], np.concatenate(held)).all())


def _depends_on_voltage(compiled: CompiledGrid, table: str, rows: IndexArray) -> bool:
    """Whether elements stand where load depends on voltage: pandapower mixes all power of a bus in one share."""
    return bool(np.isin(compiled.channels[table, "p_mw"].pos[rows], compiled.network.zip_pos).any())


def _dead_rows(compiled: CompiledGrid, branch: IndexArray) -> BoolArray:
    """Whether each row has no way to a slack row without some branches."""
    stays = np.ones(len(compiled.branch_from), dtype=bool)
    stays[branch] = False
    n_bus = compiled.n_bus
    ends = (compiled.branch_from[stays], compiled.branch_to[stays])
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n_bus, n_bus))
    _, component = connected_components(graph, directed=False)
    fed = np.unique(component[compiled.bus_kind == int(BusKind.slack)])
    return np.asarray(~np.isin(component, fed))


class _Lists:
    """Flat lists of lists in the making."""

    def __init__(self, names: Sequence[str]) -> None:
        self.first: list[int] = [0]
        self.of: dict[str, list[int]] = {name: [] for name in names}

    def add(self, values: tuple[int, ...]) -> None:
        for name, value in zip(self.of, values, strict=True):
            self.of[name].append(value)

    def close(self) -> None:
        self.first.append(len(next(iter(self.of.values()))))

    def array(self, name: str) -> IndexArray:
        return np.array(self.of[name], dtype=INDEX)

    @property
    def firsts(self) -> IndexArray:
        return np.array(self.first, dtype=INDEX)


@dataclass(frozen=True)
class OutageColumns:
    """Loading columns in service.

    Attributes
    ----------
    place:
        Which of all columns. Shape (n_kept,).
    branch:
        Branch of each. Shape (n_kept,).
    percent:
        Percent per pu at both ends. Shape (n_kept, 2).
    """

    place: IndexArray
    branch: IndexArray
    percent: FloatArray


@dataclass(frozen=True)
class LaidOutOutages:
    """The outages the kernels can solve.

    Attributes
    ----------
    lanes:
        Arrays of the kernel.
    place:
        Which of the outages handed in each of them is. Shape (n_laid_out,).
    drops:
        Table and row of the element behind each entry of ``lanes.drop_row``.
    """

    lanes: OutageLanes
    place: IndexArray
    drops: list[tuple[str, int]]


def lay_out_outages(
    compiled: CompiledGrid, layout: LaneLayout, outages: Sequence[GridOutage | None], columns: OutageColumns
) -> LaidOutOutages:
    """Lay out the outages that are small enough.

    Parameters
    ----------
    compiled, layout:
        The topology and its programs.
    outages:
        What they take out; None is left out.
    columns:
        Loading columns the kernels report.
    """
    ends = _Lists(("row", "other", "branch", "side", "eq_p", "eq_q", "own_a", "own_m", "far_a", "far_m"))
    equations, unknowns, drops, hidden = (_Lists(("at",)) for _ in range(4))
    blocks = _Lists(("entry", "row", "column", "eq_p", "eq_q", "own_a", "own_m", "far_a", "far_m"))
    entry_of = _entries(compiled)
    neighbours = _neighbours(entry_of)
    inner = set(range(compiled.n_free)) - set(compiled.bus_pos.tolist())
    shapes: list[tuple[IndexArray, IndexArray]] = []
    place: list[int] = []
    taken: list[GridOutage] = []
    elements: list[tuple[str, int]] = []
    of_row = _unknowns_of_rows(layout)
    for number, outage in enumerate(outages):
        if outage is None:
            continue
        mine = _ends(compiled, outage)
        rows = list(dict.fromkeys(row for row, *_ in mine))
        others = [other for _, other, _, _ in mine]
        stars = _stars_between(rows, others, neighbours, inner)
        if 2 * len({*rows, *others, *stars}) <= MOST_UNKNOWNS and 2 * len({*rows, *stars}) <= MOST_EQUATIONS:
            rows += stars
        seen = list(dict.fromkeys([*rows, *others]))
        at_equation = [unknown for row in rows for unknown in of_row[row] if unknown >= 0]
        at_unknown = [unknown for row in seen for unknown in of_row[row] if unknown >= 0]
        if len(at_equation) > MOST_EQUATIONS or len(at_unknown) > MOST_UNKNOWNS:
            continue
        place.append(number)
        taken.append(outage)
        local_equation = {unknown: k for k, unknown in enumerate(at_equation)} | {-1: -1}
        local_unknown = {unknown: k for k, unknown in enumerate(at_unknown)} | {-1: -1}
        for row, other, branch, side in mine:
            values = (row, other, branch, side, *(local_equation[u] for u in of_row[row]))
            values += tuple(local_unknown[u] for u in (*of_row[row], *of_row[other]))
            ends.add(values)
        for row in rows:
            for column in seen:
                if row != column and (row, column) in entry_of:
                    values = (entry_of[row, column], row, column, *(local_equation[u] for u in of_row[row]))
                    values += tuple(local_unknown[u] for u in (*of_row[row], *of_row[column]))
                    blocks.add(values)
        equations.of["at"] += at_equation
        unknowns.of["at"] += at_unknown
        shapes.append((np.array(at_equation, dtype=INDEX), np.array(at_unknown, dtype=INDEX)))
        for table, row in _lost(compiled, outage):
            drops.of["at"].append(int(compiled.channels[table, "p_mw"].pos[row]))
            elements.append((table, row))
        is_out = np.zeros(len(compiled.branch_from), dtype=bool)
        is_out[outage.branch] = True
        is_out |= outage.is_dead[compiled.branch_from] | outage.is_dead[compiled.branch_to]
        hidden.of["at"] += np.flatnonzero(is_out[columns.branch]).tolist()
        for lists in (ends, equations, unknowns, drops, hidden, blocks):
            lists.close()
    unit, pair_first, pair_unknown, slot_first, slot = _sensitivities(shapes, layout.n_unknown)
    pairs = {name: [f"{name}_{part}" for part in ("a", "m")] for name in ("own", "far")} | {"eq": ["eq_p", "eq_q"]}
    two = {name: np.stack([ends.array(first), ends.array(second)], axis=1) for name, (first, second) in pairs.items()}
    lanes = OutageLanes(
        end_first=ends.firsts,
        end_row=ends.array("row"),
        end_other=ends.array("other"),
        end_branch=ends.array("branch"),
        end_side=ends.array("side"),
        end_equation=two["eq"],
        end_own=two["own"],
        end_far=two["far"],
        equation_first=equations.firsts,
        equation=equations.array("at"),
        unknown_first=unknowns.firsts,
        unknown=unknowns.array("at"),
        slot_first=slot_first,
        slot=slot,
        drop_first=drops.firsts,
        drop_row=drops.array("at"),
        hidden_first=hidden.firsts,
        hidden=hidden.array("at"),
        block_first=blocks.firsts,
        block_entry=blocks.array("entry"),
        block_row=blocks.array("row"),
        block_column=blocks.array("column"),
        block_equation=np.stack([blocks.array("eq_p"), blocks.array("eq_q")], axis=1),
        block_own=np.stack([blocks.array("own_a"), blocks.array("own_m")], axis=1),
        block_far=np.stack([blocks.array("far_a"), blocks.array("far_m")], axis=1),
        rank=np.arange(len(place), dtype=INDEX),
        **_twins(taken, compiled, columns),
        unit=unit,
        pair_first=pair_first,
        pair_unknown=pair_unknown,
    )
    return LaidOutOutages(lanes, np.array(place, dtype=INDEX), elements)


def _entries(compiled: CompiledGrid) -> dict[tuple[int, int], int]:
    """Place of every stored admittance between two rows that branches of the grid join, or of a row with itself."""
    network = compiled.network
    row = np.repeat(np.arange(compiled.n_bus), np.diff(network.y_indptr))
    return {pair: k for k, pair in enumerate(zip(row.tolist(), network.y_indices.tolist(), strict=True))}


def _neighbours(entry_of: dict[tuple[int, int], int]) -> dict[int, set[int]]:
    """Rows that branches join to each row."""
    found: dict[int, set[int]] = {}
    for row, column in entry_of:
        if row != column:
            found.setdefault(row, set()).add(column)
    return found


def _stars_between(rows: list[int], others: list[int], neighbours: dict[int, set[int]], inner: set[int]) -> list[int]:
    """Return the star points that stay between some rows: the voltages there move as far as those of the rows."""
    around: set[int] = set()
    if len(rows) > 1:
        around = around.union(*(neighbours[row] for row in rows)) & inner - {*rows, *others}
    return sorted(star for star in around if len(neighbours[star] & set(rows)) > 1)


def _twins(outages: Sequence[GridOutage], compiled: CompiledGrid, columns: OutageColumns) -> dict[str, AnyArray]:
    """Find outages of single units between the same rows with the same ratings; the first of them leads its twins."""
    column_of = np.full(len(compiled.branch_from), -1, dtype=INDEX)
    column_of[columns.branch] = np.arange(len(columns.branch))
    leaders: dict[tuple[object, ...], tuple[int, GridOutage]] = {}
    followers: dict[int, list[int]] = {}
    mirrors = _Lists(("leader", "own", "leader_column", "own_column"))
    for number, outage in enumerate(outages):
        key = _twin_key(outage, compiled, columns, column_of)
        leader, leading = leaders.setdefault(key, (number, outage)) if key else (number, outage)
        if leader != number:
            followers.setdefault(leader, []).append(number)
            for theirs, mine in zip(leading.branch.tolist(), outage.branch.tolist(), strict=True):
                mirrors.add((theirs, mine, int(column_of[theirs]), int(column_of[mine])))
        mirrors.close()
    twins = _Lists(("at",))
    for number in range(len(outages)):
        twins.of["at"] += followers.get(number, [])
        twins.close()
    return {
        "twin_first": twins.firsts,
        "twin": twins.array("at"),
        "mirror_first": mirrors.firsts,
        "mirror_branch": np.stack([mirrors.array("leader"), mirrors.array("own")], axis=1),
        "mirror_column": np.stack([mirrors.array("leader_column"), mirrors.array("own_column")], axis=1),
    }


def _twin_key(
    outage: GridOutage, compiled: CompiledGrid, columns: OutageColumns, column_of: IndexArray
) -> tuple[object, ...]:
    """What interchangeable units have in common; empty for anything but one line or one transformer."""
    if outage.elements:
        return ()
    stars = np.flatnonzero(outage.is_dead).tolist()
    n_branch = len(outage.branch)
    is_unit = (n_branch == 1 and not stars) or (n_branch == 3 and len(stars) == 1 and stars[0] not in compiled.bus_pos)
    if not is_unit:
        return ()
    key: list[object] = []
    for branch in outage.branch.tolist():
        ends = int(compiled.branch_from[branch]), int(compiled.branch_to[branch])
        if stars and stars[0] not in ends:
            return ()
        key += ["star" if row in stars else row for row in ends]
        key += columns.percent[column_of[branch]].tolist()
    return tuple(key)


def _unknowns_of_rows(layout: LaneLayout) -> list[tuple[int, int]]:
    """Places of angle and magnitude of every row, -1 where they are given; slack rows, which come last, share one."""
    first = layout.first_unknown.tolist()
    free = [(at, at + 1 if after - at == 2 else -1) for at, after in pairwise(first)]
    n_slack = len(layout.network.pull) - len(free)
    return free + [(-1, -1)] * n_slack


def _ends(compiled: CompiledGrid, outage: GridOutage) -> list[tuple[int, int, int, int]]:
    """Row, other row, branch and side of every end at a row that stays alive and has an equation."""
    found = []
    for branch in outage.branch.tolist():
        rows = int(compiled.branch_from[branch]), int(compiled.branch_to[branch])
        for side, (row, other) in enumerate((rows, rows[::-1])):
            if row < compiled.n_free and not outage.is_dead[row]:
                found.append((row, other, branch, side))
    return found


def _lost(compiled: CompiledGrid, outage: GridOutage) -> list[tuple[str, int]]:
    """Table and row of the elements whose injection is missed; what stands in a dead part is no concern."""
    return [
        (table, int(row))
        for table, rows in outage.elements.items()
        for row in rows
        if (pos := compiled.channels[table, "p_mw"].pos[row]) >= 0 and not outage.is_dead[pos]
    ]


def _sensitivities(
    shapes: list[tuple[IndexArray, IndexArray]], n_unknown: int
) -> tuple[IndexArray, IndexArray, IndexArray, IndexArray, IndexArray]:
    """Return units, their pairs, and for every outage where its sensitivities lie, unknown by unknown."""
    wanted = [(np.tile(equation, len(unknown)), np.repeat(unknown, len(equation))) for equation, unknown in shapes]
    none = np.empty(0, dtype=INDEX)
    of_equation = np.concatenate([none, *(equation for equation, _ in wanted)])
    of_unknown = np.concatenate([none, *(unknown for _, unknown in wanted)])
    different, slot = np.unique(of_equation * max(n_unknown, 1) + of_unknown, return_inverse=True)
    unit, first = np.unique(different // max(n_unknown, 1), return_index=True)
    slot_first = np.concatenate([[0], np.cumsum([len(equation) for equation, _ in wanted])]).astype(INDEX)
    pair_first = np.append(first, len(different)).astype(INDEX)
    return unit, pair_first, different % max(n_unknown, 1), slot_first, slot.reshape(-1).astype(INDEX)
