"""Nets from elsewhere: read without executing anything, or refused with the file, the place and what is accepted."""

from __future__ import annotations

import copy
import functools
import json
import pickle
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandapower as pp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.grid.matpower_case import net_of_matpower
from gridsim.grid.net_json import net_of_json, net_to_json
from tests.support.control_nets import control_tap, one_unit
from tests.support.element_nets import feeder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

few = settings(max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck))

CASE = """function mpc = two
% a comment with [brackets] and 'quotes'
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [
    1  3  0   0  0  0  1  1  0  110  1  1.1  0.9;
    2, 1, 50, 0, 0, 0, 1, 1, 0, 110, 1, 1.1, 0.9   % commas will do
];
mpc.gen = [ 1 0 0 100 -100 1 100 1 200 0 ];
mpc.branch = [ 1 2 0 0.1 0 80 80 80 0 0 1 -360 360 ];
"""


@functools.cache
def whole_json() -> bytes:
    net = feeder()
    pp.control.DiscreteTapControl(net, 6, 0.98, 1.02)
    return net_to_json(net)


SPOILT = ("", "0", "-1", "1e400", "NaN", "[", "]", ";", "\n", ",", "'", "%", "mpc.bus = [", "\0")


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Return the whole net after a change of its document."""
    document = json.loads(whole_json())
    change(document)
    return json.dumps(document).encode()


def put(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["_object"].__setitem__(name, value)


def entry(module: str, name: str, content: Any = "id") -> dict[str, Any]:
    return {"_module": module, "_class": name, "_object": content}


def cell(content: Any) -> dict[str, Any]:
    """Return a table of which one cell holds something."""
    table = {"columns": ["object"], "index": [0], "data": [[content]]}
    return entry("pandas.core.frame", "DataFrame", json.dumps(table)) | {"orient": "split"}


def controller(**attributes: Any) -> dict[str, Any]:
    name = "pandapower.control.controller.trafo.DiscreteTapControl"
    return cell(entry(name, "DiscreteTapControl", json.dumps(attributes)))


BROKEN_JSON: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is not JSON"),
    "cut": (whole_json()[:500], "is not JSON"),
    "UTF-16": (whole_json().decode().encode("utf-16"), "is not UTF-8"),
    "pickle": (pickle.dumps({"bus": 1}), "is not UTF-8"),
    "list": (b"[]", "holds no net"),
    "number": (b"5", "holds no net"),
    "table": (json.dumps(cell(1)).encode(), "holds no net"),
    "brackets": (b"[" * 100_000, "brackets within brackets"),
    "shell": (changed(put("bus", entry("os", "system"))), "'os', 'system'"),
    "process": (changed(put("x", entry("subprocess", "Popen"))), "'subprocess', 'Popen'"),
    "evaluation": (changed(put("x", entry("builtins", "eval"))), "'builtins', 'eval'"),
    "execution": (changed(put("x", entry("builtins", "exec"))), "'builtins', 'exec'"),
    "function": (changed(put("x", entry("os", "function", "system"))), "'function'"),
    "method": (changed(put("x", entry("os", "method", "system"))), "'method'"),
    "import of anything": (changed(put("x", entry("antigravity", "fly"))), "'antigravity'"),
    "module that is none": (changed(put("x", {"_module": ["os"], "_class": "system"})), "['os']"),
    "class alone": (changed(put("x", {"_class": "system", "_object": "id"})), "'system'"),
    "module alone": (changed(put("x", {"_module": "os"})), "'os'"),
    "graph": (changed(put("x", entry("networkx", "MultiGraph", {}))), "'networkx'"),
    "spline": (changed(put("x", entry("pandapower.control.util.characteristic", "SplineCharacteristic"))), "Spline"),
    "other controller": (
        changed(put("x", entry("pandapower.control.controller.const_control", "ConstControl", "{}"))),
        "ConstControl",
    ),
    "code in a list": (changed(put("x", [1, [entry("os", "system")]])), "'os', 'system'"),
    "code in a cell": (changed(put("x", cell(entry("os", "system")))), "'os', 'system'"),
    "code in the text of a cell": (changed(put("x", cell(json.dumps(entry("os", "system"))))), "'os', 'system'"),
    "code in an array": (changed(put("x", entry("numpy", "array", [entry("os", "system")]))), "'os', 'system'"),
    "code in a controller": (changed(put("x", controller(vm=entry("os", "system")))), "'os', 'system'"),
    "controller with a function of its own": (changed(put("x", controller(is_converged="x"))), "'is_converged'"),
    "controller with a class of its own": (changed(put("x", controller(__class__="x"))), "'__class__'"),
    "controller of nothing": (
        changed(put("x", entry("pandapower.control.controller.trafo.DiscreteTapControl", "DiscreteTapControl", "[]"))),
        "no attributes",
    ),
    "table from a file": (
        changed(put("bus", entry("pandas.core.frame", "DataFrame", "/etc/secret.json"))),
        "expected its text",
    ),
    "table of a number": (changed(put("bus", entry("pandas.core.frame", "DataFrame", 5))), "expected its text"),
    "table that is cut": (
        changed(put("bus", entry("pandas.core.frame", "DataFrame", '{"columns": ["a"'))),
        "cannot read this net",
    ),
    "version of tomorrow": (changed(put("format_version", "99.0.0")), "cannot read this net|format"),
}


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_json_that_is_no_mere_data_is_refused(name: str) -> None:
    content, told = BROKEN_JSON[name]
    with pytest.raises(InputError) as caught:
        net_of_json(content, "net.json")
    assert str(caught.value).startswith("net.json")
    assert any(words in str(caught.value) for words in told.split("|")), caught.value
    assert len(str(caught.value)) < 1500


def test_a_whole_net_is_read_with_its_tap_controller() -> None:
    net = net_of_json(whole_json(), "net.json")
    assert type(net.controller["object"].iat[0]).__name__ == "DiscreteTapControl"
    for table in ("bus", "line", "trafo", "load", "ext_grid"):
        assert net[table].index.tolist() == feeder()[table].index.tolist()
    pp.runpp(net, numba=False)
    expected = feeder()
    pp.runpp(expected, numba=False)
    assert net.res_bus["vm_pu"].to_numpy() == pytest.approx(expected.res_bus["vm_pu"].to_numpy(), abs=1e-9)


@few
@given(st.data())
def test_json_spoilt_at_random_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(whole_json())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        net_of_json(bytes(content), "net.json")
    except InputError as refused:
        assert str(refused).startswith("net.json")  # noqa: PT017  what is read is fine, too


def test_two_buses_of_matpower_by_hand() -> None:
    """V^2 = (1 + sqrt(1 - 4 X^2 P^2)) / 2 behind a lossless line X with load P."""
    net = net_of_matpower(CASE.encode(), ".m", "two.m")
    pp.runpp(net, tolerance_mva=1e-9, numba=False)
    assert net.res_bus["vm_pu"].at[2] == pytest.approx(sqrt((1.0 + sqrt(1.0 - 4.0 * 0.1**2 * 0.5**2)) / 2.0), abs=1e-10)


def test_a_transformer_of_matpower_by_hand() -> None:
    """Without load V2 = y / (y + j b / 2) V1 / ratio, turned back by the shift; y is the series admittance."""
    case = CASE.replace("0 0.1 0 80 80 80 0 0", "0.01 0.1 0.2 80 80 80 0.95 30").replace("2, 1, 50,", "2, 1, 0,")
    net = net_of_matpower(case.encode(), ".m", "two.m")
    pp.runpp(net, tolerance_mva=1e-9, numba=False)
    series = 1.0 / (0.01 + 0.1j)
    expected = series / (series + 0.1j) / (0.95 * np.exp(1j * np.pi / 6))
    found = net.res_bus.loc[2]
    assert found["vm_pu"] * np.exp(1j * np.deg2rad(found["va_degree"])) == pytest.approx(expected, abs=1e-9)


BROKEN_CASES = {
    "empty": ("", "mpc.baseMVA is missing"),
    "another file": ("no case at all", "mpc.baseMVA is missing"),
    "no bus": (CASE.replace("mpc.bus", "mpc.node"), "mpc.bus is missing"),
    "no branch": (CASE.replace("mpc.branch", "mpc.line"), "mpc.branch is missing"),
    "base of nothing": (CASE.replace("baseMVA = 100", "baseMVA = 0"), "mpc.baseMVA is 0"),
    "base in words": (CASE.replace("baseMVA = 100", "baseMVA = base"), "'base' is not a number"),
    "expression": (CASE.replace(" 0.1 0 80", " 1/10 0 80"), "mpc.branch, row 1, column 4: '1/10' is not a number"),
    "call": (CASE.replace(" 0.1 0 80", " system('id') 0 80"), "is not a number; expressions are not computed"),
    "row too short": (CASE.replace("1  3  0", "3  0"), "rows of mpc.bus have different lengths"),
    "not a number": (CASE.replace("2, 1, 50", "2, 1, NaN"), "mpc.bus, row 2, column 3: expected a finite number"),
    "load without end": (CASE.replace("2, 1, 50", "2, 1, Inf"), "mpc.bus, row 2, column 3: expected a finite number"),
    "bus twice": (CASE.replace("2, 1, 50", "1, 1, 50"), "a bus number stands twice"),
    "branch to nowhere": (CASE.replace("[ 1 2 0", "[ 1 7 0"), "mpc.branch, row 1, column 2: there is no bus 7"),
    "plant at nowhere": (CASE.replace("gen = [ 1", "gen = [ 9"), "mpc.gen, row 1, column 1: there is no bus 9"),
    "voltage of nothing": (CASE.replace("1, 1, 0, 110", "1, 1, 0, 0"), "mpc.bus, row 2, column 10: the base voltage"),
}


@pytest.mark.parametrize("name", BROKEN_CASES)
def test_broken_cases_are_refused(name: str) -> None:
    text, told = BROKEN_CASES[name]
    with pytest.raises(InputError) as caught:
        net_of_matpower(text.encode(), ".m", "two.m")
    assert str(caught.value).startswith("two.m")
    assert told in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file", bytes(range(256)) * 8, pickle.dumps([1])])
def test_binaries_that_are_no_case_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"two\.mat: holds no MATPOWER case"):
        net_of_matpower(content, ".mat", "two.mat")


@few
@given(st.data())
def test_cases_spoilt_at_random_are_read_or_refused(data: st.DataObject) -> None:
    text = CASE
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        words = st.sampled_from(
            ["", "0", "-1", "1e400", "NaN", "[", "]", ";", "\n", ",", "'", "%", "mpc.bus = [", "\0"]
        )
        text = text[:place] + data.draw(words) + text[place + data.draw(st.integers(0, 6)) :]
    try:
        net_of_matpower(text.encode(), ".m", "two.m")
    except InputError as refused:
        assert str(refused).startswith("two.m")  # noqa: PT017  what is read is fine, too


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["run", *map(str, arguments)])


def test_run_of_a_net_with_profiles(tmp_path: Path) -> None:
    """The judge is ``runpp`` with the values put into the net by hand; the last row collapses and says so."""
    (tmp_path / "net.json").write_bytes(net_to_json(feeder()))
    (tmp_path / "hours.csv").write_text(
        "step,load.p_mw.5,ext_grid.vm_pu.4\n08:00,6.5,1.01\n09:00,9.0,1.03\n10:00,900,1\n"
    )
    arguments = ("--net", tmp_path / "net.json", "--profiles", tmp_path / "hours.csv", "--out", tmp_path / "out")
    done = invoke(*arguments)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0] == "3 steps: 2 solved, 1 have NO solution"
    import pandas as pd  # noqa: PLC0415

    loading = pd.read_csv(tmp_path / "out" / "loading.csv", index_col="step")
    for step, p_mw, vm_pu in (("08:00", 6.5, 1.01), ("09:00", 9.0, 1.03)):
        net = feeder()
        net.load.loc[5, "p_mw"], net.ext_grid.loc[4, "vm_pu"] = p_mw, vm_pu
        pp.runpp(net, tolerance_mva=1e-9, numba=False, calculate_voltage_angles=True)
        assert loading.at[step, "trafo:6"] == pytest.approx(net.res_trafo["loading_percent"].at[6], abs=1e-6)
        assert loading.at[step, "line:9"] == pytest.approx(net.res_line["loading_percent"].at[9], abs=1e-6)
    assert loading.loc["10:00"].isna().all()
    assert invoke(*arguments).exit_code == 2  # the folder is not empty any more
    again = invoke(*arguments[:-1], tmp_path / "other", "--strict")
    assert again.exit_code == 3


@pytest.mark.parametrize(
    ("files", "arguments", "told"),
    [
        ({}, ("--net", "nowhere.json"), "cannot be read"),
        ({"net.p": b"\x80\x04."}, ("--net", "net.p"), "pickles are never read"),
        ({"net.pkl": b"\x80\x04."}, ("--net", "net.pkl"), "pickles are never read"),
        ({"net.m": CASE, "h.csv": "step,load.p_mw.7\n1,5\n"}, ("--profiles", "h.csv"), "the net has no load 7"),
        ({"net.m": CASE, "h.csv": "step,load.p_kw.0\n1,5\n"}, ("--profiles", "h.csv"), "expected <table>.<column>"),
        ({"net.m": CASE, "h.csv": 'step,load.p_mw.0\n1,"5,5"\n'}, ("--profiles", "h.csv"), "row 2, column load.p_mw"),
        ({"net.m": CASE, "h.csv": "step,load.p_mw.0\n1,nan\n"}, ("--profiles", "h.csv"), "row 2, column load.p_mw.0"),
        ({"net.m": CASE, "h.csv": "time,load.p_mw.0\n1,5\n"}, ("--profiles", "h.csv"), "a column 'step'"),
        ({"net.m": CASE, "h.csv": "step,load.p_mw.0\n"}, ("--profiles", "h.csv"), "at least one row"),
        ({"net.m": CASE, "h.csv": ""}, ("--profiles", "h.csv"), "cannot be read as a table"),
        ({"net.m": CASE, "h.csv": "step,a\n1\n2,3,4\n"}, ("--profiles", "h.csv"), "cannot be read as a table"),
        ({"net.m": CASE, "h.csv": "\xff".encode("latin-1")}, ("--profiles", "h.csv"), "cannot be read as a table"),
        ({"net.m": CASE, "h.parquet": b"PAR1"}, ("--profiles", "h.parquet"), "cannot be read as a table"),
        ({"net.m": CASE, "h.pkl": b"\x80\x04."}, ("--profiles", "h.pkl"), "ends in .csv, .parquet"),
        ({"net.m": CASE, "h.xlsx": b"PK"}, ("--profiles", "h.xlsx"), "ends in .csv, .parquet"),
    ],
)
def test_mistakes_of_a_net_run_are_told_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, Any], arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    net = () if "--net" in arguments else ("--net", "net.m")
    done = invoke(*net, *arguments, "--out", "out")
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


def test_class_hidden_by_escapes_is_refused() -> None:
    """A text inside the document may spell ``_module`` so that a search for the word does not find it."""
    net = one_unit()
    control_tap(net, net.trafo.index[0])
    document = json.loads(net_to_json(net))
    table = document["_object"]["controller"]
    other = table["_object"].replace("pandapower.control.controller.trafo.DiscreteTapControl", "collections")
    table["_object"] = other.replace("_module", "\\u005fmodule").replace("_class", "\\u005fclass")
    with pytest.raises(InputError, match="names 'collections', 'DiscreteTapControl', which is not read"):
        net_of_json(json.dumps(document).encode(), "net.json")


def test_an_unrated_branch_has_no_loading(tmp_path: Path) -> None:
    (tmp_path / "two.m").write_text(CASE.replace("80 80 80", "0 0 0"))
    done = invoke("--net", tmp_path / "two.m", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert (tmp_path / "out" / "loading.csv").read_text() == "step,line:0\nown values,\n"


def test_the_net_itself_is_not_changed_by_writing_it() -> None:
    net = feeder()
    before = copy.deepcopy(net)
    net_to_json(net)
    assert pp.toolbox.nets_equal(net, before)
