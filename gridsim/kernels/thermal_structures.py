"""What the thermal kernel works on: constants of transformers, inputs, state, results and workspace.

Units: degree Celsius, kelvin, hours. The symbols are those of :mod:`gridsim.kernels.thermal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Values of ``State.known_h`` of a unit that is about to begin: in the steady state of its first step, or as cold as
#: the air. Later it counts the hours with known load since the last unknown one.
STEADY, COLD = -1.0, -2.0
#: ``State.known_h`` when there has been no unknown hour.
TRUSTED = 1e300

#: Parts of a temperature that fade with a time constant of their own: places in ``Units.fading``.
OIL, FAST, SLOW = 0, 1, 2

#: Steps worked on together: what they need stays in the fastest cache.
TILE = 256


class Units(NamedTuple):
    """Constants of every unit; ``(n_unit, 2)`` by cooling stage where nothing else is said."""

    top_oil_rise_k: NDArray[np.float64]
    loss_ratio: NDArray[np.float64]
    oil_exp_x: NDArray[np.float64]
    hot_spot_rise_k: NDArray[np.float64]
    winding_exp_y: NDArray[np.float64]
    k21: NDArray[np.float64]
    top_oil_h: NDArray[np.float64]  # k11 tau_o
    stage_rating: NDArray[np.float64]  # rating of the stage over that of the unit
    fading: NDArray[np.float64]  # (n_unit, 2, 3, n_node + 1) exp(-t / tau) at the nodes and at the end of a step
    has_stages: NDArray[np.bool_]  # (n_unit,)
    on_load: NDArray[np.float64]  # (n_unit,) load factor from which the second stage is on, inf for never
    off_load: NDArray[np.float64]  # (n_unit,) load factor below which it may go off
    on_top_oil_c: NDArray[np.float64]  # (n_unit,) the same for the temperature of the top oil
    off_top_oil_c: NDArray[np.float64]  # (n_unit,)
    is_upgraded: NDArray[np.bool_]  # (n_unit,) thermally upgraded paper
    recovery_h: NDArray[np.float64]  # (n_unit,) hours of known load after which a unit is known again


class Nodes(NamedTuple):
    """Quadrature within a step, each ``(n_node,)``; weights add up to one."""

    time_h: NDArray[np.float64]
    weight: NDArray[np.float64]


class Inputs(NamedTuple):
    """What drives the units in the steps of a block."""

    load: NDArray[np.float64]  # (n_row, n_step) load factors, not negative; NaN where unknown
    row: NDArray[np.int64]  # (n_unit,) row of the load of the winding
    oil_row: NDArray[np.int64]  # (n_unit,) row of the load that heats the oil
    air_c: NDArray[np.float64]  # (n_place, n_step) air temperature at the beginning of the step
    air_k_per_h: NDArray[np.float64]  # (n_place, n_step) its slope
    place: NDArray[np.int64]  # (n_unit,) row of the air temperature
    is_up: NDArray[np.bool_]  # (n_unit,) a unit that is not in service is cold when it comes back


class State(NamedTuple):
    """Where the units are between two blocks, each ``(n_unit,)``; the kernel carries it on."""

    top_oil_c: NDArray[np.float64]
    fast_k: NDArray[np.float64]
    slow_k: NDArray[np.float64]
    known_h: NDArray[np.float64]
    stage: NDArray[np.int64]


class Course(NamedTuple):
    """Every step of every unit, each ``(n_unit, n_step)``; with no rows when it is not wanted."""

    top_oil_c: NDArray[np.float64]  # at the end of the step
    hot_spot_c: NDArray[np.float64]  # at the end of the step
    ageing: NDArray[np.float64]  # mean over the step


class Tally(NamedTuple):
    """Sums and extremes of a block, each ``(n_unit,)`` where nothing else is said; known steps only."""

    ageing_h: NDArray[np.float64]  # integral of the ageing rate
    known_h: NDArray[np.float64]
    unknown_h: NDArray[np.float64]
    top_oil_c: NDArray[np.float64]  # highest at the end of a step; -inf when nothing is known
    hot_spot_c: NDArray[np.float64]  # highest at the nodes and ends of steps; likewise
    hot_spot_step: NDArray[np.int64]  # step of the block in which it occurs, -1 when nothing is known
    above_h: NDArray[np.float64]  # (n_unit, n_limit) steps whose highest hot spot lies above a limit


class Bench(NamedTuple):
    """Workspace of one tile, each ``(TILE,)`` where nothing else is said; made by the caller."""

    rise: NDArray[np.float64]  # (2, TILE) by stage
    gradient: NDArray[np.float64]  # (2, TILE) by stage
    base: NDArray[np.float64]
    slope: NDArray[np.float64]
    oil: NDArray[np.float64]
    fast: NDArray[np.float64]
    slow: NDArray[np.float64]
    hot_spot: NDArray[np.float64]
    ageing: NDArray[np.float64]
    highest: NDArray[np.float64]
    top_oil: NDArray[np.float64]
    end: NDArray[np.float64]
    stage: NDArray[np.int64]
    is_known: NDArray[np.bool_]
