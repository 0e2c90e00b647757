"""The values of a scenario as one flat table, so that two scenarios can be laid side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gridsim.scenario.keys import KeyKind, default_of, keys_of
from gridsim.scenario.knots import AmbientKnots, ShareKnots, YearKnots

if TYPE_CHECKING:
    from collections.abc import Iterator


def plain_values(scenario: Any) -> dict[str, Any]:
    """Return the value of every key of a scenario, or of a table of one, by dotted name.

    Values are those of JSON: texts, numbers, flags, ``None`` and lists; a date is a text. Paths are left out, because
    they say where something lies and not what it is: the digests of the manifest say what was read.
    """
    return dict(_entries(scenario, ""))


def with_defaults(values: Mapping[str, Any], model: type[Any], prefix: str = "") -> dict[str, Any]:
    """Return what :func:`plain_values` gave once, with the defaults of the keys of ``model`` that it does not know.

    A key that came later stands at its default: so was computed what was computed before there was one.
    """
    found = dict(values) if not prefix else {}
    known = {name.removeprefix(prefix).partition(".")[0] for name in values if name.startswith(prefix)}
    for name, key in keys_of(model).items():
        dotted = f"{prefix}{name}"
        if key.kind is KeyKind.table and key.required and key.model is not None:
            found |= with_defaults(values, key.model, f"{dotted}.")
        elif not key.required and name not in known:
            found |= dict(_spread(default_of(model, name), key.kind, dotted))
    return found


def _entries(table: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, key in keys_of(type(table)).items():
        yield from _spread(getattr(table, name), key.kind, f"{prefix}{name}")


def _spread(value: Any, kind: KeyKind, dotted: str) -> Iterator[tuple[str, Any]]:
    """Yield a value under its name, or what is in it under longer names."""
    match kind:
        case KeyKind.path:
            return
        case KeyKind.table if value is not None:
            yield from _entries(value, f"{dotted}.")
        case KeyKind.named_tables:
            for table in value:
                yield from _entries(table, f"{dotted}.{_label(table)}.")
        case KeyKind.list_of_tables:
            for number, table in enumerate(value):
                yield from _entries(table, f"{dotted}[{number}].")
        case _:
            yield from ((f"{dotted}{more}", entry) for more, entry in _items(value).items())


def _items(value: Any) -> dict[str, Any]:
    """Return what a value holds by what is put behind its name; nothing is put there when it is one value."""
    match value:
        case YearKnots():
            return {f".{year}": number for year, number in zip(value.years, value.values, strict=True)}
        case AmbientKnots():
            return {f".{c:g}": number for c, number in zip(value.ambient_c, value.values, strict=True)}
        case ShareKnots():
            pairs = zip(value.years, value.shares, strict=True)
            return {f".{year}.{sector}": share for year, shares in pairs for sector, share in shares.items()}
        case Mapping():
            return {f".{name}": _plain(entry) for name, entry in value.items()}
        case _:
            return {"": _plain(value)}


def _label(table: Any) -> str:
    """Return the name of a named table: its first field."""
    return str(getattr(table, next(iter(table.__dataclass_fields__))))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
