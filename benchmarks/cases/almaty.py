"""The reference network of the study as it stands in the middle of its horizon."""

from __future__ import annotations

from typing import Any

from benchmarks.case import CaseEntry
from benchmarks.registry import register_case


def _net() -> Any:
    from benchmarks.subjects.gridsim_batch import stage_net  # noqa: PLC0415  loads gridsim

    return stage_net()


register_case(CaseEntry("almaty", 460, _net))
