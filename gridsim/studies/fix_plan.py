"""Trying every offer alone, and the greedy plan.

*Plan.* The banks are taken in the order of their first overload. What the fixes accepted so far leave of a bank's
overload is solved again; if nothing is left the bank needs no fix of its own. Otherwise its fixes are asked in this
order: those that, alone, left it no overload and caused (next to) none elsewhere, the cheapest first; those that left
it none and caused less elsewhere than they took away, likewise; then the others by cost per MVAh avoided. Each is
simulated on top of the plan and accepted if there are fewer hours without solution, or as many and less overload of the
bank; the bank is done when none is left. Then every hour is solved with the whole plan. Banks that are still, or newly,
above their limits are made new offers on top of the plan, round after round, until nothing is left, or no offer helps.

Greedy means: no fix is taken back, and no combination is compared with another: the least cost may be lower.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridsim.grid.fix_change import GridChange
from gridsim.grid.fix_tables import merged
from gridsim.scenario.fix_model import FixKind
from gridsim.studies import fix_neighbours, fix_offers, fix_plants
from gridsim.studies.fix_offers import Case, NotApplicableError
from gridsim.studies.fix_trial import try_change

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gridsim.grid.investor_load import InvestorProject
    from gridsim.scenario.fix_model import FixOptions, UnitCost
    from gridsim.studies.fix_bench import FixBench, RunState
    from gridsim.studies.fix_offers import Fix
    from gridsim.studies.fix_trial import Trial
    from gridsim.studies.progress import Progress

#: Rounds of offers, each with a run of every hour behind it.
MOST_ROUNDS = 5
#: Fixes of one bank in one round.
MOST_FIXES = 4
#: Kinds that put other units in the place of those there: of one bank only one of them at a time.
REPLACING = frozenset({FixKind.next_rating, FixKind.fans})
_OWN: Mapping[FixKind, Callable[[Case], list[Fix]]] = {
    FixKind.bring_forward: fix_neighbours.bring_forward,
    FixKind.parallel_unit: fix_offers.parallel_unit,
    FixKind.next_rating: fix_offers.next_rating,
    FixKind.fans: fix_offers.fans,
    FixKind.load_transfer: fix_neighbours.load_transfer,
    FixKind.tap_setting: fix_offers.tap_setting,
    FixKind.capacitor: fix_offers.capacitor,
}
_OF_PLANTS: Mapping[FixKind, Callable[[Case, list[InvestorProject]], list[Fix]]] = {
    FixKind.staged_plant: fix_plants.staged_plant,
    FixKind.curtailment: fix_plants.curtailment,
}


@dataclass(frozen=True)
class Tried:
    """A fix tried on top of what was there: cost in millions, overload of its bank before, and the trial."""

    fix: Fix
    cost_mln: float
    before_mvah: float
    failed_before_h: float
    first_before: int
    trial: Trial

    @property
    def avoided_mvah(self) -> float:
        """Overload of the bank that it takes away, MVA h."""
        return self.before_mvah - self.trial.own_mvah

    @property
    def mln_per_mvah(self) -> float:
        """Cost per MVA h avoided, millions; infinite when nothing is avoided."""
        return self.cost_mln / self.avoided_mvah if self.avoided_mvah > 0.0 else np.inf

    @property
    def is_enough(self) -> bool:
        """Whether the bank has no overload left and nothing else got worse."""
        return self.trial.leaves_nothing(self.before_mvah, self.failed_before_h)

    @property
    def precedence(self) -> tuple[int, float]:
        """In which order fixes of a bank are asked: enough by cost, else a cure with side effects, else by MVAh."""
        if self.is_enough:
            return 0, self.cost_mln
        is_cure = self.trial.own_mvah == 0.0 and self.trial.failed_h <= self.failed_before_h
        if is_cure and float(self.trial.caused_mvah.sum()) < self.avoided_mvah:
            return 1, self.cost_mln
        return 2, self.mln_per_mvah


@dataclass(frozen=True)
class Accepted:
    """A fix of the plan: what was left of its bank's overload before and after it, MVA h, simulated on the plan."""

    round: int
    tried: Tried
    before_mvah: float
    after_mvah: float


@dataclass
class Planner:
    """Offers, trials and the plan of a scenario.

    Attributes
    ----------
    bench:
        Grows by what is offered.
    tried, refused:
        Offers of the first round, tried alone, and the kinds that do not apply: bank, kind, reason.
    accepted:
        The plan so far.
    """

    bench: FixBench
    options: FixOptions
    costs: Mapping[FixKind, UnitCost]
    progress: Progress
    tried: list[Tried] = field(default_factory=list)
    refused: list[tuple[int, FixKind, str]] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    change: GridChange = field(default_factory=GridChange)

    def plan(self, state: RunState, is_asked: Callable[[int], bool]) -> RunState:
        """Make the plan, and return the run of every hour with it.

        Parameters
        ----------
        state:
            The run without fixes.
        is_asked:
            Whether a bank is to be fixed.
        """
        for number in range(1, MOST_ROUNDS + 1):
            banks = [bank for bank in state.overloaded_banks() if is_asked(bank)]
            if not banks:
                break
            tried = self._try_all(state, banks, number)
            n_accepted = len(self.accepted)
            self.progress.begin("Putting the plan together", len(banks))
            for bank in banks:
                self._settle(state, [one for one in tried if one.fix.bank == bank], bank, number)
                self.progress.advance(1)
            if len(self.accepted) == n_accepted:
                break
            state = self.bench.every_hour(self.change, self.progress)
        return state

    def _try_all(self, state: RunState, banks: Sequence[int], number: int) -> list[Tried]:
        """Offer every kind to every bank, and try each offer alone on top of the plan so far."""
        grid, start = self.bench.changed(self.change), self.change
        offers: list[Fix] = []
        self.progress.begin("Looking for fixes", len(banks))
        for bank in banks:
            case = Case(self.bench, grid, state, start, self.options, self.costs, self.bench.banks[bank], str(number))
            found, refused = offers_of(case)
            offers += found
            if number == 1:
                self.refused += [(bank, kind, reason) for kind, reason in refused]
            self.progress.advance(1)
        self.bench = self.bench.extended(merged(*(fix.rows for fix in offers)))
        self.progress.begin("Trying each fix alone", len(offers))
        tried = []
        for fix in offers:
            tried.append(self._try(state, start, fix))
            self.progress.advance(1)
        if number == 1:
            self.tried = tried
        return tried

    def _try(self, state: RunState, start: GridChange, fix: Fix) -> Tried:
        own, mva = state.overload(fix.bank)
        steps = state.steps_of_interest(fix.bank)
        trial = try_change(self.bench, state, start.plus(fix.change), fix.bank, steps)
        failed_h = float(state.is_failed[steps].sum()) * trial.step_h
        before = float(mva.sum()) * trial.step_h
        return Tried(fix, self.costs[fix.kind].of(fix.size), before, failed_h, int(own[0]), trial)

    def _settle(self, state: RunState, tried: list[Tried], bank: int, number: int) -> None:
        """Accept fixes of a bank until nothing is left of its overload, as far as the hours solved again tell."""
        steps = state.steps_of_interest(bank)
        left = try_change(self.bench, state, self.change, bank, steps)
        taken: list[FixKind] = []
        for one in sorted((one for one in tried if one.avoided_mvah > 0.0), key=lambda one: one.precedence):
            if left.own_mvah == 0.0 or len(taken) == MOST_FIXES:
                return
            if one.fix.kind in REPLACING and REPLACING & set(taken):
                continue
            together = self.change.plus(one.fix.change)
            after = try_change(self.bench, state, together, bank, steps)
            if after.badness < left.badness:
                self.accepted.append(Accepted(number, one, left.own_mvah, after.own_mvah))
                self.change, left = together, after
                taken.append(one.fix.kind)


def offers_of(case: Case) -> tuple[list[Fix], list[tuple[FixKind, str]]]:
    """Return the fixes that apply to a bank, and for each other kind the reason why it does not."""
    offers: list[Fix] = []
    refused: list[tuple[FixKind, str]] = []
    plants: list[InvestorProject] | NotApplicableError | None = None
    for kind in case.costs:
        try:
            if kind in _OWN:
                offers += _OWN[kind](case)
                continue
            plants = _plants(case) if plants is None else plants
            if isinstance(plants, NotApplicableError):
                raise plants
            offers += _OF_PLANTS[kind](case, plants)
        except NotApplicableError as reason:
            refused.append((kind, str(reason)))
    return offers, refused


def _plants(case: Case) -> list[InvestorProject] | NotApplicableError:
    try:
        return fix_plants.contributing_plants(case)
    except NotApplicableError as reason:
        return reason
