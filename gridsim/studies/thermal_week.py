"""The hottest week of a transformer: its loading, top oil, hot spot and ageing, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.assess.limits import ambient_series, watch_list
from gridsim.assess.thermal_course import winding_course
from gridsim.dtypes import FLOAT
from gridsim.errors import InputError
from gridsim.results.layout import TIME_COLUMN
from gridsim.studies.dossier import windings_of
from gridsim.studies.reopen import reopen
from gridsim.studies.result_tables import loading_columns
from gridsim.studies.thermal_table import thermal_windings
from gridsim.units import HOURS_PER_DAY, PERCENT

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.assess.thermal_fleet import Cooling
    from gridsim.dtypes import FloatArray
    from gridsim.results.store import ResultStore
    from gridsim.studies.reopen import ReopenedRun
    from gridsim.studies.result_tables import LoadingColumns

N_DAY = 7
#: Days before the hottest one in the week shown.
DAYS_BEFORE = 3
#: Days followed before the week, so that it does not know how they began: many times the slowest time constant.
LEAD_IN_DAYS = 7
HOUR_COLUMNS = (
    "loading_percent",
    "limit_percent",
    "ambient_temp_c",
    "top_oil_temp_c",
    "hot_spot_temp_c",
    "ageing_rate",
)


@dataclass(frozen=True)
class ThermalWeek:
    """Seven local days around the highest hot spot of a transformer.

    Attributes
    ----------
    name, substation_name:
        The unit and where it stands.
    element:
        Loading column of its hottest winding.
    sn_mva:
        Rating of that winding.
    cooling:
        Constants it was followed with, as in the run.
    cooling_class:
        Its class in the network tables.
    limit:
        The rule that ranks the unit.
    hours:
        One row per step, index ``time_local`` (its beginning), columns ``HOUR_COLUMNS``: loading of the winding and
        where the rule begins, temperatures at the end of the step, and the mean ageing rate over it (1: normal).
    resolution_h:
        Length of a step.
    """

    name: str
    substation_name: str
    element: str
    sn_mva: float
    cooling: Cooling
    cooling_class: str
    limit: str
    hours: pd.DataFrame
    resolution_h: float

    @property
    def loss_of_life_days(self) -> float:
        """Days of normal ageing that the known steps of the week took."""
        return float(self.hours["ageing_rate"].sum() * self.resolution_h / HOURS_PER_DAY)

    @property
    def unknown_h(self) -> float:
        """Hours of the week whose temperatures are not known."""
        return float(self.hours["hot_spot_temp_c"].isna().sum() * self.resolution_h)


def thermal_week(directory: str | Path | ResultStore, trafo: str) -> ThermalWeek:
    """Follow a transformer of a finished run through the week of its highest hot spot.

    Parameters
    ----------
    directory:
        Result directory, or a store that is open for reading.
    trafo:
        Identifier of the unit in the network tables, such as ``gov_01.t1``.

    Raises
    ------
    ResultStoreError
        There are no results, or the inputs have changed since.
    InputError
        The run has no such transformer, or knows no temperature of it.
    """
    run = reopen(directory)
    windings = windings_of(run.store, trafo)
    element, moment = _hottest(run, trafo, windings["element"].astype(str).to_list())
    own = windings[windings["element"] == element].iloc[0]
    columns = loading_columns(run.grid)
    place = columns.names.index(element)
    first, begin, stop = _steps(run, moment, own["open_utc"])
    loading = run.store.loading_of(windings["element"].astype(str).to_list()).iloc[first:stop]
    load = loading[element].to_numpy(FLOAT)
    oil = np.abs(loading.drop(columns=TIME_COLUMN).to_numpy(FLOAT)).max(axis=1)
    air_c = run.grid.injections.ambient_temp_c[first:stop]
    cooling = _cooling_at(run, columns, place)
    step_h = float(run.store.manifest.resolution_h)
    course = winding_course(load / PERCENT, oil / PERCENT, air_c, cooling, step_h=step_h)
    limit, limit_percent = _limit(run, columns, place, slice(first, stop))
    time_local = (loading[TIME_COLUMN] + pd.Timedelta(hours=run.store.manifest.utc_offset_h)).dt.tz_localize(None)
    hours = pd.DataFrame(
        dict(zip(HOUR_COLUMNS, (load, limit_percent, air_c, *course), strict=True)),
        index=pd.DatetimeIndex(time_local, name="time_local"),
    )
    return ThermalWeek(
        name=trafo,
        substation_name=str(own["substation_name"]),
        element=element,
        sn_mva=float(own["sn_mva"]),
        cooling=cooling,
        cooling_class=str(own["cooling"]),
        limit=limit,
        hours=hours.iloc[begin - first :],
        resolution_h=step_h,
    )


def _hottest(run: ReopenedRun, trafo: str, names: list[str]) -> tuple[str, pd.Timestamp]:
    thermal = run.store.read_table("thermal_life")
    known = thermal[thermal["element"].isin(names)].dropna(subset=["max_hot_spot_temp_c"])
    if known.empty:
        raise InputError(f"{run.store.directory}: no temperature of {trafo} is known in any hour of the run")
    hottest = known.sort_values("max_hot_spot_temp_c", ascending=False, kind="stable").iloc[0]
    return str(hottest["element"]), pd.Timestamp(hottest["max_hot_spot_utc"])


def _steps(run: ReopenedRun, moment: pd.Timestamp, open_utc: pd.Timestamp) -> tuple[int, int, int]:
    """Return the first step that is followed, and the first and one past the last of the week, all in the run."""
    horizon, times = run.grid.scenario.horizon, run.grid.time_utc
    n_step, per_day = len(times), horizon.steps_per_day
    day = int(times.searchsorted(moment)) // per_day
    begin = min(max(day - DAYS_BEFORE, 0) * per_day, max(n_step - N_DAY * per_day, 0))
    opens = 0 if pd.isna(open_utc) else int(times.searchsorted(open_utc))
    first = max(begin - LEAD_IN_DAYS * per_day, 0, opens)
    return first, max(begin, first), min(begin + N_DAY * per_day, n_step)


def _cooling_at(run: ReopenedRun, columns: LoadingColumns, place: int) -> Cooling:
    windings = thermal_windings(run.grid, columns)
    return windings.parameters[int(np.flatnonzero(windings.column_pos == place)[0])]


def _limit(run: ReopenedRun, columns: LoadingColumns, place: int, steps: slice) -> tuple[str, FloatArray]:
    watches = watch_list(columns.elements, run.grid.scenario.limit_rules)
    rule, percent = watches.leading_limit(place, ambient_series(run.grid).between(steps.start, steps.stop))
    return ("" if rule is None else rule.name), percent
