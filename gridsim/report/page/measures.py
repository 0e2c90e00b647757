"""Tables of ``gridsim fixes`` in a language of the report: known columns with titles, values as it writes them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridsim.report.page.place_names import place_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.report.page.companions import Companions
    from gridsim.report.page.language import Language
    from gridsim.report.page.vocabulary import Vocabulary

#: Tables in the order of the report: what no measure cures comes first.
SHOWN = ("left", "plan", "candidates")
NAMES = "transformers"
DAYS = ("day",)
PLACES = ("substation_name",)
CODES = ("kind", "cost_confidence")


@dataclass(frozen=True)
class MeasureTable:
    """One table: its title, titles of its columns, and per row the transformers it is about and the cells as text."""

    name: str
    title: str
    columns: tuple[str, ...]
    is_number: tuple[bool, ...]
    rows: tuple[tuple[frozenset[str], tuple[str, ...]], ...]

    def about(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the rows that name one of these transformers."""
        return [cells for named, cells in self.rows if not named.isdisjoint(names)]


def measure_tables(companions: Companions, language: Language, words: Vocabulary) -> list[MeasureTable]:
    """Return the tables that were given, those that are missing left out."""
    _ = language.text
    titles = {
        "left": _("What remains above its limit with the plan"),
        "plan": _("Plan of measures"),
        "candidates": _("Measures, each tried alone"),
    }
    columns = _column_titles(language, _currency(companions))
    return [
        _table(name, titles[name], companions.fixes[name], columns, language, words)
        for name in SHOWN
        if name in companions.fixes
    ]


def _currency(companions: Companions) -> str:
    """Return the currency of the costs, empty where the tables do not say."""
    catalogue = companions.fixes.get("catalogue")
    known = set() if catalogue is None or "currency" not in catalogue else set(catalogue["currency"].dropna())
    return str(known.pop()) if len(known) == 1 else ""


def _column_titles(language: Language, currency: str) -> dict[str, str]:
    _ = language.text
    return {
        "order": _("Rank"),
        "rank": _("Rank"),
        NAMES: _("Transformers"),
        "substation_name": _("Substation"),
        "kind": _("Measure"),
        "what": _("What exactly"),
        "day": _("From"),
        "cost_mln": _("Cost, mln %(currency)s", currency=currency).strip(),
        "cumulative_mln": _("Sum, mln %(currency)s", currency=currency).strip(),
        "cost_confidence": _("Cost data"),
        "hours": _("Hours above"),
        "mvah_without": _("MVAh without the plan"),
        "mvah_left": _("MVAh left"),
        "mvah_before": _("MVAh before"),
        "mvah_after": _("MVAh after"),
        "years_deferred": _("Years gained"),
    }


def _table(
    name: str, title: str, frame: pd.DataFrame, titles: Mapping[str, str], language: Language, words: Vocabulary
) -> MeasureTable:
    """Return a table of the known columns; of all columns under their own names where none is known."""
    shown = [column for column in titles if column in frame.columns] or [str(column) for column in frame.columns]
    named = frame[NAMES].astype(str) if NAMES in frame.columns else pd.Series("", index=frame.index)
    rows = []
    for who, record in zip(named, frame[shown].to_dict("records"), strict=True):
        cells = tuple(_cell(str(column), value, language, words) for column, value in record.items())
        rows.append((frozenset(part.strip() for part in who.split(",")), cells))
    is_number = tuple(pd.api.types.is_numeric_dtype(frame[column]) and column not in DAYS for column in shown)
    return MeasureTable(name, title, tuple(titles.get(column, column) for column in shown), is_number, tuple(rows))


def _cell(column: str, value: Any, language: Language, words: Vocabulary) -> str:
    if isinstance(value, Real):
        number = float(value)
        return language.number(number, 0 if number.is_integer() or abs(number) >= 100.0 else 2)
    if pd.isna(value):
        return ""
    if column in DAYS:
        return language.date(pd.to_datetime(value, errors="coerce"))
    if column in PLACES:
        return place_name(value)
    return words(value) if column in CODES else str(value)
