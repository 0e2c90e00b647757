"""Words and tables of the README that several of its parts share."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Columns of the prose.
WIDTH = 120
#: What the names of invented substations begin with.
BEGINNINGS = ("Representative 110 kV substation ", "Representative 110 kV ")


def place(name: str) -> str:
    """Return the name of a substation without what all names of its kind begin with."""
    for beginning in BEGINNINGS:
        name = name.removeprefix(beginning)
    return name


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = ["---|" * len(heads), *(" " + " | ".join(row) + " |" for row in rows)]
    head = " " + " | ".join(heads) + " |" if any(heads) else " |" * len(heads)
    return "\n".join("|" + line for line in [head, *lines])


def paragraph(text: str) -> str:
    """Return prose in lines of the width of the README."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def element_name(element: str) -> str:
    """Return the name in ``kind:name`` or ``kind:name:winding``."""
    return element.split(":")[1] if ":" in element else element


def twin(name: str, other: str) -> str:
    """Return ``t2`` when ``other`` is ``town.t2`` and ``name`` another unit of the same town, else ""."""
    home, _, _ = name.rpartition(".")
    beside, _, unit = other.rpartition(".")
    return unit if home and home == beside and name != other else ""
