"""The frozen nouns of control: what reacts to the solution of a load flow, as arrays.

Order of the loops, as in pandapower: tap changers outermost, level by level; inside each of their rounds a complete
load flow, with limits of reactive power enforced from scratch (every generator back in voltage control first); the
distributed slack is part of each load flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridsim.dtypes import ComplexArray, FloatArray, IndexArray


@dataclass(frozen=True)
class TapChangers:
    """Transformers whose discrete tap changer keeps a voltage in its band; one entry per controlled unit.

    In each round all of them look at the same load flow. A changer whose voltage lies strictly inside its band rests;
    so does one that stands at the end stop it would have to pass. Every other one moves one step (none at all when its
    voltage is exactly a bound, which is no rest either), then the load flow is solved again. A level is settled when
    all its changers rest; the next level, in ascending order, starts from there. A level of which a changer moves in a
    31st round has not converged.

    Attributes
    ----------
    name:
        Table and index, such as ``trafo 3``, in pandapower's order: by level, order, row of the controller.
    table:
        ``trafo`` or ``trafo3w``.
    table_row:
        Place of the unit in its table. Shape (n_tap,).
    level:
        Rank of the level the controller belongs to, from 0. Shape (n_tap,).
    controlled_pos:
        Row of the bus whose voltage is watched; may be a row with a given voltage. -1 for a changer that never moves:
        its unit is out of service, its bus has no source or is that of an external grid. Shape (n_tap,).
    vm_lower_pu, vm_upper_pu:
        The band. Shape (n_tap,).
    raise_step:
        Change of the tap position, +1 or -1, when the voltage is below the band; the negative of it above.
        Shape (n_tap,).
    tap_pos, tap_min, tap_max:
        The net's own position, where every step starts, and the end stops. Shape (n_tap,).
    branch:
        Branch rows whose admittance depends on a tap position. Shape (n_moved,).
    changer_of:
        Which changer moves each of them. Shape (n_moved,).
    y_by_position:
        Admittances y_ff, y_ft, y_tf, y_tt in pu at position ``tap_min + k``; NaN beyond ``tap_max``. Shape
        (n_moved, n_position, 4).
    """

    name: tuple[str, ...]
    table: tuple[str, ...]
    table_row: IndexArray
    level: IndexArray
    controlled_pos: IndexArray
    vm_lower_pu: FloatArray
    vm_upper_pu: FloatArray
    raise_step: IndexArray
    tap_pos: IndexArray
    tap_min: IndexArray
    tap_max: IndexArray
    branch: IndexArray
    changer_of: IndexArray
    y_by_position: ComplexArray


@dataclass(frozen=True)
class ReactiveLimits:
    """Buses in voltage control whose generators have limited reactive power; buses without any limit are left out.

    The reactive power that counts is what the generators of the bus inject together: the balance of the bus without its
    loads, static generators and shunts. Slack buses have no limits.

    Attributes
    ----------
    pos:
        Rows, ascending. Shape (n_limited,).
    q_min_pu, q_max_pu:
        Sums over the generators at the bus; infinite where one of them has no limit. Shape (n_limited,).
    """

    pos: IndexArray
    q_min_pu: FloatArray
    q_max_pu: FloatArray


@dataclass(frozen=True)
class SlackShares:
    """Which buses cover the difference of generation, load and losses, and in which proportion.

    The active power injected at a row is what the profiles give plus ``weight`` times one unknown of its island. The
    reference row alone has a given angle; other slack buses of the net keep their voltage magnitude only.

    Attributes
    ----------
    pos:
        Rows with a weight other than zero, ascending. Shape (n_share,).
    weight:
        Shares, with a sum of 1 per island. Shape (n_share,).
    island:
        Island of each of them, from 0. Shape (n_share,).
    reference_pos:
        Row with the given angle, per island. Shape (n_island,).
    """

    pos: IndexArray
    weight: FloatArray
    island: IndexArray
    reference_pos: IndexArray


@dataclass(frozen=True)
class Controls:
    """All controls of one topology; each part may be empty."""

    taps: TapChangers
    limits: ReactiveLimits
    shares: SlackShares

    @property
    def is_empty(self) -> bool:
        """Whether nothing reacts to the solution."""
        return not (len(self.taps.name) or len(self.limits.pos) or len(self.shares.pos))
