"""One language of the report: words from its gettext catalogue, numbers and dates as its locale writes them.

Catalogues are kept as text (``locale/ru.po``, ``locale/kk.po``) and read when a report is written: one file per
language that people edit, git compares and the wheel carries, and no compiled copy that could fall behind. Messages
take values as ``%(name)s``, in code and in templates alike; a percent sign is written ``%%``.
"""

from __future__ import annotations

import gettext
import io
import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel import Locale
from babel.dates import format_date, get_day_names, get_month_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOGUES = Path(__file__).resolve().parents[1] / "locale"
#: What stands where nothing is known.
UNKNOWN = "–"


class LanguageCode(StrEnum):
    """Languages of the report."""

    en = "en"
    ru = "ru"
    kk = "kk"


#: Whose habits with numbers and dates are followed; British English puts the day before the month.
LOCALES: Mapping[LanguageCode, str] = {LanguageCode.en: "en_GB", LanguageCode.ru: "ru_KZ", LanguageCode.kk: "kk_KZ"}


class Language:
    """Words, numbers and dates of one language.

    Parameters
    ----------
    code:
        Which; English is the language of the messages themselves and needs no catalogue.
    """

    def __init__(self, code: LanguageCode) -> None:
        self.code = code
        self.locale = Locale.parse(LOCALES[code])
        self.catalogue = _catalogue(code)
        self.decimal_sign = get_decimal_symbol(self.locale)
        self.group_sign = get_group_symbol(self.locale)
        self._minus_sign = get_minus_sign_symbol(self.locale)
        self._dates: dict[int, str] = {}

    def text(self, message: str, /, **values: Any) -> str:
        """Return a message in this language with its values filled in."""
        return self.catalogue.gettext(message) % values

    def plural(self, one: str, many: str, count: int, /, **values: Any) -> str:
        """Return the form of a message that goes with ``count``, which it may show as ``%(num)s``."""
        shown = {"num": self.number(count), **values}
        return self.catalogue.ngettext(one, many, count) % shown

    def number(self, value: Any, decimals: int = 0, *, signed: bool = False) -> str:
        """Return a number with so many decimals; a dash where there is none."""
        if value is None or pd.isna(value):
            return UNKNOWN
        if math.isinf(value):
            return "∞" if value > 0 else f"{self._minus_sign}∞"
        plain = f"{value:{'+' if signed else ''},.{decimals}f}"
        signs = {",": self.group_sign, ".": self.decimal_sign, "-": self._minus_sign}
        return "".join(signs.get(letter, letter) for letter in plain)

    def date(self, moment: Any) -> str:
        """Return the day of a local moment; a dash where there is none."""
        if moment is None or pd.isna(moment):
            return UNKNOWN
        day = pd.Timestamp(moment).date()
        known = self._dates.get(day.toordinal())
        if known is None:
            known = self._dates[day.toordinal()] = format_date(day, "medium", locale=self.locale)
        return known

    def moment(self, moment: Any) -> str:
        """Return a local moment to the minute; a dash where there is none."""
        return UNKNOWN if moment is None or pd.isna(moment) else f"{self.date(moment)}, {moment:%H:%M}"

    def calendar(self) -> dict[str, list[str]]:
        """Return names of days (Sunday first) and months for the charts."""
        days = {width: get_day_names(width, "stand-alone", self.locale) for width in ("wide", "abbreviated")}
        months = {width: get_month_names(width, "stand-alone", self.locale) for width in ("wide", "abbreviated")}
        sunday_first = (6, 0, 1, 2, 3, 4, 5)
        return {
            "days": [days["wide"][day] for day in sunday_first],
            "shortDays": [days["abbreviated"][day] for day in sunday_first],
            "months": [months["wide"][month] for month in range(1, 13)],
            "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
        }


def _catalogue(code: LanguageCode) -> gettext.NullTranslations:
    if code is LanguageCode.en:
        return gettext.NullTranslations()
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=str(code))
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
