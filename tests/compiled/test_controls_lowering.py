"""Controls as arrays against pandapower's own controllers and conversions."""

from __future__ import annotations

import copy

import numpy as np
import pandapower as pp
import pandas as pd
import pytest
from pandapower.control import ConstControl, ContinuousTapControl, DiscreteTapControl

from gridsim.compiled.lower import lower
from gridsim.enums import BusKind
from gridsim.errors import CompileError
from tests.support import control_nets
from tests.support.control_nets import CONTROL_NETS, TAP_NETS
from tests.support.element_nets import feeder, tap_table, two_islands


def lowered(name):
    builder, options = CONTROL_NETS[name]
    net = builder()
    return net, lower(net, enforce_q_lims=options.enforce_q_lims, distributed_slack=options.distributed_slack)


def at_positions(net, taps, positions):
    """The net with its controlled taps moved by hand and nobody to move them."""
    moved = copy.deepcopy(net)
    for table, row, position in zip(taps.table, taps.table_row, positions, strict=True):
        moved[table].loc[moved[table].index[row], "tap_pos"] = position
    return lower(moved, run_control=False)


def admittances(compiled):
    return np.stack([compiled.y_ff, compiled.y_ft, compiled.y_tf, compiled.y_tt], axis=1)


@pytest.mark.parametrize("name", TAP_NETS)
def test_admittances_are_those_of_a_conversion_at_the_position(name):
    net, compiled = lowered(name)
    taps = compiled.controls.taps
    assert taps.y_by_position.shape[1] == (taps.tap_max - taps.tap_min).max() + 1
    moved = taps.branch
    for share in (0.0, 0.35, 0.8, 1.0):
        # Neighbours stand at different positions, which must not matter.
        shares = (share + 0.2 * np.arange(len(taps.name))) % 1.01
        positions = np.round(taps.tap_min + shares * (taps.tap_max - taps.tap_min)).astype(int)
        expected = admittances(at_positions(net, taps, positions))
        found = taps.y_by_position[np.arange(len(moved)), (positions - taps.tap_min)[taps.changer_of]]
        assert np.abs(found - expected[moved]).max() <= 1e-12 * np.abs(expected[moved]).max()
        still = np.setdiff1d(np.arange(len(expected)), moved)
        assert (expected[still] == admittances(compiled)[still]).all()


@pytest.mark.parametrize("name", TAP_NETS)
def test_own_position_is_that_of_the_branches(name):
    _, compiled = lowered(name)
    taps = compiled.controls.taps
    own = (taps.tap_pos - taps.tap_min)[taps.changer_of]
    found = taps.y_by_position[np.arange(len(taps.branch)), own]
    assert np.abs(found - admittances(compiled)[taps.branch]).max() <= 1e-13 * np.abs(found).max()


def test_positions_beyond_the_range_hold_no_numbers():
    net = control_nets.in_series()
    taps = lower(net).controls.taps
    assert taps.name == ("trafo 6", "trafo 2")
    assert (taps.tap_min.tolist(), taps.tap_max.tolist()) == ([-9, -8], [9, 8])
    assert taps.changer_of.tolist() == [0, 1]
    assert np.isfinite(taps.y_by_position[0]).all()
    assert np.isfinite(taps.y_by_position[1, :17]).all()
    assert np.isnan(taps.y_by_position[1, 17:]).all()


def test_tap_of_a_table_moves_all_three_windings_and_another_tap_one():
    for name, count in (("three_winding_controls_middle", 1), ("table_of_three_windings", 3)):
        _, compiled = lowered(name)
        assert len(compiled.controls.taps.branch) == count
        assert set(compiled.controls.taps.branch) <= set(compiled.loading["trafo3w"].branch)


@pytest.mark.parametrize("name", [name for name in TAP_NETS if name != "at_external_grid"])
@pytest.mark.parametrize("is_low", [True, False])
def test_direction_is_that_of_the_controller(name, is_low):
    """Every controller of pandapower takes one step of its own, from a voltage far outside its band."""
    net, compiled = lowered(name)
    taps = compiled.controls.taps
    for table in ("trafo", "trafo3w"):
        net[table]["tap_pos"] = net[table]["tap_pos"] * 0  # room on both sides
    pp.runpp(net, numba=False)
    for controller in net.controller.object:
        controller.vm_lower_pu, controller.vm_upper_pu = (2.0, 3.0) if is_low else (0.1, 0.2)
        controller.initialize_control(net)
        controller.control_step(net)
    moved = [int(net[table]["tap_pos"].iat[row]) for table, row in zip(taps.table, taps.table_row, strict=True)]
    assert moved == (taps.raise_step if is_low else -taps.raise_step).tolist()


def test_bands_are_those_of_the_controllers():
    taps = lower(control_nets.set_point()).controls.taps
    assert taps.vm_lower_pu == pytest.approx([1.005 - 0.0075 - 0.002])
    assert taps.vm_upper_pu == pytest.approx([1.005 + 0.0075 + 0.002])
    net = control_nets.two_units_of_one_controller()
    net.controller.object.iat[0].vm_lower_pu = np.array([0.98, 0.97, 0.96])
    taps = lower(net).controls.taps
    assert taps.name == ("trafo 20", "trafo 6", "trafo 21")
    assert taps.vm_lower_pu.tolist() == [0.98, 0.97, 0.96]
    assert taps.vm_upper_pu.tolist() == [1.009] * 3


def test_levels_come_before_orders():
    net = control_nets.in_series()
    assert lower(net).controls.taps.level.tolist() == [0, 0]
    net.controller["level"] = [0.5, 3]
    taps = lower(net).controls.taps
    assert (taps.name, taps.level.tolist()) == (("trafo 2", "trafo 6"), [0, 1])


def test_who_watches_what():
    _, compiled = lowered("at_external_grid")
    taps = compiled.controls.taps
    assert taps.name == ("trafo 20", "trafo 21", "trafo 22", "trafo 6")
    assert taps.controlled_pos[:3].tolist() == [-1, -1, -1]  # out of service; at the external grid; without source
    assert compiled.bus_pos[compiled.bus == 3] == taps.controlled_pos[3]
    _, compiled = lowered("watched_bus_is_fixed")
    assert compiled.bus_kind[compiled.controls.taps.controlled_pos[0]] == BusKind.pv
    _, compiled = lowered("two_units_of_one_controller")  # the unit out of service goes along, with nothing to move
    assert compiled.controls.taps.controlled_pos[2] == compiled.bus_pos[compiled.bus == 12]
    assert compiled.controls.taps.changer_of.tolist() == [0, 1]


def test_units_that_share_a_table_have_a_position_each():
    """pandapower itself gives both the values of the one further down the table."""
    _, compiled = lowered("table_shared_by_two")
    alone = control_nets.table_of_taps(shared=True)
    alone["trafo_characteristic_table"] = pd.concat(
        [alone.trafo_characteristic_table, alone.trafo_characteristic_table.assign(id_characteristic=1)]
    )
    alone.trafo["id_characteristic_table"] = pd.array([0, 1], dtype="Int64")
    pp.runpp(alone, numba=False)
    ratio = alone._ppc["branch"][alone._pd2ppc_lookups["branch"]["trafo"][0] :, 8].real
    assert ratio == pytest.approx([1.0 + 0.015 * 6, 1.0 - 0.015 * 2])
    rows = compiled.loading["trafo"].branch
    assert np.abs(compiled.y_ft[rows] / compiled.y_tt[rows]) == pytest.approx(1.0 / ratio, rel=1e-2)
    expected = lower(alone)
    assert (compiled.y_ft == expected.y_ft).all()


def test_switched_off_controls_are_empty():
    net = control_nets.everything()
    assert lower(net, run_control=False).controls.is_empty
    assert len(lower(net).controls.taps.name) == 2
    net.controller["in_service"] = False
    assert lower(net).controls.is_empty
    assert lower(feeder()).controls.is_empty


def test_options_of_the_net_count_as_if_set():
    net = control_nets.ring_of_gens()
    pp.set_user_pf_options(net, enforce_q_lims=True)
    assert len(lower(net).controls.limits.pos) == 2
    pp.set_user_pf_options(net, overwrite=True, distributed_slack=True)
    controls = lower(net).controls
    assert (len(controls.limits.pos), controls.shares.weight.tolist()) == (0, [1.0])
    pp.set_user_pf_options(net, overwrite=True, enforce_q_lims=False, distributed_slack=False)
    controls = lower(net, enforce_q_lims=True, distributed_slack=True).controls
    assert (len(controls.limits.pos), len(controls.shares.pos)) == (2, 1)


def test_limits_are_sums_at_a_bus():
    _, compiled = lowered("two_gens_share_a_bus")
    limits = compiled.controls.limits
    where = {int(bus): limits.pos.tolist().index(compiled.bus_pos[compiled.bus == bus]) for bus in (2, 9, 4)}
    assert limits.q_min_pu[where[2]] == pytest.approx(-0.10)
    assert limits.q_max_pu[where[2]] == pytest.approx(0.12)
    assert limits.q_min_pu[where[9]] == pytest.approx((-5.0 - 1.0 + 0.5) / 100.0)
    assert limits.q_max_pu[where[9]] == pytest.approx((6.0 + 2.0 + 0.5) / 100.0)
    assert (limits.q_min_pu[where[4]], limits.q_max_pu[where[4]]) == (pytest.approx(-0.01), np.inf)
    assert (np.diff(limits.pos) > 0).all()


def test_sources_have_no_limits():
    _, compiled = lowered("gen_at_slack_bus")
    assert set(compiled.controls.limits.pos) == set(compiled.bus_pos[np.isin(compiled.bus, [2, 9])])
    assert (compiled.bus_kind[compiled.controls.limits.pos] == BusKind.pv).all()


def test_limits_of_dc_lines_count():
    net = control_nets.ring_of_gens()
    net.load["q_mvar"] = 0.0
    pp.create_dcline(net, 2, 4, 5.0, 1.0, 0.1, 1.02, 1.01, min_q_from_mvar=-3.0, max_q_from_mvar=4.0)
    compiled = lower(net, enforce_q_lims=True)
    at_2 = compiled.controls.limits.pos.tolist().index(compiled.bus_pos[compiled.bus == 2])
    assert compiled.controls.limits.q_max_pu[at_2] == pytest.approx(0.16)


def test_shares_add_up_and_one_reference_is_left():
    _, compiled = lowered("two_grids_share")
    shares = compiled.controls.shares
    by_bus = dict(zip(shares.pos.tolist(), shares.weight, strict=True))
    expected = {5: 0.5, 2: 2.0, 9: 1.0, 4: 1.5}
    for bus, weight in expected.items():
        assert by_bus[int(compiled.bus_pos[compiled.bus == bus][0])] == pytest.approx(weight / 5.0)
    assert shares.island.tolist() == [0] * 4
    assert (compiled.bus_kind == BusKind.slack).sum() == 1
    assert shares.reference_pos.tolist() == np.flatnonzero(compiled.bus_kind == BusKind.slack).tolist()
    assert compiled.n_free == compiled.n_bus - 1
    _, compiled = lowered("extended_ward_shares")
    assert compiled.controls.shares.weight.sum() == pytest.approx(1.0)
    ward = int(compiled.bus_pos[compiled.bus == 3][0])
    assert compiled.controls.shares.weight[compiled.controls.shares.pos == ward] == pytest.approx(0.8 / 4.3)
    assert compiled.bus_kind[ward] == BusKind.pq


def second_controller(net):
    control_nets.control_tap(net, 6)


def several_levels(net):
    net.controller["level"] = net.controller["level"].astype(object)
    net.controller.at[0, "level"] = [1, 2]


def set_trafo(column, value):
    def change(net):
        net.trafo[column] = net.trafo[column].astype(object if value is None else float)
        net.trafo.loc[6, column] = value

    return change


def set_controller(attribute, value):
    return lambda net: setattr(net.controller.object.iat[0], attribute, value)


REFUSED_TAPS = {
    "same unit twice": (second_controller, r"controller 1 \(DiscreteTapControl\): another controller moves the tap"),
    "several levels": (several_levels, r"controller 0 \(DiscreteTapControl\): acts on several levels"),
    "no first load flow": (lambda net: net.controller.__setitem__("initial_run", False), "none has initial_run"),
    "no such unit": (set_controller("element_index", 99), "trafo 99 does not exist"),
    "no band": (set_controller("vm_lower_pu", None), "the band is nan to 1.01 pu"),
    "band upside down": (set_controller("vm_lower_pu", 1.02), "the band is 1.02 to 1.01 pu"),
    "no position": (set_trafo("tap_pos", np.nan), "trafo 6: tap_pos is nan"),
    "half a position": (set_trafo("tap_pos", 0.5), "trafo 6: tap_pos is 0.5"),
    "no end stop": (set_trafo("tap_max", np.nan), "trafo 6: tap_max is nan"),
    "outside": (set_trafo("tap_pos", 12), "trafo 6: tap_pos is 12, outside tap_min -9 to tap_max 9"),
    "no side": (set_trafo("tap_side", None), "trafo 6: tap_side is None, expected hv or lv"),
    "continuous": (lambda net: ContinuousTapControl(net, 6, 1.0), r"controller 1 \(ContinuousTapControl\): only Disc"),
    "constant": (
        lambda net: ConstControl(net, "load", "p_mw", [5], profile_name="p"),
        r"controller 1 \(ConstControl\): only DiscreteTapControl is modelled",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", sorted(REFUSED_TAPS))
def test_tap_controls_that_are_not_modelled_are_named(case):
    change, message = REFUSED_TAPS[case]
    net = control_nets.one_unit()
    change(net)
    with pytest.raises(CompileError, match=message):
        lower(net)


def test_own_controllers_are_not_taken_for_pandapowers():
    class MyTapControl(DiscreteTapControl):
        pass

    net = feeder()
    MyTapControl(net, 6, 0.98, 1.02)
    with pytest.raises(CompileError, match=r"controller 0 \(MyTapControl\)"):
        lower(net)


def test_a_position_that_its_table_does_not_hold_is_named():
    net = control_nets.table_of_taps()
    net.trafo_characteristic_table = net.trafo_characteristic_table.query("step != 7")
    with pytest.raises(CompileError, match="trafo 6: its tap table 0 holds no position 7"):
        lower(net)
    fixed = tap_table()
    fixed.trafo.loc[6, "tap_pos"] = 11
    with pytest.raises(CompileError, match="trafo 6: its tap table 0 holds no position 11"):
        lower(fixed)


def upside_down(net):
    net.gen.loc[8, ["min_q_mvar", "max_q_mvar"]] = [3.0, 2.0]


def capability_curve(net):
    net.gen["reactive_capability_curve"] = [True, False, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (upside_down, "gen 8: min_q_mvar 3.0 is above max_q_mvar 2.0"),
        (capability_curve, "gen 3: limits by a reactive_capability_curve"),
        (lambda net: pp.set_user_pf_options(net, enforce_q_lims=2), "enforce_q_lims is 2, modelled are False and True"),
    ],
)
def test_limits_that_are_not_modelled_are_named(change, message):
    net = control_nets.ring_of_gens()
    change(net)
    with pytest.raises(CompileError, match=message):
        lower(net, enforce_q_lims=True)


def test_shares_that_pandapower_does_not_model_are_named():
    with pytest.raises(CompileError, match="not implemented for several separate zones"):
        lower(two_islands(), distributed_slack=True)
    net = control_nets.three_shares()
    net.gen["slack_weight"] = net.ext_grid["slack_weight"] = 0.0
    with pytest.raises(CompileError, match="sum to zero"):
        lower(net, distributed_slack=True)


def test_weights_at_the_wrong_ward_are_named():
    net = control_nets.three_shares((0, 1, 2, 3))
    net.gen["in_service"] = False
    pp.create_xward(net, 3, 1.0, 0.4, 0.7, -0.3, r_ohm=1.5, x_ohm=4.0, vm_pu=1.01, slack_weight=0.8)
    pp.create_xward(net, 2, 1.0, 0.4, 0.7, -0.3, r_ohm=1.5, x_ohm=4.0, vm_pu=1.01, slack_weight=0.1)
    with pytest.raises(CompileError, match="xward: pandapower gives the slack weights"):
        lower(net, distributed_slack=True)
