"""Fixes of a bank that investor plants take part in: a later start, or less load in the overloaded hours."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid.contributions import ContributorKind
from gridsim.grid.fix_change import CutLoads, GridChange, LoadCut
from gridsim.scenario.fix_model import FixKind
from gridsim.studies.attribution import attribute_steps
from gridsim.studies.fix_offers import NotApplicableError
from gridsim.studies.progress import Silence

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.grid.investor_load import InvestorProject
    from gridsim.grid.stages import Block
    from gridsim.studies.fix_offers import Case, Fix

#: Plants that are asked at once, those with the greatest shares.
MOST_PLANTS = 3
MONTHS_PER_YEAR = 12.0
#: How far below the limit curtailment aims, in MVA: load flows within a deadband of tap changers are no straight line.
AIM_BELOW_MVA = 0.01
#: Rounds in which the share that is curtailed is corrected.
ROUNDS = 4


def contributing_plants(case: Case) -> list[InvestorProject]:
    """Return the investor plants with a share in the worst hour's current, the greatest first.

    Raises
    ------
    NotApplicableError
        There are none.
    """
    step, name, _ = case.state.worst(case.bank.index)
    (found,) = attribute_steps(case.grid, case.bench.options, [(name, step)], Silence())
    parts = found.parts
    is_plant = (parts["kind"] == ContributorKind.investor) & (
        parts["share_percent"] >= case.options.least_share_percent
    )
    shares = parts[is_plant].sort_values("share_percent", ascending=False).head(MOST_PLANTS)
    if shares.empty:
        raise NotApplicableError(
            f"no investor plant has {case.options.least_share_percent:g} % of its current in its worst hour"
        )
    projects = {project.investor_id: project for project in case.grid.injections.investors.projects}
    return [projects[name] for name in shares["contributor"]]


def staged_plant(case: Case, plants: list[InvestorProject]) -> list[Fix]:
    """Offer to begin later with those of the plants that have not begun on the first day."""
    first = pd.Timestamp(case.grid.scenario.horizon.from_year, 1, 1)
    coming = [plant for plant in plants if plant.commissioning_date > first]
    if not coming:
        raise NotApplicableError(
            "its plants run from the first day: " + ", ".join(plant.investor_id for plant in plants)
        )
    months = case.options.delay_months
    mw = case.grid.injections.investors.coincidence * sum(plant.p_max_mw for plant in coming)
    what = ", ".join(plant.investor_id for plant in coming) + f" begin {months} months later"
    change = GridChange(delays={plant.investor_id: months for plant in coming})
    day = min(plant.commissioning_date for plant in coming)
    return [case.fix(FixKind.staged_plant, what, mw * months / MONTHS_PER_YEAR, change, day=day)]


def curtailment(case: Case, plants: list[InvestorProject]) -> list[Fix]:
    """Offer to take MW from plants in the overloaded hours, as few as bring the bank to its limit, or all they have."""
    steps, _ = case.state.overload(case.bank.index)
    share = np.zeros(len(steps))
    for block in case.grid.blocks:
        first, stop = np.searchsorted(steps, [block.start_step, block.stop_step])
        if first < stop:
            share[first:stop] = _needed_shares(case, plants, block, steps[first:stop])
    cuts = _cuts(case, plants, steps, share)
    mwh = sum(float(cut.p_mw.sum()) for cut in cuts) * case.grid.scenario.horizon.resolution_h
    what = f"{', '.join(plant.investor_id for plant in plants)} take {mwh:,.1f} MWh less in {len(steps):,} steps"
    day = case.need_day
    return [case.fix(FixKind.curtailment, what, mwh, GridChange(cuts=cuts), day=day)]


def _needed_shares(case: Case, plants: list[InvestorProject], block: Block, steps: IndexArray) -> FloatArray:
    """Return the share of the plants' load that has to go at each step of a block: regula falsi on the exact engine."""
    bench, bank = case.bench, case.bank.index
    opened = bench.solving.take_up(case.grid, block)
    serving = case.grid.stages[block.stage_index].in_service["bus"]

    def excess(share: FloatArray) -> FloatArray:
        """Return how far the bank is above (below: negative) its limit, MVA of its worst winding."""
        loads = case.grid.injections.loads
        parts = {entry.name: getattr(loads, entry.name) for entry in dataclasses.fields(type(loads))}
        cuts = (*parts.pop("cuts", ()), *_cuts(case, plants, steps, share))
        injections = dataclasses.replace(case.grid.injections, loads=CutLoads(**parts, cuts=cuts))
        first = int(steps[0])
        whole = injections.element_profiles(first, int(steps[-1]) + 1, serving)
        profiles = {key: np.ascontiguousarray(values[steps - first]) for key, values in whole.items()}
        bench.solving.n_solved += len(steps)
        return bench.margin_mva(opened.solve(steps, profiles), steps, bank)

    low, high = np.zeros(len(steps)), np.ones(len(steps))
    above, below = excess(low), excess(high)
    for _ in range(ROUNDS):
        drop = above - below
        guess = np.where(
            drop > 0.0, low + (high - low) * (above + AIM_BELOW_MVA) / np.where(drop > 0.0, drop, 1.0), 1.0
        )
        guess = np.clip(guess, low, high)
        value = excess(guess)
        is_enough = value <= 0.0
        high, below = np.where(is_enough, guess, high), np.where(is_enough, value, below)
        low, above = np.where(is_enough, low, guess), np.where(is_enough, above, value)
    return high


def _cuts(case: Case, plants: list[InvestorProject], steps: IndexArray, share: FloatArray) -> tuple[LoadCut, ...]:
    """Return what is cut when each plant gives up a share of its load at each step."""
    injections = case.grid.injections
    first, stop = int(steps[0]), int(steps[-1]) + 1
    row_of_bus = injections.loads.row_of_bus
    cuts = []
    for plant in plants:
        amount = share * injections.investors.power_mw(plant, first, stop)[steps - first]
        for stage in case.grid.stages:
            inside = (steps >= stage.start_step) & (steps < stage.stop_step)
            if not inside.any():
                continue
            served_at = plant.bus_pos if stage.in_service["bus"][plant.bus_pos] else plant.fallback_pos
            cuts.append(LoadCut(int(row_of_bus[served_at]), steps[inside], amount[inside], plant.tan_phi))
    return tuple(cuts)
