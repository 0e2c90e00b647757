"""Numbers as a page carries them: rounded to what a picture can show, packed to bytes, written in base64."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, BoolArray, FloatArray

#: Loading in tenths of a percent in two bytes; the two largest numbers say that there is none, and why.
TENTHS = 10.0
WIDE_UNKNOWN, WIDE_ABSENT = 65534, 65535
#: Loading in whole percents, rounded up so that what is above 100 % stays above it, in one byte.
NARROW_UNKNOWN, NARROW_ABSENT = 254, 255


def base64_of(values: AnyArray) -> str:
    """Return the bytes of an array, lowest byte first, as base64."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")


def wide_loading(percent: FloatArray, is_unknown: BoolArray) -> str:
    """Pack loadings in tenths of a percent; what is above 100 % by less than half a tenth stays above it.

    Parameters
    ----------
    percent:
        Loading in percent, NaN where there is none.
    is_unknown:
        Where NaN means that there is no solution; elsewhere it means out of service. Same shape.
    """
    known = np.nan_to_num(percent)
    tenths = np.where((known > 100.0) & (known < 100.05), 1001.0, np.rint(known * TENTHS))
    tenths = np.clip(tenths, 0, WIDE_UNKNOWN - 1)
    missing = np.where(is_unknown, WIDE_UNKNOWN, WIDE_ABSENT)
    return base64_of(np.where(np.isnan(percent), missing, tenths).astype(np.uint16))


def narrow_loading(percent: FloatArray, is_unknown: BoolArray) -> str:
    """Pack loadings in whole percents, rounded up; parameters as for :func:`wide_loading`."""
    whole = np.clip(np.ceil(np.nan_to_num(percent)), 0, NARROW_UNKNOWN - 1)
    missing = np.where(is_unknown, NARROW_UNKNOWN, NARROW_ABSENT)
    return base64_of(np.where(np.isnan(percent), missing, whole).astype(np.uint8))
