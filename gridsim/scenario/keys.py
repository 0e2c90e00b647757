"""What a key of a scenario file may hold: the vocabulary in which :mod:`gridsim.scenario.model` is written.

Every field of the model carries a :class:`Key` in its metadata, made by one of the small functions below. Reading,
merging and checking of files follow these descriptions alone, so a key that is not in the model does not exist.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

_METADATA = "key"


class KeyKind(StrEnum):
    """How a value is read. The text is what an error message says was expected."""

    text = "a text"
    path = "a path, relative to the file"
    number = "a number"
    whole = "a whole number"
    flag = "true or false"
    date = "a date (YYYY-MM-DD, without quotes)"
    choice = "one of the known words"
    choices = "a list of known words"
    texts = "a list of texts"
    numbers = "a list of numbers"
    table = "a table"
    named_tables = "a table of tables"
    list_of_tables = "an array of tables"
    named_numbers = "a table of numbers"
    named_wholes = "a table of whole numbers"
    year_numbers = "a table of years and numbers, such as { 2025 = 775.0, 2030 = 900.0 }"
    year_shares = "a table of years, each a table of shares by sector"
    ambient_numbers = "a table of air temperatures in degree Celsius and numbers, such as { -20 = 130.0, 20 = 100.0 }"
    month_hours = "a table of months 1 to 12, each a list of 24 numbers"


@dataclass(frozen=True)
class Key:
    """One key of a table in a scenario file.

    Attributes
    ----------
    kind:
        How the value is read.
    description:
        What it means, with its unit.
    required:
        Whether the merged scenario must hold it. Keys that may be absent have a default in the model.
    minimum, maximum:
        Closed range of every number in the value; ``is_open_minimum`` turns the lower end into "greater than".
    words:
        The only words accepted: as the value of a ``choice`` or ``choices``, as keys of the ``named_*`` kinds.
    length:
        Number of values of a list of numbers.
    model:
        Dataclass of a table, of each named table, or of each table of an array.
    is_one_value:
        When a file extends another one, tables are merged key by key; shares and knots belong together, so a table
        marked here is replaced whole, as a list is.
    """

    kind: KeyKind
    description: str
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    is_open_minimum: bool = False
    words: type[StrEnum] | None = None
    length: int | None = None
    model: type[Any] | None = None
    is_one_value: bool = False

    @property
    def range_words(self) -> str:
        """The accepted range in words, empty when every number is accepted."""
        low = "" if self.minimum is None else f"{'above' if self.is_open_minimum else 'at least'} {self.minimum:g}"
        high = "" if self.maximum is None else f"at most {self.maximum:g}"
        return " and ".join(part for part in (low, high) if part)

    def is_in_range(self, value: float) -> bool:
        """Whether a finite number lies in the range; NaN does not."""
        if self.minimum is not None and not (value > self.minimum if self.is_open_minimum else value >= self.minimum):
            return False
        return self.maximum is None or value <= self.maximum


def keys_of(model: type[Any]) -> dict[str, Key]:
    """Return the keys of a model class by name, in the order of its fields."""
    fields = dataclasses.fields(model)
    return {field.name: field.metadata[_METADATA] for field in fields if _METADATA in field.metadata}


def default_of(model: type[Any], name: str) -> Any:
    """Return the default of an optional key."""
    field = next(field for field in dataclasses.fields(model) if field.name == name)
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


_REQUIRED = dataclasses.MISSING


def key(kind: KeyKind, description: str, *, default: Any = _REQUIRED, **limits: Any) -> Any:
    """Declare a field of a model; without ``default`` the key is required. ``limits`` are attributes of Key."""
    required = default is _REQUIRED
    metadata = {_METADATA: Key(kind, description, required=required, **limits)}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: MappingProxyType(default), metadata=metadata, kw_only=True)
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


def text(description: str, *, default: Any = _REQUIRED) -> Any:
    """Declare a text."""
    return key(KeyKind.text, description, default=default)


def number(description: str, minimum: float | None = None, maximum: float | None = None, **more: Any) -> Any:
    """Declare a number in a closed range."""
    return key(KeyKind.number, description, minimum=minimum, maximum=maximum, **more)


def whole(description: str, minimum: int, maximum: int, **more: Any) -> Any:
    """Declare a whole number in a closed range."""
    return key(KeyKind.whole, description, minimum=minimum, maximum=maximum, **more)


def flag(description: str, *, default: Any = _REQUIRED) -> Any:
    """Declare true or false."""
    return key(KeyKind.flag, description, default=default)


def choice(description: str, words: type[StrEnum], *, default: Any = _REQUIRED) -> Any:
    """Declare one word of an enum."""
    return key(KeyKind.choice, description, words=words, default=default)


def months(description: str, minimum: float | None = None, maximum: float | None = None, **more: Any) -> Any:
    """Declare twelve numbers, January to December."""
    return key(KeyKind.numbers, description, length=12, minimum=minimum, maximum=maximum, **more)


def hours(description: str, minimum: float | None = None, maximum: float | None = None, **more: Any) -> Any:
    """Declare twenty-four numbers, the hours of the local day from 00:00."""
    return key(KeyKind.numbers, description, length=24, minimum=minimum, maximum=maximum, **more)


def table(model: type[Any], description: str, **more: Any) -> Any:
    """Declare a table with the keys of ``model``; absent, it is ``default``, else the defaults of ``model``."""
    return key(KeyKind.table, description, model=model, **more)
