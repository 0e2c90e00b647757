"""The closed form against one-second steps, and what must not matter: cuts, blocks, company."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gridsim.assess.thermal_fleet import ThermalFleet, graded_nodes
from gridsim.assess.thermal_parameters import CoolingStages, ThermalParameters
from gridsim.kernels.thermal_structures import TILE, Course, Inputs
from tests.support.thermal_twin import gradient, integrate, oil_rise

UPGRADED = dataclasses.replace(ThermalParameters.onaf(), paper="upgraded")
DISTRIBUTION = ThermalParameters(55.0, 23.0, 1.0, 5.0, 0.8, 1.6, 180.0, 4.0, 1.0, 1.0, 2.0)
KINDS = {
    "onan": ThermalParameters.onan(),
    "onaf": ThermalParameters.onaf(),
    "ofaf": ThermalParameters.ofaf(),
    "odaf": ThermalParameters.odaf(),
    "upgraded": UPGRADED,
    "distribution": DISTRIBUTION,
}
N_NODE = 24
N_STEP = 5
LIMITS_C = (60.0, 98.0)


def inputs(load, air_c, slope=None, is_up=None):
    """Each row of loads is a unit; air temperature the same for all."""
    load = np.atleast_2d(np.asarray(load, dtype=np.float64))
    own = np.arange(len(load))
    air_c = np.atleast_2d(np.asarray(air_c, dtype=np.float64))
    slope = np.zeros_like(air_c) if slope is None else np.atleast_2d(slope)
    is_up = np.ones(len(load), dtype=bool) if is_up is None else is_up
    return Inputs(load, own, own, air_c, slope, np.zeros(len(load), dtype=np.int64), is_up)


def room(n_unit, n_step):
    return Course(*(np.empty((n_unit, n_step)) for _ in Course._fields))


def random_drive(seed, n_step=N_STEP):
    generator = np.random.default_rng(seed)
    return generator.uniform(0.0, 1.5, n_step), generator.uniform(-25.0, 40.0, n_step)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_linear", [False, True])
def test_temperatures_and_ageing_are_those_of_one_second_steps(kind, is_linear):
    parameters = KINDS[kind]
    load, air_c = random_drive(3)
    slope = np.append(np.diff(air_c), 0.0) if is_linear else None
    twin = integrate(parameters, load, air_c, 1.0, is_linear=is_linear)
    fleet = ThermalFleet([parameters], step_h=1.0, n_node=N_NODE, limits_c=LIMITS_C)
    course = room(1, N_STEP)
    tally = fleet.follow(inputs(load, air_c, slope), course)
    np.testing.assert_allclose(course.top_oil_c[0], twin.top_oil_c, atol=0.01)
    np.testing.assert_allclose(course.hot_spot_c[0], twin.hot_spot_c, atol=0.01)
    np.testing.assert_allclose(course.ageing[0], twin.ageing, rtol=0.01)
    assert tally.ageing_h[0] == pytest.approx(np.sum(twin.ageing), rel=0.005)
    assert tally.hot_spot_c[0] == pytest.approx(max(twin.highest_c), abs=0.1)
    assert tally.hot_spot_step[0] == np.argmax(twin.highest_c)
    assert tally.top_oil_c[0] == pytest.approx(max(twin.top_oil_c), abs=0.01)
    above = [sum(highest > limit for highest in twin.highest_c) for limit in LIMITS_C]
    assert tally.above_h[0].tolist() == above


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("n_node", "jump", "bound"), [(6, 0.2, 5e-4), (6, 0.5, 4e-3), (24, 1.5, 1e-6)], ids=["small", "half", "full"]
)
def test_ageing_within_an_hour_is_as_exact_as_stated(kind, n_node, jump, bound):
    """Jumps of load up and down, against so many nodes that more change nothing."""
    for before, after in ((0.0, jump), (jump, 0.0), (0.5, 0.5 + jump), (0.5 + jump, 0.5), (1.0 - jump / 2, 1.0)):
        found = []
        for n in (n_node, 96):
            fleet = ThermalFleet([KINDS[kind]], step_h=1.0, n_node=n)
            course = room(1, 2)
            fleet.follow(inputs([before, after], [20.0, 20.0]), course)
            found.append(course.ageing[0, 1])
        assert found[0] == pytest.approx(found[1], rel=bound)


def test_nodes_of_a_step_add_up_to_it():
    nodes = graded_nodes(3.0, 7)
    assert nodes.weight.sum() == pytest.approx(1.0)
    assert nodes.weight @ nodes.time_h == pytest.approx(1.5)
    assert ((nodes.time_h > 0.0) & (nodes.time_h < 3.0)).all()


def test_it_does_not_matter_how_a_constant_load_is_cut():
    load, air_c = random_drive(5)
    whole, cut = room(1, N_STEP), room(1, 4 * N_STEP)
    parameters = ThermalParameters.onaf()
    ThermalFleet([parameters], step_h=1.0, n_node=N_NODE).follow(inputs(load, air_c), whole)
    quarters = inputs(np.repeat(load, 4), np.repeat(air_c, 4))
    ThermalFleet([parameters], step_h=0.25, n_node=N_NODE).follow(quarters, cut)
    np.testing.assert_allclose(cut.hot_spot_c[0, 3::4], whole.hot_spot_c[0], rtol=1e-12)
    np.testing.assert_allclose(cut.top_oil_c[0, 3::4], whole.top_oil_c[0], rtol=1e-12)
    np.testing.assert_allclose(cut.ageing[0].reshape(-1, 4).mean(axis=1), whole.ageing[0], rtol=1e-6)


def test_blocks_company_and_tiles_change_nothing():
    n_step = 2 * TILE + 30
    generator = np.random.default_rng(7)
    load = generator.uniform(0.2, 1.4, (3, n_step))
    load[1, [40, TILE + 3]] = np.nan
    air_c = generator.uniform(-20.0, 30.0, n_step)
    cooling = [ThermalParameters.onan(), CoolingStages.onan_onaf(), UPGRADED]
    whole = room(3, n_step)
    fleet = ThermalFleet(cooling, step_h=1.0, n_node=4, limits_c=LIMITS_C)
    total = fleet.follow(inputs(load, air_c), whole)
    for unit in range(3):
        alone = ThermalFleet([cooling[unit]], step_h=1.0, n_node=4, limits_c=LIMITS_C)
        known_h, ageing_h, above_h = 0.0, 0.0, np.zeros(2)
        for start, stop in ((0, 41), (41, 42), (42, n_step)):
            part = room(1, stop - start)
            tally = alone.follow(inputs(load[unit, start:stop], air_c[start:stop]), part)
            for found, wanted in zip(part, whole, strict=True):
                np.testing.assert_allclose(found[0], wanted[unit, start:stop], rtol=1e-12)
            known_h, ageing_h, above_h = (
                known_h + tally.known_h[0],
                ageing_h + tally.ageing_h[0],
                above_h + tally.above_h[0],
            )
        assert known_h == total.known_h[unit]
        assert above_h.tolist() == total.above_h[unit].tolist()
        assert ageing_h == pytest.approx(total.ageing_h[unit], rel=1e-12)
    assert total.unknown_h.tolist() == [0.0, 20.0, 0.0]


def staged_twin(stages: CoolingStages, load, air_c):
    """One step after the other, each in the stage that the rule names at its beginning."""
    forced = stages.natural, stages.forced
    is_forced = False
    start = None
    found = []
    for k, air in zip(load, air_c, strict=True):
        oil = start[0] if start else air + oil_rise(stages.natural, k / stages.natural_rating)
        if k >= stages.on_load_factor or oil >= stages.on_top_oil_temp_c:
            is_forced = True
        elif k < stages.off_load_factor and oil < stages.off_top_oil_temp_c:
            is_forced = False
        parameters = forced[is_forced]
        own = k if is_forced else k / stages.natural_rating
        if start is None:
            rise = gradient(parameters, own)
            start = (air + oil_rise(parameters, own), parameters.k21 * rise, (parameters.k21 - 1.0) * rise)
        # The twin returns no parts: h1 and h2 follow by two more runs that begin with a known difference.
        course = integrate(parameters, [own], [air], 1.0, start)
        slow = twin_slow(parameters, own, start[2])
        start = (course.top_oil_c[0], course.hot_spot_c[0] - course.top_oil_c[0] + slow, slow)
        found.append((is_forced, course.top_oil_c[0], course.hot_spot_c[0]))
    return found


def twin_slow(parameters, load, slow_k):
    """h2 after an hour: with k21 D_hr = 0 and nothing in the oil, the hot spot of the twin is -h2."""
    flat = dataclasses.replace(parameters, top_oil_rise_k=0.0)
    with_slow = integrate(flat, [load], [0.0], 1.0, (0.0, 0.0, slow_k))
    without = integrate(flat, [load], [0.0], 1.0, (0.0, 0.0, 0.0))
    target = (parameters.k21 - 1.0) * gradient(parameters, load)
    fading = (without.hot_spot_c[0] - with_slow.hot_spot_c[0]) / slow_k if slow_k else 0.0
    return target + (slow_k - target) * fading


@pytest.mark.parametrize(
    "stages",
    [
        CoolingStages.onan_onaf(),
        CoolingStages(ThermalParameters.onan(), ThermalParameters.onaf(), 0.7, on_load_factor=0.8, off_load_factor=0.5),
    ],
    ids=["by top oil", "by load"],
)
def test_fans_start_and_stop_by_the_rule(stages):
    load = [0.3, 0.55, 0.55, 0.9, 1.2, 0.6, 0.6, 0.2, 0.2, 0.1, 0.85, 0.3]
    air_c = np.full(len(load), 15.0)
    twin = staged_twin(stages, load, air_c)
    fleet = ThermalFleet([stages], step_h=1.0, n_node=N_NODE)
    course = room(1, len(load))
    fleet.follow(inputs(load, air_c), course)
    assert {is_forced for is_forced, _, _ in twin} == {True, False}
    np.testing.assert_allclose(course.top_oil_c[0], [oil for _, oil, _ in twin], atol=0.02)
    np.testing.assert_allclose(course.hot_spot_c[0], [hot for _, _, hot in twin], atol=0.02)


def test_unit_out_of_service_counts_nothing_and_comes_back_cold():
    parameters = ThermalParameters.onaf()
    fleet = ThermalFleet([parameters, parameters], step_h=1.0, n_node=N_NODE, limits_c=LIMITS_C)
    hot = [[1.2] * 4, [1.2] * 4]
    fleet.follow(inputs(hot, [30.0] * 4))
    away = fleet.follow(inputs(hot, [30.0] * 4, is_up=np.array([True, False])))
    assert away.known_h.tolist() == [4.0, 0.0]
    assert (away.unknown_h[1], away.ageing_h[1], away.hot_spot_step[1]) == (0.0, 0.0, -1)
    assert away.above_h[1].tolist() == [0.0, 0.0]
    course = room(2, 4)
    fleet.follow(inputs(hot, [30.0] * 4), course)
    cold = integrate(parameters, hot[1], [30.0] * 4, 1.0, (30.0, 0.0, 0.0))
    np.testing.assert_allclose(course.hot_spot_c[1], cold.hot_spot_c, atol=0.01)
    assert (course.hot_spot_c[0] > course.hot_spot_c[1]).all()
