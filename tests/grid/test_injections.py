"""The injection plan on the tiny network, against plain loops and against itself in pieces."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import ScenarioError
from gridsim.grid.commissioning import calendar
from gridsim.grid.injections import plan_injections
from gridsim.grid.load_rows import gen_rows, load_buses, sgen_rows
from gridsim.scenario import load_scenario
from gridsim.tables import load_tables
from tests.support.injection_twin import served_load
from tests.support.tiny_network import load_tiny_network, tiny_rows, write_rows

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray
    from gridsim.grid.commissioning import CommissioningCalendar
    from gridsim.grid.injections import InjectionPlan
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"
TINY = """
[horizon]
from_year = 2026
to_year = 2028

[demand.almaty_region]
knots_mw = { 2025 = 6.0, 2030 = 9.0 }
growth_by_place = {}

[demand.almaty_city]
reading = "mean"
knots_mw = { 2025 = 24.0, 2030 = 40.0 }
growth_by_place = { Tinytown = 0.5 }
"""


@dataclasses.dataclass(frozen=True)
class Case:
    tables: NetworkTables
    scenario: Scenario
    dates: CommissioningCalendar
    plan: InjectionPlan

    def mask(self, *missing: str) -> BoolArray:
        return ~self.tables["buses"]["bus_id"].isin(missing).to_numpy()

    def column(self, bus: str) -> int:
        return load_buses(self.tables).index(bus)


def make_case(folder: Path, more: str = "", tables: NetworkTables | None = None) -> Case:
    file = folder / "tiny.toml"
    file.write_text(f'extends = "{REFERENCE.as_posix()}"\n{TINY}{more}', encoding="utf-8")
    scenario = load_scenario(file)
    found = load_tiny_network(folder / "network") if tables is None else tables
    dates = calendar(found, scenario)
    return Case(found, scenario, dates, plan_injections(found, scenario, dates, scenario.horizon.time_utc()))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return make_case(tmp_path_factory.mktemp("tiny"))


def step_of(case: Case, date: str) -> int:
    return case.scenario.horizon.step_at(pd.Timestamp(date))


def test_rows_are_those_of_the_net(case: Case) -> None:
    assert load_buses(case.tables) == ["west_10", "town_10", "new_10"]
    assert gen_rows(case.tables) == ["neighbour", "chp"]
    assert sgen_rows(case.tables) == ["solar"]
    found = case.plan.element_profiles(0, 48, case.mask())
    assert {key: values.shape for key, values in found.items()} == {
        ("load", "p_mw"): (48, 3),
        ("load", "q_mvar"): (48, 3),
        ("gen", "p_mw"): (48, 2),
        ("sgen", "p_mw"): (48, 1),
        ("sgen", "q_mvar"): (48, 1),
    }
    for values in found.values():
        assert values.flags.c_contiguous
        assert np.isfinite(values).all()


@pytest.mark.parametrize("missing", [(), ("new_10",)])
@pytest.mark.parametrize("date", ["2026-01-01 00:00", "2026-10-01 07:00", "2027-05-31 23:00", "2027-06-01 00:00"])
def test_load_at_every_busbar_is_what_plain_loops_say(case: Case, date: str, missing: tuple[str, ...]) -> None:
    step = step_of(case, date)
    mask = case.mask(*missing)
    found = case.plan.element_profiles(step, step + 1, mask)
    in_service = dict(zip(case.tables["buses"]["bus_id"], mask, strict=True))
    expected = served_load(case.tables, case.scenario, case.plan, step, in_service, case.dates.dates)
    for bus in load_buses(case.tables):
        p_mw, q_mvar = expected.get(bus, (0.0, 0.0))
        assert found["load", "p_mw"][0, case.column(bus)] == pytest.approx(p_mw, rel=1e-12)
        assert found["load", "q_mvar"][0, case.column(bus)] == pytest.approx(q_mvar, rel=1e-12)


def test_load_moves_on_the_day_of_the_project_and_only_to_a_busbar_in_service(case: Case) -> None:
    day = step_of(case, "2027-06-01")
    found = case.plan.element_profiles(day - 24, day + 24, case.mask())["load", "p_mw"][:, case.column("new_10")]
    late = case.plan.element_profiles(day - 24, day + 24, case.mask("new_10"))["load", "p_mw"]
    project = case.plan.investors.projects[0]
    investor = case.plan.investors.power_mw(project, day - 24, day + 24)
    assert found[:24] == pytest.approx(investor[:24], rel=1e-12)  # only the investor, who goes where a busbar is
    assert (found[24:] > investor[24:] + 5.0).all()
    assert (late[:, case.column("new_10")] == 0.0).all()


def test_moving_load_neither_makes_nor_loses_any(case: Case) -> None:
    n_step = case.scenario.horizon.n_step
    moved = case.plan.element_profiles(0, n_step, case.mask())
    stayed = case.plan.element_profiles(0, n_step, case.mask("new_10"))
    for column in ("p_mw", "q_mvar"):
        sums = stayed["load", column].sum(axis=1)
        assert np.abs(moved["load", column].sum(axis=1) / sums - 1.0).max() < 1e-14
    demand = sum(area.p_mw.sum(axis=0) for area in case.plan.areas)
    investors = sum(case.plan.investors.area_mw(area, n_step) for area in ("almaty_region", "almaty_city"))
    assert np.abs(moved["load", "p_mw"].sum(axis=1) / (demand + investors) - 1.0).max() < 1e-13


@pytest.mark.parametrize("cuts", [(0, 1, 2, 3000, 12383, 12384, 12385, 26304), (0, 5000, 26304)])
def test_blocks_have_the_bits_of_the_whole(case: Case, cuts: tuple[int, ...]) -> None:
    whole = case.plan.element_profiles(0, cuts[-1], case.mask())
    parts = [case.plan.element_profiles(a, b, case.mask()) for a, b in pairwise(cuts)]
    for key, values in whole.items():
        assert np.array_equal(np.concatenate([part[key] for part in parts]), values)


def test_a_shorter_horizon_has_the_bits_of_the_long_one(case: Case, tmp_path: Path) -> None:
    short = make_case(tmp_path, tables=case.tables)
    scenario = dataclasses.replace(
        short.scenario, horizon=dataclasses.replace(short.scenario.horizon, from_year=2028, to_year=2028)
    )
    plan = plan_injections(case.tables, scenario, case.dates, scenario.horizon.time_utc())
    first = case.scenario.horizon.first_step(2028)
    whole = case.plan.element_profiles(first, case.scenario.horizon.n_step, case.mask())
    for key, values in plan.element_profiles(0, scenario.horizon.n_step, case.mask()).items():
        assert np.array_equal(values, whole[key])


def test_exchanges_feed_their_share_of_what_plants_in_service_leave(case: Case) -> None:
    for date, plants in (("2026-07-01 12:00", ("chp",)), ("2026-10-01 12:00", ("chp", "solar"))):
        step = step_of(case, date)
        found = case.plan.element_profiles(step, step + 1, case.mask())
        local = {"chp": found["gen", "p_mw"][0, 1], "solar": found["sgen", "p_mw"][0, 0]}
        assert local["solar"] > 0.0  # given although not yet in service in July
        deficit = found["load", "p_mw"].sum() - sum(local[plant] for plant in plants)
        assert found["gen", "p_mw"][0, 0] == pytest.approx(0.25 * deficit, rel=1e-12)


def test_exchanges_do_not_count_load_at_busbars_out_of_service(case: Case) -> None:
    step = step_of(case, "2026-07-01 12:00")
    found = case.plan.element_profiles(step, step + 1, case.mask("west_10"))
    served = found["load", "p_mw"][0, 1:].sum()
    assert found["load", "p_mw"][0, 0] > 0.0
    assert found["gen", "p_mw"][0, 0] == pytest.approx(0.25 * (served - found["gen", "p_mw"][0, 1]), rel=1e-12)


@pytest.mark.parametrize(("limit", "bounds"), [("1.5", (-1.5, 1.5)), ("", (-np.inf, np.inf))])
def test_exchanges_stop_at_their_limit(tmp_path: Path, limit: str, bounds: tuple[float, float]) -> None:
    rows = tiny_rows()
    rows["external_grids"][1]["p_max_mw"] = limit
    write_rows(tmp_path / "changed", rows)
    case = make_case(tmp_path, tables=load_tables(tmp_path / "changed"))
    exchange = case.plan.element_profiles(0, 8760, case.mask())["gen", "p_mw"][:, 0]
    assert exchange.min() >= bounds[0]
    assert exchange.max() == pytest.approx(min(bounds[1], exchange.max()))
    if limit:
        assert (exchange == 1.5).any()
    else:
        assert exchange.max() > 1.5


def test_summary_gives_means_and_peaks_by_month(case: Case) -> None:
    summary = case.plan.demand_summary()
    assert list(summary.columns) == ["year", "month", "area", "sector", "mean_mw", "peak_mw"]
    assert set(summary["sector"]) == {"residential", "commerce", "industry", "investors:food"}
    assert len(summary) == 36 * 4
    area = next(area for area in case.plan.areas if area.area == "almaty_city")
    row = [str(sector) for sector in area.sectors].index("residential")
    start, stop = step_of(case, "2027-02-01"), step_of(case, "2027-03-01")
    own = area.p_mw[row, start:stop]
    found = summary.query("year == 2027 and month == 2 and area == 'almaty_city' and sector == 'residential'").iloc[0]
    assert found["mean_mw"] == pytest.approx(own.mean(), rel=1e-12)
    assert found["peak_mw"] == own.max()
    before = summary.query("year == 2026 and month == 9 and sector == 'investors:food'")
    assert before["peak_mw"].iloc[0] == 0.0


def test_area_summary_adds_up(case: Case) -> None:
    summary = case.plan.area_summary().set_index(["year", "area"])
    for year in (2026, 2027, 2028):
        parts = summary.loc[(year, ["almaty_region", "almaty_city"]), :]
        assert summary.loc[(year, "all"), "mean_mw"] == pytest.approx(parts["mean_mw"].sum(), rel=1e-12)
        assert summary.loc[(year, "all"), "peak_mw"] <= parts["peak_mw"].sum()
    city = case.scenario.demand.almaty_city.knots_mw.at(np.array([2027]))[0]
    assert summary.loc[(2027, "almaty_city"), "mean_mw"] == pytest.approx(city, rel=1e-9)


def test_temperature_of_every_step_is_at_hand(case: Case) -> None:
    assert case.plan.ambient_temp_c.shape == (case.scenario.horizon.n_step,)
    july = case.plan.ambient_temp_c[step_of(case, "2027-07-01") : step_of(case, "2027-08-01")]
    assert july.mean() == pytest.approx(25.7, abs=3.0)


def test_steps_outside_the_horizon_are_refused(case: Case) -> None:
    with pytest.raises(IndexError, match="26304"):
        case.plan.element_profiles(0, 26305, case.mask())
    assert case.plan.element_profiles(5, 5, case.mask())["load", "p_mw"].shape == (0, 3)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("growth_by_place = { Tinytwn = 0.5 }", ["growth_by_place", "'Tinytwn'", "'Tinytown'"]),
        ("[investors]\nexclude = ['i2']", ["investors.exclude", "'i2'", "i1"]),
        ("[investors.overrides.i2]\nslip_months = 1", ["investors.overrides", "'i2'"]),
        (
            "[demand.outside]\nreading = 'mean'\nknots_mw = { 2025 = 5.0 }\nincludes_investors = false\n"
            "month_shape = 'south_zone'\nday_shape = 'south_zone'",
            ["demand.outside", "no load"],
        ),
    ],
)
def test_what_the_tables_do_not_have_is_refused(tmp_path: Path, more: str, words: list[str]) -> None:
    # The first case is a key of the last table of TINY.
    text = TINY.replace("growth_by_place = { Tinytown = 0.5 }\n", "") if more.startswith("growth") else TINY
    file = tmp_path / "tiny.toml"
    file.write_text(f'extends = "{REFERENCE.as_posix()}"\n{text}{more}\n', encoding="utf-8")
    tables = load_tiny_network(tmp_path / "network")
    scenario = load_scenario(file)
    with pytest.raises(ScenarioError) as caught:
        plan_injections(tables, scenario, calendar(tables, scenario), scenario.horizon.time_utc())
    for word in ["tiny.toml", *words]:
        assert word in str(caught.value)


def test_areas_sectors_and_profiles_of_the_tables_must_be_stated(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path / "network")
    tables["substations"].loc[tables["substations"]["substation_id"] == "west", "area"] = "outside"
    tables["investors"]["profile"] = "casino"
    file = tmp_path / "tiny.toml"
    file.write_text(f'extends = "{REFERENCE.as_posix()}"\n{TINY}', encoding="utf-8")
    scenario = load_scenario(file)
    no_commerce = tuple(sector for sector in scenario.profiles.sectors if sector.sector != "commerce")
    scenario = dataclasses.replace(scenario, profiles=dataclasses.replace(scenario.profiles, sectors=no_commerce))
    with pytest.raises(ScenarioError) as caught:
        plan_injections(tables, scenario, calendar(tables, scenario), scenario.horizon.time_utc())
    for words in ("'demand.outside' is missing", "6 MW", "'profiles.sectors.commerce'", "'profiles.investors.casino'"):
        assert words in str(caught.value)
