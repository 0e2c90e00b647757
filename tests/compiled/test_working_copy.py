"""Lowering writes to a copy: whatever the net holds, the caller's tables stay as they are, and so do their values."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

from gridsim.compiled.lower import lower
from gridsim.compiled.working_copy import working_copy
from tests.support.element_nets import ELEMENT_NETS, three_winding


def assert_same(net, before):
    assert list(net) == list(before)
    for name, value in before.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(net[name], value, check_index_type="exact", obj=name)
        elif not name.startswith("_"):
            assert net[name] == value, name


@pytest.mark.parametrize("name", sorted(ELEMENT_NETS))
def test_net_is_not_changed_whatever_it_holds(name):
    net = ELEMENT_NETS[name]()
    before = copy.deepcopy(net)
    lower(net)
    assert_same(net, before)


def test_results_of_an_earlier_run_are_neither_changed_nor_read():
    net = ELEMENT_NETS["dc_line"]()
    fresh = lower(net)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(net, numba=False, lightsim2grid=False)
    net.res_bus.loc[:, "vm_pu"] = 0.5
    before = copy.deepcopy(net)
    again = lower(net)
    assert_same(net, before)
    assert again.start_vm_pu.tolist() == fresh.start_vm_pu.tolist()


def test_tables_may_be_written_to():
    net = three_winding()
    before = copy.deepcopy(net)
    work = working_copy(net)
    for value in work.values():
        if isinstance(value, pd.DataFrame):
            for column in value.columns[value.dtypes == np.float64]:
                value[column].to_numpy()[:] = 7.0
            value["new"] = 1
    work["user_pf_options"]["new"] = True
    work["new"] = 1
    assert_same(net, before)


def test_a_row_joins_an_empty_table_of_the_copy_only():
    net = three_winding()
    work = working_copy(net)
    pp.create_gen(work, int(net.bus.index[0]), p_mw=1.0)
    assert (len(work.gen), len(net.gen)) == (1, 0)


@pytest.mark.parametrize("labels", [[0, 1, 2], [3, 1, 2], [1, 2, 3]])
def test_labels_stay(labels):
    net = pp.create_empty_network()
    for label in labels:
        pp.create_bus(net, 110.0, index=label)
    assert working_copy(net).bus.index.tolist() == labels
