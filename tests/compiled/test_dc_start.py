"""Angles of a DC load flow: those of pandapower, with the net's own power and with none."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest

from gridsim.compiled.dc_start import dc_angles
from gridsim.compiled.lower import lower
from tests.support.element_nets import ELEMENT_NETS

#: ``rundcpp`` leaves unbalanced loads out, and calculates angles where the options of a net say ``runpp`` does not.
NETS = sorted(set(ELEMENT_NETS) - {"unbalanced", "own_options"})


@pytest.mark.parametrize("name", NETS)
def test_angles_are_those_of_pandapower(name):
    net = ELEMENT_NETS[name]()
    compiled = lower(net)
    pp.rundcpp(net)
    alive = compiled.bus_pos >= 0
    ours = np.rad2deg(compiled.start_va_rad[compiled.bus_pos[alive]])
    assert ours == pytest.approx(net.res_bus.va_degree.to_numpy()[alive], abs=1e-9)


def two_buses(b_pu, powers, slack_rad=(0.3, 0.0)):
    ends = (np.zeros(len(b_pu), dtype=np.int64), np.ones(len(b_pu), dtype=np.int64))
    shift = np.array([0.1, 0.0, 0.0])[: len(b_pu)]
    given = tuple(np.array([0.0, power]) for power in powers)
    return dc_angles(ends, np.array(b_pu), shift, given, np.array(slack_rad), np.array([True, False]))


def test_one_branch_by_hand():
    """Bus 1 takes 2 pu over b = 10 behind a shift of 0.1 rad: theta = 0.3 - 0.1 - 2 / 10."""
    loaded, idle = two_buses([10.0], (-2.0, 0.0))
    assert loaded.tolist() == pytest.approx([0.3, 0.0])
    assert idle.tolist() == pytest.approx([0.3, 0.2])


def test_reactances_that_cancel_leave_the_given_angles():
    (found,) = two_buses([10.0, -10.0], (-2.0,), slack_rad=(0.3, 0.05))
    assert found.tolist() == [0.3, 0.05]
