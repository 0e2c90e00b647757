"""Overload episodes of a run that arrives block by block, in time order.

What counts as an episode, and what a failed step does to one, is written in :mod:`gridsim.kernels.episodes`. An episode
that begins before the run or goes on after it is judged by what the run shows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.dtypes import FLOAT, INDEX, BoolArray, FloatArray, IndexArray
from gridsim.kernels.episodes import COUNT_ONLY, NO_EPISODE, Carry, Found, Watches, follow_episodes
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridsim.assess.limits import AmbientSeries, WatchList


class OverloadTracker:
    """Follows every watch of a list through the blocks of a run.

    ``follow`` wants the blocks in time order and without gaps, ``finish`` is called once after the last.

    Parameters
    ----------
    watch_list:
        What is watched.
    ambient:
        Air temperatures of every step of the run.
    step_h:
        Length of a step in hours.
    """

    def __init__(self, watch_list: WatchList, ambient: AmbientSeries, *, step_h: float) -> None:
        n_watch = len(watch_list.column_pos)
        self.watch_list = watch_list
        self.ambient = ambient
        self.step_h = step_h
        self._watches = Watches(
            column_pos=watch_list.column_pos,
            first_tier=watch_list.first_tier,
            n_tier=watch_list.n_tier,
            rating_mva=watch_list.rating_mva,
            permitted_h=watch_list.permitted_h,
        )
        self._carry = Carry(
            start_step=np.full(n_watch, NO_EPISODE, dtype=INDEX),
            peak_percent=np.zeros(n_watch),
            excess_percent=np.zeros(n_watch),
            is_kept=np.zeros(n_watch, dtype=np.bool_),
            n_above=np.zeros((n_watch, int(watch_list.n_tier.max(initial=0))), dtype=INDEX),
        )
        self._next_step = 0
        self._has_failed_before = False
        self._found: list[Found] = []
        self._under_way: list[pd.DataFrame] = []

    def follow(self, block: NDArray[np.float32], is_failed: BoolArray) -> None:
        """Follow the next block.

        Parameters
        ----------
        block:
            ``(n_column, n_step)`` float32 loading in percent, NaN where there is no value.
        is_failed:
            ``(n_step,)`` whether the step has no solution.
        """
        n_step = block.shape[1]
        failed = np.concatenate(([self._has_failed_before], is_failed))
        ambient = self.ambient.between(self._next_step, self._next_step + n_step)
        self._run(block, self.watch_list.limit_percent(ambient), failed)
        self._next_step += n_step
        self._has_failed_before = bool(failed[-1])
        self._under_way.append(self._open_episodes())

    def _run(self, block: NDArray[np.float32], limit_percent: FloatArray, failed: BoolArray) -> None:
        n_watch = len(self._watches.column_pos)
        n_ended = np.zeros(n_watch, dtype=INDEX)
        count_only = np.full(n_watch, COUNT_ONLY, dtype=INDEX)

        def follow(found: Found, first_slot: IndexArray) -> None:
            follow_episodes(
                block,
                limit_percent,
                failed,
                self._next_step,
                self.step_h,
                self._watches,
                self._carry,
                found,
                first_slot,
                n_ended,
            )

        follow(_room(0), count_only)
        found = _room(int(n_ended.sum()))
        follow(found, np.cumsum(n_ended) - n_ended)
        self._found.append(found)

    def _open_episodes(self) -> pd.DataFrame:
        watch = np.flatnonzero(self._carry.start_step != NO_EPISODE)
        excess_mva = self._carry.excess_percent[watch] / PERCENT * self._watches.rating_mva[watch]
        return pd.DataFrame(
            {
                "watch": watch,
                "start_step": self._carry.start_step[watch],
                "cut_step": self._next_step,
                "mvah_before": excess_mva * self.step_h,
            }
        )

    def cuts(self, episodes: pd.DataFrame) -> pd.DataFrame:
        """Return where the ends of blocks cut the episodes of :meth:`finish`.

        Returns
        -------
        pandas.DataFrame
            One row per cut: ``episode`` (row of ``episodes``), ``cut_step`` (first step after the cut), and
            ``mvah_before`` (overload of the episode up to there, MVA h). Blocks end at every local New Year.
        """
        named = episodes[["watch", "start_step"]].assign(episode=np.arange(len(episodes)))
        everything = pd.concat(self._under_way, ignore_index=True)
        return named.merge(everything, on=["watch", "start_step"])[["episode", "cut_step", "mvah_before"]]

    def finish(self) -> pd.DataFrame:
        """End the episodes under way and return all: columns watch, start_step, stop_step, peak_percent, overload_mvah.

        ``watch`` is a position in the watch list, steps are steps of the run. Rows stand in the order of start, then
        of the watch list.
        """
        n_column = int(self._watches.column_pos.max(initial=-1)) + 1
        nothing = np.full((n_column, 1), np.nan, dtype=np.float32)
        no_limit = np.full((len(self.watch_list.tiers), 1), np.inf)
        self._run(nothing, no_limit, np.array([self._has_failed_before, False]))
        parts = [pd.DataFrame(found._asdict()) for found in self._found]
        everything = pd.concat(parts, ignore_index=True)
        return everything.sort_values(["start_step", "watch"], ignore_index=True)


def _room(n_found: int) -> Found:
    return Found(
        watch=np.empty(n_found, dtype=INDEX),
        start_step=np.empty(n_found, dtype=INDEX),
        stop_step=np.empty(n_found, dtype=INDEX),
        peak_percent=np.empty(n_found, dtype=FLOAT),
        overload_mvah=np.empty(n_found, dtype=FLOAT),
    )
