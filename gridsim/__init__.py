"""Which transformer of a grid overloads, when, for how long, as plants and substations come online.

The names below are the public face. They are loaded on first use: ``import gridsim`` compiles nothing and loads
neither numba nor pandapower nor matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from gridsim._version import __version__
from gridsim.enums import Confidence, LoadingBasis, Solver, StepStatus
from gridsim.errors import (
    CompileError,
    Finding,
    GridsimError,
    InputError,
    NetworkDataError,
    ResultStoreError,
    ScenarioError,
    SolveError,
)

if TYPE_CHECKING:
    from gridsim.assess.thermal_fleet import ThermalState
    from gridsim.assess.thermal_model import hot_spot, loss_of_life
    from gridsim.assess.thermal_parameters import CoolingStages, ThermalParameters
    from gridsim.grid.build import build_net
    from gridsim.grid.staged import stage_grid
    from gridsim.plots import draw_all as plot
    from gridsim.report.page.html_page import write_report
    from gridsim.results.store import ResultStore
    from gridsim.scenario import load_scenario
    from gridsim.scenario.rule_list import rules
    from gridsim.solve.contingencies import solve_contingencies
    from gridsim.solve.contingency import Contingency
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.timeseries import solve_timeseries
    from gridsim.studies.certificate import certify
    from gridsim.studies.compare_runs import compare_runs
    from gridsim.studies.dossier import dossier
    from gridsim.studies.explanation import attribute_overloads, explain
    from gridsim.studies.export_hour import export_hour
    from gridsim.studies.fixes import fixes
    from gridsim.studies.hosting_capacity import hosting_capacity
    from gridsim.studies.lead_lag import lead_lag
    from gridsim.studies.thermal_week import thermal_week
    from gridsim.studies.time_series import open_results, resume_run, run_scenario
    from gridsim.studies.transformers import transformers
    from gridsim.tables.load import check_tables, load_tables

#: Public name to the module that holds it and its name there; imported when first asked for.
_LAZY = {
    "CoolingStages": ("gridsim.assess.thermal_parameters", "CoolingStages"),
    "Contingency": ("gridsim.solve.contingency", "Contingency"),
    "ResultStore": ("gridsim.results.store", "ResultStore"),
    "SolveOptions": ("gridsim.solve.options", "SolveOptions"),
    "ThermalParameters": ("gridsim.assess.thermal_parameters", "ThermalParameters"),
    "ThermalState": ("gridsim.assess.thermal_fleet", "ThermalState"),
    "attribute_overloads": ("gridsim.studies.explanation", "attribute_overloads"),
    "build_net": ("gridsim.grid.build", "build_net"),
    "certify": ("gridsim.studies.certificate", "certify"),
    "check_tables": ("gridsim.tables.load", "check_tables"),
    "compare_runs": ("gridsim.studies.compare_runs", "compare_runs"),
    "dossier": ("gridsim.studies.dossier", "dossier"),
    "export_hour": ("gridsim.studies.export_hour", "export_hour"),
    "explain": ("gridsim.studies.explanation", "explain"),
    "fixes": ("gridsim.studies.fixes", "fixes"),
    "hosting_capacity": ("gridsim.studies.hosting_capacity", "hosting_capacity"),
    "hot_spot": ("gridsim.assess.thermal_model", "hot_spot"),
    "lead_lag": ("gridsim.studies.lead_lag", "lead_lag"),
    "load_scenario": ("gridsim.scenario", "load_scenario"),
    "load_tables": ("gridsim.tables.load", "load_tables"),
    "loss_of_life": ("gridsim.assess.thermal_model", "loss_of_life"),
    "open_results": ("gridsim.studies.time_series", "open_results"),
    "plot": ("gridsim.plots", "draw_all"),
    "resume_run": ("gridsim.studies.time_series", "resume_run"),
    "rules": ("gridsim.scenario.rule_list", "rules"),
    "run_scenario": ("gridsim.studies.time_series", "run_scenario"),
    "solve_contingencies": ("gridsim.solve.contingencies", "solve_contingencies"),
    "solve_timeseries": ("gridsim.solve.timeseries", "solve_timeseries"),
    "stage_grid": ("gridsim.grid.staged", "stage_grid"),
    "thermal_week": ("gridsim.studies.thermal_week", "thermal_week"),
    "transformers": ("gridsim.studies.transformers", "transformers"),
    "write_report": ("gridsim.report.page.html_page", "write_report"),
}

__all__ = [
    "CompileError",
    "Confidence",
    "Contingency",
    "CoolingStages",
    "Finding",
    "GridsimError",
    "InputError",
    "LoadingBasis",
    "NetworkDataError",
    "ResultStore",
    "ResultStoreError",
    "ScenarioError",
    "SolveError",
    "SolveOptions",
    "Solver",
    "StepStatus",
    "ThermalParameters",
    "ThermalState",
    "__version__",
    "attribute_overloads",
    "build_net",
    "certify",
    "check_tables",
    "compare_runs",
    "dossier",
    "explain",
    "export_hour",
    "fixes",
    "hosting_capacity",
    "hot_spot",
    "lead_lag",
    "load_scenario",
    "load_tables",
    "loss_of_life",
    "open_results",
    "plot",
    "resume_run",
    "rules",
    "run_scenario",
    "solve_contingencies",
    "solve_timeseries",
    "stage_grid",
    "thermal_week",
    "transformers",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'gridsim' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
