"""What a column of a network table is: the vocabulary in which :mod:`gridsim.tables.schema` is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How the text of a cell is read."""

    text = "text"
    number = "number"
    whole = "whole"
    flag = "flag"
    date = "date"


@dataclass(frozen=True)
class Column:
    """One column of one table.

    Attributes
    ----------
    name:
        Column header; the unit is its suffix.
    kind:
        How a cell is read. ``flag`` accepts ``true`` and ``false``, ``date`` accepts ``YYYY-MM-DD``.
    description:
        What the column holds, for the printed schema.
    required:
        Whether an empty cell is a finding. Optional cells that are empty become ``default``.
    default:
        Value of an empty optional cell; ``None`` stands for "" (text), NaN (number) or no date.
    minimum, maximum:
        Closed range of a number; ``is_open_minimum`` turns the lower end into "greater than".
    choices:
        The only texts that are accepted, if not empty.
    references:
        ``table.column`` that must hold the value; several are alternatives.
    """

    name: str
    kind: Kind
    description: str
    required: bool = True
    default: str | float | bool | None = None
    minimum: float | None = None
    maximum: float | None = None
    is_open_minimum: bool = False
    choices: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One CSV file of a network folder: ``<name>.csv``, one row per element, ``key`` unique."""

    name: str
    key: str
    description: str
    columns: tuple[Column, ...]
    is_required: bool = True

    @property
    def file(self) -> str:
        """File name inside the network folder."""
        return f"{self.name}.csv"

    def column(self, name: str) -> Column:
        """Return the column called ``name``; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
