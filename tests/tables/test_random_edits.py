"""Folders edited at random: whatever a user does to the cells, there are findings or tables, never a traceback."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from gridsim.grid.build import build_net
from gridsim.grid.commissioning import calendar
from gridsim.tables import check_tables, confidence_shares, totals
from gridsim.tables.schema import TABLES
from tests.support.commissioning_options import only_commissioning
from tests.support.tiny_network import Rows, tiny_rows, write_rows

if TYPE_CHECKING:
    from pathlib import Path

WORDS = (
    *("", "0", "-1", "1", "1e9", "nan", "inf", "1,5", "20", "220", "true", "\x00", "ы", "\n", '"', "x" * 300),
    *("town_10", "west_110", "new_10", "p_new", "own", "chp", "national", "trafos", "lines"),
    *("existing", "planned", "open", "close", "slack", "exchange", "pv", "pq", "hv", "pair"),
    *("2026-09-01", "0001-01-01", "9999-12-31"),
)


def edited(seed: int) -> Rows:
    """Return the tiny network after up to twelve edits: rows deleted or doubled, tables emptied, cells replaced."""
    generator = random.Random(seed)  # noqa: S311
    rows = tiny_rows()
    for _ in range(generator.choice((1, 1, 2, 3, 12))):
        table = generator.choice(TABLES)
        records = rows[table.name]
        edit = generator.random()
        if edit < 0.05 or not records:
            rows[table.name] = []
        elif edit < 0.15:
            records.pop(generator.randrange(len(records)))
        elif edit < 0.25:
            records.append(dict(generator.choice(records)))
        else:
            generator.choice(records)[generator.choice(table.columns).name] = generator.choice(WORDS)
    return rows


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_random_edits_never_raise(tmp_path: Path, start: int) -> None:
    n_bad = 0
    for seed in range(start, start + 10):
        tables, findings = check_tables(write_rows(tmp_path, edited(seed)))
        n_bad += bool(findings)
        assert all(str(finding) for finding in findings)
        if tables is not None:
            totals(tables)
            confidence_shares(tables)
        if not findings:
            assert tables is not None
            build_net(tables)
            calendar(tables, only_commissioning())
    assert n_bad >= 5
