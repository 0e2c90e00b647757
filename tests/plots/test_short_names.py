"""Names in pictures: shorter, and still the same places."""

from __future__ import annotations

import pytest

from gridsim.plots.short_names import fitting_name, highest_voltage_kv, short_name, transformer_label


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Kaskelen 220", "Kaskelen 220"),
        ("Talgar (OSM M056)", "Talgar"),
        ("City centre (OSM way 54663937)", "City centre"),
        ("Issyk district 220/110/10 (OSM M058, Esik)", "Issyk district 220/110/10 (Esik)"),
        ("Ermensay (PS-160A)", "Ermensay (PS-160A)"),
        ("Representative 110 kV substation Raiymbek", "repr. 110 kV Raiymbek"),
        ("Representative 110 kV city substation 10 (Bostandyk)", "repr. 110 kV city 10 (Bostandyk)"),
        ("Representative Alatau 500 kV substation", "repr. Alatau 500 kV"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short


def test_brackets_go_before_letters() -> None:
    name = "Representative 110 kV city substation 27 (Alatau district of the city)"
    assert fitting_name(name, 30) == "repr. 110 kV city 27"
    assert fitting_name(name, 15) == "repr. 110 k… 27"
    assert fitting_name("North shore of the reservoir", 15) == "North shore of…"


def test_units_are_never_cut() -> None:
    assert (
        transformer_label("Balkhash district, west of Bakanas", "T1, T2 (HV)", 30) == "Balkhash distric…, T1, T2 (HV)"
    )
    assert transformer_label("", "line_7", 30) == "line_7"


@pytest.mark.parametrize(
    ("name", "kv"),
    [
        ("Second 500 kV line YuKGRES - Alma", 500.0),
        ("Alma 500, third 500/220 bank", 500.0),
        ("110 kV capacitor banks, 2029", 110.0),
        ("Shelek wind expansion to 300 MW", 0.0),
        ("Besagash, further 220/110 kV unit", 220.0),
        ("Iconic Towers, 1,110 flats", 0.0),
    ],
)
def test_voltages_are_read_from_names(name: str, kv: float) -> None:
    assert highest_voltage_kv(name) == kv
