"""What a model of another engine offers: batches of one net, solved and brought into the order of its tables."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gridsim.peers.reference_arrays import ReferenceArrays

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    Arrays = Mapping[tuple[str, str], np.ndarray]

TOLERANCE_PU = 1e-8
MAX_ITERATIONS = 20


class NotApplicableError(Exception):
    """The engine does not do this, or not for this network; the message says why."""


@dataclass(frozen=True)
class PeerNet:
    """A net that models are made from.

    Attributes
    ----------
    name:
        What is known of the net by trial is remembered under it.
    net:
        ``pandapowerNet`` as a user has it, without controllers that act; not to be changed, take :meth:`fresh_net`.
    """

    name: str
    net: Any

    def fresh_net(self) -> Any:
        """Return a copy that may be changed."""
        return copy.deepcopy(self.net)

    @cached_property
    def reference(self) -> ReferenceArrays:
        """The net as pandapower's own matrices, with which every result is judged."""
        return ReferenceArrays.of(self.fresh_net())


@dataclass(frozen=True)
class Outcome:
    """Results of a batch, in the order of the net's tables.

    Attributes
    ----------
    voltage:
        Complex voltage, pu; NaN for failed steps and dead buses. Shape (n_step, n_net_bus).
    loading:
        Percent by table: ``line`` and ``trafo`` (n_step, n), ``trafo3w`` (n_step, n, 3); what an engine gives itself.
    n_solved:
        Steps of which the engine says that they are solved.
    """

    voltage: np.ndarray
    loading: Mapping[str, np.ndarray]
    n_solved: int


class Model(ABC):
    """An engine's own model of one net, ready to solve batches."""

    #: Said next to the figures, for instance how the network was converted.
    note: str = ""
    #: Whether the engine keeps its results in so few digits that their mismatch says nothing about convergence.
    is_single_precision: bool = False

    def prepare(self, profiles: Arrays, n_step: int, voltage: np.ndarray) -> None:
        """Bring a batch into the shape the engine wants; never timed.

        ``voltage`` is the known solution, (n_step, n_net_bus): peers without voltage-controlled buses need it.
        """
        del voltage
        self.batch = profiles
        self.n_step = n_step

    @abstractmethod
    def solve(self) -> None:
        """Solve the prepared batch: voltages and branch flows, arrays in, arrays out."""

    def flows(self) -> None:
        """Compute the flows of the solved batch once more, where the engine keeps them apart."""
        raise NotApplicableError("flows belong to the solution")

    @abstractmethod
    def n_solved(self) -> int:
        """Return how many steps of the last batch the engine says it solved."""

    @abstractmethod
    def outcome(self) -> Outcome:
        """Return the results of the last batch; never timed."""
