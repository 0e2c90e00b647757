"""How a load flow is solved."""

from __future__ import annotations

from dataclasses import dataclass

from gridsim.enums import Solver


@dataclass(frozen=True)
class SolveOptions:
    """Choices of a batch load flow. The last three say what is solved; the others only how.

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
    enforce_q_lims:
        Whether generators that pass a limit of their reactive power hold the limit instead of their voltage.
    distributed_slack:
        Whether the difference of generation, load and losses is shared by ``slack_weight`` instead of left to the slack
        buses.
    run_control:
        Whether tap controllers in service act, each step from the net's own tap positions, as in pandapower's
        ``run_timeseries``.
    """

    tolerance_pu: float = 1e-8
    max_iterations: int = 20
    threads: int = 0
    solver: Solver = Solver.newton
    use_fallback: bool = True
    enforce_q_lims: bool = False
    distributed_slack: bool = False
    run_control: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance_pu < 1.0:
            raise ValueError(f"tolerance_pu is {self.tolerance_pu}, expected a number between 0 and 1")
        object.__setattr__(self, "solver", Solver(self.solver))  # a word will do
        for name in ("max_iterations", "threads"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{name} is {value!r}, expected a whole number")  # noqa: TRY004  one kind of error
        if self.max_iterations < 1:
            raise ValueError(f"max_iterations is {self.max_iterations}, expected 1 or more")
        if self.threads < 0:
            raise ValueError(f"threads is {self.threads}, expected 0 (all) or more")
