"""The tables of the study of fixes: candidates, plan, what is left, what does not apply, and the unit costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.scenario.fix_model import SIZE_UNITS
from gridsim.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.scenario.fix_model import FixKind, UnitCost
    from gridsim.studies.fix_bench import FixBench, RunState
    from gridsim.studies.fix_plan import Planner, Tried

CANDIDATE_COLUMNS = (
    "transformers",
    "substation_id",
    "substation_name",
    "kind",
    "what",
    "size",
    "size_unit",
    "day",
    "cost_mln",
    "cost_confidence",
    "mvah_before",
    "mvah_after",
    "mvah_avoided",
    "mln_per_mvah",
    "first_before_utc",
    "first_after_utc",
    "years_deferred",
    "caused_transformers",
    "caused_mvah",
    "others_mvah",
    "solved_h",
    "failed_before_h",
    "failed_after_h",
    "is_enough",
    "rank",
    "deferral_rank",
)
PLAN_COLUMNS = (
    "order",
    "round",
    "transformers",
    "substation_id",
    "substation_name",
    "kind",
    "what",
    "size",
    "size_unit",
    "day",
    "cost_mln",
    "cumulative_mln",
    "cost_confidence",
    "mvah_before",
    "mvah_after",
    "mvah_removed",
)
LEFT_COLUMNS = ("transformers", "substation_name", "first_utc", "hours", "mvah_without", "mvah_left")
REFUSED_COLUMNS = ("transformers", "substation_name", "kind", "reason")
CATALOGUE_COLUMNS = ("kind", "fixed_mln", "per_size_mln", "size_unit", "currency", "price_year", "confidence", "source")


def _names(state: RunState, bench: FixBench, bank: int) -> tuple[str, str, str]:
    """Return the units that are above their limit in a run, and identifier and name of the substation."""
    found = bench.banks[bank]
    units = state.units(bank) or found.units
    return ", ".join(units), found.substation_id, found.substation_name


def _head(planner: Planner, before: RunState, tried: Tried) -> dict[str, Any]:
    fix = tried.fix
    units, place, name = _names(before, planner.bench, fix.bank)
    return {
        "transformers": units,
        "substation_id": place,
        "substation_name": name,
        "kind": str(fix.kind),
        "what": fix.what,
        "size": fix.size,
        "size_unit": SIZE_UNITS[fix.kind],
        "day": fix.day,
        "cost_mln": tried.cost_mln,
        "cost_confidence": str(planner.costs[fix.kind].confidence),
    }


def candidates_table(planner: Planner, before: RunState) -> pd.DataFrame:
    """Return the fixes tried alone, columns ``CANDIDATE_COLUMNS``."""
    time_utc, rows = planner.bench.grid.time_utc, []
    order = {bank: place for place, bank in enumerate(dict.fromkeys(one.fix.bank for one in planner.tried))}
    step_h = planner.bench.grid.scenario.horizon.resolution_h
    for one in planner.tried:
        trial, first = one.trial, one.trial.first_step
        caused = np.flatnonzero(trial.caused_mvah > 0.0)
        rows.append(
            _head(planner, before, one)
            | {
                "bank": order[one.fix.bank],
                "mvah_before": one.before_mvah,
                "mvah_after": trial.own_mvah,
                "mvah_avoided": one.avoided_mvah,
                "mln_per_mvah": one.mln_per_mvah,
                "first_before_utc": time_utc[one.first_before],
                "first_after_utc": pd.NaT if first is None else time_utc[first],
                "years_deferred": np.inf if first is None else (first - one.first_before) * step_h / HOURS_PER_YEAR,
                "caused_transformers": "; ".join(_names(before, planner.bench, int(bank))[0] for bank in caused),
                "caused_mvah": float(trial.caused_mvah.sum()),
                "others_mvah": trial.others_mvah,
                "solved_h": len(trial.steps) * step_h,
                "failed_before_h": one.failed_before_h,
                "failed_after_h": trial.failed_h,
                "is_enough": one.is_enough,
            }
        )
    frame = pd.DataFrame(rows, columns=["bank", *CANDIDATE_COLUMNS])
    for name in ("first_before_utc", "first_after_utc"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    frame["day"] = pd.to_datetime(frame["day"])
    is_useful = frame["mvah_avoided"] > 0.0
    frame["rank"] = frame["mln_per_mvah"].where(is_useful).groupby(frame["bank"]).rank(method="first")
    by_years = frame[is_useful].sort_values(["years_deferred", "cost_mln"], ascending=[False, True], kind="stable")
    frame["deferral_rank"] = (by_years.groupby("bank").cumcount() + 1.0).reindex(frame.index)
    ordered = frame.sort_values(["bank", "rank"], kind="stable", ignore_index=True, na_position="last")
    return ordered[list(CANDIDATE_COLUMNS)]


def plan_table(planner: Planner, before: RunState) -> pd.DataFrame:
    """Return the plan, columns ``PLAN_COLUMNS``."""
    rows = [
        _head(planner, before, one.tried)
        | {
            "order": place,
            "round": one.round,
            "mvah_before": one.before_mvah,
            "mvah_after": one.after_mvah,
            "mvah_removed": one.before_mvah - one.after_mvah,
        }
        for place, one in enumerate(planner.accepted, start=1)
    ]
    frame = pd.DataFrame(rows, columns=list(PLAN_COLUMNS))
    frame["cumulative_mln"] = frame["cost_mln"].cumsum()
    frame["day"] = pd.to_datetime(frame["day"])
    return frame


def left_table(bench: FixBench, before: RunState, after: RunState) -> pd.DataFrame:
    """Return the banks above their limit with the plan, columns ``LEFT_COLUMNS``."""
    step_h = bench.grid.scenario.horizon.resolution_h
    rows = []
    for bank in after.overloaded_banks():
        steps, mva = after.overload(bank)
        units, _, name = _names(after, bench, bank)
        without = float(before.overload(bank)[1].sum()) * step_h
        first = bench.grid.time_utc[steps[0]]
        rows.append((units, name, first, len(steps) * step_h, without, float(mva.sum()) * step_h))
    frame = pd.DataFrame(rows, columns=list(LEFT_COLUMNS))
    frame["first_utc"] = pd.to_datetime(frame["first_utc"], utc=True)
    return frame.sort_values("mvah_left", ascending=False, kind="stable", ignore_index=True)


def catalogue_table(costs: Mapping[FixKind, UnitCost]) -> pd.DataFrame:
    """Return the unit costs, columns ``CATALOGUE_COLUMNS``."""
    rows = [
        (
            str(kind),
            cost.fixed_mln,
            cost.per_size_mln,
            SIZE_UNITS[kind],
            cost.currency,
            cost.price_year,
            str(cost.confidence),
            cost.source,
        )
        for kind, cost in costs.items()
    ]
    return pd.DataFrame(rows, columns=list(CATALOGUE_COLUMNS))


def refused_table(planner: Planner, before: RunState) -> pd.DataFrame:
    """Return the kinds that do not apply, columns ``REFUSED_COLUMNS``."""
    rows = [(*_names(before, planner.bench, bank)[::2], str(kind), reason) for bank, kind, reason in planner.refused]
    return pd.DataFrame(rows, columns=list(REFUSED_COLUMNS))
