"""The made-up study agrees with itself as a real one does, and is the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from pathlib import Path


def test_episodes_months_and_ranks_follow_from_the_loading(tmp_path: Path) -> None:
    store = write_synthetic_store(
        tmp_path, n_transformers=8, to_year=2028, load_level=1.5, is_failing=True, with_loading=True, resolution_h=2
    )
    loading = pd.concat([store.loading(year) for year in store.years], ignore_index=True)
    monthly = store.read_monthly().set_index(["element", "year", "month"])
    local = loading["time_utc"].dt.tz_localize(None) + pd.Timedelta(hours=5)
    overloads = store.read_overloads()
    failed = ~store.read_steps()["status"].isin(["ok"]).to_numpy()
    assert failed.any()
    elements = store.read_table("elements").set_index("element")
    for element in loading.columns[1:]:
        values = loading[element].to_numpy()
        assert np.isnan(values[failed]).all()
        row = elements.loc[element]
        own = overloads[(overloads["limit"] == "continuous") & (overloads["element_type"] == row["element_type"])]
        own = own[(own["name"] == row["name"]) & (own["winding"] == row["winding"])]
        assert own["duration_h"].sum() == 2.0 * (values > 100.0).sum()
        # Episodes are separated by at least one step at or below the limit.
        start, end = own["start_utc"].sort_values(), own["end_utc"].sort_values()
        assert (start.to_numpy()[1:] > end.to_numpy()[:-1]).all()
        january = values[(local.dt.year == 2028) & (local.dt.month == 1)]
        assert monthly.loc[(element, 2028, 1), "worst_percent"] == np.nanmax(january)


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    once, again = (
        write_synthetic_store(tmp_path / name, n_transformers=4, to_year=2027, resolution_h=6, with_loading=True)
        for name in ("once", "again")
    )
    files = sorted(path.relative_to(once.directory) for path in once.directory.rglob("*") if path.is_file())
    assert len(files) > 10
    for file in files:
        assert (once.directory / file).read_bytes() == (again.directory / file).read_bytes()
