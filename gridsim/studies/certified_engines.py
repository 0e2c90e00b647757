"""The engines of a certificate, each solving one hour in its own way, and how near each must come.

Bounds follow from how an engine stops and stores. pandapower and gridsim meet the same mismatch of 1e-8 pu, which
leaves 1e-8 pu of voltage; lightsim2grid and power-grid-model stop by measures of their own, which are set
tight and given a digit of leeway; VeraGrid keeps its results in single precision.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.peers.peer_model import NotApplicableError, PeerNet
from gridsim.solve.reference import ReferenceSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gridsim.dtypes import ComplexArray, FloatArray, IndexArray
    from gridsim.peers.peer_model import Model
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.solution import BatchSolution

LOADING_TABLES = ("line", "trafo", "trafo3w")
#: An algorithm of lightsim2grid that every build has on every machine: Newton with its default factorisation.
LIGHTSIM_ALGORITHM = "NR_KLU"
#: power-grid-model stops by the last change of voltage, pu; so small a one leaves a mismatch below 1e-8 pu.
VOLTAGE_CHANGE = 1e-10


@dataclass(frozen=True)
class Found:
    """What an engine found for one hour.

    Attributes
    ----------
    voltage:
        Complex voltage of every row of ``net.bus``, pu, NaN without voltage. Shape (n_bus,).
    loading:
        Percent of lines, transformers and windings of three-winding transformers, NaN out of service. Shape
        (n_column,).
    tap_pos:
        Where tap changers rest, None when they were held. Shape (n_tap,).
    note:
        What the engine said about how it read the net.
    """

    voltage: ComplexArray
    loading: FloatArray
    tap_pos: IndexArray | None = None
    note: str = ""


@dataclass(frozen=True)
class Hour:
    """One hour, as all engines get it.

    Attributes
    ----------
    net:
        The hour by itself, taps held.
    free_net:
        The net of its block, with tap controllers.
    profiles:
        Injections of the hour, each of shape (1, n_row).
    own:
        What gridsim found.
    options:
        With which gridsim found it.
    """

    name: str
    net: Any
    free_net: Any
    profiles: Mapping[tuple[str, str], FloatArray]
    own: Found
    options: SolveOptions

    @cached_property
    def peer_net(self) -> PeerNet:
        """The net as other engines read it; solved once by pandapower."""
        return PeerNet(self.name, self.net)


@dataclass(frozen=True)
class Bounds:
    """Largest differences of an engine that agrees: pu, degrees, percentage points of loading."""

    vm_pu: float
    va_degree: float
    loading_percent: float

    def hold(self, largest: Mapping[str, float]) -> bool:
        """Whether no difference passes its bound; one that is not a number does."""
        return all(largest[name] <= bound for name, bound in vars(self).items())


@dataclass(frozen=True)
class Engine:
    """An engine and how it is driven.

    Attributes
    ----------
    name:
        As shown.
    module, package:
        What is imported, and the distribution that brings it.
    bounds:
        How near it must come.
    alignment:
        What was made equal before comparing.
    solve:
        Solves an hour; None when the engine has no solution. Raises NotApplicableError when it cannot model the net.
    """

    name: str
    module: str
    package: str
    bounds: Bounds
    alignment: str
    solve: Callable[[Hour], Found | None]

    @property
    def is_installed(self) -> bool:
        """Whether the module is there; imports nothing."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """Version of the distribution, empty when it is not there."""
        return importlib.metadata.version(self.package) if self.is_installed else ""


def found_in(solution: BatchSolution, step: int) -> Found | None:
    """Return a step of a batch, None when it has no solution."""
    if not solution.is_solved[step]:
        return None
    loading = solution.loading
    percent = np.concatenate([getattr(loading, table)[step].ravel() for table in LOADING_TABLES])
    voltage = solution.vm_pu[step] * np.exp(1j * np.deg2rad(solution.va_degree[step]))
    return Found(voltage, percent, None if solution.tap_pos is None else solution.tap_pos[step])


def loading_names(net: Any) -> list[str]:
    """Return the names of the loading columns of :class:`Found`."""
    names = [f"{table}:{name}" for table in ("line", "trafo") for name in net[table]["name"]]
    return [*names, *(f"trafo3w:{name}:{side}" for name in net["trafo3w"]["name"] for side in ("hv", "mv", "lv"))]


def _pandapower(hour: Hour) -> Found | None:
    options = replace(hour.options, run_control=False)
    return found_in(ReferenceSolver(hour.net, options).solve({}, 1), 0)


def _pandapower_with_taps(hour: Hour) -> Found | None:
    solver = ReferenceSolver(hour.free_net, hour.options)
    return found_in(solver.solve(hour.profiles, 1, from_settled_taps=True), 0)


def _lightsim2grid(hour: Hour) -> Found | None:
    from gridsim.peers.lightsim2grid_model import LightsimModel  # noqa: PLC0415  optional

    return _by_model(hour, lambda net: LightsimModel(net, "InjectionSweepCPP", LIGHTSIM_ALGORITHM))


def _power_grid_model(hour: Hour) -> Found | None:
    from gridsim.peers.power_grid_model_model import PowerGridModelModel  # noqa: PLC0415  optional

    return _by_model(hour, lambda net: PowerGridModelModel(net, "newton_raphson", tolerance=VOLTAGE_CHANGE))


def _veragrid(hour: Hour) -> Found | None:
    from gridsim.peers.veragrid_model import VeraGridModel  # noqa: PLC0415  optional

    return _by_model(hour, VeraGridModel)


def _by_model(hour: Hour, make: Callable[[PeerNet], Model]) -> Found | None:
    """Solve an hour as a batch of one step, the net's own values."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of the engine; what is wrong with its result is found by comparing
        try:
            reference = hour.peer_net.reference
        except ValueError as error:
            raise NotApplicableError(str(error)) from error
        model = make(hour.peer_net)
        values: dict[tuple[str, str], Any] = {
            (table, column): hour.net[table][column].to_numpy(dtype=float)[np.newaxis]
            for table, column in reference.maps
        }
        model.prepare(values, 1, reference.at_rows(reference.v_solved[np.newaxis]))
        model.solve()
        if model.n_solved() < 1:
            return None
        outcome = model.outcome()
    percent = [outcome.loading[table][0].ravel() for table in LOADING_TABLES if table in outcome.loading]
    return Found(outcome.voltage[0], np.concatenate(percent), note=model.note)


ALIKE = Bounds(vm_pu=1e-8, va_degree=1e-6, loading_percent=1e-5)
NEAR = Bounds(vm_pu=1e-7, va_degree=1e-5, loading_percent=1e-4)
SINGLE = Bounds(vm_pu=1e-6, va_degree=1e-4, loading_percent=1e-3)
#: Of all hours.
ENGINES = (
    Engine("pandapower", "pandapower", "pandapower", ALIKE, "taps held where they settled; runpp", _pandapower),
    Engine("lightsim2grid", "lightsim2grid", "lightsim2grid", NEAR, "taps held", _lightsim2grid),
    Engine("power-grid-model", "power_grid_model", "power-grid-model", NEAR, "taps held", _power_grid_model),
    Engine("VeraGrid", "VeraGridEngine", "VeraGridEngine", SINGLE, "taps held", _veragrid),
)
#: Of a few hours: pandapower's controllers take seconds for each.
WITH_TAPS = Engine(
    "pandapower, taps", "pandapower", "pandapower", ALIKE, "taps moved by DiscreteTapControl", _pandapower_with_taps
)
