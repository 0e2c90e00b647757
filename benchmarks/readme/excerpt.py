"""Parts of what commands print: whole lines, and tables with the rows and columns that tell most."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Blanks that no row of a table fills, so many that they stand between two columns.
GAP = 3
RULE = "─"


def fenced(*blocks: str) -> str:
    """Return blocks of console text, a blank line between them, as one block of Markdown."""
    return "\n".join(["```text", "\n\n".join(blocks), "```"])


def lines_with(text: str, beginnings: Sequence[str]) -> str:
    """Return the first line that begins with each of the words, and those indented under it, in the order of the text.

    Raises
    ------
    ValueError
        No line begins so.
    """
    lines = [line.rstrip() for line in text.splitlines()]
    found: list[int] = []
    for beginning in beginnings:
        at = next((number for number, line in enumerate(lines) if line.startswith(beginning)), None)
        if at is None:
            raise ValueError(f"no line begins with {beginning!r}")
        found.append(at)
        while at + 1 < len(lines) and lines[at + 1].startswith(" " * 10):
            at += 1
            found.append(at)
    return "\n".join(lines[number] for number in sorted(found))


@dataclass(frozen=True)
class ConsoleTable:
    """A table that a command has printed, cut into cells of one line each.

    Attributes
    ----------
    heads:
        Names of the columns.
    rows:
        Lines of the table, cut at the columns; the first is that of the names.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, text: str, first: str, other: str = "") -> ConsoleTable:
        """Return the table whose first column is called ``first``, and that has the column ``other``, if one is named.

        Raises
        ------
        ValueError
            There is no such table.
        """
        lines = text.splitlines()
        for number, line in enumerate(lines[:-1]):
            if set(lines[number + 1].strip()) == {RULE}:
                table = cls._cut([line, *takewhile(str.strip, lines[number + 2 :])])
                if table.heads[0] == first and other in {"", *table.heads}:
                    return table
        raise ValueError(f"no table has a first column {first!r}" + (f" and a column {other!r}" if other else ""))

    @classmethod
    def _cut(cls, lines: list[str]) -> ConsoleTable:
        width = max(len(line) for line in lines)
        padded = [line.ljust(width) for line in lines]
        filled = "".join("x" if any(line[at] != " " for line in padded) else " " for at in range(width))
        spans = [match.span() for match in re.finditer(rf"x(?: {{0,{GAP - 1}}}x)*", filled)]
        rows = tuple(tuple(line[begin:end] for begin, end in spans) for line in padded)
        return cls(tuple(cell.strip() for cell in rows[0]), rows)

    def chosen(self, heads: Sequence[str] = (), keys: Sequence[str] = (), most: int | None = None) -> str:
        """Return rows by what their first cell begins with, or the first rows, and columns by name, as printed text.

        Raises
        ------
        ValueError
            A row or a column is not in the table.
        """
        body = list(self.rows[1:])
        if keys:
            body = [self._row(key) for key in keys]
        rows = [self.rows[0], *body[:most]]
        columns = [self._column([row[self._place(head)] for row in rows]) for head in heads or self.heads]
        lines = [" " + (" " * GAP).join(cells).rstrip() for cells in zip(*columns, strict=True)]
        line = " " + RULE * (max(len(line) for line in lines) - 1)
        return "\n".join([lines[0], line, *lines[1:]])

    def _row(self, key: str) -> tuple[str, ...]:
        """Return the row whose first cell is ``key``, or begins with it and a comma."""
        for row in self.rows[1:]:
            if row[0].strip().partition(",")[0] == key:
                return row
        raise ValueError(f"no row begins with {key!r}")

    def _place(self, head: str) -> int:
        if head not in self.heads:
            raise ValueError(f"no column is called {head!r}; there are {', '.join(self.heads)}")
        return self.heads.index(head)

    @staticmethod
    def _column(cells: list[str]) -> list[str]:
        """Return the cells without the blanks that all of them begin or end with."""
        begin = min(len(cell) - len(cell.lstrip()) for cell in cells if cell.strip())
        end = max(len(cell.rstrip()) for cell in cells)
        return [cell[begin:end] for cell in cells]
