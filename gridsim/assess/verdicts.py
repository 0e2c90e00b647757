"""What each rule says of each loading column over a run: kept, broken, or not to be known."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from gridsim.assess.overload_report import ELEMENT_KEY
from gridsim.dtypes import FLOAT
from gridsim.results.layout import UNIT_KEY, VERDICTS

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.assess.limits import WatchList
    from gridsim.dtypes import FloatArray
    from gridsim.scenario.limit_model import LimitRule

#: Verdicts from the worst on, as numbers to sort by.
VERDICT_ORDER = {"violated": 0, "unknown": 1, "ok": 2}


class Verdict(StrEnum):
    """``unknown``: no solved hour breaks the rule, and some hours in service have no solution."""

    unknown = "unknown"
    violated = "violated"
    ok = "ok"


def verdict_table(
    episodes: pd.DataFrame, watch_list: WatchList, worst_percent: FloatArray, failed_h: FloatArray
) -> pd.DataFrame:
    """Return table ``verdicts``: one row per loading column and rule that holds for it, in the order of the watches.

    Parameters
    ----------
    episodes:
        Table ``overloads``.
    watch_list:
        What was watched.
    worst_percent, failed_h:
        ``(n_column,)`` largest loading of the run (NaN: none), and hours in service without solution.
    """
    columns, rules = watch_list.column_pos, [watch_list.rules[position] for position in watch_list.rule_pos]
    table = watch_list.elements.assign(peak_percent=worst_percent, failed_h=failed_h).iloc[columns]
    table = table.assign(
        limit=[rule.name for rule in rules],
        edition=[rule.edition for rule in rules],
        is_verified=[rule.is_verified for rule in rules],
        is_inferred=[rule.is_inferred for rule in rules],
    )
    found = episodes.groupby([*ELEMENT_KEY, "limit"], as_index=False).agg(
        first_violation_utc=("start_utc", "min"),
        episodes=("start_utc", "size"),
        hours=("duration_h", "sum"),
        longest_h=("duration_h", "max"),
        overload_mvah=("overload_mvah", "sum"),
    )
    table = table.merge(found, how="left", on=[*ELEMENT_KEY, "limit"])
    for column in ("episodes", "hours", "longest_h", "overload_mvah"):
        table[column] = table[column].astype(FLOAT).fillna(0.0)
    table["verdict"] = np.where(
        table["episodes"] > 0, Verdict.violated, np.where(table["failed_h"] > 0, Verdict.unknown, Verdict.ok)
    )
    return table.astype({"episodes": np.int64})[list(VERDICTS.column_names)]


def verdict_counts(verdicts: pd.DataFrame, rule: LimitRule) -> dict[str, int]:
    """Count the transformers by what one rule says of the worst of their windings, by the words of :class:`Verdict`.

    A unit with a winding that breaks the rule is ``violated``, whatever is unknown of the others.
    """
    own = verdicts[(verdicts["limit"] == rule.name) & (verdicts["element_type"] != "line")]
    by_unit = own.groupby(UNIT_KEY)["verdict"].agg(set)
    violated = by_unit.map(lambda words: Verdict.violated in words).astype(bool)
    unknown = by_unit.map(lambda words: Verdict.unknown in words).astype(bool) & ~violated
    return {
        Verdict.unknown.value: int(unknown.sum()),
        Verdict.violated.value: int(violated.sum()),
        Verdict.ok.value: int((~violated & ~unknown).sum()),
    }
