"""The corpus of broken networks: every one ends in findings that name file, row, column, value and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.errors import Finding, NetworkDataError
from gridsim.tables import check_tables, load_tables
from tests.support.corpus import entries, spoil
from tests.support.tiny_network import tiny_rows, write_rows, write_tiny_network

if TYPE_CHECKING:
    from pathlib import Path

CORPUS = entries("networks")


def found(folder: Path, rule: str, file: str) -> list[Finding]:
    """Return the findings of a rule in a file; every finding of the folder must be whole, and loading refused."""
    _, findings = check_tables(folder)
    for finding in findings:
        assert finding.file
        assert finding.message
        assert finding.remedy.endswith((".", "?"))
        assert len(str(finding)) < 1000
    with pytest.raises(NetworkDataError):
        load_tables(folder)
    matching = [finding for finding in findings if (finding.rule, finding.file) == (rule, file)]
    assert matching, "\n".join(map(str, findings))
    return matching


@pytest.mark.parametrize("name", CORPUS["cells"])
def test_a_broken_cell_is_named(tmp_path: Path, name: str) -> None:
    table, row, column, text, rule, words, *elsewhere = CORPUS["cells"][name]
    file, *place = elsewhere or (f"{table}.csv", row, column)
    rows = tiny_rows()
    assert rows[table][row - 2].get(column, "") != text
    rows[table][row - 2][column] = text
    told = found(write_rows(tmp_path, rows), rule, file)
    assert any(words in str(finding) and [finding.row, finding.column] == place for finding in told), told


@pytest.mark.parametrize("name", CORPUS["files"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    table, how, what, rule, row, words = CORPUS["files"][name]
    spoil(write_tiny_network(tmp_path / "network") / f"{table}.csv", how, what)
    told = found(tmp_path / "network", rule, f"{table}.csv")
    assert any(words in str(finding) and finding.row == row for finding in told), told


@pytest.mark.parametrize("folder", ["\0", "x" * 5000, "/".join(["deep"] * 2000), "/dev/null", "", "~nobody"])
def test_what_is_no_folder_is_told(folder: str) -> None:
    tables, findings = check_tables(folder if folder else "no such folder")
    assert tables is None
    assert [finding.rule for finding in findings] == ["missing_folder"]


def test_a_folder_that_links_to_itself_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert [finding.rule for finding in check_tables(tmp_path / "loop")[1]] == ["missing_folder"]
