"""What an N-1 study says of each transformer, to be laid beside the run without outages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridsim.errors import ResultStoreError
from gridsim.results.layout import UNIT_KEY
from gridsim.studies.n1_study import open_n1

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gridsim.results.store import ResultStore
    from gridsim.studies.n1_study import N1Study

#: What an N-1 study may say of a unit; ``ok`` and ``violated`` of the years it covers.
NOT_GIVEN, NOT_IN_IT, VIOLATED, UNKNOWN, OK = "no N-1 run given", "not in the N-1 run", "violated", "unknown", "ok"
#: What must agree between a run and an N-1 study.
_SAME = ("scenario", "resolution_h", "utc_offset_h")


@dataclass(frozen=True)
class N1Join:
    """An N-1 study by transformer.

    Attributes
    ----------
    study:
        The study.
    units:
        One row per transformer of the study: ``UNIT_KEY``, ``n1_verdict``, ``n1_first_utc`` (first hour above the limit
        of the study after some outage), ``n1_hours``, ``n1_peak_percent``, ``n1_cause`` (the outage of the peak).
    years:
        One row per transformer and local year: ``UNIT_KEY``, ``year``, ``n1_hours``, ``n1_peak_percent``, ``n1_cause``.

    Numbers are NaN, and the outage of the peak is empty, where no loading after any outage is known.
    """

    study: N1Study
    units: pd.DataFrame
    years: pd.DataFrame

    @property
    def limit_percent(self) -> float:
        """Loading that no outage may pass."""
        return float(self.study.summary["limit_percent"])

    @property
    def from_year(self) -> int:
        """First local year of the study."""
        return int(self.study.summary["from_year"])

    @property
    def to_year(self) -> int:
        """Last local year of the study."""
        return int(self.study.summary["to_year"])

    @property
    def span(self) -> str:
        """Its years in words."""
        return str(self.from_year) if self.from_year == self.to_year else f"{self.from_year}-{self.to_year}"

    @property
    def n_unsolved(self) -> int:
        """Cases (outage and step) without solution, of which nothing is known."""
        return int(self.study.summary["cases"]["without_solution"])

    def described(self) -> dict[str, Any]:
        """Return what the study is, in the types of JSON."""
        return {
            "directory": str(self.study.directory),
            "from_year": self.from_year,
            "to_year": self.to_year,
            "limit_percent": self.limit_percent,
            "cases": dict(self.study.summary["cases"]),
        }


def join_n1(store: ResultStore, directory: str | Path) -> N1Join:
    """Read an N-1 study of the scenario of a run.

    Raises
    ------
    ResultStoreError
        There is no N-1 study in ``directory``, or it is one of another scenario or of other inputs.
    """
    study = open_n1(directory)
    _refuse_other(store, study)
    trafos = study.worst[study.worst["element_type"] != "line"]
    years = _worst_rows(trafos, [*UNIT_KEY, "year"])
    units = _worst_rows(trafos, UNIT_KEY)
    is_violated = units["n1_first_utc"].notna()
    is_known = units["n1_peak_percent"].notna() & (study.summary["cases"]["without_solution"] == 0)
    units.insert(2, "n1_verdict", is_known.map({True: OK, False: UNKNOWN}).mask(is_violated, VIOLATED))
    return N1Join(study, units, years.drop(columns="n1_first_utc"))


def _worst_rows(trafos: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return one row per key: peak and its outage, first hour above, hours of the winding that has most of them."""
    by_winding = trafos.groupby([*key, "winding"], sort=False, as_index=False)["hours_above"].sum(min_count=1)
    hours = by_winding.groupby(key, sort=False)["hours_above"].max()
    first = trafos.groupby(key, sort=False)["first_above_utc"].min()
    peaks = trafos.sort_values("worst_percent", ascending=False, kind="stable").drop_duplicates(key)
    found = peaks[[*key, "worst_percent", "cause"]].set_index(key)
    found = found.rename(columns={"worst_percent": "n1_peak_percent", "cause": "n1_cause"})
    found.insert(0, "n1_first_utc", first)
    found.insert(1, "n1_hours", hours)
    return found.reset_index()


def _refuse_other(store: ResultStore, study: N1Study) -> None:
    manifest, summary = store.manifest, study.summary
    for name in _SAME:
        own, other = getattr(manifest, name), summary[name]
        if own != other:
            raise ResultStoreError(
                f"{study.directory}: the N-1 study has {name} {other}, the run in {store.directory} has {own}; "
                "give an N-1 study of the same scenario"
            )
    if "inputs" in summary and summary["inputs"] != manifest.inputs:
        raise ResultStoreError(
            f"{study.directory}: scenario or network of the N-1 study are not those of the run in {store.directory}; "
            "run one of them again"
        )
