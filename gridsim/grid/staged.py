"""The noun of this room: one superset net, the calendar of a scenario, its stages and blocks, and the profiles."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gridsim.grid.build import build_net
from gridsim.grid.commissioning import CommissioningCalendar, calendar
from gridsim.grid.injections import InjectionPlan, plan_injections
from gridsim.grid.stages import Block, Stage, make_blocks, make_stages
from gridsim.grid.tap_controls import keep_in_service

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandapower as pp

    from gridsim.dtypes import FloatArray
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables

#: Every so many steps are enough for a mean; a number that shares no divisor with 24 hours or 7 days.
SAMPLED_STEPS = 5


@dataclass(frozen=True)
class StagedGrid:
    """A grid through the horizon of a scenario.

    Attributes
    ----------
    net:
        Superset net of :func:`gridsim.grid.build.build_net`; not to be changed, take :meth:`net_at`.
    calendar:
        Dates of projects in the scenario, and what had to be held back.
    time_utc:
        ``(n_step,)`` start of each step.
    stages, blocks:
        Cuts of the horizon; both cover it without gaps, in time order.
    injections:
        Demand and generation of every step.
    """

    net: pp.pandapowerNet
    tables: NetworkTables
    scenario: Scenario
    calendar: CommissioningCalendar
    time_utc: pd.DatetimeIndex
    stages: tuple[Stage, ...]
    blocks: tuple[Block, ...]
    injections: InjectionPlan

    def net_at(
        self, stage: Stage, profiles: Mapping[tuple[str, str], FloatArray] | None = None, *, moves_taps: bool = True
    ) -> pp.pandapowerNet:
        """Return a copy of the net with exactly the elements of ``stage`` in service, and their tap controllers.

        Parameters
        ----------
        profiles:
            What is to be solved with the net, as :meth:`profiles_for` returns it. The copy then has the means over
            every fifth step as its own values (``net.load["p_mw"]`` and so on), so that it says by itself what is
            typical. Without it they are those of a mean hour of the base year.
        moves_taps:
            Whether the controllers act; they stand in the net either way.
        """
        net = copy.copy(self.net)
        for name, value in self.net.items():
            if isinstance(value, pd.DataFrame):
                net[name] = value.copy(deep=len(value) > 0)
        for table, mask in stage.in_service.items():
            if len(mask):
                net[table]["in_service"] = mask
        keep_in_service(net)
        if not moves_taps:
            net["controller"]["in_service"] = False
        for (table, column), values in (profiles or {}).items():
            if values.size:
                net[table][column] = values[::SAMPLED_STEPS].mean(axis=0)
        return net

    def profiles_for(self, block: Block) -> dict[tuple[str, str], FloatArray]:
        """Return the injections of a block.

        Returns
        -------
        dict
            ``(table, column)`` to ``(n_step, n_row)`` in row order of the net: ``("load", "p_mw")``,
            ``("load", "q_mvar")``, ``("gen", "p_mw")``, ``("sgen", "p_mw")``, ``("sgen", "q_mvar")``; MW and Mvar.
        """
        serving = self.stages[block.stage_index].in_service["bus"]
        return self.injections.element_profiles(block.start_step, block.stop_step, serving)


def stage_grid(tables: NetworkTables, scenario: Scenario) -> StagedGrid:
    """Put tables and scenario together.

    Raises
    ------
    ScenarioError
        When the scenario names projects, investors or places that the tables do not have.
    """
    plan = calendar(tables, scenario)
    time_utc = scenario.horizon.time_utc()
    stages = make_stages(tables, plan.states, time_utc, scenario.horizon.utc_offset_h)
    return StagedGrid(
        net=build_net(tables),
        tables=tables,
        scenario=scenario,
        calendar=plan,
        time_utc=time_utc,
        stages=stages,
        blocks=make_blocks(stages, time_utc, scenario.horizon.utc_offset_h),
        injections=plan_injections(tables, scenario, plan, time_utc),
    )
