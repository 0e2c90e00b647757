"""Horizon to stages and blocks: local midnight, merging, ends of the horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.grid.commissioning import calendar
from gridsim.grid.stages import Stage, make_blocks, make_stages
from gridsim.tables import load_tables
from tests.support.commissioning_options import OnlyCommissioning, only_commissioning
from tests.support.tiny_network import load_tiny_network, tiny_rows, write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.tables import NetworkTables

OFFSET_H = 5


def steps(first: int, last: int, resolution_h: int = 1) -> pd.DatetimeIndex:
    """Return the starts of the steps of local years ``first`` to ``last``."""
    local = pd.date_range(f"{first}-01-01", f"{last + 1}-01-01", freq=f"{resolution_h}h", inclusive="left", tz="UTC")
    return local - pd.Timedelta(hours=OFFSET_H)


def stages_of(
    tables: NetworkTables, time_utc: pd.DatetimeIndex, scenario: OnlyCommissioning | None = None
) -> tuple[Stage, ...]:
    plan = calendar(tables, scenario or only_commissioning())
    return make_stages(tables, plan.states, time_utc, OFFSET_H)


@pytest.mark.parametrize("resolution_h", [1, 3, 24])
def test_boundaries_lie_at_local_midnight(tmp_path: Path, resolution_h: int) -> None:
    time_utc = steps(2026, 2028, resolution_h)
    stages = stages_of(load_tiny_network(tmp_path), time_utc)
    starts = [time_utc[stage.start_step] for stage in stages]
    assert starts == [
        pd.Timestamp("2025-12-31 19:00", tz="UTC"),
        pd.Timestamp("2026-08-31 19:00", tz="UTC"),
        pd.Timestamp("2027-05-31 19:00", tz="UTC"),
        pd.Timestamp("2028-03-14 19:00", tz="UTC"),
    ]
    assert [stage.index for stage in stages] == [0, 1, 2, 3]
    assert stages[0].start_step == 0
    assert [stage.stop_step for stage in stages] == [*(stage.start_step for stage in stages[1:]), len(time_utc)]


def test_what_came_and_went(tmp_path: Path) -> None:
    stages = stages_of(load_tiny_network(tmp_path), steps(2026, 2028))
    assert [set(stage.opened) for stage in stages] == [
        set(),
        {"sgen:solar"},
        {"line:west_new_1", "line:new_town_1", "trafo:new_t1"},
        {"trafo3w:west_at2"},
    ]
    assert [stage.closed for stage in stages] == [(), (), ("line:west_town_2",), ()]


def test_masks_have_the_rows_of_the_net(tmp_path: Path) -> None:
    last = stages_of(load_tiny_network(tmp_path), steps(2026, 2028))[-1].in_service
    sizes = {table: len(mask) for table, mask in last.items()}
    assert sizes == {
        "bus": 8, "line": 6, "trafo": 3, "trafo3w": 2, "shunt": 1, "load": 3, "gen": 2, "sgen": 1, "ext_grid": 1,
    }  # fmt: skip
    assert last["line"].tolist() == [True, True, True, False, True, True]
    for table in ("bus", "trafo", "trafo3w", "shunt", "load", "gen", "sgen", "ext_grid"):
        assert last[table].all(), table


def test_events_before_the_horizon_merge_into_the_first_stage(tmp_path: Path) -> None:
    stages = stages_of(load_tiny_network(tmp_path), steps(2028, 2028))
    assert [(stage.start_step, stage.stop_step) for stage in stages] == [(0, 74 * 24), (74 * 24, 366 * 24)]
    assert stages[0].opened == ()
    assert stages[0].in_service["sgen"].all()
    assert stages[0].in_service["trafo"].all()


def test_event_on_the_first_day_belongs_to_the_first_stage(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["projects"][1]["commissioning_date"] = "2027-01-01"
    stages = stages_of(load_tables(write_rows(tmp_path, rows)), steps(2027, 2027))
    assert len(stages) == 1
    assert stages[0].in_service["trafo"].all()


def test_events_after_the_horizon_are_left_out(tmp_path: Path) -> None:
    stages = stages_of(load_tiny_network(tmp_path), steps(2025, 2025))
    assert len(stages) == 1
    assert not stages[0].in_service["sgen"].any()


def test_project_that_changes_nothing_opens_no_stage(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["commissioning"].pop()
    rows["trafos3w"].pop()
    assert len(stages_of(load_tables(write_rows(tmp_path, rows)), steps(2026, 2028))) == 3


def test_two_projects_on_one_day_are_one_stage(tmp_path: Path) -> None:
    stages = stages_of(load_tiny_network(tmp_path), steps(2026, 2028), only_commissioning(late={"p_solar": 9}))
    assert [len(stage.opened) for stage in stages] == [0, 4, 1]


def test_deferred_elements_stand_in_the_notes(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["commissioning"][3]["project_id"] = "p_solar"
    stages = stages_of(load_tables(write_rows(tmp_path, rows)), steps(2026, 2028))
    assert [len(stage.notes) for stage in stages] == [0, 1, 0, 0]
    assert "new_town_1" in stages[1].notes[0]
    assert not stages[1].in_service["line"][5]
    assert stages[2].in_service["line"][5]


def test_blocks_cover_the_horizon_year_by_year(tmp_path: Path) -> None:
    time_utc = steps(2026, 2028)
    stages = stages_of(load_tiny_network(tmp_path), time_utc)
    blocks = make_blocks(stages, time_utc, OFFSET_H)
    assert [block.index for block in blocks] == list(range(len(blocks)))
    covered = np.concatenate([np.arange(block.start_step, block.stop_step) for block in blocks])
    np.testing.assert_array_equal(covered, np.arange(len(time_utc)))
    local_years = (time_utc + pd.Timedelta(hours=OFFSET_H)).year
    for block in blocks:
        stage = stages[block.stage_index]
        assert stage.start_step <= block.start_step < block.stop_step <= stage.stop_step
        assert set(local_years[block.start_step : block.stop_step]) == {block.year}
    assert [(block.stage_index, block.year) for block in blocks] == [
        (0, 2026), (1, 2026), (1, 2027), (2, 2027), (2, 2028), (3, 2028),
    ]  # fmt: skip
