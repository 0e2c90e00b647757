"""What must hold between keys of a scenario, once each alone is right. Returns problems, raises nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridsim.errors import ScenarioError
from gridsim.scenario.binding import nearest
from gridsim.scenario.choices import AmbientCoverage
from gridsim.scenario.fix_catalogue import COSTS
from gridsim.scenario.fix_model import fix_problems
from gridsim.scenario.limit_model import rule_problems
from gridsim.scenario.rule_catalogue import CATALOGUE
from gridsim.scenario.source_text import shown
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gridsim.scenario.cooling_model import CoolingOptions
    from gridsim.scenario.demand_model import AreaDemand
    from gridsim.scenario.model import Scenario
    from gridsim.scenario.profile_model import Climate

#: Shares in a text file are rounded by hand.
_SHARE_TOLERANCE = 1e-6
_FOLDER_NAME = re.compile(r"[^\W_][\w .-]{0,99}")
_COUNTRY = re.compile("([A-Z]{2})?")


def inconsistencies(scenario: Scenario) -> list[tuple[str, str]]:
    """Return every problem as (dotted key, what is wrong and what would be accepted)."""
    return [
        *_name(scenario.name),
        *_horizon(scenario),
        *_demand(scenario),
        *_profiles(scenario),
        *_climate(scenario.profiles.climate),
        *_ambient(scenario),
        *_cooling(scenario.cooling),
        *rule_problems(scenario.limits, CATALOGUE),
        *fix_problems(scenario.fixes, COSTS),
    ]


def _name(name: str) -> Iterator[tuple[str, str]]:
    """A name becomes a folder of results, so it must not lead elsewhere, on any system."""
    if not _FOLDER_NAME.fullmatch(name) or name.endswith("."):
        yield (
            "name",
            (
                "expected up to 100 letters, digits, blanks and . _ - that begin with a letter or digit, because "
                f"results go into a folder of this name; got {shown(name)}"
            ),
        )


def _horizon(scenario: Scenario) -> Iterator[tuple[str, str]]:
    horizon = scenario.horizon
    if horizon.to_year < horizon.from_year:
        yield "horizon.to_year", f"expected from_year ({horizon.from_year}) or later, got {horizon.to_year}"
    if HOURS_PER_DAY % horizon.resolution_h:
        yield "horizon.resolution_h", f"expected a divisor of {HOURS_PER_DAY}, got {horizon.resolution_h}"


def _demand(scenario: Scenario) -> Iterator[tuple[str, str]]:
    month_names = [shape.name for shape in scenario.profiles.month_shapes]
    day_names = [shape.name for shape in scenario.profiles.day_shapes]
    for area, demand in scenario.demand.areas.items():
        prefix = f"demand.{area}"
        first = demand.knots_mw.years[0]
        needed, key = min(
            (scenario.horizon.from_year, "horizon.from_year"), (scenario.demand.base_year, "demand.base_year")
        )
        if needed < first:
            yield f"{prefix}.knots_mw", f"the first knot is {first}, but {key} is {needed}. State an earlier knot"
        if demand.month_shape not in month_names:
            yield (
                f"{prefix}.month_shape",
                f"unknown shape {demand.month_shape!r}, {nearest(demand.month_shape, month_names)}",
            )
        if demand.day_shape not in day_names:
            hint = nearest(demand.day_shape, day_names)
            yield f"{prefix}.day_shape", f"unknown shape {demand.day_shape!r}, {hint}"
        yield from _area_shares(demand, prefix)


def _area_shares(demand: AreaDemand, prefix: str) -> Iterator[tuple[str, str]]:
    total = sum(demand.growth_by_place.values())
    if total > 1.0 + _SHARE_TOLERANCE:
        yield f"{prefix}.growth_by_place", f"the shares add up to {total:g}, expected at most 1"
    if demand.sector_shares is not None:
        for year, shares in zip(demand.sector_shares.years, demand.sector_shares.shares, strict=True):
            yield from _sum_is_one(
                {str(sector): share for sector, share in shares.items()}, f"{prefix}.sector_shares", str(year)
            )


def _sum_is_one(shares: Mapping[str, float], key: str, which: str = "") -> Iterator[tuple[str, str]]:
    total = sum(shares.values())
    if abs(total - 1.0) > _SHARE_TOLERANCE:
        of = f" of {which}" if which else ""
        yield key, f"the shares{of} add up to {total:g}, expected 1"


def _profiles(scenario: Scenario) -> Iterator[tuple[str, str]]:
    profiles = scenario.profiles
    if not _COUNTRY.fullmatch(profiles.holiday_country):
        yield (
            "profiles.holiday_country",
            (
                "expected a country code of two capital letters, or an empty text for no holidays; got "
                f"{shown(profiles.holiday_country)}"
            ),
        )
    for shape in profiles.month_shapes:
        key = f"profiles.month_shapes.{shape.name}"
        if (shape.mean_factors is None) == (shape.energy_shares_percent is None):
            yield key, "expected exactly one of mean_factors and energy_shares_percent"
    for sector in profiles.sectors:
        yield from _sum_is_one(sector.mix, f"profiles.sectors.{sector.sector}.mix")
        if not any(sector.month_factors):
            yield f"profiles.sectors.{sector.sector}.month_factors", "expected at least one month above 0"
    for investor in profiles.investors:
        yield from _sum_is_one(investor.mix, f"profiles.investors.{investor.profile}.mix")
        if not any(investor.month_factors):
            yield f"profiles.investors.{investor.profile}.month_factors", "expected at least one month above 0"
    if profiles.weather.heating_below_c > profiles.weather.cooling_above_c:
        yield "profiles.weather.heating_below_c", "expected at most cooling_above_c"
    nuclear = profiles.generation.nuclear
    if nuclear.outage_to_month < nuclear.outage_from_month:
        yield "profiles.generation.nuclear.outage_to_month", "expected outage_from_month or later"


def _climate(climate: Climate) -> Iterator[tuple[str, str]]:
    columns = ("abs_min_c", "mean_min_c", "mean_c", "mean_max_c", "abs_max_c")
    by_month = list(zip(*(getattr(climate, column) for column in columns), strict=True))
    wrong = [month for month, values in enumerate(by_month, start=1) if list(values) != sorted(values)]
    if wrong:
        shown = ", ".join(f"{column} {value:g}" for column, value in zip(columns, by_month[wrong[0] - 1], strict=True))
        which = ", ".join(str(month) for month in wrong)
        yield "profiles.climate", f"expected rising values in every month, not so in {which}; month {wrong[0]}: {shown}"


def _ambient(scenario: Scenario) -> Iterator[tuple[str, str]]:
    options, horizon = scenario.profiles.ambient, scenario.horizon
    if options.file is None and options.coverage is not AmbientCoverage.every_hour:
        yield "profiles.ambient.coverage", "there is no file that it could speak of. Name it in profiles.ambient.file"
    if scenario.ambient is not None and horizon.to_year >= horizon.from_year:
        try:
            scenario.ambient.on_days(horizon, options.coverage)
        except ScenarioError as error:
            yield "profiles.ambient.file", str(error)


def _cooling(cooling: CoolingOptions) -> Iterator[tuple[str, str]]:
    on_c, off_c = cooling.on_top_oil_c, cooling.off_top_oil_c
    if off_c > on_c:
        yield "cooling.off_top_oil_c", f"expected at most on_top_oil_c ({on_c:g}), got {off_c:g}"
    if cooling.is_verified and not cooling.source:
        yield "cooling.source", "expected where the numbers were read, since is_verified is true"
