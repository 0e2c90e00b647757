"""Rows that fixes add to the network tables, by hand on the tiny network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

from gridsim.grid.build import build_net
from gridsim.grid.fix_change import GridChange
from gridsim.grid.fix_tables import extended, next_type, unit_rows, with_fans
from gridsim.tables.load import load_tables
from tests.support.fixed_tables import town_rows
from tests.support.tiny_network import write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.tables.network_tables import NetworkTables


@pytest.fixture
def tables(tmp_path: Path) -> NetworkTables:
    return load_tables(write_rows(tmp_path, town_rows()))


def test_next_rating_is_the_smallest_above_of_the_same_voltages(tables: NetworkTables) -> None:
    types = tables["trafo_types"]
    small = types.iloc[[0]].assign(std_type="TDN-30/35", sn_mva=30.0, vn_hv_kv=36.75)
    large = types.iloc[[0]].assign(std_type="TDN-63/110", sn_mva=63.0)
    everything = pd.concat([large, small, types], ignore_index=True)
    assert next_type(everything, ("sn_mva",), "TDN-25/110") == "TDN-40/110"
    assert next_type(everything, ("sn_mva",), "TDN-40/110") == "TDN-63/110"
    assert next_type(everything, ("sn_mva",), "TDN-63/110") is None


def test_fans_change_the_rating_and_nothing_of_the_load_flow(tables: NetworkTables) -> None:
    cooled = with_fans(tables, "trafo_types", ("sn_mva",), "TDN-25/110", 1.25)
    with_type = extended(tables, {"trafo_types": [cooled, cooled]})
    assert len(with_type["trafo_types"]) == len(tables["trafo_types"]) + 1
    trafos = with_type["trafos"].assign(
        std_type=with_type["trafos"]["std_type"].where(
            with_type["trafos"]["substation_id"] != "town", cooled["std_type"]
        )
    )
    bare, fans = build_net(tables), build_net(type(tables)("", {**with_type.frames, "trafos": trafos}, {}))
    for net in (bare, fans):
        pp.runpp(net, tolerance_mva=1e-9, numba=False)
    np.testing.assert_allclose(bare.res_bus["vm_pu"], fans.res_bus["vm_pu"], rtol=1e-9)
    loading = bare.res_trafo["loading_percent"] / fans.res_trafo["loading_percent"]
    np.testing.assert_allclose(loading.iloc[:2], 1.25, rtol=1e-9)


def test_a_unit_beside_another_goes_when_the_plan_closes_the_other(tables: NetworkTables) -> None:
    event = {
        "event_id": "e9",
        "project_id": "p_at2",
        "action": "close",
        "element_table": "trafos",
        "element_id": "town_t1",
    }
    planned = extended(tables, {"commissioning": [event]})
    rows = unit_rows(planned, "trafos", "town_t1", "town_t1+1", project_id="fix")
    (unit,) = rows["trafos"]
    assert (unit["hv_bus_id"], unit["lv_bus_id"], unit["status"]) == ("town_110", "town_10", "planned")
    assert [(row["project_id"], row["action"], row["element_id"]) for row in rows["commissioning"]] == [
        ("fix", "open", "town_t1+1"),
        ("p_at2", "close", "town_t1+1"),
    ]


def test_changes_add_up() -> None:
    first = GridChange(days={"a": pd.Timestamp("2030-01-01")}, bands_pu={"b": 0.02}, delays={"i": 24})
    second = GridChange(days={"a": pd.Timestamp("2029-01-01"), "c": pd.Timestamp("2031-01-01")}, bands_pu={"b": 0.01})
    both = first.plus(second)
    assert both.days == {"a": pd.Timestamp("2029-01-01"), "c": pd.Timestamp("2031-01-01")}
    assert both.bands_pu == {"b": pytest.approx(0.03)}
    assert both.delays == {"i": 24}
    assert second.plus(first).days == both.days
