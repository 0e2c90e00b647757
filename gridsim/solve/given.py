"""From injections at the buses to the arrays the Newton kernels take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.structures import Given

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.injection import InjectionBatch


def as_given(compiled: CompiledGrid, injection: InjectionBatch) -> Given:
    """Hand the injections to the kernels: complex powers become pairs of real numbers in place."""
    n_step, n_bus = injection.s_bus_pu.shape
    return Given(
        s_bus=injection.s_bus_pu.view(np.float64).reshape(n_step, n_bus, 2),
        zip_load=injection.zip_pu,
        controlled_pos=compiled.controlled_pos,
        vm_set=injection.vm_set_pu,
    )
