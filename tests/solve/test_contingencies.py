"""Contingencies against brute force, on every kind of element; failures told; same bits for every number of threads."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

import gridsim
from gridsim import Contingency, SolveOptions, StepStatus, solve_contingencies, solve_timeseries
from gridsim.errors import CompileError
from gridsim.solve.contingency import contingencies_of
from gridsim.solve.contingency_solver import ADDED_PERCENT
from tests.support.brute_outages import brute_force
from tests.support.element_nets import ELEMENT_NETS, shipped_net
from tests.support.parity import LOADING_TOLERANCE_PERCENT
from tests.support.random_nets import random_net

N_STEP = 3


def _profiles(net: Any, n_step: int = N_STEP, lowest: float = 0.6) -> dict[tuple[str, str], pd.DataFrame]:
    rng = np.random.default_rng(7)
    level = rng.uniform(lowest, 1.0, (n_step, 1)) * rng.uniform(0.95, 1.05, (n_step, len(net.load)))
    steps = pd.RangeIndex(n_step)
    return {
        ("load", column): pd.DataFrame(net.load[column].to_numpy() * level, index=steps, columns=net.load.index)
        for column in ("p_mw", "q_mvar")
    }


def _assert_as_brute_force(net: Any, profiles: Any, asked: Any = "n-1", **choices: Any) -> Any:
    """Everything that is reported is what brute force finds; return the result."""
    result = solve_contingencies(net, profiles, asked, **choices)
    groups = contingencies_of(net, asked)
    taps = None
    if len(net.controller):
        before = solve_timeseries(net, profiles)
        taps = {table: before.tap_pos(table) for table in ("trafo", "trafo3w") if len(net[table])}
    brute = brute_force(net, profiles, groups, taps)
    columns = [result.worst_loading_percent("trafo").to_numpy()]
    windings = [result.worst_loading_percent("trafo3w", winding=side).to_numpy() for side in ("hv", "mv", "lv")]
    columns += [np.stack(windings, axis=2).reshape(len(brute.loading), -1)]
    columns += [result.worst_loading_percent("line").to_numpy()]
    np.testing.assert_allclose(np.hstack(columns), brute.worst, rtol=1e-7, atol=LOADING_TOLERANCE_PERCENT)
    failed = {(row.contingency, row.step): row for row in result.failed.itertuples()}
    assert set(failed) == set(brute.lost_mw)
    for case, row in failed.items():
        assert row.lost_mw == pytest.approx(brute.lost_mw[case], abs=1e-9)
        assert (row.status is not StepStatus.de_energised) == (case in brute.collapsed)
    _assert_causes_cause(result, brute, groups)
    _assert_violations_are_counted(result, brute, net, profiles)
    return result


def _assert_causes_cause(result: Any, brute: Any, groups: Any) -> None:
    number = {group.name: place for place, group in enumerate(groups)}
    cause = result.cause("trafo").to_numpy()
    for step, column in zip(*np.nonzero(cause != None), strict=True):  # noqa: E711  elementwise
        of_cause = brute.loading[step, number[cause[step, column]], column]
        assert of_cause == pytest.approx(brute.worst[step, column], abs=10 * LOADING_TOLERANCE_PERCENT)


def _assert_violations_are_counted(result: Any, brute: Any, net: Any, profiles: Any) -> None:
    before = solve_timeseries(net, profiles).batch.loading.columns
    with np.errstate(invalid="ignore"):
        above = (brute.loading > result.limit_percent) & (brute.loading >= before[:, None, :] + ADDED_PERCENT)
    assert int(result.violations["steps"].sum()) == int(above.sum())


@pytest.mark.parametrize("name", [name for name in ELEMENT_NETS if name != "own_options"])
def test_every_kind_of_element(name: str) -> None:
    net = ELEMENT_NETS[name]()
    _assert_as_brute_force(net, _profiles(net, 2))


@pytest.mark.parametrize("seed", range(6))
def test_random_nets(seed: int) -> None:
    net = random_net(seed)
    _assert_as_brute_force(net, _profiles(net, 2), limit_percent=30.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["case14", "case30"])
def test_shipped_nets(name: str) -> None:
    net = shipped_net(name)
    net.line["max_i_ka"] = net.line["max_i_ka"].where(net.line["max_i_ka"] < 1e3, 0.5)
    _assert_as_brute_force(net, _profiles(net), limit_percent=60.0)


def two_units() -> Any:
    """The case that other engines report as causing no overload: every outage collapses at 75 MW."""
    net = pp.create_empty_network()
    high, low_side, bus = (pp.create_bus(net, kv) for kv in (110.0, 110.0, 10.0))
    pp.create_ext_grid(net, high)
    for _ in range(2):
        pp.create_line_from_parameters(net, high, low_side, 60.0, 0.2, 0.4, 0.0, 0.6)
        pp.create_transformer(net, low_side, bus, "25 MVA 110/10 kV")
    net.trafo["vk_percent"] = 10.5
    pp.create_load(net, bus, 75.0, 30.0)
    return net


def test_every_outage_of_the_two_units_collapses() -> None:
    profiles = {("load", "p_mw"): pd.DataFrame({0: [75.0]}), ("load", "q_mvar"): pd.DataFrame({0: [30.0]})}
    result = solve_contingencies(two_units(), profiles)
    assert set(result.failed["contingency"]) == {"trafo 0", "trafo 1", "line 0", "line 1"}
    assert (result.failed["lost_mw"] == 75.0).all()
    assert not any(status.is_solved or status is StepStatus.de_energised for status in result.failed["status"])
    assert result.worst_loading_percent("trafo").isna().all().all()
    assert result.counts == {"total": 4, "solved": 0, "without_solution": 4, "skipped": 0, "cutting_load": 0}


def test_groups_and_a_busbar() -> None:
    net = ELEMENT_NETS["ring"]()
    groups = [Contingency("double line", {"line": (2, 11)}), ("busbar", {"bus": [12]}), ("load", {"load": [8]})]
    result = _assert_as_brute_force(net, _profiles(net), groups)
    assert set(result.failed["contingency"]) == {"double line", "busbar", "load"}


def test_step_without_solution_before_any_outage_comes_out_as_such() -> None:
    net = two_units()
    profiles = {("load", "p_mw"): pd.DataFrame({0: [20.0, 500.0]}), ("load", "q_mvar"): pd.DataFrame({0: [5.0, 90.0]})}
    result = solve_contingencies(net, profiles)
    first = result.failed.iloc[0]
    assert (first["contingency"], first["step"], first["lost_mw"]) == ("none", 1, 500.0)
    assert result.counts["without_solution"] == 4
    assert result.worst_loading_percent("line").loc[1].isna().all()


def test_same_bits_for_one_thread_and_two_and_any_order() -> None:
    net = shipped_net("case30")
    profiles = _profiles(net, 12)
    one, two = (solve_contingencies(net, profiles, options=SolveOptions(threads=threads)) for threads in (1, 2))
    assert one.worst_loading_percent("line").equals(two.worst_loading_percent("line"))
    assert one.cause("line").equals(two.cause("line"))
    assert one.violations.equals(two.violations)
    turned = solve_contingencies(net, profiles, list(one.contingencies)[::-1])
    assert one.worst_loading_percent("line").equals(turned.worst_loading_percent("line"))
    assert sorted(map(str, one.failed.itertuples(index=False))) == sorted(
        map(str, turned.failed.itertuples(index=False))
    )


def test_failed_cases_are_read_in_words() -> None:
    profiles = {("load", "p_mw"): pd.DataFrame({0: [75.0]}), ("load", "q_mvar"): pd.DataFrame({0: [30.0]})}
    assert str(solve_contingencies(two_units(), profiles).failed["status"].iat[0]) in StepStatus.__members__


def test_raising_the_limit_never_adds_a_violation() -> None:
    net = random_net(1)
    profiles = _profiles(net, 2)
    by_limit = []
    for limit in (20.0, 30.0, 30.05, 30.5, 45.0, 80.0):
        found = solve_contingencies(net, profiles, limit_percent=limit).violations
        cases = zip(*(found[name] for name in ("contingency", "table", "element", "winding")), strict=True)
        by_limit.append(dict(zip(cases, found["steps"], strict=True)))
    assert by_limit[0]
    for lower, higher in pairwise(by_limit):
        assert all(lower.get(case, 0) >= steps for case, steps in higher.items())


def test_what_is_wrong_is_named() -> None:
    net = two_units()
    profiles = {("load", "p_mw"): pd.DataFrame({0: [20.0]})}
    for asked, told in (
        ("n-2", "n-2"),
        ([("a", {"line": [9]})], "line 9"),
        ([("a", {"nothing": [0]})], "nothing"),
        ([("a", {"line": [0]}), ("a", {"line": [1]})], "twice"),
        ([("none", {"line": [0]})], "stands for no outage"),
        (["line 0"], "expected a name and the elements"),
        ([("a", "line 0")], "expected a name and the elements"),
        ([("a", {"line": 0})], "line is 0, expected a list of indices"),
        ({"a": {"line": [0]}}, "contingencies is a dict"),
        (None, "contingencies is a NoneType"),
    ):
        with pytest.raises(CompileError, match=told):
            solve_contingencies(net, profiles, asked)
    for limit in (float("nan"), float("inf"), 0.0, -1.0):
        with pytest.raises(CompileError, match="limit_percent"):
            solve_contingencies(net, profiles, limit_percent=limit)
    with pytest.raises(ValueError, match="bus"):
        solve_contingencies(net, profiles).cause("bus")
    with pytest.raises(CompileError, match="pandapower"):
        solve_contingencies(net, profiles, options=SolveOptions(solver=gridsim.Solver.pandapower))
