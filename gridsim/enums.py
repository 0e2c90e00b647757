"""Closed choices, spelt once. Text enums carry the very words that tables, scenarios and result files use."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class StepStatus(IntEnum):
    """How one step of a batch ended. Steps that are not ``ok`` or ``ok_fallback`` have NaN in every result."""

    ok = 0
    ok_fallback = 1
    max_iterations = 2
    diverged = 3
    singular = 4
    de_energised = 5

    def __str__(self) -> str:
        return self.name  # tables of results are read by people

    @property
    def is_solved(self) -> bool:
        """Whether the numbers of the step may be used."""
        return self <= StepStatus.ok_fallback


class BusKind(IntEnum):
    """What is given at a bus: P and Q (``pq``), P and voltage magnitude (``pv``), or the phasor itself (``slack``)."""

    pq = 1
    pv = 2
    slack = 3


class LoadingBasis(StrEnum):
    """Loading of a transformer by winding current (pandapower's default) or by apparent power."""

    current = "current"
    power = "power"

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(f"basis is {value!r}, expected one of {', '.join(cls)}")


class Confidence(StrEnum):
    """How well a row of the network tables is known, best first."""

    published = "published"
    osm = "osm"
    inferred = "inferred"
    assumed = "assumed"


class CoolingType(StrEnum):
    """Cooling of a transformer; the words of column ``cooling`` of the tables of transformer types."""

    onan = "onan"
    onaf = "onaf"
    ofaf = "ofaf"
    odaf = "odaf"


class ElementStatus(StrEnum):
    """State of an element on the first day of the tables; distinct from ``in_service`` at a moment."""

    existing = "existing"
    under_construction = "under_construction"
    planned = "planned"


class ForecastReading(StrEnum):
    """Whether a forecast figure is a yearly mean or a yearly maximum; official figures do not say."""

    mean = "mean"
    maximum = "maximum"


class Solver(StrEnum):
    """``newton`` is gridsim's own batch kernel, ``pandapower`` the slow judge."""

    newton = "newton"
    pandapower = "pandapower"

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(f"solver is {value!r}, expected one of {', '.join(cls)}")


class Sector(StrEnum):
    """Use of electricity; each has an hourly shape of its own."""

    residential = "residential"
    commerce = "commerce"
    public = "public"
    industry = "industry"
    agriculture = "agriculture"
    tourism = "tourism"
    logistics = "logistics"
    food = "food"
    construction = "construction"
    transport = "transport"


class Area(StrEnum):
    """Whose demand a substation serves; the words of column ``area`` of table ``substations``."""

    almaty_region = "almaty_region"
    almaty_city = "almaty_city"
    outside = "outside"


class Programme(StrEnum):
    """Programme that builds a project; the words of column ``programme`` of table ``projects``."""

    government_15 = "government_15"
    alatau_11 = "alatau_11"
    named_project = "named_project"
    reinforcement = "reinforcement"
    generation = "generation"


class InvestorPool(StrEnum):
    """Published pool of investor projects; the words of column ``pool`` of table ``investors``."""

    active_20 = "active_20"
    formed_32 = "formed_32"
