"""How much load fits at a bus: against brute force, step by step, and what a planner may rely on."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

from gridsim import SolveOptions, Solver
from gridsim.errors import InputError
from gridsim.solve.contingency import contingencies_of
from gridsim.solve.hosting import HostingRules, solve_hosting
from gridsim.solve.hosting_grid import with_loads_at
from tests.support.naive_hosting import fits, fits_after_outages
from tests.support.random_nets import random_net

N_STEP = 4
#: A little: more than the tolerance of the search, and of its single precision.
LITTLE_MW = 0.02


def profiles_of(net: Any, n_step: int = N_STEP, level: float = 1.0) -> dict[tuple[str, str], pd.DataFrame]:
    rng = np.random.default_rng(3)
    factor = level * rng.uniform(0.3, 1.6, (n_step, 1)) * rng.uniform(0.9, 1.1, (n_step, len(net.load)))
    steps = pd.RangeIndex(n_step)
    return {
        ("load", column): pd.DataFrame(net.load[column].to_numpy() * factor, index=steps, columns=net.load.index)
        for column in ("p_mw", "q_mvar")
    }


def two_stations(load_mw: float = 10.0) -> Any:
    """A source with two stations of 25 MVA side by side, the first with load."""
    net = pp.create_empty_network()
    source = pp.create_bus(net, 110.0)
    pp.create_ext_grid(net, source)
    for _ in range(2):
        pp.create_transformer(net, source, pp.create_bus(net, 20.0), "25 MVA 110/20 kV")
    pp.create_load(net, 1, load_mw)
    return net


def four_steps(net: Any, factors: tuple[float, ...] = (0.4, 1.0, 0.9, 0.5)) -> dict[tuple[str, str], pd.DataFrame]:
    values = np.outer(factors, net.load["p_mw"])
    return {("load", "p_mw"): pd.DataFrame(values, index=pd.RangeIndex(len(factors)), columns=net.load.index)}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 7])
def test_a_little_less_fits_and_a_little_more_does_not(seed: int) -> None:
    net, n_curtailed = random_net(seed), 2
    profiles = profiles_of(net)
    in_use = net.bus.index[net.bus["vn_kv"] < 100.0][1:3]
    found = solve_hosting(net, profiles, in_use, curtailed_steps=n_curtailed)
    assert not found["unsolved_steps"].any()
    for bus, row in found.iterrows():
        for mw, allowed in ((row["n0_firm_mw"], 0), (row["flexible_mw"], n_curtailed)):
            under, over = (
                sum(not fits(net, profiles, step, bus, mw + more) for step in range(N_STEP))
                for more in (-1e-4, LITTLE_MW)
            )
            assert under <= allowed < over
        assert not fits(net, profiles, row["n0_step"], bus, row["n0_firm_mw"] + LITTLE_MW)
        assert row["flexible_mw"] >= row["n0_firm_mw"]
        assert row["curtailed_steps"] <= n_curtailed


def test_what_binds_and_what_is_curtailed_can_be_worked_out() -> None:
    net = two_stations()
    found = solve_hosting(net, four_steps(net), [1, 2], curtailed_steps=2, rules=HostingRules(cos_phi=1.0))
    at_load, beside = found.loc[1], found.loc[2]
    assert (at_load["n0_held_by"], at_load["n0_step"]) == ("trafo:0", 1)
    assert beside["n0_held_by"] == "trafo:1"
    # Two steps carry the heavier halves; stepping back in both leaves the third heaviest, 5 MW lighter than the first.
    assert at_load["flexible_mw"] - at_load["n0_firm_mw"] == pytest.approx(5.0, abs=0.1)
    assert at_load["curtailed_steps"] == 2
    assert at_load["curtailed_mwstep"] == pytest.approx(5.0 + 4.0, abs=0.15)
    # Nothing changes from step to step at the other station.
    assert beside["flexible_mw"] == pytest.approx(beside["n0_firm_mw"], abs=0.05)
    # 25 MVA, less what lower voltage and magnetising current take.
    assert 22.0 < beside["n0_firm_mw"] < 25.0


def test_an_overloaded_unit_holds_what_it_feeds_and_nothing_else() -> None:
    net = two_stations(load_mw=27.0)
    found = solve_hosting(net, four_steps(net, (0.5, 1.0)), [1, 2])
    assert found["n0_is_above_before"].to_list() == [True, False]
    assert found["n0_firm_mw"].iat[0] < 0.4  # a percentage point of 25 MVA
    assert found["n0_firm_mw"].iat[1] > 20.0
    narrower = solve_hosting(net, four_steps(net, (0.5, 1.0)), [1], rules=HostingRules(added_percent=0.1))
    assert narrower["n0_firm_mw"].iat[0] < 0.04


def test_a_step_without_solution_is_not_a_step_with_room() -> None:
    net = two_stations()
    found = solve_hosting(net, four_steps(net, (0.4, 100.0)), [1, 2])
    assert found["unsolved_steps"].to_list() == [1, 1]
    assert found[["n0_firm_mw", "flexible_mw"]].isna().all(axis=None)


def test_a_bus_without_source_has_no_steps() -> None:
    net = two_stations()
    lone = pp.create_bus(net, 20.0)
    found = solve_hosting(net, four_steps(net), [2, lone])
    assert found["steps"].to_list() == [4, 0]
    assert np.isnan(found["n0_firm_mw"].iat[1])


def test_nothing_binds_up_to_the_most_that_is_tried() -> None:
    net = two_stations()
    found = solve_hosting(net, four_steps(net), [2], rules=HostingRules(max_mw=7.0))
    assert found[["n0_firm_mw", "flexible_mw"]].to_numpy().tolist() == [[7.0, 7.0]]
    assert found["n0_held_by"].iat[0] is None
    assert found["n0_step"].iat[0] is None


def test_without_limits_the_collapse_binds() -> None:
    net = two_stations()
    net.trafo["max_loading_percent"] = 100.0
    found = solve_hosting(net, four_steps(net), [2], limit_percent=1e4, rules=HostingRules(max_mw=500.0))
    firm = float(found["n0_firm_mw"].iat[0])
    assert 25.0 < firm < 500.0
    assert fits(net, four_steps(net), 1, 2, firm - 0.1, limit=1e4)
    assert not fits(net, four_steps(net), 1, 2, firm + 0.5, limit=1e4)


def test_a_higher_limit_never_means_less() -> None:
    net = random_net(4)
    profiles = profiles_of(net)
    buses = net.bus.index[1:4]
    by_limit = [
        solve_hosting(net, profiles, buses, limit_percent=limit)["n0_firm_mw"] for limit in (90.0, 100.0, 120.0)
    ]
    assert (np.diff(np.stack(by_limit), axis=0) >= -0.011).all()


def test_threads_and_other_buses_change_nothing() -> None:
    net = random_net(7)
    profiles = profiles_of(net, 40)
    one = solve_hosting(net, profiles, [1, 2, 3], curtailed_steps=3, options=SolveOptions(threads=1))
    two = solve_hosting(net, profiles, [1, 2, 3], curtailed_steps=3, options=SolveOptions(threads=2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    alone = solve_hosting(net, profiles, [2], curtailed_steps=3)
    np.testing.assert_allclose(
        alone.loc[2, ["n0_firm_mw", "flexible_mw"]].astype(float),
        one.loc[2, ["n0_firm_mw", "flexible_mw"]].astype(float),
        atol=0.01,
    )


def test_the_net_is_not_changed_and_the_added_load_is_plain() -> None:
    net = two_stations()
    net.load["const_z_p_percent"] = 50.0
    before = copy.deepcopy(net)
    wider = with_loads_at(net, [1, 2])
    pd.testing.assert_frame_equal(net.load, before.load)
    assert wider.load["bus"].to_list() == [1, 1, 2]
    assert wider.load["const_z_p_percent"].to_list() == [50.0, 0.0, 0.0]
    assert wider.load["scaling"].to_list() == [1.0, 1.0, 1.0]
    assert wider.load["in_service"].all()
    pd.testing.assert_series_equal(wider.load.dtypes, net.load.dtypes)


def twin_stations(load_mw: float = 10.0, n_unit: int = 2) -> Any:
    """A source, a double line, and a station of several units of 25 MVA with load."""
    net = pp.create_empty_network()
    source, high = pp.create_bus(net, 110.0), pp.create_bus(net, 110.0)
    low = pp.create_bus(net, 20.0)
    pp.create_ext_grid(net, source)
    for _ in range(2):
        pp.create_line(net, source, high, 5.0, "305-AL1/39-ST1A 110.0")
    for _ in range(n_unit):
        pp.create_transformer(net, high, low, "25 MVA 110/20 kV")
    pp.create_load(net, low, load_mw)
    return net


def test_the_unit_that_is_left_holds_what_is_firm_after_an_outage() -> None:
    net = twin_stations()
    row = solve_hosting(net, four_steps(net), [2], contingencies="n-1", rules=HostingRules(cos_phi=1.0)).loc[2]
    # 25 MVA less 10 MW, and what lower voltage, magnetising current and the reactive part of the unit take.
    assert 13.5 < row["n1_firm_mw"] < 15.0
    assert row["n0_firm_mw"] == pytest.approx(2.0 * row["n1_firm_mw"] + 10.0, abs=0.5)
    assert (row["n1_held_by"], row["n1_outage"], row["n1_step"]) == ("trafo:0", "trafo 1", 1)
    assert row["n1_checked_steps"] == 3, "the highest three of every element, the same ones here"


@pytest.mark.slow
def test_after_outages_a_little_less_fits_and_a_little_more_does_not() -> None:
    net = twin_stations(12.0)
    pp.create_sgen(net, 1, 3.0)
    profiles = four_steps(net, (0.7, 1.0))
    firm = float(solve_hosting(net, profiles, [2], contingencies="n-1").loc[2, "n1_firm_mw"])
    assert all(fits_after_outages(net, profiles, step, 2, firm - 1e-3) for step in range(2))
    assert not fits_after_outages(net, profiles, 1, 2, firm + LITTLE_MW)


@pytest.mark.slow
def test_after_outages_in_rings_a_little_less_fits_and_a_little_more_does_not() -> None:
    net = random_net(7)
    profiles = profiles_of(net, 2)
    mixed = net.load.loc[net.load["const_z_p_percent"] > 0.0, "bus"]  # pandapower mixes shares at these
    buses = net.bus.index[(net.bus["vn_kv"] < 100.0) & ~net.bus.index.isin(mixed)]
    found = solve_hosting(net, profiles, buses, contingencies="n-1")
    assert (found["n1_firm_mw"] <= found["n0_firm_mw"]).all()
    meshed = found[found["n1_held_by"] != "single supply"]
    assert len(meshed)
    for bus, row in meshed.head(1).iterrows():
        assert all(fits_after_outages(net, profiles, step, bus, row["n1_firm_mw"] - 1e-3) for step in range(2))
        assert not fits_after_outages(net, profiles, row["n1_step"], bus, row["n1_firm_mw"] + LITTLE_MW)


def test_nothing_is_firm_where_an_outage_cuts_the_bus_off() -> None:
    net = two_stations()
    found = solve_hosting(net, four_steps(net), [1, 2], contingencies="n-1")
    assert found["n1_firm_mw"].to_list() == [0.0, 0.0]
    assert found["n1_held_by"].to_list() == ["single supply"] * 2
    assert found["n1_outage"].to_list() == ["trafo 0", "trafo 1"]
    assert not found["n1_checked_steps"].any()


def test_a_pair_that_goes_together_is_a_single_supply() -> None:
    net = twin_stations()
    found = solve_hosting(net, four_steps(net), [2], contingencies=[("double line", {"line": [0, 1]})])
    assert found.loc[2, ["n1_firm_mw", "n1_outage"]].to_list() == [0.0, "double line"]


def test_what_an_outage_overloads_already_may_rise_by_a_point() -> None:
    net = twin_stations(load_mw=30.0)
    row = solve_hosting(net, four_steps(net), [2], contingencies="n-1").loc[2]
    assert row["n1_is_above_before"]
    assert not row["n0_is_above_before"]
    assert 0.1 < row["n1_firm_mw"] < 0.4  # a percentage point of 25 MVA


def test_what_holds_without_outages_holds_after_them() -> None:
    net = twin_stations()
    stub = pp.create_bus(net, 20.0)
    line = pp.create_line(net, 2, stub, 0.01, "NA2XS2Y 1x240 RM/25 12/20 kV")
    row = solve_hosting(net, four_steps(net), [2], contingencies=[("stub", {"line": [line]})]).loc[2]
    assert row["n1_firm_mw"] == row["n0_firm_mw"]
    assert (row["n1_outage"], row["n1_held_by"]) == ("none", row["n0_held_by"])


def test_a_case_without_solution_anyway_holds_nothing() -> None:
    net = twin_stations()
    far = pp.create_bus(net, 20.0)
    for _ in range(2):
        pp.create_line(net, 2, far, 60.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    # Collapses over one of the two lines.
    pp.create_load(net, far, 5.5)
    found = solve_hosting(net, four_steps(net, (1.0,)), [2], contingencies="n-1")
    assert found.loc[2, "n1_firm_mw"] > 1.0


def test_the_order_of_buses_and_outages_changes_nothing() -> None:
    net = random_net(7)
    profiles, outages = profiles_of(net, 30), contingencies_of(net, "n-1")
    asked = {"curtailed_steps": 2, "checked_steps": 3}
    one = solve_hosting(net, profiles, [1, 2, 3, 4], contingencies=outages, **asked)
    two = solve_hosting(net, profiles, [3, 1, 4, 2], contingencies=outages[::-1], **asked).loc[[1, 2, 3, 4]]
    numbers = one.columns[one.dtypes == np.float64]
    np.testing.assert_allclose(one[numbers].to_numpy(), two[numbers].to_numpy(), atol=0.01)
    assert one["n1_held_by"].to_list() == two["n1_held_by"].to_list()
    assert (one["n1_checked_steps"] <= 3).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"buses": [99]}, "no bus 99"),
        ({"curtailed_steps": -1}, "curtailed_steps is -1"),
        ({"contingencies": "n-1", "checked_steps": 0}, "checked_steps is 0"),
        ({"options": SolveOptions(solver=Solver.pandapower)}, "solved by 'newton'"),
        ({"profiles": {}}, "at least one frame"),
    ],
)
def test_mistakes_are_told(asked: dict[str, Any], message: str) -> None:
    net = two_stations()
    with pytest.raises(InputError, match=message):
        solve_hosting(net, **({"profiles": four_steps(net), "buses": [1]} | asked))


@pytest.mark.parametrize(
    "wrong", [{"cos_phi": 0.0}, {"cos_phi": 1.1}, {"max_mw": float("inf")}, {"added_percent": -1.0}]
)
def test_rules_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        HostingRules(**wrong)
