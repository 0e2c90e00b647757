"""The public entry: frames in, frames out, on the right index; and what it refuses."""

from __future__ import annotations

import copy
import doctest

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.solve import timeseries
from tests.support.element_nets import ELEMENT_NETS, feeder, four_hours

STEPS = pd.date_range("2026-01-01", periods=4, freq="h", tz="UTC")


def test_four_hours_on_their_index():
    net = four_hours()
    p_mw = pd.DataFrame({0: [10.0, 20.0, 500.0, 15.0]}, index=STEPS)
    solution = gridsim.solve_timeseries(
        net, {("load", "p_mw"): p_mw}, options=gridsim.SolveOptions(tolerance_pu=1e-8, threads=2)
    )
    loading = solution.loading_percent("trafo")
    assert loading.columns.tolist() == [7]
    assert loading.index.equals(STEPS)
    assert loading[7].round(1).tolist()[:2] == [42.5, 82.7]
    assert loading[7].isna().tolist() == [False, False, True, False]
    assert solution.status.index.equals(STEPS)
    assert [status.is_solved for status in solution.status] == [True, True, False, True]
    assert solution.status.iat[0] is gridsim.StepStatus.ok
    assert solution.vm_pu.columns.tolist() == net.bus.index.tolist()
    assert solution.va_degree.isna().all(axis=1).tolist() == [False, False, True, False]
    assert (solution.mismatch_pu.dropna() <= 1e-8).all()
    assert (solution.iterations >= 0).all()
    assert solution.loss_mw.notna().tolist() == [True, True, False, True]
    assert solution.load_mw.tolist()[:2] == [10.0, 20.0]
    assert solution.unserved_mw.tolist() == [0.0] * 4


def test_columns_are_element_indices_in_any_order_and_number():
    net = feeder()
    by_index = pd.DataFrame({8: [1.0, 2.0], 5: [3.0, 4.0]})
    swapped = gridsim.solve_timeseries(net, {("load", "p_mw"): by_index})
    straight = gridsim.solve_timeseries(net, {("load", "p_mw"): by_index[[5, 8]]})
    assert (swapped.vm_pu == straight.vm_pu).all(axis=None)
    some = gridsim.solve_timeseries(net, {("load", "p_mw"): by_index[[5]]})
    own = gridsim.solve_timeseries(net, {("load", "p_mw"): pd.DataFrame({5: [3.0, 4.0], 8: [3.0, 3.0]})})
    assert (some.vm_pu == own.vm_pu).all(axis=None)


def test_windings():
    net = ELEMENT_NETS["three_winding"]()
    solution = gridsim.solve_timeseries(net, {("load", "p_mw"): pd.DataFrame({21: [1.0, 9.0]})})
    worst = solution.loading_percent("trafo3w")
    windings = [solution.loading_percent("trafo3w", winding=winding)[13] for winding in ("hv", "mv", "lv")]
    assert worst[13].tolist() == np.max(windings, axis=0).tolist()
    assert solution.loading_percent("line").columns.tolist() == net.line.index.tolist()
    with pytest.raises(ValueError, match="loading exists for trafo, trafo3w, line"):
        solution.loading_percent("bus")
    with pytest.raises(ValueError, match="winding is 'hv' for table 'line'"):
        solution.loading_percent("line", winding="hv")


def test_inputs_are_not_changed():
    net = feeder()
    before = copy.deepcopy(net)
    p_mw = pd.DataFrame({5: [1.0, np.nan]})
    kept = p_mw.copy()
    gridsim.solve_timeseries(net, {("load", "p_mw"): p_mw})
    assert p_mw.equals(kept)
    for table in ("bus", "load", "line", "trafo", "ext_grid"):
        assert net[table].equals(before[table])
    assert len(net.res_bus) == len(before.res_bus)


@pytest.mark.parametrize(
    ("profiles", "message"),
    [
        ({}, "at least one frame"),
        ({("load", "p_mw"): pd.DataFrame({6: [1.0]})}, "load 6 does not exist"),
        ({("load", "p_mw"): pd.DataFrame([[1.0, 2.0]], columns=[5, 5])}, "occurs more than once"),
        ({("load", "p_mw"): pd.DataFrame({5: ["many"]})}, "not a number"),
        ({("load", "p_mw"): pd.DataFrame({5: [1.0 + 2.0j]})}, "column 5 holds complex128"),
        ({("load", "p_mw"): pd.DataFrame({5: [True]})}, "column 5 holds bool"),
        ({("load", "p_mw"): pd.DataFrame({5: pd.to_timedelta([1])})}, "column 5 holds timedelta64"),
        ({("load", "p_mw"): pd.Series([1.0])}, "is a Series, expected a pandas.DataFrame"),
        ({"p_mw": pd.DataFrame({5: [1.0]})}, "expected table and column"),
        ([], "at least one frame"),
        ({("load", "p_kw"): pd.DataFrame({5: [1.0]})}, "no such column"),
        ({("load", "const_z_p_percent"): pd.DataFrame({5: [1.0]})}, "no such profile; accepted are"),
        ({("line", "max_i_ka"): pd.DataFrame({9: [1.0]})}, "no such profile; accepted are"),
        (
            {("load", "p_mw"): pd.DataFrame({5: [1.0]}), ("load", "q_mvar"): pd.DataFrame({5: [1.0, 2.0]})},
            "steps differ",
        ),
    ],
)
@pytest.mark.parametrize("solver", list(gridsim.Solver))
def test_wrong_profiles_are_named(profiles, message, solver):
    with pytest.raises(gridsim.CompileError, match=message):
        gridsim.solve_timeseries(feeder(), profiles, options=gridsim.SolveOptions(solver=solver))


def test_choices_may_be_given_as_words():
    assert gridsim.SolveOptions(solver="pandapower").solver is gridsim.Solver.pandapower
    for wrong in ({"solver": "typo"}, {"threads": 1.5}, {"max_iterations": 2.5}, {"threads": True}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            gridsim.SolveOptions(**wrong)
    net, profiles = feeder(), {("load", "p_mw"): pd.DataFrame({5: [1.0]})}
    by_word, by_choice = (
        gridsim.solve_timeseries(net, profiles, basis=basis).loading_percent("trafo")
        for basis in ("power", gridsim.LoadingBasis.power)
    )
    assert by_word.equals(by_choice)
    assert not by_word.equals(gridsim.solve_timeseries(net, profiles).loading_percent("trafo"))
    with pytest.raises(ValueError, match="basis is 'volt', expected one of current, power"):
        gridsim.solve_timeseries(net, profiles, basis="volt")


def test_example_of_the_docstring():
    assert doctest.testmod(timeseries).attempted > 0
    assert doctest.testmod(timeseries).failed == 0
