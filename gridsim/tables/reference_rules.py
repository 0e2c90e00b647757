"""Rules about keys and about references from one table to another.

NaN-safe: only texts are compared here, and an empty text (an empty cell, which has a finding of its own) is passed
over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.tables.draft import TABLE_BY_NAME, Draft, nearest
from gridsim.tables.schema import TABLES

if TYPE_CHECKING:
    from gridsim.errors import Finding
    from gridsim.tables.columns import Column


def duplicate_keys(draft: Draft) -> list[Finding]:
    """Keys that stand more than once in their table."""
    findings: list[Finding] = []
    for table in TABLES:
        for pos, key in enumerate(draft.keys(table.name)):
            first = draft.position[table.name].get(key, pos)
            if first != pos:
                message = f"the key stands already in row {draft.rows[table.name][first]}"
                remedy = "Give each row a key of its own."
                findings.append(
                    draft.finding(table.name, pos, table.key, "duplicate_key", message=message, remedy=remedy)
                )
    return findings


def duplicate_names(draft: Draft) -> list[Finding]:
    """Substations that a reader of a report could not tell apart."""
    findings: list[Finding] = []
    seen: dict[str, int] = {}
    for pos, name in enumerate(draft.words("substations", "name")):
        folded = " ".join(name.casefold().split())
        first = seen.setdefault(folded, pos) if folded else pos
        if first != pos:
            message = f"another substation has this name (row {draft.rows['substations'][first]})"
            remedy = "Tell them apart in the name, by place or voltage."
            findings.append(draft.finding("substations", pos, "name", "duplicate_name", message=message, remedy=remedy))
    return findings


def clashing_generators(draft: Draft) -> list[Finding]:
    """Plants and external grids that share a key: both are generators in the net, found by name."""
    findings: list[Finding] = []
    for pos, key in enumerate(draft.keys("external_grids")):
        if key and key in draft.position["power_plants"]:
            message = "a power plant has this key"
            remedy = "Both become generators of one table; give them different keys."
            findings.append(
                draft.finding(
                    "external_grids", pos, "external_grid_id", "duplicate_key", message=message, remedy=remedy
                )
            )
    return findings


def dangling_references(draft: Draft) -> list[Finding]:
    """References to rows that do not exist."""
    findings: list[Finding] = []
    for table in TABLES:
        for column in table.columns:
            if column.references and (table.name, column.name) != ("commissioning", "element_id"):
                findings += _dangling(draft, table.name, column)
    return findings


def _dangling(draft: Draft, table: str, column: Column) -> list[Finding]:
    targets = [reference.split(".")[0] for reference in column.references]
    if draft.unreadable.intersection(targets):
        return []
    findings: list[Finding] = []
    known = {key for target in targets for key in draft.position[target]}
    rule = "missing_source" if column.name == "source_id" else "dangling_reference"
    for pos, key in enumerate(draft.words(table, column.name)):
        if key and key not in known:
            files = " or ".join(TABLE_BY_NAME[target].file for target in targets)
            message = f"{files} has no such row"
            remedy = f"{nearest(key, known)}Write a key that stands there, or add the row."
            findings.append(draft.finding(table, pos, column.name, rule, message=message, remedy=remedy))
    return findings


def dangling_events(draft: Draft) -> list[Finding]:
    """Events whose element does not stand in the table that the event names."""
    findings: list[Finding] = []
    pairs = zip(draft.words("commissioning", "element_table"), draft.words("commissioning", "element_id"), strict=True)
    for pos, (target, key) in enumerate(pairs):
        if not target or not key or target in draft.unreadable or key in draft.position[target]:
            continue
        elsewhere = [name for name in TABLE_BY_NAME if key in draft.position[name] and name != "commissioning"]
        hint = nearest(key, draft.position[target])
        if elsewhere:
            hint = f"It stands in {TABLE_BY_NAME[elsewhere[0]].file}. "
        message = f"{TABLE_BY_NAME[target].file} has no such row"
        remedy = f"{hint}Write the key of an element of element_table."
        findings.append(
            draft.finding("commissioning", pos, "element_id", "dangling_reference", message=message, remedy=remedy)
        )
    return findings


RULES = (duplicate_keys, duplicate_names, clashing_generators, dangling_references, dangling_events)
