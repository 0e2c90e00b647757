"""What each rule says of each column, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridsim.assess.limits import watch_list
from gridsim.assess.overload_report import episode_table
from gridsim.assess.verdicts import verdict_counts, verdict_table
from gridsim.results.layout import VERDICTS
from gridsim.scenario.horizon import Horizon
from tests.support.hand_made import constant, elements, rule

HORIZON = Horizon(from_year=2026, to_year=2026)
STRICT, MILD = rule("strict", constant(100.0)), rule("mild", constant(130.0), derivation="inferred: by hand")
WATCHES = watch_list(elements(), [STRICT, MILD])
WORST = np.array([140.0, 60.0, 105.0, 95.0, np.nan, 20.0])
FAILED_H = np.array([2.0, 0.0, 0.0, 3.0, 0.0, 1.0])


@pytest.fixture
def verdicts() -> pd.DataFrame:
    # Watches 0 and 1 are those of t_one (strict, mild), watch 4 the strict one of a_one's hv winding.
    raw = pd.DataFrame(
        [(0, 10, 14, 140.0, 8.0), (0, 20, 21, 110.0, 1.0), (1, 11, 12, 140.0, 2.0), (4, 5, 6, 105.0, 3.0)],
        columns=["watch", "start_step", "stop_step", "peak_percent", "overload_mvah"],
    )
    return verdict_table(episode_table(raw, WATCHES, HORIZON), WATCHES, WORST, FAILED_H)


def test_every_watch_has_a_row_with_its_rule_and_edition(verdicts: pd.DataFrame) -> None:
    assert tuple(verdicts.columns) == VERDICTS.column_names
    assert len(verdicts) == 5 * 2 + 1
    assert verdicts["limit"].tolist() == [*5 * ["strict", "mild"], "line_continuous"]
    assert set(verdicts["edition"].iloc[:10]) == {"test, 1st edition"}
    assert verdicts["is_verified"].tolist() == [*10 * [False], True]
    assert verdicts["is_inferred"].tolist() == [*5 * [False, True], False]


def test_a_broken_rule_is_violated_and_an_unsolved_hour_makes_the_rest_unknown(verdicts: pd.DataFrame) -> None:
    said = verdicts.set_index(["name", "winding", "limit"])["verdict"]
    assert said["t_one", "", "strict"] == "violated"
    assert said["t_one", "", "mild"] == "violated"
    assert said["t_two", "", "strict"] == "ok"
    assert said["a_one", "hv", "strict"] == "violated"
    assert said["a_one", "hv", "mild"] == "ok"
    assert said["a_one", "mv", "strict"] == "unknown"
    assert said["l_one", "", "line_continuous"] == "unknown"


def test_numbers_are_those_of_the_episodes(verdicts: pd.DataFrame) -> None:
    row = verdicts.iloc[0]
    assert row[["episodes", "hours", "longest_h", "overload_mvah"]].tolist() == [2, 5.0, 4.0, 9.0]
    assert row["first_violation_utc"] == pd.Timestamp("2026-01-01T05:00Z")
    assert verdicts["peak_percent"].tolist()[:3] == [140.0, 140.0, 60.0]
    assert verdicts["failed_h"].tolist()[:3] == [2.0, 2.0, 0.0]
    nothing = verdicts.iloc[2]
    assert nothing[["episodes", "hours", "longest_h", "overload_mvah"]].tolist() == [0, 0.0, 0.0, 0.0]
    assert pd.isna(nothing["first_violation_utc"])


def test_units_are_counted_by_their_worst_winding_and_lines_are_not(verdicts: pd.DataFrame) -> None:
    assert verdict_counts(verdicts, STRICT) == {"unknown": 0, "violated": 2, "ok": 1}
    assert verdict_counts(verdicts, MILD) == {"unknown": 1, "violated": 1, "ok": 1}
    assert verdict_counts(verdicts, rule("nobody's", constant(1.0))) == {"unknown": 0, "violated": 0, "ok": 0}
