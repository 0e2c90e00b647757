"""Words of the tables (confidence, areas, verdicts, rules, sectors) in the language of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.report.page.language import Language


class Vocabulary:
    """What the words of the tables are called in one language; a word that it does not know stays as it is.

    Parameters
    ----------
    language:
        Which.
    names:
        Names for identifiers, the same in every language.
    """

    def __init__(self, language: Language, names: Mapping[str, str] | None = None) -> None:
        self._language = language
        self._words = {
            **(names or {}),
            **_table_words(language),
            **_rule_words(language),
            **_sector_words(language),
            **_measure_words(language),
        }

    def __call__(self, word: Any) -> str:
        """Return ``word`` in the language."""
        return self._words.get(str(word), str(word))

    def contributor(self, kind: str, name: str) -> str:
        """Return who contributes to a loading: a sector of base year or growth, a plant, supply, or an investor."""
        _ = self._language.text
        if kind == "base":
            return _("%(sector)s, base year", sector=self(name))
        if kind == "growth":
            return _("%(sector)s, growth", sector=self(name))
        return self(name)


def _table_words(language: Language) -> dict[str, str]:
    _ = language.text
    return {
        "published": _("published"),
        "osm": _("OpenStreetMap"),
        "inferred": _("inferred"),
        "assumed": _("assumed"),
        "almaty_region": _("Almaty Region"),
        "almaty_city": _("Almaty city"),
        "outside": _("neighbouring grid"),
        "violated": _("violated"),
        "ok": _("kept"),
        "unknown": _("unknown"),
        "behind": _("late"),
        "ahead": _("in time"),
        "no need": _("not needed"),
        "not built": _("not built"),
        "ready": _("grid is ready"),
        "max_iterations": _("iterations used up"),
        "diverged": _("diverged"),
        "singular": _("singular"),
        "de_energised": _("without source"),
        "base load": _("base load"),
        "growth of sectors": _("growth of sectors"),
        "local plants": _("local plants"),
        "national grid": _("national grid"),
        "all others": _("all others"),
    }


def _rule_words(language: Language) -> dict[str, str]:
    _ = language.text
    return {
        "nameplate": _("nameplate rating"),
        "gost_14209_97_ambient": _("GOST 14209-97, by air temperature"),
        "gost_14209_97_seasonal": _("GOST 14209-97, by mean of the month"),
        "gost_14209_97_8h": _("GOST 14209-97, up to 8 hours"),
        "iec_60076_7_normal_cyclic": _("IEC 60076-7, normal cyclic loading"),
        "iec_60076_7_long_time_emergency": _("IEC 60076-7, long-time emergency loading"),
        "iec_60076_7_short_time_emergency": _("IEC 60076-7, short-time emergency loading"),
        "pte_short_emergency": _("Rules of technical operation, short emergency overload"),
    }


def _measure_words(language: Language) -> dict[str, str]:
    _ = language.text
    return {
        "bring_forward": _("planned substation earlier"),
        "parallel_unit": _("parallel transformer"),
        "next_rating": _("larger transformer"),
        "fans": _("forced cooling"),
        "load_transfer": _("transfer of load"),
        "tap_setting": _("tap setting"),
        "capacitor": _("capacitor bank"),
        "staged_plant": _("plant in stages"),
        "curtailment": _("curtailment of load"),
    }


def _sector_words(language: Language) -> dict[str, str]:
    _ = language.text
    return {
        "residential": _("residential"),
        "commerce": _("commerce"),
        "public": _("public services"),
        "industry": _("industry"),
        "agriculture": _("agriculture"),
        "tourism": _("tourism"),
        "logistics": _("logistics"),
        "food": _("food industry"),
        "construction": _("construction"),
        "transport": _("transport"),
    }
