"""A scenario on the tiny network: three years in steps of six hours, growth steep enough to overload the town."""

from __future__ import annotations

from pathlib import Path

from tests.support.tiny_network import Rows, tiny_rows, write_rows

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"


def write_tiny_study(
    folder: Path, *, city_mw: float = 50.0, resolution_h: int = 6, more: str = "", rows: Rows | None = None
) -> Path:
    """Write network and scenario into ``folder`` and return the scenario file.

    ``city_mw`` is the mean load of the town in 2028, from 24 MW in 2025; ``more`` is TOML put at the end.
    """
    tables = tiny_rows() if rows is None else rows
    for investor in tables["investors"]:
        investor["profile"] = "food_plant"
    write_rows(folder / "network", tables)
    scenario = folder / "tiny.toml"
    scenario.write_text(
        f"""
extends = "{REFERENCE.as_posix()}"
name = "tiny"
title = "Tiny study"
network_folder = "network"

[horizon]
from_year = 2026
to_year = 2028
resolution_h = {resolution_h}

[demand.almaty_region]
knots_mw = {{ 2025 = 6.0, 2028 = 8.0 }}

[demand.almaty_city]
reading = "mean"
knots_mw = {{ 2025 = 24.0, 2028 = {city_mw} }}
growth_by_place = {{}}
{more}
""",
        encoding="utf-8",
    )
    return scenario
