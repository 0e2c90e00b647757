"""The loads of the tables where they are at home, and how demand of an area is spread over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.enums import Sector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import AnyArray, FloatArray, IndexArray
    from gridsim.tables.network_tables import NetworkTables


@dataclass(frozen=True)
class HomeLoads:
    """Rows of table ``loads``; every array has length ``n_load``.

    Attributes
    ----------
    area, place:
        Area and place of the substation at home.
    sector:
        Use of electricity.
    bus_pos:
        Row of the home in table ``buses``.
    p_mw:
        Mean of the base year.
    tan_phi:
        Mvar per MW.
    """

    area: AnyArray
    place: AnyArray
    sector: AnyArray
    bus_pos: IndexArray
    p_mw: FloatArray
    tan_phi: FloatArray

    def sectors_in(self, area: str) -> tuple[Sector, ...]:
        """Return the sectors that have load in an area, in the order of the enum."""
        present = set(self.sector[(self.area == area) & (self.p_mw > 0.0)])
        return tuple(sector for sector in Sector if sector in present)

    def share_of(self, area: str, sector: str) -> float:
        """Return the share of a sector in the base-year energy of an area."""
        in_area = self.area == area
        return float(self.p_mw[in_area & (self.sector == sector)].sum() / self.p_mw[in_area].sum())

    def places_in(self, area: str) -> set[str]:
        """Return the places with load in an area."""
        return set(self.place[(self.area == area) & (self.p_mw > 0.0)])

    def base_weights(self, area: str, sector: str) -> FloatArray:
        """Return how the demand of a sector is spread over the loads of its area, shape (n_load,), sum 1.

        In proportion to the base load of the sector. A sector that the tables do not have in the area, but the scenario
        does, is spread as all load of the area is.
        """
        in_area = self.area == area
        rows = in_area & (self.sector == sector)
        weights = np.where(rows if self.p_mw[rows].sum() > 0.0 else in_area, self.p_mw, 0.0)
        return np.asarray(weights / weights.sum())

    def growth_weights(self, area: str, sector: str, growth_by_place: Mapping[str, float]) -> FloatArray:
        """Return how the growth of a sector is spread over the loads of its area, shape (n_load,), sum 1.

        Each named place takes its share, within the place in proportion to the base load of the sector; what is left,
        and the share of places where the sector has no load, follows the base load.
        """
        base = self.base_weights(area, sector)
        weights = np.zeros(len(base))
        left = 1.0
        for place, share in growth_by_place.items():
            here = np.where(self.place == place, base, 0.0)
            if here.sum() > 0.0:
                weights += share * here / here.sum()
                left -= share
        return np.asarray(weights + left * base)


def tan_phi(cos_phi: FloatArray) -> FloatArray:
    """Return Mvar per MW of power factors."""
    return np.asarray(np.sqrt(1.0 - cos_phi**2) / cos_phi)


def read_home_loads(tables: NetworkTables) -> HomeLoads:
    """Read table ``loads`` with the area and place of each home."""
    loads = tables["loads"]
    buses = tables["buses"].set_index("bus_id")
    substations = tables["substations"].set_index("substation_id")
    homes = buses["substation_id"].reindex(loads["bus_id"]).to_numpy()
    bus_row = dict(zip(tables["buses"]["bus_id"], range(len(buses)), strict=True))
    return HomeLoads(
        area=substations["area"].reindex(homes).to_numpy(),
        place=substations["place"].reindex(homes).to_numpy(),
        sector=loads["sector"].to_numpy(),
        bus_pos=np.array([bus_row[bus] for bus in loads["bus_id"]], dtype=np.int64),
        p_mw=loads["p_mw"].to_numpy(dtype=np.float64),
        tan_phi=tan_phi(loads["cos_phi"].to_numpy(dtype=np.float64)),
    )
