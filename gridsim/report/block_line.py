"""Where the blocks of a run come from, in one line; nothing where the run has simply solved them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.results.manifest import SOLVED

if TYPE_CHECKING:
    from gridsim.results.manifest import Manifest

#: Digits of a hash that are shown; the manifest has all of them.
SHOWN_DIGITS = 12
HASH_DIGITS = 64


def block_line(manifest: Manifest, n_kept: int = 0) -> str:
    """Return what the closing summary says of blocks.

    Parameters
    ----------
    manifest:
        Of the run.
    n_kept:
        Blocks that were stored already when an interrupted run was resumed.
    """
    origins = manifest.blocks_by_origin
    parts = []
    if len(origins) > 1:
        reused = [f"{count:,} {_shortened(origin)}" for origin, count in origins.items() if origin != SOLVED]
        parts += [*reused, f"{origins[SOLVED]:,} solved"]
    if n_kept:
        parts.append(f"{n_kept:,} were stored before the run was resumed")
    return f"Blocks    {len(manifest.blocks):,}: {', '.join(parts)}" if parts else ""


def _shortened(origin: str) -> str:
    """Return an origin with the beginning of its hash."""
    words, _, digits = origin.rpartition(" ")
    return f"{words} {digits[:SHOWN_DIGITS]}" if len(digits) == HASH_DIGITS else origin
