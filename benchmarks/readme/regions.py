"""The parts of the README that are written by a command, each with the commands it rests on.

Every part is made in two steps. Its *facts* are picked out of what the commands have left in a folder, small enough to
be kept beside the tests as JSON; its *text* follows from the facts alone. So the tests hold the README against the
facts without running anything, and whoever changes a figure by hand is told.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.readme import runs_told, studies_told
from benchmarks.readme.commands_shown import OTHER_YEARS, REGIMES
from benchmarks.readme.excerpt import ConsoleTable, fenced, lines_with
from benchmarks.readme.running import said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Local time of the scenarios minus UTC, hours.
UTC_OFFSET_H = 5.0
COMPARED = ("m049_alatau.t1", "chp3.at1", "kaskelen_110.t1", "pokrovka_110.t1", "raiymbek_110.t1")
COMPARED_HEADS = (
    *("transformer", "substation", "overload", "first in A", "first in B"),
    *("hours A", "hours B", "MVAh A", "MVAh B", "peak % A", "peak % B"),
)
BUILD_UP = ("base load", "growth of sectors", "fan_plant", "pool_logistics_6")
PROJECTS = ("gov15_15", "gov15_14", "gov15_01", "gov15_03", "gov15_04", "tuzdybastau")
PROJECT_HEADS = ("project", "planned", "needed by (N-0)", "months", "verdict", "without it")
N1_PROJECTS = ("gov15_14", "gov15_01", "kirpichnaya", "tuzdybastau", "alatau11_02", "gov15_12")
N1_HEADS = (*PROJECT_HEADS[:3], "needed by (N-1)", "months", "verdict", "outage", "without it")
BUSBARS = (
    *("m021_balkhash.10", "tuzdybastau_village_35.10", "geologostroy_6a.10"),
    *("zhetygen_m052.10", "city_110_13.10", "alatau_01.10"),
)
FIXED = "arman_118"
THERMAL_EXAMPLE = """\
import gridsim, pandas as pd

hours = pd.date_range("2030-07-15", periods=24, freq="h")
load = pd.Series([0.8] * 10 + [1.2] * 8 + [0.8] * 6, index=hours)  # current over rated current
onaf = gridsim.ThermalParameters.onaf()
print(gridsim.hot_spot(load, 30.0, parameters=onaf).iloc[[9, 10, 17, 18]].round(2))
print(gridsim.loss_of_life(load, 30.0, parameters=onaf)["loss_of_life_days"].round(2).item(), "days")
"""


@dataclass(frozen=True)
class Region:
    """One part of the README between two markers.

    Attributes
    ----------
    needs:
        Names of the commands it rests on.
    facts:
        What it takes from the folder in which they were run, as JSON can hold it.
    text:
        What it says, from the facts.
    """

    needs: tuple[str, ...]
    facts: Callable[[Path], Any]
    text: Callable[[Any], str]


def _summary(folder: Path, directory: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / directory / "summary.json").read_text(encoding="utf-8"))
    return found


def _scenarios(folder: Path) -> list[dict[str, Any]]:
    directories = ["on_time", "late", *(f"{scenario}_{year}" for scenario, year in OTHER_YEARS)]
    return runs_told.scenarios_facts(_summary(folder, directory) for directory in directories)


def _n1(folder: Path) -> dict[str, Any]:
    directory = folder / "out" / "reference-n1"
    summary = json.loads((directory / "n1_summary.json").read_text(encoding="utf-8"))
    failed, worst = (pd.read_csv(directory / "tables" / f"n1_{name}.csv") for name in ("failed", "worst"))
    return studies_told.n1_facts(summary, failed, worst)


def _transformers(folder: Path) -> str:
    text = said(folder, "transformers")
    words = lines_with(text, ("N-0", "N-1", "Trend"))
    return fenced(words, ConsoleTable.read(text, "transformer").chosen(most=5))


def _rules(folder: Path) -> str:
    return fenced(ConsoleTable.read(said(folder, "on_time"), "rule").chosen())


def _compare(folder: Path) -> str:
    text = said(folder, "compare")
    rows = ConsoleTable.read(text, "transformer", "peak % B").chosen(COMPARED_HEADS, COMPARED)
    return fenced(lines_with(text, ("Dates", "Overloads by rule")), rows)


def _explain(folder: Path) -> str:
    text = said(folder, "explain_one")
    shares = ConsoleTable.read(text, "contributor").chosen(most=3)
    build_up = ConsoleTable.read(text, "added").chosen(keys=BUILD_UP)
    return fenced(lines_with(text, ("trafo", "Loading", "Tipped by")), shares, build_up)


def _lead_lag(folder: Path) -> dict[str, Any]:
    text = said(folder, "leadlag")
    rows = ConsoleTable.read(text, "project", "without it").chosen(PROJECT_HEADS, PROJECTS)
    plants = studies_told.plants_facts(pd.read_csv(folder / "lead_lag" / "plants.csv"), UTC_OFFSET_H)
    return {"excerpt": fenced(lines_with(text, ("Projects",)), rows), "plants": plants}


def _lead_lag_n1(folder: Path) -> dict[str, Any]:
    rows = ConsoleTable.read(said(folder, "leadlag_n1"), "project", "outage").chosen(N1_HEADS, N1_PROJECTS)
    projects = pd.read_csv(folder / "lead_lag_n1" / "projects.csv")
    return {"excerpt": fenced(rows), "needs": studies_told.outage_needs_facts(projects, UTC_OFFSET_H)}


def _fixes(folder: Path) -> dict[str, Any]:
    lines = lines_with(said(folder, "fixes"), ("Hours", "Left", "Costs", "Plan "))
    candidates = pd.read_csv(folder / "fixes" / "candidates.csv")
    return {"excerpt": fenced(lines), "tried": studies_told.fixes_facts(candidates, FIXED)}


def _regimes(folder: Path) -> list[dict[str, Any]]:
    told = {regime: json.loads(said(folder, f"export_{regime}")) for regime in REGIMES}
    names = ("time_local", "load_mw", "loss_mw", "largest_difference_percent")
    return [{"regime": regime} | {name: hour[name] for name in names} for regime, hour in told.items()]


def _certificate(folder: Path) -> dict[str, Any]:
    engines, hours = (pd.read_csv(folder / "certificate" / f"{name}.csv") for name in ("engines", "hours"))
    return runs_told.certificate_facts(engines, hours)


def thermal_example(folder: Path) -> str:
    """Run the example of thermal life and return what it prints; nothing in the folder matters."""
    done = subprocess.run(  # noqa: S603  this very interpreter
        [sys.executable, "-c", THERMAL_EXAMPLE], cwd=folder, stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


REGIONS = MappingProxyType(
    {
        "reference": Region(("reference",), lambda folder: _summary(folder, "reference"), runs_told.reference),
        "scenarios": Region(
            ("on_time", "late", *(f"{scenario}_{year}" for scenario, year in OTHER_YEARS)),
            _scenarios,
            runs_told.scenarios,
        ),
        "n1": Region(("n1",), _n1, studies_told.n1),
        "thermal": Region(
            (), thermal_example, lambda printed: f"```python\n{THERMAL_EXAMPLE}```\n\n```text\n{printed}\n```"
        ),
        "transformers": Region(("transformers",), _transformers, str),
        "rules": Region(("on_time",), _rules, str),
        "compare": Region(("compare",), _compare, str),
        "explain": Region(("explain_one",), _explain, str),
        "leadlag": Region(
            ("leadlag",), _lead_lag, lambda facts: f"{facts['excerpt']}\n\n{studies_told.plants(facts['plants'])}"
        ),
        "leadlag_n1": Region(
            ("leadlag_n1",),
            _lead_lag_n1,
            lambda facts: f"{facts['excerpt']}\n\n{studies_told.outage_needs(facts['needs'])}",
        ),
        "hosting": Region(
            ("hosting",),
            lambda folder: studies_told.hosting_facts(pd.read_csv(folder / "hosting.csv"), BUSBARS),
            studies_told.hosting,
        ),
        "fixes": Region(
            ("fixes",), _fixes, lambda facts: f"{facts['excerpt']}\n\n{studies_told.fixes(facts['tried'])}"
        ),
        "regimes": Region(tuple(f"export_{regime}" for regime in REGIMES), _regimes, runs_told.regimes),
        "certificate": Region(("certificate",), _certificate, runs_told.certificate),
    }
)
