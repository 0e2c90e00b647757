"""Everything a finished run says about one transformer: verdicts; loading, overloads, temperatures and taps by year."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridsim.assess.verdicts import VERDICT_ORDER
from gridsim.errors import InputError
from gridsim.results.layout import column_of
from gridsim.studies.reopen import opened
from gridsim.studies.transformer_years import YEAR_COLUMNS
from gridsim.studies.transformers import N1_YEAR_COLUMNS, transformers

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.results.store import ResultStore
    from gridsim.studies.n1_join import N1Join


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
        Index local years in service; columns ``YEAR_COLUMNS``, as
        :func:`gridsim.studies.transformer_years.transformer_years` describes them, and ``N1_YEAR_COLUMNS``.
    unit:
        Its row of :attr:`gridsim.studies.transformers.TransformerReport.units`: what holds through all years.
    n1:
        The N-1 study beside the run; None when none was given.
    verdicts:
        One row per rule in the order of the scenario, of the winding that fares worst by it: columns of table
        ``verdicts``.
    episodes:
        Episodes by ``limit`` of all its windings, by start: columns of table ``overloads``.
    store:
        The run, open for reading.
    """

    name: str
    substation_name: str
    windings: pd.DataFrame
    worst_element: str
    limit: str
    years: pd.DataFrame
    verdicts: pd.DataFrame
    episodes: pd.DataFrame
    unit: pd.Series[Any]
    n1: N1Join | None
    store: ResultStore

    @property
    def end_of_life_year(self) -> float:
        """Year in which the life of the insulation is used up when every year is like the last; NaN after a century."""
        return float(self.unit["end_of_life_year"])

    @property
    def first_overload_utc(self) -> pd.Timestamp | None:
        """Start of the first episode; None when there is none."""
        return None if self.episodes.empty else pd.Timestamp(self.episodes["start_utc"].iloc[0])


def dossier(directory: str | Path | ResultStore, trafo: str, *, n1: str | Path | None = None) -> Dossier:
    """Collect what a finished run, and an N-1 study of its scenario, say about one transformer.

    Parameters
    ----------
    directory:
        Result directory, or a store that is open for reading.
    trafo:
        Identifier of the unit in the network tables, such as ``gov_01.t1``.
    n1:
        Result directory of an N-1 study of the same scenario. Without it nothing is said of outages.

    Raises
    ------
    ResultStoreError
        There are no results in a directory, or the N-1 study is one of another scenario.
    InputError
        The run has no such transformer.
    """
    store = opened(directory)
    windings = windings_of(store, trafo)
    report = transformers(store, n1=n1)
    unit = report.units[report.units["name"] == trafo].iloc[0]
    years = report.years[report.years["name"] == trafo].set_index("year")
    overloads = store.read_overloads()
    is_own = (overloads["name"] == trafo) & overloads["element_type"].isin(windings["element_type"])
    return Dossier(
        name=trafo,
        substation_name=str(unit["substation_name"]),
        windings=windings,
        worst_element=column_of(unit["element_type"], trafo, unit["winding"]),
        limit=str(unit["limit"]),
        years=years[[*YEAR_COLUMNS, *N1_YEAR_COLUMNS]],
        verdicts=_verdicts(store, trafo),
        episodes=overloads[is_own & (overloads["limit"] == unit["limit"])].reset_index(drop=True),
        unit=unit,
        n1=report.n1,
        store=store,
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


def _verdicts(store: ResultStore, trafo: str) -> pd.DataFrame:
    verdicts = store.read_table("verdicts")
    own = verdicts[(verdicts["name"] == trafo) & (verdicts["element_type"] != "line")]
    order = own["limit"].unique()
    ranked = own.assign(badness=own["verdict"].map(VERDICT_ORDER)).sort_values(
        ["badness", "overload_mvah", "peak_percent"], ascending=[True, False, False], kind="stable"
    )
    worst = ranked.drop_duplicates("limit").set_index("limit").loc[order].reset_index()
    return worst[list(own.columns)]
