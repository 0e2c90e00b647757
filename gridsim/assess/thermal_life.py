"""Hot spot and loss of life of the transformers of a run that arrives block by block, by winding and local year.

A winding has the load factor of its own rating. The oil of a three-winding transformer is one: at every step it is
heated as if the load factor of the most loaded winding were that of the whole unit, and each winding stands above it by
its own current. The rated losses are those of the pair of windings that loses most. What goes into one winding comes
out of the other two, so the three do not lose more than that pair at the load factor of the most loaded one: the oil is
not warmer in truth, and cooler the more evenly two windings share what the third takes.

Fans and pumps of a class that has them run, as its rating presumes, unless constants in two stages are given: then the
fans of all windings of a transformer go together where its top oil alone switches them, since its oil is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.assess.thermal_fleet import ThermalFleet
from gridsim.assess.thermal_parameters import CYCLIC_C, EMERGENCY_C, NORMAL_AGEING_C
from gridsim.dtypes import FLOAT, INDEX, BoolArray, FloatArray, IndexArray
from gridsim.kernels.thermal_structures import Inputs
from gridsim.units import HOURS_PER_DAY, HOURS_PER_YEAR, PERCENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridsim.assess.thermal_fleet import Cooling

#: Nodes of the ageing integral within an hour: an hour whose load jumps by half the rating is off by 0.4 % at most.
N_NODE = 6
#: Hot spots above which hours are counted.
HOT_SPOT_LIMITS_C = (NORMAL_AGEING_C, CYCLIC_C, EMERGENCY_C)
#: Life of insulation that ages at the normal rate, hours: "interpretation of functional life tests" of table 2 of IEEE
#: C57.91 as public code restates it (65,000 h there to half of the tensile strength); the table itself was not read.
NORMAL_LIFE_H = 180_000.0
#: Ends of life so many years ahead are not worth a number: other things end the life of a transformer before.
FARTHEST_YEARS = 100.0


@dataclass(frozen=True)
class ThermalWindings:
    """What is followed.

    Attributes
    ----------
    column_pos:
        ``(n_winding,)`` loading column of each winding.
    unit:
        ``(n_winding,)`` transformer it belongs to, counted from 0.
    parameters:
        Constants of each winding.
    """

    column_pos: IndexArray
    unit: IndexArray
    parameters: tuple[Cooling, ...]


class ThermalTracker:
    """Gathers yearly values from the blocks of a run, in time order; a year may come in several blocks.

    Parameters
    ----------
    windings:
        What is followed.
    years:
        Local years of the run, without gaps.
    step_h:
        Length of a step, hours.
    limits_c:
        Rising hot-spot temperatures above which hours are counted.

    Attributes
    ----------
    ageing_h, known_h, unknown_h:
        Hours of normal life consumed, hours whose temperature is known, and hours in service whose temperature is not:
        those without solution, and those after them until what they may have done has faded. Shape (n_winding, n_year).
    hot_spot_c, top_oil_c:
        Highest temperatures; NaN when nothing is known. Shape (n_winding, n_year).
    hot_spot_step:
        Step of the run in which the hot spot is highest; -1 when nothing is known. Shape (n_winding, n_year).
    above_h:
        Hours in which the hot spot passes a limit. Shape (n_winding, n_year, n_limit).
    """

    def __init__(
        self,
        windings: ThermalWindings,
        years: Sequence[int],
        *,
        step_h: float,
        limits_c: Sequence[float] = HOT_SPOT_LIMITS_C,
    ) -> None:
        self.windings = windings
        self.years = tuple(years)
        self.limits_c = tuple(limits_c)
        self.fleet = ThermalFleet(windings.parameters, step_h=step_h, n_node=N_NODE, limits_c=limits_c)
        shape = (len(windings.parameters), len(years))
        self.ageing_h, self.known_h, self.unknown_h = np.zeros((3, *shape), dtype=FLOAT)
        self.hot_spot_c, self.top_oil_c = np.full((2, *shape), np.nan, dtype=FLOAT)
        self.hot_spot_step: IndexArray = np.full(shape, -1, dtype=INDEX)
        self.above_h: FloatArray = np.zeros((*shape, len(limits_c)), dtype=FLOAT)
        kinds = {parameters: kind for kind, parameters in enumerate(dict.fromkeys(windings.parameters))}
        self._kind = [kinds[parameters] for parameters in windings.parameters]
        self._next_step = 0

    def follow(
        self, block: NDArray[np.float32], ambient_temp_c: FloatArray, in_service: BoolArray, *, year: int
    ) -> None:
        """Take in the next block.

        Parameters
        ----------
        block:
            ``(n_column, n_step)`` float32 loading in percent, NaN where there is no value.
        ambient_temp_c:
            ``(n_step,)`` air temperature, degree Celsius.
        in_service:
            ``(n_column,)`` whether the element is in service in this block. What is not is cold when it comes back.
        year:
            Local year of the block.
        """
        is_up = in_service[self.windings.column_pos]
        inputs, leader = self._inputs(block, ambient_temp_c, is_up)
        tally = self.fleet.follow_once(inputs, leader)
        at = self.years.index(year)
        self.ageing_h[:, at] += tally.ageing_h
        self.known_h[:, at] += tally.known_h
        self.unknown_h[:, at] += tally.unknown_h
        self.above_h[:, at] += tally.above_h
        is_known = tally.known_h > 0.0
        self.top_oil_c[is_known, at] = np.fmax(self.top_oil_c[is_known, at], tally.top_oil_c[is_known])
        is_higher = is_known & ~(tally.hot_spot_c <= self.hot_spot_c[:, at])
        self.hot_spot_c[is_higher, at] = tally.hot_spot_c[is_higher]
        self.hot_spot_step[is_higher, at] = self._next_step + tally.hot_spot_step[is_higher]
        self._next_step += block.shape[1]

    def _inputs(
        self, block: NDArray[np.float32], ambient_temp_c: FloatArray, is_up: BoolArray
    ) -> tuple[Inputs, IndexArray]:
        """Return what drives the windings, and for each winding the first that goes the same way.

        Units in parallel share their load alike, to the last bit: half of the windings are followed through others.
        """
        rows = _Rows(block.shape[1])
        winding_rows = {column: rows.of(block[column]) for column in self.windings.column_pos[is_up]}
        oil_rows = self._oil_rows(block, rows, winding_rows, is_up)
        n_winding = len(is_up)
        row, oil_row, leader = np.zeros((3, n_winding), dtype=INDEX)
        seen: dict[tuple[object, ...], int] = {}
        states = np.column_stack(self.fleet.state).tolist()
        for winding in range(n_winding):
            way: tuple[object, ...] = ()
            if is_up[winding]:
                row[winding] = winding_rows[self.windings.column_pos[winding]]
                oil_row[winding] = oil_rows[self.windings.unit[winding]]
                way = (row[winding], oil_row[winding], self._kind[winding], *states[winding])
            leader[winding] = seen.setdefault(way, winding)
        place = np.zeros(n_winding, dtype=INDEX)
        air_c = np.ascontiguousarray(ambient_temp_c, dtype=FLOAT)[np.newaxis]
        return Inputs(rows.load_factors(), row, oil_row, air_c, np.zeros_like(air_c), place, is_up), leader

    def _oil_rows(
        self, block: NDArray[np.float32], rows: _Rows, winding_rows: dict[int, int], is_up: BoolArray
    ) -> dict[int, int]:
        """Return by transformer the row of the load that heats its oil: at every step its most loaded winding."""
        columns: dict[int, list[int]] = {}
        for unit, column in zip(self.windings.unit[is_up], self.windings.column_pos[is_up], strict=True):
            columns.setdefault(unit, []).append(column)
        return {
            unit: winding_rows[of_unit[0]] if len(of_unit) == 1 else rows.of(np.maximum.reduce(block[of_unit]))
            for unit, of_unit in columns.items()
        }

    def table(self, elements: Sequence[str], time_utc: pd.DatetimeIndex) -> pd.DataFrame:
        """Return the yearly values as a frame: one row per winding and local year in which it is in service.

        Parameters
        ----------
        elements:
            Name of each loading column.
        time_utc:
            Start of every step of the run.

        Returns
        -------
        pandas.DataFrame
            As table ``thermal_life`` of :mod:`gridsim.results.layout` describes it.
        """
        winding, year = np.nonzero(self.known_h + self.unknown_h)
        at = winding, year
        used_percent, end_year = life_used(self.ageing_h, self.known_h, self.years)
        is_known = self.known_h[at] > 0.0
        names = np.array(elements, dtype=object)[self.windings.column_pos]
        is_verified = np.array([parameters.is_verified for parameters in self.windings.parameters], dtype=np.bool_)
        moments = pd.Series(time_utc[np.maximum(self.hot_spot_step[at], 0)])
        above = {f"above_{limit:g}_h": self.above_h[..., pos][at] for pos, limit in enumerate(self.limits_c)}
        frame = pd.DataFrame(
            {
                "element": names[winding],
                "year": np.array(self.years, dtype=np.int64)[year],
                "max_hot_spot_temp_c": self.hot_spot_c[at],
                "max_hot_spot_utc": moments.where(is_known),
                "max_top_oil_temp_c": self.top_oil_c[at],
                **above,
                "loss_of_life_days": np.where(is_known, self.ageing_h[at] / HOURS_PER_DAY, np.nan),
                "life_used_percent": used_percent[at],
                "end_of_life_year": end_year[at],
                "known_h": self.known_h[at],
                "unknown_h": self.unknown_h[at],
                "is_verified": is_verified[winding],
            }
        )
        return frame.sort_values(["element", "year"], kind="stable", ignore_index=True)


def life_used(
    ageing_h: FloatArray, known_h: FloatArray, years: Sequence[int], normal_life_h: float = NORMAL_LIFE_H
) -> tuple[FloatArray, FloatArray]:
    """Return the normal life used up by the end of each year, percent, and the year in which it would all be used.

    The end is extrapolated at the pace of the known hours of the year itself, as if every later year were like it; once
    all is used it stays the year in which that happened. Counted from insulation as good as new at the beginning of
    the run: what older units have behind them is not known. NaN where nothing is known, and where the end lies more
    than a hundred years ahead.

    Parameters
    ----------
    ageing_h, known_h:
        ``(n_winding, n_year)`` hours of normal life consumed in each year, and hours of which that is known.
    years:
        The years.
    normal_life_h:
        Life at the normal rate, hours.
    """
    used_h = np.cumsum(ageing_h, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pace_h = ageing_h / known_h * HOURS_PER_YEAR
        ends = np.array(years, dtype=FLOAT) + 1.0 + (normal_life_h - used_h) / pace_h
        past = np.where(used_h >= normal_life_h, np.array(years, dtype=FLOAT), np.inf)
        end_year = np.where(used_h >= normal_life_h, np.minimum.accumulate(past, axis=1), np.floor(ends))
    is_known = known_h > 0.0
    used_percent = np.where(is_known, used_h / normal_life_h * PERCENT, np.nan)
    is_near = is_known & (end_year <= np.array(years, dtype=FLOAT) + FARTHEST_YEARS)
    return used_percent, np.where(is_near, end_year, np.nan)


class _Rows:
    """Rows of loading, each kept once."""

    def __init__(self, n_step: int) -> None:
        self._sample = np.linspace(0, n_step - 1, 8).astype(INDEX)
        self._alike: dict[bytes, list[int]] = {}
        self._kept: list[NDArray[np.float32]] = []

    def of(self, row: NDArray[np.float32]) -> int:
        """Return the place of the row; bits count, so that NaN is like itself."""
        alike = self._alike.setdefault(row[self._sample].tobytes(), [])
        for place in alike:
            if np.array_equal(self._kept[place].view(np.int32), row.view(np.int32)):
                return place
        alike.append(len(self._kept))
        self._kept.append(row)
        return alike[-1]

    def load_factors(self) -> FloatArray:
        """Return all rows as load factors without sign, ``(n_row, n_step)``."""
        if not self._kept:
            return np.zeros((1, len(self._sample)), dtype=FLOAT)
        factors = np.stack(self._kept).astype(FLOAT)
        np.abs(factors, out=factors)
        factors /= PERCENT
        return factors
