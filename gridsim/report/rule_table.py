"""The rules of loading on the console: which there are, and what each says of the transformers of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from gridsim.report.json_records import plain_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from rich.console import Console


def rule_table(limits: Sequence[Mapping[str, Any]]) -> Table:
    """Return a table with a row per rule: transformers by verdict, document and edition, how well it is known.

    Parameters
    ----------
    limits:
        List ``limits`` of ``summary.json``.
    """
    is_unknown = any(rule["transformers"]["unknown"] for rule in limits)
    table = Table(box=box.SIMPLE, title="Transformers by rule", title_justify="left", pad_edge=False)
    table.add_column("rule", no_wrap=True)
    if is_unknown:
        table.add_column("unknown", justify="right", style="red")
    for name in ("violated", "ok"):
        table.add_column(name, justify="right")
    table.add_column("document, edition", overflow="fold")
    table.add_column("numbers", no_wrap=True)
    for rule in limits:
        counts = rule["transformers"]
        unknown = [f"{counts['unknown']:,}"] if is_unknown else []
        verdicts = [f"{counts[name]:,}" for name in ("violated", "ok")]
        table.add_row(escape(rule["name"]), *unknown, *verdicts, escape(rule["edition"]), standing(rule))
    return table


def print_rules(console: Console, table: pd.DataFrame, *, is_of_scenario: bool) -> None:
    """Print the rules that there are: what :func:`gridsim.scenario.rule_list.rules` returned.

    Parameters
    ----------
    console:
        Where to.
    table:
        The rules.
    is_of_scenario:
        Whether a scenario was asked for: its places are shown.
    """
    shown = Table(box=box.SIMPLE, pad_edge=False)
    if is_of_scenario:
        shown.add_column("place", justify="right")
    for name in ("rule", "begins at", "numbers", "document, edition"):
        shown.add_column(name, no_wrap=name in {"rule", "numbers"}, overflow="fold")
    for rule in plain_records(table):
        place = [str(rule["place"]) if rule["place"] else "-"] if is_of_scenario else []
        own = " (own)" if rule["is_own"] else ""
        shown.add_row(
            *place,
            escape(rule["name"]) + own,
            rule["begins"],
            standing(rule),
            escape(rule["edition"]),
        )
    console.print(shown)
    for source, own_rules in table.groupby("source", sort=False):
        console.print(f"[bold]{escape(', '.join(own_rules['name']))}[/bold]")
        console.print(Padding(f"source: {escape(str(source))}", (0, 0, 0, 4)))
        for rule in plain_records(own_rules[own_rules["derivation"] != ""]):
            console.print(Padding(f"{escape(rule['name'])}, {escape(rule['derivation'])}", (0, 0, 0, 4)))
    console.print("A scenario names them in key rules under \\[limits]; the first that holds for a unit ranks it.")


def standing(rule: Mapping[str, Any]) -> str:
    """Return how well the numbers of a rule are known: as read, inferred from what was read, or not verified."""
    if not rule["is_verified"]:
        return "NOT VERIFIED"
    return "inferred" if rule["is_inferred"] else "as read"
