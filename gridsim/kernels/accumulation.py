"""Sums of element powers at the buses they stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import kernel

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray


@kernel
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
    for step in range(values.shape[0]):
        for element in range(values.shape[1]):
            row = pos[element]
            if row >= 0:
                out[step, row] += factor[element] * values[step, element]


@kernel
def weighted_sums(values: FloatArray, weight: FloatArray, out: FloatArray) -> None:
    """Add the weighted sum over elements to every step: ``out[t] += sum_e weight[e] * values[t, e]``.

    Elements with weight 0 do not count, whatever their value. A library sum would add in an order that depends on how
    many steps there are; here it is the order of the elements, so that a step gives the same bits in any batch.

    Parameters
    ----------
    values:
        Value of each element and step. Shape (n_step, n_element), or (1, n_element) when it never changes.
    weight:
        Shape (n_element,).
    out:
        Changed in place. Shape (n_step,).
    """
    is_constant = values.shape[0] == 1
    for step in range(out.shape[0]):
        row = 0 if is_constant else step
        total = 0.0
        for element in range(values.shape[1]):
            if weight[element] != 0.0:
                total += weight[element] * values[row, element]
        out[step] += total
