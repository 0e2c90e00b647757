"""Array dtypes, named once so that a change of width is one edit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT = np.float64
COMPLEX = np.complex128
INDEX = np.int64
STATUS = np.int8
#: Loading on disk: 24 bits of mantissa are 6e-6 % at 100 %, below the accuracy bar of 1e-5 %.
STORED_LOADING = np.float32

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
IndexArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
StatusArray = NDArray[np.int8]
AnyArray = NDArray[Any]
