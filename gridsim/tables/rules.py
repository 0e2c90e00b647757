"""Every rule about more than one cell, in one list."""

from __future__ import annotations

from collections.abc import Callable

from gridsim.errors import Finding
from gridsim.tables import reference_rules
from gridsim.tables.draft import Draft

Rule = Callable[[Draft], list[Finding]]

RULES: tuple[Rule, ...] = (*reference_rules.RULES,)


def check_draft(draft: Draft) -> list[Finding]:
    """Run every rule and collect what they find; the order is that of the rules."""
    return [finding for rule in RULES for finding in rule(draft)]
