"""JSON, tables, comparison, report, picture and limits, on made-up figures and one tiny run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

from benchmarks import ranking, registry
from benchmarks.commands import joined
from benchmarks.comparing import comparison, is_change
from benchmarks.limits import limits, moved, operations
from benchmarks.machine import describe
from benchmarks.peak import Peak, measure
from benchmarks.picture import draw
from benchmarks.record import Agreement, Record, Run, Verdict, together
from benchmarks.report import insert, markdown, write
from benchmarks.tables import number, tables

if TYPE_CHECKING:
    from pathlib import Path

AGREEMENT = Agreement(1e-9, 1e-6, 2e-9)
MACHINE = {
    "date_utc": "2026-01-15T12:00:00+00:00",
    "cpu": "a processor",
    "cores": 2,
    "system": "a system",
    "python": "3.11",
    "versions": {"gridsim": "1"},
    "load_average_before": (0.1, 0.2, 0.3),
    "load_average_after": None,
}


def record(subject: str, *us: float, threads: int = 1, verdict: Verdict = Verdict.ok, case: str = "case118") -> Record:
    return Record(
        case=case,
        n_bus=int(case[4:]),
        phase="solve",
        subject=subject,
        method="",
        threads=threads,
        verdict=verdict,
        per_step=True,
        steps=1000,
        n_solved=1000,
        wall_s=tuple(value * 1e-3 for value in us),
        cpu_s=tuple(value * 2e-3 for value in us),
        agreement=AGREEMENT,
        is_peer=subject != "gridsim",
    )


def made_run(*records: Record) -> Run:
    limit = {"case": "case118", "n_bus": 118, "threads": 1, "iterations": 4.0, "multiply_adds": 1e4, "bytes_moved": 1e4}
    times = {"arithmetic_us": 0.5, "memory_us": 0.3, "measured_us": 2.0, "bound_us": 0.5, "times": 4.0}
    return Run(MACHINE, {"repeats": 3, "budget_s": 1.0}, records, ({**limit, **times},))


@pytest.fixture
def run() -> Run:
    return made_run(
        record("gridsim", 2.0, 2.1, 1.9),
        record("slow", 80.0, 90.0, 85.0),
        record("fast", 60.0, 61.0, 62.0),
        record("wrong", 1.0, 1.0, 1.0, verdict=Verdict.wrong),
        record("gridsim", 1.0, 1.1, 1.2, threads=2),
        record("fast", 31.0, 30.0, 32.0, threads=2),
        record("gridsim", 8.0, 8.0, 8.0, case="case300"),
    )


def test_the_best_peer_is_right_and_has_no_more_threads(run: Run) -> None:
    one = ranking.best(ranking.of(run.records, "case118", "solve", 1))
    two = ranking.best(ranking.of(run.records, "case118", "solve", 2))
    assert (one.subject, one.median()) == ("fast", pytest.approx(61.0))
    assert (two.threads, two.median()) == (2, pytest.approx(31.0))
    assert ranking.ratio(one, ranking.own(run.records, "case118", "solve", 1)) == pytest.approx(30.5)


def test_a_single_lucky_trial_does_not_win_over_repeated_timings(run: Run) -> None:
    lucky = record("lucky", 10.0)
    found = ranking.best([*ranking.of(run.records, "case118", "solve", 1), lucky])
    assert found.subject == "fast"


def test_json_comes_back_as_it_was(run: Run, tmp_path: Path) -> None:
    run.write(tmp_path / "a.json")
    again = Run.read(tmp_path / "a.json")
    assert again.records == run.records
    assert again.limits == run.limits
    assert again.settings == run.settings
    (tmp_path / "b.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(ValueError, match="not a benchmark run"):
        Run.read(tmp_path / "b.json")


def test_tables_show_ratio_and_verdict(run: Run) -> None:
    console = Console(width=220)
    with console.capture() as captured:
        for table in tables(run):
            console.print(table)
    text = captured.get()
    assert "30.5" in text
    assert "WRONG" in text
    assert "best peer, 1 threads: fast" in text


def test_comparison_tells_change_from_spread(run: Run) -> None:
    later = made_run(record("gridsim", 1.0, 1.05, 0.95), record("slow", 82.0, 88.0, 84.0), record("new", 1.0))
    console = Console(width=160)
    with console.capture() as captured:
        console.print(comparison(run, later))
    text = captured.get()
    assert "0.50" in text
    assert "faster" in text
    assert "within the spread" in text
    assert "new" not in text
    assert is_change(record("a", 1.0, 1.0), record("a", 2.0, 2.0))
    assert not is_change(record("a", 1.0, 2.0, 3.0), record("a", 1.5, 2.5, 2.0))


def test_report_replaces_what_stands_between_the_markers(run: Run, tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("before\n<!-- results: begin -->\nold\n<!-- results: end -->\nafter\n", encoding="utf-8")
    write(run, document, "picture.png")
    write(run, document, "picture.png")
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert text.count("picture.png") == 1
    assert "**30.5** (fast)" in text
    assert "wrong" in text
    with pytest.raises(ValueError, match="needs the lines"):
        insert("nothing", "tables")


def test_runs_of_one_machine_make_one_report(run: Run) -> None:
    other = dataclasses.replace(
        made_run(record("gridsim", 9.0, case="case300")), settings={"repeats": 2, "budget_s": 2.0}
    )
    both = together([run, other])
    text = markdown(both)
    assert "case118" in text
    assert "case300" in text
    assert "Rounds: 2; a timing of a peer lasts 2.0 s" in text
    elsewhere = dataclasses.replace(other, machine={**MACHINE, "cpu": "another"})
    with pytest.raises(ValueError, match="differ in cpu"):
        together([run, elsewhere])


def test_own_readme_has_the_markers(repository: Path, run: Run) -> None:
    text = (repository / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert markdown(run).strip() in insert(text, markdown(run))


def test_picture_is_drawn_and_needs_gridsim(run: Run, tmp_path: Path) -> None:
    draw(run, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    with pytest.raises(ValueError, match="no figure of gridsim"):
        draw(made_run(record("fast", 1.0)), tmp_path / "other.png")


def test_operations_are_counted_by_hand() -> None:
    counts = {"n_admittance": 10, "n_free": 3, "n_factor": 7, "n_branch": 4, "n_bus": 4}
    assert operations(counts, 2.0) == 2.0 * (4 * 10 + 12 * 3 + 4 * 7) + 20 * 4
    assert moved({("load", "p_mw"): np.zeros((5, 6))}, 4, 9) == 8 * (6 + 2 * 4 + 9)


def test_limits_of_a_small_case_lie_below_what_is_measured() -> None:
    fast = {1: Peak(1, 1e15, 1e15, 1e15)}
    entry = registry.cases()["case30"]
    _, (found,) = limits([entry], [1], 24, 1, lambda _: None, fast)
    assert found.iterations >= 1.0
    assert found.multiply_adds > 1000
    assert found.times > 1.0
    assert dataclasses.asdict(found).keys() < found.as_dict().keys()


@pytest.mark.slow
def test_peak_is_that_of_a_machine() -> None:
    peak = measure(1, memory_numbers=100_000, rounds=10, tries=3)
    assert 1e7 < peak.multiply_adds_per_s < 1e12
    assert 1e7 < peak.copy_bytes_per_s < 1e13


def test_words_after_an_option_belong_to_it() -> None:
    found = joined(["run", "--cases", "a", "b", "--steps", "24", "--peers", "c", "--limits"])
    assert found == ["run", "--cases", "a,b", "--steps", "24", "--peers", "c", "--limits"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.01234, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234"), (float("nan"), "")]
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_command_runs_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks.commands import app  # noqa: PLC0415

    options = ["--cases", "case30", "--peers", "gridsim", "--phases", "solve", "--steps", "24", "--repeats", "1"]
    more = ["--threads", "1", "--no-limits", "--out", str(tmp_path)]
    app(args=["run", *options, *more], standalone_mode=False)
    (path,) = tmp_path.glob("*.json")
    assert path.with_suffix(".png").exists()
    app(args=["compare", str(path), str(path)], standalone_mode=False)
    assert "1.00" in capsys.readouterr().out


def test_where_a_run_took_place_is_told_without_the_build_of_its_kernel() -> None:
    told = describe({"some-peer": "1.2"})
    assert set(told) == (set(MACHINE) | {"memory_gb"}) - {"load_average_after"}
    assert told["system"].isalpha()
    assert told["versions"]["some-peer"] == "1.2"
