"""Compiler options in one place, a cache that cannot go stale, and kernels that run without the compiler."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from gridsim.kernels import cache_folder as cache
from gridsim.kernels import jit
from gridsim.kernels.newton import newton

KERNELS = Path(jit.__file__).parent


def test_only_two_modules_name_numba():
    """The decorators, and the emitter of the vector code."""
    importers = []
    for source in KERNELS.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            if any(name.split(".")[0] == "numba" for name in names):
                importers.append(source.name)
    assert set(importers) == {"jit.py", "lane_emitter.py"}


def test_flags_leave_nan_alone():
    assert not jit.FASTMATH & {"nnan", "ninf", "fast"}


@jit.kernel
def sum_is_nan(values):
    total = 0.0
    for value in values:
        total += value
    return np.isnan(total)


def test_nan_survives_the_flags():
    assert sum_is_nan(np.array([1.0, np.nan, 2.0]))
    assert not sum_is_nan(np.array([1.0, 2.0]))


def test_every_kernel_tells_where_its_equations_come_from():
    """The module above the kernels carries the equation and its source, each kernel its shapes."""
    for name in ("mismatch", "jacobian", "block_lu", "newton", "flows"):
        tree = ast.parse((KERNELS / f"{name}.py").read_text(encoding="utf-8"))
        assert "Source:" in (ast.get_docstring(tree) or "")
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                takes_arrays = any(
                    "Array" in ast.unparse(part.annotation) for part in node.args.args if part.annotation
                )
                docstring = ast.get_docstring(node) or ""
                assert not takes_arrays or "(n_" in docstring or ":func:" in docstring, node.name


def test_any_edit_of_a_kernel_changes_the_cache_folder(tmp_path):
    for source in KERNELS.glob("*.py"):
        shutil.copy(source, tmp_path)
    before = cache.sources_hash(tmp_path)
    assert before == cache.sources_hash(KERNELS)
    with (tmp_path / "mismatch.py").open("a", encoding="utf-8") as source:
        source.write("# one line more\n")
    assert cache.sources_hash(tmp_path) != before


def test_cache_is_written_where_it_can_be(tmp_path, monkeypatch):
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder is wanted", encoding="utf-8")
    home = tmp_path / "home"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(taken))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    found = cache.cache_folder(KERNELS)
    assert found is not None
    if sys.platform != "win32":
        assert home in found.parents
    assert list(found.iterdir()) == []


def test_no_writable_place_means_no_cache(tmp_path, monkeypatch):
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    monkeypatch.setattr(cache, "candidate_folders", lambda: [taken, taken / "below"])
    assert cache.cache_folder(KERNELS) is None


def test_cache_of_other_users_of_numba_is_left_alone():
    assert "gridsim" not in str(numba.config.CACHE_DIR)
    assert newton.__name__ == "newton"


@pytest.mark.slow
@pytest.mark.skipif("NUMBA_DISABLE_JIT" in os.environ, reason="this is the run without the compiler")
def test_kernels_give_the_same_without_the_compiler(repository):
    """The twins hold for the Python text of the kernels too, not only for what the compiler makes of it."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "-m", "not slow", "tests/kernels"],
        cwd=repository,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
