"""Powers of two and logarithms against those of the C library."""

from __future__ import annotations

import numpy as np

from gridsim.kernels.jit import fused_kernel
from gridsim.kernels.thermal_functions import log_two, power_of_two


@fused_kernel
def powers(x, out):
    for i in range(x.shape[0]):
        out[i] = power_of_two(x[i])


@fused_kernel
def logarithms(x, out):
    for i in range(x.shape[0]):
        out[i] = log_two(x[i])


def test_powers_of_two_are_those_of_the_library():
    x = np.concatenate([np.random.default_rng(1).uniform(-60.0, 60.0, 2001), np.arange(-1000.0, 1001.0), [0.5, -0.5]])
    out = np.empty_like(x)
    powers(x, out)
    np.testing.assert_allclose(out, np.exp2(x), rtol=5e-16)


def test_powers_out_of_range_stop_at_the_bound():
    x = np.array([-5000.0, 5000.0, -np.inf, np.inf])
    out = np.empty_like(x)
    powers(x, out)
    np.testing.assert_array_equal(out, [2.0**-1000, 2.0**1000, 2.0**-1000, 2.0**1000])


def test_logarithms_are_those_of_the_library():
    x = np.concatenate([10.0 ** np.random.default_rng(2).uniform(-100.0, 100.0, 2001), 2.0 ** np.arange(-50.0, 50.0)])
    out = np.empty_like(x)
    logarithms(x, out)
    np.testing.assert_allclose(out, np.log2(x), rtol=1e-15, atol=1e-15)
    near_one = 1.0 + np.linspace(-0.01, 0.01, 101)
    out = np.empty_like(near_one)
    logarithms(near_one, out)
    np.testing.assert_allclose(out, np.log2(near_one), rtol=1e-13)
