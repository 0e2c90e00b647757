"""The steps of a study: whole local years, cut into intervals of equal length."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gridsim.scenario import keys
from gridsim.units import HOURS_PER_DAY


@dataclass(frozen=True)
class Horizon:
    """Whole calendar years in local time, cut into steps of ``resolution_h`` hours.

    Local time has a constant distance to UTC: Kazakhstan has no summer time, and the change of 1 March 2024 lies
    before every year that a scenario may ask for. Step ``i`` covers the interval that starts at ``time_utc()[i]``.
    """

    from_year: int = keys.whole("First calendar year", 2025, 2100)
    to_year: int = keys.whole("Last calendar year", 2025, 2100)
    resolution_h: int = keys.whole("Length of a step in hours; divides a day", 1, HOURS_PER_DAY, default=1)
    utc_offset_h: int = keys.whole("Local time minus UTC in hours", -12, 14, default=5)

    @property
    def years(self) -> tuple[int, ...]:
        """Every calendar year."""
        return tuple(range(self.from_year, self.to_year + 1))

    @property
    def steps_per_day(self) -> int:
        """Number of steps in a local day."""
        return HOURS_PER_DAY // self.resolution_h

    @property
    def n_day(self) -> int:
        """Number of local days."""
        return (pd.Timestamp(self.to_year + 1, 1, 1) - pd.Timestamp(self.from_year, 1, 1)).days

    @property
    def n_step(self) -> int:
        """Number of steps."""
        return self.n_day * self.steps_per_day

    def time_utc(self) -> pd.DatetimeIndex:
        """Return the start of every step, ``datetime64[ns, UTC]``, length ``n_step``."""
        start = pd.Timestamp(self.from_year, 1, 1, tz="UTC") - pd.Timedelta(hours=self.utc_offset_h)
        return pd.date_range(start, periods=self.n_step, freq=f"{self.resolution_h}h", unit="ns", name="time_utc")

    def first_step(self, year: int) -> int:
        """Return the step at which a local year starts; ``year`` may be one past the last."""
        days = (pd.Timestamp(year, 1, 1) - pd.Timestamp(self.from_year, 1, 1)).days
        return days * self.steps_per_day

    def step_at(self, local_time: pd.Timestamp) -> int:
        """Return the first step that starts at or after a local time.

        A time zone, if the timestamp has one, is converted. The answer is negative or past the last step for times
        outside the horizon.
        """
        if local_time.tz is not None:
            local_time = local_time.tz_convert("UTC").tz_localize(None) + pd.Timedelta(hours=self.utc_offset_h)
        hours = (local_time - pd.Timestamp(self.from_year, 1, 1)) / pd.Timedelta(hours=self.resolution_h)
        return -int(-hours // 1)
