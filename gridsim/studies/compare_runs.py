"""What changed between two runs: inputs, dates, hours without solution, overloads, tap operations."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridsim.errors import ResultStoreError
from gridsim.results.store import ResultStore
from gridsim.studies.compare_frames import (
    hours_by_year,
    input_changes,
    is_unchanged,
    project_changes,
    stage_changes,
    substation_changes,
    tap_changes,
    transformer_changes,
)

if TYPE_CHECKING:
    from pathlib import Path

#: What must agree before two runs can be laid side by side, by attribute of the manifest.
SAME_SPAN = ("from_year", "to_year", "resolution_h", "utc_offset_h")


@dataclass(frozen=True)
class RunComparison:
    """What changed from run A to run B; every frame has a column for either, ending in ``_a`` and ``_b``.

    Attributes
    ----------
    a, b:
        The runs, open for reading.
    limit:
        Rule by which overloads are compared.
    hours:
        One row per local year: ``failed_h`` (hours without solution), ``overloaded`` (transformers that break the
        rule), ``hours`` (hours of that, summed over transformers).
    inputs:
        What went in differently: ``kind`` (scenario, file, network, option, version), ``key``, and the value of either
        run; of a file the beginning of its SHA-256; empty where a run has none.
    projects:
        Projects and investors on another day: ``kind``, ``programme``, ``name``, ``project_id``, ``investor_id``,
        ``date_utc``, ``later_days``; NaT where a run does not have them.
    substations:
        Substations that open on another day: ``substation_id``, ``name``, ``open_utc`` (NaT: from the first step), and
        ``is_there`` (whether they open in the run at all), ``later_days``.
    stages:
        Days on which the set of elements in service changes in one run only: ``open_utc``, ``is_in``.
    transformers:
        Every transformer, those with the largest change of MVAh first: ``change`` (new, gone, earlier, later, same,
        none: broken in B only, in A only, first broken earlier or later in B, at the same hour, in neither), then
        ``is_there``, ``failed_h``, ``first_violation_utc``, ``later_days``, ``hours``, ``overload_mvah``,
        ``peak_percent``, each of its winding with most MVAh.
    taps:
        On-load tap changers whose number of operations differs: ``element``, ``operations``, most different first.
    """

    a: ResultStore
    b: ResultStore
    limit: str
    hours: pd.DataFrame
    inputs: pd.DataFrame
    projects: pd.DataFrame
    substations: pd.DataFrame
    stages: pd.DataFrame
    transformers: pd.DataFrame
    taps: pd.DataFrame

    @property
    def consequences(self) -> pd.DataFrame:
        """The rows of ``transformers`` in which anything differs."""
        return self.transformers[~is_unchanged(self.transformers)]

    def to_dict(self) -> dict[str, Any]:
        """Return everything in the types of JSON, frames as lists of records, times in UTC."""
        frames = {
            field.name: json.loads(
                getattr(self, field.name).to_json(orient="records", date_format="iso", date_unit="s")
            )
            for field in fields(self)
            if isinstance(getattr(self, field.name), pd.DataFrame)
        }
        runs = {
            side: {
                "directory": str(store.directory),
                "scenario": store.manifest.scenario,
                "title": store.manifest.title,
            }
            for side, store in (("a", self.a), ("b", self.b))
        }
        return {**runs, "limit": self.limit, **frames}


def compare_runs(directory_a: str | Path, directory_b: str | Path, *, limit: str | None = None) -> RunComparison:
    """Compare two finished runs of the same years.

    Parameters
    ----------
    directory_a, directory_b:
        Result directories; what changed is told from A to B.
    limit:
        Rule by which overloads are compared; the first of run A if not given.

    Raises
    ------
    ResultStoreError
        A directory holds no finished run, the runs do not cover the same steps, or one does not know the rule.
    """
    a, b = ResultStore.open(directory_a), ResultStore.open(directory_b)
    _refuse_other_span(a, b)
    rule = _common_rule(a, b, limit)
    return RunComparison(
        a=a,
        b=b,
        limit=rule,
        hours=hours_by_year(a, b, rule),
        inputs=input_changes(a.manifest, b.manifest),
        projects=project_changes(a, b),
        substations=substation_changes(a, b),
        stages=stage_changes(a, b),
        transformers=transformer_changes(a, b, rule),
        taps=tap_changes(a, b),
    )


def _refuse_other_span(a: ResultStore, b: ResultStore) -> None:
    for name in SAME_SPAN:
        of_a, of_b = getattr(a.manifest, name), getattr(b.manifest, name)
        if of_a != of_b:
            raise ResultStoreError(
                f"{a.directory} has {name} {of_a:g}, {b.directory} has {of_b:g}; only runs of the same years and steps "
                "can be compared (gridsim run --from, --to)"
            )


def _common_rule(a: ResultStore, b: ResultStore, limit: str | None) -> str:
    of_a, of_b = ([str(rule["name"]) for rule in store.manifest.limits] for store in (a, b))
    common = [name for name in of_a if name in of_b]
    wanted = limit if limit is not None else next(iter(of_a), "")
    if wanted not in common:
        known = ", ".join(common) or "none"
        raise ResultStoreError(f"rule {wanted!r} is not one that both runs were judged by; those are {known}")
    return wanted
