"""Numbers of the events in a timeline."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from gridsim.plots.event_lanes import numbered_events


def test_events_without_any_name_of_their_own_are_ticks() -> None:
    event = {"kind": "substation", "programme": "government_15", "name": "Representative substation 1", "mw": 0.0}
    events = pd.DataFrame([event | {"is_representative": True}])
    numbered = numbered_events(SimpleNamespace(events=events))  # type: ignore[arg-type]
    assert numbered["number"].tolist() == [0]
