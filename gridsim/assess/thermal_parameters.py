"""Thermal constants of transformers by class of cooling, and cooling in two stages."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from gridsim.errors import InputError
from gridsim.units import MINUTES_PER_HOUR

PAPERS = ("normal", "upgraded")
#: Hot spots in degree Celsius: normal ageing of normal paper; normal cyclic loading and long-time emergency of
#: IEC 60076-7, as alliander-opensource/transformer-thermal-model restates it.
NORMAL_AGEING_C, CYCLIC_C, EMERGENCY_C = 98.0, 120.0, 140.0

_RESTATED = (
    "IEC 60076-7 as public packages restate it (the standard itself was not read): exponents, time constants, k and "
    "hot-spot factor from alliander-opensource/transformer-thermal-model and aguinane/RateTransformer"
)
_ON_RISES = "; rises 52 K + 26 K and loss ratio 6 from I. Daminov's ONAF transformer and table 17 of GOST 14209-97 (ON)"
_FORCED_RISES = "; rises {} K + {} K and loss ratio 6: general engineering knowledge, NOT verified in a source"


@dataclass(frozen=True)
class ThermalParameters:
    """Constants of the thermal model of IEC 60076-7 (:mod:`gridsim.kernels.thermal` holds the equations).

    Each of :meth:`onan`, :meth:`onaf`, :meth:`ofaf` and :meth:`odaf` has its hot spot 78 K above the air at rated
    current, the rated condition of normal paper: at 20 degree Celsius it ages at the normal rate.

    Attributes
    ----------
    top_oil_rise_k:
        Rise of the top oil over the air at rated losses, K.
    winding_gradient_k:
        Mean winding over mean oil at rated current, K.
    hot_spot_factor:
        Hot spot over the mean winding; the hot spot stands ``hot_spot_factor * winding_gradient_k`` above the top oil.
    loss_ratio:
        Load losses at rated current over no-load losses.
    oil_exp_x, winding_exp_y:
        Exponents of the losses and of the current.
    tau_oil_min, tau_winding_min:
        Time constants of oil and winding, minutes.
    k11, k21, k22:
        Constants of the oil flow; with 1, 1, 1 both rises are plain exponentials.
    paper:
        ``normal`` (ages at the normal rate at 98 degree Celsius) or ``upgraded`` (at 110).
    source:
        Where the values come from.
    is_verified:
        Whether every value was found in a source.

    Raises
    ------
    InputError
        A value is not finite or outside of its range.
    """

    top_oil_rise_k: float
    winding_gradient_k: float
    hot_spot_factor: float
    loss_ratio: float
    oil_exp_x: float
    winding_exp_y: float
    tau_oil_min: float
    tau_winding_min: float
    k11: float
    k21: float
    k22: float
    paper: str = "normal"
    source: str = ""
    is_verified: bool = False

    def __post_init__(self) -> None:
        for name in ("tau_oil_min", "tau_winding_min", "k11", "k22", "hot_spot_factor", "oil_exp_x", "winding_exp_y"):
            _check(name, getattr(self, name), least=0.0, is_least_allowed=False)
        for name in ("top_oil_rise_k", "winding_gradient_k", "loss_ratio"):
            _check(name, getattr(self, name), least=0.0)
        _check("k21", self.k21, least=1.0)
        if self.paper not in PAPERS:
            raise InputError(f"paper is {self.paper!r}, known are {', '.join(PAPERS)}")

    @property
    def hot_spot_rise_k(self) -> float:
        """Rise of the hot spot over the top oil at rated current, K."""
        return self.hot_spot_factor * self.winding_gradient_k

    @property
    def decay_h(self) -> tuple[float, float, float]:
        """Time constants of the top oil and of the fast and the slow part of the hot-spot rise, hours."""
        minutes = (self.k11 * self.tau_oil_min, self.k22 * self.tau_winding_min, self.tau_oil_min / self.k22)
        oil_h, fast_h, slow_h = (value / MINUTES_PER_HOUR for value in minutes)
        return oil_h, fast_h, slow_h

    @classmethod
    def onan(cls) -> ThermalParameters:
        """Medium and large power, natural oil, natural air."""
        return cls(52.0, 20.0, 1.3, 6.0, 0.8, 1.3, 210.0, 10.0, 0.5, 2.0, 2.0, "normal", _RESTATED + _ON_RISES, True)

    @classmethod
    def onaf(cls) -> ThermalParameters:
        """Medium and large power, natural oil, forced air."""
        return cls(52.0, 20.0, 1.3, 6.0, 0.8, 1.3, 150.0, 7.0, 0.5, 2.0, 2.0, "normal", _RESTATED + _ON_RISES, True)

    @classmethod
    def ofaf(cls) -> ThermalParameters:
        """Forced oil, forced air. Rises and loss ratio are NOT verified (``is_verified``, ``source``)."""
        source = _RESTATED + _FORCED_RISES.format(56, 22)
        return cls(56.0, 22.0 / 1.3, 1.3, 6.0, 1.0, 1.3, 90.0, 7.0, 1.0, 1.3, 1.0, "normal", source, False)

    @classmethod
    def odaf(cls) -> ThermalParameters:
        """Directed oil, forced air. Rises and loss ratio are NOT verified (``is_verified``, ``source``)."""
        source = _RESTATED + _FORCED_RISES.format(49, 29)
        return cls(49.0, 29.0 / 1.3, 1.3, 6.0, 1.0, 2.0, 90.0, 7.0, 1.0, 1.0, 1.0, "normal", source, False)

    @classmethod
    def of_cooling(cls, cooling: str) -> ThermalParameters:
        """Return the class defaults of ``onan``, ``onaf``, ``ofaf`` or ``odaf``.

        Raises
        ------
        InputError
            For another word.
        """
        defaults = {"onan": cls.onan, "onaf": cls.onaf, "ofaf": cls.ofaf, "odaf": cls.odaf}
        if cooling not in defaults:
            raise InputError(f"cooling is {cooling!r}, known are {', '.join(defaults)}")
        return defaults[cooling]()


@dataclass(frozen=True)
class CoolingStages:
    """A transformer whose fans (or pumps) are switched by its load, by its top oil, or by both.

    They start in a step whose load factor reaches ``on_load_factor``, or at whose beginning the top oil has reached
    ``on_top_oil_temp_c``. They stop when the load factor lies below ``off_load_factor`` and the top oil below
    ``off_top_oil_temp_c``. What they do is decided at the beginning of a step and holds to its end: a switch that
    would fall into the step comes with the next one, so steps should be short beside the time constant of the oil
    where that matters. Load factors are those of the full rating.

    Attributes
    ----------
    natural, forced:
        Constants without and with fans, each at the rating of its stage.
    natural_rating:
        Rating without fans over the full rating.
    on_load_factor, on_top_oil_temp_c:
        Where the fans start; ``inf`` where this does not start them.
    off_load_factor, off_top_oil_temp_c:
        Where they may stop; at most where they start.
    is_verified:
        Whether rating and thresholds were found in a source, and the constants of both stages too.

    Raises
    ------
    InputError
        A threshold is NaN, the rating is not between 0 and 1, the fans would stop above where they start, or the
        stages have different paper.
    """

    natural: ThermalParameters
    forced: ThermalParameters
    natural_rating: float
    on_load_factor: float = math.inf
    off_load_factor: float = math.inf
    on_top_oil_temp_c: float = math.inf
    off_top_oil_temp_c: float = math.inf
    is_verified: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.natural_rating <= 1.0:
            raise InputError(f"natural_rating is {self.natural_rating}, wanted above 0 and at most 1")
        for on, off in (("on_load_factor", "off_load_factor"), ("on_top_oil_temp_c", "off_top_oil_temp_c")):
            on_value, off_value = getattr(self, on), getattr(self, off)
            if not off_value <= on_value:
                raise InputError(f"{off} is {off_value}, wanted at most {on}, which is {on_value}")
        if self.natural.paper != self.forced.paper:
            raise InputError(
                f"natural has {self.natural.paper} paper and forced {self.forced.paper}: it is one winding"
            )

    @classmethod
    def onan_onaf(
        cls,
        *,
        natural_rating: float = 0.6,
        forced: ThermalParameters | None = None,
        on_top_oil_temp_c: float = 65.0,
        off_top_oil_temp_c: float = 55.0,
        is_verified: bool = False,
    ) -> CoolingStages:
        """Fans that are switched by the top oil; the defaults are customary values, NOT verified.

        The no-load losses are the same in both stages, so the loss ratio without fans is smaller. ``forced`` are the
        constants with fans, :meth:`ThermalParameters.onaf` when not given.
        """
        forced = ThermalParameters.onaf() if forced is None else forced
        natural = dataclasses.replace(
            ThermalParameters.onan(), loss_ratio=forced.loss_ratio * natural_rating**2, paper=forced.paper
        )
        is_read = is_verified and natural.is_verified and forced.is_verified
        return cls(
            natural,
            forced,
            natural_rating,
            on_top_oil_temp_c=on_top_oil_temp_c,
            off_top_oil_temp_c=off_top_oil_temp_c,
            is_verified=is_read,
        )


def _check(name: str, value: float, *, least: float, is_least_allowed: bool = True) -> None:
    is_enough = value >= least if is_least_allowed else value > least
    if not (math.isfinite(value) and is_enough):
        raise InputError(
            f"{name} is {value}, wanted a finite number {'of at least' if is_least_allowed else 'above'} {least}"
        )
