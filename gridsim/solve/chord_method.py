"""The first and fastest method: chord Newton around anchors, sixteen steps side by side, groups dealt to threads.

It takes nets whose set points stand still and whose loads do not depend on voltage. Steps it leaves open go to the
fall-back ladder.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from gridsim.compiled.lane_layout import lay_out
from gridsim.dtypes import INDEX
from gridsim.enums import BusKind
from gridsim.kernels.chord import solve_groups
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_structures import Constant, LaneWork, StepSource
from gridsim.solve.anchor_book import AnchorBook
from gridsim.solve.workers import deal

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.dtypes import AnyArray, FloatArray, IndexArray
    from gridsim.kernels.lane_structures import ChordResults
    from gridsim.kernels.structures import LoadingColumns
    from gridsim.solve.ladder import Start
    from gridsim.solve.options import SolveOptions

#: Channels in the order in which they are summed; the kernel takes the first for the load.
POWERS = (
    ("load", "p_mw"),
    ("load", "q_mvar"),
    ("sgen", "p_mw"),
    ("sgen", "q_mvar"),
    ("storage", "p_mw"),
    ("storage", "q_mvar"),
    ("gen", "p_mw"),
)
#: Corrections after which a step is left to the ladder. Most steps need 4, those of ill-conditioned nets up to 15.
MAX_CORRECTIONS = 24
#: Groups a thread takes at a time: enough to forget the call, few enough to deal evenly.
GROUPS_PER_TASK = 48
CACHE_LINE = 64


class ChordMethod:
    """Solves the steps of one topology that a chord around one of its anchors can reach.

    Parameters
    ----------
    compiled:
        The topology.
    columns:
        Loading columns.
    base:
        Solution of the net's own values.
    options:
        Tolerance, threads.
    """

    def __init__(self, compiled: CompiledGrid, columns: LoadingColumns, base: Start, options: SolveOptions) -> None:
        self._compiled = compiled
        self._options = options
        self._layout = lay_out(compiled, columns, compiled.bus_kind == int(BusKind.pv))
        self._n_column = len(columns.from_pos)
        self._book = AnchorBook(compiled, self._layout, base)
        self._workspaces: SimpleQueue[LaneWork] = SimpleQueue()

    def solve(
        self, profiles: dict[tuple[str, str], FloatArray], steps: IndexArray, threads: int, results: ChordResults
    ) -> None:
        """Solve the steps listed.

        Parameters
        ----------
        profiles:
            Checked profiles, contiguous float64.
        steps:
            Steps to solve, ascending. Shape (n_todo,).
        threads:
            Threads to use.
        results:
            Written at the rows of those steps.
        """
        if not len(steps):
            return
        keys = self._book.keys(profiles, len(results.code), threads)[steps]
        order = steps[np.argsort(keys.astype(np.int16), kind="stable")]
        different, counts = np.unique(keys, return_counts=True)
        rows = self._book.rows(different, threads)
        group_step, group_anchor = _dealt(order, counts, rows)
        constant, sources = self._given(profiles)
        book, compiled, layout = self._book, self._compiled, self._layout

        def run(first: int, last: int) -> None:
            work = self._borrow_workspace()
            solve_groups(
                layout.network,
                compiled.network,
                book.anchors,
                constant,
                sources,
                group_step,
                group_anchor,
                first,
                last,
                self._options.tolerance_pu,
                max(MAX_CORRECTIONS, self._options.max_iterations),
                work,
                results,
            )
            self._workspaces.put(work)

        deal(len(group_anchor), GROUPS_PER_TASK, threads, run)

    def takes(self, profiles: dict[tuple[str, str], FloatArray]) -> bool:
        """Whether the method can solve these profiles of its topology."""
        has_set_points = any(key[1] == "vm_pu" for key in profiles)
        return self._compiled.n_free > 0 and not len(self._compiled.network.zip_pos) and not has_set_points

    def _given(self, profiles: dict[tuple[str, str], FloatArray]) -> tuple[Constant, tuple[StepSource, ...]]:
        """Split what is injected into what changes and what does not."""
        compiled = self._compiled
        n_bus = compiled.n_bus
        s = np.stack([compiled.s_fixed_pu.real, compiled.s_fixed_pu.imag], axis=1)
        load_mw = compiled.fixed_load_mw
        sources = []
        for key in POWERS:
            channel = compiled.channels[key]
            part = 1 if key[1] == "q_mvar" else 0
            place = np.where(channel.pos >= 0, channel.pos, n_bus).astype(INDEX)
            values = profiles.get(key)
            if values is None:
                counts = channel.pos >= 0
                own = channel.factor[counts] * channel.own[counts]
                np.add.at(s[:, part], channel.pos[counts], own)
                if key == ("load", "p_mw"):
                    load_mw -= float(own.sum()) * compiled.base_mva
                values, place = np.empty((0, 0)), np.empty(0, dtype=INDEX)
            sources.append(StepSource(values, place, channel.factor, part))
        shunt_row = np.flatnonzero(compiled.shunt_g_pu).astype(INDEX)
        constant = Constant(s, float(s[:, 0].sum()), load_mw / compiled.base_mva, shunt_row, compiled.shunt_g_pu[shunt_row])
        return constant, tuple(sources)

    def _borrow_workspace(self) -> LaneWork:
        try:
            return self._workspaces.get_nowait()
        except Empty:
            n_bus, n_unknown = self._compiled.n_bus, self._layout.n_unknown
            return LaneWork(
                v=_aligned((n_bus, 2, LANES), np.float64),
                s=_aligned((n_bus + 1, 2, LANES), np.float64),
                lanes=_aligned((self._n_column, LANES), np.float64),
                d=_aligned((n_bus, 2, LANES), np.float32),
                x=_aligned((n_unknown, LANES), np.float32),
                ds=_aligned((n_unknown, LANES), np.float32),
                worst=_aligned((LANES,), np.int32),
                moved=_aligned((LANES,), np.int32),
                keep=_aligned((LANES,), np.int32),
                before=_aligned((LANES,), np.float32),
                total=_aligned((LANES,), np.float64),
            )


def _dealt(order: IndexArray, counts: IndexArray, rows: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Deal the steps of each anchor to groups; the last group of an anchor repeats its last step."""
    n_group = -(-counts // LANES)
    first = np.concatenate([[0], np.cumsum(counts)])
    groups = np.empty((int(n_group.sum()), LANES), dtype=INDEX)
    flat = groups.reshape(-1)
    at = 0
    for start, stop, many in zip(first[:-1].tolist(), first[1:].tolist(), n_group.tolist(), strict=True):
        flat[at : at + stop - start] = order[start:stop]
        flat[at + stop - start : at + many * LANES] = order[stop - 1]
        at += many * LANES
    return groups, np.repeat(rows, n_group)


def _aligned(shape: tuple[int, ...], dtype: type) -> AnyArray:
    """Return zeros whose first element begins a cache line."""
    n_byte = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(n_byte + CACHE_LINE, dtype=np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + n_byte].view(dtype).reshape(shape)
