"""Each pass over lanes against its twin: values within what rounding may add, lanes that do not know each other."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.kernels.jit import IS_COMPILED, lane_kernel
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_programs import UNROLLED_ADMITTANCE, UNROLLED_FACTOR
from tests.support import lane_twins as twin
from tests.support.lane_twins import BUS_64, ROW_32, U32, U64, Row

if not IS_COMPILED:
    pytest.skip("the vector code exists for the compiler only", allow_module_level=True)

from gridsim.kernels import lane_flows, lane_mismatch, lane_relaxation, lane_substitution, lane_taps, lane_updates
from gridsim.kernels.lane_rows import add_source, store_rows, store_rows_32
from gridsim.kernels.lane_structures import StepSource

#: More than are unrolled, in both kinds of pass.
MOST_COLUMNS = 12
#: What a lane may hold that is no number, and where it is put.
SPOILT = {3: np.nan, 8: np.inf, 13: -np.inf}
HEALTHY = [lane for lane in range(LANES) if lane not in SPOILT]


@lane_kernel
def forward(runs, index, value, x):
    lane_substitution.substitute_forward(runs, index, value, x)


@lane_kernel
def back(runs, index, value, x):
    lane_substitution.substitute_back(runs, index, value, x)


@lane_kernel
def judge(runs, index, value, v, s, x, worst):
    lane_mismatch.judge_mismatch(runs, index, value, v, s, x, worst)


@lane_kernel
def near(runs, index, value, d, ds, anchor, x):
    lane_mismatch.near_mismatch(runs, index, value, d, ds, anchor, x)


@lane_kernel
def start(index, n_single, s, at_anchor, x, ds):
    lane_updates.start_single(index, 0, n_single, s, at_anchor, x, ds)
    lane_updates.start_double(index, n_single, index.shape[0], s, at_anchor, x, ds)


@lane_kernel
def near_first(index, n_single, x, anchor, pull, d):
    lane_updates.near_first_single(index, 0, n_single, x, anchor, pull, d)
    lane_updates.near_first_double(index, n_single, index.shape[0], x, anchor, pull, d)


@lane_kernel
def near_next(index, n_single, x, anchor, pull, d):
    lane_updates.near_next_single(index, 0, n_single, x, anchor, pull, d)
    lane_updates.near_next_double(index, n_single, index.shape[0], x, anchor, pull, d)


@lane_kernel
def leave_near(index, n_single, x, v_anchor, v, pull, d, moved):
    lane_updates.leave_near_single(index, 0, n_single, x, v_anchor, v, pull, d, moved)
    lane_updates.leave_near_double(index, n_single, index.shape[0], x, v_anchor, v, pull, d, moved)


@lane_kernel
def move(index, n_single, x, v, pull, keep, moved):
    lane_updates.move_single(index, 0, n_single, x, v, v, pull, keep, moved)
    lane_updates.move_double(index, n_single, index.shape[0], x, v, v, pull, keep, moved)


@lane_kernel
def copy(v_bus, first, last, v):
    lane_updates.copy_to_lanes(v_bus, first, last, v)


@lane_kernel
def rows_sum(s, first, last, total):
    lane_updates.sum_active(s, first, last, total)


@lane_kernel
def injections_sum(index, first, last, s, x, total):
    lane_updates.sum_injections(index, first, last, s, x, total)


@lane_kernel
def loading(index, y, n_by_power, v, out):
    lane_flows.loading_by_power(index, y, 0, n_by_power, v, out)
    lane_flows.loading_by_current(index, y, n_by_power, index.shape[0], v, out)


@lane_kernel
def relaxation(x, last, factor, product, square):
    lane_relaxation.relaxation_products(x, last, x.shape[0], product, square)
    lane_relaxation.relaxation_scale(x, last, x.shape[0], factor)


@lane_kernel
def draw(active, n_active, index, dy, v, s):
    lane_taps.draw_at_taps(active, n_active, index, dy, v, s)


def single(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def spoil(array):
    """A copy whose last axis holds, in a few lanes, what is no number."""
    out = array.copy()
    for lane, wrong in SPOILT.items():
        out[..., lane] = wrong
    return out


def assert_lanes_are_strangers(run, *inputs):
    """Turned lanes give turned results, and lanes that are no number leave the bits of all others alone.

    ``run(*inputs)`` returns an array with the lanes last.
    """
    whole = run(*inputs)
    turned = run(*(np.roll(array, 5, axis=-1) for array in inputs))
    assert np.roll(whole, 5, axis=-1).tobytes() == turned.tobytes()
    spoilt = run(*(spoil(array) for array in inputs))
    assert spoilt[..., HEALTHY].tobytes() == whole[..., HEALTHY].tobytes()
    return spoilt


def all_shapes(rng, *, is_forward):
    """Three rows of every height and number of columns, each after the rows it reads; rows of one shape make a run."""
    shapes = [(h, n) for h in (1, 2) for n in range(MOST_COLUMNS + 1) if n or not is_forward]
    heights = [1] * MOST_COLUMNS + [h for h, _ in shapes for _ in range(3)]
    targets = np.concatenate([[0], np.cumsum(heights)])
    runs = [] if is_forward else [[Row(int(t), 1, ()) for t in targets[:MOST_COLUMNS]]]
    at = MOST_COLUMNS
    for height, n in shapes:
        first = int(targets[at])
        runs.append(
            [Row(int(targets[at + k]), height, tuple(rng.choice(first, n, replace=False).tolist())) for k in range(3)]
        )
        at += 3
    n_unknown = int(targets[-1])
    factors = (rng.uniform(-0.5, 0.5, (n_unknown, n_unknown))).astype(np.float32)
    inverse = (rng.uniform(-0.7, 0.7, (n_unknown, n_unknown))).astype(np.float32)
    return runs, factors, inverse, n_unknown


@pytest.mark.parametrize("is_forward", [True, False])
def test_substitutions(is_forward):
    rng = np.random.default_rng(1)
    runs, factors, inverse, n_unknown = all_shapes(rng, is_forward=is_forward)
    diagonal = None if is_forward else inverse
    program = twin.substitution_program(runs, factors, diagonal, UNROLLED_FACTOR)
    right = single(rng, n_unknown, LANES)

    def run(x):
        x = x.copy()
        (forward if is_forward else back)(*program, x)
        return x

    expected, bound = twin.substitute(runs, factors, diagonal, right)
    found = run(right)
    assert (np.abs(found - expected) <= bound + U32 * np.abs(expected)).all()
    assert (bound < 1e-3 * np.abs(expected).max()).all()  # the bound says something
    assert np.abs(found - right).max() > 0.1
    assert_lanes_are_strangers(run, right)


def mismatch_rows(rng):
    """Rows of every height and number of neighbours, and more buses than rows, as slacks are."""
    shapes = [(h, n) for h in (1, 2) for n in range(MOST_COLUMNS + 1)]
    n_row = 3 * len(shapes)
    n_bus = n_row + 4
    buses = rng.permutation(n_row)
    runs, target = [], 0
    for place, (height, n) in enumerate(shapes):
        run = []
        for k in range(3):
            bus = int(buses[3 * place + k])
            others = np.delete(np.arange(n_bus), bus)
            run.append(Row(target, height, tuple(rng.choice(others, n, replace=False).tolist()), bus))
            target += height
        runs.append(run)
    y = rng.normal(size=(n_bus, n_bus)) + 1j * rng.normal(size=(n_bus, n_bus))
    return runs, [row for run in runs for row in run], y * 10.0, n_bus, target


def near_flat(rng, n_bus):
    v = np.stack([rng.normal(1.0, 0.05, (n_bus, LANES)), rng.normal(0.0, 0.1, (n_bus, LANES))], axis=1)
    return np.ascontiguousarray(v)


def test_judge_mismatch():
    rng = np.random.default_rng(2)
    runs, rows, y, n_bus, n_unknown = mismatch_rows(rng)
    program = twin.mismatch_program(runs, y, np.float64, UNROLLED_ADMITTANCE, np.diag(y))
    v, s = near_flat(rng, n_bus), rng.normal(size=(n_bus + 1, 2, LANES)) * 10.0

    def run(v, s):
        x, worst = np.full((n_unknown, LANES), 7.0, dtype=np.float32), np.zeros(LANES, dtype=np.int32)
        judge(*program, v, s, x, worst)
        return np.concatenate([x, worst.view(np.float32)[np.newaxis]])

    expected, bound = twin.judge(rows, y, v, s, n_unknown)
    found = run(v, s)
    assert (np.abs(found[:-1] - expected) <= bound).all()
    assert (found[-1] == np.abs(found[:-1]).max(axis=0)).all()
    spoilt = assert_lanes_are_strangers(run, v, s)
    assert not (spoilt[-1, list(SPOILT)] < np.inf).any()  # no lane that is no number has a small mismatch


def test_judge_sees_small_mismatches():
    """At a solution, what is left is the rounding of float64 and not that of float32."""
    rng = np.random.default_rng(3)
    runs, rows, y, n_bus, n_unknown = mismatch_rows(rng)
    program = twin.mismatch_program(runs, y, np.float64, UNROLLED_ADMITTANCE, np.diag(y))
    v, s = near_flat(rng, n_bus), np.zeros((n_bus + 1, 2, LANES))
    voltage = v[:, 0] + 1j * v[:, 1]
    for row in rows:
        every = [row.bus, *row.columns]
        power = voltage[row.bus] * np.conj((y[row.bus, every][:, np.newaxis] * voltage[every]).sum(axis=0))
        s[row.bus] = power.real, power.imag
    x, worst = np.zeros((n_unknown, LANES), dtype=np.float32), np.zeros(LANES, dtype=np.int32)
    judge(*program, v, s, x, worst)
    assert (worst.view(np.float32) < 1e-12).all()


def test_worst_mismatch_is_raised_and_never_lowered():
    rng = np.random.default_rng(4)
    runs, _, y, n_bus, n_unknown = mismatch_rows(rng)
    program = twin.mismatch_program(runs, y, np.float64, UNROLLED_ADMITTANCE, np.diag(y))
    worst = np.full(LANES, 1e6, dtype=np.float32)
    worst[2] = np.nan
    x = np.zeros((n_unknown, LANES), dtype=np.float32)
    judge(*program, near_flat(rng, n_bus), np.zeros((n_bus + 1, 2, LANES)), x, worst.view(np.int32))
    assert np.isnan(worst[2])
    assert (np.delete(worst, 2) == 1e6).all()


def test_near_mismatch():
    rng = np.random.default_rng(5)
    runs, rows, y, n_bus, n_unknown = mismatch_rows(rng)
    y = (y.real.astype(np.float32) + 1j * y.imag.astype(np.float32)).astype(complex)
    y_sum = 0.01 * np.array([complex(*single(rng, 2)) for _ in range(n_bus)])
    y_sum = y_sum.real.astype(np.float32) + 1j * y_sum.imag.astype(np.float32)
    program = twin.mismatch_program(runs, y, np.float32, UNROLLED_ADMITTANCE, y_sum)
    d, ds = 0.01 * single(rng, n_bus, 2, LANES), single(rng, n_unknown, LANES)
    anchor = single(rng, n_bus, 4) * np.float32(0.1) + np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)

    def run(d, ds):
        x = np.full((n_unknown, LANES), 7.0, dtype=np.float32)
        near(*program, d, ds, anchor, x)
        return x

    expected, bound = twin.near(rows, y, y_sum.astype(complex), d, ds, anchor)
    assert (np.abs(run(d, ds) - expected) <= bound).all()
    assert_lanes_are_strangers(run, d, ds)


def records(rng, n_single=7, n_double=9):
    """Buses in any order, those with one unknown first; unknowns lie in the order of the buses."""
    n_free = n_single + n_double
    is_single = np.zeros(n_free, dtype=bool)
    is_single[rng.choice(n_free, n_single, replace=False)] = True
    first = np.concatenate([[0], np.cumsum(np.where(is_single, 1, 2))])
    buses = np.concatenate([np.flatnonzero(is_single), np.flatnonzero(~is_single)])
    index = np.stack([buses, buses * BUS_64, first[buses] * ROW_32], axis=1).astype(np.int32)
    return np.ascontiguousarray(index), n_single, n_free, int(first[-1])


def test_start_is_the_distance_from_the_anchor():
    rng = np.random.default_rng(6)
    index, n_single, n_free, n_unknown = records(rng)
    s, at_anchor = rng.normal(size=(n_free + 3, 2, LANES)), rng.normal(size=(n_free + 2, 2))
    x, ds = (np.full((n_unknown, LANES), 7.0, dtype=np.float32) for _ in range(2))
    start(index, n_single, s, at_anchor, x, ds)
    for place, (bus, _, target) in enumerate(index.tolist()):
        for part in range(1 if place < n_single else 2):
            expected = (s[bus, part] - at_anchor[bus, part]).astype(np.float32)
            assert (x[target // ROW_32 + part] == expected).all()
    assert x.tobytes() == ds.tobytes()


def split(index, n_single):
    return ((index[:n_single], False), (index[n_single:], True))


def as_complex(v, buses):
    return v[buses, 0].astype(float) + 1j * v[buses, 1].astype(float)


@pytest.mark.parametrize("is_first", [True, False])
def test_near_moves(is_first):
    """(1 + dlnv) (cos + j sin), and back to the set point: float32, a few roundings of the voltage's move."""
    rng = np.random.default_rng(7)
    index, n_single, n_free, n_unknown = records(rng)
    x, d = 0.05 * single(rng, n_unknown, LANES), 0.02 * single(rng, n_free + 2, 2, LANES)
    anchor = single(rng, n_free + 2, 4) * np.float32(0.1) + np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)
    pull = 0.5 / rng.uniform(0.95, 1.05, n_free + 2) ** 2
    at = np.hypot(*anchor[:n_free, :2].T.astype(float))  # anchors stand at their set points
    pull[:n_free] = 0.5 / at**2

    def run(x, d):
        d = d.copy()
        (near_first if is_first else near_next)(index, n_single, x, anchor, pull, d)
        return d

    found = run(x, d)
    assert found[n_free:].tobytes() == d[n_free:].tobytes()
    for some, has_magnitude in split(index, n_single):
        buses = some[:, 0]
        v_anchor = as_complex(anchor[:, :2, np.newaxis], buses)
        before = v_anchor + (0.0 if is_first else as_complex(d, buses))
        factor = twin.series(*twin.bus_moves(some, x, has_magnitude=has_magnitude), is_long=is_first)
        after = before * factor
        if not has_magnitude:
            after = twin.pulled_back(after, pull[buses][:, np.newaxis])
        size = np.abs(after - v_anchor) + (0.0 if is_first else np.abs(before - v_anchor)) + np.abs(factor - 1.0)
        assert (np.abs(as_complex(found, buses) - (after - v_anchor)) <= 16 * U32 * size).all()
        assert (np.abs(factor) > 0.5).all()
        if not has_magnitude:  # what the step of 1 / sqrt leaves falls with the square of what it found
            left = np.abs(np.abs(v_anchor + as_complex(found, buses)) / at[buses][:, np.newaxis] - 1.0)
            assert left.max() < 0.02
    assert_lanes_are_strangers(run, x, d)


@pytest.mark.parametrize("leaves_anchor", [True, False])
def test_moves_in_double(leaves_anchor):
    rng = np.random.default_rng(8)
    index, n_single, n_free, n_unknown = records(rng)
    x, d = 0.02 * single(rng, n_unknown, LANES), 0.02 * single(rng, n_free + 2, 2, LANES)
    v, v_anchor = near_flat(rng, n_free + 2), rng.normal(1.0, 0.1, (n_free + 2, 2))
    pull = 0.5 / rng.uniform(0.95, 1.05, n_free + 2) ** 2
    keep = np.full(LANES, -1, dtype=np.int32)

    def run(x, d, v):
        v, moved = v.copy(), np.zeros(LANES, dtype=np.int32)
        if leaves_anchor:
            leave_near(index, n_single, x, v_anchor, v, pull, d, moved)
        else:
            move(index, n_single, x, v, pull, keep, moved)
        return np.concatenate([v.reshape(-1, LANES), moved.view(np.float32)[np.newaxis]])

    out = run(x, d, v)
    found = out[:-1].reshape(v.shape)
    assert found[n_free:].tobytes() == v[n_free:].tobytes()
    assert (out[-1] == np.abs(x).max(axis=0)).all()
    for some, has_magnitude in split(index, n_single):
        buses = some[:, 0]
        before = as_complex(v, buses)
        if leaves_anchor:
            before = as_complex(v_anchor[:, :, np.newaxis], buses) + as_complex(d, buses)
        factor = twin.series(*twin.bus_moves(some, x, has_magnitude=has_magnitude), is_long=False)
        after = before * factor
        if not has_magnitude:
            after = twin.pulled_back(after, pull[buses][:, np.newaxis])
        # The factor less 1 is made in float32, the rest in float64.
        bound = 8 * U32 * np.abs(factor - 1.0) * np.abs(before) + 16 * U64 * np.abs(before)
        assert (np.abs(as_complex(found, buses) - after) <= bound).all()
    spoilt = assert_lanes_are_strangers(run, x, d, v)
    assert not (spoilt[-1, list(SPOILT)] < np.inf).any()


def test_series_leave_out_what_is_said():
    """Fourth order where the move is short, with one term more where it may be long."""
    theta = np.linspace(-0.2, 0.2, 41)
    short, long = (np.abs(twin.series(theta, 0.0, is_long=is_long) - np.exp(1j * theta)) for is_long in (False, True))
    assert (short <= theta**4 / 24 + np.abs(theta) ** 5 / 100).all()
    assert (long <= np.abs(theta) ** 5 / 100).all()


def test_lanes_that_are_kept_stay_to_the_bit():
    rng = np.random.default_rng(9)
    index, n_single, n_free, n_unknown = records(rng)
    x, v = 0.02 * single(rng, n_unknown, LANES), near_flat(rng, n_free)
    pull = np.full(n_free, 0.5)
    keep = np.where(np.arange(LANES) % 3 == 0, 0, -1).astype(np.int32)
    x[:, 6] = np.nan  # a lane that is kept may hold anything
    every, some = v.copy(), v.copy()
    move(index, n_single, x, every, pull, np.full(LANES, -1, dtype=np.int32), np.zeros(LANES, dtype=np.int32))
    move(index, n_single, x, some, pull, keep, np.zeros(LANES, dtype=np.int32))
    assert some[..., keep == 0].tobytes() == v[..., keep == 0].tobytes()
    assert some[..., keep != 0].tobytes() == every[..., keep != 0].tobytes()
    assert (every[:n_free] != v[:n_free]).all()


def test_copy_and_sums():
    rng = np.random.default_rng(10)
    index, _, n_free, n_unknown = records(rng)
    v_bus, v = rng.normal(size=(n_free, 2)), np.full((n_free, 2, LANES), 7.0)
    copy(v_bus, 2, n_free - 1, v)
    assert (v[2 : n_free - 1] == v_bus[2 : n_free - 1, :, np.newaxis]).all()
    assert (v[[0, 1, n_free - 1]] == 7.0).all()
    s, x = rng.normal(size=(n_free + 1, 2, LANES)), single(rng, n_unknown, LANES)
    total = np.full(LANES, 7.0)
    for first, last in ((0, n_free), (3, 4), (5, 5)):
        rows_sum(s, first, last, total)
        bound = n_free * U64 * np.abs(s[first:last, 0]).sum(axis=0)
        assert (np.abs(total - s[first:last, 0].sum(axis=0)) <= bound).all()
        injections_sum(index, first, last, s, x, total)
        terms = s[index[first:last, 0], 0] - x[index[first:last, 2] // ROW_32].astype(float)
        size = (np.abs(s[index[first:last, 0], 0]) + np.abs(x[index[first:last, 2] // ROW_32])).sum(axis=0)
        assert (np.abs(total - terms.sum(axis=0)) <= 2 * n_free * U64 * size).all()

    def run(s, x):
        totals = np.zeros((2, LANES))
        rows_sum(s, 0, n_free, totals[0])
        injections_sum(index, 0, n_free, s, x, totals[1])
        return totals

    spoilt = assert_lanes_are_strangers(run, s, x)
    assert not np.isfinite(spoilt[:, list(SPOILT)]).any()


@pytest.mark.parametrize("n_by_power", [0, 4, 9])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_loading(n_by_power, scale):
    """A root in float32 and one correction leave a relative error of 1e-14, at any size of the currents."""
    rng = np.random.default_rng(11)
    n_column, n_bus = 9, 6
    ends = rng.integers(0, n_bus, (n_column, 2))
    y = rng.normal(size=(n_column, 6)) * scale
    y[:, [0, 3]] = np.abs(y[:, [0, 3]])
    y[2] = np.nan
    y[5] = 0.0
    v = near_flat(rng, n_bus)
    index = np.ascontiguousarray(ends * BUS_64, dtype=np.int32)

    def run(v):
        out = np.full((n_column, LANES), 7.0)
        loading(index, y, n_by_power, v, out)
        return out

    found = run(v)
    expected = np.concatenate(
        [
            twin.loading(ends[:n_by_power], y[:n_by_power], v, by_power=True),
            twin.loading(ends[n_by_power:], y[n_by_power:], v, by_power=False),
        ]
    ).astype(float)
    assert (np.isnan(found) == np.isnan(expected)).all()
    assert (np.isnan(found).all(axis=1) == (np.arange(n_column) == 2)).all()
    others = [0, 1, 3, 4, 6, 7, 8]
    assert np.abs(found[others] / expected[others] - 1.0).max() < 2e-14
    assert (np.abs(found[5]) <= 1e-17).all()  # no current at all: 0, and not 0 / 0
    spoilt = assert_lanes_are_strangers(run, v)
    assert not np.isfinite(spoilt[others][:, list(SPOILT)]).any()


def test_branches_at_other_tap_positions_draw_from_their_ends():
    """Only those listed; two of them end at one bus."""
    rng = np.random.default_rng(12)
    ends = np.array([[0, 1], [2, 1], [3, 4], [4, 0]])
    active = np.array([3, 1, 0, 99])
    index = np.ascontiguousarray(ends * BUS_64, dtype=np.int32)
    dy, v = rng.normal(size=(4, 8, LANES)), near_flat(rng, 5)
    s = rng.normal(size=(6, 2, LANES))

    def run(dy, v, s):
        s = s.copy()
        draw(active, 3, index, dy, v, s)
        return s

    voltage, y = v[:, 0] + 1j * v[:, 1], dy[:, 0::2] + 1j * dy[:, 1::2]
    expected = s[:, 0] + 1j * s[:, 1]
    for m in (3, 1, 0):
        f, t = voltage[ends[m]]
        expected[ends[m, 0]] -= f * np.conj(y[m, 0] * f + y[m, 1] * t)
        expected[ends[m, 1]] -= t * np.conj(y[m, 2] * f + y[m, 3] * t)
    found = run(dy, v, s)
    assert np.abs(found[:, 0] + 1j * found[:, 1] - expected).max() <= 64 * U64 * np.abs(dy).max() * np.abs(v).max() ** 2
    assert found[[3, 5]].tobytes() == s[[3, 5]].tobytes()
    assert_lanes_are_strangers(run, dy, v, s)


@pytest.mark.parametrize("n_element", range(1, 10))
def test_sources_are_summed_at_their_buses(n_element):
    """Squares of four elements and what is left over; several elements at one bus; a row for what does not count."""
    rng = np.random.default_rng(n_element)
    n_step, n_bus = 40, 3
    values, factor = rng.normal(size=(n_step, n_element)), rng.normal(size=n_element)
    place = rng.integers(0, n_bus + 1, n_element)
    step = rng.permutation(n_step)[:LANES]
    step[-2:] = step[-3]  # as the last group of an anchor has it
    for part in (0, 1):
        s = rng.normal(size=(n_bus + 1, 2, LANES))
        found = s.copy()
        add_source(StepSource(values, place, factor, part), step, found)
        terms = values[step].T * factor[:, np.newaxis]
        expected, size = s.copy(), np.abs(s)
        np.add.at(expected[:, part], place, terms)
        np.add.at(size[:, part], place, np.abs(terms))
        assert (np.abs(found - expected) <= 2 * n_element * U64 * size).all()
        assert found[:, 1 - part].tobytes() == s[:, 1 - part].tobytes()
        spoilt_values = values.copy()
        spoilt_values[step[3]] = np.nan
        spoilt = s.copy()
        add_source(StepSource(spoilt_values, place, factor, part), step, spoilt)
        healthy = [lane for lane in range(LANES) if step[lane] != step[3]]
        assert spoilt[..., healthy].tobytes() == found[..., healthy].tobytes()


@pytest.mark.parametrize("n", [*range(1, 10), 15, 16, 17])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_lanes_are_written_to_the_rows_of_their_steps(n, dtype):
    rng = np.random.default_rng(n)
    n_step = 30
    step = rng.permutation(n_step)[:LANES]
    lanes = rng.normal(size=(n, LANES))
    guarded = np.full((n_step + 2, n), 7.0, dtype=dtype)  # one row on either side that nobody may write to
    rows = guarded[1:-1]
    (store_rows if dtype is np.float64 else store_rows_32)(lanes, step, rows)
    expected = np.full((n_step, n), 7.0, dtype=dtype)
    expected[step] = lanes.T.astype(dtype)
    assert rows.tobytes() == expected.tobytes()
    assert (guarded[[0, -1]] == 7.0).all()


@pytest.mark.parametrize("n_unknown", [1, 7, 40])
def test_relaxation(n_unknown):
    rng = np.random.default_rng(n_unknown)
    x, last, factor = spoil(single(rng, n_unknown, LANES)), single(rng, n_unknown, LANES), single(rng, LANES)
    product, square = np.empty(LANES, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    given, before = x.copy(), last.copy()
    relaxation(x, last, factor, product, square)
    of_healthy = given[:, HEALTHY].astype(float) - before[:, HEALTHY]
    rounding = (n_unknown + 3) * U32
    for found, terms in ((product, before[:, HEALTHY] * of_healthy), (square, of_healthy**2)):
        assert (np.abs(found[HEALTHY] - terms.sum(axis=0)) <= rounding * np.abs(terms).sum(axis=0)).all()
        assert not np.isfinite(found[list(SPOILT)]).any()
    assert last.tobytes() == given.tobytes()
    assert (x[:, HEALTHY] == (factor * given)[:, HEALTHY]).all()
