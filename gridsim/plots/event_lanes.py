"""What comes into service, and when: lanes of marks above the rows of a timeline, and the key to their numbers.

The chief named projects get a number inside the mark and a line in the key. All others, above all the representative
ones whose names say nothing, are ticks in a strip below: there are dozens of them, and their density is what matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.enums import InvestorPool
from gridsim.plots import style
from gridsim.plots.label_placement import stack_in_tiers
from gridsim.plots.short_names import fitting_name, highest_voltage_kv
from gridsim.plots.study_data import StudyData, date_text, month_text
from gridsim.studies.finished_run import records
from gridsim.studies.plain_names import REPRESENTATIVE_WORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

TIER_IN = 0.19
STRIP_IN = 0.09
_LANE_GAP_IN = 0.05
_MARK_IN = 0.165
_KEY_STEP_IN = 0.185
_KEY_COLUMNS = 3
#: An event this many days after its plan is called late.
_LATE_DAYS = 45.0


@dataclass(frozen=True)
class Lane:
    """One kind of event: the kinds of the table, the words beside the lane, how many get a number, and their look."""

    kinds: tuple[str, ...]
    words: str
    most_numbered: int
    marker: str
    fill: str
    ink: str


LANES = (
    Lane(("substation",), "New substations", 8, "s", style.PAPER, style.INK),
    Lane(("investor", "plant"), "Investor plants", 14, "o", style.INK, style.PAPER),
    Lane(("reinforcement",), "Grid reinforcement", 6, "D", style.PAPER, style.INK),
    Lane(("generation",), "Power plants", 8, "h", style.ABSENT, style.INK),
)


@dataclass(frozen=True)
class PlacedLane:
    """A lane with the events it shows, and its vertical extent in inches below the top of the axes."""

    lane: Lane
    events: pd.DataFrame
    tiers: Mapping[int, int]
    top_in: float
    bottom_in: float

    @property
    def middle_in(self) -> float:
        """Where the words beside the lane stand."""
        return (self.top_in + self.bottom_in) / 2


def numbered_events(data: StudyData) -> pd.DataFrame:
    """Return the events of the horizon with ``number``: 1, 2, ... in time order, 0 for those that are mere ticks.

    Numbers go to projects with a name of their own, in each lane to as many as a reader can look up: those of a
    published pool first, then the largest by MW, then those of the highest voltage.
    """
    events = data.events
    # A known power plant may stand at a substation whose place is assumed; then only the name tells.
    has_name = ~events["name"].str.startswith(REPRESENTATIVE_WORD).to_numpy(bool)
    has_name &= ~events["is_representative"].to_numpy(bool) | (events["kind"] == "generation").to_numpy(bool)
    named = events[has_name]
    # Arrays, not series: pandas would give an empty frame the index of whatever series is put into it.
    ranked = named.assign(
        pool=named["programme"].isin(list(InvestorPool)).to_numpy(),
        kv=[highest_voltage_kv(name) for name in named["name"]],
    )
    ranked = ranked.sort_values(["pool", "mw", "kv"], ascending=False, na_position="last", kind="stable")
    kept = [ranked.index[ranked["kind"].isin(lane.kinds)][: lane.most_numbered] for lane in LANES]
    number = np.zeros(len(events), np.int64)
    positions = np.sort(np.concatenate([events.index.get_indexer(index) for index in kept]))
    number[positions] = np.arange(1, len(positions) + 1)
    return events.assign(number=number)


def place_lanes(events: pd.DataFrame, day_width_in: float, top_in: float) -> list[PlacedLane]:
    """Return the lanes that have events, one below the other from ``top_in`` on; ``day_width_in`` is inches per day."""
    placed = []
    for lane in LANES:
        own = events[events["kind"].isin(lane.kinds)]
        if own.empty:
            continue
        named = own[own["number"] > 0]
        tiers = stack_in_tiers(named["day"].to_numpy(np.float64) * day_width_in, _MARK_IN + 0.015)
        n_tier = int(tiers.max(initial=-1)) + 1
        has_strip = len(named) < len(own)
        height = n_tier * TIER_IN + (STRIP_IN if has_strip else 0.0) + _LANE_GAP_IN
        by_number = dict(zip(named["number"].tolist(), tiers.tolist(), strict=True))
        placed.append(PlacedLane(lane, own, by_number, top_in, top_in + height))
        top_in += height
    return placed


def draw_lanes(ax: Axes, lanes: list[PlacedLane]) -> None:
    """Draw marks and ticks of ``lanes`` on ``ax``, whose x are days and y inches downwards."""
    strokes = []
    for placed in lanes:
        base = placed.bottom_in - _LANE_GAP_IN
        unnamed = placed.events[placed.events["number"] == 0]
        strokes += [[(day, base - STRIP_IN), (day, base)] for day in unnamed["day"]]
        floor = base - (STRIP_IN if len(unnamed) else 0.0)
        for event in records(placed.events[placed.events["number"] > 0]):
            y = floor - (placed.tiers[event.number] + 0.5) * TIER_IN
            _draw_mark(ax, placed.lane, event.number, event.day, y)
    style.stroke(ax, strokes, style.SOFT_INK, 0.8)


def _draw_mark(ax: Axes, lane: Lane, number: int, x: float, y: float, **place: object) -> None:
    size = _MARK_IN * 72.0 * (0.8 if lane.marker in "sD" else 1.0)
    ax.plot(
        [x],
        [y],
        linestyle="none",
        marker=lane.marker,
        markersize=size,
        markerfacecolor=lane.fill,
        markeredgecolor=style.INK,
        markeredgewidth=0.7,
        clip_on=False,
        zorder=5,
        **place,  # type: ignore[arg-type]
    )
    style.write(
        ax,
        x,
        y,
        str(number),
        fontsize=style.SMALL_PT - 0.5,
        color=lane.ink,
        ha="center",
        va="center_baseline",
        zorder=6,
        **place,
    )


def key_height_in(events: pd.DataFrame) -> float:
    """Return the height that :func:`draw_key` takes."""
    n_numbered = int((events["number"] > 0).sum())
    return (-(-n_numbered // _KEY_COLUMNS) + 1) * _KEY_STEP_IN if len(events) else 0.0


def draw_key(ax: Axes, events: pd.DataFrame, left_in: float, top_in: float, width_in: float) -> None:
    """Write what the numbers mean, in columns below ``ax``; inches from its lower left corner, top downwards."""
    named = events[events["number"] > 0]
    n_row = -(-len(named) // _KEY_COLUMNS)
    place = style.inches_from(ax, 0.0, 0.0)
    column_in = width_in / _KEY_COLUMNS
    room = int((column_in - 0.3) / (style.SMALL_PT * 0.0079))
    lanes = {kind: lane for lane in LANES for kind in lane.kinds}
    for i, event in enumerate(records(named)):
        x = left_in + (i // n_row) * column_in
        y = top_in - (i % n_row + 0.5) * _KEY_STEP_IN
        _draw_mark(ax, lanes[event.kind], event.number, x + 0.09, y, transform=place)
        power = f", {_mw_text(event.mw)}" if event.mw > 0.0 and "MW" not in event.name else ""
        tail = f"{power}, {month_text(event.day)}{_lateness(event.day, event.planned_day)}"
        text = fitting_name(event.name, room - len(tail)) + tail
        style.write(ax, x + 0.22, y, text, transform=place, fontsize=style.SMALL_PT, va="center_baseline")
    unnumbered = events[events["number"] == 0]
    if len(unnumbered):
        y = top_in - (n_row + 0.5) * _KEY_STEP_IN
        n_representative = int(unnumbered["is_representative"].sum())
        text = (
            f"Small ticks: {len(unnumbered)} further projects, {n_representative} of them representative "
            "(planned, but without published name); all in tables/events.csv"
        )
        style.write(ax, left_in, y, text, transform=place, fontsize=style.SMALL_PT, va="center", color=style.SOFT_INK)


def _mw_text(mw: float) -> str:
    return f"{mw:,.0f} MW" if mw >= 10.0 else f"{mw:.2g} MW"


def _lateness(day: float, planned_day: float) -> str:
    return f" (plan: {date_text(planned_day)[-8:]})" if day - planned_day > _LATE_DAYS else ""
