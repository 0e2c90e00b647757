"""Arrays of the outage kernels, grouped. W is :data:`gridsim.kernels.lane_emitter.LANES`, the outages side by side.

All is per unit and radians. An *end* is one side of a branch that an outage takes out, at a row that stays alive. The
*equations* of an outage are those of the rows at its ends, its *unknowns* are the ones the flows into the ends depend
on; both are places in the vector of unknowns, angle and relative magnitude of every free bus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray, StatusArray
    from gridsim.kernels.lane_structures import Anchors, ChordNetwork, LaneWork, Single
    from gridsim.kernels.structures import LuPattern, Network, Workspace

#: Most equations and unknowns of an outage; larger ones are solved as grids of their own.
MOST_EQUATIONS, MOST_UNKNOWNS = 8, 12


class OutageLanes(NamedTuple):
    """Outages of one topology. Lists of lists are flat: first entry of each outage, their number at the end.

    Attributes
    ----------
    end_first, end_row, end_other, end_branch, end_side:
        Ends: row, row at the other side, branch, 0 for the from and 1 for the to side.
    end_equation, end_own, end_far:
        Place of active and reactive equation, own and far angle and magnitude within the outage, -1 where there is
        none. Shape (n_end, 2) each.
    equation_first, equation, unknown_first, unknown:
        Places in the vector of unknowns.
    slot_first, slot:
        Where the sensitivities of the unknowns to the equations lie, unknown by unknown.
    drop_first, drop_row:
        Rows that lose an injection.
    hidden_first, hidden:
        Loading columns that have no loading after the outage.
    block_first, block_entry, block_row, block_column, block_equation, block_own, block_far:
        Admittances between rows at the ends and other rows they depend on: stored admittance, both rows, and the places
        of equations and unknowns as for the ends.
    rank:
        Outages by the corrections they need, so that those that stand side by side are alike. Shape (n_outage,).
    twin_first, twin:
        Outages that mirror each one where admittances agree: they take out a unit between the same rows with the same
        ratings.
    mirror_first, mirror_branch, mirror_column:
        Of each twin: branches of the other one and its own, columns of the other one and its own. Shape (n_mirror, 2).
    unit, pair_first, pair_unknown:
        Equations for which sensitivities are wanted, and the unknowns wanted of each. Shapes (n_unit,), (n_unit + 1,),
        (n_pair,).
    """

    end_first: IndexArray
    end_row: IndexArray
    end_other: IndexArray
    end_branch: IndexArray
    end_side: IndexArray
    end_equation: IndexArray
    end_own: IndexArray
    end_far: IndexArray
    equation_first: IndexArray
    equation: IndexArray
    unknown_first: IndexArray
    unknown: IndexArray
    slot_first: IndexArray
    slot: IndexArray
    drop_first: IndexArray
    drop_row: IndexArray
    hidden_first: IndexArray
    hidden: IndexArray
    block_first: IndexArray
    block_entry: IndexArray
    block_row: IndexArray
    block_column: IndexArray
    block_equation: IndexArray
    block_own: IndexArray
    block_far: IndexArray
    rank: IndexArray
    twin_first: IndexArray
    twin: IndexArray
    mirror_first: IndexArray
    mirror_branch: IndexArray
    mirror_column: IndexArray
    unit: IndexArray
    pair_first: IndexArray
    pair_unknown: IndexArray


class OutageGrid(NamedTuple):
    """The grid before any outage, at common tap positions.

    Attributes
    ----------
    net, network, lu:
        Programs, admittances, pattern of the factors.
    forward_place, back_place:
        Where in the flattened factors the substitutions read.
    y_branch:
        y_ff, y_ft, y_tf, y_tt of every branch as real and imaginary part. Shape (n_branch, 8).
    entry:
        Stored admittance each of the four falls on. Shape (n_branch, 4).
    value:
        Place of each stored admittance in the program of the mismatch, -1 for slack rows. Shape (n_y,).
    controlled_row:
        Free rows with a given magnitude. Shape (n_controlled,).
    zip_row:
        Rows with load that depends on voltage. Shape (n_zip,).
    common, tap_min, first_moved, moved_branch, y_moved:
        Tap changers: common and lowest position, first of the branches each moves, those branches, and their
        admittances by position. Shapes (n_tap,), (n_tap,), (n_tap + 1,), (n_moved,), (n_moved, n_position, 8).
    moved_column, moved_percent:
        Loading column of a moved branch or -1, percent per pu at both ends. Shapes (n_moved,), (n_moved, 2).
    """

    net: ChordNetwork
    network: Network
    lu: LuPattern
    forward_place: IndexArray
    back_place: IndexArray
    y_branch: FloatArray
    entry: IndexArray
    value: IndexArray
    controlled_row: IndexArray
    zip_row: IndexArray
    common: IndexArray
    tap_min: IndexArray
    first_moved: IndexArray
    moved_branch: IndexArray
    y_moved: FloatArray
    moved_column: IndexArray
    moved_percent: FloatArray


class OutageSteps(NamedTuple):
    """Steps before any outage.

    Attributes
    ----------
    step:
        Rows of the following arrays that have a solution. Shape (n_todo,).
    voltage:
        Real and imaginary part of every row. Shape (n_step, 2 n_bus).
    tap:
        Tap positions. Shape (n_step, n_tap).
    zip_load:
        Injection proportional to V and V squared. Shape (n_step, n_zip, 4).
    drop:
        Injection that outages take away, per entry of ``OutageLanes.drop_row``. Shape (n_step, n_drop, 2).
    loading:
        Percent before any outage. Shape (n_step, n_column).
    limit_percent, added_percent:
        Loading above which a case counts as a violation, and by how much an outage must raise it to be its cause.
    """

    step: IndexArray
    voltage: FloatArray
    tap: IndexArray
    zip_load: FloatArray
    drop: FloatArray
    loading: FloatArray
    limit_percent: float
    added_percent: float


class OutageWork(NamedTuple):
    """Scratch arrays of one thread: the grid at the taps of a step, and lanes of outages.

    ``given`` (n_bus, 2) are the injections of the step, ``sensitivity`` (n_pair,), ``right`` (n_unknown, W) float32,
    ``matrix`` (W, E, E + U), ``first`` (W, E), ``is_direct`` (W,) with E and U the most equations and unknowns,
    ``top`` (n_column, W) float64 and ``top_outage`` (n_column, W) int64 the worst loading of each lane and its outage,
    ``todo`` (n_outage + W,) the outages that are solved and ``mirrors`` (n_outage,) those that follow from others.
    """

    network: Network
    net: ChordNetwork
    y_branch: FloatArray
    vm: FloatArray
    va: FloatArray
    newton: Workspace
    anchor: Anchors
    given: FloatArray
    sensitivity: Single
    right: Single
    matrix: FloatArray
    first: FloatArray
    is_direct: BoolArray
    top: FloatArray
    top_outage: IndexArray
    todo: IndexArray
    mirrors: BoolArray
    lane: LaneWork


class OutageResults(NamedTuple):
    """What the outage kernel writes.

    Attributes
    ----------
    code:
        One of ``gridsim.kernels.codes`` for every case. Shape (n_step, n_outage).
    worst, cause:
        Largest loading after any outage that was solved, -1 where there is none, and the outage. Shape
        (n_step, n_column).
    corrections:
        Corrections of every outage in the last step solved. Shape (n_outage,).
    n_above, peak, peak_step:
        For every outage and column the number of violations, the largest one, and its first step. Shape
        (n_outage, n_column).
    """

    code: StatusArray
    worst: FloatArray
    cause: IndexArray
    corrections: IndexArray
    n_above: IndexArray
    peak: FloatArray
    peak_step: IndexArray
