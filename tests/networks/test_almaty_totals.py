"""Published totals that the Almaty network reproduces exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gridsim.tables import load_tables

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.tables.network_tables import NetworkTables


@pytest.fixture(scope="module")
def almaty(repository: Path) -> NetworkTables:
    return load_tables(repository / "networks" / "almaty")


def unit_ratings(almaty: NetworkTables) -> pd.DataFrame:
    """Substation, status and HV rating of every unit, with two or three windings."""
    two = almaty["trafos"].merge(almaty["trafo_types"][["std_type", "sn_mva"]], on="std_type", validate="m:1")
    three = almaty["trafos3w"].merge(
        almaty["trafo3w_types"][["std_type", "sn_hv_mva"]].rename(columns={"sn_hv_mva": "sn_mva"}),
        on="std_type",
        validate="m:1",
    )
    columns = ["substation_id", "status", "sn_mva"]
    return pd.concat([two[columns], three[columns]], ignore_index=True)


@pytest.mark.parametrize(
    ("counts_as", "n_substation", "total_mva"),
    [("city_220", 5, 2250.0), ("city_110", 49, 3582.0), ("city_35", 20, 405.7)],
)
def test_transformer_capacity_of_the_city(
    almaty: NetworkTables, counts_as: str, n_substation: int, total_mva: float
) -> None:
    substations = almaty["substations"]
    counted = substations[substations["counts_as"] == counts_as]
    units = unit_ratings(almaty)
    today = units[(units["status"] == "existing") & units["substation_id"].isin(counted["substation_id"])]
    assert len(counted) == n_substation
    assert set(counted["status"]) == {"existing"}
    assert set(counted["area"]) == {"almaty_city"}
    assert set(today["substation_id"]) == set(counted["substation_id"])
    assert today["sn_mva"].sum() == pytest.approx(total_mva, abs=1e-9)


@pytest.mark.parametrize(("area", "mean_mw"), [("almaty_region", 775.0), ("almaty_city", 516.0)])
def test_mean_demand_of_the_base_year(almaty: NetworkTables, area: str, mean_mw: float) -> None:
    frame = (
        almaty["loads"]
        .merge(almaty["buses"][["bus_id", "substation_id"]], on="bus_id", validate="m:1")
        .merge(almaty["substations"][["substation_id", "area"]], on="substation_id", validate="m:1")
    )
    assert frame.loc[frame["area"] == area, "p_mw"].sum() == pytest.approx(mean_mw, abs=1e-9)
    assert set(frame["area"]) == {"almaty_region", "almaty_city"}


def test_loads_have_their_home_in_the_grid_of_today(almaty: NetworkTables) -> None:
    home = almaty["loads"].merge(almaty["buses"][["bus_id", "substation_id"]], on="bus_id", validate="m:1")
    status = almaty["substations"].set_index("substation_id")["status"]
    assert set(home["substation_id"].map(status)) == {"existing"}


def test_issyk_network_district(almaty: NetworkTables) -> None:
    ids = almaty["substations"]["substation_id"]
    levels = almaty["buses"].groupby("substation_id")["vn_kv"].apply(lambda vn: tuple(sorted(vn, reverse=True)))
    assert levels["issyk_220"] == (220.0, 110.0, 10.0)
    assert [levels[key] for key in ids[ids.str.startswith("issyk_110_")]] == [(110.0, 35.0, 10.0)] * 5
    assert [levels[key] for key in ids[ids.str.startswith("issyk_35_")]] == [(35.0, 10.0)] * 13


def test_documented_double_line_is_the_only_infeed_of_four_substations(almaty: NetworkTables) -> None:
    lines = almaty["lines"]
    documented = lines["name"].str.contains("110A|111A")
    assert documented.sum() == 10
    for key in ("sayran_59a", "adk_102a", "geologostroy_6a", "yuzhnaya_43a"):
        ends = (lines["from_bus_id"] == f"{key}.110") | (lines["to_bus_id"] == f"{key}.110")
        assert ends.sum() == 4
        assert documented[ends].all()
