"""Frames as what JSON knows: how commands write records for scripts.

``check`` and ``compare`` leave it to pandas instead, which rounds to ten decimals; the summary of a run is rounded to
three when the run is written.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd


def plain_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dicts of :func:`plain_value`."""
    return [{str(key): plain_value(value) for key, value in record.items()} for record in frame.to_dict("records")]


def plain_value(value: Any) -> Any:
    """Return one value as JSON knows it: times as ISO texts, what is missing or not finite as None."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or pd.isna(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value
