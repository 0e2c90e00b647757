"""Records as tables for a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from benchmarks import ranking, registry
from benchmarks.record import Record, Run, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.limits import Limit

RIGHT = "right"


def number(value: float) -> str:
    """Return three significant digits, thousands apart, nothing for NaN."""
    if not math.isfinite(value):
        return ""
    if abs(value) >= 1000.0:
        return f"{value:,.0f}"
    digits = 2 if value == 0.0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 4)}f}"


def distance(value: float) -> str:
    """Return a difference as a power of ten."""
    return "" if not math.isfinite(value) else f"{value:.0e}"


def spread(record: Record, clock: str) -> str:
    """Return smallest value and quartiles."""
    figures = record.figures(clock)
    if not len(figures):
        return ""
    low, high = np.percentile(figures, [25, 75])
    return f"{number(figures.min())} | {number(low)} - {number(high)}"


def shown(run: Run, case: str, phase: str, *, is_long: bool) -> list[Record]:
    """Return what a table shows: every method, or the best of each subject at each number of threads."""
    records = [record for record in run.records if record.case == case and record.phase == phase]
    if is_long:
        return records
    found: list[Record] = []
    for key in dict.fromkeys((record.subject, record.threads) for record in records):
        same = [record for record in records if (record.subject, record.threads) == key]
        winner = ranking.best(same)
        found.append(winner if winner is not None else _most_telling(same))
    return found


def _most_telling(records: list[Record]) -> Record:
    order = [Verdict.wrong, Verdict.incomplete, Verdict.failed, Verdict.not_applicable, Verdict.missing, Verdict.ok]
    return min(records, key=lambda record: order.index(record.verdict))


def tables(run: Run, *, is_long: bool = False, clock: str = "wall") -> Iterator[Table]:
    """Return one table per case and phase that has anything to show."""
    titles = {phase.name: phase.title for phase in registry.phases().values()}
    for case in dict.fromkeys(record.case for record in run.records):
        for phase in dict.fromkeys(record.phase for record in run.records if record.case == case):
            rows = shown(run, case, phase, is_long=is_long)
            yield _table(run, case, phase, titles.get(phase, phase), rows, clock)


def _table(run: Run, case: str, phase: str, title: str, rows: list[Record], clock: str) -> Table:
    table = Table(title=f"{case}: {title}", title_justify="left", title_style="bold")
    table.add_column("subject", overflow="fold")
    for name in ("threads", "steps", "median", "min | quartiles", "times gridsim", "|dV| pu", "dI %", "mismatch pu"):
        table.add_column(name, justify=RIGHT, no_wrap=True)
    table.add_column("remark", overflow="fold")
    for record in rows:
        mine = ranking.own(run.records, case, phase, record.threads)
        is_counting = ranking.counts(record)
        agreement = record.agreement
        times = number(ranking.ratio(record, mine, clock)) if is_counting and record.is_peer else ""
        remark = record.note if record.verdict is Verdict.ok else f"{record.verdict.upper()}: {record.note}"
        parts = ", ".join(f"{name} {number(value)}" for name, value in record.parts.items() if name != "total")
        remark = "; ".join(filter(None, (remark, parts)))
        table.add_row(
            record.label,
            str(record.threads),
            f"{record.steps:,}" if record.steps and record.per_step else "",
            number(record.median(clock)) if is_counting else "",
            spread(record, clock) if is_counting else "",
            times,
            distance(agreement.voltage_pu) if agreement and record.is_peer else "",
            distance(agreement.loading_percent) if agreement and record.is_peer else "",
            distance(agreement.mismatch_pu) if agreement else "",
            remark,
        )
    if not rows[0].per_step:
        return table
    for threads in sorted({record.threads for record in rows if not record.is_peer}):
        mine = ranking.own(run.records, case, phase, threads)
        rival = ranking.best(ranking.of(run.records, case, phase, threads), clock)
        if mine is not None and rival is not None:
            times = number(ranking.ratio(rival, mine, clock))
            table.add_row(f"[bold]best peer, {threads} threads: {rival.label}", "", "", "", "", f"[bold]{times}")
    return table


def limits_table(found: Sequence[Limit]) -> Table:
    """Return how far gridsim is from the machine's limits."""
    table = Table(title="one load flow against the limits of this machine", title_justify="left", title_style="bold")
    table.add_column("case")
    names = ("threads", "iterations", "multiply-adds", "bytes", "arithmetic us", "memory us", "gridsim us", "times")
    for name in names:
        table.add_column(name, justify=RIGHT, no_wrap=True)
    for limit in found:
        table.add_row(
            limit.case,
            str(limit.threads),
            f"{limit.iterations:.2f}",
            f"{limit.multiply_adds:,.0f}",
            f"{limit.bytes_moved:,.0f}",
            number(limit.arithmetic_us),
            number(limit.memory_us),
            number(limit.measured_us),
            f"{limit.times:.1f}",
        )
    return table
