"""The journal of a run under way: what it set out to do, and every block that is done, one line of JSON each.

It stands in the claim file, which only the run that holds the claim writes to. A line counts once its end is there; a
process that is killed while it writes one leaves a line without end, which is cut off when the run is resumed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from gridsim.results.layout import FORMAT
from gridsim.results.manifest import BlockRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

END_OF_LINE = b"\n"


@dataclass(frozen=True)
class RunStart:
    """What a run set out to do, as its manifest will say it.

    Attributes
    ----------
    scenario, from_year, to_year, options, inputs, versions, origin, scenario_values:
        As in :class:`gridsim.results.manifest.Manifest`.
    sources:
        Hash of the source code that solves load flows and shapes what is stored of them.
    reuse:
        Directory of the run whose blocks are taken over; empty when there is none.
    """

    scenario: str
    from_year: int
    to_year: int
    options: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, str]
    sources: str
    origin: Mapping[str, str] = field(default_factory=dict)
    scenario_values: Mapping[str, Any] = field(default_factory=dict)
    reuse: str = ""


@dataclass(frozen=True)
class Journal:
    """What a claim file says.

    Attributes
    ----------
    start:
        None when the run was interrupted before it had said what it would do.
    blocks:
        Blocks that are done, in the order in which they were.
    n_byte:
        Length of the lines that are whole.
    """

    start: RunStart | None
    blocks: tuple[BlockRecord, ...]
    n_byte: int


def start_line(start: RunStart) -> bytes:
    """Return the first line of a journal."""
    return _line({"format": FORMAT, **asdict(start)})


def block_line(record: BlockRecord) -> bytes:
    """Return the line of a block that is done."""
    return _line(asdict(record))


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, allow_nan=False).encode() + END_OF_LINE


def read_journal(content: bytes) -> Journal:
    """Return what the bytes of a claim file say; what comes after the first line that is not whole is left out."""
    first, *others = content.splitlines(keepends=True) or [b""]
    start = _read_start(first)
    if start is None:
        return Journal(None, (), 0)
    n_byte = len(first)
    blocks: dict[tuple[int, int], BlockRecord] = {}
    for line in others:
        record = _read_block(line)
        if record is None:
            break
        blocks[record.year, record.stage] = record  # a block that had to be solved again is noted again
        n_byte += len(line)
    return Journal(start, tuple(blocks.values()), n_byte)


def _read_start(line: bytes) -> RunStart | None:
    found = _read_line(line)
    if found is None or found.pop("format", None) != FORMAT:
        return None
    known = {entry.name for entry in fields(RunStart)}
    try:
        return RunStart(**{name: value for name, value in found.items() if name in known})
    except TypeError:
        return None


def _read_block(line: bytes) -> BlockRecord | None:
    found = _read_line(line)
    try:
        return None if found is None else BlockRecord(**found)
    except TypeError:
        return None


def _read_line(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(END_OF_LINE):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
