"""Between a block and the two Parquet files that hold it: loading, and what else the tables of a run are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gridsim.dtypes import STORED_LOADING
from gridsim.errors import ResultStoreError
from gridsim.results.layout import BLOCK_STEP_COLUMNS, TIME_COLUMN
from gridsim.results.whole_files import told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

#: Types of the columns of steps; whatever is not named here is float64.
STEP_TYPES = {"status": pa.string(), "iterations": pa.int32()}
TAP_TYPE = pa.int16()


@dataclass(frozen=True)
class BlockContent:
    """Everything that is kept of a solved block: the tables of a run follow from these numbers and no others.

    Attributes
    ----------
    time_utc:
        Start of every step, length n_step.
    columns:
        Names of the loading columns.
    loading:
        ``(n_column, n_step)`` percent, as stored.
    steps:
        One row per step, columns ``BLOCK_STEP_COLUMNS`` of the layout.
    tap_units:
        Elements whose taps move.
    tap_pos:
        ``(n_step, n_tap)`` where they rest; anything in failed steps.
    """

    time_utc: pd.DatetimeIndex
    columns: Sequence[str]
    loading: NDArray[np.float32]
    steps: pd.DataFrame
    tap_units: Sequence[str]
    tap_pos: NDArray[np.int16]


def loading_table(time_utc: pd.DatetimeIndex, columns: Sequence[str], block: NDArray[np.float32]) -> Any:
    """Return the loading of one block as an Arrow table: ``time_utc`` and one float32 column per entry of ``columns``.

    ``block`` is ``(n_column, n_step)`` as :func:`gridsim.results.frames.stored_block` makes it; it is not copied.
    """
    if block.shape != (len(columns), len(time_utc)):
        raise ResultStoreError(f"loading block is {block.shape}, wanted {(len(columns), len(time_utc))}")
    values = {name: pa.array(row) for name, row in zip(columns, block, strict=True)}
    return _table(time_utc, values)


def steps_table(content: BlockContent) -> tuple[Any, list[str]]:
    """Return the steps of one block as an Arrow table, tap positions behind them, and which columns are floats."""
    names = [name for name in BLOCK_STEP_COLUMNS if name != TIME_COLUMN]
    floats = [name for name in names if name not in STEP_TYPES]
    values = {name: pa.array(content.steps[name].to_numpy(), type=STEP_TYPES.get(name, pa.float64())) for name in names}
    positions = np.ascontiguousarray(content.tap_pos.T)
    values |= {name: pa.array(row, type=TAP_TYPE) for name, row in zip(content.tap_units, positions, strict=True)}
    return _table(content.time_utc, values), floats


def _table(time_utc: pd.DatetimeIndex, values: dict[str, Any]) -> Any:
    moments = time_utc.tz_convert(None).to_numpy(dtype="datetime64[ns]")
    times = pa.array(moments).cast(pa.timestamp("ns", tz="UTC"))
    # NaN is a number like any other to Parquet; a column that cannot be null is written in two thirds of the time.
    fields = [pa.field(TIME_COLUMN, times.type, nullable=False)]
    fields += [pa.field(name, column.type, nullable=False) for name, column in values.items()]
    return pa.table([times, *values.values()], schema=pa.schema(fields))


def block_content(loading: Any, steps: Any) -> BlockContent:
    """Return the block that two Arrow tables hold; the inverse of :func:`loading_table` and :func:`steps_table`.

    Raises
    ------
    ResultStoreError
        The tables are not those of one block.
    """
    columns, names = loading.column_names[1:], steps.column_names
    known = list(BLOCK_STEP_COLUMNS)
    if names[: len(known)] != known or loading.column_names[0] != TIME_COLUMN or len(loading) != len(steps):
        raise ResultStoreError("loading and steps are not those of one block")
    block = np.empty((len(columns), len(loading)), dtype=STORED_LOADING)
    for row, name in enumerate(columns):
        block[row] = loading.column(name).to_numpy()
    units = names[len(known) :]
    tap_pos = np.empty((len(units), len(steps)), dtype=np.int16)
    for row, name in enumerate(units):
        tap_pos[row] = steps.column(name).to_numpy()
    frame: pd.DataFrame = steps.select(known).to_pandas()
    time_utc = pd.DatetimeIndex(frame[TIME_COLUMN].astype("datetime64[ns, UTC]"))
    return BlockContent(time_utc, columns, block, frame, units, np.ascontiguousarray(tap_pos.T))


def read_table(path: Path, columns: Sequence[str] | None = None) -> Any:
    """Return a Parquet file as an Arrow table, all columns or those named.

    Raises
    ------
    ResultStoreError
        The file cannot be read, is not whole, or lacks a column.
    """
    with told(path, "cannot be read"):
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as parquet:
                missing = set(columns or ()) - set(parquet.schema_arrow.names)
                if missing:
                    raise ResultStoreError(f"{path}: no column {sorted(missing)[0]!r}")
                return parquet.read(columns=None if columns is None else list(columns))
        except pa.ArrowInvalid as error:
            raise ResultStoreError(f"{path}: not a whole Parquet file ({error})") from error
