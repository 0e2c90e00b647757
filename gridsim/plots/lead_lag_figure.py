"""Does each planned substation come in time? A line per project from the date of need to the planned date.

The arrow points from the day on which the project is needed to the day on which it comes: to the right, in the colour
of alert, where the grid waits for it; to the left where it comes first. A diamond stands where it is needed against
single outages (N-1), where that was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedFormatter, FixedLocator

from gridsim.errors import InputError
from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import transformer_label
from gridsim.plots.study_data import day_of
from gridsim.scenario.limit_model import rule_names
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridsim.studies.lead_lag import LeadLag

_TITLE = "Does each planned substation come before the grid needs it?"
_ROW_IN = 0.235
_NOTES_IN, _NOTES_N1_IN = 3.0, 5.6
_GAP_ROWS = 1.6
_LINE_IN = 0.17
_NAME_CHARACTERS = 46
AHEAD_COLOUR = "#3E7CB1"
PLAN_COLOUR = style.INK
OUTAGE_COLOUR = "#B8860B"
#: Notes beside the rows: inches from the axes, for N-0 and behind it for N-1.
_MONTHS_AT, _TEXT_AT, _N1_MONTHS_AT, _N1_TEXT_AT = 0.62, 0.74, 3.0, 3.12
#: Groups from top to bottom: verdict, and what stands above it.
GROUPS = (
    ("behind", "Behind: the grid needs it before it comes"),
    ("ahead", "Ahead: it comes before it is needed"),
    ("no need", "No need in N-0 within these years"),
    ("not built", "Not built in this scenario"),
)


def lead_lag_rows(projects: pd.DataFrame, max_rows: int | None = None) -> pd.DataFrame:
    """Return the projects in the order of the picture, with the place of each row and of the head of its group.

    Parameters
    ----------
    projects:
        Frame ``projects`` of :class:`gridsim.studies.lead_lag.LeadLag`.
    max_rows:
        Projects kept, from the top; all by default.

    Returns
    -------
    The frame with ``place`` (rows from the top, gaps counted) and ``group`` (its head, on the first row of a group).
    """
    parts, place, n_left = [], 0.0, len(projects) if max_rows is None else max_rows
    for verdict, head in GROUPS:
        part = projects[projects["verdict"] == verdict]
        if part.empty or not n_left:
            continue
        order = ["n0_lead_months", "planned_date"] if verdict in {"behind", "ahead"} else ["planned_date"]
        n_all, part = len(part), part.sort_values(order, kind="stable").head(n_left)
        place += _GAP_ROWS
        count = f"{n_all}" if len(part) == n_all else f"{len(part)} of {n_all}"
        heads = [f"{head} ({count})"] + [""] * (len(part) - 1)
        parts.append(part.assign(place=place + np.arange(len(part)), group=heads))
        place += len(part)
        n_left -= len(part)
    return pd.concat(parts, ignore_index=True) if parts else projects.assign(place=0.0, group="")


def draw_lead_lag(found: LeadLag, *, ax: Axes | None = None, max_rows: int = 60) -> Axes:
    """Draw planned dates against needed dates of the projects.

    Parameters
    ----------
    found:
        What :func:`gridsim.lead_lag` returned.
    ax:
        Axes to draw on; a figure of its own, high enough for the rows, by default.
    max_rows:
        Projects shown; those furthest behind are taken, then those ahead.

    Returns
    -------
    The axes; x is days since 1970-01-01, y rows downwards.

    Raises
    ------
    InputError
        There is no project.
    """
    rows = lead_lag_rows(found.projects, max_rows)
    if rows.empty:
        raise InputError("the scenario has no planned substation, so there is nothing to draw")
    names = _labels(rows)
    has_n1 = found.n1_rules is not None
    lines = _subtitle(found, len(rows))
    height = float(rows["place"].iloc[-1]) + 1.4
    figure = style.new_figure(1.0)
    left = style.MARGIN_IN + style.text_width_in(figure, names, style.LABEL_PT) + 0.14
    if ax is None:
        bottom = 0.95
        top = style.HEADER_IN + 0.25 + _LINE_IN * max(len(lines) - 3, 0)
        figure = style.new_figure(top + _ROW_IN * height + bottom)
        ax = style.add_axes(figure, left, bottom, style.MARGIN_IN + (_NOTES_N1_IN if has_n1 else _NOTES_IN), top)
    style.plain_axes(ax)
    ax.set_ylim(height, 0.4)
    _draw_years(ax, found)
    _draw_rows(ax, rows, _offset_days(found))
    style.name_rows(ax, rows["place"].to_numpy(), names, pad_pt=7.0)
    for place, head in zip(rows["place"], rows["group"], strict=True):
        if head:
            at = style.inches_from(ax, 0.0, 1.0)
            y = -(place - 0.95 - 0.4) * style.size_in(ax)[1] / (height - 0.4)
            colour = style.ALERT if head.startswith("Behind") else style.INK
            style.write(
                ax, -(left - style.MARGIN_IN), y, head, transform=at, va="center", fontweight="bold", color=colour
            )
    _write_notes(ax, rows, height, "n0")
    if has_n1:
        _draw_outage_needs(ax, rows, _offset_days(found))
        _write_notes(ax, rows, height, "n1")
    style.header(ax, _TITLE, lines, left_in=left - style.MARGIN_IN, lift_in=0.28)
    _legend(ax, left - style.MARGIN_IN, has_n1=has_n1)
    return ax


def _labels(rows: pd.DataFrame) -> list[str]:
    """Return the name of each substation, and what is built there where several projects stand in the picture."""
    is_shared = rows["substation_name"].duplicated(keep=False)
    tails = rows["name"].str.rpartition(", ")[2]
    is_told = is_shared & rows["name"].str.contains(", ", regex=False) & ~tails.str.contains(")", regex=False)
    return [
        transformer_label(name, tail, _NAME_CHARACTERS)
        for name, tail in zip(rows["substation_name"], tails.where(is_told, ""), strict=True)
    ]


def _offset_days(found: LeadLag) -> float:
    return found.scenario.horizon.utc_offset_h / HOURS_PER_DAY


def _days(moments: pd.Series[Any]) -> Any:
    """Return moments or dates as days since 1970-01-01, NaN where there is none."""
    naive = moments.dt.tz_localize(None) if moments.dt.tz is not None else moments
    return ((naive - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)


def _draw_years(ax: Axes, found: LeadLag) -> None:
    horizon = found.scenario.horizon
    first, last = horizon.from_year, horizon.to_year + 1
    ax.set_xlim(day_of(first), day_of(last))
    room = max(int(style.size_in(ax)[0] / 0.42), 1)
    step = next(step for step in (1, 2, 5, 10, 25, 100) if (last - first) / step <= room)
    years = [year for year in range(first, last + 1) if year % step == 0]
    ax.xaxis.set_major_locator(FixedLocator([day_of(year) for year in years]))
    ax.xaxis.set_major_formatter(FixedFormatter([str(year) for year in years]))
    ax.grid(visible=True, axis="x", color=style.FAINT_RULE, linewidth=0.6)
    ax.tick_params(axis="x", which="major", top=True, labeltop=True)
    style.axis_label(ax, "x", "year (local dates)")


def _draw_rows(ax: Axes, rows: pd.DataFrame, offset_days: float) -> None:
    """Draw the courses of the projects; a mark on the first or the last day is not cut in two by the axes."""
    low, high = ax.get_xlim()
    planned, needed = _days(rows["planned_date"]), _days(rows["n0_needed_utc"]) + offset_days
    per_day = style.size_in(ax)[0] / (high - low)
    for place, plan, need, verdict, is_bound in zip(
        rows["place"], planned, needed, rows["verdict"], rows["n0_is_bound"], strict=True
    ):
        style.stroke(ax, [[(low, place), (high, place)]], style.FAINT_RULE, 0.5, zorder=1)
        colour = style.ALERT if verdict == "behind" else AHEAD_COLOUR
        if not np.isnan(need):
            if not np.isnan(plan):
                end = np.clip(plan, low, high)
                is_room = abs(end - need) * per_day > 0.12
                if is_room:
                    ax.annotate(
                        "",
                        xy=(end, place),
                        xytext=(need, place),
                        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2, "shrinkA": 0, "shrinkB": 4},
                        annotation_clip=False,
                        zorder=3,
                    )
            face = style.PAPER if is_bound else colour
            look: dict[str, Any] = {"markerfacecolor": face, "markeredgecolor": colour, "clip_on": False}
            ax.plot([need], [place], "o", markersize=5.5, zorder=4, **look)
        if not np.isnan(plan) and low <= plan <= high:
            look = {"markersize": 9.0, "markeredgewidth": 2.0, "color": PLAN_COLOUR, "clip_on": False}
            ax.plot([plan], [place], "|", zorder=5, **look)


def _draw_outage_needs(ax: Axes, rows: pd.DataFrame, offset_days: float) -> None:
    """Draw a diamond where each project is needed against single outages, hollow within the first year.

    Where the need is that of N-0, the corners of the diamond show behind its mark.
    """
    needed = _days(rows["n1_needed_utc"]) + offset_days
    for place, need, is_bound in zip(rows["place"], needed, rows["n1_is_bound"], strict=True):
        if not np.isnan(need):
            face = style.PAPER if is_bound else OUTAGE_COLOUR
            look: dict[str, Any] = {"markerfacecolor": face, "markeredgecolor": OUTAGE_COLOUR, "clip_on": False}
            ax.plot([need], [place], "D", markersize=5.8, zorder=3.5, **look)


def _write_notes(ax: Axes, rows: pd.DataFrame, height: float, criterion: str) -> None:
    """Write beside each row by how many months, and which transformer would be overloaded."""
    is_n0 = criterion == "n0"
    months_at, text_at = (_MONTHS_AT, _TEXT_AT) if is_n0 else (_N1_MONTHS_AT, _N1_TEXT_AT)
    right = style.inches_from(ax, 1.0, 1.0)
    per_row = style.size_in(ax)[1] / (height - 0.4)
    head = "Without it overloaded first" if is_n0 else "Without it, after an outage"
    for x, ha, text in ((months_at, "right", "Months" if is_n0 else "N-1"), (text_at, "left", head)):
        style.write(ax, x, 0.06, text, transform=right, ha=ha, fontsize=style.SMALL_PT, color=style.SOFT_INK)
    options = {"transform": right, "va": "center", "fontsize": style.SMALL_PT}
    for row in rows.to_dict("records"):
        y = -(row["place"] - 0.4) * per_row
        months = row[f"{criterion}_lead_months"]
        if not pd.isna(months):
            bound = "≤ " if row[f"{criterion}_is_bound"] else ""
            colour = style.ALERT if months < 0.0 else style.INK
            digits = 0 if abs(months) >= 1.0 else 1
            text = f"{bound}{months:+.{digits}f}".replace("-", "−")
            style.write(ax, months_at, y, text, ha="right", color=colour, **options)
        if row[f"{criterion}_need"] == "no solution":
            style.write(ax, text_at, y, "hour without solution", color=style.ALERT, **options)
        elif row[f"{criterion}_element"]:
            style.write(ax, text_at, y, _need_text(row, criterion), **options)


def _need_text(row: dict[Any, Any], criterion: str) -> str:
    name = row[f"{criterion}_element"].split(":")[1]
    text = f"{style.shorten(name, 26)} {row[f'{criterion}_without_percent']:.0f} %"
    if criterion == "n0":
        return text
    outage = row["n1_outage"]
    if outage == "none":
        return "with nothing out, see N-0"
    out = outage.split(":")[1]
    # The twin unit of the same substation goes by its own name alone.
    station = name.rpartition(".")[0]
    told = out.removeprefix(f"{station}.") if station else out
    return f"{text}, {style.shorten(told, 16)} out"


def _subtitle(found: LeadLag, n_shown: int) -> list[str]:
    horizon, projects = found.scenario.horizon, found.projects
    behind = projects[projects["verdict"] == "behind"]
    first = (
        f"{len(behind)} of {len(projects)} are behind"
        + (f", half of them by more than {-behind['n0_lead_months'].median():.0f} months" if len(behind) else "")
        + f"; {int((projects['verdict'] == 'ahead').sum())} are ahead, "
        f"{int((projects['verdict'] == 'no need').sum())} are not needed in these years."
        + (f" The first {n_shown} are shown." if n_shown < len(projects) else "")
    )
    lines = [
        first,
        f"{found.scenario.title}, {horizon.from_year}–{horizon.to_year}. Needed: the first hour at which, without the "
        f"project, a transformer passes its limit (rule {rule_names(found.rules)}, N-0).",
    ]
    if found.n1_rules is not None:
        n1_behind = int((projects["n1_verdict"] == "behind").sum())
        lines.append(
            f"N-1 (rule {rule_names(found.n1_rules)}): the first hour found at which it does so after an outage, and "
            f"with the project after none; {n1_behind} are behind. Before it, sampled hours only."
        )
    if found.failed_h:
        lines.insert(0, f"{found.failed_h:,} hours of the plan have NO solution.")
    return lines


def _legend(ax: Axes, left_in: float, *, has_n1: bool) -> None:
    line = LegendLine(ax, -left_in, -0.72)
    line.mark("|", PLAN_COLOUR, PLAN_COLOUR, 2.0).words("planned date")
    line.mark("o", style.ALERT, style.ALERT, 1.0).words("needed, behind")
    line.mark("o", AHEAD_COLOUR, AHEAD_COLOUR, 1.0).words("needed, ahead")
    line.mark("o", style.PAPER, style.ALERT, 1.0).words("needed in the first year shown, perhaps earlier")
    if has_n1:
        line.mark("D", OUTAGE_COLOUR, OUTAGE_COLOUR, 1.0).words("needed against single outages")
    line.words("arrow: from needed to planned", colour=style.SOFT_INK)
