"""Dates of projects, and plans that no longer fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import NetworkDataError, ScenarioError
from gridsim.grid.commissioning import CommissioningCalendar, calendar
from gridsim.tables import NetworkTables, load_tables
from tests.support.commissioning_options import only_commissioning
from tests.support.tiny_network import Rows, load_tiny_network, tiny_rows, write_rows

if TYPE_CHECKING:
    from pathlib import Path


def in_service(tables: NetworkTables, plan: CommissioningCalendar, day: str, table: str) -> set[str]:
    """Return the keys of ``table`` in service on ``day``."""
    state = [state for state in plan.states if state.day <= np.datetime64(day)][-1]
    return set(tables[table].iloc[:, 0][state.in_service[table]])


def deferred(plan: CommissioningCalendar) -> set[str]:
    return set(plan.deferred["element_id"])


def two_cuts() -> Rows:
    """Project p_far cuts line west_new_1, which p_new has brought, and puts substation far into it."""
    rows = tiny_rows()
    far = rows["substations"][3] | {"substation_id": "far", "name": "Tiny Far 110"}
    rows["substations"].append(far)
    for voltage in ("110", "10"):
        rows["buses"].append(rows["buses"][6] | {"bus_id": f"far_{voltage}", "substation_id": "far", "vn_kv": voltage})
    far_t1 = {"trafo_id": "far_t1", "substation_id": "far", "hv_bus_id": "far_110", "lv_bus_id": "far_10"}
    rows["trafos"].append(rows["trafos"][2] | far_t1)
    for key, start, end in (("west_far_1", "west_110", "far_110"), ("far_new_1", "far_110", "new_110")):
        rows["lines"].append(rows["lines"][4] | {"line_id": key, "name": key, "from_bus_id": start, "to_bus_id": end})
    rows["projects"].append(
        rows["projects"][1] | {"project_id": "p_far", "commissioning_date": "2029-01-01", "substation_id": "far"}
    )
    actions = (
        ("open", "trafos", "far_t1"),
        ("open", "lines", "west_far_1"),
        ("open", "lines", "far_new_1"),
        ("close", "lines", "west_new_1"),
    )
    for number, (action, table, key) in enumerate(actions):
        event = {"event_id": f"f{number}", "project_id": "p_far", "action": action}
        rows["commissioning"].append(rows["commissioning"][0] | event | {"element_table": table, "element_id": key})
    return rows


def test_planned_dates(tmp_path: Path) -> None:
    plan = calendar(load_tiny_network(tmp_path), only_commissioning())
    assert plan.dates == {
        "p_solar": pd.Timestamp("2026-09-01"),
        "p_new": pd.Timestamp("2027-06-01"),
        "p_at2": pd.Timestamp("2028-03-15"),
    }
    assert plan.cancelled == ()
    assert plan.events["event_id"].tolist() == ["e1", "e2", "e3", "e4", "e5", "e6"]
    assert plan.transfers["date"].tolist() == [pd.Timestamp("2027-06-01")]
    assert plan.deferred.empty


def test_events_are_sorted_by_the_dates_of_the_scenario(tmp_path: Path) -> None:
    options = only_commissioning(late={"p_solar": 36}, programmes_late={"government_15": 2, "generation": 99})
    plan = calendar(load_tiny_network(tmp_path), options)
    assert plan.dates["p_solar"] == pd.Timestamp("2029-09-01"), "the slip of the project replaces that of its programme"
    assert plan.dates["p_new"] == pd.Timestamp("2027-08-01")
    assert plan.events["event_id"].tolist() == ["e2", "e3", "e4", "e5", "e6", "e1"]
    assert plan.events["planned_date"].iloc[-1] == pd.Timestamp("2026-09-01")
    assert plan.events["date"].is_monotonic_increasing


def test_slip_keeps_the_day_and_may_be_negative(tmp_path: Path) -> None:
    plan = calendar(load_tiny_network(tmp_path), only_commissioning(late={"p_at2": -1}))
    assert plan.dates["p_at2"] == pd.Timestamp("2028-02-15")


def test_cancelled_project_takes_its_closings_and_transfers_with_it(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    plan = calendar(tables, only_commissioning(cancelled=("p_new",)))
    assert plan.cancelled == ("p_new",)
    assert "p_new" not in plan.dates
    assert plan.transfers.empty
    assert "west_town_2" in in_service(tables, plan, "2040-01-01", "lines")
    assert "new_110" not in in_service(tables, plan, "2040-01-01", "buses")
    assert plan.deferred.empty


def test_unknown_project_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"cancelled_projects: 'p_nwe'.*did you mean 'p_new'"):
        calendar(load_tiny_network(tmp_path), only_commissioning(cancelled=("p_nwe",)))


def test_everything_of_a_project_happens_on_its_day(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    plan = calendar(tables, only_commissioning())
    before, after = (in_service(tables, plan, day, "lines") for day in ("2027-05-31", "2027-06-01"))
    assert after - before == {"west_new_1", "new_town_1"}
    assert before - after == {"west_town_2"}
    assert "new_10" not in in_service(tables, plan, "2027-05-31", "buses")
    assert {"new_110", "new_10"} <= in_service(tables, plan, "2027-06-01", "buses")


def test_late_substation_is_no_joint_of_a_line(tmp_path: Path) -> None:
    """p_new comes after p_far: far is fed from west alone until new stands, then the ring closes."""
    tables = load_tables(write_rows(tmp_path, two_cuts()))
    plan = calendar(tables, only_commissioning(late={"p_new": 36}))
    early, late = (in_service(tables, plan, day, "lines") for day in ("2029-02-01", "2030-06-01"))
    assert early & {"west_far_1", "far_new_1", "west_town_2"} == {"west_far_1", "west_town_2"}
    assert "new_110" not in in_service(tables, plan, "2029-02-01", "buses")
    assert {"west_far_1", "far_new_1", "new_town_1"} <= late
    assert late.isdisjoint({"west_new_1", "west_town_2"}), "closed before it ever opened: never comes"
    assert deferred(plan) == {"far_new_1"}
    row = plan.deferred.iloc[0]
    assert (row["from_date"], row["until_date"]) == (pd.Timestamp("2029-01-01"), pd.Timestamp("2030-06-01"))
    assert "does not stand" in row["reason"]


def test_substation_without_supply_waits(tmp_path: Path) -> None:
    """far hangs on new alone; with new cancelled it never comes, and nothing of it is in service."""
    rows = two_cuts()
    del rows["lines"][6], rows["commissioning"][9], rows["commissioning"][7]
    tables = load_tables(write_rows(tmp_path, rows))
    plan = calendar(tables, only_commissioning(cancelled=("p_new",)))
    assert deferred(plan) == {"far_t1", "far_new_1"}
    assert plan.deferred["until_date"].isna().all()
    assert "far_110" not in in_service(tables, plan, "2040-01-01", "buses")
    assert "far_t1" not in in_service(tables, plan, "2040-01-01", "trafos")
    reasons = dict(zip(plan.deferred["element_id"], plan.deferred["reason"], strict=True))
    assert "slack" in reasons["far_t1"]


def test_substation_that_was_alive_is_not_switched_off_silently(tmp_path: Path) -> None:
    """Closing its last line leaves the busbar and its transformer in service, without supply."""
    rows = tiny_rows()
    for number, line in enumerate(("west_town_1", "new_town_1")):
        event = {"event_id": f"x{number}", "project_id": "p_at2", "action": "close", "element_id": line}
        rows["commissioning"].append(rows["commissioning"][4] | event)
    folder = write_rows(tmp_path, rows)
    with pytest.raises(NetworkDataError, match="no path of branches"):
        load_tables(folder)
    rows["load_transfers"][0]["share"] = "1"
    tables = load_tables(write_rows(tmp_path, rows))
    plan = calendar(tables, only_commissioning())
    last = plan.states[-1]
    town = tables["buses"]["bus_id"].tolist().index("town_10")
    assert last.in_service["buses"][town]
    assert not last.supplied[town]
    assert {"town_t1", "town_t2"} <= in_service(tables, plan, "2040-01-01", "trafos")


def test_home_of_load_stays_in_service_when_nothing_touches_it(tmp_path: Path) -> None:
    """All load was to move away before the old units close; with p_new cancelled it stays, and must not vanish."""
    rows = tiny_rows()
    rows["load_transfers"][0]["share"] = "1"
    rows["investors"][0]["fallback_bus_id"] = "west_10"
    for number, unit in enumerate(("town_t1", "town_t2")):
        event = {"event_id": f"x{number}", "project_id": "p_at2", "action": "close", "element_table": "trafos"}
        rows["commissioning"].append(rows["commissioning"][4] | event | {"element_id": unit})
    tables = load_tables(write_rows(tmp_path, rows))
    last = calendar(tables, only_commissioning(cancelled=("p_new",))).states[-1]
    town = tables["buses"]["bus_id"].tolist().index("town_10")
    assert last.in_service["buses"][town]
    assert not last.supplied[town]
    assert not last.in_service["trafos"].any()


def test_substation_named_by_no_project_stands_with_its_first_element(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["projects"][1]["substation_id"] = ""
    tables = load_tables(write_rows(tmp_path, rows))
    plan = calendar(tables, only_commissioning())
    assert "new_10" in in_service(tables, plan, "2027-06-01", "buses")
    assert "new_10" not in in_service(tables, plan, "2027-05-31", "buses")
