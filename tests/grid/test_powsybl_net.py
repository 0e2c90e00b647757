"""Nets that pypowsybl reads: same load flow as its own, names of the file, and traps refused."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pytest
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.grid.powsybl_net import net_of_powsybl
from tests.support.powsybl_flow import solved_by_powsybl

if TYPE_CHECKING:
    from pathlib import Path

pypowsybl = pytest.importorskip("pypowsybl")

FORMATS = {".xiidm": "XIIDM", ".zip": "CGMES"}


def saved(network: pypowsybl.network.Network, ending: str) -> bytes:
    content = network.save_to_binary_buffer(format=FORMATS[ending]).getvalue()
    if ending == ".zip":
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(archive.namelist()[0])


def solved(network: pypowsybl.network.Network) -> dict[str, float]:
    """Return voltages in pu by the load flow of pypowsybl itself."""
    buses = solved_by_powsybl(pypowsybl, network)
    return dict(zip(buses["name"].where(buses["name"] != "", buses.index), buses["vm_pu"], strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ending"), [("ieee9", ".zip"), ("ieee9", ".xiidm"), ("ieee14", ".xiidm"), ("ieee118", ".xiidm")]
)
def test_voltages_are_those_of_pypowsybl_bus_by_bus(name: str, ending: str) -> None:
    network = getattr(pypowsybl.network, f"create_{name}")()
    content = saved(network, ending)
    read = pypowsybl.network.load_from_binary_buffer(io.BytesIO(archived(f"case{ending}", content)))
    expected = solved(read)
    net = net_of_powsybl(content, ending, f"{name}{ending}")
    pp.runpp(net, tolerance_mva=1e-9, init="dc")
    ours = dict(zip(net.bus["name"], net.res_bus["vm_pu"], strict=True))
    assert ours.keys() == expected.keys()
    assert max(abs(ours[bus] - expected[bus]) for bus in expected) <= 1e-9


def archived(name: str, content: bytes) -> bytes:
    """A file as pypowsybl takes it from memory: in an archive, which CGMES is already."""
    if name.endswith(".zip"):
        return content
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, content)
    return archive.getvalue()


def test_lines_and_transformers_have_the_names_of_the_file() -> None:
    network = pypowsybl.network.create_ieee14()
    net = net_of_powsybl(saved(network, ".xiidm"), ".xiidm", "case.xiidm")
    lines, trafos = network.get_lines(), network.get_2_windings_transformers()
    named = {*net.line["name"], *net.impedance["name"]}  # an impedance where the nominal voltages of the ends differ
    assert named == {name or label for label, name in lines["name"].items()}
    assert set(net.trafo["name"]) == {name or label for label, name in trafos["name"].items()}
    ends = lines.assign(key=[name or label for label, name in lines["name"].items()]).set_index("key")
    bus = net.bus["name"]
    names = {label: name or label for label, name in network.get_buses()["name"].items()}
    for row in net.line.itertuples():
        theirs = {names[ends.at[row.name, "bus1_id"]], names[ends.at[row.name, "bus2_id"]]}
        assert {bus[row.from_bus], bus[row.to_bus]} == theirs
    assert net.load["name"].tolist() == [bus[place] for place in net.load["bus"]]


def test_the_command_solves_it(tmp_path: Path) -> None:
    file = tmp_path / "case.xiidm"
    file.write_bytes(saved(pypowsybl.network.create_ieee14(), ".xiidm"))
    done = CliRunner().invoke(app, ["run", "--net", str(file), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "1 step: 1 solved, none failed" in done.output
    voltages = np.genfromtxt(tmp_path / "out" / "voltages.csv", delimiter=",", skip_header=1)[1:]
    assert len(voltages) == 14
    assert voltages.max() == pytest.approx(1.09, abs=1e-9)  # the set point of the synchronous condenser at bus 8


@pytest.mark.parametrize("ending", [".xiidm", ".zip", ".raw"])
@pytest.mark.parametrize("content", [b"", b"PK", b"no net at all", b"\0" * 100], ids=["empty", "cut", "text", "zeros"])
def test_what_is_no_net_is_told(content: bytes, ending: str) -> None:
    with pytest.raises(InputError, match=rf"bad\{ending}: "):
        net_of_powsybl(content, ending, f"bad{ending}")


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_xml_that_names_other_files_is_refused(code: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE n [<!ENTITY x SYSTEM "file:///etc/hostname">]><n>&x;</n>'
    for ending, content in ((".xiidm", text.encode(code)), (".zip", archived("net.xml", text.encode(code)))):
        with pytest.raises(InputError, match="declares a document type"):
            net_of_powsybl(content, ending, f"trap{ending}")


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridsim.grid.powsybl_net.LARGEST_CONTENT", 1000)
    with pytest.raises(InputError, match="unpacks to 1,001 bytes, at most 1,000"):
        net_of_powsybl(archived("net.xml", b" " * 1001), ".zip", "large.zip")


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridsim.grid.powsybl_net.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pypowsybl.*gridsim\[export\]"):
        net_of_powsybl(b"", ".raw", "case.raw")
