"""Every rule about more than one cell, in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.tables import (
    calendar_rules,
    connectivity_rules,
    electrical_rules,
    reference_rules,
    voltage_band_rules,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridsim.errors import Finding
    from gridsim.tables.draft import Draft

RULES: tuple[Callable[[Draft], list[Finding]], ...] = (
    *reference_rules.RULES,
    *electrical_rules.RULES,
    *voltage_band_rules.RULES,
    *calendar_rules.RULES,
    *connectivity_rules.RULES,
)


def check_draft(draft: Draft) -> list[Finding]:
    """Run every rule and collect what they find; the order is that of the rules."""
    return [finding for rule in RULES for finding in rule(draft)]
