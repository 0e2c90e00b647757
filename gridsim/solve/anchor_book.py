"""Anchors of the chord method: which step uses which, and their making when they are first asked for.

An anchor depends on the net and on a level, never on the steps of a batch. So a step gives the same bits in whatever
batch, chunk or thread it is solved. The levels stand on a lattice: total load in units of the net's own, and by how
much generation is out of step with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridsim.compiled.injection import inject
from gridsim.dtypes import INDEX, STATUS
from gridsim.enums import StepStatus
from gridsim.kernels.anchors import LEVEL_BLOCK, add_level, approach_anchors, factorise_at, finish_anchors
from gridsim.kernels.batch import solve_batch
from gridsim.kernels.lane_structures import Anchors
from gridsim.kernels.newton import make_workspace
from gridsim.solve.given import as_given
from gridsim.solve.ladder import empty_results
from gridsim.solve.workers import deal

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.controls import ReactiveLimits
    from gridsim.compiled.lane_layout import LaneLayout
    from gridsim.dtypes import FloatArray, IndexArray, StatusArray
    from gridsim.kernels.structures import Given
    from gridsim.solve.ladder import Start

#: Distance of anchors in load level, and in generation level less load level.
LOAD_SPACING, SURPLUS_SPACING = 0.05, 0.25
#: Levels beyond these share the outermost anchor.
LAST_LOAD, LAST_SURPLUS = 60, 10
SURPLUS_LEVELS = 2 * LAST_SURPLUS + 1
LEVELS = (LAST_LOAD + 1) * SURPLUS_LEVELS
#: Blocks of neighbouring elements that count towards a level: those that carry most.
LEVEL_BLOCKS = 4
#: Anchors are forgotten when they would take more memory than this.
LARGEST_BOOK_BYTES = 200_000_000
LEVEL_STEPS, ANCHORS_PER_TASK = 4096, 4
#: Newton's method for levels the chord does not reach: iterations, and the mismatch in pu that is near enough.
NEWTON_ITERATIONS, NEWTON_MISMATCH = 12, 1e-5
CONSUMPTION = (("load", "p_mw"),)
GENERATION = (("gen", "p_mw"), ("sgen", "p_mw"))


@dataclass(frozen=True)
class _LevelPart:
    """The columns of one channel that count towards a level."""

    key: tuple[str, str]
    first: IndexArray
    weight: FloatArray
    own_level: float


class AnchorBook:
    """Anchors of one topology.

    Parameters
    ----------
    compiled, layout:
        The topology and the programs of its chord kernel.
    base:
        Solution of the net's own values, from which all anchors are made.
    """

    def __init__(self, compiled: CompiledGrid, layout: LaneLayout, base: Start) -> None:
        self._compiled = compiled
        self._layout = layout
        self._base = base
        work = make_workspace(compiled.n_bus, compiled.n_free, len(compiled.lu.indices))
        own = as_given(compiled, inject(compiled, {}, 1))
        factorise_at(compiled.network, compiled.lu, own.zip_load[0], base.vm, base.va, work)
        self._base_factors = work.values
        self._load_parts = _level_parts(compiled, CONSUMPTION)
        self._generation_parts = _level_parts(compiled, GENERATION)
        nothing_held = np.zeros(len(compiled.controls.limits.pos), dtype=STATUS)
        self._patterns = [nothing_held]
        self._pattern_number = {nothing_held.tobytes(): 0}
        self._row_of: dict[int, int] = {}
        self.anchors = self._empty(0)

    def keys(
        self, profiles: dict[tuple[str, str], FloatArray], n_step: int, threads: int, held: StatusArray | None = None
    ) -> IndexArray:
        """Return the key of the anchor of every step. Shape (n_step,).

        Parameters
        ----------
        profiles, n_step, threads:
            Checked profiles, their length, and threads to use.
        held:
            1 or -1 where a bus stands at its upper or lower limit of reactive power. Shape (n_step, n_limited).
        """
        load = _level(self._load_parts, profiles, n_step, threads)
        surplus = _level(self._generation_parts, profiles, n_step, threads) - load
        level = _on_lattice(load, LOAD_SPACING, 0, LAST_LOAD) * SURPLUS_LEVELS
        level += _on_lattice(surplus, SURPLUS_SPACING, -LAST_SURPLUS, LAST_SURPLUS) + LAST_SURPLUS
        return level if held is None else level + self._pattern_numbers(held) * LEVELS

    def _pattern_numbers(self, held: StatusArray) -> IndexArray:
        """Number the combinations of buses held at limits; 0 when none is held."""
        patterns, which = np.unique(held, axis=0, return_inverse=True)
        numbers = []
        for row in patterns:
            number = self._pattern_number.setdefault(row.tobytes(), len(self._patterns))
            if number == len(self._patterns):
                self._patterns.append(row.copy())
            numbers.append(number)
        return np.array(numbers, dtype=INDEX)[which.reshape(-1)]

    def rows(self, keys: IndexArray, threads: int) -> IndexArray:
        """Return the row in :attr:`anchors` for each of a few different keys, making those that are missing."""
        missing = [key for key in keys.tolist() if key not in self._row_of]
        if missing:
            self._make(missing, keys.tolist(), threads)
        return np.array([self._row_of[key] for key in keys.tolist()], dtype=INDEX)

    def _make(self, missing: list[int], wanted: list[int], threads: int) -> None:
        bytes_each = sum(array.itemsize * int(np.prod(array.shape[1:])) for array in self.anchors)
        if bytes_each * (len(self._row_of) + len(missing)) > LARGEST_BOOK_BYTES:
            self._row_of.clear()
            self.anchors = self._empty(0)
            missing = wanted
        first = len(self._row_of)
        grown = self._empty(first + len(missing))
        for field in Anchors._fields:
            getattr(grown, field)[:first] = getattr(self.anchors, field)
        self.anchors = grown
        rows = np.arange(first, first + len(missing), dtype=INDEX)
        keys = np.array(missing, dtype=INDEX)
        given = as_given(self._compiled, inject(self._compiled, self._powers(keys % LEVELS), len(missing)))
        pattern = keys // LEVELS
        for number in np.unique(pattern).tolist():
            mine = np.flatnonzero(pattern == number)
            some = given._replace(s_bus=given.s_bus[mine], zip_load=given.zip_load[mine])
            self._fill(some, self._patterns[number], rows[mine], grown, threads)
        self._row_of.update(zip(missing, rows.tolist(), strict=True))

    def _fill(self, given: Given, held: StatusArray, rows: IndexArray, grown: Anchors, threads: int) -> None:
        """Make the anchors of some levels, with some buses held at limits of reactive power."""
        compiled, base, layout, limits = self._compiled, self._base, self._layout, self._compiled.controls.limits
        network, sign = compiled.network, base.sign
        if held.any():
            is_pq = network.is_pq.copy()
            is_pq[limits.pos[held != 0]] = True
            # The determinant counts the reactive equations that have come in: its sign says nothing here.
            network, sign = network._replace(is_pq=is_pq), 0
            given.s_bus[:, limits.pos, 1] += held_q(limits, held)

        def make(start: int, stop: int) -> None:
            some = given._replace(s_bus=given.s_bus[start:stop], zip_load=given.zip_load[start:stop])
            found = empty_results(stop - start, compiled.n_bus)
            approach_anchors(network, compiled.lu, some, base.vm, base.va, self._base_factors, found)
            lost = np.flatnonzero(found.code != StepStatus.ok)
            if lost.size:
                solve_batch(
                    network, compiled.lu, some, base.vm, base.va, lost, False, NEWTON_ITERATIONS, NEWTON_MISMATCH, found
                )
            finish_anchors(
                network,
                compiled.lu,
                some,
                base.vm,
                base.va,
                sign,
                found,
                layout.forward_place,
                layout.back_place,
                rows[start:stop],
                grown,
            )

        deal(len(rows), ANCHORS_PER_TASK, threads, make)

    def _powers(self, levels: IndexArray) -> dict[tuple[str, str], FloatArray]:
        """Element values at some levels, as profiles of one step per level."""
        load = levels // SURPLUS_LEVELS * LOAD_SPACING
        generation = load + (levels % SURPLUS_LEVELS - LAST_SURPLUS) * SURPLUS_SPACING
        return {
            key: np.outer(load if key[0] == "load" else generation, channel.own)
            for key, channel in self._compiled.channels.items()
            if key[1] != "vm_pu"
        }

    def _empty(self, n_anchor: int) -> Anchors:
        n_bus, layout = self._compiled.n_bus, self._layout
        return Anchors(
            v=np.empty((n_anchor, n_bus, 2)),
            s=np.empty((n_anchor, n_bus, 2)),
            near=np.empty((n_anchor, n_bus, 4), dtype=np.float32),
            forward=np.empty((n_anchor, len(layout.forward_place)), dtype=np.float32),
            back=np.empty((n_anchor, len(layout.back_place)), dtype=np.float32),
        )


def held_q(limits: ReactiveLimits, held: StatusArray) -> FloatArray:
    """Return the reactive power of generators at limits, 0 where there are none.

    Parameters
    ----------
    limits:
        Limits of the buses.
    held:
        1 at the upper limit, -1 at the lower, else 0. Shape (..., n_limited).
    """
    return np.where(held > 0, limits.q_max_pu, np.where(held < 0, limits.q_min_pu, 0.0))


def _level_parts(compiled: CompiledGrid, keys: tuple[tuple[str, str], ...]) -> list[_LevelPart]:
    """Choose the blocks of columns that carry most of the net's own values; the weights of all parts share one norm."""
    own = {key: np.where(compiled.channels[key].pos >= 0, compiled.channels[key].own, 0.0) for key in keys}
    finite = {key: np.where(np.isfinite(values), values, 0.0) for key, values in own.items()}
    blocks = []
    for key, values in finite.items():
        width = min(LEVEL_BLOCK, len(values))
        places = range(0, len(values) - width + 1, max(width, 1))
        blocks += [(float((values[first : first + width] ** 2).sum()), key, first, width) for first in places]
    chosen = sorted((block for block in blocks if block[0] > 0.0), key=lambda block: (-block[0], *block[1:]))
    chosen = chosen[:LEVEL_BLOCKS]
    norm = sum(block[0] for block in chosen)
    parts = []
    for key, values in finite.items():
        mine = [(first, width) for _, of, first, width in chosen if of == key]
        if mine:
            weight = np.array([values[first : first + width] for first, width in mine]) / norm
            starts = np.array([first for first, _ in mine], dtype=INDEX)
            own_level = float(sum((values[first : first + width] ** 2).sum() for first, width in mine) / norm)
            parts.append(_LevelPart(key, starts, weight, own_level))
    return parts


def _level(
    parts: list[_LevelPart], profiles: dict[tuple[str, str], FloatArray], n_step: int, threads: int
) -> FloatArray:
    """Level of every step: 1 for the net's own values, and where the net has none."""
    if not parts:
        return np.ones(n_step)
    level = np.full(n_step, float(sum(part.own_level for part in parts if part.key not in profiles)))
    for part in parts:
        values = profiles.get(part.key)
        if values is not None:
            deal(n_step, LEVEL_STEPS, threads, partial(_add_part, part, values, level))
    return level


def _add_part(part: _LevelPart, values: FloatArray, level: FloatArray, first: int, last: int) -> None:
    add_level(values[first:last], part.first, part.weight, level[first:last])


def _on_lattice(level: FloatArray, spacing: float, lowest: int, highest: int) -> IndexArray:
    with np.errstate(invalid="ignore"):
        nearest = np.clip(np.rint(level / spacing), lowest, highest)
    return np.where(np.isfinite(nearest), nearest, 0.0).astype(INDEX)
