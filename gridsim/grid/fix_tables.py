"""Network tables with rows for what fixes would build, each opened by a project of its own.

So a fix that builds something is a project like any other: it has a day, opens a stage, and its units are columns of
the results. A project without a day is never built, and its rows stay out of service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import Confidence, CoolingType, ElementStatus, Programme
from gridsim.tables.network_tables import NetworkTables
from gridsim.tables.service_dates import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Table of units to table of types, key of the units, and the columns of their ratings.
UNITS = {
    "trafos": ("trafo_types", "trafo_id", ("sn_mva",)),
    "trafos3w": ("trafo3w_types", "trafo3w_id", ("sn_hv_mva", "sn_mv_mva", "sn_lv_mva")),
}
#: Columns of types that grow with the rating, so that the ohms stay.
_PERCENT_OF_RATING = {
    "trafo_types": ("vk_percent", "vkr_percent"),
    "trafo3w_types": tuple(f"{name}_{pair}_percent" for name in ("vk", "vkr") for pair in ("hm", "hl", "ml")),
}
#: Rated voltages may differ by this much between one standard rating and the next.
_SAME_VOLTAGE = 0.1
_NOTE = "offered as a fix; not in the network tables"

Rows = dict[str, list[dict[str, Any]]]


def extended(tables: NetworkTables, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> NetworkTables:
    """Return tables with further rows at the end; cells that a row does not name are empty, zero or false.

    A row whose key stands already is not added: two fixes may need the same type.
    """
    frames = dict(tables.frames)
    for name, records in rows.items():
        frame = frames[name]
        empty = {column: _nothing(frame[column].dtype) for column in frame.columns}
        added = pd.DataFrame([empty | dict(record) for record in records], columns=list(frame.columns))
        added = added[~added[KEYS[name]].isin(frame[KEYS[name]])].drop_duplicates(KEYS[name])
        if len(added):
            frames[name] = pd.concat([frame, added.astype(frame.dtypes.to_dict())], ignore_index=True)
    return NetworkTables(tables.folder, frames, tables.digests)


def project_rows(project_id: str, name: str, substation_id: str, day: pd.Timestamp) -> Rows:
    """Return the row of a project that builds a fix."""
    row = {
        "project_id": project_id,
        "name": name,
        "programme": Programme.reinforcement.value,
        "commissioning_date": day,
        "substation_id": substation_id,
    }
    return {"projects": [row | _provenance()]}


def event_row(project_id: str, action: str, table: str, element_id: str) -> dict[str, Any]:
    """Return the event by which a project opens or closes an element."""
    event = {
        "event_id": f"{project_id}.{action}.{element_id}",
        "project_id": project_id,
        "action": action,
        "element_table": table,
        "element_id": element_id,
    }
    return event | _provenance()


def unit_rows(
    tables: NetworkTables, table: str, unit_id: str, new_id: str, *, std_type: str | None = None, project_id: str
) -> Rows:
    """Return a unit at the busbars of another one, opened by a project; closed with the other, where the plan does."""
    key = UNITS[table][1]
    frame = tables[table]
    new = _row(frame, key, unit_id) | {key: new_id, "status": ElementStatus.planned.value} | _provenance()
    if std_type is not None:
        new |= {"std_type": std_type}
    events = tables["commissioning"]
    closing = events[(events["element_id"] == unit_id) & (events["action"] == "close")]
    closes = [event_row(project, "close", table, new_id) for project in closing["project_id"]]
    return {table: [new], "commissioning": [event_row(project_id, "open", table, new_id), *closes]}


def next_type(types: pd.DataFrame, ratings: tuple[str, ...], std_type: str) -> str | None:
    """Return the smallest standard type of the same voltages that is rated higher; None when there is none."""
    own = types[types["std_type"] == std_type].iloc[0]
    voltages = [name for name in types.columns if name.startswith("vn_")]
    is_same = np.ones(len(types), dtype=np.bool_)
    for name in voltages:
        is_same &= (np.abs(types[name] / own[name] - 1.0) < _SAME_VOLTAGE).to_numpy(dtype=np.bool_)
    is_same &= (types["tap_side"] == own["tap_side"]).to_numpy(dtype=np.bool_)
    greater = types[is_same & (types[ratings[0]] > own[ratings[0]]).to_numpy(dtype=np.bool_)]
    return None if greater.empty else str(greater.sort_values(ratings[0])["std_type"].iloc[0])


def with_fans(
    tables: NetworkTables, types: str, ratings: tuple[str, ...], std_type: str, gain: float
) -> dict[str, Any]:
    """Return the type of a unit with fans: rated ``gain`` times as high, the same ohms and losses."""
    own = _row(tables[types], "std_type", std_type)
    scaled = {name: own[name] * gain for name in (*ratings, *_PERCENT_OF_RATING[types])}
    cooled = {
        "std_type": f"{std_type} with fans",
        "cooling": CoolingType.onaf.value,
        "i0_percent": own["i0_percent"] / gain,
    }
    return own | scaled | cooled | _provenance()


def merged(*parts: Rows) -> Rows:
    """Return the rows of several parts together, by table."""
    together: Rows = {}
    for part in parts:
        for name, records in part.items():
            together.setdefault(name, []).extend(records)
    return together


def _row(frame: pd.DataFrame, key: str, name: str) -> dict[str, Any]:
    return {str(column): value for column, value in frame[frame[key] == name].iloc[0].items()}


def _provenance() -> dict[str, str]:
    return {"confidence": Confidence.assumed.value, "note": _NOTE}


def _nothing(dtype: Any) -> Any:
    if pd.api.types.is_bool_dtype(dtype):
        return False
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return pd.NaT
    if pd.api.types.is_float_dtype(dtype):
        return np.nan
    return 0 if pd.api.types.is_integer_dtype(dtype) else ""
