"""A finished run, and the grid it was made of: what studies that begin from results need."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridsim.errors import ResultStoreError, ScenarioError
from gridsim.results.store import ResultStore
from gridsim.scenario import load_scenario
from gridsim.scenario.model import Scenario
from gridsim.scenario.values import plain_values, with_defaults
from gridsim.solve.options import SolveOptions
from gridsim.tables.load import load_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.grid.staged import StagedGrid


@dataclass(frozen=True)
class ReopenedRun:
    """Results of a finished run, the staged grid that it solved, and the options it was solved with."""

    store: ResultStore
    grid: StagedGrid
    options: SolveOptions


def origin_of(scenario: Scenario) -> dict[str, str]:
    """Return what a manifest says of where a run came from: its scenario file and its network folder."""
    file = scenario.source_files[0].resolve() if scenario.source_files else ""
    return {"scenario_file": str(file), "network_folder": str(scenario.network_folder.resolve())}


def opened(directory: str | Path | ResultStore) -> ResultStore:
    """Return the results of a finished run, open for reading; a store is what it is."""
    return directory if isinstance(directory, ResultStore) else ResultStore.open(directory)


def reopen(directory: str | Path | ResultStore) -> ReopenedRun:
    """Open the results of a finished run and stage its grid again.

    Raises
    ------
    ResultStoreError
        There are no results in ``directory``, or scenario or network are no longer what the run was made of.
    """
    store = opened(directory)
    manifest = store.manifest
    scenario = _scenario_of(store)
    tables = load_tables(scenario.network_folder)
    _refuse_changed(store, "network", manifest.inputs["network"], tables.digests)
    from gridsim.grid.staged import stage_grid  # noqa: PLC0415  loads pandapower, after cheap checks

    known = {field.name for field in dataclasses.fields(SolveOptions)}
    options = SolveOptions(**{name: value for name, value in manifest.options.items() if name in known})
    return ReopenedRun(store, stage_grid(tables, scenario), options)


def _scenario_of(store: ResultStore) -> Scenario:
    manifest = store.manifest
    file = Path(manifest.origin["scenario_file"])
    try:
        scenario = load_scenario(file, from_year=manifest.from_year, to_year=manifest.to_year)
    except (OSError, ScenarioError) as error:
        raise ResultStoreError(
            f"{store.directory}: the scenario of this run cannot be read again ({error}); run it again"
        ) from error
    _refuse_changed(store, "scenario", manifest.inputs["scenario"], scenario.digests)
    if plain_values(scenario) != with_defaults(manifest.scenario_values, Scenario):
        raise ResultStoreError(
            f"{store.directory}: the run was made of a scenario that was changed after it was read from {file}; write "
            "the change into a file of its own and run that"
        )
    return scenario


def _refuse_changed(store: ResultStore, what: str, then: Mapping[str, str], now: Mapping[str, str]) -> None:
    changed = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    if changed:
        raise ResultStoreError(
            f"{store.directory}: the {what} has changed since the run ({', '.join(changed)}); run it again"
        )
