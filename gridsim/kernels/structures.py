"""Arrays that travel together through the load-flow kernels, grouped so that argument lists stay short.

Units: per unit on the system base, radians. Rows (``bus_pos``) are in elimination order: the ``n_free`` buses whose
voltage is unknown first, the slack buses last. ``n_entry`` counts the stored blocks of the factors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray, StatusArray


class Network(NamedTuple):
    """Admittances and bus kinds of one topology.

    Attributes
    ----------
    y_indptr, y_indices, y_g, y_b:
        Bus admittance matrix Y = G + jB in compressed rows, pu; pattern symmetric, diagonal always stored, columns
        ascending. Shapes (n_bus + 1,), (n_y,), (n_y,), (n_y,).
    is_pq:
        Whether P and Q are given at the bus; otherwise its magnitude is. Shape (n_bus,).
    zip_pos:
        Rows whose load depends on voltage. Shape (n_zip,).
    """

    y_indptr: IndexArray
    y_indices: IndexArray
    y_g: FloatArray
    y_b: FloatArray
    is_pq: BoolArray
    zip_pos: IndexArray


class LuPattern(NamedTuple):
    """Where the triangular factors of the Jacobian have entries, and in which order they are computed.

    One entry is a 2 x 2 block. L (unit diagonal) and U share one row-compressed pattern of the ``n_free`` buses.

    Attributes
    ----------
    indptr, indices:
        Compressed rows, columns ascending. Shapes (n_free + 1,), (n_entry,).
    diagonal:
        Entry of the diagonal block of each row. Shape (n_free,).
    y_entry:
        For every stored admittance the entry it falls on, -1 where its row or column is a slack. Shape (n_y,).
    update_target:
        For every product L(i,k) U(k,j), in the order in which the factorisation meets them, the entry (i,j) from which
        it is subtracted. Shape (n_update,).
    """

    indptr: IndexArray
    indices: IndexArray
    diagonal: IndexArray
    y_entry: IndexArray
    update_target: IndexArray


class LoadingColumns(NamedTuple):
    """What is reported for each loading column: the larger of two ends of one branch.

    Attributes
    ----------
    from_pos, to_pos:
        Rows of the two ends; -1 in both when the element is out of service. Shape (n_column,).
    y_self_from, y_mutual_from, y_mutual_to, y_self_to:
        Admittances: I_from = y_self_from V_from + y_mutual_from V_to, I_to = y_mutual_to V_from + y_self_to V_to,
        pu, as real and imaginary part. Shape (n_column, 2) each.
    percent_from, percent_to:
        Loading in percent per pu of current (or of apparent power); 0 for an end that is not reported.
        Shape (n_column,).
    is_power:
        Whether loading is by apparent power instead of current. Shape (n_column,).
    """

    from_pos: IndexArray
    to_pos: IndexArray
    y_self_from: FloatArray
    y_mutual_from: FloatArray
    y_mutual_to: FloatArray
    y_self_to: FloatArray
    percent_from: FloatArray
    percent_to: FloatArray
    is_power: BoolArray


class Given(NamedTuple):
    """What is given in each step of a batch.

    Attributes
    ----------
    s_bus:
        Constant power injected as (P, Q), positive into the grid. Shape (n_step, n_bus, 2).
    zip_load:
        Injection proportional to V (P, Q) and V squared (P, Q) at ``network.zip_pos``. Shape (n_step, n_zip, 4).
    controlled_pos:
        Rows whose magnitude is given. Shape (n_controlled,).
    vm_set:
        Their magnitudes; one row when they are the same in every step. Shape (n_step or 1, n_controlled).
    """

    s_bus: FloatArray
    zip_load: FloatArray
    controlled_pos: IndexArray
    vm_set: FloatArray


class StepResults(NamedTuple):
    """What the solution of each step writes, one row per step.

    Attributes
    ----------
    vm, va:
        Voltages. Shape (n_step, n_bus).
    code:
        One of ``gridsim.kernels.codes``. Shape (n_step,).
    iterations:
        Iterations, added to what is there already. Shape (n_step,).
    mismatch:
        Largest mismatch in pu. Shape (n_step,).
    sign:
        Sign of the determinant of the last Jacobian, 0 when none was needed. Shape (n_step,).
    """

    vm: FloatArray
    va: FloatArray
    code: StatusArray
    iterations: IndexArray
    mismatch: FloatArray
    sign: StatusArray


class Workspace(NamedTuple):
    """Scratch arrays of one thread: nothing in them outlives a step."""

    e: FloatArray
    f: FloatArray
    p: FloatArray
    q: FloatArray
    residual: FloatArray
    direction: FloatArray
    trial: FloatArray
    vm: FloatArray
    va: FloatArray
    values: FloatArray
