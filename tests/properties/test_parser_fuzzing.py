"""Whatever stands in a file: it is read, or there are findings or an error that says why; nothing else happens."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridsim.errors import ScenarioError
from gridsim.scenario import load_scenario
from gridsim.scenario.document import EXTENDS
from gridsim.scenario.keys import Key, KeyKind, keys_of
from gridsim.scenario.model import Scenario
from gridsim.tables.cell_rules import typed_frame
from gridsim.tables.csv_text import read_text
from gridsim.tables.schema import TABLES
from tests.support.tiny_network import tiny_rows
from tests.support.tiny_study import REFERENCE

few = settings(max_examples=50, derandomize=True, suppress_health_check=list(HealthCheck))
many = settings(max_examples=3000, suppress_health_check=list(HealthCheck))

CELLS = st.one_of(
    st.text(max_size=30),
    st.floats().map(str),
    st.integers().map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.from_regex(r"[+-]?[0-9 .,'eE%]{1,12}", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}", fullmatch=True),
)


@functools.cache
def table_bytes(number: int) -> bytes:
    table = TABLES[number]
    names = [column.name for column in table.columns]
    rows = [",".join(row.get(name, "") for name in names) for row in tiny_rows().get(table.name, [])]
    return "\n".join([",".join(names), *rows, ""]).encode()


def any_cell_is_read_or_has_a_finding(number: int, column: int, cell: str) -> None:
    table = TABLES[number]
    chosen = table.columns[column % len(table.columns)]
    quoted = cell.replace('"', '""')
    content = f'{chosen.name}\n"{quoted}"\n'.encode("utf-8", errors="surrogatepass")
    text = read_text(table, content)
    frame, findings = typed_frame(table, text)
    assert len(frame) == len(text.rows)
    for finding in (*text.findings, *findings):
        assert finding.file == table.file
        assert finding.remedy
        assert len(str(finding)) < 2500
    # A number that is read is the number that was written: what float() makes of the very text.
    if len(frame) == 1 and chosen.kind in {"number", "whole"} and frame[chosen.name].notna().all() and cell.strip():
        assert float(frame[chosen.name].iat[0]) == float(cell.strip())


test_any_cell = few(
    given(st.integers(0, len(TABLES) - 1), st.integers(0, 30), CELLS)(any_cell_is_read_or_has_a_finding)
)
test_any_cell_of_many = pytest.mark.slow(
    many(given(st.integers(0, len(TABLES) - 1), st.integers(0, 30), CELLS)(any_cell_is_read_or_has_a_finding))
)


@few
@given(st.integers(0, len(TABLES) - 1), st.data())
def test_bytes_spoilt_at_random(number: int, data: st.DataObject) -> None:
    content = bytearray(table_bytes(number))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    text = read_text(TABLES[number], bytes(content))
    frame, findings = typed_frame(TABLES[number], text)
    assert len(frame) == len(text.rows)
    assert all(str(finding) for finding in (*text.findings, *findings))


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.text(max_size=10),
        st.dates().map(lambda day: day),
        st.sampled_from([2030, 0.5, 1, 0, -1, "mean", "nameplate", "KZ", "../..", "\0"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=13),
        st.dictionaries(st.sampled_from(["2025", "20", "a", "g3", "x\n", ""]), inner, max_size=3),
    ),
    max_leaves=14,
)


def written(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value).replace("\\ud", "\\u00d")
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{written(key)} = {written(inner)}' for key, inner in value.items())}}}"
    return str(value)


def dotted_keys(model: type[Any], prefix: str = "") -> list[str]:
    """Return the dotted name of every key that a scenario may hold; tables with names of their own get one."""
    found = []
    for name, key in keys_of(model).items():
        found.append(f"{prefix}{name}")
        found += dotted_keys(key.model, f"{prefix}{name}.{_entry(key)}") if _has_keys(key) else []
    return found


def _has_keys(key: Key) -> bool:
    return key.kind in {KeyKind.table, KeyKind.named_tables} and key.model is not None


def _entry(key: Key) -> str:
    return "" if key.kind is KeyKind.table else f"{next(iter(key.words)) if key.words else 'south_zone'}."


KEYS = [*dotted_keys(Scenario), EXTENDS]


def any_value_is_read_or_refused(keys: list[str], values: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.toml"
        lines = [f"{key} = {written(value)}" for key, value in zip(keys, values, strict=False) if key != EXTENDS]
        file.write_text("\n".join([f'extends = "{REFERENCE.as_posix()}"', *lines]), encoding="utf-8")
        try:
            scenario = load_scenario(file)
        except ScenarioError as refused:
            assert "case.toml" in str(refused)  # noqa: PT017  what is read is fine, too
            assert len(str(refused)) < 5000  # noqa: PT017
        else:
            assert "/" not in scenario.name


documents = (
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True),
    st.lists(VALUES, min_size=3, max_size=3),
)
test_any_document = settings(few, max_examples=15)(given(*documents)(any_value_is_read_or_refused))
test_any_document_of_many = pytest.mark.slow(
    settings(many, max_examples=400)(given(*documents)(any_value_is_read_or_refused))
)


@pytest.mark.slow
@pytest.mark.parametrize(("parser", "runs"), [("table", 2000), ("scenario", 500), ("matpower", 500), ("net_json", 40)])
def test_atheris_finds_nothing(parser: str, runs: int, tmp_path: Path, repository: Path) -> None:
    """Some inputs guided by coverage; by hand the harness runs for as long as one likes."""
    pytest.importorskip("atheris")
    harness = repository / "tests" / "properties" / "fuzz_parsers.py"
    done = subprocess.run(
        [sys.executable, str(harness), parser, f"-runs={runs}", "-seed=1", f"-artifact_prefix={tmp_path}/"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
