"""Between frames and the bytes of result files; nothing here touches the file system."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from gridsim.dtypes import STORED_LOADING, AnyArray, FloatArray, IndexArray
from gridsim.errors import ResultStoreError
from gridsim.results.layout import TIME_COLUMN, Cell, ResultColumn, ResultTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
FLAG_WORDS = {True: "true", False: "false"}
#: Rows turned at a time by :func:`stored_block`: 128 rows of some hundred columns stay in the processor's cache.
TURNED_ROWS = 128


def check_columns(frame: pd.DataFrame, wanted: Sequence[str], place: str) -> None:
    """Raise ResultStoreError unless ``frame`` has exactly the columns ``wanted``, in that order."""
    if tuple(frame.columns) != tuple(wanted):
        raise ResultStoreError(f"{place}: columns {list(frame.columns)}, wanted {list(wanted)}")


def csv_bytes(frame: pd.DataFrame, table: ResultTable) -> bytes:
    """Return ``frame`` as the UTF-8 bytes of the CSV file of ``table``; ResultStoreError on other columns."""
    check_columns(frame, table.column_names, table.file)
    shown = pd.DataFrame({column.name: _shown(frame[column.name], column) for column in table.columns})
    return shown.to_csv(index=False, lineterminator="\n").encode()


def _shown(values: pd.Series[Any], column: ResultColumn) -> pd.Series[Any]:
    match column.cell:
        case Cell.time:
            return _time_text(values)
        case Cell.flag:
            return values.astype(bool).map(FLAG_WORDS)
        case Cell.whole:
            return values.astype(np.int64)
        case Cell.number:
            numbers = values.astype(np.float64)
            return numbers if column.decimals is None else numbers.round(column.decimals)
        case Cell.text:
            return values.astype(str)


def _time_text(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return times in ``TIME_FORMAT``, "" where there is none; numpy is four times as quick here as strftime."""
    moments = pd.to_datetime(values, utc=True).dt.tz_convert(None).to_numpy(dtype="datetime64[s]")
    words = np.char.add(np.datetime_as_string(moments), "Z")
    return pd.Series(np.where(np.isnat(moments), "", words), index=values.index, dtype=object)


def csv_frame(content: bytes, table: ResultTable) -> pd.DataFrame:
    """Return the frame held by the bytes of a CSV file of ``table``; the inverse of :func:`csv_bytes`."""
    try:
        raw = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8")
        check_columns(raw, table.column_names, table.file)
        return pd.DataFrame({column.name: _read(raw[column.name], column) for column in table.columns})
    except (ValueError, UnicodeDecodeError) as error:
        raise ResultStoreError(f"{table.file}: cannot be read as a gridsim result: {error}") from error


def _read(values: pd.Series[Any], column: ResultColumn) -> pd.Series[Any]:
    match column.cell:
        case Cell.time:
            return pd.to_datetime(values, format=TIME_FORMAT, utc=True).astype("datetime64[ns, UTC]")
        case Cell.flag:
            return (values == FLAG_WORDS[True]).astype(bool)
        case Cell.whole:
            return values.astype(np.int64)
        case Cell.number:
            return values.replace("", "nan").astype(np.float64)
        case Cell.text:
            return values.astype(object)


def stored_block(columns: AnyArray, kept: IndexArray) -> NDArray[np.float32]:
    """Return loadings of one block as they are stored: ``(n_column, n_step)`` float32, time contiguous.

    Every later reading (file, overload episodes, monthly worst) uses these very numbers, so that whoever reads the
    files finds the same overloads. One contiguous row per column is also what Parquet and the episode kernel want.

    Parameters
    ----------
    columns:
        Array ``(n_step, n)`` in percent, NaN where there is no value.
    kept:
        ``(n_column,)`` which columns are stored, in which order.
    """
    n_step = len(columns)
    block = np.empty((len(kept), n_step), dtype=STORED_LOADING)
    for row in range(0, n_step, TURNED_ROWS):
        block[:, row : row + TURNED_ROWS] = columns[row : row + TURNED_ROWS].take(kept, axis=1).T
    return block


def loading_frame(tables: Sequence[Any]) -> pd.DataFrame:
    """Return Arrow tables of successive blocks as one frame: ``time_utc``, then the float32 loading columns."""
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    frame[TIME_COLUMN] = frame[TIME_COLUMN].astype("datetime64[ns, UTC]")
    return frame


def monthly_frame(
    elements: Sequence[str], months: Sequence[tuple[int, int]], values: tuple[FloatArray, FloatArray, FloatArray]
) -> pd.DataFrame:
    """Return the monthly results as a frame: one row per element and month, element by element.

    Parameters
    ----------
    elements:
        Loading columns, ``n_column`` of them.
    months:
        Local ``(year, month)``, ``n_month`` of them in time order.
    values:
        ``worst_percent`` (NaN: never in service or never solved), ``hours_over_100`` and ``failed_hours``, each
        ``(n_column, n_month)``.
    """
    years = np.array([year for year, _ in months], dtype=np.int16)
    numbers = np.array([month for _, month in months], dtype=np.int8)
    codes = np.repeat(np.arange(len(elements)), len(months))
    return pd.DataFrame(
        {
            "element": pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(elements)),
            "year": np.tile(years, len(elements)),
            "month": np.tile(numbers, len(elements)),
            "worst_percent": values[0].ravel().astype(np.float32),
            "hours_over_100": values[1].ravel().astype(np.float32),
            "failed_hours": values[2].ravel().astype(np.float32),
        }
    )
