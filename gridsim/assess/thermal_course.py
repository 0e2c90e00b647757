"""Temperatures of one winding hour by hour, with the oil of its transformer heated by all windings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridsim.assess.thermal_fleet import ThermalFleet
from gridsim.assess.thermal_life import N_NODE
from gridsim.dtypes import FLOAT, INDEX, FloatArray
from gridsim.kernels.thermal_structures import Course, Inputs

if TYPE_CHECKING:
    from gridsim.assess.thermal_fleet import Cooling


class WindingCourse(NamedTuple):
    """Temperatures at the end of each step, degree Celsius, and the mean ageing rate over it, each ``(n_step,)``."""

    top_oil_temp_c: FloatArray
    hot_spot_temp_c: FloatArray
    ageing_rate: FloatArray


def winding_course(
    load_factor: FloatArray, oil_load_factor: FloatArray, ambient_temp_c: FloatArray, cooling: Cooling, *, step_h: float
) -> WindingCourse:
    """Return the course of a winding, as :class:`gridsim.assess.thermal_life.ThermalTracker` follows it.

    Parameters
    ----------
    load_factor:
        Load of the winding, ``(n_step,)``; NaN where it is not known.
    oil_load_factor:
        Load that heats the oil, ``(n_step,)``: that of the most loaded winding.
    ambient_temp_c:
        Air, degree Celsius, ``(n_step,)``.
    cooling:
        Constants of the winding.
    step_h:
        Length of a step, hours. The first one begins in the steady state.
    """
    fleet = ThermalFleet([cooling], step_h=step_h, n_node=N_NODE)
    loads = np.abs(np.ascontiguousarray([load_factor, oil_load_factor], dtype=FLOAT))
    air_c = np.ascontiguousarray(ambient_temp_c, dtype=FLOAT)[np.newaxis]
    first, second = np.zeros(1, dtype=INDEX), np.ones(1, dtype=INDEX)
    inputs = Inputs(loads, first, second, air_c, np.zeros_like(air_c), first, np.ones(1, dtype=np.bool_))
    course = Course(*(np.empty((1, loads.shape[1]), dtype=FLOAT) for _ in Course._fields))
    fleet.follow(inputs, course)
    return WindingCourse(*(part[0] for part in course))
