"""Words, numbers and dates of the report in three languages, and numbers as the page carries them."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from babel.messages.pofile import read_po

import gridsim.report
from gridsim.report.page.language import CATALOGUES, UNKNOWN, Language, LanguageCode
from gridsim.report.page.packing import (
    NARROW_ABSENT,
    NARROW_UNKNOWN,
    WIDE_ABSENT,
    WIDE_UNKNOWN,
    narrow_loading,
    wide_loading,
)
from gridsim.report.page.page_words import chart_words
from gridsim.report.page.vocabulary import Vocabulary
from gridsim.scenario.rule_catalogue import CATALOGUE
from tests.support.message_extraction import messages

ROOM = Path(gridsim.report.__file__).parent
FIELDS = re.compile(r"%\(\w+\)s|%%|\{\w+\}")
#: Spaces that languages put between thousands: they do not break a line.
THIN = {"\u00a0", "\u202f"}


def catalogue(code: str) -> dict[str | tuple[str, str], tuple[str, ...]]:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=code)
    found: dict[str | tuple[str, str], tuple[str, ...]] = {}
    for message in catalog:
        if message.id:
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            found[tuple(message.id) if isinstance(message.id, (tuple, list)) else message.id] = tuple(map(str, texts))
            assert "fuzzy" not in message.flags
    return found


@pytest.mark.parametrize("code", ["ru", "kk"])
def test_every_message_is_translated_and_no_translation_is_left_over(code: str) -> None:
    used, translated = messages(ROOM / "page"), catalogue(code)
    assert len(used) > 200
    assert used == set(translated)
    assert [message for message, texts in translated.items() if not all(texts)] == []


@pytest.mark.parametrize(("code", "n_form"), [("ru", 3), ("kk", 2)])
def test_translations_keep_the_values_they_are_given(code: str, n_form: int) -> None:
    for message, texts in catalogue(code).items():
        if isinstance(message, tuple):
            assert len(texts) == n_form
            assert all(set(FIELDS.findall(text)) <= set(FIELDS.findall(message[1])) for text in texts), message
        else:
            assert sorted(FIELDS.findall(texts[0])) == sorted(FIELDS.findall(message)), message


@pytest.mark.parametrize("code", ["ru", "kk"])
def test_translations_are_in_their_own_letters(code: str) -> None:
    without_letters = {"OpenStreetMap", "of %(total)s"}
    own = re.compile("[а-яёәғқңөұүһі№]", re.IGNORECASE)
    for message, texts in catalogue(code).items():
        if message not in without_letters:
            assert all(own.search(text) for text in texts), message


def test_the_wheel_carries_catalogues_and_parts_of_the_page() -> None:
    # hatch takes every file below the package that git knows: they must stand below it.
    for name in ("locale/ru.po", "locale/kk.po", "page/templates/page.html", "page/templates/page.js"):
        assert (ROOM / name).is_file()


def test_numbers_are_written_as_the_country_does() -> None:
    english, russian, kazakh = (Language(code) for code in LanguageCode)
    assert english.number(219144) == "219,144"
    assert english.number(-1234.56, 1) == "-1,234.6"
    assert re.fullmatch("1(.)234,6", russian.number(1234.56, 1)).group(1) in THIN  # type: ignore[union-attr]
    assert re.fullmatch("219(.)144", kazakh.number(219144)).group(1) in THIN  # type: ignore[union-attr]
    assert english.number(12.4, signed=True) == "+12"
    assert [english.number(value) for value in (None, np.nan, pd.NaT)] == [UNKNOWN] * 3
    assert english.number(np.inf) == "∞"


def test_dates_are_written_as_the_country_does() -> None:
    day = pd.Timestamp("2031-01-14 18:00")
    english, russian, kazakh = (Language(code) for code in LanguageCode)
    assert english.date(day) == "14 Jan 2031"
    assert english.moment(day) == "14 Jan 2031, 18:00"
    assert russian.date(day).startswith("14 янв. 2031")
    assert "қаң" in kazakh.date(day)
    assert "2031" in kazakh.date(day)
    assert english.date(pd.NaT) == UNKNOWN
    assert russian.calendar()["days"][0] == "воскресенье"
    assert kazakh.calendar()["months"][0].lower().startswith("қаңтар")


def test_russian_has_three_forms() -> None:
    plural = Language(LanguageCode.ru).plural
    found = [plural("%(num)s hour", "%(num)s hours", n) for n in (1, 2, 5, 11, 21, 22)]
    assert found == ["1 час", "2 часа", "5 часов", "11 часов", "21 час", "22 часа"]


@pytest.mark.parametrize("code", list(LanguageCode))
def test_all_words_of_scripts_and_rules_are_there(code: LanguageCode) -> None:
    language = Language(code)
    script = (ROOM / "page" / "templates" / "page.js").read_text(encoding="utf-8")
    words = chart_words(language)
    assert set(re.findall(r"\bwords\.(\w+)", script)) == set(words)
    assert all("%%" not in text for text in words.values())
    vocabulary = Vocabulary(language)
    assert all(vocabulary(name) != name for name in CATALOGUE)
    assert vocabulary("car_plant") == "car_plant"
    assert vocabulary.contributor("growth", "industry") != vocabulary.contributor("base", "industry")


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def test_loadings_keep_their_side_of_the_limit_and_say_why_there_is_none() -> None:
    percent = np.array([0.0, 99.96, 100.0, 100.001, 100.04, 100.06, 143.24, np.nan, np.nan, 1e9])
    is_unknown = np.array([False] * 7 + [True, False, False])
    wide = unpacked(wide_loading(percent, is_unknown), "<u2")
    assert wide.tolist() == [0, 1000, 1000, 1001, 1001, 1001, 1432, WIDE_UNKNOWN, WIDE_ABSENT, WIDE_UNKNOWN - 1]
    narrow = unpacked(narrow_loading(percent, is_unknown), "u1")
    assert narrow.tolist() == [0, 100, 100, 101, 101, 101, 144, NARROW_UNKNOWN, NARROW_ABSENT, NARROW_UNKNOWN - 1]
