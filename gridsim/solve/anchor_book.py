"""Anchors of the chord method: which step uses which, and their making when they are first asked for.

An anchor depends on the net and on a level, never on the steps of a batch. So a step gives the same bits in whatever
batch, chunk or thread it is solved. The levels stand on a lattice: total load in units of the net's own, and by how
much generation is out of step with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.compiled.injection import inject
from gridsim.dtypes import INDEX, STATUS
from gridsim.enums import StepStatus
from gridsim.kernels.anchors import LEVEL_BLOCK, approach_anchors, choose_keys, factorise_at, finish_anchors
from gridsim.kernels.batch import solve_batch
from gridsim.kernels.lane_structures import Anchors, Lattice, LevelPart
from gridsim.kernels.newton import make_workspace
from gridsim.solve.given import as_given
from gridsim.solve.held_limits import held_q, network_with_held
from gridsim.solve.ladder import empty_results
from gridsim.solve.lane_memory import no_anchors
from gridsim.solve.workers import deal

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.lane_layout import LaneLayout
    from gridsim.dtypes import FloatArray, IndexArray, StatusArray
    from gridsim.kernels.structures import Given
    from gridsim.solve.ladder import Start

#: Anchors stand at every 0.05 of the load level up to 3, and every 0.25 of what generation is ahead of it.
LATTICE = Lattice(load_spacing=0.05, surplus_spacing=0.25, last_load=60, last_surplus=10)
SURPLUS_LEVELS = 2 * LATTICE.last_surplus + 1
LEVELS = (LATTICE.last_load + 1) * SURPLUS_LEVELS
#: Blocks of neighbouring elements that count towards a level: those that carry most.
LEVEL_BLOCKS = 2
#: Anchors are forgotten when they would take more memory than this.
LARGEST_BOOK_BYTES = 200_000_000
LEVEL_STEPS, ANCHORS_PER_TASK = 4096, 4
#: Newton's method for levels the chord does not reach: iterations, and the mismatch in pu that is near enough.
NEWTON_ITERATIONS, NEWTON_MISMATCH = 12, 1e-5
CONSUMPTION = (("load", "p_mw"),)
GENERATION = (("gen", "p_mw"), ("sgen", "p_mw"))
LEVEL_KEYS = CONSUMPTION + GENERATION
NO_VALUES = np.empty((0, 0))


@dataclass(frozen=True)
class _LevelColumns:
    """The columns of one channel that count towards a level, and the level of the net's own values of them."""

    first: IndexArray
    weight: FloatArray
    own_level: float

    def as_given(self, is_given: bool) -> LevelPart:
        """Return them for the kernel, which takes the net's own level where nothing is given."""
        if is_given and len(self.first):
            return LevelPart(self.first, self.weight, 0.0)
        return LevelPart(self.first[:0], self.weight[:0], self.own_level)


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
        self._parts = {**_level_columns(compiled, CONSUMPTION), **_level_columns(compiled, GENERATION)}
        nothing_held = np.zeros(len(compiled.controls.limits.pos), dtype=STATUS)
        self._patterns = [nothing_held]
        self._pattern_number = {nothing_held.tobytes(): 0}
        self._row_of: dict[int, int] = {}
        self.anchors = self._room_for(0)

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
        keys = np.empty(n_step, dtype=INDEX)
        load, gen, sgen = (profiles.get(key, NO_VALUES) for key in LEVEL_KEYS)
        of_load, of_gen, of_sgen = (self._parts[key].as_given(key in profiles) for key in LEVEL_KEYS)

        def choose(first: int, last: int) -> None:
            choose_keys(load, gen, sgen, (of_load, of_gen, of_sgen), LATTICE, first, last, keys)

        deal(n_step, LEVEL_STEPS, threads, choose)
        return keys if held is None else keys + self._pattern_numbers(held) * LEVELS

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
            self.anchors = self._room_for(0)
            missing = wanted
        first = len(self._row_of)
        grown = self._room_for(first + len(missing))
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
            # The determinant counts the reactive equations that have come in: its sign says nothing here.
            network, sign = network_with_held(network, limits, held), 0
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
        load = levels // SURPLUS_LEVELS * LATTICE.load_spacing
        surplus = (levels % SURPLUS_LEVELS - LATTICE.last_surplus) * LATTICE.surplus_spacing
        generation = load + surplus
        return {
            key: np.outer(load if key[0] == "load" else generation, channel.own)
            for key, channel in self._compiled.channels.items()
            if key[1] != "vm_pu"
        }

    def _room_for(self, n_anchor: int) -> Anchors:
        return no_anchors(n_anchor, self._compiled.n_bus, self._layout)


def _level_columns(compiled: CompiledGrid, keys: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], _LevelColumns]:
    """Choose the blocks of columns that carry most of the net's own values; the weights of all keys share one norm.

    A net without own values has level 1 whatever is given.
    """
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
    columns = {}
    for key, values in finite.items():
        mine = [(first, width) for _, of, first, width in chosen if of == key]
        rows = [values[first : first + width] for first, width in mine]
        weight = np.array(rows).reshape(len(rows), -1 if rows else 0) / (norm or 1.0)
        starts = np.array([first for first, _ in mine], dtype=INDEX)
        own_level = float(sum((row**2).sum() for row in rows) / (norm or 1.0))
        if not chosen and key == keys[0]:
            own_level = 1.0
        columns[key] = _LevelColumns(starts, weight, own_level)
    return columns
