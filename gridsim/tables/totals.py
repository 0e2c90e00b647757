"""Totals of a network folder, to be held against published figures, and how well its rows are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridsim.enums import Confidence
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from gridsim.tables.network_tables import NetworkTables

TOTAL_COLUMNS = ("topic", "group", "unit", "existing", "planned")
#: Upper winding and rating that stands for the whole unit.
_UNITS = (("trafos", "trafo_types", "sn_mva"), ("trafos3w", "trafo3w_types", "sn_hv_mva"))


def totals(tables: NetworkTables) -> pd.DataFrame:
    """Add up what the tables hold.

    Three-winding transformers count with the rating of their HV winding. ``planned`` is what is planned or under
    construction; closing events are not subtracted from ``existing``.

    Returns
    -------
    pandas.DataFrame
        Columns ``topic``, ``group``, ``unit``, ``existing``, ``planned``. Topics: installed capacity and number of
        substations by published total (``counts_as``), substations by area and highest voltage, installed capacity by
        upper voltage, line length by voltage, power plants by kind, mean demand of the base year by area.
    """
    substations = _substations(tables)
    units = _units(tables)
    counted = units.assign(group=units["substation_id"].map(_by_key(substations, "substation_id", "counts_as")))
    parts = [
        _split("transformers in published total", "MVA", counted[counted["group"] != ""], "group", "sn_mva"),
        _split("substations in published total", "", substations[substations["counts_as"] != ""], "counts_as", "one"),
        _split("substations", "", substations, "group", "one"),
        _split("transformers by upper voltage", "MVA", units, "voltage", "sn_mva"),
        _split("lines", "km", _lines(tables), "voltage", "length_km"),
        _split("power plants", "MW", tables["power_plants"], "kind", "p_max_mw"),
        _split("mean demand of the base year", "MW", _demand(tables), "area", "p_mw"),
    ]
    return pd.concat(parts, ignore_index=True)


def confidence_shares(tables: NetworkTables) -> pd.DataFrame:
    """Return for each table, and for all together, how its rows split over the confidence classes.

    Returns
    -------
    pandas.DataFrame
        Columns ``table``, ``n_row``, and one ``<class>_percent`` per class, best first; tables without rows are left
        out.
    """
    frames = {
        name: frame["confidence"] for name, frame in tables.frames.items() if "confidence" in frame and len(frame)
    }
    frames["all"] = pd.concat(list(frames.values()), ignore_index=True) if frames else pd.Series([], dtype=object)
    records = [
        {
            "table": name,
            "n_row": len(column),
            **{f"{word}_percent": PERCENT * float((column == word).mean()) for word in Confidence},
        }
        for name, column in frames.items()
        if len(column)
    ]
    return pd.DataFrame(records, columns=["table", "n_row", *(f"{word}_percent" for word in Confidence)])


def _split(topic: str, unit: str, frame: pd.DataFrame, group: str, value: str) -> pd.DataFrame:
    """Add up ``value`` by ``group``, existing and planned apart."""
    is_existing = frame["status"] == "existing"
    parts = {
        name: frame[mask].groupby(group, sort=False)[value].sum()
        for name, mask in (("existing", is_existing), ("planned", ~is_existing))
    }
    table = pd.DataFrame(parts).astype("float64").fillna(0.0).sort_index()
    table = table.set_axis([" ".join(str(key).split()) for key in table.index])
    table = table.rename_axis("group").reset_index().assign(topic=topic, unit=unit)
    return table[list(TOTAL_COLUMNS)]


def _by_key(frame: pd.DataFrame, key: str, value: str) -> pd.Series:
    """Return ``value`` on an index of ``key``; of rows that share a key, which is a finding of its own, the first."""
    return frame.drop_duplicates(key).set_index(key)[value]


def _voltage(vn_kv: pd.Series) -> pd.Series:
    """Return voltages as words that sort by size thanks to leading blanks, which do not reach the result."""
    return vn_kv.map(lambda kv: f"{kv:>5g} kV")


def _substations(tables: NetworkTables) -> pd.DataFrame:
    highest = tables["buses"].groupby("substation_id")["vn_kv"].max()
    substations = tables["substations"]
    voltage = substations["substation_id"].map(highest).fillna(0.0)
    return substations.assign(one=1.0, group=substations["area"] + _voltage(voltage))


def _units(tables: NetworkTables) -> pd.DataFrame:
    voltages = _by_key(tables["buses"], "bus_id", "vn_kv")
    parts = []
    for table, types, rating in _UNITS:
        units = tables[table]
        ratings = _by_key(tables[types], "std_type", rating)
        parts.append(
            pd.DataFrame(
                {
                    "substation_id": units["substation_id"],
                    "status": units["status"],
                    "voltage": _voltage(units["hv_bus_id"].map(voltages)),
                    "sn_mva": units["std_type"].map(ratings),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _lines(tables: NetworkTables) -> pd.DataFrame:
    voltages = _by_key(tables["buses"], "bus_id", "vn_kv")
    lines = tables["lines"]
    return lines.assign(voltage=_voltage(lines["from_bus_id"].map(voltages)))


def _demand(tables: NetworkTables) -> pd.DataFrame:
    substation_of = _by_key(tables["buses"], "bus_id", "substation_id")
    area_of = _by_key(tables["substations"], "substation_id", "area")
    loads = tables["loads"]
    return loads.assign(area=loads["bus_id"].map(substation_of).map(area_of), status="existing")
