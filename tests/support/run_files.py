"""Two result directories laid side by side, byte by byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: What may differ between two runs of the same: when they were made, and how long that took.
TIMES = ("created_utc", "elapsed_s")


def manifest_of(directory: Path) -> dict[str, Any]:
    """Manifest of a run, without its times."""
    found = json.loads((directory / "manifest.json").read_bytes())
    return {name: value for name, value in found.items() if name not in TIMES}


def result_files(directory: Path) -> dict[str, bytes]:
    """Every file of a run but its manifest."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


def assert_same_files(directory: Path, wanted: Path) -> None:
    """Both runs have the same files with the same bytes, and nothing else; manifests are not looked at."""
    found, expected = result_files(directory), result_files(wanted)
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def assert_same_run(directory: Path, wanted: Path) -> None:
    """Both directories are the same but for the times in their manifests."""
    assert_same_files(directory, wanted)
    found, expected = manifest_of(directory), manifest_of(wanted)
    assert {key: value for key, value in found.items() if value != expected.get(key)} == {}
    assert sorted(found) == sorted(expected)
