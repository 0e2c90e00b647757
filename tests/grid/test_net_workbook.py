"""Workbooks of pandapower: read without executing anything, or refused with the sheet and what is accepted."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pandapower as pp
import pandas as pd
import pytest
from pandapower.control import DiscreteTapControl
from pandapower.io_utils import to_dict_of_dfs
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.grid.net_json import net_to_json
from gridsim.grid.net_workbook import net_of_excel
from tests.support.control_nets import control_tap, one_unit
from tests.support.element_nets import feeder

if TYPE_CHECKING:
    from pathlib import Path

openpyxl = pytest.importorskip("openpyxl")


def workbook(net: Any, **more: pd.DataFrame) -> bytes:
    """Return a net as ``pandapower.to_excel`` writes it, with other sheets in place of its own."""
    frames = to_dict_of_dfs(net, include_std_types=False, include_empty_tables=False) | more
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        for sheet, frame in frames.items():
            frame.to_excel(writer, sheet_name=sheet)
    return buffer.getvalue()


@pytest.mark.slow
def test_workbook_is_read_with_its_tap_controller() -> None:
    net = one_unit()
    control_tap(net, net.trafo.index[0])
    read = net_of_excel(workbook(net), "net.xlsx")
    assert type(read.controller["object"].iat[0]) is DiscreteTapControl
    ours, theirs = (each.controller["object"].iat[0] for each in (read, net))
    for name in ("element_index", "side", "vm_lower_pu", "vm_upper_pu"):
        assert getattr(ours, name) == getattr(theirs, name)
    for each in (net, read):
        pp.runpp(each, tolerance_mva=1e-9, numba=False, calculate_voltage_angles=True)
    pd.testing.assert_frame_equal(read.res_bus, net.res_bus, check_dtype=False, atol=1e-9)


@pytest.mark.slow
def test_workbook_that_is_no_plain_net_is_refused() -> None:
    net = one_unit()
    control_tap(net, net.trafo.index[0])
    controllers = to_dict_of_dfs(net)["controller"]
    plain = json.dumps({"_module": "collections", "_class": "OrderedDict", "_object": {"a": 1}})
    for text in (plain, plain.replace("_", "\\u005f")):
        with pytest.raises(InputError, match="sheet controller, row 2, column object: names 'collections'"):
            net_of_excel(workbook(net, controller=controllers.assign(object=text)), "net.xlsx")
    with pytest.raises(InputError, match="sheet 'lines' is no table of a net; did you mean 'line'"):
        net_of_excel(workbook(net, lines=net.line), "net.xlsx")
    with pytest.raises(InputError, match="pandapower cannot read this net"):
        net_of_excel(workbook(net, controller=controllers.assign(object="spoilt")), "net.xlsx")
    with pytest.raises(InputError, match="is not an Excel workbook"):
        net_of_excel(b"PK", "net.xlsx")
    buffer = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_excel(buffer, engine="openpyxl")
    with pytest.raises(InputError, match="has no sheet 'bus'"):
        net_of_excel(buffer.getvalue(), "net.xlsx")


def test_parameters_of_a_workbook_cannot_take_the_place_of_tables() -> None:
    net = one_unit()
    parameters = to_dict_of_dfs(net)["parameters"].assign(line="gone", _ppc="x", f_hz=60.0)
    read = net_of_excel(workbook(net, parameters=parameters), "net.xlsx")
    assert read.f_hz == 60.0
    assert read["_ppc"] is None
    assert read.line.index.to_list() == net.line.index.to_list()


@pytest.mark.parametrize(
    ("table", "column", "value", "told"),
    [
        ("bus", "in_service", "maybe", "sheet bus, row 3, column in_service: expected TRUE or FALSE, got 'maybe'"),
        ("bus", "in_service", None, "sheet bus, row 3, column in_service: expected TRUE or FALSE, got nan"),
        ("line", "from_bus", 10.5, "sheet line, row 3, column from_bus: expected a whole number, got 10.5"),
        ("line", "length_km", "1,5", "pandapower cannot read this net .*'1,5'"),
    ],
)
def test_value_that_would_change_without_a_word_is_refused(table: str, column: str, value: Any, told: str) -> None:
    net = feeder()
    frame = net[table].astype({column: object})
    frame.iloc[1, frame.columns.get_loc(column)] = value
    with pytest.raises(InputError, match=told):
        net_of_excel(workbook(net, **{table: frame}), "net.xlsx")


def test_workbook_that_unfolds_to_billions_of_cells_is_refused() -> None:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "bus"
    book.active["XFD1"] = book.active["A1048576"] = 1.0
    book.save(buffer)
    assert len(buffer.getvalue()) < 10_000
    with pytest.raises(InputError, match="sheet bus has more than 20,000,000 cells"):
        net_of_excel(buffer.getvalue(), "net.xlsx")


@pytest.mark.slow
def test_run_of_a_workbook(tmp_path: Path) -> None:
    (tmp_path / "net.xlsx").write_bytes(workbook(feeder()))
    (tmp_path / "net.json").write_bytes(net_to_json(feeder()))
    for ending in ("xlsx", "json"):
        arguments = ["run", "--net", str(tmp_path / f"net.{ending}"), "--out", str(tmp_path / ending)]
        assert CliRunner().invoke(app, arguments).exit_code == 0
    for name in ("steps.csv", "loading.csv", "voltages.csv"):
        assert (tmp_path / "xlsx" / name).read_text() == (tmp_path / "json" / name).read_text()
