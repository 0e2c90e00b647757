"""Formats in which a solved net leaves gridsim, by the ending of the file.

Excel needs openpyxl, and IIDM, CGMES and PSS/E RAW need pypowsybl: the extra ``gridsim[export]``. pypowsybl is given
the MATPOWER case, which has the same load flow, so that three-winding units, taps and phase shifts arrive as they are
solved: as three branches and a star point, a ratio and an angle; no-load currents of transformers are shunts at their
buses.
"""

from __future__ import annotations

import io
import logging
import zipfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from gridsim.errors import InputError
from gridsim.grid.matpower_case import matpower_binary, matpower_text
from gridsim.grid.net_json import net_to_json

if TYPE_CHECKING:
    from collections.abc import Callable

EXTRA = 'python -m pip install "gridsim[export]"'
#: Ending to the package that it needs, and its name there.
POWSYBL_FORMATS = {".xiidm": "XIIDM", ".raw": "PSS/E", ".zip": "CGMES"}
NEEDED = {".xlsx": "openpyxl", **dict.fromkeys(POWSYBL_FORMATS, "pypowsybl")}
ENDINGS = (".json", ".xlsx", ".m", ".mat", *POWSYBL_FORMATS)
#: Base voltages are those of the case; pypowsybl would take 1 kV for all.
POWSYBL_IMPORT = {"matpower.import.ignore-base-voltage": "false"}


def checked_writer(ending: str, name: str) -> Callable[[Any], bytes]:
    """Return the function from a solved net to the bytes of a file.

    Parameters
    ----------
    ending:
        Of the file, in lower case, with its dot.
    name:
        Of the file, without its ending: what a MATPOWER case is called.

    Raises
    ------
    InputError
        The ending is not known, or needs a package that is not installed.
    """
    if ending not in ENDINGS:
        raise InputError(f"no format has the ending {ending!r}; known are {', '.join(ENDINGS)}")
    package = NEEDED.get(ending)
    if package and find_spec(package) is None:
        raise InputError(f"{ending} needs the package {package}, which is not installed: {EXTRA}")
    match ending:
        case ".json":
            return net_to_json
        case ".xlsx":
            return net_to_excel
        case ".m":
            return lambda net: matpower_text(net, name).encode()
        case ".mat":
            return matpower_binary
        case _:
            return lambda net: _by_powsybl(net, POWSYBL_FORMATS[ending])


def net_to_excel(net: Any) -> bytes:
    """Return a net, with the results it holds, as the workbook that ``pandapower.from_excel`` reads."""
    import pandas as pd  # noqa: PLC0415
    from pandapower.io_utils import to_dict_of_dfs  # noqa: PLC0415

    frames = to_dict_of_dfs(net, include_results=True, include_empty_tables=False, include_parameters=True)
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        for sheet, frame in frames.items():
            frame.to_excel(writer, sheet_name=sheet)
    return buffer.getvalue()


def imported_powsybl() -> Any:
    """Import pypowsybl, without its words on parts of it that are not installed."""
    logging.getLogger("powsybl").setLevel(logging.ERROR)
    import pypowsybl  # noqa: PLC0415  of the extra, and slow

    return pypowsybl


def archive_of(name: str, content: bytes) -> bytes:
    """Return an archive of one file, which is how pypowsybl takes files from memory."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, content)
    return archive.getvalue()


def only_file(archive: io.BytesIO) -> bytes:
    """Return the one file of an archive, which is how pypowsybl gives files to memory."""
    with zipfile.ZipFile(archive) as file:
        return file.read(file.namelist()[0])


def _by_powsybl(net: Any, name: str) -> bytes:
    """Write a net by pypowsybl; what it writes as one file comes out of its archive, CGMES stays in it."""
    powsybl = imported_powsybl()
    case = archive_of("case.mat", matpower_binary(net, has_plain_trafos=True))
    try:
        network = powsybl.network.load_from_binary_buffer(io.BytesIO(case), parameters=POWSYBL_IMPORT)
        saved = network.save_to_binary_buffer(format=name)
    except Exception as error:  # pypowsybl hands on whatever its own machine says
        raise InputError(f"pypowsybl cannot write {name}: {error}") from error
    if name == "CGMES":
        return bytes(saved.getvalue())
    return only_file(saved)
