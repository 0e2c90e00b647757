"""Scenarios that say nothing but when projects come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridsim.scenario.model import CommissioningOptions

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class OnlyCommissioning:
    """The part of a scenario that the calendar reads."""

    commissioning: CommissioningOptions = field(default_factory=CommissioningOptions)


def only_commissioning(
    *,
    cancelled: tuple[str, ...] = (),
    late: Mapping[str, int] | None = None,
    programmes_late: Mapping[str, int] | None = None,
) -> OnlyCommissioning:
    """Return a scenario with cancelled projects and slips in months."""
    return OnlyCommissioning(
        CommissioningOptions(
            cancelled_projects=cancelled,
            slip_months_by_project=dict(late or {}),
            slip_months_by_programme=dict(programmes_late or {}),
        )
    )
