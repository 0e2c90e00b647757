"""What a claim file says, however much of it reached the disk."""

from __future__ import annotations

import dataclasses

import pytest

from gridsim.results.journal import RunStart, block_line, read_journal, start_line
from tests.support.hand_made import record

START = RunStart(
    scenario="Опорный «2026»\r\u2028",
    from_year=2026,
    to_year=2027,
    options={"tolerance_pu": 1e-8, "threads": 0},
    inputs={"network": {"buses.csv": "aa"}, "scenario": {}},
    versions={"numpy": "2"},
    sources="ff",
)
BLOCKS = [
    dataclasses.replace(record(2026, stage, 10 * stage, 10 * stage + 10), fingerprint=f"{stage:064x}", origin=origin)
    for stage, origin in enumerate(["solved", "reused from manifest ab", "solved"])
]


def test_start_and_blocks_come_back() -> None:
    journal = read_journal(start_line(START) + b"".join(block_line(block) for block in BLOCKS))
    assert journal.start == START
    assert journal.blocks == tuple(BLOCKS)


def test_every_beginning_of_a_journal_holds_the_lines_that_are_whole_in_it() -> None:
    lines = [start_line(START), *(block_line(block) for block in BLOCKS)]
    content = b"".join(lines)
    for n_byte in range(len(content) + 1):
        journal = read_journal(content[:n_byte])
        n_line = sum(len(b"".join(lines[: n + 1])) <= n_byte for n in range(len(lines)))
        assert journal.n_byte == len(b"".join(lines[:n_line]))
        assert journal.start == (START if n_line else None)
        assert journal.blocks == tuple(BLOCKS[: max(n_line - 1, 0)])


def test_a_block_noted_again_stands_once() -> None:
    again = dataclasses.replace(BLOCKS[0], fingerprint="b" * 64)
    journal = read_journal(start_line(START) + b"".join(block_line(block) for block in (*BLOCKS, again)))
    assert journal.blocks == (again, *BLOCKS[1:])


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"gridsim-results-1\nprocess 7\n", b"[]\n", b'{"format": "x"}\n', b"\xff\n"]
)
def test_something_else_is_no_start(content: bytes) -> None:
    journal = read_journal(content + block_line(BLOCKS[0]))
    assert (journal.start, journal.blocks, journal.n_byte) == (None, (), 0)


@pytest.mark.parametrize("damaged", [b"{}\n", b"nothing\n", b'{"file": 1, "colour": "red"}\n', b"7\n"])
def test_nothing_is_believed_behind_a_damaged_line(damaged: bytes) -> None:
    whole = start_line(START) + block_line(BLOCKS[0])
    journal = read_journal(whole + damaged + block_line(BLOCKS[1]))
    assert journal.blocks == (BLOCKS[0],)
    assert journal.n_byte == len(whole)
