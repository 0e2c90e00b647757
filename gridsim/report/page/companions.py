"""What other commands say about the same run, read where it was given: causes, lead and lag, N-1, fixes."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridsim.errors import GridsimError, InputError
from gridsim.results.n1_store import N1Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridsim.report.page.run_tables import RunTables
    from gridsim.studies.progress import Progress

PROJECTS_FILE, PLANTS_FILE = "projects.csv", "plants.csv"
FIX_FILES = ("plan", "candidates", "left", "catalogue")
#: Columns that may be missing, and what they say then.
PROJECT_MORE: dict[str, Any] = {"n0_need": "", "n0_element": "", "n0_without_percent": nan, "n0_with_percent": nan}
#: Columns without which the table of projects says nothing.
PROJECT_NEEDS = ("project_id", "substation_name", "planned_date", "verdict", "n0_needed_utc", "n0_lead_months")


@dataclass(frozen=True)
class Companions:
    """Results of other commands; None, or empty, where they were not given.

    Attributes
    ----------
    causes, why_no_causes:
        What :func:`gridsim.attribute_overloads` returns for the highest episode of each transformer in each year, with
        ``peak``, its highest hour in local time; or why there is nothing.
    projects, plants:
        Tables that ``gridsim leadlag --csv`` writes; columns ``n0_needed`` and ``planned`` are local moments.
    n1_worst, n1_failed:
        Tables of ``gridsim n1 --out``.
    fixes:
        Tables that ``gridsim fixes --csv`` writes, by name.
    """

    causes: pd.DataFrame | None = None
    why_no_causes: str = ""
    projects: pd.DataFrame | None = None
    plants: pd.DataFrame | None = None
    n1_worst: pd.DataFrame | None = None
    n1_failed: pd.DataFrame | None = None
    fixes: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def gather(
    run: RunTables,
    *,
    with_causes: bool,
    lead_lag: Path | None,
    n1: Path | None,
    fixes: Path | None,
    progress: Progress,
) -> Companions:
    """Read what was given, and compute the causes unless they are not wanted.

    Raises
    ------
    InputError, ResultStoreError
        A folder that was given does not hold what it should.
    """
    n1_store = None if n1 is None else N1Store.open(n1)
    projects = None if lead_lag is None else _projects(run, lead_lag)
    plants = None if lead_lag is None else _optional_csv(lead_lag / PLANTS_FILE)
    found_fixes = {} if fixes is None else _fixes(fixes)
    causes, reason = _causes(run, progress) if with_causes else (None, "--no-causes")
    return Companions(
        causes=causes,
        why_no_causes=reason,
        projects=projects,
        plants=plants,
        n1_worst=None if n1_store is None else n1_store.read("n1_worst"),
        n1_failed=None if n1_store is None else n1_store.read("n1_failed"),
        fixes=found_fixes,
    )


def _causes(run: RunTables, progress: Progress) -> tuple[pd.DataFrame | None, str]:
    """Return the causes, or the reason why scenario or network are not what they were."""
    if not run.manifest.origin.get("scenario_file"):
        return None, "manifest.json: origin.scenario_file"
    from gridsim.studies.explanation import attribute_overloads  # noqa: PLC0415  loads the solver

    try:
        causes = attribute_overloads(run.store.directory, only_worst_of_year=True, progress=progress)
    except GridsimError as error:
        return None, str(error)
    peak = run.local(pd.to_datetime(causes["peak_utc"], utc=True))
    return causes.assign(peak=peak, commissioning_date=pd.to_datetime(causes["commissioning_date"])), ""


def _projects(run: RunTables, folder: Path) -> pd.DataFrame:
    frame = _csv(folder / PROJECTS_FILE, PROJECT_NEEDS, "gridsim leadlag SCENARIO --csv FOLDER")
    needed = pd.to_datetime(frame["n0_needed_utc"], utc=True, errors="coerce")
    frame = frame.assign(**{name: value for name, value in PROJECT_MORE.items() if name not in frame})
    if "n1_needed_utc" in frame:
        frame["n1_needed"] = run.local(pd.to_datetime(frame["n1_needed_utc"], utc=True, errors="coerce"))
    return frame.assign(
        n0_needed=run.local(needed),
        planned=pd.to_datetime(frame["planned_date"], errors="coerce"),
        is_bound=frame.get("n0_is_bound", pd.Series("", index=frame.index)).astype(str).str.lower() == "true",
    )


def _fixes(folder: Path) -> dict[str, pd.DataFrame]:
    found = {name: frame for name in FIX_FILES if (frame := _optional_csv(folder / f"{name}.csv")) is not None}
    if not found:
        wanted = ", ".join(f"{name}.csv" for name in FIX_FILES)
        raise InputError(f"{folder}: holds none of {wanted}; gridsim fixes SCENARIO --csv FOLDER writes them")
    return found


def _optional_csv(path: Path) -> pd.DataFrame | None:
    return _csv(path, (), "") if path.is_file() else None


def _csv(path: Path, needs: Sequence[str], command: str) -> pd.DataFrame:
    """Read a table; InputError naming file and column when it is not there or not what it should be."""
    try:
        frame = pd.read_csv(path, encoding="utf-8")
    except (OSError, ValueError) as error:
        hint = f"; {command} writes it" if command else ""
        raise InputError(f"{path}: cannot be read as a table ({error}){hint}") from error
    missing = [name for name in needs if name not in frame.columns]
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; {command} writes it")
    return frame
