"""Hourly air temperatures of a scenario: what a file may say, and how it is laid on the years of a horizon."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import ScenarioError
from gridsim.scenario import load_scenario

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"
HOUR = pd.Timedelta(hours=1)


def scenario_file(folder: Path, more: str, years: tuple[int, int] = (2027, 2028)) -> Path:
    file = folder / "case.toml"
    file.write_text(
        f'extends = "{REFERENCE.as_posix()}"\n[horizon]\nfrom_year = {years[0]}\nto_year = {years[1]}\n{more}',
        encoding="utf-8",
    )
    return file


def named(folder: Path, content: str | bytes, more: str = "", **options: tuple[int, int]) -> Path:
    """A scenario that names a file of air temperatures with this content."""
    (folder / "air.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return scenario_file(folder, f'[profiles.ambient]\nfile = "air.csv"\n{more}', **options)


def hours(first: pd.Timestamp, n_hour: int, column: str = "time_local") -> tuple[str, list[pd.Timestamp]]:
    """A table whose temperatures tell month, day and hour, and its times."""
    moments = [first + number * HOUR for number in range(n_hour)]
    rows = [f"{moment:%Y-%m-%dT%H:%M},{told(moment)}" for moment in moments]
    return "\n".join([f"{column},temp_c", *rows, ""]), moments


def told(moment: pd.Timestamp) -> float:
    return round(moment.month + moment.day / 100.0 + moment.hour / 10000.0 - 20.0, 4)


def local_hours(from_year: int, to_year: int) -> list[pd.Timestamp]:
    first, n_day = pd.Timestamp(from_year, 1, 1), (pd.Timestamp(to_year + 1, 1, 1) - pd.Timestamp(from_year, 1, 1)).days
    return [first + number * HOUR for number in range(24 * n_day)]


def laid(file: Path) -> list[float]:
    scenario = load_scenario(file)
    assert scenario.ambient is not None
    found = scenario.ambient.on_days(scenario.horizon, scenario.profiles.ambient.coverage)
    assert found.shape == (scenario.horizon.n_day, 24)
    return [float(value) for value in found.reshape(-1)]


def refusal(file: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    return str(caught.value)


def test_every_hour_of_the_horizon_is_taken_from_a_longer_file(tmp_path: Path) -> None:
    content, _ = hours(pd.Timestamp(2026, 12, 1), 24 * 800)
    assert laid(named(tmp_path, content)) == [told(moment) for moment in local_hours(2027, 2028)]


@pytest.mark.parametrize("mark", ["", "Z", "+00:00", ":00Z"])
def test_hours_in_utc_are_moved_to_local_time(tmp_path: Path, mark: str) -> None:
    content, _ = hours(pd.Timestamp(2026, 12, 31, 19), 24 * 365, "time_utc")
    file = named(
        tmp_path, content.replace(",", mark + ",").replace(f"time_utc{mark},", "time_utc,"), years=(2027, 2027)
    )
    assert laid(file) == [told(moment - 5 * HOUR) for moment in local_hours(2027, 2027)]


@pytest.mark.parametrize(
    ("first", "n_day", "has_29_february"),
    [
        (pd.Timestamp(2019, 1, 1), 365, False),
        (pd.Timestamp(2020, 1, 1), 366, True),
        (pd.Timestamp(2020, 7, 3, 11), 365, False),
        (pd.Timestamp(2019, 7, 3, 11), 366, True),
    ],
)
def test_a_typical_year_stands_for_all_years(
    tmp_path: Path, first: pd.Timestamp, n_day: int, has_29_february: bool
) -> None:
    content, _ = hours(first, 24 * n_day)
    found = laid(named(tmp_path, content, 'coverage = "typical_year"'))
    wanted = []
    for moment in local_hours(2027, 2028):
        is_made_up = (moment.month, moment.day) == (2, 29) and not has_29_february
        wanted.append(told(moment - 24 * HOUR if is_made_up else moment))
    assert found == wanted


def test_the_digest_of_the_file_stands_beside_those_of_the_scenario(tmp_path: Path) -> None:
    content, _ = hours(pd.Timestamp(2027, 1, 1), 24 * 731)
    scenario = load_scenario(named(tmp_path, content))
    assert scenario.digests["air.csv"] == hashlib.sha256(content.encode()).hexdigest()


GOOD_ROW = "2026-12-31T23:00,-3.5"
WRONG = {
    "not a number": (f"time_local,temp_c\n{GOOD_ROW}\n2027-01-01T00:00,warm\n", ["row 3", "column temp_c", "'warm'"]),
    "decimal comma": (f'time_local,temp_c\n{GOOD_ROW}\n2027-01-01T00:00,"1,5"\n', ["row 3", "'1,5'", "Write 1.5"]),
    "empty cell": (f"time_local,temp_c\n{GOOD_ROW}\n2027-01-01T00:00,\n", ["row 3", "column temp_c", "empty"]),
    "kelvin": ("time_local,temp_c\n2026-12-31T23:00,269.5\n", ["row 2", "'269.5'", "from -80 to 70"]),
    "not a time": ("time_local,temp_c\nnoon,1\n", ["row 2", "column time_local", "'noon'", "2026-01-01T00:00"]),
    "half hour": ("time_utc,temp_c\n2027-01-01T00:30,1\n", ["row 2", "column time_utc", "full hour"]),
    "offset in local time": ("time_local,temp_c\n2027-01-01T00:00Z,1\n", ["'2027-01-01T00:00Z'", "offset from UTC"]),
    "offset in UTC": ("time_utc,temp_c\n2027-01-01T00:00+05:00,1\n", ["+05:00", "offset from UTC", "(UTC)"]),
    "gap": (f"time_local,temp_c\n{GOOD_ROW}\n2027-01-01T02:00,1\n", ["row 3", "3 hours after", "fill gaps"]),
    "twice": (f"time_local,temp_c\n{GOOD_ROW}\n{GOOD_ROW}\n", ["row 3", "0 hours after"]),
    "backwards": (f"time_local,temp_c\n{GOOD_ROW}\n2026-12-31T22:00,1\n", ["row 3", "-1 hours after"]),
    "semicolons": ("time_local;temp_c\n2027-01-01T00:00;1\n", ["row 1", "semicolons"]),
    "other column": ("time_local,temp_c,wind\n2027-01-01T00:00,1,3\n", ["'wind'", "temp_c and one of time_utc"]),
    "no time": ("temp_c\n1\n", ["column time_utc", "missing", "temp_c and one of time_utc"]),
    "both clocks": ("time_utc,time_local,temp_c\n2027-01-01T00:00,2027-01-01T05:00,1\n", ["time_local", "one of"]),
    "ragged": ("time_local,temp_c\n2027-01-01T00:00,1,5\n", ["row 2", "3 cells, the header 2"]),
    "empty": ("", ["the file is empty"]),
    "header alone": ("time_local,temp_c\n", ["no hours"]),
    "not text": (b"time_local,temp_c\n2027-01-01T00:00,\xff\n", ["row 2", "not UTF-8"]),
    "too short": (f"time_local,temp_c\n{GOOD_ROW}\n", ["'profiles.ambient.file'", "2026-12-31T23:00", "typical_year"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_file_row_column_value_and_remedy(tmp_path: Path, case: str) -> None:
    content, words = WRONG[case]
    message = refusal(named(tmp_path, content))
    assert "air.csv" in message
    for word in words:
        assert word in message


def test_a_column_of_wrong_values_is_told_in_short(tmp_path: Path) -> None:
    content, _ = hours(pd.Timestamp(2027, 1, 1), 1000)
    message = refusal(named(tmp_path, content.replace(",-", ",minus ")))
    assert message.startswith("1,000 problems")
    assert len(message.splitlines()) == 22
    assert "and 980 more" in message


@pytest.mark.parametrize(("first", "n_hour"), [(pd.Timestamp(2019, 1, 1), 8759), (pd.Timestamp(2020, 1, 1), 8760)])
def test_a_typical_year_is_a_whole_one(tmp_path: Path, first: pd.Timestamp, n_hour: int) -> None:
    content, _ = hours(first, n_hour)
    message = refusal(named(tmp_path, content, 'coverage = "typical_year"'))
    assert f"{n_hour:,} hours" in message
    assert "every hour of one year once" in message


def test_a_leap_day_too_many_is_refused(tmp_path: Path) -> None:
    content, _ = hours(pd.Timestamp(2018, 1, 1), 8784)
    assert "every hour of one year once" in refusal(named(tmp_path, content, 'coverage = "typical_year"'))


def test_surprising_files_are_refused(tmp_path: Path) -> None:
    def asked(name: str) -> str:
        return refusal(scenario_file(tmp_path, f'[profiles.ambient]\nfile = "{name}"\n'))

    assert "there is no such file (key 'profiles.ambient.file' of" in asked("nowhere.csv")
    assert "expected a file that ends in .csv" in asked("case.toml")
    assert "expected a file that ends in .csv" in asked("/dev/zero")
    (tmp_path / "folder.csv").mkdir()
    assert "is not an ordinary file" in asked("folder.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is not an ordinary file" in asked("pipe.csv")
    with (tmp_path / "large.csv").open("wb") as large:
        large.truncate(64_000_001)
    assert "expected at most 64" in asked("large.csv")
    message = refusal(scenario_file(tmp_path, '[profiles.ambient]\ncoverage = "typical_year"\n'))
    assert "'profiles.ambient.coverage'" in message


def test_typical_year_of_constant_air_is_constant(tmp_path: Path) -> None:
    content, _ = hours(pd.Timestamp(2019, 1, 1), 8760)
    rows = [line.partition(",")[0] + ",21.5" for line in content.splitlines()[1:]]
    file = named(tmp_path, "\n".join(["time_local,temp_c", *rows]), 'coverage = "typical_year"')
    assert np.all(np.array(laid(file)) == 21.5)
