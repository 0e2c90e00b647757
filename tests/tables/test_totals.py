"""Totals of the tiny network, added up by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.tables import confidence_shares, load_tables, totals
from tests.support.tiny_network import load_tiny_network, tiny_rows, write_rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def entry(frame: pd.DataFrame, topic: str, group: str) -> tuple[float, float]:
    """Return (existing, planned) of one line of the totals."""
    line = frame[(frame["topic"] == topic) & (frame["group"] == group)]
    assert len(line) == 1, frame.to_string()
    return float(line["existing"].iloc[0]), float(line["planned"].iloc[0])


@pytest.mark.parametrize(
    ("topic", "group", "expected"),
    [
        ("transformers in published total", "city_110", (50.0, 0.0)),
        ("substations in published total", "city_110", (1.0, 0.0)),
        ("substations", "almaty_region 220 kV", (1.0, 0.0)),
        ("substations", "almaty_region 110 kV", (0.0, 1.0)),
        ("transformers by upper voltage", "220 kV", (125.0, 125.0)),
        ("transformers by upper voltage", "110 kV", (50.0, 25.0)),
        ("lines", "110 kV", (40.0, 21.0)),
        ("lines", "220 kV", (120.0, 0.0)),
        ("power plants", "chp_gas", (20.0, 0.0)),
        ("power plants", "solar", (0.0, 10.0)),
        ("mean demand of the base year", "almaty_city", (24.0, 0.0)),
        ("mean demand of the base year", "almaty_region", (6.0, 0.0)),
    ],
)
def test_totals(tmp_path: Path, topic: str, group: str, expected: tuple[float, float]) -> None:
    assert entry(totals(load_tiny_network(tmp_path)), topic, group) == expected


def test_empty_tables_add_up_to_nothing(tmp_path: Path) -> None:
    rows = tiny_rows()
    keep = ("sources", "substations", "buses", "external_grids", "lines", "line_types")
    kept = {name: records for name, records in rows.items() if name in keep}
    kept["lines"] = [line for line in kept["lines"] if line["status"] == "existing" and "220" in line["from_bus_id"]]
    frame = totals(load_tables(write_rows(tmp_path, kept)))
    assert set(frame["topic"]) == {"substations", "lines", "substations in published total"}
    assert entry(frame, "lines", "220 kV") == (120.0, 0.0)


def test_confidence_shares(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["loads"][0]["confidence"] = "published"
    shares = confidence_shares(load_tables(write_rows(tmp_path, rows))).set_index("table")
    assert shares.loc["loads", "published_percent"] == pytest.approx(100.0 / 3.0)
    assert shares.loc["loads", "assumed_percent"] == pytest.approx(200.0 / 3.0)
    n_row = sum(len(records) for name, records in rows.items() if name != "sources")
    assert shares.loc["all", "n_row"] == n_row
    assert shares.loc["all", "published_percent"] == pytest.approx(100.0 / n_row)
    columns = [name for name in shares.columns if name.endswith("_percent")]
    assert shares[columns].sum(axis=1).to_numpy() == pytest.approx(100.0)
