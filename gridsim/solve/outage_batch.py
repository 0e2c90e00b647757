"""All outages of all steps of one topology, by the outage kernels: sixteen outages of a step side by side."""

from __future__ import annotations

from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from gridsim.compiled.injection import inject
from gridsim.compiled.lane_layout import lay_out
from gridsim.compiled.outage_lanes import OutageColumns, lay_out_outages
from gridsim.compiled.ratings import COLUMN_TABLES
from gridsim.dtypes import INDEX, STATUS
from gridsim.enums import BusKind, StepStatus
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.newton import make_workspace
from gridsim.kernels.outage_steps import solve_outage_steps
from gridsim.kernels.outage_structures import (
    MOST_EQUATIONS,
    MOST_UNKNOWNS,
    OutageGrid,
    OutageResults,
    OutageSteps,
    OutageWork,
)
from gridsim.solve.lane_memory import aligned, lane_work, no_anchors
from gridsim.solve.workers import deal, usable_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.lane_layout import LaneLayout
    from gridsim.compiled.outage_lanes import GridOutage
    from gridsim.dtypes import FloatArray
    from gridsim.kernels.structures import LoadingColumns
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.solution import BatchSolution

#: Steps a thread takes at a time.
STEPS_PER_TASK = 4


class OutageBatch:
    """Solves outages of one topology from the solutions before them, with tap changers where they stood.

    Parameters
    ----------
    compiled, columns:
        The topology and its loading columns.
    outages:
        What they take out; None stands for one that the kernels cannot solve.
    options:
        Tolerance, threads.

    Attributes
    ----------
    place:
        Which of the outages are solved here. Shape (n_laid_out,).
    """

    def __init__(
        self,
        compiled: CompiledGrid,
        columns: LoadingColumns,
        outages: Sequence[GridOutage | None],
        options: SolveOptions,
    ) -> None:
        self._compiled, self._options = compiled, options
        self._n_column = len(columns.from_pos)
        self._kept = _kept_columns(compiled, columns)
        some = columns._replace(**{name: getattr(columns, name)[self._kept.place] for name in columns._fields})
        self._layout = lay_out(compiled, some, compiled.bus_kind == int(BusKind.pv))
        laid_out = lay_out_outages(compiled, self._layout, outages, self._kept)
        self.place = laid_out.place
        self._lanes, self._drops = laid_out.lanes, laid_out.drops
        self._is_ranked = False
        self._grid = _outage_grid(compiled, some, self._layout, self._kept)

    def solve(
        self,
        profiles: dict[tuple[str, str], FloatArray],
        before: BatchSolution,
        limit_percent: float,
        added_percent: float,
    ) -> OutageResults:
        """Solve every outage at every step that has a solution before it.

        Parameters
        ----------
        profiles:
            Checked profiles.
        before:
            Solution without outages, voltages kept.
        limit_percent, added_percent:
            What counts as a violation, see :class:`gridsim.kernels.outage_structures.OutageSteps`.
        """
        n_step = before.n_step
        taps = before.tap_pos if before.tap_pos is not None else np.zeros((n_step, 0), dtype=INDEX)
        steps = OutageSteps(
            step=np.flatnonzero(before.is_solved).astype(INDEX),
            voltage=before.voltage_pu.view(np.float64),
            tap=np.ascontiguousarray(taps, dtype=INDEX),
            zip_load=self._zip_load(profiles, n_step),
            drop=self._dropped(profiles, n_step),
            loading=np.ascontiguousarray(before.loading.columns[:, self._kept.place], dtype=np.float64),
            limit_percent=limit_percent,
            added_percent=added_percent,
        )
        n_out, n_kept = len(self.place), len(self._kept.place)
        if n_out and len(steps.step) and not self._is_ranked:
            self._rank(steps)
        shared = _no_results(n_step, n_out, n_kept)
        used: list[OutageResults] = []
        spare: SimpleQueue[tuple[OutageWork, OutageResults]] = SimpleQueue()

        def run(first: int, last: int) -> None:
            try:
                work, out = spare.get_nowait()
            except Empty:
                work = self._borrow()
                out = shared._replace(**_no_violations(n_out, n_kept))
                used.append(out)
            solve_outage_steps(
                self._grid,
                self._lanes,
                steps,
                self._layout.first_unknown,
                first,
                last,
                self._options.tolerance_pu,
                work,
                out,
            )
            spare.put((work, out))

        if n_out:
            deal(len(steps.step), STEPS_PER_TASK, usable_threads(self._options.threads), run)
        for out in used:
            merge_violations(out, shared)
        return self._widened(shared)

    def _rank(self, steps: OutageSteps) -> None:
        """Put outages that need as many corrections side by side, as far as one step can tell; changes no result."""
        out = _no_results(len(steps.voltage), len(self.place), len(self._kept.place))
        solve_outage_steps(
            self._grid,
            self._lanes,
            steps,
            self._layout.first_unknown,
            0,
            1,
            self._options.tolerance_pu,
            self._borrow(),
            out,
        )
        self._lanes = self._lanes._replace(rank=np.argsort(out.corrections, kind="stable").astype(INDEX))
        self._is_ranked = True

    def _widened(self, found: OutageResults) -> OutageResults:
        """Return the results with all loading columns."""
        wide = _no_results(len(found.worst), len(self.place), self._n_column)
        for name in ("worst", "cause", "n_above", "peak", "peak_step"):
            getattr(wide, name)[:, self._kept.place] = getattr(found, name)
        return wide._replace(code=found.code, corrections=found.corrections)

    def _zip_load(self, profiles: dict[tuple[str, str], FloatArray], n_step: int) -> FloatArray:
        n_zip = len(self._compiled.network.zip_pos)
        if not n_zip:
            return np.zeros((n_step, 0, 4))
        return inject(self._compiled, profiles, n_step).zip_pu

    def _dropped(self, profiles: dict[tuple[str, str], FloatArray], n_step: int) -> FloatArray:
        """Return the injection that is lost, pu. Shape (n_step, n_drop, 2)."""
        drop = np.zeros((n_step, len(self._drops), 2))
        for place, (table, row) in enumerate(self._drops):
            for part, column in enumerate(("p_mw", "q_mvar")):
                channel = self._compiled.channels.get((table, column))
                if channel is not None:
                    given = profiles.get((table, column))
                    values = channel.own[row] if given is None else given[:, row]
                    drop[:, place, part] = channel.factor[row] * values
        return drop

    def _borrow(self) -> OutageWork:
        compiled, grid = self._compiled, self._grid
        n_bus, n_unknown = compiled.n_bus, self._layout.n_unknown
        net = grid.net._replace(
            y_value=grid.net.y_value.copy(), column_y=grid.net.column_y.copy(), pull=grid.net.pull.copy()
        )
        return OutageWork(
            network=grid.network._replace(y_g=grid.network.y_g.copy(), y_b=grid.network.y_b.copy()),
            net=net,
            y_branch=grid.y_branch.copy(),
            vm=np.zeros(n_bus),
            va=np.zeros(n_bus),
            newton=make_workspace(n_bus, compiled.n_free, len(compiled.lu.indices)),
            anchor=no_anchors(1, n_bus, self._layout),
            given=np.zeros((n_bus, 2)),
            sensitivity=np.zeros(len(self._lanes.pair_unknown), dtype=np.float32),
            right=aligned((n_unknown, LANES), np.float32),
            matrix=np.zeros((LANES, MOST_EQUATIONS, MOST_EQUATIONS + MOST_UNKNOWNS)),
            first=np.zeros((LANES, MOST_EQUATIONS)),
            is_direct=np.zeros(LANES, dtype=np.bool_),
            top=aligned((len(self._kept.place), LANES), np.float64),
            top_outage=aligned((len(self._kept.place), LANES), INDEX),
            todo=np.zeros(len(self.place) + LANES, dtype=INDEX),
            mirrors=np.zeros(len(self.place), dtype=np.bool_),
            lane=lane_work(n_bus, n_unknown, len(self._kept.place)),
        )


def _kept_columns(compiled: CompiledGrid, columns: LoadingColumns) -> OutageColumns:
    """Loading columns in service."""
    branch = np.concatenate([compiled.loading[table].branch for table in COLUMN_TABLES])
    place = np.flatnonzero(branch >= 0).astype(INDEX)
    percent = np.stack([columns.percent_from, columns.percent_to], axis=1)[place]
    return OutageColumns(place, branch[place], percent)


def _no_results(n_step: int, n_outage: int, n_column: int) -> OutageResults:
    return OutageResults(
        code=np.full((n_step, n_outage), int(StepStatus.diverged), dtype=STATUS),
        worst=np.full((n_step, n_column), -1.0),
        cause=np.full((n_step, n_column), -1, dtype=INDEX),
        corrections=np.zeros(n_outage, dtype=INDEX),
        **_no_violations(n_outage, n_column),
    )


def _no_violations(n_outage: int, n_column: int) -> dict[str, np.ndarray]:
    return {
        "n_above": np.zeros((n_outage, n_column), dtype=np.int32),
        "peak": np.full((n_outage, n_column), -1.0),
        "peak_step": np.full((n_outage, n_column), -1, dtype=np.int32),
    }


def merge_violations(part: OutageResults, whole: OutageResults) -> None:
    """Add the violations of one thread; of equal peaks the earlier one stays."""
    whole.n_above[:] += part.n_above
    is_worse = part.peak > whole.peak
    is_earlier = (part.peak == whole.peak) & (part.peak_step < whole.peak_step)
    takes = is_worse | is_earlier
    whole.peak[takes] = part.peak[takes]
    whole.peak_step[takes] = part.peak_step[takes]


def _outage_grid(
    compiled: CompiledGrid, columns: LoadingColumns, layout: LaneLayout, kept: OutageColumns
) -> OutageGrid:
    network, taps = compiled.network, compiled.controls.taps
    n_bus, n_y = compiled.n_bus, len(network.y_indices)
    f, t = compiled.branch_from, compiled.branch_to
    every = np.repeat(np.arange(n_bus), np.diff(network.y_indptr)) * n_bus + network.y_indices
    entry = np.stack([np.searchsorted(every, a * n_bus + b) for a, b in ((f, f), (f, t), (t, f), (t, t))], axis=1)
    # Laid out once more with the places of the admittances in their stead, the program says where each of them is.
    numbered = network._replace(y_g=np.arange(n_y, dtype=np.float64), y_b=np.zeros(n_y))
    order = lay_out(replace(compiled, network=numbered), columns, compiled.bus_kind == int(BusKind.pv)).network.y_value
    value = np.full(n_y, -1, dtype=INDEX)
    value[order[0::2].astype(INDEX)] = np.arange(len(order) // 2)
    order_of_moved = np.argsort(taps.changer_of, kind="stable")
    pairs = [np.stack([y.real, y.imag], axis=1) for y in (compiled.y_ff, compiled.y_ft, compiled.y_tf, compiled.y_tt)]
    moved = taps.branch[order_of_moved]
    column = np.full(len(f), -1, dtype=INDEX)
    column[kept.branch] = np.arange(len(kept.branch))
    n_moved, n_position = taps.y_by_position.shape[:2]
    y_moved = np.nan_to_num(np.ascontiguousarray(taps.y_by_position[order_of_moved])).view(np.float64)
    return OutageGrid(
        net=layout.network,
        network=network,
        lu=compiled.lu,
        forward_place=layout.forward_place,
        back_place=layout.back_place,
        y_branch=np.ascontiguousarray(np.concatenate(pairs, axis=1)),
        entry=np.ascontiguousarray(entry, dtype=INDEX),
        value=value,
        controlled_row=compiled.controlled_pos[compiled.controlled_pos < compiled.n_free],
        zip_row=network.zip_pos,
        common=taps.tap_pos,
        tap_min=taps.tap_min,
        first_moved=np.searchsorted(taps.changer_of[order_of_moved], np.arange(len(taps.tap_pos) + 1)).astype(INDEX),
        moved_branch=np.ascontiguousarray(moved, dtype=INDEX),
        y_moved=y_moved.reshape(n_moved, n_position, 8),
        moved_column=column[moved],
        moved_percent=np.where(np.isinf(kept.percent), 1.0, kept.percent)[column[moved]],
    )
