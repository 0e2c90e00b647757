"""The first year with a need, without asking every year: one far from any limit lets others be passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Parts = TypeVar("Parts")
Need = TypeVar("Need")

#: Points by which loadings are taken to grow in a year at most, when years are passed over; and the longest stride.
POINTS_PER_YEAR = 10.0
LONGEST_STRIDE = 4


def first_need(years: Sequence[Parts], need_in_year: Callable[[Parts], tuple[float, Need | None]]) -> Need | None:
    """Return the first need of the years asked; years passed over are asked when the year after them has one.

    Parameters
    ----------
    years:
        What each year consists of, in time order; the last one is always asked.
    need_in_year:
        Returns how close windings come to their limits in a year, percentage points, and its first need.
    """
    number, passed_over = 0, years[:0]
    while number < len(years):
        distance, found = need_in_year(years[number])
        if found is not None:
            earlier = (need_in_year(year)[1] for year in passed_over)
            return next((need for need in earlier if need is not None), found)
        stride = int(min(max(distance / POINTS_PER_YEAR, 1.0), LONGEST_STRIDE))
        following = number + stride if number + stride < len(years) else max(len(years) - 1, number + 1)
        passed_over = years[number + 1 : following]
        number = following
    return None
