"""How much of each answer rests on which kind of data: counts by confidence class, for answers and for tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridsim.enums import Confidence
from gridsim.errors import GridsimError
from gridsim.tables.load import load_tables
from gridsim.units import PERCENT

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.report.page.run_tables import RunTables

CLASSES = tuple(str(word) for word in Confidence)


@dataclass(frozen=True)
class Shares:
    """One quantity split over the confidence classes, best first."""

    by_class: tuple[float, ...]

    @property
    def total(self) -> float:
        """Sum over the classes."""
        return float(sum(self.by_class))

    @property
    def percent(self) -> tuple[float, ...]:
        """Parts of the total in percent; nothing where the total is 0."""
        total = self.total
        return tuple(PERCENT * part / total if total else 0.0 for part in self.by_class)

    @property
    def assumed_percent(self) -> float:
        """Part of the total that rests on assumed rows."""
        return self.percent[CLASSES.index(Confidence.assumed)]


def shares_of(frame: pd.DataFrame, weight: str | None = None) -> Shares:
    """Return how the rows of ``frame`` (or the sum of column ``weight``) split over its column ``confidence``."""
    weights = np.ones(len(frame)) if weight is None else frame[weight].to_numpy(np.float64)
    classes = frame["confidence"].to_numpy()
    return Shares(tuple(float(weights[classes == word].sum()) for word in CLASSES))


def answer_shares(run: RunTables) -> dict[str, Shares]:
    """Return what the answers rest on: transformers, those above their limit, their hours and energy, the map."""
    units = run.transformers
    overloaded = units[units["episodes"] > 0]
    return {
        "overloaded": shares_of(overloaded),
        "hours": shares_of(overloaded, "hours"),
        "overload_mvah": shares_of(overloaded, "overload_mvah"),
        "transformers": shares_of(units),
        "rating": shares_of(units, "sn_mva"),
        "substations": shares_of(run.substations),
        "lines": shares_of(run.lines),
    }


def table_shares(run: RunTables) -> dict[str, Shares]:
    """Return how the rows of every network table split, if the network of the run is still where and what it was."""
    folder = run.manifest.origin.get("network_folder")
    if not folder or not Path(folder).is_dir():
        return {}
    try:
        tables = load_tables(Path(folder))
    except GridsimError:
        return {}
    if dict(tables.digests) != dict(run.manifest.inputs.get("network", {})):
        return {}
    return {name: shares_of(frame) for name, frame in tables.frames.items() if "confidence" in frame and len(frame)}
