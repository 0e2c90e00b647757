"""The linters are part of the test command: style, types, import direction."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def run_tool(repository: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"


def test_ruff_finds_nothing(repository: Path) -> None:
    run_tool(repository, "ruff", "check", ".")


def test_code_is_formatted(repository: Path) -> None:
    run_tool(repository, "ruff", "format", "--check", ".")


@pytest.mark.slow
def test_types_hold(repository: Path) -> None:
    run_tool(repository, "mypy")


@pytest.mark.slow
def test_imports_go_down_the_list_of_rooms(repository: Path) -> None:
    command = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    done = subprocess.run([sys.executable, "-c", command], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
