"""Writes the tables of a run into benchmarks/README.md, between two markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks import ranking, registry
from benchmarks.record import Verdict
from benchmarks.tables import distance, number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.record import Record, Run

RESULTS = "results"
NOT_SHOWN = ("flows",)


def insert(text: str, tables: str, part: str = RESULTS) -> str:
    """Return a document with new tables between the two markers of a part.

    Raises
    ------
    ValueError
        When a marker is missing or stands at the wrong place.
    """
    opening, closing = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    begin, end = text.find(opening), text.find(closing)
    if begin < 0 or end < begin:
        raise ValueError(f"the document needs the lines {opening} and {closing}, in this order")
    return text[: begin + len(opening)] + "\n\n" + tables.strip() + "\n\n" + text[end:]


def write(run: Run, document: Path, picture: str | None) -> None:
    """Write the tables of a run into a document; ``picture`` is its name beside it."""
    text = document.read_text(encoding="utf-8")
    document.write_text(insert(text, markdown(run, picture)), encoding="utf-8")


def markdown(run: Run, picture: str | None = None) -> str:
    """Return all tables of a run."""
    parts = list(_where(run))
    if picture is not None:
        parts += [f"![Time per load flow against size]({picture})", ""]
    for name, phase in registry.phases().items():
        records = [record for record in run.records if record.phase == name]
        if name in NOT_SHOWN or not any(ranking.counts(record) for record in records):
            continue
        parts += [f"### {phase.title[0].upper()}{phase.title[1:]}", ""]
        parts += _per_flow(run, name) if phase.per_step else _seconds(records)
    parts += _agreement(run)
    parts += _limits(run)
    return "\n".join(parts)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _where(run: Run) -> Iterator[str]:
    machine, settings = run.machine, run.settings
    versions = ", ".join(f"{name} {version}" for name, version in sorted(machine["versions"].items()))
    before, after = ("/".join(f"{value:.1f}" for value in machine[name] or ()) for name in _LOADS)
    yield (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}, "
        f"{machine['date_utc'][:16].replace('T', ' ')} UTC; load average {before} before, {after} after the run."
    )
    yield f"Versions: {versions}."
    yield f"Rounds: {settings['repeats']}; a timing of a peer lasts {settings['budget_s']} s at most."
    yield ""


_LOADS = ("load_average_before", "load_average_after")


def _cell(record: Record | None) -> str:
    if record is None:
        return ""
    low, high = np.percentile(record.figures(), [25, 75])
    return f"{number(record.median())} ({number(low)} - {number(high)})"


def _per_flow(run: Run, phase: str) -> list[str]:
    """Return gridsim and the best method of every peer, per case and number of threads; median and quartiles."""
    subjects = [name for name in dict.fromkeys(r.subject for r in run.records if r.is_peer) if _takes_part(run, name)]
    head = ["case", "threads", "gridsim, us", *(f"{name}, us" for name in subjects), "best peer / gridsim"]
    lines = [_row(*head), _row("---", *["---:"] * (len(head) - 1))]
    for case in dict.fromkeys(record.case for record in run.records):
        counts = {r.threads for r in run.records if r.case == case and r.phase == phase and not r.is_peer}
        for threads in sorted(counts):
            mine = ranking.own(run.records, case, phase, threads)
            cells = []
            for name in subjects:
                found = ranking.of(run.records, case, phase, threads, name)
                winner = ranking.best(found)
                cells.append(_cell(winner) if winner is not None else _why_not(found))
            rival = ranking.best(ranking.of(run.records, case, phase, threads))
            times = number(ranking.ratio(rival, mine))
            told = f"**{times}** ({rival.label})" if rival is not None and times else ""
            lines.append(_row(case, str(threads), _cell(mine), *cells, told))
    return [*lines, ""]


def _takes_part(run: Run, subject: str) -> bool:
    return any(r.subject == subject and r.verdict is not Verdict.missing for r in run.records)


def _why_not(records: list[Record]) -> str:
    verdicts = [record.verdict for record in records]
    order = (Verdict.wrong, Verdict.incomplete, Verdict.failed, Verdict.not_applicable, Verdict.missing)
    return next((verdict.value for verdict in order if verdict in verdicts), "")


def _seconds(records: list[Record]) -> list[str]:
    lines = [
        _row("case", "subject", "threads", "median, s", "quartiles, s", "of that"),
        _row("---", "---", *["---:"] * 4),
    ]
    keys = dict.fromkeys((record.case, record.subject, record.threads) for record in records)
    for key in keys:
        record = ranking.best([r for r in records if (r.case, r.subject, r.threads) == key])
        if record is None:
            continue
        low, high = np.percentile(record.figures(), [25, 75])
        parts = ", ".join(f"{name} {number(value)}" for name, value in record.parts.items() if name != "total")
        quartiles = f"{number(low)} - {number(high)}"
        lines.append(_row(record.case, record.label, str(record.threads), number(record.median()), quartiles, parts))
    return [*lines, ""]


def _agreement(run: Run) -> list[str]:
    """Return the worst agreement of each subject's methods with right results, and who had none."""
    lines = [
        "### Agreement with gridsim",
        "",
        _row("case", "subject", "voltage, pu", "loading, %", "true mismatch, pu", "remark"),
        _row("---", "---", *["---:"] * 3, "---"),
    ]
    records = [record for record in run.records if record.phase == "solve"]
    for case, subject in dict.fromkeys((record.case, record.subject) for record in records):
        same = [record for record in records if (record.case, record.subject) == (case, subject)]
        right = [record for record in same if record.verdict is Verdict.ok and record.agreement is not None]
        others = [_told(record) for record in same if record.verdict is not Verdict.ok]
        remark = "; ".join(dict.fromkeys([right[0].note] if right and right[0].note else []))
        if right:
            found = [record.agreement for record in right if record.agreement is not None]
            cells = [
                distance(max(getattr(one, name) for one in found)) if right[0].is_peer or name == "mismatch_pu" else ""
                for name in ("voltage_pu", "loading_percent", "mismatch_pu")
            ]
        else:
            cells = ["", "", ""]
        lines.append(_row(case, subject, *cells, "; ".join(filter(None, [remark, *others[:3]]))))
    return [*lines, ""]


def _told(record: Record) -> str:
    """Return verdict and reason; how the net was converted stands in the remark of the subject."""
    reason = "" if record.verdict is Verdict.wrong else f" ({record.note.split('; ')[0]})"
    return f"{record.label} x{record.threads}: {record.verdict.value}{reason}"


def _limits(run: Run) -> list[str]:
    if not run.limits:
        return []
    lines = [
        "### Distance from the machine's limits",
        "",
        _row(
            "case",
            "threads",
            "iterations",
            "multiply-adds",
            "bytes",
            "arithmetic, us",
            "memory, us",
            "gridsim, us",
            "times",
        ),
        _row("---", *["---:"] * 8),
    ]
    lines += [
        _row(
            row["case"],
            str(row["threads"]),
            f"{row['iterations']:.2f}",
            f"{row['multiply_adds']:,.0f}",
            f"{row['bytes_moved']:,.0f}",
            number(row["arithmetic_us"]),
            number(row["memory_us"]),
            number(row["measured_us"]),
            f"{row['times']:.1f}",
        )
        for row in run.limits
    ]
    return [*lines, ""]
