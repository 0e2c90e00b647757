"""Temperatures and ageing of oil-immersed transformers, step by step in closed form.

With load factor K (current over rated current) and air temperature theta_a, the differential equations of IEC 60076-7
are, times in hours, temperatures in degree Celsius, rises in kelvin:

    top oil     k11 tau_o      d theta_o / dt = theta_a + D_or ((1 + R K^2) / (1 + R))^x - theta_o
    fast part   k22 tau_w      d h1 / dt      = k21 D_hr K^y - h1
    slow part   (tau_o / k22)  d h2 / dt      = (k21 - 1) D_hr K^y - h2
    hot spot    theta_h = theta_o + h1 - h2
    ageing      V = 2^((theta_h - 98) / 6), or exp(15000 / 383 - 15000 / (theta_h + 273)) for upgraded paper

    R        load losses over no-load losses at rated current
    D_or     rise of the top oil over the air at rated losses, K
    D_hr     rise of the hot spot over the top oil at rated current (hot-spot factor times winding gradient), K
    x, y     exponents of oil and winding
    tau      time constants of oil (o) and winding (w)
    k        constants of the oil flow

K is constant within a step and theta_a is a straight line, so each part approaches its target exponentially and the end
of a step follows from its beginning without error:

    theta_o(t) = a + b (t - T) + r + (theta_o(0) - a + b T - r) exp(-t / T),   T = k11 tau_o, theta_a = a + b t
    h1(t)      = k21 g + (h1(0) - k21 g) exp(-t / (k22 tau_w)),                g = D_hr K^y
    h2(t)      likewise, with (k21 - 1) g and tau_o / k22

V is integrated over the step by Gauss-Legendre nodes in xi, t = step xi^2: they crowd where the fast part moves.

The constants of a unit may come in two cooling stages. The stage of a step is chosen at its beginning and holds to its
end; what has built up in oil and windings goes on from where it is.

A step whose load or air temperature is NaN is unknown. What the unit has become meanwhile fades as exp(-t / tau) only:
its numbers stay NaN until so much time with known load has passed that less than a stated share is left, and go on
from the steady state of the first known step.

Source: IEC 60076-7 as transformer-thermal-model (alliander-opensource, MPL-2.0) and the scripts of I. Daminov restate
it; closed form: elementary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.jit import fused_kernel
from gridsim.kernels.thermal_functions import log_two, power_of_two
from gridsim.kernels.thermal_structures import COLD, FAST, OIL, SLOW, TILE, TRUSTED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridsim.kernels.thermal_structures import Bench, Course, Inputs, Nodes, State, Tally, Units

_LEAST_LOAD = 1e-100  # raised to any exponent it is nothing beside a kelvin, and it has a logarithm
_LOG2_E = 1.4426950408889634


@fused_kernel
def rises(
    load: NDArray[np.float64],
    oil_load: NDArray[np.float64],
    units: Units,
    unit: int,
    stage: int,
    rise: NDArray[np.float64],
    gradient: NDArray[np.float64],
) -> None:
    """Steady rises in kelvin: ``rise`` D_or ((1 + R K^2) / (1 + R))^x of the oil, ``gradient`` D_hr K^y over it.

    ``load`` and ``oil_load`` are ``(n,)``, ``rise`` and ``gradient`` ``(TILE,)``. NaN is taken for no load.
    """
    per_rating = 1.0 / units.stage_rating[unit, stage]
    top_oil_rise_k, x = units.top_oil_rise_k[unit, stage], units.oil_exp_x[unit, stage]
    ratio = units.loss_ratio[unit, stage]
    per_rated_loss = 1.0 / (1.0 + ratio)
    for i in range(oil_load.shape[0]):
        k = oil_load[i] * per_rating
        if not k > _LEAST_LOAD:
            k = _LEAST_LOAD
        rise[i] = top_oil_rise_k * power_of_two(x * log_two((1.0 + ratio * k * k) * per_rated_loss))
    hot_spot_rise_k, y = units.hot_spot_rise_k[unit, stage], units.winding_exp_y[unit, stage]
    for i in range(load.shape[0]):
        k = load[i] * per_rating
        if not k > _LEAST_LOAD:
            k = _LEAST_LOAD
        gradient[i] = hot_spot_rise_k * power_of_two(y * log_two(k))


@fused_kernel
def age(bench: Bench, first: int, stop: int, units: Units, unit: int, stage: int, nodes: Nodes) -> None:
    """Add the ageing of the steps ``first`` to ``stop`` of a tile, all in one stage, and find their highest hot spot.

        theta_h(t) = base + slope t + oil e_o(t) + fast e_f(t) - slow e_s(t)

    Reads those five of ``bench``, each ``(TILE,)``, and adds to ``ageing`` and ``highest``.
    """
    base, slope, oil = bench.base[first:stop], bench.slope[first:stop], bench.oil[first:stop]
    fast, slow, hot_spot = bench.fast[first:stop], bench.slow[first:stop], bench.hot_spot[first:stop]
    ageing, highest = bench.ageing[first:stop], bench.highest[first:stop]
    n = stop - first
    for q in range(nodes.time_h.shape[0]):
        time_h, weight = nodes.time_h[q], nodes.weight[q]
        of_oil = units.fading[unit, stage, OIL, q]
        of_fast = units.fading[unit, stage, FAST, q]
        of_slow = units.fading[unit, stage, SLOW, q]
        for i in range(n):
            hot_spot[i] = base[i] + slope[i] * time_h + oil[i] * of_oil + fast[i] * of_fast - slow[i] * of_slow
        if units.is_upgraded[unit]:
            for i in range(n):
                rate = power_of_two((15000.0 / 383.0 - 15000.0 / (hot_spot[i] + 273.0)) * _LOG2_E)
                ageing[i] += weight * rate
        else:
            for i in range(n):
                ageing[i] += weight * power_of_two((hot_spot[i] - 98.0) * (1.0 / 6.0))
        for i in range(n):
            highest[i] = max(highest[i], hot_spot[i])


@fused_kernel
def move(
    inputs: Inputs, units: Units, unit: int, start: int, n: int, step_h: float, state: State, bench: Bench, n_node: int
) -> None:
    """Carry a unit through the steps of a tile and write down what the quadrature needs.

    Fills ``base`` to ``slow``, ``top_oil``, ``end`` (hot spot at the end of the step), ``stage`` and ``is_known`` of
    ``bench``, each ``(TILE,)``; updates ``state``, each ``(n_unit,)``.
    """
    place = inputs.place[unit]
    air, air_slope = inputs.air_c[place, start : start + n], inputs.air_k_per_h[place, start : start + n]
    loads = inputs.load[inputs.row[unit], start : start + n]
    oil_loads = inputs.load[inputs.oil_row[unit], start : start + n]
    base, slope, top_oil, end, stages = bench.base, bench.slope, bench.top_oil, bench.end, bench.stage
    oil, fast, slow, is_known = bench.oil, bench.fast, bench.slow, bench.is_known
    rise, gradient = bench.rise[0], bench.gradient[0]
    has_stages, recovery_h = units.has_stages[unit], units.recovery_h[unit]
    on_load, off_load = units.on_load[unit], units.off_load[unit]
    on_top_oil_c, off_top_oil_c = units.on_top_oil_c[unit], units.off_top_oil_c[unit]

    top_oil_c, fast_k, slow_k = state.top_oil_c[unit], state.fast_k[unit], state.slow_k[unit]
    known_h, stage = state.known_h[unit], state.stage[unit]
    stage_before = -1
    for i in range(n):
        load, air_c, climb = loads[i], air[i], air_slope[i]
        if np.isnan(load) or np.isnan(oil_loads[i]) or np.isnan(air_c) or np.isnan(climb):
            known_h = 0.0
            is_known[i] = False
            stages[i] = stage
            base[i] = slope[i] = oil[i] = fast[i] = slow[i] = top_oil[i] = end[i] = 0.0
            continue
        begins = known_h <= 0.0
        is_cold = known_h == COLD
        if begins:
            top_oil_c, stage = (air_c if is_cold else air_c + bench.rise[0, i]), 0
            known_h = TRUSTED if known_h < 0.0 else 0.0
        if has_stages:
            if load >= on_load or top_oil_c >= on_top_oil_c:
                stage = 1
            elif load < off_load and top_oil_c < off_top_oil_c:
                stage = 0
        if stage != stage_before:
            stage_before = stage
            rise, gradient = bench.rise[stage], bench.gradient[stage]
            k21, top_oil_h = units.k21[unit, stage], units.top_oil_h[unit, stage]
            of_oil = units.fading[unit, stage, OIL, n_node]
            of_fast = units.fading[unit, stage, FAST, n_node]
            of_slow = units.fading[unit, stage, SLOW, n_node]
        gradient_k = gradient[i]
        fast_target = k21 * gradient_k
        slow_target = fast_target - gradient_k
        if begins:
            top_oil_c = air_c if is_cold else air_c + rise[i]
            fast_k, slow_k = (0.0, 0.0) if is_cold else (fast_target, slow_target)
        oil_target = air_c + rise[i] - climb * top_oil_h
        base[i], slope[i] = oil_target + gradient_k, climb
        oil[i], fast[i], slow[i] = top_oil_c - oil_target, fast_k - fast_target, slow_k - slow_target
        top_oil_c = oil_target + climb * step_h + (top_oil_c - oil_target) * of_oil
        fast_k = fast_target + (fast_k - fast_target) * of_fast
        slow_k = slow_target + (slow_k - slow_target) * of_slow
        top_oil[i], end[i] = top_oil_c, top_oil_c + fast_k - slow_k
        stages[i] = stage
        is_known[i] = known_h >= recovery_h
        known_h += step_h
    state.top_oil_c[unit], state.fast_k[unit], state.slow_k[unit] = top_oil_c, fast_k, slow_k
    state.known_h[unit], state.stage[unit] = known_h, stage


@fused_kernel
def count(
    bench: Bench, unit: int, start: int, n: int, step_h: float, limits_c: NDArray[np.float64], tally: Tally
) -> None:
    """Add a tile to the sums and extremes of a unit.

    ``bench`` is ``(TILE,)`` each, ``limits_c`` rising ``(n_limit,)``, ``tally`` ``(n_unit,)`` each.
    """
    is_known, ageing, highest, end, top_oil = bench.is_known, bench.ageing, bench.highest, bench.end, bench.top_oil
    ageing_h, n_known = 0.0, 0
    top_oil_c, hot_spot_c, hot_spot_step = tally.top_oil_c[unit], tally.hot_spot_c[unit], tally.hot_spot_step[unit]
    lowest_c = limits_c[0] if limits_c.shape[0] else np.inf
    for i in range(n):
        if is_known[i]:
            n_known += 1
            ageing_h += ageing[i]
            top_oil_c = max(top_oil_c, top_oil[i])
            hottest = max(highest[i], end[i])
            if hottest > hot_spot_c:
                hot_spot_c, hot_spot_step = hottest, start + i
            if hottest > lowest_c:
                for limit in range(limits_c.shape[0]):
                    if hottest > limits_c[limit]:
                        tally.above_h[unit, limit] += step_h
    tally.top_oil_c[unit], tally.hot_spot_c[unit], tally.hot_spot_step[unit] = top_oil_c, hot_spot_c, hot_spot_step
    tally.ageing_h[unit] += ageing_h * step_h
    tally.known_h[unit] += n_known * step_h
    tally.unknown_h[unit] += (n - n_known) * step_h


@fused_kernel
def follow_units(
    inputs: Inputs,
    step_h: float,
    units: Units,
    nodes: Nodes,
    limits_c: NDArray[np.float64],
    state: State,
    bench: Bench,
    course: Course,
    tally: Tally,
) -> None:
    """Carry every unit through the steps of a block.

    Parameters
    ----------
    inputs:
        Loads ``(n_row, n_step)`` and air temperatures.
    step_h:
        Length of a step, hours.
    units, nodes:
        Constants, and the quadrature they were made for.
    limits_c:
        Rising hot-spot temperatures ``(n_limit,)``, degree Celsius.
    state:
        In: before the block. Out: after it.
    bench:
        Workspace.
    course:
        Output: every step; not written when it has no rows.
    tally:
        Output: sums and extremes of the block.
    """
    n_step = inputs.load.shape[1]
    n_node = nodes.time_h.shape[0]
    for unit in range(inputs.row.shape[0]):
        tally.ageing_h[unit] = tally.known_h[unit] = tally.unknown_h[unit] = 0.0
        tally.top_oil_c[unit] = tally.hot_spot_c[unit] = -np.inf
        tally.hot_spot_step[unit] = -1
        tally.above_h[unit, :] = 0.0
        if not inputs.is_up[unit]:
            state.known_h[unit] = COLD
            continue
        for start in range(0, n_step, TILE):
            n = min(TILE, n_step - start)
            load = inputs.load[inputs.row[unit], start : start + n]
            oil_load = inputs.load[inputs.oil_row[unit], start : start + n]
            for stage in range(2 if units.has_stages[unit] else 1):
                rises(load, oil_load, units, unit, stage, bench.rise[stage], bench.gradient[stage])
            move(inputs, units, unit, start, n, step_h, state, bench, n_node)
            bench.ageing[:n] = 0.0
            bench.highest[:n] = -np.inf
            for first in range(n):
                if first and bench.stage[first] == bench.stage[first - 1]:
                    continue
                stop = first + 1
                while stop < n and bench.stage[stop] == bench.stage[first]:
                    stop += 1
                age(bench, first, stop, units, unit, int(bench.stage[first]), nodes)
            count(bench, unit, start, n, step_h, limits_c, tally)
            if course.ageing.shape[0]:
                for i in range(n):
                    is_known = bench.is_known[i]
                    course.top_oil_c[unit, start + i] = bench.top_oil[i] if is_known else np.nan
                    course.hot_spot_c[unit, start + i] = bench.end[i] if is_known else np.nan
                    course.ageing[unit, start + i] = bench.ageing[i] if is_known else np.nan
