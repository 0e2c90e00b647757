"""Words that the script of the page puts into pictures; counts stand behind a colon, so that no plural is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridsim.report.page.language import Language


def chart_words(language: Language) -> dict[str, str]:
    """Return the words of the pictures in a language; ``{...}`` are filled in by the script."""
    _ = language.text
    return {
        "unsolved": _("Hours without solution"),
        "unsolved_hours": _("{h} h without solution"),
        "no_solution": _("no solution"),
        "substations": _("Substations, reinforcements"),
        "generation": _("Power plants"),
        "investors": _("Investors"),
        "loading": _("Loading"),
        "worst": _("Worst loading"),
        "above": _("above the limit: {h} h"),
        "hour": _("Hour of the day"),
        "share": _("Share of the hours in service with a solution"),
        "opens": _("In service from"),
        "representative": _("representative: stands for a real but unpublished one, place assumed"),
        "map_summary": _(
            "{year}: substations with a transformer above 100 %%: {n} of {total}; lines above 100 %%: {lines}"
        ),
        "map_unsolved": _("hours without solution: {h}"),
        "no_transformer": _("no loading known"),
        "unknown_station": _("only hours without solution"),
        "rating": _("rating, 100 %%"),
        "shown": _("{n} of {total} shown"),
        "zoomed": _("Shown: single overloads."),
        "overview": _("Shown: months with an overload; zoom in for single overloads."),
        "mvah": _("MVAh"),
        "kv": _("kV"),
        "mw": _("MW"),
        "peak": _("peak"),
        "zoom": _("Zoom"),
        "pan": _("Pan"),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "reset": _("Reset axes"),
        "picture": _("Save as a picture"),
    }


def town_names(language: Language) -> dict[str, str]:
    """Return what the towns on the map are called in a language."""
    _ = language.text
    return {
        "Almaty": _("Almaty"),
        "Taldykorgan": _("Taldykorgan"),
        "Konaev": _("Konaev"),
        "Kaskelen": _("Kaskelen"),
        "Talgar": _("Talgar"),
        "Esik": _("Esik"),
        "Uzynagash": _("Uzynagash"),
        "Shelek": _("Shelek"),
        "Otegen Batyr": _("Otegen Batyr"),
        "Zharkent": _("Zharkent"),
        "Saryozek": _("Saryozek"),
        "Shu": _("Shu"),
        "Korday": _("Korday"),
        "Kegen": _("Kegen"),
        "Narynkol": _("Narynkol"),
        "Shonzhy": _("Shonzhy"),
        "Bakanas": _("Bakanas"),
        "Ulken": _("Ulken"),
    }
