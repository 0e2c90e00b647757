"""Table 17 of GOST 14209-97 (IEC 354-91) and the loads that it permits at one normal day of ageing a day.

What is published (dnaop.com, document 42373, as transcribed): for medium and large power transformers with ON cooling,
a day of 16 hours at load K1 and 8 hours at load K2, both per unit of rated current, and 20 degree Celsius of air, the
loss of life V(K1, K2) in normal days; and the factor f by which V grows with the air temperature.

What is inferred here: the load that is permitted at an air temperature T is the largest K2 with

    V(K1, K2) * f(T) <= 1

so that a day ages the insulation by no more than a day at rated load and 20 degree. Between the published rows ln V is
taken as linear in K2. The transcribed rows end at K2 = 1.3: where even that is permitted, it is 1.3 and not more. The
hot spot (air temperature plus published rise) stays below the 120 degree of the normal cyclic regime throughout.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from gridsim.scenario.knots import AmbientKnots
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Pre-load K1 of the columns, per unit; row K2 has the columns up to K1 = K2.
PRE_LOADS = (0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
#: Loss of life in normal days at 20 degree Celsius, by K2 and then by rising K1.
NORMAL_DAYS: Mapping[float, tuple[float, ...]] = {
    0.7: (0.005, 0.009, 0.024),
    0.8: (0.014, 0.019, 0.038, 0.074),
    0.9: (0.040, 0.051, 0.080, 0.126, 0.258),
    1.0: (0.135, 0.160, 0.216, 0.287, 0.463, 1.00),
    1.1: (0.506, 0.584, 0.726, 0.871, 1.16, 1.90, 4.30),
    1.2: (2.12, 2.40, 2.86, 3.26, 3.91, 5.22, 8.64, 20.5),
    1.3: (9.84, 11.0, 12.8, 14.2, 16.3, 19.6, 26.1, 43.6, 108.0),
}
#: Factor on the loss of life by air temperature in degree Celsius.
AGEING_FACTOR: Mapping[float, float] = {
    -25.0: 0.0055,
    -20.0: 0.01,
    -10.0: 0.032,
    0.0: 0.1,
    10.0: 0.32,
    20.0: 1.0,
    30.0: 3.2,
    40.0: 10.0,
}
#: Permitted percent is cut to a tenth, never rounded up.
_TENTHS = 10.0


def constant_load() -> dict[float, float]:
    """Return the loss of life by K2 where K1 = K2: the same load all day."""
    return {k2: days[PRE_LOADS.index(k2)] for k2, days in NORMAL_DAYS.items()}


def after_pre_load(k1: float) -> dict[float, float]:
    """Return the loss of life by K2, from K1 on, of 8 hours at K2 after 16 hours at K1, a published column."""
    column = PRE_LOADS.index(k1)
    return {k2: days[column] for k2, days in NORMAL_DAYS.items() if column < len(days)}


def permitted_percent(normal_days: Mapping[float, float]) -> AmbientKnots:
    """Return the permitted load in percent at the published air temperatures.

    Parameters
    ----------
    normal_days:
        Loss of life at 20 degree Celsius by K2, rising.
    """
    loads = [_permitted_load(normal_days, factor) for factor in AGEING_FACTOR.values()]
    percents = (math.floor(load * PERCENT * _TENTHS + 1e-9) / _TENTHS for load in loads)
    return AmbientKnots(tuple(AGEING_FACTOR), tuple(percents))


def _permitted_load(normal_days: Mapping[float, float], factor: float) -> float:
    """Return the largest K2 whose loss of life times ``factor`` is at most one normal day, within the rows given."""
    for (lower, low_days), (higher, high_days) in pairwise(normal_days.items()):
        if high_days * factor > 1.0:
            share = math.log(1.0 / factor / low_days) / math.log(high_days / low_days)
            return lower + (higher - lower) * max(share, 0.0)
    return max(normal_days)
