"""Everything a finished run says about one transformer: verdicts; loading, overloads, temperatures and taps by year."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pandas as pd

from gridsim.errors import InputError
from gridsim.results.store import ResultStore

if TYPE_CHECKING:
    from pathlib import Path

YEAR_COLUMNS = (
    "failed_h",
    "peak_percent",
    "episodes",
    "hours",
    "overload_mvah",
    "max_hot_spot_temp_c",
    "loss_of_life_days",
    "life_used_percent",
    "tap_operations",
)
VERDICT_ORDER = {"violated": 0, "unknown": 1, "ok": 2}


@dataclass(frozen=True)
class Dossier:
    """One transformer through the years of a run.

    Attributes
    ----------
    name, substation_name:
        The unit and where it stands.
    windings:
        Its rows of table ``elements``; one for a two-winding unit.
    worst_element:
        Loading column of the winding that ranks it.
    limit:
        The rule that ranks it: the first of the scenario that holds for it.
    years:
        Index local years in service, columns ``YEAR_COLUMNS``, of the worst winding: hours without solution, peak
        loading in percent, episodes, hours and MVA h above ``limit``, highest hot spot in degree Celsius, days of life
        lost in the year, percent of life used by its end, operations of the tap changer (NaN where it has none).
    verdicts:
        One row per rule in the order of the scenario, of the winding that fares worst by it: columns of table
        ``verdicts``.
    episodes:
        Episodes by ``limit`` of all its windings, by start: columns of table ``overloads``.
    end_of_life_year:
        Year in which the life of the insulation is used up when every year is like the last; NaN after a century.
    """

    name: str
    substation_name: str
    windings: pd.DataFrame
    worst_element: str
    limit: str
    years: pd.DataFrame
    verdicts: pd.DataFrame
    episodes: pd.DataFrame
    end_of_life_year: float

    @property
    def first_overload_utc(self) -> pd.Timestamp | None:
        """Start of the first episode; None when there is none."""
        return None if self.episodes.empty else pd.Timestamp(self.episodes["start_utc"].iloc[0])


def dossier(directory: str | Path, trafo: str) -> Dossier:
    """Collect what a finished run says about one transformer.

    Parameters
    ----------
    directory:
        Result directory.
    trafo:
        Identifier of the unit in the network tables, such as ``gov_01.t1``.

    Raises
    ------
    ResultStoreError
        There are no results in ``directory``.
    InputError
        The run has no such transformer.
    """
    store = ResultStore.open(directory)
    windings = windings_of(store, trafo)
    ranking = store.read_table("ranking").set_index("name").loc[trafo]
    worst = windings.loc[windings["winding"] == ranking["winding"], "element"].iloc[0]
    overloads = store.read_overloads()
    is_own = (overloads["name"] == trafo) & overloads["element_type"].isin(windings["element_type"])
    episodes = overloads[is_own & (overloads["limit"] == ranking["limit"])].reset_index(drop=True)
    years, end_of_life_year = _years(store, str(worst), str(ranking["limit"]))
    return Dossier(
        name=trafo,
        substation_name=str(ranking["substation_name"]),
        windings=windings,
        worst_element=str(worst),
        limit=str(ranking["limit"]),
        years=years,
        verdicts=_verdicts(store, trafo),
        episodes=episodes,
        end_of_life_year=end_of_life_year,
    )


def windings_of(store: ResultStore, trafo: str) -> pd.DataFrame:
    """Return the rows of table ``elements`` of a transformer; InputError with near names when there is none."""
    elements = store.read_table("elements")
    units = elements[elements["element_type"] != "line"]
    found = units[units["name"] == trafo].reset_index(drop=True)
    if found.empty:
        near = get_close_matches(trafo, units["name"].unique().tolist(), n=3)
        hint = f"; near it are {', '.join(near)}" if near else "; tables/elements.csv lists all"
        raise InputError(f"{store.directory}: the run has no transformer {trafo!r}{hint}")
    return found


def _years(store: ResultStore, element: str, limit: str) -> tuple[pd.DataFrame, float]:
    monthly = store.read_monthly()
    of_years = monthly[monthly["element"] == element].groupby("year")
    kind, name, winding = [*element.split(":"), ""][:3]
    yearly = store.read_table("yearly")
    yearly = yearly[
        (yearly["element_type"] == kind)
        & (yearly["name"] == name)
        & (yearly["winding"].fillna("") == winding)
        & (yearly["limit"] == limit)
    ].set_index("year")
    thermal = store.read_table("thermal_life")
    thermal = thermal[thermal["element"] == element].set_index("year")
    taps = store.read_table("tap_operations")
    taps = taps[taps["element"] == f"{kind}:{name}"].set_index("year")
    frame = pd.DataFrame({"failed_h": of_years["failed_hours"].sum(), "peak_percent": of_years["worst_percent"].max()})
    in_service = frame["peak_percent"].notna() | (frame["failed_h"] > 0.0)
    frame = frame[in_service].join(yearly[["episodes", "hours", "overload_mvah"]])
    overload_columns = ["episodes", "hours", "overload_mvah"]
    frame[overload_columns] = frame[overload_columns].fillna(0.0)
    frame = frame.join(thermal[["max_hot_spot_temp_c", "loss_of_life_days", "life_used_percent"]])
    frame["tap_operations"] = taps["operations"]
    end = float(thermal["end_of_life_year"].iloc[-1]) if len(thermal) else float("nan")
    return frame[list(YEAR_COLUMNS)].astype({"episodes": int}), end


def _verdicts(store: ResultStore, trafo: str) -> pd.DataFrame:
    verdicts = store.read_table("verdicts")
    own = verdicts[(verdicts["name"] == trafo) & (verdicts["element_type"] != "line")]
    order = own["limit"].unique()
    ranked = own.assign(badness=own["verdict"].map(VERDICT_ORDER)).sort_values(
        ["badness", "overload_mvah", "peak_percent"], ascending=[True, False, False], kind="stable"
    )
    worst = ranked.drop_duplicates("limit").set_index("limit").loc[order].reset_index()
    return worst[list(own.columns)]
