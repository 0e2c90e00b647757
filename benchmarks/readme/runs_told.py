"""What runs say in the README: the reference scenario, the others, hours of planners, and the certificate.

A function called ``..._facts`` picks what is told out of what commands leave, as JSON can hold it; the function of the
same name without it writes the text from these facts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.readme.wording import place, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Substations named as the worst.
WORST = 3
#: Rules as a reader calls them; every rule of the scenario that some transformer violates is told.
RULE_WORDS = {
    "nameplate": "nameplate",
    "gost_14209_97_ambient": "GOST 14209-97 by air temperature",
    "gost_14209_97_seasonal": "by month",
    "gost_14209_97_8h": "over 8 hours",
    "iec_60076_7_normal_cyclic": "IEC 60076-7 normal cyclic",
    "iec_60076_7_long_time_emergency": "long-time emergency",
    "iec_60076_7_short_time_emergency": "short-time emergency",
    "pte_short_emergency": "short emergency overloads (not verified)",
}


SCENARIO_WORDS = {
    "reference": "reference",
    "substations_late": "substations late",
    "no_new_substations": "no new substations",
    "official_forecast": "official forecast read as means",
}


def reference(summary: Mapping[str, Any]) -> str:
    """Return what a summary says, as a table."""
    steps, overloads, load = summary["steps"], summary["overloads"], summary["load"]
    taps, life = summary["tap_changers"], summary["thermal_life"]
    failed = f"{steps['failed']:,} WITHOUT solution" if steps["failed"] else "none failed"
    worst = ", ".join(place(unit["substation_name"]) for unit in summary["worst_transformers"][:WORST])
    known = sorted({str(unit["confidence"]) for unit in summary["worst_transformers"]})
    above = life["units_above_c"]
    hottest = life["hottest"][0]
    rows = [
        ("hours", f"{steps['solved']:,} of {steps['total']:,} solved, {failed}"),
        (
            "load",
            f"{load['mean_mw']:,.0f} MW in the mean, {load['peak_mw']:,.0f} MW at most "
            f"({_local(load['peak_utc'], summary):%-d %B %Y, %H:%M}); losses {load['loss_percent']:.1f} %",
        ),
        (
            "transformers above their rating",
            f"{overloads['overloaded_transformers']} of {overloads['transformers']}, the first on "
            f"{_local(overloads['first_utc'], summary):%-d %B %Y}",
        ),
        ("worst by energy above the rating", worst),
        (
            "tap operations",
            f"{taps['mean_operations_per_year']:,.0f} a year in the mean of {taps['units']} on-load tap changers",
        ),
        ("rules violated", _rules(summary["limits"])),
        (
            "hot spots",
            f"{above['98']} transformers pass 98 °C, {above['120']} pass 120 °C, {above['140'] or 'none'} 140 °C; the "
            f"hottest stands in {place(hottest['substation_name'])} ({hottest['max_hot_spot_temp_c']:.0f} °C in "
            f"{_local(hottest['max_hot_spot_utc'], summary):%B %Y})",
        ),
        (
            "data of the worst",
            f"{' or '.join(known)}: ratings and loads of single substations are not public",
        ),
    ]
    return table(("", ""), rows)


def scenarios_facts(summaries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return of each run of a year how many hours failed and how many transformers are above their rating."""
    return [
        {name: summary[name] for name in ("scenario", "from_year")}
        | {name: summary["steps"][name] for name in ("failed", "total")}
        | {name: summary["overloads"][name] for name in ("overloaded_transformers", "transformers")}
        for summary in summaries
    ]


def scenarios(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of the other scenarios; hours without solution make of a number of overloads a least one."""
    rows = [
        (
            f"{SCENARIO_WORDS.get(run['scenario'], run['scenario'])}, {run['from_year']}",
            f"{run['failed']:,} of {run['total']:,}",
            f"{'at least ' if run['failed'] else ''}{run['overloaded_transformers']} of {run['transformers']}",
        )
        for run in facts
    ]
    return table(("scenario, year", "hours without solution", "transformers above rating"), rows)


def regimes(facts: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of hours of planners, from what ``gridsim export --json`` prints of each."""
    rows = [
        (
            f"`{hour['regime']}`",
            f"{pd.Timestamp(hour['time_local']):%-d %B, %H:%M}",
            f"{hour['load_mw']:,.1f}",
            f"{hour['loss_mw']:,.1f}",
            f"{hour['largest_difference_percent']:.0e}",
        )
        for hour in facts
    ]
    differences = "largest difference of `runpp` from the run, percentage points"
    return table(("regime", "local time", "load, MW", "losses, MW", differences), rows)


def certificate_facts(engines: pd.DataFrame, hours: pd.DataFrame) -> dict[str, Any]:
    """Return what is told of the files that ``gridsim certify --csv`` leaves."""
    columns = ["engine", "version", "hours", "vm_pu", "va_degree", "loading_percent", "verdict"]
    return {
        "hours": len(hours),
        "solved": int(hours["status"].isin(["ok", "ok_fallback"]).sum()),
        "stages": hours["stage"].nunique(),
        "engines": [{str(key): value for key, value in row.items()} for row in engines[columns].to_dict("records")],
    }


def certificate(facts: Mapping[str, Any]) -> str:
    """Return the largest differences, engine by engine."""
    rows: list[Sequence[str]] = [
        (
            engine["engine"],
            engine["version"],
            f"{engine['hours']:,}",
            *(f"{engine[name]:.0e}" for name in ("vm_pu", "va_degree", "loading_percent")),
            engine["verdict"],
        )
        for engine in facts["engines"]
    ]
    heads = ("engine", "version", "hours", "voltage, pu", "angle, degree", "loading, percentage points", "verdict")
    hours = (
        f"{facts['solved']:,} of {facts['hours']:,} hours solved by gridsim, drawn from {facts['stages']} stages.\n\n"
    )
    return hours + table(heads, rows)


def _rules(limits: list[Mapping[str, Any]]) -> str:
    said = [
        f"{RULE_WORDS.get(rule['name'], rule['name'])}: {rule['transformers']['violated']}"
        for rule in limits
        if rule["transformers"]["violated"]
    ]
    kept = [RULE_WORDS.get(rule["name"], rule["name"]) for rule in limits if not rule["transformers"]["violated"]]
    return "; ".join([*said, *([f"by none: {', '.join(kept)}"] if kept else [])])


def _local(text: str, summary: Mapping[str, Any]) -> pd.Timestamp:
    return pd.Timestamp(text) + pd.Timedelta(hours=summary["utc_offset_h"])
