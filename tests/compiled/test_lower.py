"""Lowering: pandapower's admittances, one translator of bus numbers, no wrong number for what is not modelled."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pandapower as pp
import pytest
from pandapower.toolbox import nets_equal

from gridsim.compiled.lower import lower
from gridsim.compiled.ratings import loading_columns
from gridsim.enums import BusKind, LoadingBasis
from gridsim.errors import CompileError
from tests.support.element_nets import ELEMENT_NETS, feeder, ring, three_winding
from tests.support.naive_load_flow import dense_admittance


@pytest.mark.parametrize("name", sorted(ELEMENT_NETS))
def test_admittances_are_those_of_pandapower(name):
    net = ELEMENT_NETS[name]()
    compiled = lower(net)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(net, numba=False, lightsim2grid=False)
    expected = net["_ppc"]["internal"]["Ybus"].toarray()
    ours = dense_admittance(compiled.network)
    lookup = net["_pd2ppc_lookups"]["bus"][net.bus.index]
    alive = compiled.bus_pos >= 0
    assert alive.tolist() == (net.bus.in_service & net.res_bus.vm_pu.notna()).tolist()
    place = np.ix_(compiled.bus_pos[alive], compiled.bus_pos[alive])
    theirs = expected[np.ix_(lookup[alive], lookup[alive])]
    assert np.allclose(ours[place], theirs, rtol=1e-12, atol=1e-12 * np.abs(theirs).max())
    assert np.sort_complex(np.linalg.eigvals(ours)) == pytest.approx(
        np.sort_complex(np.linalg.eigvals(expected)), rel=1e-7, abs=1e-7 * np.abs(expected).max()
    )


def test_net_is_not_changed():
    net = three_winding()
    pp.create_shunt(net, 3, q_mvar=1.0, vn_kv=float("nan"))
    pp.create_dcline(net, 7, 3, p_mw=1.0, loss_percent=1.0, loss_mw=0.0, vm_from_pu=1.0, vm_to_pu=1.0)
    before = copy.deepcopy(net)
    lower(net)
    assert set(net.keys()) == set(before.keys())
    assert nets_equal(net, before)


def test_rows_are_free_first_slack_last():
    compiled = lower(ELEMENT_NETS["two_islands"]())
    assert compiled.n_bus - compiled.n_free == 2
    assert (compiled.bus_kind[compiled.n_free :] == BusKind.slack).all()
    assert (compiled.bus_kind[: compiled.n_free] != BusKind.slack).all()
    assert compiled.bus.tolist() == [10, 7, 3, 12, 30, 31]
    assert sorted(compiled.bus_pos.tolist()) == list(range(6))


def test_joined_buses_share_a_row_and_inner_buses_have_one():
    joined = lower(ELEMENT_NETS["closed_coupler"]())
    of = dict(zip(joined.bus.tolist(), joined.bus_pos.tolist(), strict=True))
    assert of[12] == of[1]
    inner = lower(three_winding())
    assert inner.n_bus == len(inner.bus) + 1


def test_bus_out_of_service_is_not_an_island():
    compiled = lower(ELEMENT_NETS["out_of_service"]())
    place = compiled.bus.tolist().index(1)
    assert compiled.bus_pos[place] == -1
    assert not compiled.is_dead[place]
    assert not compiled.channels["load", "p_mw"].unserved.any()


def test_bus_without_source_is_one():
    net = feeder()
    net.line.loc[2, "in_service"] = False
    compiled = lower(net)
    assert compiled.bus[compiled.is_dead].tolist() == [12]
    channel = compiled.channels["load", "p_mw"]
    assert channel.pos.tolist()[0] == -1
    assert channel.unserved.tolist() == [1.0, 0.0]


def test_out_of_service_elements_have_no_loading_column():
    net = ring()
    net.line.loc[11, "in_service"] = False
    columns = loading_columns(lower(net), LoadingBasis.current)
    assert (columns.from_pos < 0).tolist() == [False, False, False, True]


def test_start_is_that_of_runpp():
    """Set points where there are any, their mean elsewhere, angles of a DC load flow."""
    net = ELEMENT_NETS["two_gens_at_one_bus"]()
    compiled = lower(net)
    assert compiled.start_vm_pu[compiled.controlled_pos].tolist() == compiled.vm_set_pu.tolist()
    assert sorted(compiled.vm_set_pu.tolist()) == [1.01, 1.02]
    free = np.setdiff1d(np.arange(compiled.n_bus), compiled.controlled_pos)
    assert compiled.start_vm_pu[free] == pytest.approx((1.02 + 1.01 + 1.01) / 3)
    pp.rundcpp(net)
    expected = net.res_bus.va_degree.to_numpy()
    assert np.rad2deg(compiled.start_va_rad[compiled.bus_pos]) == pytest.approx(expected, abs=1e-9)
    assert np.ptp(expected) > 100.0
    net.load["in_service"] = net.gen["in_service"] = False
    pp.rundcpp(net)
    idle = net.res_bus.va_degree.to_numpy()
    assert np.rad2deg(compiled.flat_va_rad[compiled.bus_pos]) == pytest.approx(idle, abs=1e-9)
    assert np.ptp(idle - idle[0]) == pytest.approx(150.0)


def broken(change):
    net = ring()
    change(net)
    return net


def controller(net):
    from pandapower.control import DiscreteTapControl  # noqa: PLC0415  slow to import

    DiscreteTapControl(net, 6, 0.98, 1.02)


REFUSED = {
    "static var compensator": (
        lambda net: pp.create_svc(net, 3, 1.0, -10.0, 1.0, 140.0, index=17),
        "svc 17: static var compensators are not modelled",
    ),
    "zero impedance": (
        lambda net: net.line.loc.__setitem__((2, ["r_ohm_per_km", "x_ohm_per_km"]), 0.0),
        "line 2: the series impedance is zero",
    ),
    "missing impedance": (
        lambda net: net.line.loc.__setitem__((11, "x_ohm_per_km"), np.nan),
        "line 11: x_ohm_per_km is nan, expected a number",
    ),
    "rating": (lambda net: net.trafo.loc.__setitem__((6, "sn_mva"), 0.0), "trafo 6: sn_mva is 0.0"),
    "derating": (lambda net: net.trafo.loc.__setitem__((6, "df"), -1.0), "trafo 6: df is -1.0"),
    "no source": (
        lambda net: net.ext_grid.loc.__setitem__((4, "in_service"), False),
        "ext_grid: the net has no source",
    ),
    "active limits": (
        lambda net: pp.set_user_pf_options(net, enforce_p_lims=True),
        "user_pf_options: enforce_p_lims is set",
    ),
    "shares above 100 %": (
        lambda net: net.load.loc.__setitem__((5, ["const_z_p_percent", "const_i_p_percent"]), 60.0),
        "pandapower cannot convert the net: const_z_p_percent",
    ),
    "contradictory set points": (
        lambda net: pp.create_gen(net, 10, 1.0, vm_pu=0.99),
        "pandapower cannot convert the net: Voltage controlling elements",
    ),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_is_not_modelled_is_named(case):
    change, message = REFUSED[case]
    net = broken(change)
    with pytest.raises(CompileError) as raised:
        lower(net)
    assert str(raised.value).startswith(message)


def test_elements_out_of_service_are_not_refused():
    net = ring()
    pp.create_svc(net, 3, 1.0, -10.0, 1.0, 140.0, in_service=False)
    controller(net)
    net.controller["in_service"] = False
    assert lower(net).n_bus == 4


def test_an_index_that_occurs_twice_is_named():
    net = ring()
    net.load.index = [5, 5]
    with pytest.raises(CompileError, match="load 5: the index occurs more than once"):
        lower(net)
