"""Arrays of the chord kernel, grouped. W is :data:`gridsim.kernels.lane_emitter.LANES`, the steps side by side.

Rows of buses are those of :class:`gridsim.kernels.structures.Network`: free buses first, slack buses last. A free bus
has one unknown (its angle) where its magnitude is given, else two (angle and relative magnitude); ``n_unknown`` counts
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gridsim.dtypes import FloatArray, IndexArray, StatusArray

    Single = NDArray[np.float32]
    Offsets = NDArray[np.int32]


class ChordNetwork(NamedTuple):
    """Programs of one topology (see :mod:`gridsim.kernels.lane_programs` and the modules of the passes).

    Attributes
    ----------
    forward_runs, forward_index, back_runs, back_index:
        Programs of the substitutions; the factors come from the anchor.
    y_runs, y_index, y_value, y_value_near:
        Program of the mismatch, with the admittances for the judge (float64) and for the near one (float32).
    bus_index:
        Free buses, those with one unknown first: bus, offset in v, offset of its unknowns in x. Shape (n_free, 3).
    n_single:
        How many of them have one unknown.
    pull:
        1 / (2 v_set^2) where the magnitude is given. Shape (n_bus,).
    column_index, column_y:
        Loading columns (see :mod:`gridsim.kernels.lane_flows`). Shapes (n_column, 2), (n_column, 6).
    n_by_power:
        The first columns, whose loading goes by apparent power.
    """

    forward_runs: IndexArray
    forward_index: Offsets
    back_runs: IndexArray
    back_index: Offsets
    y_runs: IndexArray
    y_index: Offsets
    y_value: FloatArray
    y_value_near: Single
    bus_index: Offsets
    n_single: int
    pull: FloatArray
    column_index: Offsets
    column_y: FloatArray
    n_by_power: int


class Anchors(NamedTuple):
    """Operating points whose Jacobians the steps near them share.

    Attributes
    ----------
    v, s:
        Voltage and the power it calls for, as real and imaginary part in pu. Shape (n_anchor, n_bus, 2).
    near:
        Voltage and bus current in float32. Shape (n_anchor, n_bus, 4).
    forward, back:
        Factors in the order in which the substitutions read them, float32. Shapes (n_anchor, n_forward),
        (n_anchor, n_back).
    """

    v: FloatArray
    s: FloatArray
    near: Single
    forward: Single
    back: Single


class LevelPart(NamedTuple):
    """Columns of one table that count towards a level.

    Attributes
    ----------
    first:
        First column of each block of columns. Shape (n_block,); none when the table does not change.
    weight:
        Weight of the columns of each block. Shape (n_block, width).
    constant:
        Level of the tables that do not change.
    """

    first: IndexArray
    weight: FloatArray
    constant: float


class Lattice(NamedTuple):
    """Where anchors stand: multiples of a spacing of the load level, and of the generation level less the load level.

    Attributes
    ----------
    load_spacing, surplus_spacing:
        Distance of anchors.
    last_load, last_surplus:
        Levels beyond these places share the outermost anchor.
    """

    load_spacing: float
    surplus_spacing: float
    last_load: int
    last_surplus: int


class StepSource(NamedTuple):
    """Element values of every step that are summed at the buses.

    Attributes
    ----------
    values:
        In the unit of the table. Shape (n_step, n_element); (0, 0) when nothing changes.
    place:
        Row of the bus, ``n_bus`` for elements that do not count. Shape (n_element,).
    factor:
        From the table's unit and sign to injection in pu. Shape (n_element,).
    part:
        0 for active power, 1 for reactive power.
    """

    values: FloatArray
    place: IndexArray
    factor: FloatArray
    part: int


class Constant(NamedTuple):
    """What does not change from step to step.

    Attributes
    ----------
    s:
        Injection of everything no profile drives, pu. Shape (n_bus, 2).
    p_sum:
        Sum of its active part.
    load_pu:
        Active load among it.
    shunt_row, shunt_g:
        Rows with conductance to earth, and the conductance in pu. Shape (n_shunt,).
    """

    s: FloatArray
    p_sum: float
    load_pu: float
    shunt_row: IndexArray
    shunt_g: FloatArray


class ChordResults(NamedTuple):
    """What the chord kernel writes, one row per step.

    Attributes
    ----------
    voltage:
        Real and imaginary part of every row, pu. Shape (n_step, 2 n_bus), or (0, 0) when it is not wanted.
    loading:
        Percent, float64 or float32. Shape (n_step, n_column).
    code:
        One of ``gridsim.kernels.codes``. Shape (n_step,).
    iterations:
        Corrections made. Shape (n_step,).
    mismatch, load_pu, loss_pu:
        Largest mismatch, active load and active losses, pu. Shape (n_step,).
    """

    voltage: FloatArray
    loading: FloatArray
    code: StatusArray
    iterations: IndexArray
    mismatch: FloatArray
    load_pu: FloatArray
    loss_pu: FloatArray


class LaneWork(NamedTuple):
    """Scratch arrays of one thread. Each begins at a cache line.

    Shapes: v (n_bus, 2, W), s (n_bus + 1, 2, W) and lanes (n_column, W) float64; d (n_bus, 2, W), x, ds and last
    (n_unknown, W) float32; worst, moved and keep (W,) int32; before, share, product and square (W,) float32; total
    (W,) float64.
    """

    v: FloatArray
    s: FloatArray
    lanes: FloatArray
    d: Single
    x: Single
    ds: Single
    worst: Offsets
    moved: Offsets
    keep: Offsets
    before: Single
    total: FloatArray
    last: Single
    share: Single
    product: Single
    square: Single
