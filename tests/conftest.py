"""Fixtures that every room uses, and which process takes which tests, when.

Whole files go to the processes of pytest-xdist, so that what a module prepares is prepared once. On a machine that has
never compiled the kernels, one process begins with the rooms that compile them all and puts them into the cache; the
others begin with the rooms below, which need none. After that long files come before short ones.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

#: Rooms whose tests compile every kernel; one process takes them all.
COMPILING = ("tests/solve/", "tests/kernels/")
#: Rooms that compile nothing. The types are looked at first, which is the longest of these.
BELOW = ("tests/test_quality.py", "tests/compiled/", "tests/grid/", "tests/tables/", "tests/scenario/")


class FilesAsWholes(LoadScopeScheduling):
    """Deal files, and the rooms that compile as if they were one file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "the kernels" if file.startswith(COMPILING) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAsWholes:
    """Deal tests as this module says."""
    return FilesAsWholes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order in which the processes take them."""
    files = [item.nodeid.split("::", 1)[0] for item in items]
    n_slow = Counter(file for item, file in zip(items, files, strict=True) if item.get_closest_marker("slow"))

    def place(file: str) -> tuple[int, int, int]:
        room = next((number for number, below in enumerate(BELOW) if file.startswith(below)), len(BELOW))
        return (0 if file.startswith(COMPILING) else 1, room, -n_slow[file])

    order = {file: place(file) for file in files}
    items.sort(key=lambda item: order[item.nodeid.split("::", 1)[0]])


@pytest.fixture(scope="session")
def repository() -> Path:
    """Folder that holds pyproject.toml."""
    return Path(__file__).resolve().parents[1]
