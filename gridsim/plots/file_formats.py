"""Formats of picture files, and how each is written so that the same figure gives the same bytes everywhere.

Letters stay letters: SVG names the font (DejaVu Sans) and holds the text, PDF embeds the letters used as TrueType
(font type 42), so that both can be searched, copied and edited. No date, version or path stands inside.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from gridsim.errors import ResultStoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: Options of ``savefig``. Compression level 3 of PNG, measured on these pictures: a little smaller than with the
#: default level 6, in two thirds of the time.
SAVE_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}},
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}
#: Settings that matplotlib takes from ``rcParams`` only. The salt makes the names of clip paths in SVG repeatable.
_VECTOR_SETTINGS: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "gridsim", "pdf.fonttype": 42}
_ONE_AT_A_TIME = threading.Lock()


def format_of(target: Path) -> str:
    """Return the format that the suffix of ``target`` names; ResultStoreError unless it is png, svg or pdf."""
    suffix = target.suffix.removeprefix(".").lower()
    if suffix not in SAVE_OPTIONS:
        raise ResultStoreError(f"{target}: a picture cannot be written as {suffix!r}; use png, svg or pdf")
    return suffix


@contextmanager
def settings_of(suffix: str) -> Iterator[None]:
    """Give matplotlib the settings of a vector format for a while; other threads that write one wait."""
    if suffix == "png":
        yield
        return
    with _ONE_AT_A_TIME, mpl.rc_context(_VECTOR_SETTINGS):
        yield
