"""Tap operations block by block against plain loops over the whole run."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.assess.tap_operations import TapTracker

YEARS = (2030, 2031)
ENDS = (np.array([-3, -3, -2]), np.array([3, 3, 2]))
#: Year, stage, number of steps; unit 2 of the first stage is not there yet.
BLOCKS = ((2030, 0, 7), (2030, 1, 40), (2031, 1, 30), (2031, 2, 1), (2031, 3, 25))


def random_blocks(seed: int):
    """Positions, failures, units of each block; positions of failed steps are far away."""
    rng = np.random.default_rng(seed)
    blocks = []
    for number, (year, stage, n_step) in enumerate(BLOCKS):
        units = np.array([2, 0]) if number == 0 else np.array([1, 2, 0])
        tap_pos = np.clip(rng.integers(-4, 5, (n_step, len(units))), ENDS[0][units], ENDS[1][units])
        is_failed = rng.random(n_step) < 0.25
        tap_pos[is_failed] = -9999
        blocks.append((year, stage, tap_pos.astype(np.int16), is_failed, units))
    return blocks


def tracked(blocks, *, step_h: float = 1.0) -> TapTracker:
    tracker = TapTracker(3, YEARS, step_h=step_h)
    for year, stage, tap_pos, is_failed, units in blocks:
        tracker.follow(tap_pos, is_failed, units, (ENDS[0][units], ENDS[1][units]), year=year, stage=stage)
    return tracker


def by_loops(blocks, unit: int, year: int):
    """Operations, lowest, highest, steps at an end stop, failed steps, steps in service."""
    operations, seen, n_end, n_failed, n_step = 0, [], 0, 0, 0
    last, last_stage = None, None
    for own_year, stage, tap_pos, is_failed, units in blocks:
        if stage != last_stage:
            last, last_stage = None, stage
        if unit not in units:
            continue
        column = list(units).index(unit)
        for step in range(len(tap_pos)):
            position = None if is_failed[step] else int(tap_pos[step, column])
            if own_year == year:
                n_step += 1
                if position is None:
                    n_failed += 1
                else:
                    seen.append(position)
                    n_end += position in (ENDS[0][unit], ENDS[1][unit])
                    operations += abs(position - last) if last is not None else 0
            last = position
    return operations, min(seen, default=np.nan), max(seen, default=np.nan), n_end, n_failed, n_step


@pytest.mark.parametrize("seed", range(5))
def test_blocks_give_what_loops_over_the_run_give(seed: int) -> None:
    blocks = random_blocks(seed)
    tracker = tracked(blocks, step_h=2.0)
    for unit in range(3):
        for place, year in enumerate(YEARS):
            operations, lowest, highest, n_end, n_failed, n_step = by_loops(blocks, unit, year)
            at = unit, place
            assert tracker.operations[at] == operations
            np.testing.assert_equal((tracker.lowest[at], tracker.highest[at]), (lowest, highest))
            assert tracker.end_stop_h[at] == 2.0 * n_end
            assert tracker.failed_h[at] == 2.0 * n_failed
            assert tracker.service_h[at] == 2.0 * n_step


def one_unit(*parts: tuple[int, int, list[int | None]]) -> TapTracker:
    """Unit 0 through blocks of year, stage and positions, ``None`` where the step has no solution."""
    blocks = []
    for year, stage, positions in parts:
        is_failed = np.array([position is None for position in positions])
        tap_pos = np.array([[-9999 if position is None else position] for position in positions], dtype=np.int16)
        blocks.append((year, stage, tap_pos, is_failed, np.array([0])))
    return tracked(blocks)


def test_every_position_passed_is_an_operation() -> None:
    assert one_unit((2030, 0, [0, 2, 2, -1])).operations[0, 0] == 2 + 3


def test_a_failed_hour_breaks_the_chain() -> None:
    tracker = one_unit((2030, 0, [0, None, 3, 2]))
    assert tracker.operations[0, 0] == 1
    assert tracker.failed_h[0, 0] == 1
    assert tracker.end_stop_h[0, 0] == 1


def test_the_chain_goes_on_into_the_new_year_of_a_stage() -> None:
    tracker = one_unit((2030, 0, [0, 1]), (2031, 0, [3, 3]))
    assert tracker.operations[0].tolist() == [1, 2]


def test_a_failed_hour_at_the_border_breaks_it_too() -> None:
    assert one_unit((2030, 0, [0, None]), (2031, 0, [3])).operations[0].tolist() == [0, 0]
    assert one_unit((2030, 0, [0]), (2031, 0, [None, 3])).operations[0].tolist() == [0, 0]


def test_a_new_stage_begins_a_new_count() -> None:
    assert one_unit((2030, 0, [0, 1]), (2030, 1, [3, 2])).operations[0, 0] == 1 + 1


def test_a_year_without_solution_has_no_positions() -> None:
    tracker = one_unit((2030, 0, [None, None]))
    assert np.isnan(tracker.lowest[0, 0])
    assert np.isnan(tracker.highest[0, 0])
    assert (tracker.failed_h[0, 0], tracker.service_h[0, 0], tracker.operations[0, 0]) == (2, 2, 0)
