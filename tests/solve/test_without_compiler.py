"""The same answers without the compiler, where the kernels are plain Python and the ladder solves every step."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from gridsim.solve import make_solver
from tests.support.control_nets import CONTROL_NETS
from tests.support.element_nets import ELEMENT_NETS
from tests.support.parity import random_profiles

PLAIN = ("three_winding", "voltage_dependent_load", "two_gens_at_one_bus", "two_islands")
CONTROLLED = ("in_levels", "three_winding_controls_low", "switched_back", "two_grids_share", "everything")
FIELDS = ("status", "vm_pu", "va_degree", "load_mw", "loss_mw", "unserved_mw")
N_STEP = 2


def answers():
    """Arrays by net and field; a third step has far too much load."""
    found = {}
    for name in (*PLAIN, *CONTROLLED):
        builder, options = CONTROL_NETS.get(name, (ELEMENT_NETS.get(name), None))
        net = builder()
        profiles = random_profiles(net, N_STEP + 1, seed=5, noise=0.2)
        profiles["load", "p_mw"][N_STEP] *= 300.0
        solution = make_solver(net, options).solve(profiles, N_STEP + 1)
        found |= {f"{name} {field}": getattr(solution, field) for field in FIELDS}
        found[f"{name} loading"] = solution.loading.columns
        found[f"{name} tap_pos"] = np.array([]) if solution.tap_pos is None else solution.tap_pos
    return found


@pytest.mark.slow  # 20 seconds, most of them imports and lowering in the other process
@pytest.mark.skipif("NUMBA_DISABLE_JIT" in os.environ, reason="this is the run without the compiler")
def test_same_answers_without_the_compiler(repository, tmp_path):
    file = tmp_path / "answers.npz"
    script = (
        "import sys, warnings, numpy\n"
        "warnings.simplefilter('ignore')\n"
        "from gridsim.kernels.jit import IS_COMPILED\n"
        "from tests.solve.test_without_compiler import answers\n"
        "assert not IS_COMPILED\n"
        "numpy.savez(sys.argv[1], **answers())\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(repository)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ours = answers()
    with np.load(file) as theirs:
        assert set(theirs) == set(ours)
        for key, values in ours.items():
            assert values.shape == theirs[key].shape, key
            # The methods differ, and each stops at a mismatch of 1e-8 pu: a loading of 100 % is off by 1e-7 of itself.
            tolerance = 1e-9 if key.endswith(("vm_pu", "tap_pos", "status")) else 1e-6
            assert np.allclose(values, theirs[key], rtol=0.0, atol=tolerance, equal_nan=True), key
    for name in (*PLAIN, *CONTROLLED):
        assert ours[f"{name} status"].tolist()[:N_STEP] == [0] * N_STEP
        assert ours[f"{name} status"][N_STEP] > 1
