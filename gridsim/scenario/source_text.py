"""The text of one scenario file, and in which of its rows a key stands."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: Rows that one value may take; rows of keys behind a longer one are not told.
LONGEST_VALUE = 60
#: Tables within tables that are looked into; scenarios have five.
DEEPEST = 8
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class SourceText:
    """One scenario file as it was read.

    Attributes
    ----------
    path:
        The file, as the user knows it.
    text:
        Its text, which is valid TOML.
    """

    path: Path
    text: str

    def problem(self, dotted: str, what: str, *, is_unknown: bool = False) -> str:
        """Return a message about a key: file, key, row where it can be told, what is wrong and what is accepted."""
        row = self.row_of(dotted)
        place = f"{'unknown ' if is_unknown else ''}key {shown(dotted)}{f' (row {row})' if row else ''}"
        return f"{self.path}: {place}: {what}"

    def row_of(self, dotted: str) -> int:
        """Return the row of a key, or of the table around it, counted from 1; 0 when the file does not hold it."""
        name = dotted.partition("[")[0]
        while name and name not in self._rows:
            name = name.rpartition(".")[0]
        return self._rows.get(name, 0)

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        """Dotted key to row. TOML readers keep no rows, so each statement is read once more, by itself."""
        found: dict[str, int] = {}
        rows = self.text.split("\n")
        table, first = "", 0
        while first < len(rows):
            for last in range(first + 1, min(first + LONGEST_VALUE, len(rows)) + 1):
                statement = "\n".join(rows[first:last])
                try:
                    names = list(_dotted_names(tomllib.loads(statement)))
                except (ValueError, RecursionError):
                    continue
                break
            else:
                return found
            if statement.lstrip().startswith("["):
                table = f"{names[-1]}."
                found.setdefault(names[-1], first + 1)
            else:
                for name in names:
                    found.setdefault(f"{table}{name}", first + 1)
            first = last
        return found


def shown(value: Any) -> str:
    """Return a value of a TOML file as a message shows it: short, whatever was written into it."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 3]}..."


def _dotted_names(tree: Any, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the dotted name of every table and value, outer ones first."""
    if isinstance(tree, dict) and depth < DEEPEST:
        for name, value in tree.items():
            yield f"{prefix}{name}"
            yield from _dotted_names(value, f"{prefix}{name}.", depth + 1)
