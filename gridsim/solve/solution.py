"""What a batch load flow answers: one row per step, and a status for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import COMPLEX, INDEX, STATUS
from gridsim.enums import StepStatus

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, BoolArray, ComplexArray, FloatArray, IndexArray, StatusArray

#: Tap position of a step without solution.
NO_POSITION = -9999


@dataclass(frozen=True)
class LoadingArrays:
    """Loading in percent, in table order; NaN for failed steps and elements out of service.

    Attributes
    ----------
    columns:
        All of them side by side: trafos, windings hv mv lv of each three-winding unit, lines. Shape
        (n_step, n_trafo + 3 n_trafo3w + n_line), float64, or float32 where only loading was wanted.
    n_trafo, n_trafo3w:
        Number of units, which says where each table begins.
    """

    columns: AnyArray
    n_trafo: int
    n_trafo3w: int

    @property
    def trafo(self) -> AnyArray:
        """Two-winding transformers, worse of both sides. A view of shape (n_step, n_trafo)."""
        return self.columns[:, : self.n_trafo]

    @property
    def trafo3w(self) -> AnyArray:
        """Windings hv, mv, lv, each on its own rating. A view of shape (n_step, n_trafo3w, 3)."""
        windings = self.columns[:, self.n_trafo : self.n_trafo + 3 * self.n_trafo3w]
        return windings.reshape(len(self.columns), self.n_trafo3w, 3)

    @property
    def line(self) -> AnyArray:
        """Lines, worse of both ends. A view of shape (n_step, n_line)."""
        return self.columns[:, self.n_trafo + 3 * self.n_trafo3w :]


@dataclass(frozen=True)
class BatchSolution:
    """Result of a batch. Rows are steps in the order of the profiles.

    Attributes
    ----------
    status:
        :class:`gridsim.enums.StepStatus` of each step. Shape (n_step,).
    iterations:
        Newton iterations of each step, over all rungs that were tried. Shape (n_step,).
    mismatch_pu:
        Largest power mismatch at any bus in pu of ``net.sn_mva``; NaN for failed steps. Shape (n_step,).
    rung:
        Which rung of the fall-back ladder solved the step, 0 for the first method; -1 for failed steps. Shape
        (n_step,).
    voltage_pu:
        Voltage of each row; NaN for failed steps. Shape (n_step, n_row), or (0, 0) when voltages were not kept.
    bus_pos:
        Row of each bus in ``net.bus`` order, -1 when it is out of service or without source. Shape (n_bus,).
    loading:
        Loading of transformers and lines.
    load_mw:
        Total active load with a source; NaN for failed steps. Shape (n_step,).
    loss_mw:
        Total active loss of all branches; NaN for failed steps. Shape (n_step,).
    unserved_mw:
        Active load on buses that no source reaches; more than 0 only where the status is ``de_energised``.
        Shape (n_step,).
    tap_pos:
        Settled position of each controlled tap, in the order of ``CompiledGrid.controls.taps``; ``NO_POSITION`` for
        failed steps. Shape (n_step, n_tap); None when no tap is controlled.
    """

    status: StatusArray
    iterations: IndexArray
    mismatch_pu: FloatArray
    rung: StatusArray
    voltage_pu: ComplexArray
    bus_pos: IndexArray
    loading: LoadingArrays
    load_mw: FloatArray
    loss_mw: FloatArray
    unserved_mw: FloatArray
    tap_pos: IndexArray | None = None

    @property
    def n_step(self) -> int:
        """Number of steps."""
        return len(self.status)

    @property
    def is_solved(self) -> BoolArray:
        """Whether the numbers of each step may be used. Shape (n_step,)."""
        return np.asarray(self.status <= StepStatus.ok_fallback)

    @property
    def vm_pu(self) -> FloatArray:
        """Voltage magnitude of each bus in ``net.bus`` order, NaN where there is none. Shape (n_step, n_bus)."""
        return np.asarray(np.abs(self._bus_voltage()))

    @property
    def va_degree(self) -> FloatArray:
        """Voltage angle of each bus in ``net.bus`` order, NaN where there is none. Shape (n_step, n_bus)."""
        return np.asarray(np.angle(self._bus_voltage(), deg=True))

    def _bus_voltage(self) -> ComplexArray:
        if len(self.voltage_pu) != self.n_step:
            raise ValueError("voltages were not kept: solve without loading_only=True")
        voltage = self.voltage_pu[:, self.bus_pos]
        voltage[:, self.bus_pos < 0] = np.nan
        return voltage

    def count_by_status(self) -> dict[StepStatus, int]:
        """Return the number of steps of every status, zero counts included."""
        counts = np.bincount(self.status.astype(np.int64), minlength=len(StepStatus))
        return {status: int(counts[status]) for status in StepStatus}


def empty_solution(n_step: int, n_bus: int, n_trafo: int, n_trafo3w: int, n_line: int, n_tap: int = 0) -> BatchSolution:
    """Return a solution of the given size in which every step has failed, to be filled step by step.

    Its rows of voltages are the buses of the net.
    """
    n_column = n_trafo + 3 * n_trafo3w + n_line
    return BatchSolution(
        status=np.full(n_step, StepStatus.diverged, dtype=STATUS),
        iterations=np.zeros(n_step, dtype=np.int64),
        mismatch_pu=np.full(n_step, np.nan),
        rung=np.full(n_step, -1, dtype=STATUS),
        voltage_pu=np.full((n_step, n_bus), np.nan, dtype=COMPLEX),
        bus_pos=np.arange(n_bus, dtype=INDEX),
        loading=LoadingArrays(np.full((n_step, n_column), np.nan), n_trafo, n_trafo3w),
        load_mw=np.full(n_step, np.nan),
        loss_mw=np.full(n_step, np.nan),
        unserved_mw=np.zeros(n_step),
        tap_pos=np.full((n_step, n_tap), NO_POSITION, dtype=np.int64) if n_tap else None,
    )
