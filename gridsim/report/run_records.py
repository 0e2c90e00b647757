"""What ``gridsim run`` and ``gridsim n1`` say to scripts: one JSON document each, what is not known is null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridsim.report.json_records import plain_records, plain_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridsim.studies.n1_study import N1Study
    from gridsim.studies.net_study import NetStudy
    from gridsim.studies.time_series import StudyResult


def run_record(result: StudyResult, pictures: Sequence[Path]) -> dict[str, Any]:
    """Return where the results of a scenario are, where its blocks come from, and its ending summary."""
    blocks = result.store.manifest.blocks_by_origin
    return {
        "directory": str(result.store.directory),
        "pictures": [str(path) for path in pictures],
        "blocks": {"by_origin": dict(blocks), "stored_before_resumed": result.n_kept},
        "summary": dict(result.summary),
    }


def net_record(study: NetStudy, directory: Path) -> dict[str, Any]:
    """Return how the steps of a net ended, those without solution one by one, and the highest loading of elements."""
    return {
        "directory": str(directory),
        "steps": {"total": len(study.steps), "solved": len(study.steps) - study.n_failed, "failed": study.n_failed},
        "failed": plain_records(study.failed),
        "worst": [
            {"element": str(element), "name": study.names.get(str(element)), "peak_percent": plain_value(percent)}
            for element, percent in study.worst(len(study.loading.columns)).items()
        ],
    }


def n1_record(study: N1Study, pictures: Sequence[Path]) -> dict[str, Any]:
    """Return what an N-1 study counts, and its tables: what fails, what is worst, and by which outage."""
    return {
        "directory": str(study.directory),
        "pictures": [str(path) for path in pictures],
        "summary": dict(study.summary),
        "failed": plain_records(study.failed),
        "worst": plain_records(study.worst),
        "causes": plain_records(study.causes),
    }
