"""Checking the tables of a scenario file against the model, and building the model from them.

The first half looks at one file: unknown keys, wrong types, values out of range. It lists every problem it finds. The
second half turns the merged document into frozen dataclasses; by then only missing keys can be wrong.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gridsim.enums import Sector
from gridsim.scenario.keys import Key, KeyKind, default_of, keys_of
from gridsim.scenario.knots import AmbientKnots, ShareKnots, YearKnots
from gridsim.scenario.source_text import shown

if TYPE_CHECKING:
    from gridsim.scenario.source_text import SourceText

_YEARS = range(1990, 2201)
#: Air temperatures in degree Celsius that a table may name.
_COLDEST_C, _WARMEST_C = -60.0, 60.0


class RejectedValueError(ValueError):
    """A value that a key does not accept; the message says what would be."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known word, or with all words when none is near."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {str(close[0])!r}?"
    return f"known are {', '.join(words)}" if words else "none are known"


def check_table(
    table: Mapping[str, Any],
    model: type[Any],
    source: SourceText,
    *,
    prefix: str = "",
    extra_words: tuple[str, ...] = (),
) -> tuple[dict[str, Any], list[str]]:
    """Check one table of a file against the keys of a model.

    Returns
    -------
    The table with every value in the type the model wants, nested as in the file, and the problems found. A value with
    a problem is left out.
    """
    keys = keys_of(model)
    checked: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in table.items():
        dotted = f"{prefix}{name}"
        key = keys.get(name)
        if key is None:
            hint = nearest(name, (*keys, *extra_words))
            problems.append(source.problem(dotted, hint, is_unknown=True))
            continue
        try:
            checked[name] = _check_value(value, key, source, dotted, problems)
        except RejectedValueError as reason:
            problems.append(source.problem(dotted, f"{reason}, got {shown(value)}"))
    return checked, problems


def _check_value(value: Any, key: Key, source: SourceText, dotted: str, problems: list[str]) -> Any:
    match key.kind:
        case KeyKind.table:
            assert key.model is not None
            checked, found = check_table(_mapping(value, key), key.model, source, prefix=f"{dotted}.")
            problems += found
            return checked
        case KeyKind.named_tables:
            return _check_named_tables(value, key, source, dotted, problems)
        case KeyKind.list_of_tables:
            assert key.model is not None
            if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
                raise RejectedValueError(f"expected {key.kind}")
            checked_list = []
            for position, entry in enumerate(value):
                checked, found = check_table(entry, key.model, source, prefix=f"{dotted}[{position}].")
                problems += found
                checked_list.append(checked)
            return checked_list
        case KeyKind.path:
            name = _text(value, key)
            if not name.isprintable():  # a null character ends a name for the operating system
                raise RejectedValueError("expected a path of printable characters")
            return Path(os.path.normpath(source.path.parent / name))
        case _:
            return _READERS[key.kind](value, key)


def _check_named_tables(value: Any, key: Key, source: SourceText, dotted: str, problems: list[str]) -> dict[str, Any]:
    assert key.model is not None
    named: dict[str, Any] = {}
    for name, entry in _mapping(value, key).items():
        entry_dotted = f"{dotted}.{name}"
        if key.words is not None and name not in set(key.words):
            problems.append(source.problem(entry_dotted, nearest(name, key.words), is_unknown=True))
        elif not isinstance(entry, Mapping):
            problems.append(source.problem(entry_dotted, f"expected a table, got {shown(entry)}"))
        else:
            named[name], found = check_table(entry, key.model, source, prefix=f"{entry_dotted}.")
            problems += found
    return named


def _mapping(value: Any, key: Key) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RejectedValueError(f"expected {key.kind}")
    return value


def _years(value: Any, key: Key) -> Mapping[str, Any]:
    table = _mapping(value, key)
    if not table:
        raise RejectedValueError("expected at least one year")
    return table


def _list(value: Any, key: Key) -> list[Any]:
    if not isinstance(value, list):
        raise RejectedValueError(f"expected {key.kind}")
    return value


def _text(value: Any, key: Key) -> str:
    if not isinstance(value, str):
        raise RejectedValueError(f"expected {key.kind}")
    return value


def _number(value: Any, key: Key) -> float:
    # TOML has whole numbers of any size; abs() < inf compares them all and is false for NaN.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
        raise RejectedValueError(f"expected {key.kind}")
    if not key.is_in_range(value):
        raise RejectedValueError(f"expected a number {key.range_words}")
    return float(value)


def _whole(value: Any, key: Key) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RejectedValueError(f"expected {key.kind}")
    if not key.is_in_range(value):
        raise RejectedValueError(f"expected a whole number {key.range_words}")
    return value


def _numbers(value: Any, key: Key, length: int | None = None) -> tuple[float, ...]:
    entries = _list(value, key)
    length = key.length if length is None else length
    if length is not None and len(entries) != length:
        raise RejectedValueError(f"expected {length} numbers, found {len(entries)}")
    return tuple(_number(entry, key) for entry in entries)


def _word(value: Any, key: Key) -> Any:
    assert key.words is not None
    text = _text(value, key)
    if text not in set(key.words):
        raise RejectedValueError(f"expected one of the known words, {nearest(text, key.words)}")
    return key.words(text)


def _name(name: str, key: Key) -> str:
    if key.words is not None and name not in set(key.words):
        raise RejectedValueError(f"{shown(name)} is not a known word, {nearest(name, key.words)}")
    return name


def _year(name: str) -> int:
    if len(name) != 4 or not name.isascii() or not name.isdigit() or int(name) not in _YEARS:
        raise RejectedValueError(f"expected years from {_YEARS[0]} to {_YEARS[-1]} as keys, found {shown(name)}")
    return int(name)


def _year_shares(value: Any, key: Key) -> ShareKnots:
    by_year: dict[int, Mapping[Sector, float]] = {}
    for name, shares in _years(value, key).items():
        by_year[_year(name)] = MappingProxyType(
            {Sector(_name(sector, key)): _number(share, key) for sector, share in _mapping(shares, key).items()}
        )
    years = sorted(by_year)
    return ShareKnots(tuple(years), tuple(by_year[year] for year in years))


def _month_hours(value: Any, key: Key) -> Mapping[int, tuple[float, ...]]:
    by_month: dict[int, tuple[float, ...]] = {}
    for name, entries in _mapping(value, key).items():
        if name not in {str(month) for month in range(1, 13)}:
            raise RejectedValueError(f"expected months 1 to 12 as keys, found {shown(name)}")
        by_month[int(name)] = _numbers(entries, key, 24)
    if not by_month:
        raise RejectedValueError("expected at least one month")
    return MappingProxyType(dict(sorted(by_month.items())))


def _flag(value: Any, key: Key) -> bool:
    if not isinstance(value, bool):
        raise RejectedValueError(f"expected {key.kind}")
    return value


def _date(value: Any, key: Key) -> dt.date:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise RejectedValueError(f"expected {key.kind}")
    return value


def _year_numbers(value: Any, key: Key) -> YearKnots:
    by_year = {_year(name): _number(entry, key) for name, entry in _years(value, key).items()}
    years = sorted(by_year)
    return YearKnots(tuple(years), tuple(by_year[year] for year in years))


def _ambient(name: str) -> float:
    span = f"from {_COLDEST_C:g} to {_WARMEST_C:g} degree Celsius"
    expected = f"expected air temperatures {span} as keys, found {shown(name)}"
    try:
        ambient_c = float(name)
    except ValueError:
        raise RejectedValueError(expected) from None
    if not _COLDEST_C <= ambient_c <= _WARMEST_C:
        raise RejectedValueError(expected)
    return ambient_c


def _ambient_numbers(value: Any, key: Key) -> AmbientKnots:
    table = _mapping(value, key)
    by_ambient = {_ambient(name): _number(entry, key) for name, entry in table.items()}
    if len(by_ambient) < len(table):
        raise RejectedValueError("expected each air temperature once")
    if not by_ambient:
        raise RejectedValueError("expected at least one air temperature")
    ambient_c = sorted(by_ambient)
    return AmbientKnots(tuple(ambient_c), tuple(by_ambient[c] for c in ambient_c))


def _words(value: Any, key: Key) -> tuple[Any, ...]:
    return tuple(_word(entry, key) for entry in _list(value, key))


def _texts(value: Any, key: Key) -> tuple[str, ...]:
    return tuple(_text(entry, key) for entry in _list(value, key))


def _named_numbers(value: Any, key: Key) -> dict[str, float]:
    return {_name(name, key): _number(entry, key) for name, entry in _mapping(value, key).items()}


def _named_wholes(value: Any, key: Key) -> dict[str, int]:
    return {_name(name, key): _whole(entry, key) for name, entry in _mapping(value, key).items()}


_READERS: Mapping[KeyKind, Callable[[Any, Key], Any]] = {
    KeyKind.text: _text,
    KeyKind.number: _number,
    KeyKind.whole: _whole,
    KeyKind.flag: _flag,
    KeyKind.date: _date,
    KeyKind.choice: _word,
    KeyKind.choices: _words,
    KeyKind.texts: _texts,
    KeyKind.numbers: _numbers,
    KeyKind.named_numbers: _named_numbers,
    KeyKind.named_wholes: _named_wholes,
    KeyKind.year_numbers: _year_numbers,
    KeyKind.year_shares: _year_shares,
    KeyKind.ambient_numbers: _ambient_numbers,
    KeyKind.month_hours: _month_hours,
}


def build(model: type[Any], tree: Mapping[str, Any], prefix: str, missing: list[str], **more: Any) -> Any:
    """Build a model from a merged, checked table.

    Keys that are required and absent are appended to ``missing`` by dotted name; the model is then not built, and the
    answer is ``None``.
    """
    n_missing = len(missing)
    values: dict[str, Any] = dict(more)
    for name, key in keys_of(model).items():
        dotted = f"{prefix}{name}"
        if name in tree or (key.kind is KeyKind.table and key.required):
            values[name] = _built(tree.get(name, {}), key, dotted, missing)
        elif key.required:
            missing.append(dotted)
        else:
            values[name] = default_of(model, name)
    return model(**values) if len(missing) == n_missing else None


def _built(value: Any, key: Key, dotted: str, missing: list[str]) -> Any:
    match key.kind:
        case KeyKind.table:
            assert key.model is not None
            return build(key.model, value, f"{dotted}.", missing)
        case KeyKind.list_of_tables:
            assert key.model is not None
            model = key.model
            return tuple(build(model, entry, f"{dotted}[{i}].", missing) for i, entry in enumerate(value))
        case KeyKind.named_tables:
            assert key.model is not None
            name_field = next(iter(key.model.__dataclass_fields__))
            built = []
            for name, entry in value.items():
                label = name if key.words is None else key.words(name)
                built.append(build(key.model, entry, f"{dotted}.{name}.", missing, **{name_field: label}))
            return tuple(built)
        case KeyKind.named_numbers | KeyKind.named_wholes:
            return MappingProxyType(dict(value))
        case _:
            return value
