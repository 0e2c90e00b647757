"""Which rule holds for which loading column, as the flat list of watches that the episode kernel follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridsim.dtypes import FLOAT, INDEX, FloatArray, IndexArray
from gridsim.results.layout import UNIT_KEY
from gridsim.scenario.choices import AmbientReading
from gridsim.scenario.rule_catalogue import LINE_RULE
from gridsim.units import SQRT_3

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gridsim.grid.staged import StagedGrid
    from gridsim.scenario.limit_model import LimitClass, LimitRule, LimitTier


class AmbientSeries(NamedTuple):
    """Air temperature of every step in degree Celsius, each ``(n_step,)``: what ambient-dependent rules are read by."""

    hour: FloatArray
    month_mean: FloatArray

    def read(self, reading: AmbientReading) -> FloatArray:
        """Return the series by which a rule is read."""
        return self.hour if reading is AmbientReading.hour else self.month_mean

    def between(self, start_step: int, stop_step: int) -> AmbientSeries:
        """Return the steps ``start_step`` to ``stop_step`` (half open)."""
        return AmbientSeries(self.hour[start_step:stop_step], self.month_mean[start_step:stop_step])


def ambient_series(grid: StagedGrid) -> AmbientSeries:
    """Return the air temperatures of a run: those of its hours, and the means of their local months."""
    days, climate = grid.injections.days, grid.scenario.profiles.climate
    by_day = np.asarray(climate.mean_c, dtype=FLOAT)[days.month - 1]
    return AmbientSeries(
        grid.injections.ambient_temp_c, np.repeat(by_day, grid.scenario.horizon.steps_per_day).astype(FLOAT)
    )


@dataclass(frozen=True)
class WatchList:
    """Pairs of one loading column and one rule, column by column, in the order of the rules.

    Attributes
    ----------
    elements:
        Table ``elements`` of the results, one row per loading column, in column order.
    rules:
        The rules, those of transformers in the order of the scenario, then the one of lines.
    tiers:
        The tiers of all classes of all rules, a class after the other, each with the reading of its rule.
    column_pos:
        ``(n_watch,)`` row of ``elements``.
    rule_pos:
        ``(n_watch,)`` position in ``rules``.
    first_tier, n_tier:
        ``(n_watch,)`` where the tiers of the watch stand in ``tiers``, and how many there are.
    """

    elements: pd.DataFrame
    rules: tuple[LimitRule, ...]
    tiers: tuple[tuple[LimitTier, AmbientReading], ...]
    column_pos: IndexArray
    rule_pos: IndexArray
    first_tier: IndexArray
    n_tier: IndexArray

    @property
    def permitted_h(self) -> FloatArray:
        """Hours at a stretch that each tier permits, ``(n_tier_total,)``."""
        return np.array([tier.permitted_h for tier, _ in self.tiers], dtype=FLOAT)

    @property
    def rating_mva(self) -> FloatArray:
        """Rating of each watch, for the overload in MVA h."""
        return ratings_mva(self.elements)[self.column_pos]

    @property
    def leading(self) -> IndexArray:
        """Position of the first watch of each column, ``(n_column,)``, -1 where no rule holds.

        The first rule of the scenario that holds for a unit is the one that ranks it.
        """
        leading = np.full(len(self.elements), -1, dtype=INDEX)
        columns, first = np.unique(self.column_pos, return_index=True)
        leading[columns] = first
        return leading

    def limit_percent(self, ambient: AmbientSeries) -> FloatArray:
        """Return where each tier begins at every step of ``ambient``, percent, ``(n_tier_total, n_step)``."""
        return np.array([tier.percent_at(ambient.read(reading)) for tier, reading in self.tiers], dtype=FLOAT)

    def leading_limit(self, column: int, ambient: AmbientSeries) -> tuple[LimitRule | None, FloatArray]:
        """Return the rule that ranks a column, and where it begins at every step of ``ambient``, percent.

        Shape ``(n_step,)``; None and NaN where no rule holds for the column.
        """
        watch = int(self.leading[column])
        if watch < 0:
            return None, np.full(len(ambient.hour), np.nan)
        tier, reading = self.tiers[self.first_tier[watch]]
        return self.rules[self.rule_pos[watch]], tier.percent_at(ambient.read(reading))


def ratings_mva(elements: pd.DataFrame) -> FloatArray:
    """Return the rating in MVA of every row of table ``elements``.

    A winding has its rated power; a line sqrt(3) * nominal voltage * continuous current limit.
    """
    is_line = (elements["element_type"] == "line").to_numpy()
    of_line = SQRT_3 * elements["voltage_kv"].to_numpy(FLOAT) * elements["max_i_ka"].to_numpy(FLOAT)
    return np.where(is_line, of_line, elements["sn_mva"].to_numpy(FLOAT))


def watch_list(elements: pd.DataFrame, rules: Sequence[LimitRule]) -> WatchList:
    """Pair every row of table ``elements`` with the rules that hold for it.

    A transformer is judged by the class of its size, which goes by its largest winding, and of its cooling; a
    three-winding transformer winding by winding. Lines get :data:`LINE_RULE` alone.
    """
    everything = (*rules, LINE_RULE)
    is_line = (elements["element_type"] == "line").to_numpy()
    unit_mva = elements.groupby(UNIT_KEY)["sn_mva"].transform("max").to_numpy(FLOAT)
    cooling = elements["cooling"].to_numpy()
    classes: list[LimitClass] = []
    class_of = np.full((len(elements), len(everything)), -1, dtype=INDEX)
    for position, rule in enumerate(everything):
        is_open = is_line if rule is LINE_RULE else ~is_line
        for limit_class in rule.classes:
            is_held = is_open & limit_class.holds(unit_mva, cooling)
            class_of[is_held, position] = len(classes)
            is_open = is_open & ~is_held
            classes.append(limit_class)
    column_pos, rule_pos = np.nonzero(class_of >= 0)
    chosen = class_of[column_pos, rule_pos]
    counts = np.array([len(limit_class.tiers) for limit_class in classes], dtype=INDEX)
    return WatchList(
        elements=elements,
        rules=everything,
        tiers=tuple((tier, rule.ambient) for rule in everything for each in rule.classes for tier in each.tiers),
        column_pos=column_pos.astype(INDEX),
        rule_pos=rule_pos.astype(INDEX),
        first_tier=(np.cumsum(counts) - counts)[chosen],
        n_tier=counts[chosen],
    )
