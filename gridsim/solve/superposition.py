"""Whose current flows in a branch: superposition at a solved operating point.

At the voltages V of a solution, whatever takes the power S at a bus takes the current conj(S / V) there. The buses
whose voltage is unknown then obey

    Y_FF V_F = I_F - Y_FS V_S        F: free buses, S: slack buses

which is linear, so that the current at the end of a branch, t_F V_F + t_S V_S, splits without remainder into

    sum_b w_b I_b + (t_S - w Y_FS) V_S,     w = t_F Y_FF^-1

one part for every current taken or fed in, and one of the slack sources. The share of a part I_k in the whole I is its
projection, Re(I_k conj(I)) / |I|^2: shares of all parts sum to 1, and a part that flows against the rest is negative.

Source: Grainger & Stevenson, Power System Analysis, ch. 8 (Z-bus and superposition).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.dtypes import ComplexArray, FloatArray
    from gridsim.kernels.structures import LoadingColumns

#: A current below this is what rounding leaves of none, and nobody has a share in it.
NO_CURRENT_PU = 1e-9


@dataclass(frozen=True)
class BranchEnd:
    """The end of a branch that decides its loading.

    Attributes
    ----------
    row:
        Row of its bus.
    current_pu:
        Current into the branch there.
    weight:
        Current into the branch per current fed in at each row, complex; 0 at slack rows. Shape (n_bus,).
    of_slack_pu:
        Part of the current that the voltages of the slacks drive.
    """

    row: int
    current_pu: complex
    weight: ComplexArray
    of_slack_pu: complex


class Superposition:
    """Splits branch currents of one solved step.

    Parameters
    ----------
    compiled, columns:
        The topology at the tap positions of the step, and its loading columns.
    voltage_pu:
        Solved voltage of each row. Shape (n_bus,).
    """

    def __init__(self, compiled: CompiledGrid, columns: LoadingColumns, voltage_pu: ComplexArray) -> None:
        network, n_bus = compiled.network, compiled.n_bus
        y = csr_array((network.y_g + 1j * network.y_b, network.y_indices, network.y_indptr), shape=(n_bus, n_bus))
        self._n_free = compiled.n_free
        self._columns = columns
        self._slack_voltage = voltage_pu[self._n_free :]
        self._to_slack = y[: self._n_free, self._n_free :]
        self._transposed = splu(csc_array(y[: self._n_free, : self._n_free].T))
        self.voltage_pu = voltage_pu
        self.injected_pu: ComplexArray = voltage_pu * np.asarray(y @ voltage_pu).conj()

    def branch_end(self, column: int) -> BranchEnd:
        """Return the end that decides the loading of a loading column."""
        columns = self._columns
        f, t = int(columns.from_pos[column]), int(columns.to_pos[column])
        self_from, mutual_from, mutual_to, self_to = (
            complex(*pair[column])
            for pair in (columns.y_self_from, columns.y_mutual_from, columns.y_mutual_to, columns.y_self_to)
        )
        ends = []
        for row, of_from, of_to, percent in (
            (f, self_from, mutual_from, columns.percent_from[column]),
            (t, mutual_to, self_to, columns.percent_to[column]),
        ):
            current = of_from * self.voltage_pu[f] + of_to * self.voltage_pu[t]
            by_power = abs(self.voltage_pu[row]) if columns.is_power[column] else 1.0
            ends.append((float(abs(current) * by_power * percent), row, of_from, of_to, complex(current)))
        _, row, of_from, of_to, current = max(ends, key=lambda end: end[0])
        target = np.zeros(len(self.voltage_pu), dtype=np.complex128)
        target[f] += of_from
        target[t] += of_to
        weight = np.zeros_like(target)
        weight[: self._n_free] = self._transposed.solve(target[: self._n_free])
        driven = np.asarray(self._to_slack @ self._slack_voltage)
        of_slack = complex(target[self._n_free :] @ self._slack_voltage - weight[: self._n_free] @ driven)
        return BranchEnd(row, current, weight, of_slack)

    def shares(self, end: BranchEnd, injected_pu: ComplexArray) -> FloatArray:
        """Return the share of powers fed in (load: negative) in the current of a branch end.

        Parameters
        ----------
        end:
            Of this step.
        injected_pu:
            Complex power of each part at each row. Shape (n_part, n_bus).

        Returns
        -------
        Shape (n_part,).
        """
        currents = (injected_pu / self.voltage_pu).conj() @ end.weight
        return self.projected(end, currents)

    @staticmethod
    def projected(end: BranchEnd, currents_pu: ComplexArray) -> FloatArray:
        """Return the share of parts of the current, given themselves; NaN without current. Shapes (n_part,)."""
        if abs(end.current_pu) < NO_CURRENT_PU:
            return np.full(len(currents_pu), np.nan)
        return np.asarray((currents_pu * np.conj(end.current_pu)).real / abs(end.current_pu) ** 2)
