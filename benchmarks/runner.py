"""Runs subjects against each other: calibrate, check, then time in turns."""

from __future__ import annotations

import gc
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import machine, registry
from benchmarks.agreement import compare
from benchmarks.case import BLOCK_STEPS, CaseEntry, load_case
from benchmarks.phase import Sample, UnfitError
from benchmarks.record import Agreement, Record, Run, Verdict
from benchmarks.stand import SHORTEST_S, WARM_UP_STEPS, Stand, clocked, quiet
from benchmarks.subject import Variant
from gridsim.peers.peer_model import NotApplicableError, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.case import Case
    from benchmarks.phase import Phase
    from benchmarks.subject import Subject

#: A variant this much slower than its subject's best in a short trial is timed once, on the short trial.
SLOW = 2.0
#: Variants of a subject (per number of threads) that are timed in every round; of the rest the trial is told.
FINALISTS = 3
#: Peers are checked and ranked on this part of the steps that they solve per timing.
TRIAL = 3
#: Times the budget that the trial of a whole call may last.
WHOLE_CALL_BUDGET = 5.0


@dataclass(frozen=True)
class Settings:
    """What to run. ``steps`` 0 stands for each case's own number, ``budget_s`` 0 for no limit."""

    cases: tuple[str, ...]
    subjects: tuple[str, ...]
    phases: tuple[str, ...]
    threads: tuple[int, ...] = (1, 2)
    steps: int = 0
    repeats: int = 5
    budget_s: float = 1.0


@dataclass
class _Entrant:
    """A stand and what was found about it."""

    stand: Stand
    verdict: Verdict = Verdict.ok
    note: str = ""
    agreement: Agreement | None = None
    n_solved: int = 0
    trial: Sample = field(default_factory=lambda: Sample(math.inf, math.inf))
    trial_steps: int = 0
    is_slow: bool = False
    is_finalist: bool = False
    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[str, tuple[Verdict, str]] = field(default_factory=dict)


def run(settings: Settings, say: Callable[[str], None]) -> Run:
    """Run everything that was asked for.

    Parameters
    ----------
    settings:
        What to run.
    say:
        Told about progress.
    """
    subjects = registry.chosen("subject", registry.subjects(), list(settings.subjects))
    phases = registry.chosen("phase", registry.phases(), list(settings.phases))
    entries = registry.chosen("case", registry.cases(), list(settings.cases))
    versions: dict[str, str] = {}
    for subject in subjects.values():
        if subject.missing() is None:
            versions.update(subject.versions())
    where = machine.describe(versions)
    records: list[Record] = []
    done_once: set[str] = set()
    for entry in entries.values():
        todo = [phase for phase in phases.values() if phase.per_case or phase.name not in done_once]
        records += _run_case(entry, subjects, todo, settings, say)
        done_once |= {phase.name for phase in todo}
    where["load_average_after"] = machine.load_average()
    told = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(settings).items()}
    return Run(where, told, tuple(records))


def _run_case(
    entry: CaseEntry, subjects: dict[str, Subject], phases: list[Phase], settings: Settings, say: Callable[[str], None]
) -> list[Record]:
    n_step = settings.steps or entry.default_steps
    say(f"{entry.name}: loading")
    case = load_case(entry)
    records = []
    entrants: list[_Entrant] = []
    for subject in subjects.values():
        reason = subject.missing()
        if reason is not None:
            variant = Variant(subject.name, "", 1)
            records += [_empty(entry, phase, variant, Verdict.missing, reason) for phase in phases]
            continue
        for variant in subject.variants(settings.threads):
            budget = settings.budget_s if subject.is_peer else 0.0
            entrants.append(_Entrant(Stand(subject, variant, case, n_step, budget)))
    if any(phase.per_step for phase in phases):
        _check(entrants, case, n_step, say)
    else:
        _pick_first(entrants)
    _time(entrants, phases, settings.repeats, entry.name, say)
    for entrant in entrants:
        records += [_record(entry, phase, entrant) for phase in phases if _has_a_say(entrant, phase)]
    del entrants
    gc.collect()
    return records


def _pick_first(entrants: list[_Entrant]) -> None:
    """Let the first variant of every subject and number of threads run, where nothing was tried beforehand."""
    seen = set()
    for entrant in entrants:
        key = (entrant.stand.subject.name, entrant.stand.variant.threads)
        entrant.is_finalist = key not in seen
        seen.add(key)
        entrant.stand.steps = entrant.stand.n_step


def _check(entrants: list[_Entrant], case: Case, n_step: int, say: Callable[[str], None]) -> None:
    """Build all models, choose steps, compare results, choose finalists."""
    short = min(WARM_UP_STEPS, n_step)
    first = _reference(case, short)
    for entrant in entrants:
        stand = entrant.stand
        say(f"{case.name}: trying {stand.variant.label} x{stand.variant.threads}")
        stand.reference = first
        if _attempt(entrant, lambda stand=stand: (stand.build(), stand.calibrate(first.voltage))):
            _judge(entrant, first, short)
            entrant.trial = Sample(stand.estimate_s * short, stand.estimate_s * short)
            entrant.trial_steps = short
    for group in _groups(entrants):
        best = min(entrant.stand.estimate_s for entrant in group)
        for entrant in group:
            if entrant.stand.estimate_s > SLOW * best:
                entrant.stand.steps, entrant.is_slow = short, True
    longest = [e.stand.steps for e in entrants if e.stand.subject.is_peer and e.verdict is Verdict.ok]
    needed = int(min(max([short, *(steps * WHOLE_CALL_BUDGET for steps in longest)]), n_step, BLOCK_STEPS))
    reference = _reference(case, needed)
    for entrant in entrants:
        stand = entrant.stand
        stand.reference = reference
        if entrant.verdict is not Verdict.ok:
            continue
        steps = max(short, min(stand.steps // TRIAL, needed)) if stand.subject.is_peer else stand.steps_at_once
        if steps > short or not stand.subject.is_peer:
            say(f"{case.name}: checking {stand.variant.label} x{stand.variant.threads}, {steps} steps")
            if _attempt(entrant, lambda entrant=entrant, steps=steps: _try(entrant, steps)):
                _judge(entrant, reference, steps)
        stand.whole_steps = min(needed if stand.subject.is_peer else n_step, _whole_steps(stand), BLOCK_STEPS)
    for group in _groups(entrants):
        ranked = sorted(group, key=lambda entrant: (entrant.is_slow, entrant.stand.estimate_s))
        for place, entrant in enumerate(ranked):
            entrant.is_finalist = place < FINALISTS
            if not entrant.is_finalist:
                entrant.stand.steps = entrant.trial_steps
                entrant.samples["solve"].append(entrant.trial)
    _set_loops(entrants)


def _try(entrant: _Entrant, steps: int) -> None:
    stand = entrant.stand
    stand.load_batch(steps)
    with quiet():
        stand.model.solve()  # a new size may cost something once
        entrant.trial = clocked(stand.model.solve)
    entrant.trial_steps = steps
    stand.estimate_s = entrant.trial.wall_s / steps


def _whole_steps(stand: Stand) -> int:
    if stand.budget_s <= 0.0:
        return stand.n_step
    return int(
        np.clip(WHOLE_CALL_BUDGET * stand.budget_s / stand.estimate_s, min(WARM_UP_STEPS, stand.n_step), stand.n_step)
    )


def _set_loops(entrants: list[_Entrant]) -> None:
    for entrant in entrants:
        seconds = entrant.stand.estimate_s * entrant.stand.steps
        entrant.stand.loops = int(np.ceil(max(1.0, SHORTEST_S / seconds))) if seconds else 1


def _groups(entrants: Iterable[_Entrant]) -> list[list[_Entrant]]:
    """Return the entrants with right results by subject and number of threads."""
    groups = defaultdict(list)
    for entrant in entrants:
        if entrant.verdict is Verdict.ok:
            groups[entrant.stand.subject.name, entrant.stand.variant.threads].append(entrant)
    return list(groups.values())


def _reference(case: Case, n_step: int) -> Outcome:
    """Solve the first steps by gridsim."""
    gridsim = next(subject for subject in registry.subjects().values() if not subject.is_peer)
    with quiet():
        model = gridsim.build(case, gridsim.variants([1])[0])
        model.prepare(case.profiles(n_step), n_step, np.empty(0))
        model.solve()
        return model.outcome()


def _attempt(entrant: _Entrant, call: Callable[[], object]) -> bool:
    """Do something with a subject that may well fail; whatever it raises becomes its verdict."""
    try:
        call()
    except NotApplicableError as reason:
        entrant.verdict, entrant.note = Verdict.not_applicable, str(reason)
        return False
    except Exception as error:  # noqa: BLE001  a subject's failure must not end the run of the others
        entrant.verdict, entrant.note = Verdict.failed, _first_line(error)
        return False
    return True


def _first_line(error: Exception) -> str:
    text = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {text[:160]}"


def _judge(entrant: _Entrant, reference: Outcome, n_step: int) -> None:
    stand = entrant.stand

    def look() -> None:
        with quiet():
            found = stand.model.outcome()
            verdict, agreement = compare(
                found,
                reference,
                stand.case.reference,
                stand.case.profiles(n_step),
                is_rough=stand.model.is_single_precision,
            )
        entrant.verdict, entrant.agreement, entrant.n_solved = verdict, agreement, found.n_solved
        entrant.note = stand.model.note
        if verdict is Verdict.incomplete:
            entrant.note = f"{found.n_solved} of {n_step} steps solved; {entrant.note}".rstrip("; ")

    _attempt(entrant, look)


def _time(entrants: list[_Entrant], phases: list[Phase], repeats: int, name: str, say: Callable[[str], None]) -> None:
    """Take all timings in turns, so that a slow minute of the machine falls on everybody."""
    running = [entrant for entrant in entrants if entrant.verdict is Verdict.ok]
    for repeat in range(repeats):
        for phase in phases:
            if repeat >= phase.most_repeats:
                continue
            say(f"{name}: {phase.name}, round {repeat + 1} of {min(repeats, phase.most_repeats)}")
            turn = repeat % max(len(running), 1)
            for entrant in running[turn:] + running[:turn]:
                if phase.name not in entrant.refused and entrant.is_finalist:
                    _one_timing(entrant, phase)


def _one_timing(entrant: _Entrant, phase: Phase) -> None:
    try:
        entrant.samples[phase.name].append(phase.measure(entrant.stand))
    except NotApplicableError as reason:
        entrant.refused[phase.name] = (Verdict.not_applicable, str(reason))
    except UnfitError as fault:
        entrant.refused[phase.name] = (fault.verdict, str(fault))
    except Exception as error:  # noqa: BLE001  likewise
        entrant.refused[phase.name] = (Verdict.failed, _first_line(error))


def _has_a_say(entrant: _Entrant, phase: Phase) -> bool:
    """Leave out slower methods of a subject in phases where its faster ones stand for it."""
    return entrant.verdict is not Verdict.ok or phase.name in entrant.refused or bool(entrant.samples.get(phase.name))


def _empty(entry: CaseEntry, phase: Phase, variant: Variant, verdict: Verdict, note: str) -> Record:
    return Record(
        case=entry.name,
        n_bus=entry.n_bus,
        phase=phase.name,
        subject=variant.subject,
        method=variant.method,
        threads=variant.threads,
        verdict=verdict,
        note=note,
        per_step=phase.per_step,
    )


def _record(entry: CaseEntry, phase: Phase, entrant: _Entrant) -> Record:
    stand = entrant.stand
    verdict, note = entrant.refused.get(phase.name, (entrant.verdict, entrant.note))
    samples = entrant.samples.get(phase.name, [])
    steps = min(stand.n_step, BLOCK_STEPS) if phase.name == "whole-call" else stand.steps
    if phase.name == "whole-call" and stand.whole_steps < steps and samples:
        note = f"{note}; from {WARM_UP_STEPS} and {stand.whole_steps} steps".lstrip("; ")
    return Record(
        case=entry.name,
        n_bus=entry.n_bus,
        phase=phase.name,
        subject=stand.subject.name,
        method=stand.variant.method,
        threads=stand.variant.threads,
        verdict=verdict,
        note=note,
        per_step=phase.per_step,
        steps=steps,
        n_solved=entrant.n_solved,
        wall_s=tuple(sample.wall_s for sample in samples),
        cpu_s=tuple(sample.cpu_s for sample in samples),
        parts=_median_parts(samples),
        agreement=entrant.agreement,
        is_peer=stand.subject.is_peer,
    )


def _median_parts(samples: list[Sample]) -> dict[str, float]:
    with_parts = [sample.parts for sample in samples if sample.parts]
    if not with_parts:
        return {}
    return {name: float(np.median([parts[name] for parts in with_parts])) for name in with_parts[0]}
