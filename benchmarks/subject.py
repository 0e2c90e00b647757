"""What an engine must offer to take part."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gridsim.peers.peer_model import NotApplicableError, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.case import Case
    from gridsim.peers.peer_model import Model


@dataclass(frozen=True)
class Variant:
    """One way to drive a subject.

    Attributes
    ----------
    subject:
        Name of the subject.
    method:
        Algorithm, as its maker calls it; empty when there is but one.
    threads:
        Threads it may use.
    options:
        What the subject needs to know about the method.
    """

    subject: str
    method: str
    threads: int
    options: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def label(self) -> str:
        """Name and method."""
        return f"{self.subject} {self.method}".strip()


def framed(case: Case, steps: pd.Index, loading: Mapping[str, np.ndarray], n_solved: int) -> Outcome:
    """Make the frames of loading that end a whole call, of three-winding units the worst winding; keep their values."""
    for table, values in loading.items():
        worst = values.max(axis=2) if values.ndim > 2 else values
        pd.DataFrame(worst, index=steps, columns=case.net[table].index)
    return Outcome(np.empty((0, 0), dtype=complex), loading, n_solved)


class Subject(ABC):
    """An engine."""

    name: ClassVar[str]
    #: Distribution packages whose versions are told, the first one decides whether the subject is there.
    packages: ClassVar[tuple[str, ...]]
    #: Module that is imported.
    module: ClassVar[str]
    is_peer: ClassVar[bool] = True
    #: Whether the pandapower net itself is what the subject works on, so that there is nothing to build.
    works_on_net: ClassVar[bool] = False

    def missing(self) -> str | None:
        """Return why the subject cannot take part here, None when it can. Imports nothing."""
        if importlib.util.find_spec(self.module) is None:
            return f"{self.module} is not installed"
        return None

    def versions(self) -> dict[str, str]:
        """Return the version of each package."""
        found = {}
        for package in self.packages:
            try:
                found[package] = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                found[package] = "unknown"
        return found

    @abstractmethod
    def variants(self, threads: Sequence[int]) -> list[Variant]:
        """Return every way to drive the subject with these numbers of threads."""

    @abstractmethod
    def build(self, case: Case, variant: Variant) -> Model:
        """Make the subject's model from the pandapower net.

        Raises
        ------
        NotApplicableError
            When the subject cannot model the net.
        """

    def whole_call(
        self, case: Case, variant: Variant, given: Mapping[tuple[str, str], pd.DataFrame], voltage: np.ndarray
    ) -> Outcome:
        """Go from net and frames to loading frames, conversion of the net included.

        The frames of loading are made inside; the outcome only carries their values. ``voltage`` is the known solution,
        for peers that need it as in :meth:`Model.prepare`.
        """
        del case, variant, given, voltage
        raise NotApplicableError("no such call")

    def compile(self, case: Case, *, cold: bool) -> Mapping[str, float]:
        """Start a fresh process and return its seconds by section, ``total`` among them."""
        del case, cold
        raise NotApplicableError("nothing is compiled at run time")

    def study(self, *, cold: bool, folder: str) -> Mapping[str, float]:
        """Run the whole study in a fresh process and return its seconds by section."""
        del cold, folder
        raise NotApplicableError("no such study")
