"""Names of the figures and what each answers; loads no drawing library, so that a command line can list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Name of each figure (also its file stem) and the question it answers.
KINDS: Mapping[str, str] = {
    "overload_timeline": "When do which transformers overload, and what is commissioned when?",
    "loading_heatmap": "How heavily is each transformer loaded, month by month?",
    "demand_and_capacity": "Does installed transformer capacity keep up with demand?",
    "map": "Where is the grid overloaded in a given year?",
}
