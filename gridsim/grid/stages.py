"""Horizon to stages (constant sets of elements in service) and stages to blocks (one local calendar year each)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid import load_rows
from gridsim.tables.topology import positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gridsim.dtypes import BoolArray, IndexArray
    from gridsim.tables.network_tables import NetworkTables
    from gridsim.tables.service_dates import GridState

#: Tables of the net whose rows are the rows of a network table.
SAME_ROWS = {"bus": "buses", "line": "lines", "trafo": "trafos", "trafo3w": "trafos3w", "shunt": "shunts"}


@dataclass(frozen=True)
class Stage:
    """The longest interval in which the same elements are in service.

    Attributes
    ----------
    index:
        0, 1, ... in time.
    start_step, stop_step:
        Steps of the horizon, half open.
    in_service:
        pandapower table (bus, line, trafo, trafo3w, shunt, load, gen, sgen, ext_grid) to mask in row order of the net.
    opened, closed:
        ``table:name`` of the elements that came and went since the stage before; empty for the first.
    notes:
        A sentence for each element that the plan wants in service and the grid cannot take.
    """

    index: int
    start_step: int
    stop_step: int
    in_service: Mapping[str, BoolArray]
    opened: tuple[str, ...]
    closed: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def n_step(self) -> int:
        """Number of steps."""
        return self.stop_step - self.start_step


@dataclass(frozen=True)
class Block:
    """The steps of one stage in one local calendar year: the unit of work, of storage and of resuming."""

    index: int
    stage_index: int
    year: int
    start_step: int
    stop_step: int

    @property
    def n_step(self) -> int:
        """Number of steps."""
        return self.stop_step - self.start_step


def by_block(blocks: Sequence[Block], steps: IndexArray) -> Iterator[tuple[Block, IndexArray]]:
    """Yield each block that holds some of ``steps`` (ascending, of the horizon), with those it holds."""
    for block in blocks:
        first, stop = np.searchsorted(steps, [block.start_step, block.stop_step])
        if stop > first:
            yield block, steps[first:stop]


def make_stages(
    tables: NetworkTables, states: Sequence[GridState], time_utc: pd.DatetimeIndex, utc_offset_h: int
) -> tuple[Stage, ...]:
    """Cut the horizon wherever the set of elements in service changes.

    Parameters
    ----------
    states:
        What is in service from which local day on, ascending; states on or before the first step merge into the first
        stage, states after the last step are left out.
    time_utc:
        Start of each step.
    utc_offset_h:
        Local time minus UTC; a state begins at local midnight of its day.
    """
    starts = [_first_step(state, time_utc, utc_offset_h) for state in states]
    names = element_names(tables)
    rows = source_rows(tables, names)
    stages: list[Stage] = []
    for number, (state, start) in enumerate(zip(states, starts, strict=True)):
        stop = starts[number + 1] if number + 1 < len(starts) else len(time_utc)
        if start >= stop:
            continue
        masks = net_masks(rows, state)
        if stages and _is_same(stages[-1].in_service, masks):
            last = stages.pop()
            stages.append(
                Stage(last.index, last.start_step, stop, masks, last.opened, last.closed, _joined(last.notes, state))
            )
            continue
        before = stages[-1].in_service if stages else masks
        stages.append(
            Stage(
                index=len(stages),
                start_step=start,
                stop_step=stop,
                in_service=masks,
                opened=_changed(names, masks, before),
                closed=_changed(names, before, masks),
                notes=_joined((), state),
            )
        )
    return tuple(stages)


def make_blocks(stages: Sequence[Stage], time_utc: pd.DatetimeIndex, utc_offset_h: int) -> tuple[Block, ...]:
    """Cut each stage at local new year."""
    years = (time_utc + pd.Timedelta(hours=utc_offset_h)).year.to_numpy()
    blocks: list[Block] = []
    for stage in stages:
        own = years[stage.start_step : stage.stop_step]
        cuts = [0, *(np.flatnonzero(np.diff(own)) + 1), len(own)]
        for first, stop in pairwise(cuts):
            start_step, stop_step = stage.start_step + int(first), stage.start_step + int(stop)
            blocks.append(Block(len(blocks), stage.index, int(own[first]), start_step, stop_step))
    return tuple(blocks)


def element_names(tables: NetworkTables) -> dict[str, list[str]]:
    """Return the name of each row of each table of the net."""
    grids = tables["external_grids"]
    keys = {"bus": "bus_id", "line": "line_id", "trafo": "trafo_id", "trafo3w": "trafo3w_id", "shunt": "shunt_id"}
    return {
        **{table: tables[SAME_ROWS[table]][key].to_list() for table, key in keys.items()},
        "load": load_rows.load_buses(tables),
        "gen": load_rows.gen_rows(tables),
        "sgen": load_rows.sgen_rows(tables),
        "ext_grid": grids.loc[grids["role"] == "slack", "external_grid_id"].to_list(),
    }


def net_masks(rows: Mapping[str, IndexArray], state: GridState) -> dict[str, BoolArray]:
    """Return what is in service by table of the net, in its row order.

    Parameters
    ----------
    rows:
        As :func:`source_rows` returns them.
    """
    sources = np.concatenate([state.in_service["power_plants"], state.in_service["external_grids"]])
    masks = {table: state.in_service[name] for table, name in SAME_ROWS.items()}
    masks["load"] = state.in_service["buses"][rows["load"]]
    return masks | {table: sources[rows[table]] for table in ("gen", "sgen", "ext_grid")}


def source_rows(tables: NetworkTables, names: Mapping[str, list[str]]) -> dict[str, IndexArray]:
    """Return where the rows of the net that follow no table of their own come from.

    Returns
    -------
    dict
        ``load``: rows of ``buses``. ``gen``, ``sgen``, ``ext_grid``: rows of ``power_plants`` followed by
        ``external_grids``.
    """
    keys = [*tables["power_plants"]["plant_id"], *tables["external_grids"]["external_grid_id"]]
    rows = {table: positions(names[table], keys) for table in ("gen", "sgen", "ext_grid")}
    return rows | {"load": positions(names["load"], tables["buses"]["bus_id"])}


def _first_step(state: GridState, time_utc: pd.DatetimeIndex, utc_offset_h: int) -> int:
    """Return the first step that does not begin before local midnight of the state's day."""
    if state.day < np.datetime64("1700-01-01"):
        return 0
    midnight = pd.Timestamp(state.day).tz_localize("UTC") - pd.Timedelta(hours=utc_offset_h)
    return int(time_utc.searchsorted(midnight, side="left"))


def _is_same(first: Mapping[str, BoolArray], second: Mapping[str, BoolArray]) -> bool:
    return all(np.array_equal(first[table], second[table]) for table in first)


def _changed(
    names: Mapping[str, list[str]], now: Mapping[str, BoolArray], before: Mapping[str, BoolArray]
) -> tuple[str, ...]:
    """Return what is in service ``now`` and was not ``before``, without the busbars and loads, which follow."""
    return tuple(
        f"{table}:{names[table][row]}"
        for table in now
        if table not in {"bus", "load"}
        for row in np.flatnonzero(now[table] & ~before[table])
    )


def _joined(notes: tuple[str, ...], state: GridState) -> tuple[str, ...]:
    new = [f"{table} {key} is planned to be in service, but {reason}" for table, key, reason in state.deferred]
    return tuple(dict.fromkeys([*notes, *new]))
