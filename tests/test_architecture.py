"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

#: Rooms that may touch the file system; everybody else works on objects.
MAY_OPEN_FILES = (
    "tables/load.py",
    "scenario/document.py",
    "scenario/ambient_file.py",
    "results/",
    "report/",
    "plots/",
    "cli/",
)
STORES = {"ResultStore", "N1Store", "EarlierRun"}
READING_CALLS = {"open", "read_csv", "read_parquet", "read_text", "read_bytes"}
#: Ways to write a file that may be left half.
WRITING_CALLS = {"write_text", "write_bytes", "to_csv", "to_parquet", "mkstemp", "NamedTemporaryFile"}
OPENING_CALLS = {*READING_CALLS, *WRITING_CALLS, "write_whole", "write_csv"}


def modules(repository: Path) -> list[Path]:
    return sorted((repository / "gridsim").rglob("*.py"))


def called_names(tree: ast.Module) -> set[str]:
    """Names of what is called; ``open`` of a store is the door of a room that may open files, not a file."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {function.id for function in functions if isinstance(function, ast.Name)} | {
        function.attr
        for function in functions
        if isinstance(function, ast.Attribute)
        and not (isinstance(function.value, ast.Name) and function.value.id in STORES)
    }


def test_files_are_opened_in_few_rooms_only(repository: Path) -> None:
    offenders = []
    for module in modules(repository):
        relative = module.relative_to(repository / "gridsim").as_posix()
        if relative.startswith(MAY_OPEN_FILES) or relative.startswith("kernels/"):
            continue
        opened = called_names(ast.parse(module.read_text(encoding="utf-8"))) & OPENING_CALLS
        if opened:
            offenders.append((relative, sorted(opened)))
    assert offenders == []


def test_files_are_written_whole_by_one_room_for_all(repository: Path) -> None:
    offenders = []
    for module in modules(repository):
        relative = module.relative_to(repository / "gridsim").as_posix()
        written = called_names(ast.parse(module.read_text(encoding="utf-8"))) & WRITING_CALLS
        if written and not relative.startswith(("results/", "kernels/")):  # kernels keep machine code, no results
            offenders.append((relative, sorted(written)))
    assert offenders == []


def test_module_names_are_unique_across_rooms(repository: Path) -> None:
    names = Counter(module.name for module in modules(repository) if module.name not in {"__init__.py", "__main__.py"})
    assert [name for name, count in names.items() if count > 1] == []


def test_modules_stay_small(repository: Path) -> None:
    lengths = {
        module.relative_to(repository).as_posix(): len(module.read_text(encoding="utf-8").splitlines())
        for module in modules(repository)
    }
    assert {name: length for name, length in lengths.items() if length > 420} == {}


def test_import_gridsim_stays_light() -> None:
    """``import gridsim`` is a table of names: whatever is heavy comes with the first name that needs it."""
    heavy = {"numpy", "scipy", "pandas", "pyarrow", "numba", "matplotlib", "pandapower", "pvlib", "demandlib", "rich"}
    code = f"import sys, gridsim; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("gridsim.cli.app", {"pandas", "numba", "matplotlib", "pandapower", "pyarrow"}),
        ("gridsim.studies.time_series", {"numba", "matplotlib", "pandapower", "pvlib", "demandlib"}),
        ("gridsim.plots.gallery", {"numba", "pandapower", "pvlib", "demandlib"}),
    ],
)
def test_a_room_loads_what_it_needs_and_no_more(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_readme_and_ci_run_the_same_commands(repository: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    ci = (repository / ".ci" / "run").read_text(encoding="utf-8")
    for command in (
        'python -m pip install -e ".[dev]" && python -m pytest',
        "python -m pip install -e . && gridsim run scenarios/reference.toml",
    ):
        assert command in readme
        assert command in ci
