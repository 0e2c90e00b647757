"""What each rule of loading says of the transformers of a run, as a table for the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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


def standing(rule: Mapping[str, Any]) -> str:
    """Return how well the numbers of a rule are known: as read, inferred from what was read, or not verified."""
    if not rule["is_verified"]:
        return "NOT VERIFIED"
    return "inferred" if rule["is_inferred"] else "as read"
