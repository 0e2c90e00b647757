"""Where a run took place."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "pandas", "pandapower")


def cpu_name() -> str:
    """Return the processor's own name for itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory_gb() -> float | None:
    """Return the installed memory, None where it cannot be asked for."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, ValueError, OSError):
        return None


def load_average() -> tuple[float, float, float] | None:
    """Return the mean number of busy processes over 1, 5 and 15 minutes, None where nobody counts."""
    try:
        return os.getloadavg()
    except (AttributeError, OSError):
        return None


def describe(versions: dict[str, str]) -> dict[str, Any]:
    """Return machine, versions and load; ``versions`` are those of the subjects."""
    return {
        "date_utc": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "memory_gb": memory_gb(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {**{name: importlib.metadata.version(name) for name in PACKAGES}, **versions},
        "load_average_before": load_average(),
    }
