"""Everything that is injected at every step: loads at the busbars that serve them, plants, exchanges with the grid.

Nothing is stored per busbar. Series are kept per area and sector, per investor profile and per kind of plant, and
:meth:`InjectionPlan.element_profiles` spreads them over the rows of the net for the steps that are asked for. The
numbers of a step do not depend, to the last bit, on what else is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.errors import ScenarioError
from gridsim.grid.bus_loads import BusLoads, spread_loads
from gridsim.grid.climate import scenario_temperatures
from gridsim.grid.demand import area_demand, monthly_summary
from gridsim.grid.generation import plant_output
from gridsim.grid.home_loads import read_home_loads
from gridsim.grid.investor_load import plan_investors
from gridsim.grid.load_transfer import plan_transfers
from gridsim.grid.local_time import LocalDays, local_days, to_steps
from gridsim.grid.scenario_match import refuse_mismatch
from gridsim.grid.supply import Supply, plan_supply

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray
    from gridsim.grid.commissioning import CommissioningCalendar
    from gridsim.grid.demand import AreaSeries
    from gridsim.grid.investor_load import InvestorPlan
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables

SUMMARY_COLUMNS = ("year", "month", "area", "sector", "mean_mw", "peak_mw")


@dataclass(frozen=True)
class InjectionPlan:
    """Injections of every step of a scenario.

    Attributes
    ----------
    time_utc:
        Start of every step, length ``n_step``.
    days:
        Local days of the horizon.
    loads:
        Demand at busbars.
    supply:
        Plants and exchanges.
    ambient_temp_c:
        Air temperature of every step, degree Celsius, shape (n_step,).
    """

    time_utc: pd.DatetimeIndex
    days: LocalDays
    loads: BusLoads
    supply: Supply
    ambient_temp_c: FloatArray

    @property
    def areas(self) -> tuple[AreaSeries, ...]:
        """Demand by area and sector, without investors."""
        return self.loads.areas

    @property
    def investors(self) -> InvestorPlan:
        """Investor projects that come."""
        return self.loads.investors

    def element_profiles(
        self, start_step: int, stop_step: int, serving_bus_in_service: BoolArray
    ) -> dict[tuple[str, str], FloatArray]:
        """Return the injections of the steps ``start_step`` to ``stop_step`` (half open).

        Parameters
        ----------
        serving_bus_in_service:
            Shape (n_bus,), by row of table ``buses``: decides where load is served that moves to a new busbar.

        Returns
        -------
        dict
            ``(table, column)`` to C-contiguous ``(n_step, n_row)`` in row order of the superset net, MW and Mvar:
            ``("load", "p_mw")``, ``("load", "q_mvar")``, ``("gen", "p_mw")``, ``("sgen", "p_mw")``,
            ``("sgen", "q_mvar")``. Plants have their output whether they are in service or not; exchanges count only
            plants in service and load at busbars in service.

        Raises
        ------
        IndexError
            The steps are not in the horizon.
        """
        if not 0 <= start_step <= stop_step <= len(self.time_utc):
            raise IndexError(f"steps {start_step} to {stop_step} are not among the {len(self.time_utc)} of the horizon")
        load_p, load_q, served = self.loads.served(start_step, stop_step, serving_bus_in_service)
        return _by_element(load_p, load_q, *self.supply.feeds(start_step, stop_step, served))

    def variant_profiles(
        self, step: int, load_p: FloatArray, load_q: FloatArray, serving_bus_in_service: BoolArray
    ) -> dict[tuple[str, str], FloatArray]:
        """Return the injections of variants of one step whose loads differ: plants as they are, exchanges follow.

        Parameters
        ----------
        load_p, load_q:
            MW and Mvar of every row of ``net.load``, shape (n_variant, n_load).
        serving_bus_in_service:
            As for :meth:`element_profiles`.

        Returns
        -------
        dict
            As :meth:`element_profiles`, with variants in place of steps.
        """
        served = load_p[:, serving_bus_in_service[self.loads.bus_pos]].sum(axis=1)
        return _by_element(load_p, load_q, *self.supply.feeds_at(step, served))

    def demand_summary(self) -> pd.DataFrame:
        """Return mean and peak of every month by area and sector.

        Returns
        -------
        pandas.DataFrame
            Columns ``year``, ``month``, ``area``, ``sector``, ``mean_mw``, ``peak_mw``; investor projects have the
            sectors ``investors:<sector>``. Months are local. Peaks of sectors do not add up: they fall at their own
            hours.
        """
        series = {
            (str(area.area), str(sector)): area.p_mw[row]
            for area in self.areas
            for row, sector in enumerate(area.sectors)
        }
        n_step = len(self.time_utc)
        for project in self.investors.projects:
            key = (project.area, f"investors:{project.sector}")
            series[key] = series.get(key, 0.0) + self.investors.power_mw(project, 0, n_step)
        rows = monthly_summary(series, self.days, self.loads.steps_per_day)
        frame = pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))
        return frame.sort_values(["year", "month"], kind="stable", ignore_index=True)

    def area_summary(self) -> pd.DataFrame:
        """Return mean and maximum of every year by area, with investors.

        Returns
        -------
        pandas.DataFrame
            Columns ``year``, ``area``, ``mean_mw``, ``peak_mw``, ``investors_mean_mw``, ``load_factor``, in MW; the
            area ``all`` is everything together.
        """
        n_step = len(self.time_utc)
        names = list(dict.fromkeys([str(area.area) for area in self.areas] + [p.area for p in self.investors.projects]))
        investors = {name: self.investors.area_mw(name, n_step) for name in names}
        total = {name: mw.copy() for name, mw in investors.items()}
        for area in self.areas:
            for sector in area.p_mw:
                total[str(area.area)] += sector
        total["all"] = np.sum(list(total.values()), axis=0)
        investors["all"] = np.sum(list(investors.values()), axis=0)
        starts = self.days.year_starts * self.loads.steps_per_day
        lengths = np.diff(np.append(starts, n_step))
        frames = []
        for name, mw in total.items():
            mean, peak = np.add.reduceat(mw, starts) / lengths, np.maximum.reduceat(mw, starts)
            frames.append(
                pd.DataFrame(
                    {
                        "year": self.days.year[self.days.year_starts],
                        "area": name,
                        "mean_mw": mean,
                        "peak_mw": peak,
                        "investors_mean_mw": np.add.reduceat(investors[name], starts) / lengths,
                        "load_factor": mean / peak,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)


def _by_element(
    load_p: FloatArray, load_q: FloatArray, gen_p: FloatArray, sgen_p: FloatArray, sgen_q: FloatArray
) -> dict[tuple[str, str], FloatArray]:
    return {
        ("load", "p_mw"): load_p,
        ("load", "q_mvar"): load_q,
        ("gen", "p_mw"): np.ascontiguousarray(gen_p.T),
        ("sgen", "p_mw"): np.ascontiguousarray(sgen_p.T),
        ("sgen", "q_mvar"): np.ascontiguousarray(sgen_q.T),
    }


def plan_injections(
    tables: NetworkTables, scenario: Scenario, calendar: CommissioningCalendar, time_utc: pd.DatetimeIndex
) -> InjectionPlan:
    """Plan demand and generation of every step.

    Parameters
    ----------
    calendar:
        Dates of projects in the scenario.
    time_utc:
        Start of every step: ``scenario.horizon.time_utc()``.

    Raises
    ------
    ScenarioError
        The scenario does not fit the tables, or demands the impossible.
    """
    horizon = scenario.horizon
    if len(time_utc) != horizon.n_step:
        raise ScenarioError(f"{len(time_utc)} steps given, the horizon of the scenario has {horizon.n_step}")
    loads = read_home_loads(tables)
    refuse_mismatch(tables, scenario, loads)
    options = scenario.profiles
    days = local_days(horizon.from_year, horizon.to_year, options.holiday_country)
    air = scenario_temperatures(scenario, days)
    investors = plan_investors(tables, scenario, days)
    areas = tuple(
        area_demand(
            area,
            scenario,
            loads,
            days,
            air,
            investors.area_mw(area, horizon.n_step) if demand.includes_investors else None,
        )
        for area, demand in scenario.demand.areas.items()
    )
    transfers = plan_transfers(tables, horizon, calendar)
    return InjectionPlan(
        time_utc=time_utc,
        days=days,
        loads=spread_loads(tables, scenario, loads, areas, investors, transfers),
        supply=plan_supply(tables, horizon, calendar, plant_output(tables, scenario, days, air)),
        ambient_temp_c=to_steps(air.actual_c, horizon.resolution_h),
    )
