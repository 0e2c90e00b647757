"""The corpus of broken scenarios: every one ends in an error that names file, key, row, value and what is accepted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gridsim.errors import GridsimError, ScenarioError
from gridsim.grid.staged import stage_grid
from gridsim.scenario import load_scenario
from gridsim.tables import load_tables
from tests.support.corpus import entries, spoil
from tests.support.tiny_study import REFERENCE, write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

CORPUS = entries("scenarios")
#: What stands for texts too long to be written into the corpus.
LONG = {
    "{long}": "x" * 5000,
    "{digits}": "9" * 5000,
    "{deep}": "[" * 5000 + "]" * 5000,
    "{deep_table}": "{a=" * 5000 + "1" + "}" * 5000,
    "{deep_key}": "title" + ".a" * 5000,
}


def written_out(text: str, folder: Path) -> str:
    for mark, long in {**LONG, "{folder}": folder.name}.items():
        text = text.replace(mark, long)
    return text


def assert_told(message: str, words: list[str]) -> None:
    assert len(message) < 7000
    for word in words:
        assert any(choice in message for choice in word.split("|")), message


@pytest.mark.parametrize("name", CORPUS["more"])
def test_a_broken_key_is_named(tmp_path: Path, name: str) -> None:
    text, *words = CORPUS["more"][name]
    file = tmp_path / "case.toml"
    file.write_text(f'extends = "{REFERENCE.as_posix()}"\n\n{written_out(text, tmp_path)}\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    assert_told(str(caught.value), ["case.toml", *words])


@pytest.mark.parametrize("name", CORPUS["files"])
def test_a_broken_file_is_named(tmp_path: Path, name: str) -> None:
    how, what, *words = CORPUS["files"][name]
    file = write_tiny_study(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").lstrip(), encoding="utf-8")
    if isinstance(what, str):
        what = written_out(what, tmp_path)
    elif isinstance(what, list):
        what = [written_out(part, tmp_path) for part in what]
    spoil(file, how, what)

    def read() -> None:
        scenario = load_scenario(file)
        stage_grid(load_tables(scenario.network_folder), scenario)

    with pytest.raises(GridsimError) as caught:
        read()
    assert_told(str(caught.value), words)


def test_every_key_of_the_reference_has_its_row() -> None:
    """Rows are counted by hand here: the first row that begins with the word of a key at the top, or its table."""
    from gridsim.scenario.source_text import SourceText  # noqa: PLC0415

    text = REFERENCE.read_text(encoding="utf-8")
    source = SourceText(REFERENCE, text)
    rows = text.split("\n")
    table, n_key = "", 0
    for number, row in enumerate(rows, start=1):
        if header := re.fullmatch(r"\[([\w.]+)\]\s*(#.*)?", row):
            table = f"{header[1]}."
            assert source.row_of(header[1]) <= number
        elif key := re.match(r"([a-z_0-9]+) = ", row):
            assert source.row_of(f"{table}{key[1]}") == number
            n_key += 1
    assert n_key > 80
    assert source.row_of("no_such_key") == 0
    assert source.row_of("horizon.no_such_key") == source.row_of("horizon")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    file = write_tiny_study(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_scenario(file).name == "tiny"
