"""Writes what the reference scenario says, and the certificate, into the README, between markers.

The summary is kept beside the tests as well (``tests/golden/reference_summary.json``): they hold the README against it,
and it against a year that is run again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.report import insert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REFERENCE, CERTIFICATE = "reference", "certificate"
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


def write_reference(summary: Mapping[str, Any], readme: Path, golden: Path) -> None:
    """Write the table of a finished run of the reference scenario, and keep its summary."""
    readme.write_text(insert(readme.read_text(encoding="utf-8"), reference_table(summary), REFERENCE), encoding="utf-8")
    golden.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_certificate(engines: pd.DataFrame, hours: pd.DataFrame, readme: Path) -> None:
    """Write the table of a certificate, from the files that ``gridsim certify --csv`` leaves."""
    text = insert(readme.read_text(encoding="utf-8"), certificate_table(engines, hours), CERTIFICATE)
    readme.write_text(text, encoding="utf-8")


def reference_table(summary: Mapping[str, Any]) -> str:
    """Return what a summary says, as a table."""
    steps, overloads, load = summary["steps"], summary["overloads"], summary["load"]
    taps, life = summary["tap_changers"], summary["thermal_life"]
    failed = f"{steps['failed']:,} WITHOUT solution" if steps["failed"] else "none failed"
    worst = ", ".join(_place(unit["substation_name"]) for unit in summary["worst_transformers"][:WORST])
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
            f"hottest stands in {_place(hottest['substation_name'])} ({hottest['max_hot_spot_temp_c']:.0f} °C in "
            f"{_local(hottest['max_hot_spot_utc'], summary):%B %Y})",
        ),
        (
            "data of the worst",
            f"{' or '.join(known)}: ratings and loads of single substations are not public",
        ),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])


def certificate_table(engines: pd.DataFrame, hours: pd.DataFrame) -> str:
    """Return the largest differences, engine by engine."""
    solved = hours["status"].isin(["ok", "ok_fallback"])
    lines = [
        f"{int(solved.sum()):,} of {len(hours):,} hours solved by gridsim, drawn from {hours['stage'].nunique()} "
        "stages.",
        "",
        "| engine | version | hours | voltage, pu | angle, degree | loading, percentage points | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in engines.itertuples():
        differences = " | ".join(f"{value:.0e}" for value in (row.vm_pu, row.va_degree, row.loading_percent))
        lines.append(f"| {row.engine} | {row.version} | {row.hours:,} | {differences} | {row.verdict} |")
    return "\n".join(lines)


def _rules(limits: list[Mapping[str, Any]]) -> str:
    said = [
        f"{RULE_WORDS.get(rule['name'], rule['name'])}: {rule['transformers']['violated']}"
        for rule in limits
        if rule["transformers"]["violated"]
    ]
    kept = [RULE_WORDS.get(rule["name"], rule["name"]) for rule in limits if not rule["transformers"]["violated"]]
    return "; ".join([*said, *([f"by none: {', '.join(kept)}"] if kept else [])])


def _place(name: str) -> str:
    """Return the name of a substation without what all names of its kind begin with."""
    for beginning in ("Representative 110 kV substation ", "Representative 110 kV "):
        name = name.removeprefix(beginning)
    return name


def _local(text: str, summary: Mapping[str, Any]) -> pd.Timestamp:
    return pd.Timestamp(text) + pd.Timedelta(hours=summary["utc_offset_h"])
