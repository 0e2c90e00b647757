"""A network with its profiles: the same numbers for every subject."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.peers.peer_model import PeerNet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Steps whose profiles and results are in memory at once; longer horizons stream through in blocks of this length.
BLOCK_STEPS = 8760
HOURS_PER_DAY = 24
NOISE = 0.05


@dataclass(frozen=True)
class CaseEntry:
    """A network that can be loaded.

    Attributes
    ----------
    name:
        As on the command line.
    n_bus:
        Number of buses, for sorting and for the picture.
    load:
        Returns the net.
    default_steps:
        Steps of a run that does not name any; at most a year, less where its results would not fit into memory.
    """

    name: str
    n_bus: int
    load: Callable[[], Any]
    default_steps: int = BLOCK_STEPS


def day_level(first: int, n_step: int) -> np.ndarray:
    """Return the level of load and generation: 0.75 + 0.2 sin of the hour of the day. Shape (n_step, 1)."""
    hour = np.arange(first, first + n_step)
    return np.asarray(0.75 + 0.2 * np.sin(2.0 * np.pi * hour / HOURS_PER_DAY))[:, None]


@dataclass(frozen=True)
class Case(PeerNet):
    """A loaded network.

    Attributes
    ----------
    seed:
        Seed of the noise.
    """

    seed: int = 0
    _memory: dict[tuple[int, int], dict[tuple[str, str], np.ndarray]] = field(default_factory=dict, repr=False)

    def again(self) -> Case:
        """Return the case without what was derived from it, for timings in which that has to be done."""
        return Case(self.name, self.net, self.seed)

    def profiles(self, n_step: int, first: int = 0) -> dict[tuple[str, str], np.ndarray]:
        """Return values by ``(table, column)``, MW and Mvar, each (n_step, n_element), rows contiguous.

        Steps ``first`` to ``first + n_step`` of one block. Fewer steps give the first rows of more steps.
        """
        if (first, n_step) not in self._memory:
            self._memory.clear()
            self._memory[first, n_step] = self._make_profiles(n_step, first)
        return self._memory[first, n_step]

    def _make_profiles(self, n_step: int, first: int) -> dict[tuple[str, str], np.ndarray]:
        net = self.net
        level = day_level(first, n_step)
        rng = np.random.default_rng([self.seed, first])
        factor = level * (1.0 + NOISE * rng.standard_normal((n_step, len(net.load))))
        made = {
            ("load", "p_mw"): factor * net.load["p_mw"].to_numpy(),
            ("load", "q_mvar"): factor * net.load["q_mvar"].to_numpy(),
        }
        for table in ("gen", "sgen"):
            if len(net[table]):
                made[table, "p_mw"] = level * net[table]["p_mw"].to_numpy()
        return {key: np.ascontiguousarray(values) for key, values in made.items()}

    def blocks(self, n_step: int) -> Iterator[tuple[int, dict[tuple[str, str], np.ndarray]]]:
        """Return ``(steps, profiles)`` of one block after another."""
        for first in range(0, n_step, BLOCK_STEPS):
            steps = min(BLOCK_STEPS, n_step - first)
            yield steps, self.profiles(steps, first)

    def frames(self, n_step: int) -> Mapping[tuple[str, str], pd.DataFrame]:
        """Return the profiles of the first block as frames over the steps, columns are the element index."""
        steps = pd.RangeIndex(n_step)
        return {
            (table, column): pd.DataFrame(values, index=steps, columns=self.net[table].index)
            for (table, column), values in self.profiles(n_step).items()
        }


def load_case(entry: CaseEntry) -> Case:
    """Load a registered network; warnings of pandapower about its own deprecated calls are not ours.

    Controllers are taken off: the peers' batches have none, so all subjects keep the net's own tap positions.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = entry.load()
    if len(net.controller):
        net.controller = net.controller.iloc[:0]
    return Case(entry.name, net)
