"""Draw the baseline pictures again, and look at them: ``python -m tests.plots.draw_baselines [KIND ...]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.picture_baselines import N_TRANSFORMER, write_baseline
from tests.support.synthetic_studies import FIGURES


def main(kinds: list[str]) -> None:
    """Draw the baselines of ``kinds``, all when none is named, and print their files."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds or FIGURES:
            path = write_baseline(kind, FIGURES[kind](Path(folder), N_TRANSFORMER))
            sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
