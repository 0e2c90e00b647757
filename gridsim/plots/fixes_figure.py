"""What fixes each overloaded transformer, at which cost? A row per group of transformers, a mark per fix.

A full mark is a fix that leaves its transformers no overload and makes nothing else worse, a hollow one is not enough.
The fixes of the plan are ringed, and named on the right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, NullLocator

from gridsim.errors import InputError
from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import transformer_label
from gridsim.scenario.fix_model import FixKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from gridsim.studies.fixes import Fixes

_TITLE = "What fixes the overloaded transformers, and what does it cost?"
_ROW_IN = 0.33
_NOTES_IN = 2.9
_NAME_CHARACTERS = 40
_NOTE_CHARACTERS = 52
_RING_PT = 13.0
#: Marks whose costs differ by less than this factor would cover each other and are moved, in turn down and up, by so
#: many rows.
_CLOSE_FACTOR = 1.2
_APART = 0.17
#: Marker and colour of each kind: settings and operation in blue, equipment in warm colours, other places in green.
LOOKS: Mapping[FixKind, tuple[str, str]] = {
    FixKind.tap_setting: ("v", "#3E7CB1"),
    FixKind.curtailment: ("X", "#274C77"),
    FixKind.staged_plant: (">", "#7FB2DC"),
    FixKind.capacitor: ("D", "#E0A22F"),
    FixKind.fans: ("p", "#C98A1B"),
    FixKind.parallel_unit: ("s", "#D0622B"),
    FixKind.next_rating: ("^", "#9C3A1E"),
    FixKind.load_transfer: ("o", "#4E9A5B"),
    FixKind.bring_forward: ("<", "#1F6B3A"),
}


def shown_groups(found: Fixes, max_rows: int | None = None) -> list[str]:
    """Return the groups of transformers that are drawn, by their first overload.

    Of more than ``max_rows``, those that the plan leaves overloaded come first, then those of the earliest overload.
    """
    groups = [str(units) for units in dict.fromkeys(found.candidates["transformers"])]
    left = set(found.left["transformers"])
    kept = set(sorted(groups, key=lambda units: units not in left)[:max_rows])
    return [units for units in groups if units in kept]


def fix_rows(found: Fixes, max_rows: int | None = None) -> pd.DataFrame:
    """Return the useful candidates with the row of their transformers, ``place``, and whether the plan has them.

    Parameters
    ----------
    found:
        What :func:`gridsim.fixes` returned.
    max_rows:
        Groups of transformers kept; all by default.

    Returns
    -------
    The candidates that avoid some overload, with ``place`` (0 is the top row) and ``is_chosen``.
    """
    places = {units: place for place, units in enumerate(shown_groups(found, max_rows))}
    candidates = found.candidates[found.candidates["transformers"].isin(list(places))]
    useful = candidates[candidates["rank"].notna()]
    chosen = set(zip(found.plan["transformers"], found.plan["what"], strict=True))
    pairs = zip(useful["transformers"], useful["what"], strict=True)
    return useful.assign(
        place=useful["transformers"].map(places).astype(int), is_chosen=[pair in chosen for pair in pairs]
    )


def draw_fixes(found: Fixes, *, ax: Axes | None = None, max_rows: int = 40) -> Axes:
    """Draw the cost of every fix of every overloaded group of transformers, and which the plan takes.

    Parameters
    ----------
    found:
        What :func:`gridsim.fixes` returned.
    ax:
        Axes to draw on; a figure of its own, high enough for the rows, by default.
    max_rows:
        Groups of transformers shown; those that stay overloaded are taken, then those of the earliest overload.

    Returns
    -------
    The axes; x is the cost in millions, y rows downwards.

    Raises
    ------
    InputError
        No transformer is overloaded, or no kind of fix applies to those that are.
    """
    if found.candidates.empty:
        raise InputError("no fix was found to be drawn: no transformer is overloaded, or no kind of fix applies")
    heads = found.candidates.drop_duplicates("transformers")
    heads = heads[heads["transformers"].isin(shown_groups(found, max_rows))]
    names = [
        transformer_label(name, _unit_names(units), _NAME_CHARACTERS)
        for name, units in zip(heads["substation_name"], heads["transformers"], strict=True)
    ]
    if ax is None:
        left = style.MARGIN_IN + style.text_width_in(style.new_figure(1.0), names, style.LABEL_PT) + 0.14
        bottom, top = 1.25, style.HEADER_IN + 0.5
        figure = style.new_figure(top + _ROW_IN * len(heads) + bottom)
        ax = style.add_axes(figure, left, bottom, style.MARGIN_IN + _NOTES_IN, top)
    style.plain_axes(ax)
    ax.set_ylim(len(heads) - 0.5, -0.5)
    ax.set_xscale("log")
    rows = fix_rows(found, max_rows)
    _draw_scale(ax, found, rows)
    for place in range(len(heads)):
        style.stroke(ax, [[(ax.get_xlim()[0], place), (ax.get_xlim()[1], place)]], style.FAINT_RULE, 0.6, zorder=1)
    _draw_marks(ax, rows)
    ax.set_yticks(range(len(heads)), names)
    ax.tick_params(axis="y", length=0.0, pad=5.0)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    _write_plan(ax, found, heads)
    left_in = ax.get_window_extent().x0 / style.figure_of(ax).dpi - style.MARGIN_IN
    style.header(ax, _TITLE, _subtitle(found, len(heads)), left_in=left_in, lift_in=0.3)
    _legend(ax, left_in)
    return ax


def _unit_names(units: str) -> str:
    """Return the units without the name of their station: ``t1, t2``."""
    return ", ".join(unit.rpartition(".")[2] for unit in units.split(", "))


def _draw_scale(ax: Axes, found: Fixes, rows: pd.DataFrame) -> None:
    costs = rows["cost_mln"].to_numpy(dtype=np.float64)
    costs = costs[costs > 0.0]
    low, high = (float(costs.min()), float(costs.max())) if len(costs) else (1.0, 10.0)
    ax.set_xlim(low / 1.6, high * 1.6)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1.0 else f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(visible=True, axis="x", color=style.FAINT_RULE, linewidth=0.6)
    words = f"cost [million {found.currency}] at prices of {found.price_year}, not discounted"
    if (found.catalogue["confidence"] == "assumed").any():
        words += " (unit costs ASSUMED)"
    style.axis_label(ax, "x", words)


def _draw_marks(ax: Axes, rows: pd.DataFrame) -> None:
    for row, shift in zip(_records(rows), _shifts(rows), strict=True):
        marker, colour = LOOKS[FixKind(row["kind"])]
        cost = max(row["cost_mln"], ax.get_xlim()[0] * 1.05)
        place, face = row["place"] + shift, colour if row["is_enough"] else style.PAPER
        above = 2 if row["is_chosen"] else 0
        if row["is_chosen"]:
            ring = {"markersize": _RING_PT, "markerfacecolor": "none", "zorder": 5, **_edge(style.INK, 1.4)}
            ax.plot([cost], [place], "o", **ring)
        ax.plot([cost], [place], marker, markersize=6.5, markerfacecolor=face, zorder=4 + above, **_edge(colour, 1.2))


def _shifts(rows: pd.DataFrame) -> list[float]:
    """Return by how many rows each mark is moved down: of nearly the same cost, they lie below and above in turn.

    Neighbours do not cover each other then; of three or more, the first and the third may.
    """
    shifts = dict.fromkeys(rows.index, 0.0)
    for _, group in rows.groupby("place"):
        ordered = group.sort_values("cost_mln")
        run: list[Any] = []
        previous = -np.inf
        for label, cost in ordered["cost_mln"].items():
            if cost > previous * _CLOSE_FACTOR:
                run = []
            run.append(label)
            previous = cost
            for number, member in enumerate(run if len(run) > 1 else ()):
                shifts[member] = _APART * (1 - 2 * (number % 2))
    return list(shifts.values())


def _edge(colour: str, width_pt: float) -> dict[str, Any]:
    return {"markeredgecolor": colour, "markeredgewidth": width_pt, "clip_on": False}


def _write_plan(ax: Axes, found: Fixes, heads: pd.DataFrame) -> None:
    """Write beside each row what the plan does there, or that nothing more is needed."""
    right = style.inches_from(ax, 1.0, 1.0)
    per_row = style.size_in(ax)[1] / len(heads)
    style.write(
        ax,
        0.2,
        0.07,
        f"In the plan (ringed), cost in million {found.currency}",
        transform=right,
        fontsize=style.SMALL_PT,
        color=style.SOFT_INK,
    )
    left = set(found.left["transformers"])
    for place, units in enumerate(heads["transformers"]):
        own = found.plan[found.plan["transformers"] == units]
        lines = [f"{row['day']:%Y-%m}  {_kind(row)}, {row['cost_mln']:,.0f}" for row in _records(own)]
        colour = style.INK
        if units in left:
            lines, colour = [*lines, "overload is LEFT"], style.ALERT
        text = "; ".join(lines) if lines else "nothing: other fixes relieve it"
        options = {"transform": right, "va": "center", "fontsize": style.SMALL_PT, "color": colour}
        style.write(ax, 0.2, -(place + 0.5) * per_row, style.shorten(text, _NOTE_CHARACTERS), **options)


def _kind(row: dict[str, Any]) -> str:
    return str(row["kind"]).replace("_", " ")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in record.items()} for record in frame.to_dict("records")]


def _subtitle(found: Fixes, n_shown: int) -> list[str]:
    horizon = found.scenario.horizon
    total = found.plan["cost_mln"].sum()
    outcome = "no overload is left in any hour" if found.left.empty else f"{len(found.left)} groups stay overloaded"
    first, last = horizon.from_year, horizon.to_year
    years = f"{first}" if first == last else f"{first}–{last}"
    n_group = found.candidates["transformers"].nunique()
    rest = f" {n_shown} of {n_group} groups are shown." if n_shown < n_group else ""
    lines = [
        f"The plan: {len(found.plan)} fixes for {total:,.0f} million {found.currency}; {outcome} "
        f"({found.mvah_before:,.0f} MVAh without fixes, {found.mvah_after:,.0f} with them).",
        "Put together greedily, every fix simulated again on top of those before; not proven to be the cheapest.",
        f"{found.scenario.title}, {years}; rule {found.rule.name}, N-0.{rest}",
    ]
    if found.failed_before_h or found.failed_after_h:
        lines.insert(0, f"Hours with NO solution: {found.failed_before_h:,}, with the plan {found.failed_after_h:,}.")
    return lines


def _legend(ax: Axes, left_in: float) -> None:
    kinds = list(LOOKS.items())
    for number, part in enumerate((kinds[:5], kinds[5:])):
        line = LegendLine(ax, -left_in, -0.68 - 0.21 * number)
        for kind, (marker, colour) in part:
            line.mark(marker, colour, colour, 1.0).words(str(kind).replace("_", " "))
        if number:
            line.skip(0.15).mark("o", style.PAPER, style.SOFT_INK, 1.2).words(
                "hollow: takes away a part, or overloads something else", colour=style.SOFT_INK
            )
