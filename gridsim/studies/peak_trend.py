"""Trend of yearly peaks: by how much they rise in a year, and when a line through them passes a limit.

The line is that of Theil and Sen: its slope is the median of the slopes between all pairs of years, its height the
median of what the years then leave, so that a year of exceptional weather does not turn it. It is laid through the last
``TREND_YEARS`` years. It knows nothing of projects that are still to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray

#: Years that a trend rests on: the last so many that are known from beginning to end.
TREND_YEARS = 10
#: Fewer years say nothing of a trend.
LEAST_YEARS = 3
#: Years ahead after which a line through ten years is no ground for a date.
FARTHEST_YEARS = 50
METHOD = (
    f"line of Theil and Sen through the yearly peaks of the last {TREND_YEARS} whole years, at least {LEAST_YEARS}; "
    "projects still to come are not in it"
)


class PeakTrend(NamedTuple):
    """Slope of yearly peaks, percent of the rating a year, and first year after the last one above a limit.

    NaN where too few years are known; the year also where the line does not rise to the limit in
    ``FARTHEST_YEARS`` years.
    """

    percent_per_year: float
    limit_year: float


UNKNOWN_TREND = PeakTrend(float("nan"), float("nan"))


def peak_trend(years: IndexArray, peak_percent: FloatArray, limit_percent: float) -> PeakTrend:
    """Return the trend of yearly peaks.

    Parameters
    ----------
    years, peak_percent:
        Rising years and their peaks, ``(n_year,)``; gaps are allowed.
    limit_percent:
        Loading that is to stay above the peaks; NaN where there is no such number.
    """
    years, peaks = np.asarray(years[-TREND_YEARS:]), np.asarray(peak_percent[-TREND_YEARS:], dtype=np.float64)
    if len(years) < LEAST_YEARS:
        return UNKNOWN_TREND
    later, earlier = np.tril_indices(len(years), k=-1)
    slope = float(np.median((peaks[later] - peaks[earlier]) / (years[later] - years[earlier])))
    height = float(np.median(peaks - slope * years))
    if not slope > 0.0 or np.isnan(limit_percent):
        return PeakTrend(slope, float("nan"))
    passing = max(float(np.floor((limit_percent - height) / slope)) + 1.0, years[-1] + 1.0)
    return PeakTrend(slope, passing if passing <= years[-1] + FARTHEST_YEARS else float("nan"))
