"""Investor projects: dates, ramps, profiles that never pass full output."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.enums import InvestorPool
from gridsim.grid.investor_load import investor_shape, plan_investors
from gridsim.grid.local_time import local_days
from gridsim.scenario import load_scenario
from gridsim.scenario.choices import InvestorProfileName
from gridsim.scenario.model import InvestorOptions, InvestorOverride
from tests.support.tiny_network import load_tiny_network

if TYPE_CHECKING:
    from gridsim.grid.investor_load import InvestorPlan
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> NetworkTables:
    """Return the tiny network: one food plant of 5 MW from 2026-10-01, from 40 % to full output in 12 months."""
    return load_tiny_network(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(REFERENCE, to_year=2028)


def planned(tables: NetworkTables, scenario: Scenario, options: InvestorOptions) -> InvestorPlan:
    days = local_days(scenario.horizon.from_year, scenario.horizon.to_year, "KZ")
    return plan_investors(tables, dataclasses.replace(scenario, investors=options), days)


def test_a_project_ramps_up_from_its_first_day(tables: NetworkTables, scenario: Scenario) -> None:
    plan = planned(tables, scenario, InvestorOptions())
    project = plan.projects[0]
    ramp = project.ramp(0, scenario.horizon.n_step)
    first, full = (scenario.horizon.step_at(pd.Timestamp(date)) for date in ("2026-10-01", "2027-10-01"))
    assert (ramp[:first] == 0.0).all()
    assert ramp[first] == pytest.approx(0.4, abs=1e-3)
    assert ramp[(first + full) // 2] == pytest.approx(0.7, abs=1e-3)
    assert (np.diff(ramp[first:full]) > 0.0).all()
    assert (ramp[full:] == 1.0).all()
    power = plan.power_mw(project, 0, scenario.horizon.n_step)
    assert power[full:].max() == pytest.approx(5.0, rel=0.01)
    assert power.max() <= 5.0


def test_coincidence_scales_every_project(tables: NetworkTables, scenario: Scenario) -> None:
    alone = planned(tables, scenario, InvestorOptions()).area_mw("almaty_region", scenario.horizon.n_step)
    together = planned(tables, scenario, InvestorOptions(coincidence=0.8))
    assert together.area_mw("almaty_region", scenario.horizon.n_step) == pytest.approx(0.8 * alone)
    assert together.area_mw("almaty_city", scenario.horizon.n_step).max() == 0.0  # new_10 is in the region


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (InvestorOptions(), "2026-10-01"),
        (InvestorOptions(slip_months=5), "2027-03-01"),
        (InvestorOptions(slip_months=5, overrides=(InvestorOverride("i1", slip_months=-2),)), "2027-01-01"),
        (
            # A stated date is final.
            InvestorOptions(slip_months=5, overrides=(InvestorOverride("i1", commissioning_date=dt.date(2026, 3, 3)),)),
            "2026-03-03",
        ),
    ],
)
def test_dates_slip(tables: NetworkTables, scenario: Scenario, options: InvestorOptions, expected: str) -> None:
    project = planned(tables, scenario, options).projects[0]
    assert project.commissioning_date == pd.Timestamp(expected)
    assert project.start_step == scenario.horizon.step_at(pd.Timestamp(expected))


def test_a_project_from_before_the_horizon_runs_from_the_first_step(tables: NetworkTables, scenario: Scenario) -> None:
    early = InvestorOverride("i1", commissioning_date=dt.date(2020, 1, 1), p_max_mw=9.0)
    plan = planned(tables, scenario, InvestorOptions(overrides=(early,)))
    assert (plan.projects[0].ramp(0, 10) == 1.0).all()
    assert plan.projects[0].p_max_mw == 9.0


def test_without_a_ramp_full_output_begins_at_once(tables: NetworkTables, scenario: Scenario) -> None:
    override = InvestorOverride("i1", ramp_months=0, initial_share=0.1)
    project = planned(tables, scenario, InvestorOptions(overrides=(override,))).projects[0]
    ramp = project.ramp(project.start_step - 1, project.start_step + 2)
    assert ramp.tolist() == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("options", "n_project"),
    [
        (InvestorOptions(), 1),
        (InvestorOptions(exclude=("i1",)), 0),
        (InvestorOptions(pools=(InvestorPool.formed_32,)), 0),
        (InvestorOptions(pools=(), include_unpooled=True), 0),
        (InvestorOptions(pools=(InvestorPool.active_20,), include_unpooled=False), 1),
    ],
)
def test_pools_and_exclusions_decide_who_comes(
    tables: NetworkTables, scenario: Scenario, options: InvestorOptions, n_project: int
) -> None:
    assert len(planned(tables, scenario, options).projects) == n_project


def test_projects_outside_the_pools_come_if_asked(tables: NetworkTables, scenario: Scenario) -> None:
    frame = tables["investors"].assign(pool="")
    unpooled = dataclasses.replace(tables, frames={**tables.frames, "investors": frame})
    assert len(planned(unpooled, scenario, InvestorOptions(pools=())).projects) == 1
    assert len(planned(unpooled, scenario, InvestorOptions(include_unpooled=False)).projects) == 0


@pytest.mark.parametrize("name", InvestorProfileName)
def test_every_profile_of_the_reference_reaches_one_and_never_passes_it(
    scenario: Scenario, name: InvestorProfileName
) -> None:
    profile = scenario.profiles.investor(name)
    assert profile is not None
    shape = investor_shape(profile, local_days(2026, 2050, "KZ"))
    assert shape.max() <= 1.0
    assert shape.max() > 0.97
    assert shape.min() >= 0.0


def test_profiles_look_like_their_names(scenario: Scenario) -> None:
    days = local_days(2027, 2027, "KZ")

    def shape(name: str) -> np.ndarray:
        profile = scenario.profiles.investor(name)
        assert profile is not None
        return investor_shape(profile, days)

    assert shape("data_centre").min() == 1.0
    resort = shape("resort")
    assert resort[np.isin(days.month, (6, 7, 8))].mean() > 1.5 * resort[np.isin(days.month, (1, 2, 11))].mean()
    tower = shape("mixed_tower")
    assert tower[days.day_type == 0][:, 10].mean() > 2.0 * tower[days.day_type == 2][:, 10].mean()
    district = shape("district")
    assert int(np.argmax(district[days.month == 1].mean(axis=0))) in {18, 19, 20}
    assert shape("industry_continuous").min() > 0.8
