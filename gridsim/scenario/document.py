"""Reading scenario files: TOML, ``extends``, and one merged document that remembers which file said what.

This module opens all files of the room but that of air temperatures (:mod:`gridsim.scenario.ambient_file`).
"""

from __future__ import annotations

import hashlib
import os
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridsim.errors import ScenarioError
from gridsim.scenario.binding import check_table
from gridsim.scenario.keys import KeyKind, keys_of
from gridsim.scenario.model import Scenario
from gridsim.scenario.source_text import SourceText, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTENDS = "extends"
#: More files than this in a chain are a mistake that would take long to find by hand.
MAX_DEPTH = 8
#: Bytes; a scenario is written by hand. What is longer is something else, and would take long to refuse.
LARGEST_FILE = 1_000_000


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
    sources:
        The text of each file.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Path] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    sources: dict[Path, SourceText] = field(default_factory=dict)

    def origin_of(self, dotted: str) -> Path:
        """Return the file that last said something at a key, or about the nearest table around it."""
        name = dotted
        while name and name not in self.origin:
            name = name.rpartition(".")[0]
        return self.origin.get(name, self.files[0])

    def problem(self, dotted: str, what: str) -> str:
        """Return a message about a key, with the file that says something there."""
        return self.sources[self.origin_of(dotted)].problem(dotted, what)


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
    for source, _, digest in chain:
        file = source.path
        document.digests[Path(os.path.relpath(file, path.parent)).as_posix()] = digest
        document.files.append(file)
        document.sources[file] = source
    for source, tree, _ in reversed(chain):
        _merge(document.tree, tree, Scenario, document.origin, source.path)
    return document


def problem_list(problems: list[str]) -> str:
    """Return one message for several problems."""
    if len(problems) == 1:
        return problems[0]
    return "\n".join([f"{len(problems)} problems in the scenario:", *(f"  {problem}" for problem in problems)])


def _read_chain(path: Path) -> tuple[list[tuple[SourceText, dict[str, Any], str]], list[str]]:
    chain: list[tuple[SourceText, dict[str, Any], str]] = []
    problems: list[str] = []
    seen: list[str] = []
    next_file: Path | None = path
    while next_file is not None:
        file = next_file
        real = os.path.realpath(file)
        if real in seen:
            loop = " -> ".join(str(source.path) for source, _, _ in chain)
            raise ScenarioError(f"{file}: key {EXTENDS!r}: the files extend each other in a circle ({loop} -> {file})")
        if len(chain) == MAX_DEPTH:
            raise ScenarioError(f"{path}: key {EXTENDS!r}: more than {MAX_DEPTH} files in a chain. Merge some of them")
        seen.append(real)
        source, tree, digest = _read_toml(file, chain[-1][0].path if chain else None)
        parent = tree.pop(EXTENDS, None)
        if parent is not None and (not isinstance(parent, str) or not parent or not parent.isprintable()):
            raise ScenarioError(source.problem(EXTENDS, f"expected a path, relative to the file, got {shown(parent)}"))
        checked, found = check_table(tree, Scenario, source, extra_words=(EXTENDS,))
        problems += found
        chain.append((source, checked, digest))
        next_file = None if parent is None else Path(os.path.normpath(file.parent / parent))
    return chain, problems


def _read_toml(file: Path, named_by: Path | None) -> tuple[SourceText, dict[str, Any], str]:
    content = _content(file, "" if named_by is None else f" ({EXTENDS!r} of {named_by} names it)")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        return SourceText(file, text), tomllib.loads(text), hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise ScenarioError(f"{file}, row {row}: is not UTF-8 text (byte {error.start}). Save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{file}: is not valid TOML: {error}. Correct it there") from None
    except ValueError:  # what Python says of a whole number with more than some thousand digits
        raise ScenarioError(f"{file}: holds a number with thousands of digits. Correct or shorten it") from None
    except RecursionError:
        raise ScenarioError(f"{file}: holds brackets within brackets, hundreds deep. A scenario needs five") from None


def _content(file: Path, named: str) -> bytes:
    """Return the bytes of a file of reasonable size; a pipe or a device might give bytes without end, or none ever."""
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode):
            what = "a folder" if stat.S_ISDIR(state.st_mode) else "a pipe or a device"
            raise ScenarioError(f"{file}: cannot be read{named}: it is {what}. Name a TOML file")
        if state.st_size > LARGEST_FILE:
            raise ScenarioError(
                f"{file}: cannot be read{named}: it holds {state.st_size:,} bytes, a scenario at most {LARGEST_FILE:,}"
            )
        return file.read_bytes()
    except FileNotFoundError:
        raise ScenarioError(f"{file}: there is no such file{named}. Correct the name") from None
    except OSError as error:
        raise ScenarioError(f"{file}: cannot be read{named}: {error.strerror}. Name a TOML file") from None
    except ValueError:  # a null character
        raise ScenarioError(f"{str(file)!r}: no file can have this name{named}. Name a TOML file") from None


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
