"""Closed choices that only scenarios make; those that tables share are in :mod:`gridsim.enums`."""

from __future__ import annotations

from enum import StrEnum


class AmbientReading(StrEnum):
    """Air temperature by which a limit of loading is read: of the very hour, or the mean of the month (seasonal)."""

    hour = "hour"
    month_mean = "month_mean"


class SlpName(StrEnum):
    """Standard load profiles of the BDEW (package demandlib), and ``flat`` for what never varies.

    ``h0_dyn`` is the household profile times the yearly polynomial of the BDEW; the profile needs it to have a winter.
    """

    h0 = "h0"
    h0_dyn = "h0_dyn"
    g0 = "g0"
    g1 = "g1"
    g2 = "g2"
    g3 = "g3"
    g4 = "g4"
    g5 = "g5"
    g6 = "g6"
    l0 = "l0"
    l1 = "l1"
    l2 = "l2"
    flat = "flat"


class InvestorProfileName(StrEnum):
    """Load profiles that column ``profile`` of table ``investors`` may name."""

    food_plant = "food_plant"
    logistics = "logistics"
    mixed_tower = "mixed_tower"
    industry_two_shift = "industry_two_shift"
    industry_continuous = "industry_continuous"
    resort = "resort"
    data_centre = "data_centre"
    greenhouse = "greenhouse"
    district = "district"


class AmbientCoverage(StrEnum):
    """What a file of air temperatures holds: every hour of the horizon, or one year that stands for all."""

    every_hour = "every_hour"
    typical_year = "typical_year"


class FanOperation(StrEnum):
    """Fans of transformers that have them: running in every hour, or switched by the top oil."""

    run = "run"
    switched = "switched"
