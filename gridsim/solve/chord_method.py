"""The first and fastest method: chord Newton around anchors, sixteen steps side by side, groups dealt to threads.

Where nothing reacts to the voltages, the plain kernel does it; the controlled one where loads, set points, taps, limits
or a shared slack do. Steps the method leaves open go to the fall-back ladder.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from gridsim.compiled.injection import set_points
from gridsim.compiled.lane_layout import lay_out
from gridsim.compiled.reactions import reactions_of, shared_slack, tap_moves
from gridsim.dtypes import INDEX
from gridsim.enums import BusKind
from gridsim.kernels.chord import solve_groups
from gridsim.kernels.control_structures import ControlState, ControlWork
from gridsim.kernels.controlled_chord import solve_controlled_groups
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_structures import Constant, StepSource
from gridsim.solve.anchor_book import AnchorBook
from gridsim.solve.lane_memory import lane_work
from gridsim.solve.workers import deal, usable_threads

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.lane_structures import ChordResults, LaneWork
    from gridsim.kernels.structures import LoadingColumns
    from gridsim.solve.control_rounds import Positions
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
#: Groups a thread takes at a time at least, and groups times buses at most: enough to forget the call, which takes a
#: tenth of a millisecond, few enough to deal evenly and to let an interrupt come through.
LEAST_GROUPS, MOST_BUS_GROUPS = 12, 200_000


class ChordMethod:
    """Solves the steps of one topology that a chord around one of its anchors can reach.

    Parameters
    ----------
    compiled, columns, common_taps:
        The topology and its loading columns, at tap positions that suit the net's own values, and those positions.
    base:
        Solution of the net's own values.
    options:
        Tolerance, threads.
    """

    def __init__(
        self,
        compiled: CompiledGrid,
        columns: LoadingColumns,
        common_taps: IndexArray,
        base: Start,
        options: SolveOptions,
    ) -> None:
        self._compiled = compiled
        self._options = options
        limits = compiled.controls.limits
        is_single = compiled.bus_kind == int(BusKind.pv)
        is_single[limits.pos] = False
        self._layout = lay_out(compiled, columns, is_single)
        self._n_column = len(columns.from_pos)
        self._book = AnchorBook(compiled, self._layout, base)
        self._workspaces: SimpleQueue[tuple[LaneWork, ControlWork]] = SimpleQueue()
        self._reacts = bool(len(compiled.network.zip_pos)) or not compiled.controls.is_empty
        self._reactions = reactions_of(compiled, self._layout)
        self._taps = tap_moves(compiled, columns, common_taps, acts=not len(limits.pos))
        self._slack = shared_slack(compiled, self._layout)

    def solve(
        self,
        profiles: dict[tuple[str, str], FloatArray],
        steps: IndexArray,
        positions: Positions,
        results: ChordResults,
        *,
        moves_taps: bool = True,
    ) -> None:
        """Solve the steps listed.

        Where reactive power is limited, the controls stay where they are; else tap changers act, and where they have
        settled is written back; unless ``moves_taps`` says that they stay.

        Parameters
        ----------
        profiles:
            Checked profiles, contiguous float64.
        steps:
            Steps to solve, ascending. Shape (n_todo,).
        positions:
            Where the controls of all steps stand.
        results:
            Written at the rows of those steps.
        """
        if not len(steps):
            return
        n_step, threads = len(results.code), usable_threads(self._options.threads)
        held = positions.held if len(self._reactions.limited_row) else None
        keys = self._book.keys(profiles, n_step, threads, held)[steps]
        # Sixteen bits are sorted by counting, in a fraction of the time.
        order = steps[np.argsort(keys.astype(np.int16) if keys.max() < 2**15 else keys, kind="stable")]
        counts = np.bincount(keys)
        different = np.flatnonzero(counts)
        rows = self._book.rows(different, threads)
        group_step, group_anchor = _dealt(order, counts[different], rows)
        constant, sources = self._given(profiles, n_step)
        book, compiled, layout = self._book, self._compiled, self._layout
        tolerance = self._options.tolerance_pu
        corrections = max(MAX_CORRECTIONS, self._options.max_iterations)
        vm_set = set_points(compiled, profiles, n_step)
        reacts = self._reacts or any(key[1] == "vm_pu" for key in profiles)
        taps = self._taps if moves_taps else self._taps._replace(acts=False)

        def run(first: int, last: int) -> None:
            work, control = self._borrow_workspaces()
            if reacts:
                solve_controlled_groups(
                    layout.network,
                    compiled.network,
                    book.anchors,
                    constant,
                    sources,
                    self._reactions,
                    taps,
                    self._slack,
                    ControlState(vm_set, positions.held, positions.tap),
                    group_step,
                    group_anchor,
                    first,
                    last,
                    tolerance,
                    corrections,
                    work,
                    control,
                    results,
                )
            else:
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
                    tolerance,
                    corrections,
                    work,
                    results,
                )
            self._workspaces.put((work, control))

        deal(len(group_anchor), LEAST_GROUPS, threads, run, most=MOST_BUS_GROUPS // compiled.n_bus)

    def _given(
        self, profiles: dict[tuple[str, str], FloatArray], n_step: int
    ) -> tuple[Constant, tuple[StepSource, ...]]:
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
            if values is None and key[0] == "gen" and len(compiled.network.zip_pos):
                # Generation does not depend on voltage, so it must not be lumped with the load that does.
                values = np.tile(channel.own, (n_step, 1))
            if values is None:
                counts = channel.pos >= 0
                own = channel.factor[counts] * channel.own[counts]
                np.add.at(s[:, part], channel.pos[counts], own)
                if key == ("load", "p_mw"):
                    load_mw -= float(own.sum()) * compiled.base_mva
                values, place = np.empty((0, 0)), np.empty(0, dtype=INDEX)
            sources.append(StepSource(values, place, channel.factor, part))
        shunt_row = np.flatnonzero(compiled.shunt_g_pu).astype(INDEX)
        constant = Constant(
            s, float(s[:, 0].sum()), load_mw / compiled.base_mva, shunt_row, compiled.shunt_g_pu[shunt_row]
        )
        return constant, tuple(sources)

    def _borrow_workspaces(self) -> tuple[LaneWork, ControlWork]:
        """Take scratch arrays that no thread uses, or make some: a task is too short to make its own."""
        try:
            return self._workspaces.get_nowait()
        except Empty:
            return lane_work(self._compiled.n_bus, self._layout.n_unknown, self._n_column), self._control_work()

    def _control_work(self) -> ControlWork:
        n_special, n_zip = len(self._reactions.special_row), len(self._reactions.zip_row)
        n_tap, n_moved = len(self._taps.common), len(self._taps.changer)
        return ControlWork(
            given=np.zeros((n_special, 2, LANES)),
            zip=np.zeros((n_zip, 4, LANES)),
            magnitude=np.zeros((len(self._reactions.controlled_row), LANES)),
            dy=np.zeros((n_moved, 8, LANES)),
            shared=np.zeros((len(self._slack.reference_row), LANES)),
            rest=np.zeros((len(self._slack.reference_row), LANES)),
            drawn=np.zeros(LANES),
            tap=np.zeros((n_tap, LANES), dtype=INDEX),
            active=np.zeros(n_moved, dtype=INDEX),
            is_active=np.zeros(n_moved, dtype=INDEX),
            n_active=np.zeros(1, dtype=INDEX),
            mover=np.zeros(n_tap, dtype=INDEX),
            change=np.zeros(n_tap, dtype=INDEX),
            held=np.zeros((len(self._reactions.limited_row), LANES), dtype=INDEX),
            level=np.zeros(LANES, dtype=INDEX),
            rounds=np.zeros(LANES, dtype=INDEX),
            since_move=np.zeros(LANES, dtype=INDEX),
            corrections=np.zeros(LANES, dtype=INDEX),
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
