"""Hot-spot temperature and loss of life of transformers from their load and the air temperature: the public face.

Times: a step carries its load and air temperature from its beginning to its end; temperatures are those at the END of
the step, the ageing rate is the mean over the step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from gridsim.assess.thermal_fleet import Cooling, ThermalFleet, ThermalState
from gridsim.assess.thermal_parameters import CoolingStages, ThermalParameters
from gridsim.dtypes import FLOAT, INDEX
from gridsim.errors import InputError
from gridsim.kernels.thermal_structures import Course, Inputs
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.dtypes import FloatArray

#: Nodes of the ageing integral within a step: enough for a jump of load by its full rating in steps of many hours.
N_NODE = 24
COURSE_COLUMNS = ("top_oil_temp_c", "hot_spot_temp_c", "ageing_rate")


def hot_spot(
    load_factor: Any,
    ambient_temp_c: Any,
    *,
    step_h: float = 1.0,
    parameters: Cooling | Sequence[Cooling] | None = None,
    start: Literal["steady"] | ThermalState = "steady",
    ambient_shape: Literal["constant", "linear"] = "constant",
) -> pd.DataFrame:
    """Return the temperatures of transformers and the rate at which their paper ages.

    The differential equations of IEC 60076-7 are solved in closed form, step by step, for a load that is constant
    within each step: the result does not depend on how a constant load is cut into steps.

    Parameters
    ----------
    load_factor:
        Current over rated current, ``(n_step,)`` or ``(n_step, n_unit)``: array, Series or DataFrame. The sign is
        ignored: power that flows backwards heats as well. NaN is an unknown load.
    ambient_temp_c:
        Air temperature, degree Celsius: a number, ``(n_step,)``, or ``(n_step, n_unit)``. NaN is unknown.
    step_h:
        Length of a step, hours.
    parameters:
        Constants of all units or of each; :meth:`ThermalParameters.onan` when not given.
    start:
        ``steady``: in equilibrium with load and air of the first step; or a :class:`ThermalState`.
    ambient_shape:
        ``constant`` within each step, or ``linear`` from the value of a step, at its beginning, to that of the next.

    Returns
    -------
    pandas.DataFrame
        Rows are the steps, with the index of ``load_factor``. Columns ``top_oil_temp_c`` and ``hot_spot_temp_c`` at the
        END of the step, and ``ageing_rate``, the mean over the step (1: normal ageing). For several units the columns
        have a second level, the unit: ``frame["hot_spot_temp_c"]`` is steps x units.

        A step with unknown load or air is NaN, and so are the steps after it until five of the longest time constants
        have passed with known load (nine hours for ``onan``): then less than 0.7 % is left of what the unknown may have
        done.

    Raises
    ------
    InputError
        Shapes that do not match, values that are infinite, no steps, a length of step that is not positive or that
        contradicts the index.
    """
    given = _given(load_factor, ambient_temp_c, step_h, ambient_shape)
    fleet = _fleet(given, step_h, parameters, start)
    shape = (given.n_unit, len(given.steps))
    course = Course(*(np.empty(shape, dtype=FLOAT) for _ in Course._fields))
    fleet.follow(given.inputs(slice(None)), course)
    if given.units is None:
        return pd.DataFrame(dict(zip(COURSE_COLUMNS, (part[0] for part in course), strict=True)), index=given.steps)
    frames = [pd.DataFrame(part.T, index=given.steps, columns=given.units) for part in course]
    return pd.concat(frames, axis=1, keys=COURSE_COLUMNS)


def loss_of_life(
    load_factor: Any,
    ambient_temp_c: Any,
    *,
    step_h: float = 1.0,
    parameters: Cooling | Sequence[Cooling] | None = None,
    start: Literal["steady"] | ThermalState = "steady",
    ambient_shape: Literal["constant", "linear"] = "constant",
    by_year: bool = False,
) -> pd.DataFrame:
    """Return the life that transformers lose, and their highest temperatures.

    Parameters
    ----------
    load_factor, ambient_temp_c, step_h, parameters, start, ambient_shape:
        As in :func:`hot_spot`.
    by_year:
        One row per unit and calendar year of the index, which must be a DatetimeIndex, instead of one per unit.

    Returns
    -------
    pandas.DataFrame
        One row per unit. ``loss_of_life_h``: hours of normal life, the integral of the ageing rate over the known
        steps; ``loss_of_life_days``: the same in normal days; ``known_h`` and ``unknown_h``: hours that are known and
        that are not (see :func:`hot_spot`), so that with unknown hours the loss is "at least";
        ``max_hot_spot_temp_c``: highest at the ends of the steps and at the nodes within them;
        ``max_top_oil_temp_c``: highest at the ends of the steps.

    Raises
    ------
    InputError
        As :func:`hot_spot`, and ``by_year`` without dates.
    """
    given = _given(load_factor, ambient_temp_c, step_h, ambient_shape)
    fleet = _fleet(given, step_h, parameters, start)
    units = pd.RangeIndex(1) if given.units is None else given.units
    frames = {}
    for year, steps in _years(given.steps) if by_year else [(0, slice(None))]:
        tally = fleet.follow(given.inputs(steps))
        is_known = tally.known_h > 0.0
        frames[year] = pd.DataFrame(
            {
                "loss_of_life_h": np.where(is_known, tally.ageing_h, np.nan),
                "loss_of_life_days": np.where(is_known, tally.ageing_h / HOURS_PER_DAY, np.nan),
                "known_h": tally.known_h,
                "unknown_h": tally.unknown_h,
                "max_hot_spot_temp_c": np.where(is_known, tally.hot_spot_c, np.nan),
                "max_top_oil_temp_c": np.where(is_known, tally.top_oil_c, np.nan),
            },
            index=units,
        )
    if not by_year:
        return frames[0]
    table = pd.concat(frames, names=["year", "unit"])
    return table.swaplevel().sort_index(level="unit", sort_remaining=True)


class _Given(NamedTuple):
    """Checked arguments: load ``(n_unit, n_step)`` without sign, air and its slope ``(n_place, n_step)``."""

    load: FloatArray
    air_c: FloatArray
    air_k_per_h: FloatArray
    steps: pd.Index[Any]
    units: pd.Index[Any] | None  # None for a single one without a name

    @property
    def n_unit(self) -> int:
        return len(self.load)

    def inputs(self, steps: slice) -> Inputs:
        own = np.arange(self.n_unit, dtype=INDEX)
        place = own if len(self.air_c) > 1 else np.zeros(self.n_unit, dtype=INDEX)
        load, air_c, air_k_per_h = (
            np.ascontiguousarray(values[:, steps]) for values in (self.load, self.air_c, self.air_k_per_h)
        )
        return Inputs(load, own, own, air_c, air_k_per_h, place, np.ones(self.n_unit, dtype=np.bool_))


def _given(load_factor: Any, ambient_temp_c: Any, step_h: float, ambient_shape: str) -> _Given:
    if not (np.isfinite(step_h) and step_h > 0.0):
        raise InputError(f"step_h is {step_h}, wanted a length in hours above 0")
    if ambient_shape not in ("constant", "linear"):
        raise InputError(f"ambient_shape is {ambient_shape!r}, known are constant, linear")
    load = _numbers("load_factor", load_factor)
    if load.ndim not in (1, 2) or not load.size:
        raise InputError(f"load_factor has shape {load.shape}, wanted (n_step,) or (n_step, n_unit), not empty")
    index = load_factor.index if isinstance(load_factor, pd.Series | pd.DataFrame) else pd.RangeIndex(len(load))
    _check_spacing(index, step_h)
    units = None
    if load.ndim == 2:
        units = load_factor.columns if isinstance(load_factor, pd.DataFrame) else pd.RangeIndex(load.shape[1])
    air = _numbers("ambient_temp_c", ambient_temp_c)
    if isinstance(ambient_temp_c, pd.Series | pd.DataFrame) and not ambient_temp_c.index.equals(index):
        raise InputError("ambient_temp_c has another index than load_factor, wanted the same steps")
    if isinstance(ambient_temp_c, pd.DataFrame) and not ambient_temp_c.columns.equals(units):
        raise InputError("ambient_temp_c has other columns than load_factor, wanted the same units")
    if air.ndim == 0:
        air = np.full(len(load), air)
    if air.shape not in (load.shape, load.shape[:1]):
        raise InputError(f"ambient_temp_c has shape {air.shape}, wanted a number, {load.shape[:1]} or {load.shape}")
    air_c = np.ascontiguousarray(np.atleast_2d(air.T))
    slope = np.zeros_like(air_c)
    if ambient_shape == "linear":
        slope[:, :-1] = np.diff(air_c, axis=1) / step_h
    return _Given(np.ascontiguousarray(np.abs(np.atleast_2d(load.T))), air_c, slope, index, units)


def _numbers(name: str, values: Any) -> FloatArray:
    try:
        numbers = np.asarray(values, dtype=FLOAT)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not made of numbers: {error}") from error
    if np.isinf(numbers).any():
        raise InputError(f"{name} is infinite at {np.argwhere(np.isinf(numbers))[0].tolist()}, wanted numbers or NaN")
    return numbers


def _check_spacing(index: pd.Index[Any], step_h: float) -> None:
    """A step length that contradicts the dates of the steps would heat for longer or shorter than it says."""
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return
    lengths = np.diff(index.to_numpy()) / np.timedelta64(1, "h")
    wrong = np.flatnonzero(np.abs(lengths - step_h) > 1e-6 * step_h)
    if len(wrong):
        first = wrong[0]
        raise InputError(
            f"step_h is {step_h}, but {index[first]} and {index[first + 1]} lie {lengths[first]:g} h apart; "
            "wanted steps of equal length without gaps, NaN where the load is unknown"
        )


def _fleet(
    given: _Given,
    step_h: float,
    parameters: Cooling | Sequence[Cooling] | None,
    start: Literal["steady"] | ThermalState,
) -> ThermalFleet:
    if parameters is None:
        parameters = ThermalParameters.onan()
    if isinstance(parameters, ThermalParameters | CoolingStages):
        parameters = [parameters] * given.n_unit
    if isinstance(parameters, str) or not all(isinstance(one, ThermalParameters | CoolingStages) for one in parameters):
        raise InputError(f"parameters are {parameters!r}, wanted ThermalParameters such as ThermalParameters.onan()")
    cooling = list(parameters)
    if len(cooling) != given.n_unit:
        raise InputError(f"parameters are for {len(cooling)} units, wanted one for all or {given.n_unit}")
    fleet = ThermalFleet(cooling, step_h=step_h, n_node=N_NODE)
    if isinstance(start, ThermalState):
        _check_start(start, given.n_unit)
        fleet.begin_at(start)
    elif start != "steady":
        raise InputError(f"start is {start!r}, wanted 'steady' or a ThermalState")
    return fleet


def _check_start(start: ThermalState, n_unit: int) -> None:
    for name, value in zip(ThermalState._fields, start, strict=True):
        values = np.asarray(value, dtype=FLOAT)
        if values.shape not in ((), (n_unit,)) or not np.isfinite(values).all():
            raise InputError(f"{name} of start is {value}, wanted a finite number or {n_unit} of them")


def _years(index: pd.Index[Any]) -> list[tuple[int, slice]]:
    if not isinstance(index, pd.DatetimeIndex):
        raise InputError(f"by_year needs the dates of the steps, load_factor has a {type(index).__name__}")
    years, first = np.unique(index.year.to_numpy(), return_index=True)
    stops = np.append(first[1:], len(index))
    return [(int(year), slice(int(a), int(b))) for year, a, b in zip(years, first, stops, strict=True)]
