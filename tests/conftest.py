"""Fixtures that every room uses, and the order in which the processes of pytest-xdist take the files.

Files go to the processes as wholes, so that what a module prepares is prepared once. Where the kernels have never been
compiled, one process begins with the file that compiles them all and puts them into the cache, which takes minutes; the
other takes meanwhile what needs no kernel of this cache. After that files of many slow tests come first, and the
processes end together.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

# An example may wait for a kernel to be compiled, or for a processor. The rest is hypothesis' own profile, which under
# CI draws the same examples every time.
settings.register_profile("gridsim", parent=settings(), deadline=None)
settings.load_profile("gridsim")

#: Beginnings of names: outages with taps that act, which call every kernel, and then what calls none.
BEGIN_WITH = (
    "tests/solve/test_contingencies.py",
    "tests/test_quality.py",
    "tests/cli/test_new_study.py",  # an installation of its own compiles for itself in any case
    "tests/compiled/",
    "tests/grid/",
    "tests/tables/",
    "tests/scenario/",
)


def _file(item: pytest.Item) -> str:
    return item.nodeid.split("::", 1)[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files into the order in which they are dealt; the tests of a file keep theirs."""
    n_slow = Counter(_file(item) for item in items if item.get_closest_marker("slow"))
    place = {
        file: next((k for k, beginning in enumerate(BEGIN_WITH) if file.startswith(beginning)), len(BEGIN_WITH))
        for file in map(_file, items)
    }
    items.sort(key=lambda item: (place[_file(item)], -n_slow[_file(item)], _file(item)))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Folder that holds pyproject.toml."""
    return Path(__file__).resolve().parents[1]
