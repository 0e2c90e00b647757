"""What the section of each group of like transformers says: years, rules, episodes, causes, fixes, N-1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gridsim.assess.verdicts import VERDICT_ORDER
from gridsim.report.page.place_names import place_name, unit_names
from gridsim.studies.finished_run import records

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from gridsim.report.page.companions import Companions
    from gridsim.report.page.run_tables import RunTables

#: Episodes shown per section, those with the most MVA h.
N_EPISODES = 8
#: Contributors shown for the highest hour, by their share.
N_PARTS = 8
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def anchors(names: Iterable[str]) -> dict[str, str]:
    """Return the identifier in the page of every transformer: its name, where that is safe, and unique in any case."""
    taken: dict[str, str] = {}
    for name in names:
        plain = "t-" + (_UNSAFE.sub("-", name) or "-")
        found, number = plain, 1
        while found in taken.values():
            number += 1
            found = f"{plain}-{number}"
        taken[name] = found
    return taken


def unit_sections(run: RunTables, companions: Companions) -> list[dict[str, Any]]:
    """Return what each section shows, one per group of like units, worst first; moments are local."""
    anchor_of = anchors(run.transformers["name"])
    windings = dict(list(run.elements.groupby("name", sort=False)))
    years = _years(run)
    verdicts = _verdicts(run)
    episodes = dict(list(run.episodes.groupby("group")))
    causes = _causes_by_name(companions)
    n1 = n1_by_name(run, companions)
    sections = []
    for row in records(run.groups):
        own = windings[row.name]
        found = episodes.get(row.group)
        sections.append(
            {
                "row": row,
                "names": row.names,
                "anchors": [anchor_of[name] for name in row.names],
                "units": unit_names(row),
                "place": place_name(row.substation_name),
                "windings": [(wound.winding, wound.sn_mva) for wound in records(own)],
                "years": years.get(row.element, []),
                "verdicts": verdicts.get(row.name, []),
                "n_episodes": 0 if found is None else len(found),
                "episodes": [] if found is None else records(found.nlargest(N_EPISODES, "overload_mvah")),
                "causes": causes.get(row.name),
                "projects": _relieving(companions, row.names),
                "n1": n1.get(row.name),
            }
        )
    return sections


def _years(run: RunTables) -> dict[str, list[Any]]:
    """Return for the winding that ranks each group a row per year in service."""
    groups = run.groups
    wanted = set(groups["element"])
    monthly = run.monthly.assign(element=run.monthly["element"].astype(str))
    monthly = monthly[monthly["element"].isin(wanted)]
    by_year = monthly.groupby(["element", "year"], sort=False).agg(
        peak_percent=("worst_percent", "max"), failed_h=("failed_hours", "sum")
    )
    by_year = by_year[by_year["peak_percent"].notna() | (by_year["failed_h"] > 0.0)].reset_index()
    keys = ["element_type", "name", "winding", "limit"]
    yearly = run.store.read_table("yearly").merge(groups[[*keys, "element"]], on=keys, how="inner")
    frame = by_year.merge(
        yearly[["element", "year", "episodes", "hours", "overload_mvah"]], on=["element", "year"], how="left"
    ).fillna({"episodes": 0, "hours": 0.0, "overload_mvah": 0.0})
    heat = ["element", "year", "max_hot_spot_temp_c", "loss_of_life_days", "life_used_percent", "unknown_h"]
    frame = frame.merge(run.thermal[heat], on=["element", "year"], how="left").sort_values(["element", "year"])
    return {str(element): records(own) for element, own in frame.groupby("element", sort=False)}


def _verdicts(run: RunTables) -> dict[str, list[Any]]:
    """Return for each transformer a row per rule, of the winding that fares worst by it."""
    frame = run.store.read_table("verdicts")
    frame = frame[frame["element_type"] != "line"]
    order = {name: number for number, name in enumerate(frame["limit"].unique())}
    ranked = frame.assign(
        badness=frame["verdict"].map(VERDICT_ORDER),
        order=frame["limit"].map(order),
        first=run.local(frame["first_violation_utc"]),
    ).sort_values(["badness", "overload_mvah", "peak_percent"], ascending=[True, False, False], kind="stable")
    worst = ranked.drop_duplicates(["name", "limit"]).sort_values("order", kind="stable")
    return {str(name): records(own) for name, own in worst.groupby("name", sort=False)}


def _causes_by_name(companions: Companions) -> dict[str, dict[str, Any]]:
    """Return who loads each transformer in its highest hour, and who tips it over in the highest hour of each year."""
    causes = companions.causes
    if causes is None or causes.empty:
        return {}
    causes = causes.assign(name=causes["element"].str.split(":").str[1])
    return {str(name): _causes_of(frame) for name, frame in causes.groupby("name", sort=False)}


def _causes_of(frame: pd.DataFrame) -> dict[str, Any]:
    hours = frame.drop_duplicates(["element", "peak"]).sort_values("loading_percent", ascending=False, kind="stable")
    worst = hours.iloc[0]
    parts = frame[(frame["element"] == worst["element"]) & (frame["peak"] == worst["peak"])]
    ordered = parts.sort_values("share_percent", ascending=False, kind="stable")
    by_year = hours.assign(year=hours["peak"].dt.year).drop_duplicates("year").sort_values("year")
    return {
        "worst": worst,
        "parts": records(ordered.head(N_PARTS)),
        "rest_percent": float(ordered["share_percent"].iloc[N_PARTS:].sum()),
        "n_rest": max(len(ordered) - N_PARTS, 0),
        "years": records(by_year[["peak", "loading_percent", "tipped_by"]]),
    }


def _relieving(companions: Companions, names: list[str]) -> list[Any]:
    """Return the planned substations without which one of the units would be overloaded."""
    projects = companions.projects
    if projects is None:
        return []
    is_own = projects["n0_element"].astype(str).str.split(":").str[1].isin(names)
    return records(projects[is_own])


def n1_by_name(run: RunTables, companions: Companions) -> dict[str, Any]:
    """Return the worst hour after a single outage of each transformer, and its hours above the limit over all years.

    One of which no loading after any outage is known is left out.
    """
    frame = companions.n1_worst
    if frame is None:
        return {}
    frame = frame[(frame["element_type"] != "line") & frame["worst_percent"].notna()]
    hours = frame.groupby(["name", "winding"])["hours_above"].sum().groupby("name").max()
    worst = frame.sort_values("worst_percent", ascending=False, kind="stable").drop_duplicates("name")
    worst = worst.assign(when=run.local(worst["worst_utc"]), hours_above=worst["name"].map(hours))
    return {str(row.name): row for row in records(worst)}
