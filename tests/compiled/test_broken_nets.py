"""The corpus of broken nets: every one ends in an error that names table, index, column, value and what is accepted."""

from __future__ import annotations

import functools

import pandapower as pp
import pytest

from gridsim.compiled.lower import lower
from gridsim.errors import CompileError
from tests.support.corpus import entries
from tests.support.element_nets import three_winding

CORPUS = entries("nets")


@functools.cache
def whole_net():
    net = three_winding()
    pp.create_switch(net, 3, 2, "l", index=34)
    pp.create_bus_dc(net, 20.0)
    pp.create_bus_dc(net, 20.0)
    return net


def refusal(net) -> str:
    with pytest.raises(CompileError) as caught:
        lower(net)
    return str(caught.value)


def assert_told(message: str, words: str) -> None:
    assert any(message.startswith(choice) for choice in words.split("|")), message


def net_with():
    import copy  # noqa: PLC0415

    return copy.deepcopy(whole_net())


@pytest.mark.parametrize("name", CORPUS["cells"])
def test_a_broken_cell_is_named(name):
    table, index, column, value, words = CORPUS["cells"][name]
    net = net_with()
    cells = net[table][column].astype(object)
    cells.loc[index] = value
    net[table][column] = (
        cells if isinstance(value, str | bool) or column in {"in_service", "closed"} else cells.infer_objects()
    )
    assert_told(refusal(net), words)


@pytest.mark.parametrize("name", CORPUS["attributes"])
def test_a_broken_attribute_is_named(name):
    attribute, value, words = CORPUS["attributes"][name]
    net = net_with()
    net[attribute] = value
    assert_told(refusal(net), words)


@pytest.mark.parametrize("name", CORPUS["unmodelled"])
def test_what_is_not_modelled_is_named(name):
    table, arguments, words = CORPUS["unmodelled"][name]
    net = net_with()
    getattr(pp, f"create_{table}")(net, **arguments)
    assert_told(refusal(net), words)


@pytest.mark.parametrize("net", [None, 5, {}, [], "net.json", pp.create_empty_network().bus])
def test_what_is_no_net_is_told(net):
    assert refusal(net).startswith("net is a ")


def test_an_empty_net_is_told():
    assert refusal(pp.create_empty_network()) == "bus: the net has no bus"


def test_buses_are_whole_numbers():
    net = net_with()
    net.bus.index = [-1, *net.bus.index[1:]]
    assert refusal(net) == "bus -1: an index is a whole number of at least 0"


@pytest.mark.parametrize(("table", "column"), [("load", "scaling"), ("line", "df"), ("trafo", "shift_degree")])
def test_a_missing_column_is_named(table, column):
    net = net_with()
    net[table] = net[table].drop(columns=column)
    assert (
        refusal(net) == f"{table}: column {column} is missing; pandapower.convert_format brings an old net up to date"
    )


@pytest.mark.parametrize("table", ["sgen", "shunt", "dcline", "trafo3w"])
def test_a_missing_table_is_named(table):
    net = net_with()
    del net[table]
    assert refusal(net).startswith(f"{table}: the net has no such table")


def test_a_unit_that_its_taps_leave_no_ratio_is_named():
    net = net_with()
    net.trafo.loc[6, ["tap_side", "tap_neutral", "tap_pos", "tap_step_percent"]] = ["hv", 0, -10, 10.0]
    net.trafo.loc[6, "tap_changer_type"] = "Ratio"
    assert refusal(net) == "trafo 6: its ratio or impedance is no number of a grid"


def test_elements_out_of_service_may_hold_anything():
    net = net_with()
    net.line.loc[2, ["in_service", "length_km"]] = [False, float("nan")]
    assert lower(net).n_bus == len(net.bus)


def test_the_whole_net_is_lowered():
    assert lower(whole_net()).n_bus == len(whole_net().bus) + 1


def test_the_corpus_is_large():
    """What the project promises: at least 150 broken networks, scenarios and nets."""
    assert sum(sum(map(len, entries(name).values())) for name in ("networks", "scenarios", "nets")) >= 300
