"""Powers of two and logarithms to base two, written so that plain loops over arrays become vector code.

    2^x     = 2^n * sum_k (ln 2)^k f^k / k!,      n = nearest whole number to x, f = x - n, |f| <= 1/2
    log2(x) = e + 2 / ln 2 * sum_k q^(2k+1) / (2k+1),   x = 2^e m,  1/sqrt 2 <= m < sqrt 2,  q = (m - 1) / (m + 1)

The sums end where the next term lies below half a unit in the last place: both functions agree with those of the C
library within a few units, by test. The library's own are calls, which no compiler puts side by side.

Source: Taylor series of the exponential function and of the area tangent; floating-point layout of IEEE 754.
"""

from __future__ import annotations

import numpy as np

from gridsim.kernels.jit import lane_part

#: Added and taken away again, it leaves the nearest whole number, which also stands in the lowest bits of the sum.
_ROUNDER = 6755399441055744.0
_ROUNDER_BITS = 0x4338000000000000
_ONE_BITS = 0x3FF0000000000000
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD
_FRACTION_BITS = 52


@lane_part
def power_of_two(x: float) -> float:
    """Return 2^x for -1000 <= x <= 1000; what lies outside is moved to the bound."""
    x = min(max(x, -1000.0), 1000.0)
    shifted = x + _ROUNDER
    f = x - (shifted - _ROUNDER)
    p = 2.5678435993488196e-11
    p = p * f + 4.44553827187081e-10
    p = p * f + 7.054911620801121e-09
    p = p * f + 1.0178086009239696e-07
    p = p * f + 1.3215486790144305e-06
    p = p * f + 1.5252733804059838e-05
    p = p * f + 0.00015403530393381606
    p = p * f + 0.0013333558146428441
    p = p * f + 0.009618129107628477
    p = p * f + 0.055504108664821576
    p = p * f + 0.2402265069591007
    p = p * f + 0.6931471805599453
    p = p * f + 1.0
    exponent = (np.float64(shifted).view(np.int64) << _FRACTION_BITS) + np.int64(_ONE_BITS)
    return p * np.int64(exponent).view(np.float64)


@lane_part
def log_two(x: float) -> float:
    """Return log2(x) of a positive normal number."""
    bits = np.float64(x).view(np.int64)
    e = (bits - np.int64(_ROOT_HALF_BITS)) >> _FRACTION_BITS
    m = np.int64(bits - (e << _FRACTION_BITS)).view(np.float64)
    q = (m - 1.0) / (m + 1.0)
    square = q * q
    p = 0.15186263588304877
    p = p * square + 0.16972882833987804
    p = p * square + 0.19235933878519512
    p = p * square + 0.22195308321368667
    p = p * square + 0.2623081892525388
    p = p * square + 0.3205988979753252
    p = p * square + 0.4121985831111324
    p = p * square + 0.5770780163555853
    p = p * square + 0.9617966939259756
    p = p * square + 2.8853900817779268e00
    return np.int64(e + np.int64(_ROUNDER_BITS)).view(np.float64) - _ROUNDER + p * q
