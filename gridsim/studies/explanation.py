"""Why a transformer of a finished run is loaded as it is: one unit at one hour, or every overload of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.errors import InputError
from gridsim.studies.attribution import Attribution, StepAttributor, attribute_steps
from gridsim.studies.attribution_block import PART_COLUMNS
from gridsim.studies.dossier import windings_of
from gridsim.studies.progress import Silence
from gridsim.studies.reopen import reopen
from gridsim.studies.run_hours import hour_at

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.dtypes import FloatArray
    from gridsim.results.store import ResultStore
    from gridsim.studies.progress import Progress
    from gridsim.studies.reopen import ReopenedRun

#: Contributors with less than this part of the current, in percent, are put together in the table of all overloads.
SMALLEST_SHARE_PERCENT = 0.05
REST = "all others"
EPISODE_COLUMNS = (
    "element",
    "limit",
    "start_utc",
    "peak_utc",
    "loading_percent",
    "limit_percent",
    "tipped_by",
    "is_worst_of_year",
)


@dataclass(frozen=True)
class Explanation:
    """One transformer at one hour.

    Attributes
    ----------
    attribution:
        Who loads it, what happens without each of them, and who tips it over; of the worst winding of a three-winding
        unit.
    flows:
        What flows at its busbars: columns ``bus``, ``element``, ``is_own``, ``p_mw``, ``q_mvar`` (from the busbar into
        the element).
    """

    attribution: Attribution
    flows: pd.DataFrame


def explain(directory: str | Path | ResultStore, trafo: str, *, at: str | pd.Timestamp | None = None) -> Explanation:
    """Explain the loading of one transformer of a finished run.

    Parameters
    ----------
    directory:
        Result directory, or a store that is open for reading.
    trafo:
        Identifier of the unit in the network tables, such as ``gov_01.t1``.
    at:
        An hour of the run, UTC unless it says otherwise; the worst hour of the unit when not given.

    Raises
    ------
    ResultStoreError
        There are no results, or the inputs have changed since.
    InputError
        The run has no such transformer, or does not contain the hour, or the unit has no loading then.
    """
    run = reopen(directory)
    names = windings_of(run.store, trafo)["element"].astype(str).to_list()
    loading = run.store.loading_of(names)
    element, step = _hour_of(run, trafo, loading, names, at)
    attributor = StepAttributor(run.grid, run.options)
    return Explanation(attributor.attribute(element, step), attributor.flows(element, step))


def attribute_overloads(
    directory: str | Path | ResultStore, *, only_worst_of_year: bool = False, progress: Progress | None = None
) -> pd.DataFrame:
    """Attribute every overload episode of the transformers of a finished run at its highest hour.

    Episodes are those of the first rule that holds for the unit.

    Parameters
    ----------
    directory:
        Result directory, or a store that is open for reading.
    only_worst_of_year:
        Only the highest episode of each unit in each local year.
    progress:
        Hears of episodes done.

    Returns
    -------
    pandas.DataFrame
        One row per episode and contributor: ``EPISODE_COLUMNS`` and those of a part of
        :class:`gridsim.studies.attribution.Attribution`. Contributors below 0.05 % are one row, so that the shares of
        an episode still sum to 100. ``is_worst_of_year`` marks the highest episode of a unit in a local year.

    Raises
    ------
    ResultStoreError
        There are no results, or the inputs have changed since.
    """
    run = reopen(directory)
    episodes = _leading_episodes(run)
    if only_worst_of_year:
        episodes = episodes[episodes["is_worst_of_year"]].reset_index(drop=True)
    cases = list(zip(episodes["element"].astype(str), episodes["peak_step"].tolist(), strict=True))
    found = attribute_steps(run.grid, run.options, cases, progress or Silence())
    frames = []
    for (_, episode), attribution in zip(episodes.iterrows(), found, strict=True):
        parts = _without_crumbs(attribution.parts)
        parts.insert(0, "element", attribution.element)
        parts = parts.assign(
            limit=episode["limit"],
            start_utc=episode["start_utc"],
            peak_utc=attribution.time_utc,
            loading_percent=attribution.loading_percent,
            limit_percent=attribution.limit_percent,
            tipped_by=attribution.tipped_by,
            is_worst_of_year=episode["is_worst_of_year"],
            # One type in every episode: where nobody has a date, pandas would make it text of another kind.
            commissioning_date=pd.to_datetime(parts["commissioning_date"]),
        )
        frames.append(parts[[*EPISODE_COLUMNS, *PART_COLUMNS]])
    if not frames:
        return pd.DataFrame(columns=[*EPISODE_COLUMNS, *PART_COLUMNS])
    return pd.concat(frames, ignore_index=True)


def _hour_of(
    run: ReopenedRun, trafo: str, loading: pd.DataFrame, names: list[str], at: str | pd.Timestamp | None
) -> tuple[str, int]:
    """Return the worst winding and the step that was asked for, or the worst of all."""
    values = loading[names].to_numpy(dtype=np.float64)
    if at is None:
        if np.isnan(values).all():
            raise InputError(f"{run.store.directory}: {trafo} has no loading in any hour of the run")
        worst, winding = divmod(int(np.nanargmax(values)), len(names))
        return names[winding], worst
    step = hour_at(run.store, at).step
    row = values[step]
    if np.isnan(row).all():
        raise InputError(f"{run.store.directory}: {trafo} has no loading at {at}; {_span_of(run, values)}")
    return names[int(np.nanargmax(row))], step


def _span_of(run: ReopenedRun, values: FloatArray) -> str:
    """Say in words from when to when a unit has loadings. Shape (n_step, n_winding)."""
    known = np.flatnonzero(~np.isnan(values).all(axis=1))
    if not known.size:
        return "nor in any other hour of the run"
    first, last = (f"{run.grid.time_utc[step]:%Y-%m-%d %H:%M}" for step in (known[0], known[-1]))
    return f"it has loadings from {first} to {last} UTC, but in hours without solution"


def _leading_episodes(run: ReopenedRun) -> pd.DataFrame:
    """Return the episodes of transformers under the rule that ranks them, with the step of their highest loading."""
    episodes = run.store.read_overloads()
    ranking = run.store.read_table("ranking")[["name", "limit"]].rename(columns={"limit": "leading"})
    episodes = episodes[episodes["element_type"] != "line"].merge(ranking, on="name")
    episodes = episodes[episodes["limit"] == episodes["leading"]].reset_index(drop=True)
    elements = run.store.read_table("elements").set_index(["element_type", "name", "winding"])["element"]
    keys = pd.MultiIndex.from_frame(episodes[["element_type", "name", "winding"]])
    episodes["element"] = elements.reindex(keys).to_numpy()
    times = run.grid.time_utc
    first = times.searchsorted(pd.DatetimeIndex(episodes["start_utc"]))
    last = times.searchsorted(pd.DatetimeIndex(episodes["end_utc"]))
    peaks = np.empty(len(episodes), dtype=np.int64)
    for element, rows in episodes.groupby("element").groups.items():
        values = run.store.loading_of([str(element)])[str(element)].to_numpy(dtype=np.float64)
        for row in rows:
            peaks[row] = first[row] + int(np.nanargmax(values[first[row] : last[row]]))
    episodes["peak_step"] = peaks
    local = times[peaks] + pd.Timedelta(hours=run.store.manifest.utc_offset_h)
    highest = episodes.groupby(["element", pd.Index(local.year, name="year")])["peak_percent"].transform("max")
    episodes["is_worst_of_year"] = episodes["peak_percent"] == highest
    return episodes


def _without_crumbs(parts: pd.DataFrame) -> pd.DataFrame:
    """Put contributors with hardly any share together."""
    is_small = parts["share_percent"].abs() < SMALLEST_SHARE_PERCENT
    small = parts[is_small]
    if small.empty:
        return parts.copy()
    rest = {
        "kind": "rest",
        "contributor": REST,
        "area": "",
        "sector": "",
        "commissioning_date": None,
        "p_mw": float("nan"),
        "q_mvar": float("nan"),
        "share_percent": float(small["share_percent"].sum()),
        "without_percent": float("nan"),
    }
    kept = parts[~is_small]
    return pd.concat([kept, pd.DataFrame([rest]).astype(kept.dtypes.to_dict())], ignore_index=True)
