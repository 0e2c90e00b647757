"""What a scenario says about things that only the tables know: places, projects, sectors, profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.enums import Area
from gridsim.errors import ScenarioError
from gridsim.grid.demand import sectors_of
from gridsim.grid.investor_load import is_coming
from gridsim.scenario.binding import nearest
from gridsim.scenario.document import problem_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridsim.grid.home_loads import HomeLoads
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables


def refuse_mismatch(tables: NetworkTables, scenario: Scenario, loads: HomeLoads) -> None:
    """Raise when demand or investors of the scenario do not fit the tables.

    Raises
    ------
    ScenarioError
        Lists everything that does not fit.
    """
    file = scenario.source_files[0]
    problems = [f"{file}: {problem}" for problem in (*_areas(scenario, loads), *_investors(tables, scenario))]
    if problems:
        raise ScenarioError(problem_list(problems))


def _areas(scenario: Scenario, loads: HomeLoads) -> Iterator[str]:
    stated = scenario.demand.areas
    for area in sorted({*loads.area} - {str(area) for area in stated}):
        total = loads.p_mw[loads.area == area].sum()
        yield f"key 'demand.{area}' is missing: the tables have {total:g} MW of load in this area. State its demand"
    for area, demand in stated.items():
        if not loads.p_mw[loads.area == area].sum() > 0.0:
            yield f"key 'demand.{area}': the tables have no load in this area that could carry it"
            continue
        places = loads.places_in(area)
        for place in demand.growth_by_place:
            if place not in places:
                key = f"demand.{area}.growth_by_place"
                yield f"key {key!r}: no load of the tables is in place {place!r} of this area; {nearest(place, places)}"
        for sector in sectors_of(demand, loads, Area(area)):
            if scenario.profiles.sector(sector) is None:
                yield f"key 'profiles.sectors.{sector}' is missing: there is load of this sector in {area}"


def _investors(tables: NetworkTables, scenario: Scenario) -> Iterator[str]:
    investors = tables["investors"]
    known = [str(investor) for investor in investors["investor_id"]]
    options = scenario.investors
    for key, named in (("exclude", options.exclude), ("overrides", tuple(o.investor_id for o in options.overrides))):
        for investor in named:
            if investor not in known:
                yield f"key 'investors.{key}': no project {investor!r} in table investors; {nearest(investor, known)}"
    have = [str(profile.profile) for profile in scenario.profiles.investors]
    columns = (investors["investor_id"], investors["pool"], investors["profile"])
    for investor, pool, profile in zip(*columns, strict=True):
        if is_coming(options, investor, pool) and profile not in have:
            yield (
                f"key 'profiles.investors.{profile}' is missing: project {investor!r} of table investors follows it; "
                f"{nearest(profile, have)}"
            )
