"""How a load flow is solved."""

from __future__ import annotations

from dataclasses import dataclass

from gridsim.enums import Solver


@dataclass(frozen=True)
class SolveOptions:
    """Choices of a batch load flow; none of them changes which solution is found, only how.

    Attributes
    ----------
    tolerance_pu:
        Largest mismatch of active or reactive power at any bus at which a step counts as solved, in pu of the system
        base ``net.sn_mva`` (as pandapower reads its ``tolerance_mva``).
    max_iterations:
        Newton iterations before a rung of the fall-back ladder gives up; the damped rung may take three times as many.
    threads:
        Threads that work inside a batch; 0 stands for all. The result does not depend on it.
    solver:
        gridsim's own batch kernel, or ``pandapower.runpp`` step by step.
    use_fallback:
        Whether a step that the first method does not solve is tried by slower ones before it counts as failed.
    """

    tolerance_pu: float = 1e-8
    max_iterations: int = 20
    threads: int = 0
    solver: Solver = Solver.newton
    use_fallback: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance_pu < 1.0:
            raise ValueError(f"tolerance_pu is {self.tolerance_pu}, expected a number between 0 and 1")
        if self.max_iterations < 1:
            raise ValueError(f"max_iterations is {self.max_iterations}, expected 1 or more")
        if self.threads < 0:
            raise ValueError(f"threads is {self.threads}, expected 0 (all) or more")
