"""Whatever code the numbers of a block depend on is hashed: an edit there makes every block another one."""

from __future__ import annotations

import ast
import pkgutil
from typing import TYPE_CHECKING

import pytest

from gridsim.studies.fingerprint import SHAPING_MODULES, SOLVING_ROOMS, solving_sources

if TYPE_CHECKING:
    from pathlib import Path

#: What stops a run and gives no numbers.
WITHOUT_NUMBERS = "gridsim.errors"


def imported_at_run_time(source: Path) -> set[str]:
    """Names of the modules of gridsim that a module loads, those it needs for annotations left out."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    return {
        str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("gridsim")
    }


def test_whatever_the_solving_rooms_load_is_hashed(repository: Path) -> None:
    loaded = {
        name
        for room in SOLVING_ROOMS
        for source in (repository / "gridsim" / room).rglob("*.py")
        for name in imported_at_run_time(source)
    }
    rooms = tuple(f"gridsim.{room}" for room in SOLVING_ROOMS)
    outside = {name for name in loaded if not name.startswith(rooms)} - {WITHOUT_NUMBERS}
    assert {"gridsim.dtypes", "gridsim.units"} <= outside
    assert outside <= {f"gridsim.{module.removesuffix('.py').replace('/', '.')}" for module in SHAPING_MODULES}


@pytest.mark.parametrize("module", SHAPING_MODULES)
def test_an_edit_of_what_shapes_stored_numbers_shows(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, read = solving_sources(), pkgutil.get_data

    def edited(package: str, resource: str) -> bytes | None:
        content = read(package, resource)
        assert content, resource
        return content + b"#" if resource == module else content

    monkeypatch.setattr(pkgutil, "get_data", edited)
    assert solving_sources() != before
