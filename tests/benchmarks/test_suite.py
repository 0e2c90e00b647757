"""The whole suite, untimed: subjects agree, and who does not is not ranked."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import ranking, registry
from benchmarks.case import load_case
from benchmarks.record import Verdict
from benchmarks.subject import Subject, Variant
from benchmarks.subjects.gridsim_batch import Gridsim, GridsimModel
from gridsim.peers.peer_model import NotApplicableError, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.record import Run

PHASES = ("build", "first-solve", "solve", "flows", "whole-call")


def records_of(run: Run, subject: str, phase: str) -> list:
    return [record for record in run.records if record.subject == subject and record.phase == phase]


@pytest.mark.parametrize(
    "name", ["gridsim", "lightsim2grid", "power-grid-model", pytest.param("pandapower", marks=pytest.mark.slow)]
)
def test_subject_solves_a_day_and_agrees(small_run: Callable[..., Run], name: str) -> None:
    if registry.subjects()[name].missing():
        pytest.skip(f"{name} is not installed")
    run = small_run("gridsim", name, phases=PHASES)
    found = records_of(run, name, "solve")
    assert found
    assert {record.verdict for record in found} == {Verdict.ok}
    for record in found:
        assert record.n_solved == record.steps == 24
        assert record.agreement.mismatch_pu < 2e-8
        assert record.agreement.voltage_pu < 1e-7
        assert record.agreement.loading_percent < 1e-3
    whole = records_of(run, name, "whole-call")
    assert any(ranking.counts(record) for record in whole)


@pytest.mark.slow
def test_almaty_star_of_a_peer_is_the_network_of_gridsim(small_run: Callable[..., Run]) -> None:
    pytest.importorskip("lightsim2grid")
    run = small_run("lightsim2grid", case="almaty", phases=("solve",))
    right = [record for record in run.records if ranking.counts(record)]
    assert right
    assert max(record.agreement.voltage_pu for record in right) < 1e-7
    assert all("star" in record.note for record in right)


class Absent(Gridsim):
    name = "absent"
    module = "no_such_module_anywhere"
    is_peer = True


class Crooked(Gridsim):
    """Right but for one voltage of one step."""

    name = "crooked"
    is_peer = True

    def build(self, case, variant):
        class Model(GridsimModel):
            def outcome(self) -> Outcome:
                good = super().outcome()
                voltage = good.voltage.copy()
                voltage[3, 7] += 1e-3
                return dataclasses.replace(good, voltage=voltage)

        return Model(case.net, variant.threads)


class GivesUp(Gridsim):
    """Leaves the last step unsolved."""

    name = "gives up"
    is_peer = True

    def build(self, case, variant):
        class Model(GridsimModel):
            def outcome(self) -> Outcome:
                good = super().outcome()
                voltage = good.voltage.copy()
                voltage[-1] = np.nan
                return dataclasses.replace(good, voltage=voltage, n_solved=good.n_solved - 1)

        return Model(case.net, variant.threads)


class Stumbles(Gridsim):
    name = "stumbles"
    is_peer = True

    def build(self, case, variant):
        del case, variant
        raise RuntimeError("no such converter\nsecond line")


class Declines(Gridsim):
    name = "declines"
    is_peer = True

    def build(self, case, variant):
        del case, variant
        raise NotApplicableError("not this net")


@pytest.mark.parametrize(
    ("subject", "verdict", "word"),
    [
        (Absent(), Verdict.missing, "not installed"),
        (Crooked(), Verdict.wrong, ""),
        (GivesUp(), Verdict.incomplete, "23 of 24"),
        (Stumbles(), Verdict.failed, "RuntimeError: no such converter"),
        (Declines(), Verdict.not_applicable, "not this net"),
    ],
)
def test_who_is_not_right_is_told_and_not_ranked(
    small_run: Callable[..., Run],
    with_subject: Callable[[Subject], None],
    subject: Subject,
    verdict: Verdict,
    word: str,
) -> None:
    with_subject(subject)
    run = small_run("gridsim", subject.name, phases=("solve",))
    (record,) = records_of(run, subject.name, "solve")
    assert record.verdict is verdict
    assert word in record.note
    assert not ranking.counts(record)
    assert ranking.best(ranking.of(run.records, "case30", "solve", 1)) is None
    assert ranking.counts(ranking.own(run.records, "case30", "solve", 1))


def test_a_long_horizon_goes_through_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.case.BLOCK_STEPS", 10)
    case = load_case(registry.cases()["case30"])
    lengths = [steps for steps, _ in case.blocks(24)]
    assert lengths == [10, 10, 4]
    first = {steps: dict(profiles) for steps, profiles in case.blocks(10)}[10]
    assert np.array_equal(first["load", "p_mw"][:5], case.profiles(5)["load", "p_mw"])


@pytest.mark.slow
def test_reference_arrays_are_those_of_pandapower() -> None:
    import pandapower as pp  # noqa: PLC0415

    case = load_case(registry.cases()["almaty"])
    net = case.fresh_net()
    pp.runpp(net, tolerance_mva=1e-8, init="dc")
    voltage = (net.res_bus.vm_pu * np.exp(1j * np.deg2rad(net.res_bus.va_degree))).to_numpy()[None]
    loading = case.reference.loading(voltage)
    for table in ("line", "trafo", "trafo3w"):
        found = loading[table][0] if loading[table].ndim == 2 else loading[table][0].max(axis=1)
        expected = net[f"res_{table}"]["loading_percent"].to_numpy()
        used = net[table]["in_service"].to_numpy() & np.isfinite(found)
        assert used.sum() > 50
        assert np.abs(found - expected)[used].max() < 1e-6
    own = {key: net[key[0]][key[1]].to_numpy()[None] for key in case.reference.maps}
    assert case.reference.mismatch_pu(voltage, own) < 1e-7


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="no case 'case31'; there are case30"):
        registry.chosen("case", registry.cases(), ["case31"])


def test_variants_are_labelled() -> None:
    assert Variant("a", "b", 1).label == "a b"
    assert Variant("a", "", 1).label == "a"
