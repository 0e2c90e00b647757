"""What fixes overloaded transformers, at which cost: every applicable fix tried alone, and a plan that leaves nothing.

**Banks.** Units between the same busbars share their load and are fixed together; a row stands for all of them.

**Fixes.** Each kind of the catalogue (:class:`gridsim.scenario.fix_model.FixKind`) is sized for the bank in its worst
hour and dated by its first overload (:mod:`gridsim.studies.fix_offers`). What is built becomes rows of the network
tables and opens a stage on its day. Costs are unit costs of the scenario times the size, at present prices, not
discounted; the default unit costs are assumed.

**What is solved.** The scenario, every hour. Then each fix alone, in the hours in which its bank is above its limit,
every one of them, and of the same years the highest hour of every winding that comes within
:data:`gridsim.studies.fix_bench.CLOSE_POINTS` points of its limit, and up to a few dozen hours without solution. So the
overload that a fix takes away is exact for the bank's overloaded hours; overloads that it causes elsewhere are found in
the hours that were solved, not in others. The plan is then solved in every hour: what is left there, overload or hour
without solution, is what it leaves.

**Years of deferral.** From the first overload of the bank to its first with the fix in place; infinite when there is
none within the horizon.

**Rule.** An overload is a loading above the limit at which the first rule of the scenario begins for the unit (the tier
of a rule that permits some hours counts from its beginning). Transformers only, all branches in service (N-0).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridsim.errors import InputError
from gridsim.scenario.binding import nearest
from gridsim.scenario.fix_catalogue import COSTS
from gridsim.scenario.fix_model import chosen_costs
from gridsim.scenario.rule_catalogue import CATALOGUE
from gridsim.studies.fix_frames import candidates_table, catalogue_table, left_table, plan_table, refused_table
from gridsim.studies.progress import PhaseClock, Silence
from gridsim.studies.time_series import asked_scenario, solve_options
from gridsim.tables.load import load_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from gridsim.scenario.limit_model import LimitRule
    from gridsim.scenario.model import Scenario
    from gridsim.studies.fix_bench import Bank, FixBench, RunState
    from gridsim.studies.fix_plan import Planner
    from gridsim.studies.progress import Progress


@dataclass(frozen=True)
class Fixes:
    """What fixes the overloaded transformers of a scenario.

    Attributes
    ----------
    candidates:
        One row per bank and applicable fix, tried alone, columns ``CANDIDATE_COLUMNS`` of
        :mod:`gridsim.studies.fix_frames`, by bank (first overload first)
        and ``rank`` (cost per MVAh avoided; NaN when nothing is avoided). ``deferral_rank`` is by years of deferral,
        then cost. ``day`` is local; ``years_deferred`` is infinite when no overload is left; ``caused_transformers``
        are above their limit in solved hours in which they were not before; ``others_mvah`` is the change of the
        overload of all others; ``is_enough`` says that the bank has no overload left and that no hour without solution
        and no overload elsewhere came of it (none above :data:`gridsim.studies.fix_trial.NEGLIGIBLE_SHARE` of what it
        takes away).
    plan:
        Fixes in the order in which they were accepted, columns ``PLAN_COLUMNS``: ``mvah_before`` is what the plan up to
        there leaves of the bank's overload, ``mvah_after`` what is left with the fix.
    left:
        Banks above their limit when every hour is solved with the whole plan, columns ``LEFT_COLUMNS``.
    refused:
        Kinds that do not apply, with the reason, columns ``REFUSED_COLUMNS``.
    catalogue:
        Unit costs, columns ``CATALOGUE_COLUMNS``.
    scenario:
        As asked for, the rule first among its rules.
    asked:
        Units of the one bank that was asked for; empty for all.
    rule:
        The rule that says what an overload is.
    currency, price_year:
        Of all costs.
    total_h, failed_before_h, failed_after_h:
        Hours of the run; those without solution, without fixes and with the plan.
    mvah_before, mvah_after:
        Overload of all transformers in every hour, without fixes and with the plan.
    solved_h:
        Hours solved in all.
    elapsed_s:
        Seconds by phase.
    """

    candidates: pd.DataFrame
    plan: pd.DataFrame
    left: pd.DataFrame
    refused: pd.DataFrame
    catalogue: pd.DataFrame
    scenario: Scenario
    asked: str
    rule: LimitRule
    currency: str
    price_year: int
    total_h: int
    failed_before_h: int
    failed_after_h: int
    mvah_before: float
    mvah_after: float
    solved_h: int
    elapsed_s: Mapping[str, float]


def fixes(
    scenario: str | Path | Scenario,
    *,
    from_year: int | None = None,
    to_year: int | None = None,
    trafo: str | None = None,
    rule: str | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> Fixes:
    """Find what fixes the overloaded transformers of a scenario, and a plan of low cost that leaves no overload.

    Parameters
    ----------
    scenario:
        Scenario file (TOML), or what :func:`gridsim.load_scenario` made of one; ``[fixes]`` has its unit costs.
    from_year, to_year:
        First and last local calendar year, in place of those of the scenario.
    trafo:
        One transformer by name: only its bank is fixed. All overloaded ones when not given.
    rule:
        Rule of loading by name, in place of the first of the scenario.
    threads:
        Threads that work inside a batch of load flows; 0 for all. The results do not depend on it.
    progress:
        Hears of phases and steps.

    Raises
    ------
    ScenarioError, NetworkDataError, CompileError
        The inputs cannot be used.
    InputError
        There is no such rule or transformer.
    """
    clock, told = PhaseClock(), progress or Silence()
    asked = _with_rule(asked_scenario(scenario, from_year, to_year), rule)
    options = solve_options(asked.solver, None, threads)
    tables = load_tables(asked.network_folder)
    costs = chosen_costs(asked.fixes, COSTS)
    with clock.phase("stage"):
        told.begin("Laying out stages, demand and generation", 0)
        from gridsim.grid.staged import stage_grid  # noqa: PLC0415  loads pandapower, after cheap checks
        from gridsim.studies.fix_bench import FixBench  # noqa: PLC0415  likewise
        from gridsim.studies.fix_plan import Planner  # noqa: PLC0415  likewise

        bench = FixBench(stage_grid(tables, asked), options)
    chosen = _asked_bank(bench, trafo)
    planner = Planner(bench, asked.fixes, costs, told)
    with clock.phase("run without fixes"):
        before = bench.every_hour(planner.change, told)
    with clock.phase("fixes"):
        after = planner.plan(before, lambda bank: chosen is None or bank == chosen.index)
    return _result(planner, before, after, asked, chosen, clock)


def _with_rule(scenario: Scenario, rule: str | None) -> Scenario:
    if rule is None:
        return scenario
    known = [*CATALOGUE, *(own.name for own in scenario.limits.own)]
    if rule not in known:
        raise InputError(f"unknown rule {rule!r}, {nearest(rule, known)}")
    rules = (rule, *(name for name in scenario.limits.rules if name != rule))
    return dataclasses.replace(scenario, limits=dataclasses.replace(scenario.limits, rules=rules))


def _asked_bank(bench: FixBench, trafo: str | None) -> Bank | None:
    if trafo is None:
        return None
    for bank in bench.banks:
        if trafo in bank.units:
            return bank
    known = [unit for bank in bench.banks for unit in bank.units]
    raise InputError(f"there is no transformer {trafo!r} in the network, {nearest(trafo, known)}")


def _result(
    planner: Planner, before: RunState, after: RunState, scenario: Scenario, chosen: Bank | None, clock: PhaseClock
) -> Fixes:
    bench = planner.bench
    step_h = scenario.horizon.resolution_h
    first = next(iter(planner.costs.values()), None)
    return Fixes(
        candidates=candidates_table(planner, before),
        plan=plan_table(planner, before),
        left=left_table(bench, before, after),
        refused=refused_table(planner, before),
        catalogue=catalogue_table(planner.costs),
        scenario=scenario,
        asked="" if chosen is None else ", ".join(chosen.units),
        rule=scenario.limit_rules[0],
        currency="" if first is None else first.currency,
        price_year=0 if first is None else first.price_year,
        total_h=scenario.horizon.n_step * step_h,
        failed_before_h=int(before.is_failed.sum()) * step_h,
        failed_after_h=int(after.is_failed.sum()) * step_h,
        mvah_before=before.total_mva * step_h,
        mvah_after=after.total_mva * step_h,
        solved_h=bench.solving.n_solved * step_h,
        elapsed_s=clock.elapsed_s(),
    )
