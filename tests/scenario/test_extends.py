"""A file that extends another one: tables are merged, lists and shares are replaced, every byte is on record."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.enums import Area, ForecastReading, Programme, Sector
from gridsim.scenario import load_scenario
from gridsim.scenario.knots import ShareKnots, YearKnots
from gridsim.scenario.model import CommissioningOptions

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """Write child.toml, which extends folder/parent.toml, which extends the reference case."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "parent.toml").write_text(
        f"""
extends = "{REFERENCE.as_posix()}"
network_folder = "grid"
seed = 7

[investors]
exclude = ["a", "b"]

[investors.overrides.p1]
slip_months = 6
ramp_months = 12

[commissioning.slip_months_by_programme]
government_15 = 12
alatau_11 = 6

[demand.almaty_city]
knots_mw = {{ 2025 = 900.0, 2035 = 1500.0 }}
""",
        encoding="utf-8",
    )
    child = tmp_path / "child.toml"
    child.write_text(
        """
extends = "folder/parent.toml"
name = "child"

[investors]
exclude = ["c"]

[investors.overrides.p1]
ramp_months = 24

[commissioning.slip_months_by_programme]
alatau_11 = 18

[demand.almaty_city]
knots_mw = { 2025 = 950.0 }
""",
        encoding="utf-8",
    )
    return child


def test_tables_merge_and_lists_are_replaced(chain: Path) -> None:
    scenario = load_scenario(chain)
    assert scenario.name == "child"
    assert scenario.seed == 7
    assert scenario.investors.exclude == ("c",)
    override = scenario.investors.override_of("p1")
    assert (override.slip_months, override.ramp_months, override.p_max_mw) == (6, 24, None)
    assert dict(scenario.commissioning.slip_months_by_programme) == {"government_15": 12, "alatau_11": 18}


def test_knots_are_one_value(chain: Path) -> None:
    scenario = load_scenario(chain)
    assert scenario.demand.almaty_city.knots_mw == YearKnots((2025,), (950.0,))
    assert scenario.demand.almaty_region == load_scenario(REFERENCE).demand.almaty_region


def test_a_path_is_relative_to_the_file_that_states_it(chain: Path) -> None:
    assert load_scenario(chain).network_folder == chain.parent / "folder" / "grid"


def test_every_file_is_on_record(chain: Path) -> None:
    scenario = load_scenario(chain)
    names = [Path(name).name for name in scenario.digests]
    assert names == ["child.toml", "parent.toml", "reference.toml"]
    for name, digest in scenario.digests.items():
        assert hashlib.sha256((chain.parent / name).read_bytes()).hexdigest() == digest
    assert scenario.source_files[0] == chain


def test_years_of_the_caller_replace_those_of_the_file() -> None:
    scenario = load_scenario(REFERENCE, from_year=2030, to_year=2031)
    assert scenario.horizon.years == (2030, 2031)
    assert load_scenario(REFERENCE, to_year=2030).horizon.years[0] == 2026


def test_a_scenario_cannot_be_changed() -> None:
    scenario = load_scenario(REFERENCE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.seed = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        scenario.digests["x"] = "y"  # type: ignore[index]
    with pytest.raises(TypeError):
        scenario.profiles.sectors[0].mix["flat"] = 1.0  # type: ignore[index]


def test_horizon_counts_local_hours() -> None:
    horizon = load_scenario(REFERENCE).horizon
    time_utc = horizon.time_utc()
    # 25 years with the leap years 2028, 2032, 2036, 2040, 2044, 2048.
    assert horizon.n_step == len(time_utc) == 219_144 == (25 * 365 + 6) * 24
    assert time_utc[0] == pd.Timestamp("2025-12-31 19:00", tz="UTC")
    assert time_utc[-1] == pd.Timestamp("2050-12-31 18:00", tz="UTC")
    local = time_utc.tz_convert("Asia/Almaty")
    assert local[0].hour == 0
    for year in (2026, 2028, 2029, 2050):
        assert local[horizon.first_step(year)] == pd.Timestamp(year, 1, 1, tz="Asia/Almaty")
    assert horizon.first_step(2051) == horizon.n_step


@pytest.mark.parametrize("resolution_h", [1, 2, 3, 4, 6, 8, 12, 24])
def test_steps_tile_local_days(resolution_h: int) -> None:
    horizon = dataclasses.replace(load_scenario(REFERENCE, to_year=2028).horizon, resolution_h=resolution_h)
    time_utc = horizon.time_utc()
    assert len(time_utc) == horizon.n_step == 1096 * 24 // resolution_h
    assert set(np.diff(time_utc.to_numpy())) == {np.timedelta64(resolution_h, "h")}
    moment = pd.Timestamp(2027, 5, 6, 12)
    step = horizon.step_at(moment)
    assert time_utc[step] >= moment.tz_localize("Asia/Almaty") > time_utc[step - 1]
    assert horizon.step_at(moment.tz_localize("Asia/Almaty").tz_convert("UTC")) == step


def test_step_at_lies_outside_for_times_outside() -> None:
    horizon = load_scenario(REFERENCE, from_year=2030, to_year=2030).horizon
    assert horizon.step_at(pd.Timestamp(2029, 12, 31)) == -24
    assert horizon.step_at(pd.Timestamp(2031, 1, 2)) == horizon.n_step + 24


def test_knots_are_straight_lines_that_grow_on() -> None:
    knots = YearKnots((2025, 2030), (100.0, 200.0))
    found = knots.at(np.array([2024, 2025, 2027, 2030, 2032]), 10.0)
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([100.0, 140.0, 200.0, 242.0], rel=1e-14)


def test_shares_are_straight_lines_that_stay() -> None:
    shares = ShareKnots((2025, 2035), ({Sector.commerce: 0.2, Sector.food: 0.8}, {Sector.commerce: 1.0}))
    years = np.array([2020, 2025, 2030, 2040])
    assert shares.at(Sector.commerce, years) == pytest.approx([0.2, 0.2, 0.6, 1.0])
    assert shares.at(Sector.food, years) == pytest.approx([0.8, 0.8, 0.4, 0.0])
    assert shares.at(Sector.industry, years) == pytest.approx([0.0] * 4)


def test_slips_keep_the_day_of_the_month() -> None:
    options = CommissioningOptions(
        cancelled_projects=("gone",),
        cancelled_programmes=(Programme.reinforcement,),
        slip_months_by_programme={"alatau_11": 18},
        slip_months_by_project={"special": -1},
    )
    planned = pd.Timestamp(2026, 12, 15)
    assert options.effective_date("other", "alatau_11", planned) == pd.Timestamp(2028, 6, 15)
    assert options.effective_date("special", "alatau_11", planned) == pd.Timestamp(2026, 11, 15)
    assert options.effective_date("other", "government_15", planned) == planned
    assert options.effective_date("gone", "alatau_11", planned) is None
    assert options.effective_date("other", "reinforcement", planned) is None


def test_an_area_may_be_absent() -> None:
    demand = load_scenario(REFERENCE).demand
    assert list(demand.areas) == [Area.almaty_region, Area.almaty_city]
    assert demand.outside is None
    assert demand.almaty_region.reading is ForecastReading.mean
