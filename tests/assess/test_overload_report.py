"""Tables of the overload report by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from gridsim.assess.limits import watch_list
from gridsim.assess.overload_report import episode_table, ranking_table, yearly_table
from gridsim.results.layout import OVERLOADS, RANKING, YEARLY
from gridsim.scenario.horizon import Horizon
from tests.support.hand_made import constant, elements, rule

HORIZON = Horizon(from_year=2026, to_year=2027)
WATCHES = watch_list(elements(), [rule("nameplate", constant(100.0)), rule("emergency", constant(130.0))])
NEW_YEAR = 8760
CUT_COLUMNS = ["episode", "cut_step", "mvah_before"]


def raw(*rows: tuple[int, int, int, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["watch", "start_step", "stop_step", "peak_percent", "overload_mvah"])
    return frame.astype({"watch": np.int64, "start_step": np.int64, "stop_step": np.int64})


def watch(name: str, limit: str) -> int:
    for position, (column, rule_pos) in enumerate(zip(WATCHES.column_pos, WATCHES.rule_pos, strict=True)):
        if WATCHES.elements["element"].iloc[column].endswith(name) and WATCHES.rules[rule_pos].name == limit:
            return position
    raise KeyError(name, limit)


def test_episode_table_has_times_and_the_columns_of_the_layout() -> None:
    table = episode_table(raw((watch("a_one:mv", "nameplate"), 5, 9, 104.0, 7.5)), WATCHES, HORIZON)
    assert tuple(table.columns) == OVERLOADS.column_names
    row = table.iloc[0]
    assert (row["element_type"], row["name"], row["winding"], row["limit"]) == ("trafo3w", "a_one", "mv", "nameplate")
    assert row["start_utc"] == dt.datetime(2026, 1, 1, 0, tzinfo=dt.UTC)
    assert row["end_utc"] - row["start_utc"] == pd.Timedelta(hours=4)
    assert row["duration_h"] == 4.0


def test_hours_across_new_year_go_to_the_year_they_fall_in() -> None:
    episodes = episode_table(
        raw((watch("t_one", "nameplate"), NEW_YEAR - 3, NEW_YEAR + 2, 120.0, 9.0)), WATCHES, HORIZON
    )
    cuts = pd.DataFrame([(0, NEW_YEAR - 1, 4.0), (0, NEW_YEAR, 7.0)], columns=CUT_COLUMNS)
    table = yearly_table(episodes, cuts, HORIZON)
    assert tuple(table.columns) == YEARLY.column_names
    columns = ["year", "episodes", "hours", "overload_mvah"]
    assert table[columns].to_numpy().tolist() == [[2026, 1, 3.0, 7.0], [2027, 0, 2.0, 2.0]]


def test_ranking_takes_the_first_rule_and_the_worst_winding() -> None:
    episodes = episode_table(
        raw(
            (watch("a_one:mv", "nameplate"), 2, 4, 110.0, 3.0),
            (watch("t_one", "nameplate"), 3, 6, 140.0, 20.0),
            (watch("t_one", "emergency"), 4, 5, 140.0, 1.0),
            (watch("t_one", "nameplate"), 9, 10, 101.0, 0.5),
            (watch("a_one:hv", "nameplate"), 20, 22, 105.0, 2.0),
            (watch("l_one", "line_continuous"), 20, 22, 300.0, 500.0),
        ),
        WATCHES,
        HORIZON,
    )
    worst = np.array([140.0, 60.0, 105.0, 110.0, np.nan, 300.0])
    table = ranking_table(episodes, WATCHES, worst, np.array([2.0, 1.0, 2.0, 2.0, 2.0, 2.0]))
    assert tuple(table.columns) == RANKING.column_names
    assert table[["rank", "name", "winding", "limit", "episodes", "hours"]].to_numpy().tolist() == [
        [1, "t_one", "", "nameplate", 2, 4.0],
        [2, "a_one", "mv", "nameplate", 1, 2.0],
        [3, "t_two", "", "nameplate", 0, 0.0],
    ]
    assert table["overload_mvah"].tolist() == pytest.approx([20.5, 3.0, 0.0])
    assert table["failed_h"].tolist() == [2.0, 2.0, 1.0]
    assert pd.isna(table["first_overload_utc"].iloc[2])


def test_run_without_overload_gives_empty_tables_and_a_full_ranking() -> None:
    episodes = episode_table(raw(), WATCHES, HORIZON)
    assert tuple(episodes.columns) == OVERLOADS.column_names
    assert len(episodes) == 0
    assert len(yearly_table(episodes, pd.DataFrame(columns=CUT_COLUMNS), HORIZON)) == 0
    worst = np.array([np.nan, 60.0, 50.0, 55.0, 20.0, 30.0])
    ranking = ranking_table(episodes, WATCHES, worst, np.zeros(6))
    assert ranking["name"].tolist() == ["t_two", "a_one", "t_one"]
    assert ranking["hours"].tolist() == [0.0, 0.0, 0.0]
