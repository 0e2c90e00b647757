"""How many hours of a run have a solution: what every report says first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridsim.results.manifest import Manifest


def run_hours(manifest: Manifest) -> tuple[float, float]:
    """Return the hours of a run without solution, and all its hours."""
    failed_h, total_h = (float(manifest.steps[key] * manifest.resolution_h) for key in ("failed", "total"))
    return failed_h, total_h


def hours_words(manifest: Manifest) -> str:
    """Return, in the markup of rich, how many hours of a run have no solution, or that all have one."""
    failed_h, total_h = run_hours(manifest)
    if failed_h:
        return f"[bold red]{failed_h:,.0f} of {total_h:,.0f} hours have NO solution[/bold red]"
    return f"[green]all {total_h:,.0f} hours solved[/green]"
