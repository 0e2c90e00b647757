"""Where compiled kernels are kept between processes.

numba notices when the file of a kernel changes, but not when a kernel *called* by it in another file does, and would
then run the old machine code. So the folder carries a hash of every kernel source: any edit starts an empty folder.
It lies in the user's cache and not beside the sources, which may be installed read-only.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path


def sources_hash(folder: Path) -> str:
    """Return 16 hexadecimal digits over names and contents of ``folder/*.py``."""
    digest = hashlib.sha256()
    for source in sorted(folder.glob("*.py")):
        digest.update(source.name.encode())
        digest.update(b"\0")
        digest.update(source.read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def candidate_folders() -> list[Path]:
    """Return the places that may hold the cache, best first: the wish of the user, his cache, the temporary folder."""
    candidates = []
    wished = os.environ.get("NUMBA_CACHE_DIR")
    if wished:
        candidates.append(Path(wished))
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    if base and not base.startswith("~"):
        candidates.append(Path(base))
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    candidates.append(Path(tempfile.gettempdir()) / f"gridsim-{user}")
    return candidates


def cache_folder(sources: Path) -> Path | None:
    """Return a folder that exists, can be written and belongs to these sources alone; None when there is no such place.

    Parameters
    ----------
    sources:
        Folder of the kernel sources.
    """
    name = f"kernels-{sources_hash(sources)}"
    for candidate in candidate_folders():
        folder = candidate / "gridsim" / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        return folder
    return None
