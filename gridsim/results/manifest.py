"""The manifest: what went in, what computed it, how the steps ended. Its presence says that the run was finished."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from gridsim.errors import ResultStoreError
from gridsim.results.layout import FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping


#: Origin of a block that the run has solved itself, however often it was interrupted.
SOLVED = "solved"


@dataclass(frozen=True)
class BlockRecord:
    """The files of one block: ``stage`` in the local ``year``, steps ``start_step`` to ``stop_step - 1`` of the run.

    Attributes
    ----------
    file:
        Loading of every step.
    steps_file:
        Status, load, losses and tap positions of every step; empty in results that hold loading alone.
    fingerprint:
        SHA-256 over everything that the numbers of the block depend on.
    origin:
        ``solved``, or ``reused from`` and the run that has solved it.
    """

    file: str
    year: int
    stage: int
    start_step: int
    stop_step: int
    steps_file: str = ""
    fingerprint: str = ""
    origin: str = SOLVED


@dataclass(frozen=True)
class Manifest:
    """What made a result directory.

    Attributes
    ----------
    scenario, title:
        Name and title of the scenario.
    from_year, to_year:
        First and last local year of the run.
    resolution_h, utc_offset_h:
        Length of a step in hours; local time minus UTC in hours.
    loading_basis:
        ``current`` or ``power``, as in :class:`gridsim.enums.LoadingBasis`.
    limits:
        The rules of transformers, the one that ranks first: name, edition, source, is_verified, is_inferred,
        derivation, ambient, classes, and percent where the rule begins at one loading for all.
    options:
        Solver options and arguments of the run.
    inputs:
        Folder or file kind to file name to SHA-256 of the bytes that were read.
    versions:
        Package to version; ``python`` among them.
    steps:
        ``total``, ``solved``, ``failed`` and ``by_status`` (status to count).
    blocks:
        Files of every block in time order, and where its numbers come from.
    created_utc:
        When the run was finished.
    elapsed_s:
        Phase to seconds of wall clock; ``total`` among them.
    line_limit:
        The rule of lines, with the same keys.
    scenario_values:
        Value of every key of the scenario by dotted name, paths left out.
    origin:
        ``scenario_file`` and ``network_folder``, absolute paths at the time of the run: what studies need that begin
        from results.
    """

    scenario: str
    title: str
    from_year: int
    to_year: int
    resolution_h: float
    utc_offset_h: float
    loading_basis: str
    limits: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, str]
    steps: Mapping[str, Any]
    blocks: tuple[BlockRecord, ...]
    created_utc: str
    elapsed_s: Mapping[str, float]
    line_limit: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    scenario_values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blocks_by_origin(self) -> dict[str, int]:
        """Number of blocks by where their numbers come from, those that the run has solved itself first."""
        counts = Counter({SOLVED: 0})
        counts.update(block.origin for block in self.blocks)
        return dict(counts)

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as plain lists and dicts, format mark first."""
        return {"format": FORMAT, **asdict(self), "blocks_by_origin": self.blocks_by_origin}

    @classmethod
    def from_dict(cls, record: object, *, place: str) -> Manifest:
        """Return the manifest held by ``record``; ResultStoreError naming ``place`` when it is not one."""
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            found = record.get("format") if isinstance(record, dict) else None
            raise ResultStoreError(f"{place}: not a manifest of gridsim results (format {found!r}, wanted {FORMAT!r})")
        wanted = {entry.name for entry in fields(cls)}
        missing = sorted(wanted - set(record))
        if missing:
            raise ResultStoreError(f"{place}: the manifest lacks {', '.join(missing)}; run the scenario again")
        values = {name: record[name] for name in wanted}
        try:
            values["blocks"] = tuple(BlockRecord(**block) for block in record["blocks"])
            values["limits"] = tuple(dict(limit) for limit in record["limits"])
        except (TypeError, ValueError) as error:
            raise ResultStoreError(f"{place}: the manifest lists its blocks or limits wrongly ({error})") from error
        return cls(**values)
