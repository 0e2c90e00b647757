"""Any number of transformers or windings, followed together through blocks of load and air temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridsim.assess.thermal_parameters import CoolingStages, ThermalParameters
from gridsim.dtypes import FLOAT, INDEX, FloatArray, IndexArray
from gridsim.kernels import thermal_structures as thermal
from gridsim.kernels.thermal import follow_units

if TYPE_CHECKING:
    from collections.abc import Sequence

Cooling = ThermalParameters | CoolingStages

#: After an unknown hour a unit is unknown until so many of its longest time constants have passed with known load: what
#: is left of the unknown is then exp(-5), 0.7 %.
RECOVERY_TIME_CONSTANTS = 5.0


class ThermalState(NamedTuple):
    """Where transformers stand at one moment; numbers, or arrays with one entry per transformer.

    Attributes
    ----------
    top_oil_temp_c:
        Top oil, degree Celsius.
    fast_rise_k, slow_rise_k:
        The hot spot stands ``fast_rise_k - slow_rise_k`` above the top oil (h1 and h2 of IEC 60076-7).
    """

    top_oil_temp_c: FloatArray | float
    fast_rise_k: FloatArray | float = 0.0
    slow_rise_k: FloatArray | float = 0.0


class ThermalFleet:
    """Constants and state of a number of transformers.

    Parameters
    ----------
    cooling:
        Constants of each unit.
    step_h:
        Length of a step, hours.
    n_node:
        Nodes of the quadrature of the ageing rate within a step.
    limits_c:
        Hot-spot temperatures above which steps are counted.
    """

    def __init__(
        self, cooling: Sequence[Cooling], *, step_h: float, n_node: int, limits_c: Sequence[float] = ()
    ) -> None:
        self.step_h = step_h
        self.n_unit = len(cooling)
        self.nodes = graded_nodes(step_h, n_node)
        self.units = _units(cooling, np.append(self.nodes.time_h, step_h))
        self.limits_c = np.array(sorted(limits_c), dtype=FLOAT)
        self.state = thermal.State(
            top_oil_c=np.zeros(self.n_unit, dtype=FLOAT),
            fast_k=np.zeros(self.n_unit, dtype=FLOAT),
            slow_k=np.zeros(self.n_unit, dtype=FLOAT),
            known_h=np.full(self.n_unit, thermal.STEADY),
            stage=np.zeros(self.n_unit, dtype=INDEX),
        )
        self._bench = _bench()

    def begin_at(self, start: ThermalState) -> None:
        """Let every unit begin at a known state instead of the steady state of its first step."""
        self.state.top_oil_c[:] = start.top_oil_temp_c
        self.state.fast_k[:] = start.fast_rise_k
        self.state.slow_k[:] = start.slow_rise_k
        self.state.known_h[:] = thermal.TRUSTED

    def follow(self, inputs: thermal.Inputs, course: thermal.Course | None = None) -> thermal.Tally:
        """Carry every unit through a block; return its sums and extremes.

        Parameters
        ----------
        inputs:
            Loads and air temperatures.
        course:
            Where every step is wanted: room for it.
        """
        return self._run(inputs, self.units, self.state, course)

    def follow_once(self, inputs: thermal.Inputs, leader: IndexArray) -> thermal.Tally:
        """Carry through a block what differs, and give its results to all units that go the same way.

        Parameters
        ----------
        inputs:
            Loads and air temperatures.
        leader:
            ``(n_unit,)`` a unit with the same constants, the same inputs and, at the beginning of the block, the same
            state; the leader of a leader is itself.
        """
        leaders, of_unit = np.unique(leader, return_inverse=True)
        units = thermal.Units._make(field[leaders] for field in self.units)
        state = thermal.State._make(field[leaders] for field in self.state)
        chosen = inputs._replace(
            row=inputs.row[leaders],
            oil_row=inputs.oil_row[leaders],
            place=inputs.place[leaders],
            is_up=inputs.is_up[leaders],
        )
        tally = self._run(chosen, units, state, None)
        for field, moved in zip(self.state, state, strict=True):
            field[:] = moved[of_unit]
        return thermal.Tally._make(field[of_unit] for field in tally)

    def _run(
        self, inputs: thermal.Inputs, units: thermal.Units, state: thermal.State, course: thermal.Course | None
    ) -> thermal.Tally:
        n_unit = len(inputs.row)
        nothing = np.empty((0, 0), dtype=FLOAT)
        ageing_h, known_h, unknown_h, top_oil_c, hot_spot_c = np.zeros((5, n_unit), dtype=FLOAT)
        hot_spot_step = np.zeros(n_unit, dtype=INDEX)
        above_h = np.zeros((n_unit, len(self.limits_c)), dtype=FLOAT)
        tally = thermal.Tally(ageing_h, known_h, unknown_h, top_oil_c, hot_spot_c, hot_spot_step, above_h)
        follow_units(
            inputs,
            self.step_h,
            units,
            self.nodes,
            self.limits_c,
            state,
            self._bench,
            thermal.Course(nothing, nothing, nothing) if course is None else course,
            tally,
        )
        return tally


def _bench() -> thermal.Bench:
    """Make the workspace of the kernel."""
    dtypes = {"stage": INDEX, "is_known": np.bool_}
    rows = {"rise": (2,), "gradient": (2,)}
    return thermal.Bench._make(
        np.zeros((*rows.get(name, ()), thermal.TILE), dtype=dtypes.get(name, FLOAT)) for name in thermal.Bench._fields
    )


def graded_nodes(step_h: float, n_node: int) -> thermal.Nodes:
    """Return Gauss-Legendre nodes in xi on (0, 1) for t = step xi^2: dense where a step of load is still felt."""
    place, weight = np.polynomial.legendre.leggauss(n_node)
    xi = (place + 1.0) / 2.0
    return thermal.Nodes(time_h=step_h * xi**2, weight=weight * xi)


def _units(cooling: Sequence[Cooling], times_h: FloatArray) -> thermal.Units:
    """Lay out the constants for the kernel; ``times_h`` are the nodes and the end of a step."""
    stages = [(unit.natural, unit.forced) if isinstance(unit, CoolingStages) else (unit, unit) for unit in cooling]

    def by_stage(name: str) -> FloatArray:
        return np.array([[getattr(stage, name) for stage in pair] for pair in stages], dtype=FLOAT).reshape(-1, 2)

    def threshold(name: str) -> FloatArray:
        return np.array([getattr(unit, name, np.inf) for unit in cooling], dtype=FLOAT)

    decay_h = np.array([[stage.decay_h for stage in pair] for pair in stages], dtype=FLOAT).reshape(-1, 2, 3)
    natural = [unit.natural_rating if isinstance(unit, CoolingStages) else 1.0 for unit in cooling]
    return thermal.Units(
        top_oil_rise_k=by_stage("top_oil_rise_k"),
        loss_ratio=by_stage("loss_ratio"),
        oil_exp_x=by_stage("oil_exp_x"),
        hot_spot_rise_k=by_stage("hot_spot_rise_k"),
        winding_exp_y=by_stage("winding_exp_y"),
        k21=by_stage("k21"),
        top_oil_h=np.ascontiguousarray(decay_h[:, :, thermal.OIL]),
        stage_rating=np.array([[rating, 1.0] for rating in natural], dtype=FLOAT).reshape(-1, 2),
        fading=np.exp(-times_h / decay_h[..., np.newaxis]),
        has_stages=np.array([isinstance(unit, CoolingStages) for unit in cooling], dtype=np.bool_),
        on_load=threshold("on_load_factor"),
        off_load=threshold("off_load_factor"),
        on_top_oil_c=threshold("on_top_oil_temp_c"),
        off_top_oil_c=threshold("off_top_oil_temp_c"),
        is_upgraded=np.array([pair[0].paper == "upgraded" for pair in stages], dtype=np.bool_),
        recovery_h=RECOVERY_TIME_CONSTANTS * decay_h.max(axis=(1, 2), initial=0.0),
    )
