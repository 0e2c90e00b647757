"""Injections: signs, scaling, service, and every way to hand over a wrong profile."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest
from pandapower.pypower.makeSbus import makeSbus

from gridsim.compiled.injection import inject, own_injection, without_source
from gridsim.compiled.lower import lower
from gridsim.errors import CompileError
from tests.support.element_nets import ELEMENT_NETS, feeder


def row_of(compiled, bus):
    return int(compiled.bus_pos[compiled.bus.tolist().index(bus)])


@pytest.mark.parametrize("name", sorted(ELEMENT_NETS))
def test_own_values_give_the_injections_of_pandapower(name):
    net = ELEMENT_NETS[name]()
    compiled = lower(net)
    pp.runpp(net, numba=False, lightsim2grid=False)
    ppci = net["_ppc"]["internal"]
    sources = np.isin(np.arange(len(ppci["gen"])), ppci["ref_gens"])
    ppci["gen"][sources, 1:3] = 0.0  # the result of the slack is no injection that is given
    expected = makeSbus(net.sn_mva, ppci["bus"], ppci["gen"])
    lookup = net["_pd2ppc_lookups"]["bus"]
    for bus, row in zip(compiled.bus, compiled.bus_pos, strict=True):
        if 0 <= row < compiled.n_free:
            assert own_injection(compiled)[row].real == pytest.approx(expected[lookup[bus]].real, abs=1e-12)


def test_signs_scaling_and_service():
    net = feeder()
    pp.create_sgen(net, 12, 2.0, 0.5, scaling=0.5)
    pp.create_storage(net, 12, 1.0, max_e_mwh=1.0, q_mvar=0.1)
    pp.create_gen(net, 3, 4.0, scaling=0.25)
    pp.create_load(net, 12, 100.0, 100.0, in_service=False)
    compiled = lower(net)
    profiles = {
        ("load", "p_mw"): np.array([[1.0, 2.0, 99.0], [3.0, 4.0, np.nan]]),
        ("load", "q_mvar"): np.array([[0.5, 0.0, 99.0], [0.0, 0.0, np.inf]]),
    }
    batch = inject(compiled, profiles, 2)
    base = net.sn_mva
    at_12 = batch.s_bus_pu[:, row_of(compiled, 12)] * base
    assert at_12 == pytest.approx([(-1 + 1 - 1) + 1j * (-0.5 + 0.25 - 0.1), (-3 + 1 - 1) + 1j * (0.25 - 0.1)])
    at_3 = batch.s_bus_pu[:, row_of(compiled, 3)] * base
    assert at_3 == pytest.approx([-2 * 0.7 + 1.0, -4 * 0.7 + 1.0])
    assert batch.load_mw == pytest.approx([1 + 2 * 0.7, 3 + 4 * 0.7])
    assert batch.is_finite.all()  # the load that is not a number is out of service


def test_a_number_that_is_none_marks_its_step_only():
    compiled = lower(feeder())
    p_mw = np.full((4, 2), 2.0)
    p_mw[1, 0] = np.nan
    p_mw[3, 1] = np.inf
    batch = inject(compiled, {("load", "p_mw"): p_mw}, 4)
    assert batch.is_finite.tolist() == [True, False, True, False]


def test_set_points_follow_the_profile():
    compiled = lower(ELEMENT_NETS["two_gens_at_one_bus"]())
    assert inject(compiled, {}, 3).vm_set_pu.shape == (1, 2)
    vm_pu = np.array([[1.0, 1.0], [1.03, 1.03]])
    batch = inject(compiled, {("gen", "vm_pu"): vm_pu}, 2)
    column = compiled.controlled_pos.tolist().index(row_of(compiled, 3))
    assert batch.vm_set_pu[:, column].tolist() == [1.0, 1.03]
    assert batch.vm_set_pu[:, 1 - column].tolist() == [1.02, 1.02]


def test_contradictory_set_points_are_named():
    compiled = lower(ELEMENT_NETS["two_gens_at_one_bus"]())
    with pytest.raises(CompileError, match=r"gen 15: vm_pu differs from that of gen 14 at the same bus in step 1"):
        inject(compiled, {("gen", "vm_pu"): np.array([[1.0, 1.0], [1.0, 1.01]])}, 2)
    beside = lower(ELEMENT_NETS["gen_beside_source"]())
    with pytest.raises(CompileError, match=r"gen 0: vm_pu differs from that of ext_grid 4"):
        inject(beside, {("gen", "vm_pu"): np.array([[1.0]])}, 1)


def test_load_without_source_is_counted():
    net = feeder()
    net.line.loc[2, "in_service"] = False
    net.load.loc[5, "scaling"] = 0.5
    pp.create_motor(net, 12, pn_mech_mw=0.9, cos_phi=0.9, efficiency_percent=90.0, loading_percent=50.0)
    compiled, profiles = lower(net), {("load", "p_mw"): np.array([[4.0, 3.0], [0.0, 3.0]])}
    unserved_mw, is_unserved = without_source(compiled, profiles, 2)
    assert unserved_mw == pytest.approx([2.5, 0.5])
    assert is_unserved.tolist() == [True, True]
    assert inject(compiled, profiles, 2).load_mw == pytest.approx([2.1, 2.1])


def test_reactive_load_alone_is_load_too():
    net = feeder()
    net.line.loc[2, "in_service"] = False
    profiles = {("load", "p_mw"): np.zeros((2, 2)), ("load", "q_mvar"): np.array([[0.0, 1.0], [0.2, 1.0]])}
    assert without_source(lower(net), profiles, 2)[1].tolist() == [False, True]


@pytest.mark.parametrize(
    ("profiles", "message"),
    [
        ({("load", "p_kw"): np.zeros((2, 2))}, r"profile \('load', 'p_kw'\): no such profile; accepted are"),
        ({("line", "length_km"): np.zeros((2, 2))}, "no such profile"),
        ({("load", "p_mw"): np.zeros((2, 3))}, r"shape is \(2, 3\), expected \(2, 2\)"),
        ({("load", "p_mw"): np.zeros(2)}, r"shape is \(2,\), expected \(2, 2\)"),
        ({("load", "p_mw"): np.zeros((2, 2), dtype=complex)}, "holds complex128, expected real numbers"),
        ({("load", "p_mw"): np.full((2, 2), "a")}, "expected real numbers"),
    ],
)
def test_wrong_profiles_are_named(profiles, message):
    with pytest.raises(CompileError, match=message):
        inject(lower(feeder()), profiles, 2)


def test_profiles_are_not_changed_whatever_their_layout():
    compiled = lower(feeder())
    p_mw = np.asfortranarray(np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32))
    kept = p_mw.copy()
    batch = inject(compiled, {("load", "p_mw"): p_mw}, 3)
    assert (p_mw == kept).all()
    assert batch.load_mw == pytest.approx([1 + 2 * 0.7, 3 + 4 * 0.7, 5 + 6 * 0.7])
