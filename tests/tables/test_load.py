"""Reading a folder: typed frames, digests, and files that no spreadsheet should have written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import Finding, NetworkDataError
from gridsim.tables import check_tables, load_tables
from gridsim.tables.columns import Kind
from gridsim.tables.schema import TABLES
from tests.support.tiny_network import load_tiny_network, tiny_rows, write_rows, write_tiny_network

if TYPE_CHECKING:
    from pathlib import Path


def found(folder: Path, rule: str) -> list[Finding]:
    """Return the findings of one rule; the tables must be refused."""
    _, findings = check_tables(folder)
    return [finding for finding in findings if finding.rule == rule]


def test_every_table_is_typed_as_the_schema_says(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    dtypes = {
        Kind.text: np.dtype(object),
        Kind.number: np.dtype(np.float64),
        Kind.whole: np.dtype(np.int64),
        Kind.flag: np.dtype(np.bool_),
        Kind.date: np.dtype("datetime64[ns]"),
    }
    for table in TABLES:
        frame = tables[table.name]
        assert list(frame.columns) == [column.name for column in table.columns]
        assert [frame[column.name].dtype for column in table.columns] == [dtypes[c.kind] for c in table.columns]
        assert isinstance(frame.index, pd.RangeIndex)


def test_empty_optional_cells_become_defaults(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    assert tables["loads"]["note"].tolist() == ["", "", ""]
    assert tables["power_plants"]["cos_phi"].tolist() == [1.0, 1.0]
    assert np.isnan(tables["external_grids"]["p_max_mw"][0])
    assert tables["external_grids"]["va_degree"].tolist() == [0.0, 0.0]


def test_values_arrive_unchanged(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    assert tables["projects"]["commissioning_date"][1] == pd.Timestamp("2027-06-01")
    assert tables["trafo_types"]["tap_min"].tolist() == [-9]
    assert tables["loads"]["p_mw"].tolist() == [16.0, 8.0, 6.0]
    assert tables["investors"]["is_representative"].tolist() == [True]


def test_digests_are_those_of_the_files(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    assert set(tables.digests) == {table.file for table in TABLES}
    assert tables.digests["loads.csv"] == hashlib.sha256((tmp_path / "loads.csv").read_bytes()).hexdigest()


def test_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    for table in TABLES:
        path = tmp_path / table.file
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert len(load_tables(tmp_path)["buses"]) == 8


def test_trailing_empty_rows_and_blanks_around_cells_are_fine(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    path = tmp_path / "line_types.csv"
    text = path.read_text(encoding="utf-8").replace("0.401", " 0.401\u00a0")
    path.write_text(text + ",,,,\n\n", encoding="utf-8")
    assert load_tables(tmp_path)["line_types"]["x_ohm_per_km"].tolist() == [0.401, 0.415]


def test_word_na_stays_a_word(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["substations"][0]["name"] = "NA"
    assert load_tables(write_rows(tmp_path, rows))["substations"]["name"][0] == "NA"


def test_error_lists_every_finding(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["loads"][0]["p_mw"] = "16,5"
    rows["loads"][2]["cos_phi"] = "7"
    rows["lines"][1]["std_type"] = "AC-240/111"
    with pytest.raises(NetworkDataError) as caught:
        load_tables(write_rows(tmp_path, rows))
    places = [(finding.file, finding.row, finding.column, finding.rule) for finding in caught.value.findings]
    assert places == [
        ("lines.csv", 3, "std_type", "dangling_reference"),
        ("loads.csv", 2, "p_mw", "decimal_comma"),
        ("loads.csv", 4, "cos_phi", "out_of_range"),
    ]
    for words in ("lines.csv, row 3, column std_type", "'AC-240/110'", "16.5 (decimal point)", "from 0.5 to 1"):
        assert words in str(caught.value)


def test_missing_folder_and_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for name, words in (("nowhere", "does not exist"), ("file", "is a file")):
        tables, findings = check_tables(tmp_path / name)
        assert tables is None
        assert [finding.rule for finding in findings] == ["missing_folder"]
        assert words in str(findings[0])


def test_missing_file_names_the_misspelt_one_and_drowns_nothing(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    (tmp_path / "buses.csv").rename(tmp_path / "busses.csv")
    _, findings = check_tables(tmp_path)
    assert [(finding.file, finding.rule) for finding in findings] == [("buses.csv", "missing_file")]
    assert "'busses.csv'" in findings[0].remedy


def test_empty_folder_lists_every_file(tmp_path: Path) -> None:
    _, findings = check_tables(tmp_path)
    assert [finding.file for finding in findings] == [table.file for table in TABLES if table.is_required]
    assert {finding.rule for finding in findings} == {"missing_file"}


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    (tmp_path / "shunts.csv").unlink()
    (tmp_path / "shunts.csv").mkdir()
    assert [finding.file for finding in found(tmp_path, "not_a_file")] == ["shunts.csv"]


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    path = tmp_path / "substations.csv"
    path.write_bytes(path.read_bytes().replace(b"Tiny Town", "Алматы".encode("cp1251")))
    (finding,) = found(tmp_path, "not_utf8")
    assert (finding.file, finding.row) == ("substations.csv", 4)
    assert "UTF-8" in finding.remedy


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\r\n"])
def test_empty_file(tmp_path: Path, content: bytes) -> None:
    write_tiny_network(tmp_path)
    (tmp_path / "loads.csv").write_bytes(content)
    assert [finding.file for finding in found(tmp_path, "empty_file")] == ["loads.csv"]


def test_random_bytes_never_raise(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    generator = np.random.default_rng(7)
    for table in TABLES:
        (tmp_path / table.file).write_bytes(generator.bytes(500))
    _, findings = check_tables(tmp_path)
    assert {finding.file for finding in findings} == {table.file for table in TABLES}


def test_cell_longer_than_the_csv_reader_takes(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["lines"][2]["note"] = "x" * 200_000
    (finding,) = found(write_rows(tmp_path, rows), "not_csv")
    assert (finding.file, finding.row) == ("lines.csv", 4)


def test_cell_that_holds_a_document(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["lines"][2]["note"] = "x" * 50_000
    (finding,) = found(write_rows(tmp_path, rows), "huge_cell")
    assert (finding.row, finding.column) == (4, "note")
    assert len(str(finding)) < 500


def test_quotation_mark_that_is_not_closed(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    path = tmp_path / "loads.csv"
    path.write_text(path.read_text(encoding="utf-8") + '"load_9,town_10', encoding="utf-8")
    assert [(finding.file, finding.row) for finding in found(tmp_path, "not_csv")] == [("loads.csv", 5)]


def test_semicolons(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    path = tmp_path / "loads.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    (finding,) = found(tmp_path, "wrong_separator")
    assert "semicolons" in finding.message


def test_header_with_duplicate_unknown_and_missing_columns(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    path = tmp_path / "loads.csv"
    header, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(header.replace("sector", "bus_id").replace("p_mw", "p_mv") + "\n" + rest, encoding="utf-8")
    _, findings = check_tables(tmp_path)
    places = {(finding.rule, finding.column) for finding in findings if finding.file == "loads.csv"}
    assert places == {
        ("duplicate_column", "bus_id"),
        ("unknown_column", "p_mv"),
        ("missing_column", "sector"),
        ("missing_column", "p_mw"),
    }
    unknown = next(finding for finding in findings if finding.rule == "unknown_column")
    assert "'p_mw'" in unknown.remedy


def test_ragged_and_empty_rows_keep_the_spreadsheet_row(tmp_path: Path) -> None:
    write_tiny_network(tmp_path)
    path = tmp_path / "loads.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("16", "16,0")
    lines.insert(3, "")
    lines[4] = lines[4].replace("0.95", "9.5")
    path.write_text("\n".join(lines), encoding="utf-8")
    _, findings = check_tables(tmp_path)
    places = {(finding.row, finding.rule) for finding in findings if finding.file == "loads.csv"}
    assert {(2, "ragged_row"), (4, "empty_row"), (5, "out_of_range")} <= places


def test_tables_come_with_findings_when_only_rules_are_broken(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["lines"][0]["to_bus_id"] = "west_110"
    tables, findings = check_tables(write_rows(tmp_path, rows))
    assert findings
    assert tables is not None
    rows["lines"][0]["length_km"] = "far"
    tables, _ = check_tables(write_rows(tmp_path, rows))
    assert tables is None


def test_a_network_without_voltage_bands_is_complete(tmp_path: Path) -> None:
    (write_tiny_network(tmp_path) / "voltage_bands.csv").unlink()
    tables, findings = check_tables(tmp_path)
    assert findings == ()
    assert tables is not None
    assert len(tables["voltage_bands"]) == 0
    assert "voltage_bands.csv" not in tables.digests
