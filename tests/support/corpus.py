"""The corpus of broken inputs: data in tests/corpus, one entry each, and how a file is spoilt as an entry says."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "corpus"


def entries(name: str) -> dict[str, dict[str, Any]]:
    """Return the sections of one file of the corpus."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def spoil(path: Path, how: str, what: Any) -> None:
    """Do to a file what an entry of the corpus says."""
    content = path.read_bytes()
    match how:
        case "text":
            path.write_text(what, encoding="utf-8", newline="")
        case "hex":
            path.write_bytes(bytes.fromhex(what))
        case "encoding":
            path.write_bytes(content.decode().encode(what))
        case "prefix":
            path.write_bytes(what.encode() + content)
        case "suffix":
            path.write_bytes(content + what.encode())
        case "replace":
            old, new = (_bytes(part) for part in what)
            assert old in content
            path.write_bytes(content.replace(old, new))
        case "long":
            place, length = what
            assert place.encode() in content
            path.write_bytes(content.replace(place.encode(), b"x" * length))
        case _:
            _replace(path, how, what)


def _replace(path: Path, how: str, what: Any) -> None:
    """Put something that is no ordinary file, or nothing, in place of a file."""
    if how == "renamed":
        path.rename(path.with_name(what))
        return
    path.unlink()
    match how:
        case "missing":
            return
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(what)
        case "sparse":
            with path.open("wb") as file:
                file.truncate(what)
        case _:
            raise AssertionError(how)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode()
