"""Two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from benchmarks import ranking
from benchmarks.tables import number

if TYPE_CHECKING:
    from benchmarks.record import Record, Run


def pairs(before: Run, after: Run) -> list[tuple[Record, Record]]:
    """Return the figures that count in both runs, in the order of the first."""
    later = {record.key: record for record in after.records if ranking.counts(record)}
    return [(record, later[record.key]) for record in before.records if ranking.counts(record) and record.key in later]


def is_change(before: Record, after: Record, clock: str = "wall") -> bool:
    """Return whether the middle halves of both figures lie apart; within them a difference may be noise."""
    low_before, high_before = np.percentile(before.figures(clock), [25, 75])
    low_after, high_after = np.percentile(after.figures(clock), [25, 75])
    return bool(high_after < low_before or low_after > high_before)


def comparison(before: Run, after: Run, clock: str = "wall") -> Table:
    """Return one row per figure that both runs have; the ratio is after over before."""
    table = Table(title="after / before", title_justify="left", title_style="bold")
    for name in ("case", "phase", "subject"):
        table.add_column(name, overflow="fold")
    for name in ("threads", "before", "after", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for old, new in pairs(before, after):
        ratio = new.median(clock) / old.median(clock)
        word = ("faster" if ratio < 1.0 else "slower") if is_change(old, new, clock) else "within the spread"
        table.add_row(
            old.case,
            old.phase,
            old.label,
            str(old.threads),
            number(old.median(clock)),
            number(new.median(clock)),
            f"{ratio:.2f}",
            word,
        )
    return table
