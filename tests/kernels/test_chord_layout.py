"""The plan of the chord kernel and its anchors: rows when their needs are met, and factors that solve J x = b."""

from __future__ import annotations

import functools

import numpy as np
import pandapower as pp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.compiled.injection import inject
from gridsim.compiled.lane_layout import lay_out, schedule
from gridsim.compiled.lower import lower
from gridsim.compiled.ratings import loading_columns
from gridsim.enums import BusKind, LoadingBasis
from gridsim.kernels.anchors import LEVEL_BLOCK, level_of
from gridsim.kernels.jit import IS_COMPILED, lane_kernel
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_structures import LevelPart
from gridsim.solve import SolveOptions, anchor_book
from gridsim.solve.anchor_book import AnchorBook
from gridsim.solve.given import as_given
from gridsim.solve.ladder import find_anchor
from tests.support import lane_twins as twin
from tests.support import naive_load_flow as naive
from tests.support.control_nets import ring_of_gens
from tests.support.element_nets import ELEMENT_NETS, shipped_net
from tests.support.parity import random_profiles

NETS = ["three_winding", "voltage_dependent_load", "two_gens_at_one_bus", "two_islands", "case14", "case57"]
OWN_KEY = 20 * anchor_book.SURPLUS_LEVELS + anchor_book.LATTICE.last_surplus


@st.composite
def plans(draw):
    """Rows that need earlier ones, as rows of a triangular matrix do, each of some shape."""
    n_row = draw(st.integers(0, 30))
    needs = [draw(st.lists(st.integers(0, i - 1), unique=True, max_size=5)) if i else [] for i in range(n_row)]
    shapes = [(draw(st.integers(1, 2)), len(row)) for row in needs]
    turned = draw(st.booleans())  # needs of the way back point to later rows
    if turned:
        needs = [[n_row - 1 - j for j in row] for row in reversed(needs)]
        shapes = shapes[::-1]
    return needs, shapes


@given(plans())
@settings(max_examples=100)
def test_schedule_respects_needs(plan):
    needs, shapes = plan
    runs = schedule(needs, shapes)
    order = [row for run in runs for row in run]
    assert sorted(order) == list(range(len(needs)))
    place = {row: at for at, row in enumerate(order)}
    assert all(place[need] < place[row] for row, wanted in enumerate(needs) for need in wanted)
    assert all(len({shapes[row] for row in run}) == 1 for run in runs)
    assert all(runs)


def test_schedule_makes_few_runs_of_independent_rows():
    shapes = [(1, 2), (2, 1), (1, 2), (2, 1), (1, 2)]
    assert sorted(map(sorted, schedule([[] for _ in shapes], shapes))) == [[0, 2, 4], [1, 3]]


@functools.cache
def prepared(name, enforce_q_lims=False):
    net = ring_of_gens() if name == "ring_of_gens" else None
    net = net or (ELEMENT_NETS[name]() if name in ELEMENT_NETS else shipped_net(name))
    compiled = lower(net, enforce_q_lims=enforce_q_lims)
    is_single = compiled.bus_kind == int(BusKind.pv)
    is_single[compiled.controls.limits.pos] = False
    layout = lay_out(compiled, loading_columns(compiled, LoadingBasis.current), is_single)
    base = find_anchor(compiled, inject(compiled, {}, 1), SolveOptions())
    return compiled, layout, AnchorBook(compiled, layout, base)


def dense_jacobian(compiled, network, zip_load, vm, va):
    """By differences; rows and columns in unknowns of the factors (two per free bus)."""
    return naive.jacobian(network, np.zeros((compiled.n_bus, 2)), zip_load, vm, va, compiled.n_free, 1e-5)


@pytest.mark.parametrize("name", NETS)
def test_an_anchor_is_a_balance_of_power(name):
    """S_A = V_A conj(Y V_A) less the load that depends on voltage, whatever the level asked for."""
    compiled, _, book = prepared(name)
    keys = np.array([OWN_KEY, 0, OWN_KEY + 4 * anchor_book.SURPLUS_LEVELS, OWN_KEY + 1])
    rows = book.rows(keys, 1)
    y = naive.dense_admittance(compiled.network)
    for row in rows:
        v = book.anchors.v[row] @ np.array([1.0, 1.0j])
        s = book.anchors.s[row] @ np.array([1.0, 1.0j])
        free = slice(0, compiled.n_free)
        power = (v * np.conj(y @ v))[free]
        scale = (np.abs(v) * (np.abs(y) @ np.abs(v)))[free]
        assert (np.abs(s[free] - power) <= 1e-13 * scale).all()
        near = book.anchors.near[row].astype(float)
        assert (near[:, 0] + 1j * near[:, 1] == v.astype(np.complex64)).all()
        assert (np.abs((near[:, 2] + 1j * near[:, 3] - y @ v)[free]) <= 1e-6 * (np.abs(y) @ np.abs(v))[free]).all()


@pytest.mark.parametrize("name", ["case14", "case57"])
def test_anchors_stand_near_their_level(name):
    """Their power is that of the net's own values times the level, to a few percent: that is what makes them near."""
    compiled, _, book = prepared(name)
    own = as_given(compiled, inject(compiled, {}, 1)).s_bus[0]
    for level in (0.6, 1.0, 1.2):
        row = book.rows(
            np.array([round(level / 0.05) * anchor_book.SURPLUS_LEVELS + anchor_book.LATTICE.last_surplus]), 1
        )[0]
        off = np.abs(book.anchors.s[row, : compiled.n_free, 0] - level * own[: compiled.n_free, 0]).max()
        assert off <= 0.05 * np.abs(own).max()


def factors_of(compiled, layout, anchors, row):
    """Dense L - 1, U - D and D^-1 in unknowns of the chord, from what the substitutions read."""
    n = layout.n_unknown
    places = {}
    for name, at, numbers in (("f", layout.forward_place, anchors.forward), ("b", layout.back_place, anchors.back)):
        places[name] = dict(zip(at.tolist(), numbers[row].astype(float).tolist(), strict=True))
    lower_part, upper, inverse = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    lu, first = compiled.lu, layout.first_unknown
    for i in range(compiled.n_free):
        for entry in range(lu.indptr[i], lu.indptr[i + 1]):
            j = int(lu.indices[entry])
            part = "f" if j < i else "b"
            target = lower_part if j < i else inverse if j == i else upper
            for r in range(first[i + 1] - first[i]):
                for c in range(first[j + 1] - first[j]):
                    target[first[i] + r, first[j] + c] = places[part][4 * entry + 2 * r + c]
    return lower_part, upper, inverse


def kept_unknowns(compiled, layout):
    """Unknowns of the chord among the two per free bus."""
    heights = np.diff(layout.first_unknown)
    return np.array([2 * i + part for i in range(compiled.n_free) for part in range(heights[i])])


@pytest.mark.parametrize("name", NETS)
def test_factors_are_those_of_the_jacobian(name):
    """(1 + L) (D + U) = J at the anchor's voltage: differences of the mismatch, to the precision of float32."""
    compiled, layout, book = prepared(name)
    zip_load = as_given(compiled, inject(compiled, {}, 1)).zip_load[0]
    row = book.rows(np.array([OWN_KEY]), 1)[0]
    v = book.anchors.v[row] @ np.array([1.0, 1.0j])
    jacobian = dense_jacobian(compiled, compiled.network, zip_load, np.abs(v), np.angle(v))
    kept = kept_unknowns(compiled, layout)
    lower_part, upper, inverse = factors_of(compiled, layout, book.anchors, row)
    left, right = np.eye(len(kept)) + lower_part, np.linalg.inv(inverse) + upper
    scale = np.abs(left) @ np.abs(right)
    assert (np.abs(left @ right - jacobian[np.ix_(kept, kept)]) <= 2e-6 * scale.max(axis=1, keepdims=True)).all()


@pytest.mark.skipif(not IS_COMPILED, reason="the vector code exists for the compiler only")
@pytest.mark.parametrize("name", NETS)
def test_substitutions_solve_the_anchors_equations(name):
    """J x = b for sixteen right-hand sides, as well as numbers of float32 can: |b - J x| small against |J| |x|."""
    from gridsim.kernels.lane_substitution import substitute_back, substitute_forward  # noqa: PLC0415

    @lane_kernel
    def solve(forward_runs, forward_index, forward, back_runs, back_index, back, x):
        substitute_forward(forward_runs, forward_index, forward, x)
        substitute_back(back_runs, back_index, back, x)

    compiled, layout, book = prepared(name)
    zip_load = as_given(compiled, inject(compiled, {}, 1)).zip_load[0]
    row = book.rows(np.array([OWN_KEY]), 1)[0]
    v = book.anchors.v[row] @ np.array([1.0, 1.0j])
    kept = kept_unknowns(compiled, layout)
    jacobian = dense_jacobian(compiled, compiled.network, zip_load, np.abs(v), np.angle(v))[np.ix_(kept, kept)]
    b = np.random.default_rng(1).normal(size=(layout.n_unknown, LANES)).astype(np.float32)
    x, net = b.copy(), layout.network
    forward, back = book.anchors.forward[row], book.anchors.back[row]
    solve(net.forward_runs, net.forward_index, forward, net.back_runs, net.back_index, back, x)
    lower_part, upper, inverse = factors_of(compiled, layout, book.anchors, row)
    left, right = np.eye(len(kept)) + lower_part, np.linalg.inv(inverse) + upper
    scale = np.abs(left) @ np.abs(right) @ np.abs(x)
    assert (np.abs(jacobian @ x - b) <= 32 * twin.U32 * scale.max(axis=0)).all()
    assert np.abs(x).max() > 0.0


def test_held_buses_have_a_reactive_equation():
    """In a pattern with a held bus its factors are those of a bus with given power; elsewhere nothing changes kind."""
    compiled, layout, book = prepared("ring_of_gens", True)
    limits = compiled.controls.limits
    assert len(limits.pos) == 2
    held = np.zeros((3, 2), dtype=np.int8)
    held[1, 0], held[2] = 1, (-1, 1)
    profiles = {("load", "p_mw"): np.tile(compiled.channels["load", "p_mw"].own, (3, 1))}
    keys = book.keys(profiles, 3, 1, held)
    assert keys[0] == OWN_KEY
    assert len(set((keys // anchor_book.LEVELS).tolist())) == 3
    assert book.keys(profiles, 3, 1, held).tolist() == keys.tolist()  # patterns keep their numbers
    rows = book.rows(keys, 1)
    kept = kept_unknowns(compiled, layout)
    for step, row in enumerate(rows):
        is_pq = compiled.network.is_pq.copy()
        is_pq[limits.pos[held[step] != 0]] = True
        network = compiled.network._replace(is_pq=is_pq)
        v = book.anchors.v[row] @ np.array([1.0, 1.0j])
        jacobian = dense_jacobian(compiled, network, np.zeros((0, 4)), np.abs(v), np.angle(v))[np.ix_(kept, kept)]
        lower_part, upper, inverse = factors_of(compiled, layout, book.anchors, row)
        product = (np.eye(len(kept)) + lower_part) @ (np.linalg.inv(inverse) + upper)
        assert np.abs(product - jacobian).max() <= 2e-6 * np.abs(jacobian).max()
        wanted = np.where(held[step] > 0, limits.q_max_pu, np.where(held[step] < 0, limits.q_min_pu, np.nan))
        load_q = as_given(compiled, inject(compiled, {}, 1)).s_bus[0, limits.pos, 1]
        near = np.abs(book.anchors.s[row, limits.pos, 1] - load_q - wanted)[held[step] != 0]
        assert (near <= 0.05).all()


def test_a_level_without_solution_has_no_anchor_of_its_own():
    """Where a level has no solution, its anchor is the base point: a start like any other, and still a balance."""
    _, layout, book = prepared("case14")
    top = anchor_book.LATTICE.last_load * anchor_book.SURPLUS_LEVELS + anchor_book.LATTICE.last_surplus
    net = shipped_net("case14")
    net.load[["p_mw", "q_mvar"]] *= 3.0
    heavy = lower(net)
    base = find_anchor(heavy, inject(heavy, {}, 1), SolveOptions())
    other = AnchorBook(heavy, layout, base)
    row = other.rows(np.array([top]), 1)[0]
    assert np.isfinite(other.anchors.forward[row]).all()
    assert np.isfinite(other.anchors.v[row]).all()
    assert np.allclose(other.anchors.v[row] @ np.array([1.0, 1.0j]), base.vm * np.exp(1j * base.va), atol=1e-12)
    own_row = book.rows(np.array([OWN_KEY]), 1)[0]
    assert not np.allclose(book.anchors.v[own_row], other.anchors.v[row], atol=1e-3)


@pytest.mark.parametrize("width", [1, 3, LEVEL_BLOCK])
def test_levels_are_projections(width):
    rng = np.random.default_rng(width)
    values, weight = rng.normal(size=(9, 30)), rng.normal(size=(3, width))
    first = np.array([0, 20, 7])
    part = LevelPart(constant=0.3, first=first, weight=weight)
    for step in range(9):
        terms = [0.3] + [weight[b, k] * values[step, first[b] + k] for b in range(3) for k in range(width)]
        found = level_of(values, part, step)
        assert abs(found - sum(terms)) <= 2 * (len(terms) + 3) * twin.U64 * np.abs(terms).sum()
        assert level_of(values[step : step + 1].copy(), part, 0) == found


@pytest.mark.parametrize("name", ["case14", "case57", "two_gens_at_one_bus"])
def test_the_level_of_k_times_the_own_values_is_k(name):
    compiled, _, book = prepared(name)
    for factor in (0.0, 0.5, 1.0, 1.35, 2.9):
        profiles = {
            key: factor * channel.own[np.newaxis] for key, channel in compiled.channels.items() if key[1] != "vm_pu"
        }
        steps = round(factor / anchor_book.LATTICE.load_spacing)
        expected = steps * anchor_book.SURPLUS_LEVELS + anchor_book.LATTICE.last_surplus
        assert book.keys(profiles, 1, 1).tolist() == [expected]
    wrong = {("load", "p_mw"): np.full((3, len(compiled.channels["load", "p_mw"].own)), np.nan)}
    wrong["load", "p_mw"][1:] = [[np.inf], [1e300]]
    keys = book.keys(wrong, 3, 1)
    assert ((keys >= 0) & (keys < anchor_book.LEVELS)).all()


def test_a_net_without_values_of_its_own_has_one_level():
    net = shipped_net("case9")
    net.load["p_mw"] = net.gen["p_mw"] = 0.0
    compiled = lower(net)
    is_single = compiled.bus_kind == int(BusKind.pv)
    layout = lay_out(compiled, loading_columns(compiled, LoadingBasis.current), is_single)
    base = find_anchor(compiled, inject(compiled, {}, 1), SolveOptions())
    book = AnchorBook(compiled, layout, base)
    assert len(set(book.keys(random_profiles(shipped_net("case9"), 5, seed=1), 5, 1).tolist())) == 1


@pytest.mark.skipif(not IS_COMPILED, reason="the vector code exists for the compiler only")
@pytest.mark.parametrize("name", NETS)
def test_mismatch_program_of_a_net(name):
    """Every bus once, with all its neighbours: the mismatch of a voltage somewhat off any solution."""
    from gridsim.kernels.lane_mismatch import judge_mismatch  # noqa: PLC0415

    @lane_kernel
    def judge(runs, index, value, v, s, x, worst):
        judge_mismatch(runs, index, value, v, s, x, worst)

    compiled, layout, _ = prepared(name)
    rng = np.random.default_rng(4)
    vm, va = rng.uniform(0.95, 1.05, (2, compiled.n_bus)), rng.uniform(-0.1, 0.1, (2, compiled.n_bus))
    s_bus = rng.normal(size=(compiled.n_bus, 2))
    v, s = np.zeros((compiled.n_bus, 2, LANES)), np.zeros((compiled.n_bus + 1, 2, LANES))
    s[:-1] = s_bus[:, :, np.newaxis]
    for lane in range(LANES):
        v[:, 0, lane] = vm[lane % 2] * np.cos(va[lane % 2])
        v[:, 1, lane] = vm[lane % 2] * np.sin(va[lane % 2])
    x, worst = np.zeros((layout.n_unknown, LANES), dtype=np.float32), np.zeros(LANES, dtype=np.int32)
    net = layout.network
    judge(net.y_runs, net.y_index, net.y_value, v, s, x, worst)
    network = compiled.network._replace(zip_pos=np.empty(0, dtype=np.int64))
    for which in range(2):
        expected = naive.mismatch(network, s_bus, np.zeros((0, 4)), vm[which], va[which], compiled.n_free).ravel()
        expected = expected[kept_unknowns(compiled, layout)]
        for lane in (which, 14 + which):
            assert np.allclose(x[:, lane], expected, rtol=1e-6, atol=1e-9 * np.abs(expected).max())
            assert worst.view(np.float32)[lane] == np.abs(x[:, lane]).max()


def test_near_program_differs_in_the_diagonal_only():
    """It holds sum_j Y_ij there, which is what shunts and lines charging draw."""
    net = shipped_net("case14")
    pp.create_shunt(net, 3, q_mvar=-5.0, p_mw=1.0)
    compiled = lower(net)
    is_single = compiled.bus_kind == int(BusKind.pv)
    network = lay_out(compiled, loading_columns(compiled, LoadingBasis.current), is_single).network
    y = naive.dense_admittance(compiled.network)
    at = value_at = 0
    seen = []
    for _, n_row, n in network.y_runs.tolist():
        for _ in range(n_row):
            bus = int(network.y_index[at]) // twin.BUS_64
            others = network.y_index[at + 2 : at + 2 + n] // twin.BUS_64
            judged = network.y_value[value_at : value_at + 2 * n + 2] @ np.kron(np.eye(n + 1), [[1.0], [1.0j]])
            near = network.y_value_near[value_at : value_at + 2 * n + 2] @ np.kron(np.eye(n + 1), [[1.0], [1.0j]])
            assert np.allclose(judged, y[bus, [bus, *others]], rtol=1e-15)
            assert np.allclose(near[1:], judged[1:], rtol=1e-6)
            assert near[0] == pytest.approx(y[bus].sum(), rel=1e-5, abs=1e-6)
            seen.append(bus)
            at, value_at = at + 2 + n, value_at + 2 * n + 2
    assert sorted(seen) == list(range(compiled.n_free))
