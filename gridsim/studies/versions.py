"""Versions of what computes a run, for its manifest; nothing is imported to find them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from gridsim._version import __version__

PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "pandas", "pyarrow", "pandapower", "demandlib", "pvlib", "holidays")


def versions() -> dict[str, str]:
    """Return package to version, ``python`` and ``gridsim`` first; packages that are not installed are absent."""
    found = {"python": platform.python_version(), "gridsim": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
