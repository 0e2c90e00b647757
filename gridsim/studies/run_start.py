"""What a run sets out to do, and whether an interrupted run may be resumed as the same."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from gridsim.errors import ResultStoreError
from gridsim.results.journal import RunStart
from gridsim.scenario.values import plain_values
from gridsim.studies.fingerprint import solving_sources
from gridsim.studies.reopen import origin_of
from gridsim.studies.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridsim.scenario.model import Scenario
    from gridsim.solve.options import SolveOptions
    from gridsim.tables.network_tables import NetworkTables

#: Differences that are named; the others are counted.
N_NAMED = 6
ABSENT = "nothing"


def run_start(scenario: Scenario, tables: NetworkTables, options: SolveOptions, reuse: Path | None = None) -> RunStart:
    """Return what a run sets out to do."""
    return RunStart(
        scenario=scenario.name,
        from_year=scenario.horizon.from_year,
        to_year=scenario.horizon.to_year,
        options=dataclasses.asdict(options),
        inputs={"network": dict(tables.digests), "scenario": dict(scenario.digests)},
        versions=versions(),
        sources=solving_sources(),
        origin=origin_of(scenario),
        scenario_values=plain_values(scenario),
        reuse="" if reuse is None else str(reuse.resolve()),
    )


def refuse_other_run(directory: Path, then: RunStart, now: RunStart) -> None:
    """Raise ResultStoreError, naming what differs, unless going on with a run gives what it would have given.

    The number of threads may differ, and so may the place of files; their contents may not.
    """
    found = differences(then, now)
    if found:
        more = f" and {len(found) - N_NAMED} more" if len(found) > N_NAMED else ""
        raise ResultStoreError(
            f"{directory}: cannot be resumed, because it would become another run: {'; '.join(found[:N_NAMED])}{more}. "
            "Put that back, or run the scenario anew and keep every block that is still right: gridsim run "
            f"{then.origin['scenario_file']} --out {directory} --overwrite --reuse {directory} (nothing was changed)"
        )


def differences(then: RunStart, now: RunStart) -> list[str]:
    """Return in words what differs between two runs, files first."""
    files = [
        f"{kind} file {name} has changed"
        for kind in ("scenario", "network")
        for name in _changed(then.inputs.get(kind, {}), now.inputs.get(kind, {}))
    ]
    # A changed file shows in the values too; where no file has changed, the scenario was changed in memory.
    values = [] if files else _told(then.scenario_values, _as_read(now.scenario_values), "scenario value ")
    options = _told(_without_threads(then.options), _without_threads(_as_read(now.options)), "option ")
    packages = _told(then.versions, now.versions, "")
    sources = [] if then.sources == now.sources else ["the source code of the solver has changed"]
    return [*files, *values, *options, *packages, *sources]


def _as_read(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as it comes back from a file."""
    found: dict[str, Any] = json.loads(json.dumps(record))
    return found


def _without_threads(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "threads"}


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*then, *now} if then.get(name) != now.get(name))


def _told(then: Mapping[str, Any], now: Mapping[str, Any], what: str) -> list[str]:
    return [f"{what}{name} was {then.get(name, ABSENT)} and is {now.get(name, ABSENT)}" for name in _changed(then, now)]
