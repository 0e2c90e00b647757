"""What reacts to the voltages of a lane, function by function, against numpy; all lanes in different states."""

from __future__ import annotations

import functools

import numpy as np
import pandapower as pp
import pytest

from gridsim.compiled.injection import inject
from gridsim.kernels.jit import IS_COMPILED
from gridsim.kernels.lane_emitter import BUS_BYTES, LANES
from gridsim.solve.newton_solver import NewtonSolver
from tests.support.control_nets import ALL, control_tap, everything, in_levels
from tests.support.naive_load_flow import dense_admittance

if not IS_COMPILED:
    pytest.skip("the controlled kernel exists for the compiler only", allow_module_level=True)

from gridsim.kernels import controlled_chord as kernel
from gridsim.kernels import tap_moves
from gridsim.kernels.control_structures import ControlState

EVERY = range(LANES)


def net_of_all() -> object:
    """Taps, limits, shares, a load that depends on voltage, and a unit whose watched bus is dead."""
    net = everything()
    pp.create_load(net, 9, 4.0, 2.0, const_z_p_percent=40, const_i_p_percent=25, const_z_q_percent=30)
    return net


class Bench:
    """Kernel arrays of one net, filled with random numbers, and the same as complex numpy arrays."""

    def __init__(self, build, options, seed):
        self.rng = rng = np.random.default_rng(seed)
        self.solver = NewtonSolver(build(), options)
        chord = self.solver._chord
        self.compiled = chord._compiled  # at the positions that all lanes share
        self.layout, self.reactions, self.slack = chord._layout, chord._reactions, chord._slack
        self.taps = chord._taps._replace(acts=True)
        self.chord = chord
        self.work, self.control = chord._borrow_workspaces()
        n_bus = self.compiled.n_bus
        self.work.v[:] = np.stack([rng.normal(1.0, 0.05, (n_bus, LANES)), rng.normal(0.0, 0.1, (n_bus, LANES))], 1)
        self.work.s[:] = rng.normal(size=self.work.s.shape)
        self.work.x[:] = rng.normal(size=self.work.x.shape)
        self.work.keep[:] = np.where(np.arange(LANES) % 3 == 0, 0, -1)
        self.control.given[:] = rng.normal(size=self.control.given.shape)
        self.control.zip[:] = rng.normal(size=self.control.zip.shape)
        self.control.magnitude[:] = rng.uniform(0.95, 1.05, self.control.magnitude.shape)
        self.control.shared[:] = rng.normal(size=self.control.shared.shape)
        self.control.held[:] = rng.integers(-1, 2, self.control.held.shape)
        low, high = self.taps.tap_min[:, np.newaxis], self.taps.tap_max[:, np.newaxis]
        self.control.tap[:] = rng.integers(low, high + 1, self.control.tap.shape)

    @property
    def v(self):
        return self.work.v[:, 0] + 1j * self.work.v[:, 1]

    @property
    def s(self):
        return self.work.s[:, 0] + 1j * self.work.s[:, 1]

    def y_moved(self, m, lane):
        """y_ff, y_ft, y_tf, y_tt of a moved branch where its changer stands in one lane."""
        return self._y_at(m, self.control.tap[self.taps.changer[m], lane])

    def _y_at(self, m, position):
        k, controls = self.taps.changer[m], self.compiled.controls.taps
        place = np.flatnonzero(controls.changer_of == k)[m - self.taps.first_moved[k]]
        return controls.y_by_position[place, position - self.taps.tap_min[k]]

    def dy(self):
        """By how much the moved branches differ from those of the common matrix, (n_moved, 4, W)."""
        common = self.taps.common[self.taps.changer]
        moved = range(len(self.taps.changer))
        return np.array([[self.y_moved(m, lane) - self._y_at(m, common[m]) for lane in EVERY] for m in moved]).swapaxes(
            1, 2
        )

    def set_taps(self):
        """As a group begins: nothing is active, then every changer that is not at its common position."""
        self.control.is_active[:] = 0
        self.control.n_active[:] = 0
        self.control.dy[:] = np.nan  # what an earlier group left behind
        for k in range(len(self.taps.common)):
            for lane in EVERY:
                if self.control.tap[k, lane] != self.taps.common[k]:
                    tap_moves.set_tap(self.taps, k, lane, self.control)


@pytest.fixture
def bench():
    return Bench(net_of_all, ALL, 1)


def test_the_net_has_all_there_is(bench):
    assert len(bench.taps.common) == 2
    assert len(bench.taps.changer) == 2
    assert len(bench.reactions.limited_row) == 2
    assert len(bench.reactions.zip_row) == 1
    assert len(bench.slack.row) == 3
    assert not bench.chord._taps.acts  # limits are settled round by round, outside


def test_taps_set_the_difference_of_admittances(bench):
    bench.set_taps()
    assert sorted(bench.control.active.tolist()) == [0, 1]
    found = bench.control.dy[:, 0::2] + 1j * bench.control.dy[:, 1::2]
    assert (found == bench.dy()).all()
    assert np.abs(found).max() > 1e-3
    bench.control.tap[0] = bench.taps.common[0]
    bench.control.tap[1, :3] = bench.taps.common[1]
    bench.set_taps()
    assert bench.control.active[: bench.control.n_active[0]].tolist() == [1]
    assert (bench.control.dy[1, :, :3] == 0.0).all()
    assert np.isnan(bench.control.dy[0]).all()


def test_stretch_takes_open_lanes_to_their_set_points(bench):
    before = bench.v.copy()
    kernel.stretch(bench.reactions, bench.work, bench.control)
    after = bench.v
    place = {row: k for k, row in enumerate(bench.reactions.limited_row.tolist())}
    touched = np.zeros(before.shape, dtype=bool)
    for k, row in enumerate(bench.reactions.controlled_row.tolist()):
        for lane in EVERY:
            is_held = row in place and bench.control.held[place[row], lane] != 0
            touched[row, lane] = bench.work.keep[lane] != 0 and not is_held
            if touched[row, lane]:
                assert abs(abs(after[row, lane]) / bench.control.magnitude[k, lane] - 1.0) < 1e-15
                assert abs(np.angle(after[row, lane] / before[row, lane])) < 1e-15
    assert (after[~touched] == before[~touched]).all()
    assert touched.any()
    assert bench.control.held.any()


def drawn_by_hand(bench):
    """Power that the moved branches draw at both ends beyond what the common matrix says, (n_moved, W)."""
    v, dy, ends = bench.v, bench.dy(), bench.taps.ends // BUS_BYTES
    v_from, v_to = v[ends[:, 0]], v[ends[:, 1]]
    at_from = v_from * np.conj(dy[:, 0] * v_from + dy[:, 1] * v_to)
    return at_from, v_to * np.conj(dy[:, 2] * v_from + dy[:, 3] * v_to)


def test_reactions_are_made_anew_from_the_voltages(bench):
    bench.set_taps()
    before, v = bench.s.copy(), bench.v
    special = bench.reactions.special_row
    expected = before.copy()
    expected[special] = bench.control.given[:, 0] + 1j * bench.control.given[:, 1]
    for z, row in enumerate(bench.reactions.zip_row.tolist()):
        size, part = np.abs(v[row]), bench.control.zip[z]
        expected[row] += (part[0] + 1j * part[1]) * size + (part[2] + 1j * part[3]) * size**2
    at_from, at_to = drawn_by_hand(bench)
    for m, (f, t) in enumerate((bench.taps.ends // BUS_BYTES).tolist()):
        expected[f] -= at_from[m]
        expected[t] -= at_to[m]
    for row, weight, island in zip(bench.slack.row, bench.slack.weight, bench.slack.island, strict=True):
        expected[row] += weight * bench.control.shared[island]
    for _ in range(2):  # made anew, not added to
        kernel.react(bench.reactions, bench.taps, bench.slack, bench.work, bench.control)
        assert np.allclose(bench.s[:-1], expected[:-1], rtol=1e-12, atol=1e-12)
    others = np.setdiff1d(np.arange(len(before)), special)
    assert (bench.s[others] == before[others]).all()


def test_free_limited_buses_have_no_reactive_equation(bench):
    before = bench.work.x.copy()
    spoilt = int(np.setdiff1d(np.arange(len(before)), bench.reactions.limited_unknown)[0])
    before[spoilt, 2] = bench.work.x[spoilt, 2] = np.nan
    kernel.drop_free_reactive(bench.reactions, bench.work, bench.control)
    expected = before.copy()
    for k, unknown in enumerate(bench.reactions.limited_unknown.tolist()):
        expected[unknown, bench.control.held[k] == 0] = 0.0
    assert np.array_equal(bench.work.x, expected, equal_nan=True)
    worst = bench.work.worst.view(np.float32)
    assert np.isnan(worst[2])
    others = np.delete(np.arange(LANES), 2)
    assert (worst[others] == np.abs(expected[:, others]).max(axis=0)).all()
    first = bench.layout.first_unknown[bench.reactions.limited_row]
    assert (bench.reactions.limited_unknown == first + 1).all()


def test_shares_leave_the_references_nothing_of_their_own(bench):
    compiled, slack = bench.compiled, bench.slack
    y = dense_admittance(compiled.network)
    before = bench.control.shared.copy()
    bench.work.worst[:] = np.zeros(LANES, dtype=np.float32).view(np.int32)
    kernel.share_slack(bench.layout.network, compiled.network, slack, bench.work, bench.control)
    rest = bench.control.rest
    power = (bench.v * np.conj(y @ bench.v)).real
    first = bench.layout.first_unknown
    expected = power[slack.reference_row] - bench.s.real[slack.reference_row]
    for k, row in enumerate(bench.layout.network.bus_index[:, 0].tolist()):
        if slack.island_of[k] >= 0:
            expected[slack.island_of[k]] -= bench.work.x[first[row]]
    assert (slack.island_of >= 0).all()
    assert np.allclose(rest, expected, rtol=1e-9, atol=1e-9 * np.abs(power).max())
    is_open = bench.work.keep != 0
    # What is found moves only in the lanes that go on, which is for the caller to say.
    assert (bench.control.shared == before).all()
    worst = bench.work.worst.view(np.float32)
    assert np.allclose(worst[is_open], np.abs(rest).max(axis=0)[is_open], rtol=1e-6)
    assert (worst[~is_open] == 0.0).all()


def move_by_hand(taps, v, tap, level):
    """One round of the rules in the docstring of ``TapChangers``; returns positions, level, and what happened."""
    tap = tap.copy()
    while level <= taps.level.max():
        moved = False
        for k in np.flatnonzero((taps.level == level) & (taps.watched >= 0)):
            square = abs(v[taps.watched[k]]) ** 2
            change = taps.raise_step[k] * (int(square < taps.lower_square[k]) - int(square > taps.upper_square[k]))
            if change and taps.tap_min[k] <= tap[k] + change <= taps.tap_max[k]:
                tap[k] += change
                moved = True
        if moved:
            return tap, level, 1
        level += 1
    return tap, level, 0


@functools.cache
def levels_bench():
    def build():
        net = in_levels()
        pp.create_transformer(net, 7, 12, "25 MVA 110/20 kV", index=21, in_service=False)
        control_tap(net, 21)
        return net

    return Bench(build, ALL, 3)


def test_taps_of_one_level_move_together():
    bench = levels_bench()
    taps, control = bench.taps, bench.control
    assert (taps.watched < 0).sum() == 1
    assert len(set(taps.level.tolist())) > 1
    seen = set()
    for lane in EVERY:
        # Around the bands, and for some lanes at an end stop, just inside a bound, or already at the second level.
        for k, row in enumerate(taps.watched.tolist()):
            if row >= 0:
                lower, upper = np.sqrt([taps.lower_square[k], taps.upper_square[k]])
                size = [0.9, lower * (1 + 1e-12), 1.0, upper * (1 - 1e-12), 1.1][(lane + 2 * k) % 5]
                bench.work.v[row, :, lane] = size, 0.0
        control.tap[:, lane] = [taps.tap_min, taps.tap_max, taps.common][lane % 3]
        control.level[lane], control.rounds[lane] = lane % 2, 4
        expected = move_by_hand(taps, bench.v[:, lane], control.tap[:, lane], lane % 2)
        outcome = tap_moves.move_taps(taps, lane, 0.0, bench.work, control)
        assert (control.tap[:, lane].tolist(), control.level[lane], outcome) == (
            expected[0].tolist(),
            expected[1],
            expected[2],
        )
        started_level = lane % 2
        assert control.rounds[lane] == (1 if expected[1] > started_level else 5) if outcome else True
        seen.add((outcome, int(control.level[lane]) - started_level))
    assert {outcome for outcome, _ in seen} == {0, 1}
    assert {levels for _, levels in seen} >= {0, 1}


def test_taps_that_never_rest_hunt():
    bench = levels_bench()
    row = int(bench.taps.watched[bench.taps.watched >= 0][0])
    k = int(np.flatnonzero(bench.taps.watched == row)[0])
    bench.control.level[0], bench.control.rounds[0] = bench.taps.level[k], tap_moves.TAP_ROUNDS
    bench.control.tap[k, 0] = bench.taps.common[k]
    bench.work.v[row, :, 0] = 0.5, 0.0
    assert tap_moves.move_taps(bench.taps, 0, 0.0, bench.work, bench.control) == -1


def test_loading_of_moved_branches(bench):
    from gridsim.solve.step_results import no_results  # noqa: PLC0415

    bench.control.tap[0, :4] = bench.taps.common[0]  # these lanes keep what the common matrix says
    bench.set_taps()
    taps = bench.taps._replace(by_power=np.array([True, False]))
    n_column = len(bench.solver._columns.from_pos)
    out = no_results(20, bench.compiled.n_bus, n_column, is_single=False, keeps_voltage=False)
    out.loading[:] = 7.0
    step = np.arange(LANES)[::-1] + 2
    bench.control.drawn[:] = 7.0
    tap_moves.write_moved_branches(taps, step, bench.work, bench.control, out)
    v, expected = bench.v, np.full(out.loading.shape, 7.0)
    for m, column in enumerate(taps.column.tolist()):
        assert column >= 0
        f, t = (taps.ends[m] // BUS_BYTES).tolist()
        for lane in EVERY:
            if bench.control.tap[taps.changer[m], lane] == taps.common[taps.changer[m]]:
                continue
            y, v_from, v_to = bench.y_moved(m, lane), v[f, lane], v[t, lane]
            at_from, at_to = abs(y[0] * v_from + y[1] * v_to), abs(y[2] * v_from + y[3] * v_to)
            if taps.by_power[m]:
                at_from, at_to = at_from * abs(v_from), at_to * abs(v_to)
            expected[step[lane], column] = max(at_from * taps.percent[m, 0], at_to * taps.percent[m, 1])
    assert np.allclose(out.loading, expected, rtol=1e-12)
    assert LANES < (expected != 7.0).sum() <= 2 * LANES - 4
    at_from, at_to = drawn_by_hand(bench)
    assert np.allclose(bench.control.drawn, (at_from + at_to).real.sum(axis=0), rtol=1e-12, atol=1e-12)


def test_a_group_begins_with_what_is_given():
    """Injections, load that depends on voltage, limits that are held, set points, positions: those of inject."""
    bench = Bench(net_of_all, ALL, 5)
    compiled, control, work = bench.compiled, bench.control, bench.work
    n_step = 30
    rng = bench.rng
    profiles = {
        key: rng.normal(size=(n_step, len(compiled.channels[key].own)))
        for key in (("load", "p_mw"), ("load", "q_mvar"), ("gen", "p_mw"))
    }
    constant, sources = bench.chord._given(profiles, n_step)
    held = rng.integers(-1, 2, (n_step, 2)).astype(np.int8)
    vm_set = rng.uniform(0.9, 1.1, (n_step, len(compiled.controlled_pos)))
    tap = rng.integers(-3, 4, (n_step, 2))
    step = rng.permutation(n_step)[:LANES]
    v_anchor, load_pu = rng.normal(size=(compiled.n_bus, 2)), np.full(n_step, 7.0)
    state = ControlState(vm_set, held, tap)
    kernel.begin_group(bench.reactions, bench.taps, constant, sources, state, v_anchor, step, work, control, load_pu)
    given = inject(compiled, profiles, n_step)
    expected = given.s_bus_pu[step].T.copy()
    limits = compiled.controls.limits
    for k, row in enumerate(limits.pos.tolist()):
        ends = {1: limits.q_max_pu[k], -1: limits.q_min_pu[k], 0: 0.0}
        expected[row] += 1j * np.array([ends[end] for end in held[step, k].tolist()])
    assert np.allclose(bench.s[:-1], expected, rtol=1e-12, atol=1e-12)
    assert np.allclose(np.moveaxis(control.zip, -1, 0), given.zip_pu[step], rtol=1e-12, atol=1e-13)
    assert np.allclose(load_pu[step] * compiled.base_mva, given.load_mw[step], rtol=1e-10, atol=1e-10)
    assert (load_pu[np.setdiff1d(np.arange(n_step), step)] == 7.0).all()
    assert (control.given == work.s[bench.reactions.special_row]).all()
    assert (work.v == v_anchor[:, :, np.newaxis]).all()
    assert (vm_set[step] == control.magnitude.T).all()
    assert (held[step] == control.held.T).all()
    assert (tap[step] == control.tap.T).all()
    for scratch in (control.shared, control.level, control.rounds, control.since_move, control.corrections):
        assert (scratch == 0).all()
    single = ControlState(vm_set[:1], held, tap)
    kernel.begin_group(bench.reactions, bench.taps, constant, sources, single, v_anchor, step, work, control, load_pu)
    assert (vm_set[0] == control.magnitude.T).all()
