"""The result directory of a run: columnar files written whole or not at all, and a manifest of what made them."""

from __future__ import annotations

from gridsim.results.manifest import Manifest
from gridsim.results.store import ResultStore

__all__ = ["Manifest", "ResultStore"]
