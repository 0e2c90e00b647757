"""Scenarios: strict TOML files, read into frozen dataclasses."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gridsim.errors import ScenarioError
from gridsim.scenario.ambient_file import read_ambient
from gridsim.scenario.binding import build
from gridsim.scenario.consistency import inconsistencies
from gridsim.scenario.document import problem_list, read_document
from gridsim.scenario.keys import keys_of
from gridsim.scenario.model import Horizon, Scenario

if TYPE_CHECKING:
    from gridsim.scenario.document import Document

__all__ = ["Horizon", "Scenario", "load_scenario"]


def load_scenario(path: str | Path, *, from_year: int | None = None, to_year: int | None = None) -> Scenario:
    """Read a scenario file, with everything it extends.

    Parameters
    ----------
    path:
        TOML file.
    from_year, to_year:
        First and last calendar year in place of those of the file.

    Raises
    ------
    ScenarioError
        A file cannot be read, or says something that no scenario may say: unknown keys (with the nearest known one),
        wrong types, values out of range, missing keys, contradictions; or the air temperatures that it names are not
        a table of the hours that it needs. All problems of one kind are listed together.
    """
    file = Path(path)
    document = read_document(file)
    missing: list[str] = []
    more = {"digests": MappingProxyType(document.digests), "source_files": tuple(document.files)}
    scenario: Scenario | None = build(Scenario, document.tree, "", missing, **more)
    if scenario is None:
        raise ScenarioError(problem_list([f"{file}: key {name!r} is missing" for name in missing]))
    scenario = _with_ambient(_with_years(scenario, from_year, to_year), document, file)
    problems = [document.problem(name, text) for name, text in inconsistencies(scenario)]
    if problems:
        raise ScenarioError(problem_list(problems))
    return scenario


def _with_years(scenario: Scenario, from_year: int | None, to_year: int | None) -> Scenario:
    horizon = scenario.horizon
    first = horizon.from_year if from_year is None else from_year
    last = horizon.to_year if to_year is None else to_year
    if from_year is None and to_year is None:
        return scenario
    year_key = keys_of(Horizon)["from_year"]
    for name, year in (("from_year", first), ("to_year", last)):
        if not year_key.is_in_range(year):
            raise ScenarioError(f"{name} {year}: expected a year {year_key.range_words}")
    if last < first:
        raise ScenarioError(f"to_year {last} lies before from_year {first}")
    return dataclasses.replace(scenario, horizon=dataclasses.replace(horizon, from_year=first, to_year=last))


def _with_ambient(scenario: Scenario, document: Document, file: Path) -> Scenario:
    """Read the air temperatures that the scenario names, if it does, and count their file among what was read."""
    path = scenario.profiles.ambient.file
    if path is None:
        return scenario
    record, digest = read_ambient(path, document.origin_of("profiles.ambient.file"))
    digests = {**scenario.digests, Path(os.path.relpath(path, file.parent)).as_posix(): digest}
    return dataclasses.replace(scenario, ambient=record, digests=MappingProxyType(digests))
