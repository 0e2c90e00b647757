"""Load flow of a batch of steps: options, the batch solver, its fall-back ladder, and the slow judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from gridsim.enums import LoadingBasis, Solver
from gridsim.solve.options import SolveOptions

if TYPE_CHECKING:
    from gridsim.compiled.injection import Profiles
    from gridsim.solve.solution import BatchSolution


class BatchSolver(Protocol):
    """Solves any number of batches of one topology; no result depends on what was solved before."""

    @property
    def tap_units(self) -> list[tuple[str, int]]:
        """Table and place of the unit of each controlled tap changer, in the order of ``BatchSolution.tap_pos``."""
        ...

    def solve(
        self, profiles: Profiles, n_step: int, *, loading_only: bool = False, from_settled_taps: bool = False
    ) -> BatchSolution:
        """Solve ``n_step`` steps; see :meth:`gridsim.solve.newton_solver.NewtonSolver.solve`."""
        ...


def make_solver(
    net: Any, options: SolveOptions | None = None, basis: LoadingBasis = LoadingBasis.current
) -> BatchSolver:
    """Make the solver that the options ask for.

    Parameters
    ----------
    net:
        One topology, a balanced ``pandapowerNet``; not changed.
    options:
        Solver, tolerance, threads; the defaults when None.
    basis:
        Basis of the loading of transformers.

    Raises
    ------
    CompileError
        When the net holds something that is not modelled.
    """
    chosen = options or SolveOptions()
    if chosen.solver is Solver.pandapower:
        from gridsim.solve.reference import ReferenceSolver  # noqa: PLC0415  loads pandapower

        return ReferenceSolver(net, chosen, basis)
    from gridsim.solve.newton_solver import NewtonSolver  # noqa: PLC0415  loads numba

    return NewtonSolver(net, chosen, basis)
