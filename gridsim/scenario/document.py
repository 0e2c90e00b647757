"""Reading scenario files: TOML, ``extends``, and one merged document that remembers which file said what.

This is the only module of the room that opens files.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridsim.errors import ScenarioError
from gridsim.scenario.binding import check_table
from gridsim.scenario.keys import KeyKind, keys_of
from gridsim.scenario.model import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTENDS = "extends"
#: More files than this in a chain are a mistake that would take long to find by hand.
MAX_DEPTH = 8


@dataclass
class Document:
    """A scenario file merged with everything it extends.

    Attributes
    ----------
    tree:
        Nested tables of checked values; paths are absolute.
    origin:
        File of each value, by dotted key.
    digests:
        sha256 of every file read, by path relative to the folder of the first.
    files:
        The files, first the one asked for.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Path] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)


def read_document(path: Path) -> Document:
    """Read a scenario file and what it extends.

    Raises
    ------
    ScenarioError
        A file is missing, not TOML, extends itself, or holds unknown keys or wrong values. The problems of all files
        of the chain are listed together.
    """
    chain, problems = _read_chain(path)
    if problems:
        raise ScenarioError(problem_list(problems))
    document = Document()
    for file, _, digest in chain:
        document.digests[Path(os.path.relpath(file, path.parent)).as_posix()] = digest
        document.files.append(file)
    for file, tree, _ in reversed(chain):
        _merge(document.tree, tree, Scenario, document.origin, file)
    return document


def problem_list(problems: list[str]) -> str:
    """Return one message for several problems."""
    if len(problems) == 1:
        return problems[0]
    return "\n".join([f"{len(problems)} problems in the scenario:", *(f"  {problem}" for problem in problems)])


def _read_chain(path: Path) -> tuple[list[tuple[Path, dict[str, Any], str]], list[str]]:
    chain: list[tuple[Path, dict[str, Any], str]] = []
    problems: list[str] = []
    seen: list[Path] = []
    next_file: Path | None = path
    while next_file is not None:
        file = next_file
        if file.resolve() in seen:
            loop = " -> ".join(str(entry[0]) for entry in chain)
            raise ScenarioError(f"{file}: key {EXTENDS!r}: the files extend each other in a circle ({loop} -> {file})")
        if len(chain) == MAX_DEPTH:
            raise ScenarioError(f"{path}: key {EXTENDS!r}: more than {MAX_DEPTH} files in a chain. Merge some of them")
        seen.append(file.resolve())
        tree, digest = _read_toml(file, chain[-1][0] if chain else None)
        parent = tree.pop(EXTENDS, None)
        if parent is not None and (not isinstance(parent, str) or not parent):
            raise ScenarioError(f"{file}: key {EXTENDS!r}: expected a path, relative to the file, got {parent!r}")
        checked, found = check_table(tree, Scenario, file, extra_words=(EXTENDS,))
        problems += found
        chain.append((file, checked, digest))
        next_file = None if parent is None else Path(os.path.normpath(file.parent / parent))
    return chain, problems


def _read_toml(file: Path, named_by: Path | None) -> tuple[dict[str, Any], str]:
    named = "" if named_by is None else f" ({EXTENDS!r} of {named_by} names it)"
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise ScenarioError(f"{file}: there is no such file{named}") from None
    except OSError as error:
        raise ScenarioError(f"{file}: cannot be read{named}: {error.strerror}") from None
    try:
        return tomllib.loads(content.decode("utf-8")), hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{file}: is not UTF-8 text (byte {error.start}). Save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{file}: is not valid TOML: {error}") from None


def _merge(
    target: dict[str, Any],
    tree: Mapping[str, Any],
    model: type[Any],
    origin: dict[str, Path],
    file: Path,
    prefix: str = "",
) -> None:
    """Lay the values of one file over those there: tables key by key, everything else as a whole."""
    for name, value in tree.items():
        key = keys_of(model)[name]
        dotted = f"{prefix}{name}"
        origin[dotted] = file
        if key.kind is KeyKind.table and key.model is not None:
            _merge(target.setdefault(name, {}), value, key.model, origin, file, f"{dotted}.")
        elif key.kind is KeyKind.named_tables and key.model is not None:
            entries = target.setdefault(name, {})
            for entry, entry_tree in value.items():
                origin[f"{dotted}.{entry}"] = file
                _merge(entries.setdefault(entry, {}), entry_tree, key.model, origin, file, f"{dotted}.{entry}.")
        elif key.kind in {KeyKind.named_numbers, KeyKind.named_wholes} and not key.is_one_value:
            target[name] = {**target.get(name, {}), **value}
        else:
            target[name] = value
