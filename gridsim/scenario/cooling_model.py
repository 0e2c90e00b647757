"""How the fans of transformers are run, as a scenario states it."""

# ruff: noqa: RUF009 -- the functions of keys declare fields, as dataclasses.field does

from __future__ import annotations

from dataclasses import dataclass

from gridsim.scenario import keys
from gridsim.scenario.choices import FanOperation


@dataclass(frozen=True)
class CoolingOptions:
    """Fans of the transformers whose type is cooled by ``onaf``; all others have one stage of cooling.

    The numbers are used with ``fans = "switched"`` only. Their defaults are customary values that were not verified in
    a source; who knows those of the units states them, their ``source``, and ``is_verified``.
    """

    fans: FanOperation = keys.choice(
        "run: they run in every hour, as the rating presumes; switched: by the top oil",
        FanOperation,
        default=FanOperation.run,
    )
    natural_rating: float = keys.number(
        "Rating without fans over the rating", 0.0, 1.0, is_open_minimum=True, default=0.6
    )
    on_top_oil_c: float = keys.number("Top oil at which fans start, degree Celsius", 0.0, 150.0, default=65.0)
    off_top_oil_c: float = keys.number("Top oil below which they stop, degree Celsius", 0.0, 150.0, default=55.0)
    is_verified: bool = keys.flag("Whether these numbers were read in a source", default=False)
    source: str = keys.text("Where they were read", default="")
