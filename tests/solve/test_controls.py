"""The batch solver against the judges of controls: positions, limits and shares, alone and all together."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandapower as pp
import pytest

from gridsim.enums import Solver, StepStatus
from gridsim.errors import CompileError
from gridsim.solve import SolveOptions, make_solver
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.reference import ReferenceSolver
from gridsim.solve.solution import NO_POSITION
from tests.support import control_nets
from tests.support.control_nets import ALL, CONTROL_NETS, LIMITS, SHARES, SHIPPED_CONTROL_NETS, TAPS
from tests.support.naive_controls import NaiveControlSolver
from tests.support.parity import assert_same_solution, judge_options, largest_difference, random_profiles
from tests.support.physics import assert_failed_steps_hold_no_numbers

#: One net for each thing that can go wrong; the judge needs up to half a second for a step of the others.
QUICK = (
    "controls_high_side",
    "end_stop",
    "in_levels",
    "limits_one_after_the_other",
    "switched_back",
    "table_shared_by_two",
    "three_winding_controls_middle",
    "two_gens_share_a_bus",
    "two_grids_share",
)
FEW_LEVELS = (0.2, 1.4)
LEVELS = (0.2, 0.6, 1.0, 1.4, 0.6)


def at_levels(net, levels):
    """Every load at some multiples of its own value."""
    return {("load", column): np.outer(levels, net.load[column].to_numpy(dtype=float)) for column in ("p_mw", "q_mvar")}


def compare(net, options, profiles, n_step):
    """Same status, positions and numbers; with limits the judge is the one that lets generators come back."""
    solver = NewtonSolver(net, options)
    strict = judge_options(solver.compiled, options)
    judge = (NaiveControlSolver if options.enforce_q_lims else ReferenceSolver)(net, strict)
    ours, theirs = solver.solve(profiles, n_step), judge.solve(profiles, n_step)
    assert_same_solution(ours, theirs)
    assert_failed_steps_hold_no_numbers(ours)
    if theirs.tap_pos is None:
        assert ours.tap_pos is None
    else:
        assert ours.tap_pos.tolist() == theirs.tap_pos.tolist()
    return ours


def without_chord(solver):
    """The same solver without its first method: one load flow per set of positions."""
    solver._chord = None
    return solver


@pytest.mark.parametrize("name", QUICK)
def test_small_nets(name):
    builder, options = CONTROL_NETS[name]
    net = builder()
    ours = compare(net, options, at_levels(net, FEW_LEVELS), len(FEW_LEVELS))
    assert ours.is_solved.all()


@pytest.mark.slow  # 2 to 6 seconds each
@pytest.mark.parametrize("name", sorted(set(CONTROL_NETS) - {"hunting"}))
def test_small_nets_at_more_levels(name):
    builder, options = CONTROL_NETS[name]
    net = builder()
    ours = compare(net, options, at_levels(net, LEVELS), len(LEVELS))
    assert ours.is_solved.all()


@pytest.mark.slow  # 1 to 10 seconds each
@pytest.mark.parametrize("name", sorted(SHIPPED_CONTROL_NETS))
def test_shipped_nets(name):
    builder, options = SHIPPED_CONTROL_NETS[name]
    net = builder()
    ours = compare(net, options, random_profiles(net, 4, seed=11, lowest=0.6), 4)
    assert ours.is_solved.all()


@pytest.mark.parametrize("name", sorted(CONTROL_NETS))
def test_the_ladder_comes_to_the_same(name):
    """Two loops over the same controls: lanes that move on as they converge, and round by round."""
    builder, options = CONTROL_NETS[name]
    net = builder()
    profiles, solver = at_levels(net, LEVELS), NewtonSolver(net, options)
    ours = solver.solve(profiles, 5)
    theirs = without_chord(solver).solve(profiles, 5)
    assert_same_solution(ours, theirs)
    assert (ours.tap_pos is None) == (theirs.tap_pos is None)
    if ours.tap_pos is not None:
        assert ours.tap_pos.tolist() == theirs.tap_pos.tolist()
    assert ours.is_solved.all() == (name != "hunting")
    assert (ours.rung[ours.is_solved] == 0).all()  # the fast path needs no help on any of them


def test_taps_that_never_rest_fail_their_step():
    net = control_nets.hunting()
    solver = NewtonSolver(net, SolveOptions())
    for change in (lambda solver: solver, without_chord):
        ours = change(solver).solve(at_levels(net, (0.2, 1.0)), 2)
        assert ours.status.tolist() == [StepStatus.max_iterations] * 2
        assert (ours.tap_pos == NO_POSITION).all()
        assert_failed_steps_hold_no_numbers(ours)


@pytest.mark.parametrize("name", ["in_series", "everything", "switched_back"])
def test_steps_do_not_depend_on_their_batch(name):
    builder, options = CONTROL_NETS[name]
    net = builder()
    solver = NewtonSolver(net, options)
    together = solver.solve(at_levels(net, LEVELS), len(LEVELS))
    for step, level in enumerate(LEVELS):
        alone = solver.solve(at_levels(net, (level,)), 1)
        assert (alone.vm_pu[0] == together.vm_pu[step]).all()
        assert (alone.loading.columns[0] == together.loading.columns[step]).all()
        if together.tap_pos is not None:
            assert (alone.tap_pos[0] == together.tap_pos[step]).all()
    assert (together.vm_pu[1] == together.vm_pu[4]).all()


@pytest.mark.parametrize("name", ["one_unit", "in_levels", "three_winding_controls_low", "everything"])
def test_from_settled_taps(name):
    """Where the taps rest at the net's own values is where a step of those values moves nothing."""
    builder, options = CONTROL_NETS[name]
    net = builder()
    solver = NewtonSolver(net, options)
    moved = solver.solve({}, 1)
    assert moved.tap_pos[0].tolist() == solver.settled_tap_pos.tolist()
    assert moved.tap_pos[0].tolist() != solver.compiled.controls.taps.tap_pos.tolist()
    rested = solver.solve({}, 1, from_settled_taps=True)
    assert rested.tap_pos.tolist() == moved.tap_pos.tolist()
    assert rested.iterations[0] < moved.iterations[0]
    assert largest_difference(rested.vm_pu, moved.vm_pu) <= 1e-8
    settled = builder()
    taps = solver.compiled.controls.taps
    for table, row, position in zip(taps.table, taps.table_row, solver.settled_tap_pos, strict=True):
        settled[table].loc[settled[table].index[row], "tap_pos"] = position
    profiles = at_levels(net, LEVELS)
    ours = solver.solve(profiles, 5, from_settled_taps=True)
    theirs = NewtonSolver(settled, options).solve(profiles, 5)
    assert ours.tap_pos.tolist() == theirs.tap_pos.tolist()
    assert_same_solution(ours, theirs)


@pytest.mark.parametrize("solver", list(Solver))
def test_static_generators_keep_within_their_reactive_limits(solver):
    """As in pandapower: what profiles or the net give beyond min_q_mvar and max_q_mvar is cut off before scaling."""
    net = pp.create_empty_network()
    bus = pp.create_bus(net, 110.0)
    pp.create_ext_grid(net, pp.create_bus(net, 110.0))
    pp.create_line(net, 1, bus, 20.0, "149-AL1/24-ST1A 110.0")
    pp.create_load(net, bus, 20.0, 5.0)
    for own, lowest, highest in ((9.0, -1.0, 1.0), (-9.0, -2.0, np.nan), (0.5, np.nan, 0.4)):
        pp.create_sgen(net, bus, 1.0, own, min_q_mvar=lowest, max_q_mvar=highest, scaling=0.8)
    options = dataclasses.replace(LIMITS, solver=solver)
    q_mvar = np.array([[0.2, -0.3, 0.1], [3.0, -5.0, 2.0]])
    found = make_solver(net, options).solve({("sgen", "q_mvar"): q_mvar}, 2)
    own = make_solver(net, options).solve({("sgen", "p_mw"): np.ones((1, 3))}, 1)
    for solution, step, values in ((found, 0, q_mvar[0]), (found, 1, q_mvar[1]), (own, 0, net.sgen.q_mvar)):
        net.sgen["q_mvar"] = values
        pp.runpp(net, enforce_q_lims=True, tolerance_mva=1e-9, numba=False)
        np.testing.assert_allclose(solution.vm_pu[step], net.res_bus.vm_pu, rtol=0.0, atol=1e-9)


def test_set_points_that_contradict_a_dc_line_are_refused():
    net = control_nets.ring_of_gens()
    bus = net.gen.bus.iloc[0]
    pp.create_dcline(
        net, net.ext_grid.bus.iloc[0], bus, 1.0, 0.0, 0.0, net.ext_grid.vm_pu.iloc[0], net.gen.vm_pu.iloc[0]
    )
    solver = make_solver(net, SolveOptions())
    vm_pu = np.tile(net.gen.vm_pu.to_numpy(), (2, 1))
    assert solver.solve({("gen", "vm_pu"): vm_pu}, 2).is_solved.all()
    vm_pu[1, 0] += 0.01
    with pytest.raises(CompileError, match="differs from that of dcline 0 at the same bus in step 1"):
        solver.solve({("gen", "vm_pu"): vm_pu}, 2)


def test_set_points_by_profile_count_for_limits():
    """A generator whose set point moves is limited in one step and free in another."""
    net = control_nets.ring_of_gens()
    vm_pu = np.array([[1.02, 1.0, 1.01], [1.0, 1.0, 1.01], [0.97, 0.99, 1.0]])
    ours = compare(net, LIMITS, {("gen", "vm_pu"): vm_pu}, 3)
    place = {bus: row for row, bus in enumerate(net.bus.index)}
    off = np.abs(ours.vm_pu[:, [place[bus] for bus in net.gen.bus]] - vm_pu) > 1e-6
    assert len({tuple(row) for row in off.tolist()}) > 1


@pytest.mark.parametrize("options", [TAPS, LIMITS, SHARES, ALL], ids=["plain", "limits", "shares", "all"])
def test_set_points_of_one_step_alone(options):
    """One step is a batch like any other: its set points are those of the profile, not those of the net."""
    net = control_nets.three_shares()
    gen, source = np.array([[1.03, 0.99, 1.0]]), np.array([[1.0]])
    profiles = {("gen", "vm_pu"): gen, ("ext_grid", "vm_pu"): source}
    alone = NewtonSolver(net, options).solve(profiles, 1)
    twice = NewtonSolver(net, options).solve({key: np.repeat(values, 2, axis=0) for key, values in profiles.items()}, 2)
    assert twice.vm_pu[0].tobytes() == alone.vm_pu[0].tobytes()
    own = control_nets.three_shares()
    own.gen["vm_pu"], own.ext_grid["vm_pu"] = gen[0], source[0]
    assert_same_solution(alone, NewtonSolver(own, options).solve({}, 1))
