"""The thermal model integrated in one-second explicit steps, with plain loops and nothing of the kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.assess.thermal_parameters import ThermalParameters

SECOND_MIN = 1.0 / 60.0


@dataclass
class TwinCourse:
    """Temperatures at the end of each step, mean ageing rate of each step, highest hot spot of each step."""

    top_oil_c: list[float]
    hot_spot_c: list[float]
    ageing: list[float]
    highest_c: list[float]


def ageing_rate(hot_spot_c: float, paper: str) -> float:
    if paper == "normal":
        return 2.0 ** ((hot_spot_c - 98.0) / 6.0)
    return math.exp(15000.0 / (110.0 + 273.0) - 15000.0 / (hot_spot_c + 273.0))


def oil_rise(p: ThermalParameters, load: float) -> float:
    losses = (1.0 + p.loss_ratio * load**2) / (1.0 + p.loss_ratio)
    return p.top_oil_rise_k * losses**p.oil_exp_x


def gradient(p: ThermalParameters, load: float) -> float:
    return p.hot_spot_factor * p.winding_gradient_k * load**p.winding_exp_y


def integrate(
    p: ThermalParameters,
    loads: Sequence[float],
    air_c: Sequence[float],
    step_h: float,
    start: tuple[float, float, float] | None = None,
    *,
    is_linear: bool = False,
) -> TwinCourse:
    """Euler steps of one second; ``start`` is top oil, h1, h2, or None for the steady state of the first step."""
    if start is None:
        rise = gradient(p, abs(loads[0]))
        start = (air_c[0] + oil_rise(p, abs(loads[0])), p.k21 * rise, (p.k21 - 1.0) * rise)
    oil, h1, h2 = start
    course = TwinCourse([], [], [], [])
    n_second = round(step_h * 3600.0)
    for step, load in enumerate(loads):
        following = air_c[min(step + 1, len(air_c) - 1)] if is_linear else air_c[step]
        rise, above = oil_rise(p, abs(load)), gradient(p, abs(load))
        consumed, highest = 0.0, -math.inf
        for second in range(n_second):
            before = ageing_rate(oil + h1 - h2, p.paper)
            air = air_c[step] + (following - air_c[step]) * (second + 0.5) / n_second
            oil += SECOND_MIN / (p.k11 * p.tau_oil_min) * (air + rise - oil)
            h1 += SECOND_MIN / (p.k22 * p.tau_winding_min) * (p.k21 * above - h1)
            h2 += SECOND_MIN * p.k22 / p.tau_oil_min * ((p.k21 - 1.0) * above - h2)
            hot_spot = oil + h1 - h2
            highest = max(highest, hot_spot)
            consumed += (before + ageing_rate(hot_spot, p.paper)) / 2.0
        course.top_oil_c.append(oil)
        course.hot_spot_c.append(oil + h1 - h2)
        course.ageing.append(consumed / n_second)
        course.highest_c.append(highest)
    return course
