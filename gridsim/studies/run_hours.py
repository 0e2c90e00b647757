"""Which hour of a finished run is meant: by its time, or as one of the regimes that planners speak of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.errors import InputError
from gridsim.studies.study_summary import is_failed

if TYPE_CHECKING:
    from gridsim.results.store import ResultStore

#: Local months of a season, within one calendar year.
SEASON_MONTHS = {"winter": (12, 1, 2), "summer": (6, 7, 8)}


class Regime(StrEnum):
    """Highest or lowest load of the system in a season of a calendar year, among the hours with a solution."""

    winter_max = "winter-max"
    winter_min = "winter-min"
    summer_max = "summer-max"
    summer_min = "summer-min"


@dataclass(frozen=True)
class ChosenHour:
    """One hour of a run.

    Attributes
    ----------
    step:
        Its place among all steps of the run.
    time_utc:
        Where it begins.
    time_local:
        The same on the clock of the scenario, without time zone.
    reason:
        Why it was chosen, in words; empty when it was asked for by its time.
    """

    step: int
    time_utc: pd.Timestamp
    time_local: pd.Timestamp
    reason: str = ""


def hour_at(store: ResultStore, at: str | pd.Timestamp) -> ChosenHour:
    """Return the hour that holds a time, UTC unless it says otherwise.

    Raises
    ------
    InputError
        It is no time, or not in the run.
    """
    try:
        time = pd.Timestamp(at)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{at!r} is no time; write it as 2030-01-15T14:00 (UTC)") from error
    if pd.isna(time):
        raise InputError(f"{at!r} is no time; write it as 2030-01-15T14:00 (UTC)")
    time = time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")
    times = _times(store)
    step = int(times.searchsorted(time, side="right")) - 1
    if step < 0 or time >= times[-1] + pd.Timedelta(hours=store.manifest.resolution_h):
        raise InputError(
            f"{time:%Y-%m-%d %H:%M} UTC is not in the run, which has {times[0]:%Y-%m-%d} to {times[-1]:%Y-%m-%d}"
        )
    return ChosenHour(step, times[step], _local(store, times)[step])


def hour_of_regime(store: ResultStore, regime: Regime | str, year: int) -> ChosenHour:
    """Return the hour of a regime: the highest or lowest system load of its season, the first of several.

    The season is that of :data:`SEASON_MONTHS` in local time; the system load is the active load with a source, before
    losses. Hours without solution have no load here; how many there are in the season is told.

    Raises
    ------
    InputError
        There is no such regime or year, or no hour of the season has a solution.
    """
    try:
        wanted = Regime(regime)
    except ValueError as error:
        raise InputError(f"regime {regime!r}: known are {', '.join(Regime)}") from error
    if year not in store.years:
        raise InputError(f"year {year}: the run has {store.years[0]} to {store.years[-1]}")
    season, _, end = wanted.value.partition("-")
    times = _times(store)
    local = _local(store, times)
    steps = store.read_steps()
    in_season = np.asarray((local.year == year) & local.month.isin(SEASON_MONTHS[season]))
    failed = np.asarray(is_failed(steps), dtype=bool)
    candidates = np.flatnonzero(in_season & ~failed)
    if not len(candidates):
        raise InputError(f"{wanted} of {year}: no hour of the season has a solution")
    load_mw = steps["load_mw"].to_numpy(dtype=np.float64)[candidates]
    step = int(candidates[int(np.argmax(load_mw) if end == "max" else np.argmin(load_mw))])
    months = ", ".join(str(month) for month in SEASON_MONTHS[season])
    n_failed = int((in_season & failed).sum())
    unknown = f"; {n_failed} hours of the season have no solution and do not count" if n_failed else ""
    reason = (
        f"{'highest' if end == 'max' else 'lowest'} system load ({steps['load_mw'].iat[step]:,.1f} MW) in the local "
        f"months {months} of {year}{unknown}"
    )
    return ChosenHour(step, times[step], local[step], reason)


def _local(store: ResultStore, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return (times + pd.Timedelta(hours=store.manifest.utc_offset_h)).tz_localize(None)


def _times(store: ResultStore) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(store.read_steps()["time_utc"])
