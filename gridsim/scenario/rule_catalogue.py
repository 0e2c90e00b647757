"""The rules of loading that every scenario may name, with document, edition, and where their numbers were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridsim.enums import CoolingType
from gridsim.scenario.choices import AmbientReading
from gridsim.scenario.gost_table_17 import after_pre_load, constant_load, permitted_percent
from gridsim.scenario.limit_model import LimitClass, LimitRule, LimitTier
from gridsim.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

_ON_COOLING = (CoolingType.onan, CoolingType.onaf)
_IEC: Mapping[str, Any] = {
    "edition": "IEC 60076-7, chapter 7, table 2; year not known",
    "source": "documentation of the open package transformer-thermal-model (Alliander), temperature limits, which "
    "restates the table without its year; the standard itself was not read. Of the table only the current limits: "
    "those of the oil and of the hot spot need a thermal model",
    "is_verified": True,
}
_GOST: Mapping[str, Any] = {
    "edition": "GOST 14209-97 (IEC 354-91), table 17",
    "source": "dnaop.com, document 42373: table 17 with the factor of the air temperature, as transcribed. Withdrawn "
    "in Russia on 28 March 2008; its standing in Kazakhstan today was not seen",
    "is_verified": True,
}
_PRE_LOAD = 0.8


def _any_time(percent: float, *, below: float | None = None, up_to: float | None = None) -> LimitClass:
    """Return a class of units that may never pass a loading."""
    return LimitClass(sn_below_mva=below, sn_up_to_mva=up_to, tiers=(LimitTier(percent=percent, permitted_h=0.0),))


#: Lines are judged by their continuous current limit alone: no loading guide for transformers applies to them.
LINE_RULE = LimitRule(
    name="line_continuous",
    edition="max_i_ka of the line type",
    source="table line_types of the network",
    is_verified=True,
    classes=(_any_time(100.0),),
)

_RULES = (
    LimitRule(
        name="nameplate",
        edition="rating plate",
        source="rated power of the transformer type in the network tables",
        is_verified=True,
        classes=(_any_time(100.0),),
    ),
    LimitRule(
        name="gost_14209_97_ambient",
        **_GOST,
        derivation="inferred: the constant load whose loss of life at the air temperature of the hour is one normal "
        "day a day (columns K1 = K2, straight lines of ln V between rows, at most 130 %, where the rows as read end)",
        classes=(
            LimitClass(
                cooling=_ON_COOLING,
                tiers=(LimitTier(percent_by_ambient_c=permitted_percent(constant_load()), permitted_h=0.0),),
            ),
        ),
    ),
    LimitRule(
        name="gost_14209_97_seasonal",
        **_GOST,
        derivation="inferred: as gost_14209_97_ambient, at the mean air temperature of the month in place of the hour",
        ambient=AmbientReading.month_mean,
        classes=(
            LimitClass(
                cooling=_ON_COOLING,
                tiers=(LimitTier(percent_by_ambient_c=permitted_percent(constant_load()), permitted_h=0.0),),
            ),
        ),
    ),
    LimitRule(
        name="gost_14209_97_8h",
        **_GOST,
        derivation="inferred: above the load of gost_14209_97_ambient for 8 hours, and never above the K2 whose loss "
        "of life after a pre-load K1 = 0.8 is one normal day. That the other 16 hours stay at or below 80 % is "
        "assumed, not checked",
        classes=(
            LimitClass(
                cooling=_ON_COOLING,
                tiers=(
                    LimitTier(percent_by_ambient_c=permitted_percent(constant_load()), permitted_h=8.0),
                    LimitTier(percent_by_ambient_c=permitted_percent(after_pre_load(_PRE_LOAD)), permitted_h=0.0),
                ),
            ),
        ),
    ),
    LimitRule(
        name="iec_60076_7_normal_cyclic",
        **_IEC,
        classes=(_any_time(150.0, up_to=100.0), _any_time(130.0)),
    ),
    LimitRule(
        name="iec_60076_7_long_time_emergency",
        **_IEC,
        classes=(_any_time(180.0, below=10.0), _any_time(150.0, up_to=100.0), _any_time(130.0)),
    ),
    LimitRule(
        name="iec_60076_7_short_time_emergency",
        **_IEC,
        classes=(_any_time(200.0, below=10.0), _any_time(180.0, up_to=100.0), _any_time(150.0)),
    ),
    LimitRule(
        name="pte_short_emergency",
        edition="rules of technical operation (PTE), short emergency overloads; edition not known",
        source="quoted from general knowledge; no readable text of the table was found, to be checked in the PTE of "
        "Kazakhstan",
        is_verified=False,
        derivation="inferred: an overload is held to the entry that it has passed (+30 % 120 min, +45 % 80 min, +60 % "
        "45 min, +75 % 20 min, +100 % 10 min); below +30 % the table says nothing",
        classes=(
            LimitClass(
                tiers=tuple(
                    LimitTier(percent=percent, permitted_h=minutes / MINUTES_PER_HOUR)
                    for percent, minutes in ((130.0, 120.0), (145.0, 80.0), (160.0, 45.0), (175.0, 20.0), (200.0, 10.0))
                )
            ),
        ),
    ),
)
#: Every rule by its name.
CATALOGUE: Mapping[str, LimitRule] = {rule.name: rule for rule in _RULES}
