"""Network folders: schema, loading, rules that list findings, totals."""

from __future__ import annotations

from gridsim.tables.load import check_tables, load_tables
from gridsim.tables.network_tables import NetworkTables
from gridsim.tables.totals import confidence_shares, totals

__all__ = ["NetworkTables", "check_tables", "confidence_shares", "load_tables", "totals"]
