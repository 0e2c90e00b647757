"""Time per load flow against size: every subject a line, the machine's limits dashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks import ranking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.record import Record, Run

#: Colours that a colour-blind reader tells apart, gridsim the strongest.
COLOURS = {
    "gridsim": "#0b4f8a",
    "lightsim2grid": "#d1662b",
    "power-grid-model": "#3c8d5a",
    "pandapower": "#7a6fac",
    "VeraGrid": "#8a8a8a",
}
OTHER_COLOUR = "#b0589a"
LIMIT_COLOUR = "#555555"
FONTS = {"font.family": "DejaVu Sans", "font.size": 11, "svg.fonttype": "none"}
DPI = 160
#: Ratio of two sizes below which their numbers on the axis would touch.
CLOSEST_SIZES = 1.5
TICKS_US = {
    0.1: "0.1 µs",
    1.0: "1 µs",
    10.0: "10 µs",
    100.0: "100 µs",
    1e3: "1 ms",
    1e4: "10 ms",
    1e5: "100 ms",
    1e6: "1 s",
}


def draw(run: Run, path: Path, *, phase: str = "solve", clock: str = "wall") -> None:
    """Draw one panel per number of threads.

    Parameters
    ----------
    run:
        Records of one phase told per load flow.
    path:
        Picture file; its ending says the kind.
    phase, clock:
        What is drawn.
    """
    threads = sorted({r.threads for r in run.records if r.phase == phase and not r.is_peer and ranking.counts(r)})
    if not threads:
        raise ValueError(f"the run has no figure of gridsim in phase {phase}")
    with mpl.rc_context(FONTS):
        figure = Figure(figsize=(6.6 * len(threads) + 0.4, 6.6), dpi=DPI, layout="constrained")
        figure.get_layout_engine().set(rect=(0.005, 0.045, 0.99, 0.86))  # type: ignore[union-attr]
        panels = figure.subplots(1, len(threads), sharey=True, squeeze=False)[0]
        for panel, count in zip(panels, threads, strict=True):
            _panel(panel, run, phase, count, clock)
        panels[0].set_ylabel("time per load flow")
        _words(figure, run, phase)
        figure.savefig(path)


def _panel(panel: Axes, run: Run, phase: str, threads: int, clock: str) -> None:
    ends: list[tuple[float, float, str, str]] = []
    subjects = list(dict.fromkeys(record.subject for record in run.records))
    for subject in sorted(subjects, key=lambda name: name != "gridsim"):
        points = _points(run, phase, threads, subject, clock)
        if points:
            colour = COLOURS.get(subject, OTHER_COLOUR)
            is_own = subject == "gridsim"
            sizes, medians, lows, highs = zip(*points, strict=True)
            panel.plot(
                sizes, medians, color=colour, lw=3.0 if is_own else 1.6, marker="o", ms=7 if is_own else 5, zorder=4
            )
            panel.vlines(sizes, lows, highs, color=colour, lw=1.0, alpha=0.6, zorder=3)
            ends.append((sizes[-1], medians[-1], subject, colour))
    bounds = sorted((row["n_bus"], row["bound_us"]) for row in run.limits if row["threads"] == threads)
    if bounds:
        sizes, values = zip(*bounds, strict=True)
        panel.plot(sizes, values, color=LIMIT_COLOUR, lw=1.4, ls=(0, (5, 3)), marker=None, zorder=2)
        ends.append((sizes[-1], values[-1], "limit of this machine", LIMIT_COLOUR))
    _axes(panel, run, phase, threads)
    _names(panel, ends)


def _points(run: Run, phase: str, threads: int, subject: str, clock: str) -> list[tuple[float, float, float, float]]:
    """Return size, median, smallest and largest of the subject's best method on every case, smallest case first."""
    points = []
    for case in dict.fromkeys(record.case for record in run.records):
        found = ranking.of(run.records, case, phase, threads, subject)
        record = _own_or_best(found, threads, clock)
        if record is not None:
            figures = record.figures(clock)
            points.append((float(record.n_bus), record.median(clock), float(figures.min()), float(figures.max())))
    return sorted(points)


def _own_or_best(records: Sequence[Record], threads: int, clock: str) -> Record | None:
    if records and not records[0].is_peer:
        return ranking.best([record for record in records if record.threads == threads], clock)
    return ranking.best(records, clock)


def _axes(panel: Axes, run: Run, phase: str, threads: int) -> None:
    sizes = sorted({record.n_bus for record in run.records if record.phase == phase})
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlim(0.75 * sizes[0], 1.35 * sizes[-1])
    shown: list[int] = []
    for size in reversed(sizes):  # where sizes lie too close together for their numbers, the larger one is written
        if not shown or size < shown[-1] / CLOSEST_SIZES:
            shown.append(size)
    panel.xaxis.set_major_locator(FixedLocator(shown))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: TICKS_US.get(float(f"{value:.0e}"), "")))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.set_xlabel("buses")
    panel.set_title(
        "1 thread" if threads == 1 else f"{threads} threads", loc="left", fontsize=12, fontweight="bold", pad=8
    )
    panel.grid(visible=True, axis="y", color="#e3e3e3", lw=0.8)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _names(panel: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write each name at the end of its line, moved apart where two would touch."""
    low, high = panel.get_ylim()
    last = max(end[0] for end in ends)
    for size, value, name, colour in [end for end in ends if end[0] < last]:  # a line that stops early
        panel.annotate(
            name,
            xy=(size, value),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            color=colour,
            fontsize=10.5,
            fontweight="bold" if name == "gridsim" else "normal",
        )
    ends = [end for end in ends if end[0] == last]
    ratio = (high / low) ** 0.045  # height of a line of text on the logarithmic axis
    height = 0.0
    for _, value, name, colour in sorted(ends, key=lambda end: end[1]):
        height = max(value, height * ratio)
        panel.annotate(
            name,
            xy=(1.015, height),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colour,
            fontsize=10.5,
            fontweight="bold" if name == "gridsim" else "normal",
            annotation_clip=False,
        )


def _words(figure: Figure, run: Run, phase: str) -> None:
    what = "arrays in, voltages and branch flows out" if phase == "solve" else "tables in, tables of loading out"
    figure.text(
        0.012, 0.972, "Time of one AC load flow within a year of hours", fontsize=16, fontweight="bold", va="center"
    )
    figure.text(
        0.012,
        0.93,
        f"{what}; all solve the same networks to a mismatch of 1e-8 pu, results compared; best method of each",
        fontsize=10.5,
        color="#444444",
        va="center",
    )
    machine = run.machine
    versions = machine["versions"]
    named = ", ".join(f"{name} {versions[name]}" for name in _PACKAGES if name in versions)
    figure.text(
        0.012,
        0.018,
        f"{machine['cpu']}, {machine['cores']} cores, {machine['date_utc'][:10]}; {named}. "
        "Points: medians, bars: smallest to largest of the repetitions.",
        fontsize=8.5,
        color="#666666",
        va="center",
    )


_PACKAGES = ("gridsim", "lightsim2grid", "power-grid-model", "pandapower", "VeraGridEngine", "numba")
