"""One run of the time-series study on a claimed result directory: solve, judge, write, sign with the manifest."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.assess.limits import WatchList, watch_list
from gridsim.assess.overload_report import OverloadReport, episode_table, ranking_table, yearly_table
from gridsim.assess.verdicts import verdict_table
from gridsim.results.frames import TIME_FORMAT, monthly_frame
from gridsim.results.manifest import Manifest
from gridsim.scenario.rule_catalogue import LINE_RULE
from gridsim.scenario.values import plain_values
from gridsim.studies.block_sink import BlockSink
from gridsim.studies.block_stream import BlockSolver, stream_blocks
from gridsim.studies.event_table import event_table
from gridsim.studies.fingerprint import Fingerprints
from gridsim.studies.reopen import origin_of
from gridsim.studies.result_tables import line_table, loading_columns, substation_table
from gridsim.studies.stored_blocks import StoredBlocks
from gridsim.studies.study_summary import summarise
from gridsim.studies.tap_table import tap_summary
from gridsim.studies.thermal_table import fan_record, thermal_summary
from gridsim.studies.versions import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.grid.staged import StagedGrid
    from gridsim.results.earlier_run import EarlierRun
    from gridsim.results.store import ResultStore
    from gridsim.scenario.limit_model import LimitRule
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.progress import PhaseClock, Progress


def solve_and_write(
    grid: StagedGrid,
    options: SolveOptions,
    store: ResultStore,
    clock: PhaseClock,
    progress: Progress,
    runs: Sequence[EarlierRun] = (),
) -> tuple[dict[str, Any], int]:
    """Run a staged grid into ``store``, finish the store, and return the summary and how many blocks were there before.

    Blocks that one of ``runs`` has solved are not solved again.
    """
    scenario = grid.scenario
    columns = loading_columns(grid)
    watches = watch_list(columns.elements, scenario.limit_rules)
    sink = BlockSink(grid, columns, watches, store)
    progress.begin("Solving", len(grid.time_utc))
    solver = BlockSolver(grid, columns, options, scenario.limits.basis, clock)
    stored = StoredBlocks(grid, columns, Fingerprints(options, scenario.limits.basis), runs, clock)
    stream_blocks(solver, stored, sink, progress, lambda: _write_plan(grid, store, columns.elements))
    progress.begin("Writing tables", 0)
    with clock.phase("assess"):
        report = _report(grid, watches, sink)
    with clock.phase("tables"):
        summary = _write_tables(grid, sink, report, columns.elements)
    store.finish(_manifest(grid, options, sink, summary, clock))
    return summary, sink.n_kept


def _report(grid: StagedGrid, watches: WatchList, sink: BlockSink) -> OverloadReport:
    horizon, months = grid.scenario.horizon, sink.months
    found = sink.overloads.finish()
    episodes = episode_table(found, watches, horizon)
    worst = np.fmax.reduce(months.worst_percent, axis=1)
    failed_h = months.failed_hours.sum(axis=1)
    return OverloadReport(
        episodes=episodes,
        yearly=yearly_table(episodes, sink.overloads.cuts(found), horizon),
        ranking=ranking_table(episodes, watches, worst, failed_h),
        verdicts=verdict_table(episodes, watches, worst, failed_h),
    )


def _write_plan(grid: StagedGrid, store: ResultStore, elements: pd.DataFrame) -> None:
    """Write the tables that do not depend on any load flow."""
    store.write_table("elements", elements)
    store.write_table("substations", substation_table(grid))
    store.write_table("lines", line_table(grid))
    store.write_table("events", event_table(grid))
    store.write_table("demand", grid.injections.demand_summary())


def _write_tables(grid: StagedGrid, sink: BlockSink, report: OverloadReport, elements: pd.DataFrame) -> dict[str, Any]:
    """Write what follows from the load flows, the manifest left out, and return the summary."""
    store, steps, months = sink.store, sink.steps(), sink.months
    store.write_steps(steps)
    store.write_overloads(report.episodes)
    store.write_table("yearly", report.yearly)
    store.write_table("ranking", report.ranking)
    store.write_table("verdicts", report.verdicts)
    values = (months.worst_percent, months.hours_over_100, months.failed_hours)
    store.write_monthly(monthly_frame(elements["element"].to_list(), months.months, values))
    operations = sink.taps.table()
    store.write_table("tap_operations", operations)
    life = sink.thermal.table()
    store.write_table("thermal_life", life)
    summary = summarise(grid, steps, report)
    summary["tap_changers"] = tap_summary(operations, _places(elements))
    summary["thermal_life"] = thermal_summary(life, elements) | {"fans": fan_record(grid.scenario.cooling, elements)}
    store.write_summary(summary)
    return summary


def _places(elements: pd.DataFrame) -> pd.Series[str]:
    """Return the name of the substation of each transformer, as ``<type>:<name>``."""
    keys = elements["element_type"] + ":" + elements["name"]
    is_first = ~keys.duplicated()
    return pd.Series(elements.loc[is_first, "substation_name"].to_numpy(), index=keys[is_first])


def _manifest(
    grid: StagedGrid,
    options: SolveOptions,
    sink: BlockSink,
    summary: Mapping[str, Any],
    clock: PhaseClock,
) -> Manifest:
    scenario = grid.scenario
    return Manifest(
        scenario=scenario.name,
        title=scenario.title,
        from_year=scenario.horizon.from_year,
        to_year=scenario.horizon.to_year,
        resolution_h=scenario.horizon.resolution_h,
        utc_offset_h=scenario.horizon.utc_offset_h,
        loading_basis=scenario.limits.basis.value,
        limits=tuple(_rule_record(rule) for rule in scenario.limit_rules),
        options=dataclasses.asdict(options) | {"seed": scenario.seed},
        inputs={"network": dict(grid.tables.digests), "scenario": dict(scenario.digests)},
        versions=versions(),
        steps={key: summary["steps"][key] for key in ("total", "solved", "failed", "by_status")},
        blocks=tuple(sink.records),
        created_utc=dt.datetime.now(dt.UTC).strftime(TIME_FORMAT),
        elapsed_s=clock.elapsed_s(),
        line_limit=_rule_record(LINE_RULE),
        origin=origin_of(scenario),
        scenario_values=plain_values(scenario),
    )


def _rule_record(rule: LimitRule) -> dict[str, Any]:
    return dataclasses.asdict(rule) | {"percent": rule.percent, "is_inferred": rule.is_inferred}
