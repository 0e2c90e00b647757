"""What is written comes back; what is broken says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import ResultStoreError
from gridsim.results.frames import csv_bytes, csv_frame, monthly_frame, stored_block
from gridsim.results.layout import CSV_TABLES, ELEMENTS, OVERLOADS, ResultTable
from gridsim.results.store import ResultStore
from tests.support.hand_made import elements, finished_store, manifest, record, times

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ["trafo:t_one", "line:l_one"]


def block_of(n_step: int, first: float = 0.0) -> np.ndarray:
    return stored_block(first + np.arange(2.0 * n_step).reshape(n_step, 2), np.arange(2))


def test_loading_comes_back_by_year_and_by_element(tmp_path: Path) -> None:
    first, second, third = times(5), times(3, "2026-01-01T00:00Z"), times(4, "2026-12-31T19:00Z")
    with ResultStore.create(tmp_path / "run") as store:
        store.write_loading(2026, 0, first, COLUMNS, block_of(5))
        store.write_loading(2026, 1, second, COLUMNS, block_of(3, np.nan))
        store.write_loading(2027, 1, third, COLUMNS, block_of(4, 50.0))
        store.finish(manifest(record(2026, 0, 0, 5), record(2026, 1, 5, 8), record(2027, 1, 8, 12)))
    read = ResultStore.open(tmp_path / "run")
    assert read.years == (2026, 2027)
    year = read.loading(2026)
    assert list(year.columns) == ["time_utc", *COLUMNS]
    assert year["time_utc"].dtype == "datetime64[ns, UTC]"
    assert year["time_utc"].tolist() == [*first, *second]
    assert year["line:l_one"].dtype == np.float32
    assert year["line:l_one"].iloc[:5].tolist() == [1.0, 3.0, 5.0, 7.0, 9.0]
    assert year["line:l_one"].iloc[5:].isna().all()
    one = read.loading_of(["trafo:t_one"])
    assert list(one.columns) == ["time_utc", "trafo:t_one"]
    assert len(one) == 12
    assert one["trafo:t_one"].iloc[-1] == 56.0


def test_asking_for_what_is_not_there_names_it(tmp_path: Path) -> None:
    with ResultStore.create(tmp_path) as store:
        store.write_loading(2026, 0, times(5), COLUMNS, block_of(5))
        store.finish(manifest(record(2026, 0, 0, 5)))
    with pytest.raises(ResultStoreError, match="no loading of 2030"):
        store.loading(2030)
    with pytest.raises(ResultStoreError, match="trafo:nobody"):
        store.loading_of(["trafo:nobody"])
    with pytest.raises(ResultStoreError, match=r"overloads\.csv"):
        store.read_overloads()


def test_stored_block_turns_the_kept_columns_whatever_its_length() -> None:
    columns = np.random.default_rng(0).uniform(0, 200, (300, 8))
    kept = np.array([5, 0, 7])
    np.testing.assert_array_equal(stored_block(columns, kept), columns[:, kept].T.astype(np.float32))


def test_loading_of_another_shape_is_refused(tmp_path: Path) -> None:
    with ResultStore.create(tmp_path) as store, pytest.raises(ResultStoreError, match="loading block"):
        store.write_loading(2026, 0, times(5), COLUMNS, block_of(4))


def test_elements_survive_csv_with_quotes_blanks_and_cyrillic() -> None:
    table = elements()
    pd.testing.assert_frame_equal(csv_frame(csv_bytes(table, ELEMENTS), ELEMENTS), table)


@pytest.mark.parametrize("table", CSV_TABLES, ids=lambda table: table.name)
def test_empty_tables_keep_their_columns_and_types(table: ResultTable) -> None:
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in table.column_names})
    read = csv_frame(csv_bytes(empty, table), table)
    assert tuple(read.columns) == table.column_names
    again = csv_frame(csv_bytes(read, table), table)
    pd.testing.assert_frame_equal(read, again)


def test_columns_of_overloads_are_those_promised() -> None:
    assert OVERLOADS.column_names == (
        "element_type",
        "name",
        "winding",
        "limit",
        "start_utc",
        "end_utc",
        "duration_h",
        "peak_percent",
        "overload_mvah",
        "confidence",
    )


def test_frames_with_other_columns_are_refused(tmp_path: Path) -> None:
    with ResultStore.create(tmp_path) as store:
        with pytest.raises(ResultStoreError, match="columns"):
            store.write_overloads(elements())
        with pytest.raises(ResultStoreError, match="columns"):
            store.write_steps(elements())


def test_monthly_values_come_back(tmp_path: Path) -> None:
    worst = np.array([[1.0, np.nan], [3.0, 4.0]])
    frame = monthly_frame(COLUMNS, [(2026, 12), (2027, 1)], (worst, worst * 2, worst * 3))
    with ResultStore.create(tmp_path) as store:
        store.write_monthly(frame)
        read = store.read_monthly()
    assert read["element"].tolist() == ["trafo:t_one", "trafo:t_one", "line:l_one", "line:l_one"]
    assert read["month"].tolist() == [12, 1, 12, 1]
    assert read["failed_hours"].tolist()[2:] == [9.0, 12.0]


def test_summary_may_not_hold_nan(tmp_path: Path) -> None:
    with ResultStore.create(tmp_path) as store, pytest.raises(ValueError, match="JSON"):
        store.write_summary({"peak": float("nan")})
    assert not (tmp_path / "summary.json").exists()


def test_manifest_comes_back_and_the_directory_holds_nothing_aside(tmp_path: Path) -> None:
    finished_store(tmp_path / "run")
    assert ResultStore.open(tmp_path / "run").manifest == manifest()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["manifest.json"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('{"format": "gridsim-results-1"', "not JSON"),
        ('{"format": "gridsim-results-1"}', "lacks"),
        ('{"format": "gridsim-results-0"}', "holds no gridsim results"),
        ("[]", "holds no gridsim results"),
    ],
)
def test_broken_manifest_says_so(tmp_path: Path, content: str, fault: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ResultStoreError, match=fault):
        ResultStore.open(tmp_path)


def test_truncated_parquet_says_so(tmp_path: Path) -> None:
    with ResultStore.create(tmp_path) as store:
        store.write_loading(2026, 0, times(5), COLUMNS, block_of(5))
        store.finish(manifest(record(2026, 0, 0, 5)))
    path = tmp_path / "loading" / "year=2026" / "stage=000.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ResultStoreError, match="not a whole Parquet file"):
        store.loading(2026)


def test_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        with ResultStore.create(tmp_path / name) as store:
            file = store.write_loading(2026, 0, times(5), COLUMNS, block_of(5))
        contents.append((tmp_path / name / file).read_bytes())
    assert contents[0] == contents[1]
