"""Small hand-made inputs of results and assess: two transformers, one three-winding unit, one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.assess.limits import AmbientSeries
from gridsim.results import Manifest
from gridsim.results.layout import ELEMENTS, column_of, loading_file
from gridsim.results.manifest import BlockRecord
from gridsim.results.store import ResultStore
from gridsim.scenario.limit_model import LimitClass, LimitRule, LimitTier

OPEN_LATE = pd.Timestamp("2026-01-01T10:00Z")


def elements() -> pd.DataFrame:
    """Table ``elements``: six loading columns."""
    rows: list[dict[str, Any]] = [
        {"element_type": "trafo", "name": "t_one", "sn_mva": 25.0, "voltage_kv": 110.0},
        {"element_type": "trafo", "name": "t_two", "sn_mva": 250.0, "voltage_kv": 220.0, "open_utc": OPEN_LATE},
        {"element_type": "trafo3w", "name": "a_one", "winding": "hv", "sn_mva": 125.0, "voltage_kv": 220.0},
        {"element_type": "trafo3w", "name": "a_one", "winding": "mv", "sn_mva": 125.0, "voltage_kv": 110.0},
        {"element_type": "trafo3w", "name": "a_one", "winding": "lv", "sn_mva": 63.0, "voltage_kv": 10.0},
        {"element_type": "line", "name": "l_one", "max_i_ka": 0.5, "voltage_kv": 110.0, "cooling": ""},
    ]
    blank = {
        "winding": "",
        "substation_id": "s",
        "substation_name": 'Substation "Восток", 1',
        "sn_mva": np.nan,
        "max_i_ka": np.nan,
        "open_utc": pd.NaT,
        "close_utc": pd.NaT,
        "confidence": "assumed",
        "is_representative": True,
        "area": "almaty_region",
        "cooling": "onaf",
    }
    frame = pd.DataFrame([blank | row for row in rows])
    frame["element"] = [column_of(row["element_type"], row["name"], row["winding"]) for _, row in frame.iterrows()]
    for column in ("open_utc", "close_utc"):
        frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[ns, UTC]")
    return frame[list(ELEMENTS.column_names)]


def rule(name: str, *tiers: LimitTier, **changes: Any) -> LimitRule:
    """A rule of one class with these tiers."""
    of_class = {key: changes.pop(key) for key in ("sn_below_mva", "sn_up_to_mva", "cooling") if key in changes}
    values = {
        "edition": "test, 1st edition",
        "source": "test",
        "is_verified": False,
        "classes": (LimitClass(tiers=tiers, **of_class),),
    }
    return LimitRule(name=name, **(values | changes))


def constant(percent: float, permitted_h: float = 0.0) -> LimitTier:
    """A tier that begins at one loading, whatever the air temperature."""
    return LimitTier(percent=percent, permitted_h=permitted_h)


def mild(n_step: int) -> AmbientSeries:
    """Air of 20 degree Celsius."""
    return AmbientSeries(np.full(n_step, 20.0), np.full(n_step, 20.0))


def times(n_step: int, start: str = "2025-12-31T19:00Z") -> pd.DatetimeIndex:
    """Hourly starts; the default start is local New Year 2026."""
    return pd.date_range(start, periods=n_step, freq="h", unit="ns", name="time_utc")


def manifest(*blocks: BlockRecord, **changes: Any) -> Manifest:
    """A manifest that says nothing of interest except its blocks."""
    values: dict[str, Any] = {
        "scenario": "hand_made",
        "title": "Hand-made",
        "from_year": 2026,
        "to_year": 2026,
        "resolution_h": 1,
        "utc_offset_h": 5,
        "loading_basis": "current",
        "limits": (),
        "options": {},
        "inputs": {},
        "versions": {},
        "steps": {"total": 0, "solved": 0, "failed": 0, "by_status": {}},
        "blocks": blocks,
        "created_utc": "2026-01-01T00:00:00Z",
        "elapsed_s": {},
    }
    return Manifest(**(values | changes))


def record(year: int, stage: int, start_step: int, stop_step: int) -> BlockRecord:
    """The manifest's record of one block."""
    return BlockRecord(loading_file(year, stage), year, stage, start_step, stop_step)


def finished_store(directory: Any, **changes: Any) -> ResultStore:
    """A finished result directory with a manifest and nothing else."""
    with ResultStore.create(directory, **changes) as store:
        store.finish(manifest())
    return store
