"""Sums of element powers at the buses they stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import parallel_kernel, prange

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray


@parallel_kernel
def accumulate(values: FloatArray, pos: IndexArray, factor: FloatArray, out: FloatArray) -> None:
    """Add element values to their buses: ``out[t, pos[e]] += factor[e] * values[t, e]``.

    Parameters
    ----------
    values:
        Value of each element and step, in the unit of its table (MW, Mvar). Shape (n_step, n_element).
    pos:
        Row of the bus, -1 for elements that do not count. Shape (n_element,).
    factor:
        From the table's unit and sign to injection in pu (positive into the grid). Shape (n_element,).
    out:
        Bus sums, changed in place. Shape (n_step, n_bus).
    """
    for step in prange(values.shape[0]):
        for element in range(values.shape[1]):
            row = pos[element]
            if row >= 0:
                out[step, row] += factor[element] * values[step, element]
