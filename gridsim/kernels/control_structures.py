"""Arrays of the controlled chord kernel: what reacts to the solution of a step, grouped.

W is :data:`gridsim.kernels.lane_emitter.LANES`. All is per unit and radians.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray, StatusArray
    from gridsim.kernels.lane_structures import Offsets


class Reactions(NamedTuple):
    """What reacts, of one topology.

    Attributes
    ----------
    special_row:
        Rows whose injection is made anew in every iteration. Shape (n_special,).
    zip_row, zip_share:
        Rows with load that depends on voltage; shares of their load proportional to V (p, q) and to V squared (p, q).
        Shapes (n_zip,), (n_zip, 4).
    controlled_row:
        Rows whose magnitude is given, the slacks among them. Shape (n_controlled,).
    limit_of:
        For each of those, its place among the limited rows, or -1. Shape (n_controlled,).
    limited_row, limited_unknown, q_limit:
        Rows with limited reactive power, their second unknown, and the lower and upper limit. Shapes (n_limited,),
        (n_limited,), (n_limited, 2).
    """

    special_row: IndexArray
    zip_row: IndexArray
    zip_share: FloatArray
    controlled_row: IndexArray
    limit_of: IndexArray
    limited_row: IndexArray
    limited_unknown: IndexArray
    q_limit: FloatArray


class TapMoves(NamedTuple):
    """Tap changers of one topology and the branches they move.

    Attributes
    ----------
    acts:
        Whether the changers move; otherwise the positions handed in stand. One element.
    watched, lower_square, upper_square, raise_step, tap_min, tap_max, level:
        Row of the watched bus (-1: never moves), its band as squares of pu, change of the position when the voltage is
        low, end stops, rank of the level. Shape (n_tap,).
    common:
        The position that the common admittance matrix holds. Shape (n_tap,).
    first_moved:
        First branch that each changer moves, and their number at the end. Shape (n_tap + 1,).
    changer, ends:
        Changer of each moved branch, ascending, and offsets of its ends in v. Shapes (n_moved,), (n_moved, 2).
    y:
        y_ff, y_ft, y_tf, y_tt as real and imaginary part at position tap_min + k. Shape (n_moved, n_position, 8).
    column, percent, by_power:
        Loading column of the branch or -1, percent per pu at both ends, whether it goes by apparent power. Shapes
        (n_moved,), (n_moved, 2), (n_moved,).
    """

    acts: bool
    watched: IndexArray
    lower_square: FloatArray
    upper_square: FloatArray
    raise_step: IndexArray
    tap_min: IndexArray
    tap_max: IndexArray
    level: IndexArray
    common: IndexArray
    first_moved: IndexArray
    changer: IndexArray
    ends: Offsets
    y: FloatArray
    column: IndexArray
    percent: FloatArray
    by_power: BoolArray


class SharedSlack(NamedTuple):
    """Distributed slack of one topology.

    Attributes
    ----------
    row, weight, island:
        Who shares, with which weight, in which island. Shape (n_share,).
    reference_row:
        Row with the given angle. Shape (n_island,).
    island_of:
        Island of each free bus in the order of ``ChordNetwork.bus_index``. Shape (n_free,).
    """

    row: IndexArray
    weight: FloatArray
    island: IndexArray
    reference_row: IndexArray
    island_of: IndexArray


class ControlState(NamedTuple):
    """State of the controls in every step.

    Attributes
    ----------
    vm_set:
        Given magnitudes; one row when they are the same in every step. Shape (n_step or 1, n_controlled).
    held:
        1 or -1 where a limited row stands at its upper or lower limit, 0 in voltage control. Shape (n_step, n_limited).
    tap:
        Positions, where a step starts before and where it has settled after. Shape (n_step, n_tap).
    """

    vm_set: FloatArray
    held: StatusArray
    tap: IndexArray


class ControlWork(NamedTuple):
    """Scratch arrays of one thread.

    Shapes: given (n_special, 2, W), zip (n_zip, 4, W), magnitude (n_controlled, W), dy (n_moved, 8, W), shared and rest
    (n_island, W), drawn (W,) float64; tap (n_tap, W), active and is_active (n_moved,), n_active (1,), mover and change
    (n_tap,), held (n_limited, W), level, rounds, since_move, corrections (W,) int64.
    """

    given: FloatArray
    zip: FloatArray
    magnitude: FloatArray
    dy: FloatArray
    shared: FloatArray
    rest: FloatArray
    drawn: FloatArray
    tap: IndexArray
    active: IndexArray
    is_active: IndexArray
    n_active: IndexArray
    mover: IndexArray
    change: IndexArray
    held: IndexArray
    level: IndexArray
    rounds: IndexArray
    since_move: IndexArray
    corrections: IndexArray
