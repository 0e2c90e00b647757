"""Towns of the region, for orientation on a map."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Town:
    """A town: name and position in degrees."""

    name: str
    lat: float
    lon: float


#: Largest first; positions from GeoNames (CC BY 4.0).
TOWNS = (
    Town("Almaty", 43.2525, 76.9115),
    Town("Taldykorgan", 45.0156, 78.3739),
    Town("Konaev", 43.8668, 77.0630),
    Town("Kaskelen", 43.2000, 76.6200),
    Town("Talgar", 43.3024, 77.2381),
    Town("Esik", 43.3552, 77.4525),
    Town("Uzynagash", 43.2226, 76.3187),
    Town("Shelek", 43.5962, 78.2575),
    Town("Otegen Batyr", 43.4185, 77.0219),
    Town("Zharkent", 44.1662, 80.0074),
    Town("Saryozek", 44.3618, 77.9728),
    Town("Shu", 43.6051, 73.7622),
    Town("Korday", 43.0388, 74.7129),
    Town("Kegen", 43.0145, 79.2264),
    Town("Narynkol", 42.7264, 80.1750),
    Town("Shonzhy", 43.5381, 79.4658),
    Town("Bakanas", 44.8060, 76.2746),
    Town("Ulken", 45.2093, 73.9509),
)
