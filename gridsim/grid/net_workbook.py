"""A net from an Excel workbook of pandapower, read without executing anything.

pandapower's reader makes the objects that texts in the columns ``object`` and ``recycle`` name, and sets whatever the
sheet ``parameters`` names in the net. So every text is looked through first, as in
:mod:`gridsim.grid.net_json`, and of the sheets only known tables and parameters are taken. openpyxl evaluates no
formula and follows no link to another workbook; a formula counts as the value that was saved with it.
"""

from __future__ import annotations

import io
import re
import warnings
from difflib import get_close_matches
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandapower.auxiliary import pandapowerNet
from pandapower.convert_format import convert_format
from pandapower.create import create_empty_network
from pandapower.file_io import from_dict_of_dfs

from gridsim.errors import InputError
from gridsim.grid.exchange_formats import EXTRA
from gridsim.grid.net_json import refuse_code

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Cells of a sheet, empty ones counted; a file of a few kB can claim billions.
MOST_CELLS = 20_000_000
#: Sheets of ``pandapower.to_excel`` that a load flow has no use for.
_UNUSED = re.compile(r"res_.*|.*_std_types|.*_profiles|.*_geodata|user_pf_options")
_PARAMETERS = ("name", "f_hz", "sn_mva", "version", "format_version")
_PLAIN_TYPE = re.compile(r"u?int(8|16|32|64)|float(32|64)|bool|object|str|string")
_SAVE = "Save the net with pandapower.to_excel"


def net_of_excel(content: bytes, place: str) -> pandapowerNet:
    """Return the net of a workbook as ``pandapower.to_excel`` writes it.

    Parameters
    ----------
    content:
        Bytes of the file.
    place:
        The file, for messages.

    Raises
    ------
    InputError
        The package openpyxl is not installed; or the file is no workbook, no net, too large, or names something besides
        data.
    """
    if find_spec("openpyxl") is None:
        raise InputError(f"{place}: .xlsx needs the package openpyxl, which is not installed: {EXTRA}")
    sheets = _sheets(content, place)
    frames = _known(sheets, place)
    for name, frame in frames.items():
        for column, values in frame.items():
            for row, value in enumerate(values.tolist(), start=2):
                if isinstance(value, str):
                    refuse_code(value, f"sheet {name}, row {row}, column {column}", place)
    _refuse_losses(frames, place)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = from_dict_of_dfs(frames)
            convert_format(net)
    except Exception as error:
        raise InputError(f"{place}: pandapower cannot read this net ({type(error).__name__}: {error})") from error
    if not isinstance(net, pandapowerNet):
        raise InputError(f"{place}: holds no net of pandapower. {_SAVE}")
    return net


def _sheets(content: bytes, place: str) -> dict[str, pd.DataFrame]:
    """Return every sheet that is not too large, first column as index."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _refuse_giants(content, place)
            return {
                str(name): frame
                for name, frame in pd.read_excel(
                    io.BytesIO(content), sheet_name=None, index_col=0, engine="openpyxl"
                ).items()
            }
    except InputError:
        raise
    except Exception as error:  # a broken archive, broken XML: openpyxl has no error of its own for all of them
        raise InputError(f"{place}: is not an Excel workbook ({type(error).__name__}: {error}). {_SAVE}") from error


def _refuse_giants(content: bytes, place: str) -> None:
    """Refuse a sheet whose rows, all as long as the longest, have more cells than a net can have."""
    from openpyxl import load_workbook  # noqa: PLC0415  of the extra

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its own size need not be true
            longest = 1
            for n_row, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                longest = max(longest, len(row))
                if n_row * longest > MOST_CELLS:
                    raise InputError(f"{place}: sheet {sheet.title} has more than {MOST_CELLS:,} cells")
    finally:
        book.close()


def _known(sheets: Mapping[str, pd.DataFrame], place: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a net, what is known of its parameters, and plain types."""
    tables = [name for name, value in create_empty_network(add_stdtypes=False).items() if _is_table(name, value)]
    if "bus" not in sheets:
        raise InputError(f"{place}: has no sheet 'bus', so it holds no net of pandapower. {_SAVE}")
    frames: dict[str, pd.DataFrame] = {}
    for name, frame in sheets.items():
        if name == "parameters":
            frames[name] = frame[[column for column in _PARAMETERS if column in frame.columns]]
        elif name == "dtypes" and {"element", "column", "dtype"} <= set(frame.columns):
            is_plain = frame["dtype"].astype(str).map(lambda text: _PLAIN_TYPE.fullmatch(text) is not None)
            frames[name] = frame[is_plain & frame["element"].isin(tables)]
        elif name in tables:
            frames[name] = frame
        elif not _UNUSED.fullmatch(name):
            near = get_close_matches(name, tables, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "remove it"
            raise InputError(f"{place}: sheet {name!r} is no table of a net; {hint}")
    return frames


def _refuse_losses(frames: Mapping[str, pd.DataFrame], place: str) -> None:
    """Refuse values that would change without a word when they become what sheet ``dtypes`` says."""
    types = frames.get("dtypes", pd.DataFrame(columns=["element", "column", "dtype"]))
    for sheet, column, dtype in types[["element", "column", "dtype"]].itertuples(index=False):
        if (
            sheet not in frames
            or column not in frames[sheet].columns
            or not str(dtype).startswith(("bool", "int", "uint"))
        ):
            continue
        values = frames[sheet][column]
        if dtype == "bool":
            is_kept, wanted = values.isin([True, False, 0, 1]), "TRUE or FALSE"
        else:  # pandapower leaves a column with blanks as it is
            is_kept, wanted = values.isna() | (pd.to_numeric(values, errors="coerce") % 1 == 0), "a whole number"
        if not is_kept.all():
            row = int((~is_kept).to_numpy().argmax())
            where, value = f"sheet {sheet}, row {row + 2}, column {column}", values.tolist()[row]
            raise InputError(f"{place}: {where}: expected {wanted}, got {value!r}")


def _is_table(name: str, value: Any) -> bool:
    return isinstance(value, pd.DataFrame) and not name.startswith(("_", "res_"))
