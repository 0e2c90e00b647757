"""Scenarios drawn at random from what a user may write, each valid: demand, dates, plants, rules, cooling, solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

RULES = (
    "nameplate",
    "gost_14209_97_ambient",
    "gost_14209_97_seasonal",
    "gost_14209_97_8h",
    "iec_60076_7_normal_cyclic",
    "iec_60076_7_long_time_emergency",
    "iec_60076_7_short_time_emergency",
    "pte_short_emergency",
)
#: Mean load of the town in 2028, MW: from falling to far beyond what its two 40 MVA units can carry.
CITY_MW = (15.0, 150.0)


@dataclass(frozen=True)
class Variation:
    """A scenario: last year, mean load of the town, length of a step, and TOML put at the end of the file."""

    to_year: int
    city_mw: float
    resolution_h: int
    more: str

    def write(self, folder: Path) -> Path:
        """Write network and scenario and return the scenario file."""
        return write_tiny_study(folder, city_mw=self.city_mw, resolution_h=self.resolution_h, more=self.more)


def drawn(rng: np.random.Generator) -> Variation:
    """Draw a scenario."""
    rules = rng.choice(RULES, int(rng.integers(1, len(RULES) + 1)), replace=False)
    off = float(rng.uniform(20.0, 60.0))
    cancelled = '"p_new"' if rng.random() < 0.25 else ""
    more = f"""
[commissioning]
slip_months_by_project = {{ p_new = {rng.integers(-24, 48)} }}
cancelled_projects = [{cancelled}]

[investors]
include_unpooled = {_flag(rng, 0.8)}
slip_months = {rng.integers(-24, 48)}
coincidence = {rng.uniform(0.2, 1.0):.3f}

[investors.overrides.i1]
p_max_mw = {rng.uniform(0.0, 120.0):.2f}
ramp_months = {rng.integers(0, 36)}
initial_share = {rng.uniform(0.0, 1.0):.2f}

[limits]
basis = "{rng.choice(["current", "power"])}"
rules = [{", ".join(f'"{rule}"' for rule in rules)}]

[cooling]
fans = "{rng.choice(["run", "switched"])}"
on_top_oil_c = {off + rng.uniform(1.0, 30.0):.1f}
off_top_oil_c = {off:.1f}

[solver]
tolerance_pu = {10.0 ** rng.uniform(-10.0, -5.0):.3e}
max_iterations = {rng.integers(1, 40)}
use_fallback = {_flag(rng, 0.7)}
tap_control = {_flag(rng, 0.7)}
"""
    return Variation(
        int(rng.choice([2026, 2027, 2028])), float(rng.uniform(*CITY_MW)), int(rng.choice([6, 12, 24])), more
    )


def _flag(rng: np.random.Generator, share: float) -> str:
    return "true" if rng.random() < share else "false"
