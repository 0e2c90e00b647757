"""Shapes of load and generation, as a scenario states them."""

# ruff: noqa: RUF009 -- the functions of keys declare fields, as dataclasses.field does

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridsim.enums import Sector
from gridsim.scenario import keys
from gridsim.scenario.choices import AmbientCoverage, InvestorProfileName, SlpName
from gridsim.scenario.keys import KeyKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Twelve or twenty-four numbers.
Numbers = tuple[float, ...]
_ONES_12 = (1.0,) * 12
_ONES_24 = (1.0,) * 24


@dataclass(frozen=True)
class MonthShape:
    """Seasonal shape: mean power of each month over the mean power of the year, or share of each month in the energy.

    Exactly one of the two is stated.
    """

    name: str
    mean_factors: Numbers | None = keys.months("Month mean over year mean", 0.01, 10.0, default=None)
    energy_shares_percent: Numbers | None = keys.months("Share of the month in the year", 0.01, 100.0, default=None)
    source: str = keys.text("Where the shape comes from")


@dataclass(frozen=True)
class DayShape:
    """Mean-day shapes of some months; the months between are interpolated around the year."""

    name: str
    first_hour: int = keys.whole("Local hour of the first of the 24 values", 0, 23, default=0)
    by_month: Mapping[int, Numbers] = keys.key(
        KeyKind.month_hours, "Hour value over day mean, by month", minimum=0.01, maximum=10.0
    )
    source: str = keys.text("Where the shapes come from")


@dataclass(frozen=True)
class SectorProfile:
    """Hourly shape of one sector before the correction to month and mean-day shapes, and its answer to temperature."""

    sector: Sector
    mix: Mapping[str, float] = keys.key(
        KeyKind.named_numbers,
        "Shares of BDEW profiles in the energy; their sum is 1",
        words=SlpName,
        minimum=0.0,
        maximum=1.0,
        is_one_value=True,
    )
    month_factors: Numbers = keys.months("Seasonal factor on the mix", 0.0, 20.0, default=_ONES_12)
    heating_percent_per_k: float = keys.number("Rise of load per K below heating_below_c", 0.0, 10.0, default=0.0)
    cooling_percent_per_k: float = keys.number("Rise of load per K above cooling_above_c", 0.0, 10.0, default=0.0)
    source: str = keys.text("Why this mix", default="")


@dataclass(frozen=True)
class InvestorProfile:
    """Hourly shape of an investor project, 1 at its highest."""

    profile: InvestorProfileName
    mix: Mapping[str, float] = keys.key(
        KeyKind.named_numbers,
        "Shares of BDEW profiles in the energy; their sum is 1",
        words=SlpName,
        minimum=0.0,
        maximum=1.0,
        is_one_value=True,
    )
    month_factors: Numbers = keys.months("Seasonal factor on the mix", 0.0, 20.0, default=_ONES_12)
    source: str = keys.text("Why this mix", default="")


@dataclass(frozen=True)
class Climate:
    """Monthly temperatures of one place in degree Celsius, January to December."""

    mean_c: Numbers = keys.months("Mean temperature", -60.0, 60.0)
    mean_min_c: Numbers = keys.months("Mean daily minimum", -60.0, 60.0)
    mean_max_c: Numbers = keys.months("Mean daily maximum", -60.0, 60.0)
    abs_min_c: Numbers = keys.months("Lowest temperature on record", -80.0, 60.0)
    abs_max_c: Numbers = keys.months("Highest temperature on record", -60.0, 70.0)
    source: str = keys.text("Where the table comes from")


@dataclass(frozen=True)
class AmbientOptions:
    """Hourly air temperatures from a file, in place of those made of the climate table and of spells of weather.

    They are what transformers cool in, what limits by the hour are read by, and what load and heating answer to. Normal
    months, the means of the climate table, stay what seasonal limits are read by and what the shapes of load contain.
    """

    file: Path | None = keys.key(
        KeyKind.path, "CSV file of hours: temp_c, and time_utc or time_local; relative to the scenario", default=None
    )
    coverage: AmbientCoverage = keys.choice(
        "Whether the file has every hour of the horizon, or one year that stands for all",
        AmbientCoverage,
        default=AmbientCoverage.every_hour,
    )
    source: str = keys.text("Where the temperatures come from", default="")


@dataclass(frozen=True)
class Weather:
    """Departures of days from the climate table, and the comfort band of temperature-driven load."""

    amplitude: float = keys.number("Factor on the departures; 0 makes every day a mean day", 0.0, 2.0, default=1.0)
    persistence_days: float = keys.number("Days after which a departure has faded to 1/e", 0.5, 30.0, default=4.0)
    sigmas_at_extreme: float = keys.number(
        "Standard deviations between mean and recorded extreme", 1.0, 6.0, default=3.0
    )
    heating_below_c: float = keys.number("Temperature under which heating load begins", -20.0, 30.0, default=12.0)
    cooling_above_c: float = keys.number("Temperature over which cooling load begins", 0.0, 40.0, default=22.0)


@dataclass(frozen=True)
class DispatchShape:
    """Output as month factor times hour factor."""

    month_factors: Numbers = keys.months("Month mean over year mean, relative", 0.0, 20.0, default=_ONES_12)
    hour_factors: Numbers = keys.hours("Hour value over day mean, relative", 0.0, 20.0, default=_ONES_24)
    source: str = keys.text("Where the shape comes from", default="")


@dataclass(frozen=True)
class HeatLedShape:
    """Output of a combined heat and power plant: follows the heating demand above a base for hot water."""

    base_share: float = keys.number("Output without heating demand over output at the coldest mean month", 0.0, 1.0)
    heating_below_c: float = keys.number("Daily temperature under which buildings are heated", -10.0, 25.0)
    source: str = keys.text("Where the shape comes from", default="")


@dataclass(frozen=True)
class WindShape:
    """Wind speeds: seeded, correlated in time, Weibull distributed, through a turbine power curve."""

    weibull_shape: float = keys.number("Weibull shape parameter of hourly wind speed", 1.0, 5.0, default=2.0)
    persistence_h: float = keys.number("Hours after which a departure has faded to 1/e", 1.0, 240.0, default=24.0)
    month_factors: Numbers = keys.months("Month mean wind speed over year mean", 0.1, 5.0, default=_ONES_12)
    hour_factors: Numbers = keys.hours("Hour mean wind speed over day mean", 0.1, 5.0, default=_ONES_24)
    source: str = keys.text("Where the shape comes from", default="")


@dataclass(frozen=True)
class SolarShape:
    """Fixed panels under a clear sky (pvlib) times seeded daily cloudiness from the climate table."""

    tilt_degree: float = keys.number("Tilt of the panels", 0.0, 90.0, default=35.0)
    azimuth_degree: float = keys.number("Direction of the panels, 180 is south", 0.0, 360.0, default=180.0)
    cloud_spread: float = keys.number("Standard deviation of the daily clearness, relative", 0.0, 1.0, default=0.3)
    source: str = keys.text("Where the shape comes from", default="")


@dataclass(frozen=True)
class NuclearShape:
    """Constant output between refuelling outages, one outage a year."""

    outage_days: int = keys.whole("Length of the yearly outage, days", 0, 120, default=30)
    outage_from_month: int = keys.whole("First month in which an outage may start", 1, 12, default=4)
    outage_to_month: int = keys.whole("Last month in which an outage may start", 1, 12, default=9)
    source: str = keys.text("Where the shape comes from", default="")


@dataclass(frozen=True)
class GenerationOptions:
    """Shapes of power plants by kind; every shape is scaled so that the yearly mean is the capacity factor."""

    chp: HeatLedShape = keys.table(HeatLedShape, "Combined heat and power, coal or gas")
    gas: DispatchShape = keys.table(DispatchShape, "Gas plants without heat")
    hydro_reservoir: DispatchShape = keys.table(DispatchShape, "Hydro plants with a reservoir")
    hydro_run_of_river: DispatchShape = keys.table(DispatchShape, "Hydro plants without a reservoir")
    wind: WindShape = keys.table(WindShape, "Wind")
    solar: SolarShape = keys.table(SolarShape, "Solar")
    nuclear: NuclearShape = keys.table(NuclearShape, "Nuclear")


@dataclass(frozen=True)
class ProfileOptions:
    """Everything that shapes load and generation within a year."""

    holiday_country: str = keys.text("Country code of the package holidays; empty for no holidays", default="KZ")
    climate: Climate = keys.table(Climate, "Temperatures")
    ambient: AmbientOptions = keys.table(AmbientOptions, "Hourly air temperatures from a file")
    weather: Weather = keys.table(Weather, "Departures from the mean temperature")
    month_shapes: tuple[MonthShape, ...] = keys.key(KeyKind.named_tables, "Seasonal shapes", model=MonthShape)
    day_shapes: tuple[DayShape, ...] = keys.key(KeyKind.named_tables, "Mean-day shapes", model=DayShape)
    sectors: tuple[SectorProfile, ...] = keys.key(
        KeyKind.named_tables, "Shape of each sector", words=Sector, model=SectorProfile
    )
    investors: tuple[InvestorProfile, ...] = keys.key(
        KeyKind.named_tables, "Shape of each investor profile", words=InvestorProfileName, model=InvestorProfile
    )
    generation: GenerationOptions = keys.table(GenerationOptions, "Shapes of power plants")

    def month_shape(self, name: str) -> MonthShape:
        """Return a seasonal shape by name; loading has checked that areas name shapes that exist."""
        return next(shape for shape in self.month_shapes if shape.name == name)

    def day_shape(self, name: str) -> DayShape:
        """Return a mean-day shape by name."""
        return next(shape for shape in self.day_shapes if shape.name == name)

    def sector(self, sector: Sector) -> SectorProfile | None:
        """Return the shape of a sector, ``None`` when the scenario has none."""
        return next((profile for profile in self.sectors if profile.sector == sector), None)

    def investor(self, name: str) -> InvestorProfile | None:
        """Return an investor profile, ``None`` when the scenario has none."""
        return next((profile for profile in self.investors if profile.profile == name), None)
