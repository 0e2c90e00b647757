"""The frames of a comparison: each lays one kind of result of two runs side by side, columns ending in _a and _b."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.results.layout import UNIT_KEY
from gridsim.studies.study_summary import is_failed
from gridsim.studies.unit_rows import rows_of_twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import AnyArray, BoolArray
    from gridsim.results.manifest import Manifest
    from gridsim.results.store import ResultStore

#: Values of a scenario that say what it is called, not what it assumes.
NAMING_KEYS = ("name", "title", "description")
#: Characters of a digest that are shown.
DIGEST_LENGTH = 12
_DAY = np.timedelta64(1, "D")


def _merged(tables: list[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    """Lay the frames of run A and run B side by side by a key."""
    return tables[0].merge(tables[1], how="outer", on=key, suffixes=("_a", "_b"), sort=False)


def _later_days(table: pd.DataFrame, column: str) -> AnyArray:
    """Return by how many days run B is later, NaN where either has no time."""
    later = (table[f"{column}_b"] - table[f"{column}_a"]).to_numpy(dtype="timedelta64[s]")
    return np.where(np.isnat(later), np.nan, later / _DAY)


def input_changes(a: Manifest, b: Manifest) -> pd.DataFrame:
    """Return what went in differently, frame ``inputs`` of a comparison."""
    rows = [
        (kind, key, _text(of_a.get(key)), _text(of_b.get(key)))
        for kind, of_a, of_b in (
            ("scenario", _assumed(a), _assumed(b)),
            ("file", _short(_other_files(a)), _short(_other_files(b))),
            ("network", _short(a.inputs.get("network", {})), _short(b.inputs.get("network", {}))),
            ("option", dict(a.options), dict(b.options)),
            ("version", dict(a.versions), dict(b.versions)),
        )
        for key in dict.fromkeys([*of_a, *of_b])
        if of_a.get(key) != of_b.get(key)
    ]
    return pd.DataFrame(rows, columns=["kind", "key", "value_a", "value_b"])


def _text(value: Any) -> str:
    """Return a value of the manifest as it is written there, empty where there is none."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _assumed(manifest: Manifest) -> dict[str, Any]:
    return {key: value for key, value in manifest.scenario_values.items() if key not in NAMING_KEYS}


def _other_files(manifest: Manifest) -> dict[str, str]:
    """Return the digests of what a scenario names; what its own files say is compared value by value."""
    files = manifest.inputs.get("scenario", {})
    return {PurePosixPath(file).name: digest for file, digest in files.items() if not file.endswith(".toml")}


def _short(digests: Mapping[str, str]) -> dict[str, str]:
    return {file: digest[:DIGEST_LENGTH] for file, digest in digests.items()}


def hours_by_year(a: ResultStore, b: ResultStore, limit: str) -> pd.DataFrame:
    """Return frame ``hours`` of a comparison."""
    by_year = _merged([_yearly(store, limit) for store in (a, b)], ["year"])
    return by_year.sort_values("year", ignore_index=True)


def _yearly(store: ResultStore, limit: str) -> pd.DataFrame:
    manifest, steps, yearly = store.manifest, store.read_steps(), store.read_table("yearly")
    failed = steps.loc[is_failed(steps), "time_utc"] + pd.Timedelta(hours=manifest.utc_offset_h)
    failed_h = failed.dt.year.value_counts() * manifest.resolution_h
    own = yearly[(yearly["limit"] == limit) & (yearly["element_type"] != "line") & (yearly["hours"] > 0)]
    by_unit = own.groupby(["year", *UNIT_KEY])["hours"].max().groupby("year").agg(["size", "sum"])
    years = list(range(manifest.from_year, manifest.to_year + 1))
    counted = by_unit.reindex(years, fill_value=0)
    return pd.DataFrame(
        {
            "year": years,
            "failed_h": failed_h.reindex(years, fill_value=0).to_numpy(np.float64),
            "overloaded": counted["size"].to_numpy(np.int64),
            "hours": counted["sum"].to_numpy(np.float64),
        }
    )


def project_changes(a: ResultStore, b: ResultStore) -> pd.DataFrame:
    """Return frame ``projects`` of a comparison."""
    columns = ["kind", "programme", "name", "project_id", "investor_id"]
    table = _merged([store.read_table("events")[[*columns, "date_utc"]] for store in (a, b)], columns)
    table["later_days"] = _later_days(table, "date_utc")
    return table[table["later_days"] != 0.0].sort_values(["date_utc_a", "date_utc_b", "name"], ignore_index=True)


def substation_changes(a: ResultStore, b: ResultStore) -> pd.DataFrame:
    """Return frame ``substations`` of a comparison."""
    columns = ["substation_id", "name"]
    table = _merged([_open_substations(store)[[*columns, "open_utc", "is_there"]] for store in (a, b)], columns)
    is_there_a, is_there_b = _is_true(table, "is_there")
    table["later_days"] = _later_days(table, "open_utc")
    is_same = _is_same(table, "open_utc") & (is_there_a == is_there_b)
    changed: pd.DataFrame = table[~is_same]
    return changed.sort_values(["open_utc_a", "open_utc_b", "substation_id"], ignore_index=True)


def _open_substations(store: ResultStore) -> pd.DataFrame:
    return store.read_table("substations").assign(is_there=True)


def _is_true(table: pd.DataFrame, column: str) -> tuple[BoolArray, BoolArray]:
    """Turn the two columns of a flag into flags, False where a run lacks the row, and return them."""
    for side in ("a", "b"):
        table[f"{column}_{side}"] = table[f"{column}_{side}"].eq(True)
    return table[f"{column}_a"].to_numpy(np.bool_), table[f"{column}_b"].to_numpy(np.bool_)


def _is_same(table: pd.DataFrame, column: str) -> BoolArray:
    """Whether a value is the same in both runs; what neither has is."""
    of_a, of_b = table[f"{column}_a"], table[f"{column}_b"]
    return ((of_a == of_b) | (of_a.isna() & of_b.isna())).to_numpy(dtype=np.bool_)


def stage_changes(a: ResultStore, b: ResultStore) -> pd.DataFrame:
    """Return frame ``stages`` of a comparison."""
    table = _merged([_stage_openings(store) for store in (a, b)], ["open_utc"])
    is_in_a, is_in_b = _is_true(table, "is_in")
    changed: pd.DataFrame = table[is_in_a != is_in_b]
    return changed.sort_values("open_utc", ignore_index=True)


def _stage_openings(store: ResultStore) -> pd.DataFrame:
    """Return the first moment of every stage of a run."""
    steps = store.read_steps()
    is_first = steps["stage"].diff().to_numpy() != 0
    return pd.DataFrame({"open_utc": steps["time_utc"].to_numpy()[is_first]}).assign(is_in=True)


def transformer_changes(a: ResultStore, b: ResultStore, limit: str) -> pd.DataFrame:
    """Return frame ``transformers`` of a comparison."""
    about = _merged([_places(store) for store in (a, b)], UNIT_KEY)
    for column in ("substation_name", "confidence"):
        about[column] = about[f"{column}_b"].fillna(about[f"{column}_a"])
    table = _merged([_worst_windings(store, limit) for store in (a, b)], UNIT_KEY)
    table = table.merge(about[[*UNIT_KEY, "substation_name", "confidence"]], how="left", on=UNIT_KEY)
    _is_true(table, "is_there")
    for side in ("a", "b"):
        for column in ("failed_h", "hours", "overload_mvah"):
            table[f"{column}_{side}"] = table[f"{column}_{side}"].fillna(0.0)
    table["later_days"] = _later_days(table, "first_violation_utc")
    table["change"] = _change(table)
    table["mvah_change"] = table["overload_mvah_b"] - table["overload_mvah_a"]
    order = table["mvah_change"].abs().sort_values(ascending=False, kind="stable").index
    pairs = ("is_there", "failed_h", "first_violation_utc", "hours", "overload_mvah", "peak_percent")
    columns = [*UNIT_KEY, "substation_name", "change", *(f"{name}_{side}" for name in pairs for side in ("a", "b"))]
    return table.loc[order, [*columns, "later_days", "mvah_change", "confidence"]].reset_index(drop=True)


def is_unchanged(transformers: pd.DataFrame) -> BoolArray:
    """Whether a row of frame ``transformers`` says the same of both runs, shape (n_row,)."""
    columns = ("is_there", "failed_h", "first_violation_utc", "hours", "overload_mvah")
    return np.asarray(np.all([_is_same(transformers, column) for column in columns], axis=0))


def units_alike(transformers: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of frame ``transformers``; units of a substation that share their load in both runs are one.

    ``names`` lists the units of a row.
    """
    alike = transformers[["substation_name", "change", "first_violation_utc_a", "hours_a", "hours_b"]]
    alike = alike.join(transformers[["overload_mvah_a", "overload_mvah_b"]].round(1))
    rows = rows_of_twins(transformers, alike, "name").to_dict(orient="records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _places(store: ResultStore) -> pd.DataFrame:
    elements = store.read_table("elements")
    units = elements[elements["element_type"] != "line"].drop_duplicates(UNIT_KEY)
    return units[[*UNIT_KEY, "substation_name", "confidence"]]


def _worst_windings(store: ResultStore, limit: str) -> pd.DataFrame:
    """Return one row per transformer: its winding with most MVAh above the rule, then the highest loading."""
    verdicts = store.read_table("verdicts")
    own = verdicts[(verdicts["limit"] == limit) & (verdicts["element_type"] != "line")]
    own = own.sort_values(["overload_mvah", "peak_percent"], ascending=False, kind="stable").drop_duplicates(UNIT_KEY)
    columns = [*UNIT_KEY, "failed_h", "first_violation_utc", "hours", "overload_mvah", "peak_percent"]
    return own[columns].assign(is_there=True)


def _change(table: pd.DataFrame) -> AnyArray:
    """Return what became of the overloads of each transformer, in the words of ``RunComparison.transformers``."""
    in_a, in_b = (table[f"first_violation_utc_{side}"].notna().to_numpy() for side in ("a", "b"))
    later_days = table["later_days"].to_numpy()
    cases = [~in_a & ~in_b, ~in_a, ~in_b, later_days < 0.0, later_days > 0.0]
    return np.select(cases, ["none", "new", "gone", "earlier", "later"], default="same")


def tap_changes(a: ResultStore, b: ResultStore) -> pd.DataFrame:
    """Return frame ``taps`` of a comparison."""
    table = _merged([_operations(store) for store in (a, b)], ["element"])
    for side in ("a", "b"):
        table[f"operations_{side}"] = table[f"operations_{side}"].fillna(0).astype(np.int64)
    change = (table["operations_b"] - table["operations_a"]).abs()
    order = change[change > 0].sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _operations(store: ResultStore) -> pd.DataFrame:
    operations = store.read_table("tap_operations")
    return operations.groupby("element")["operations"].sum().reset_index()
