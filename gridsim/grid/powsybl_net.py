"""Nets from IIDM, CGMES and PSS/E RAW, read by pypowsybl, which the extra ``gridsim[export]`` brings.

pypowsybl hands the net on as a MATPOWER case: buses as one topology leaves them, branches with ratio and angle,
three-winding units as three branches and a star point. What a case cannot say does not come along: regulating taps,
voltages that are held at another bus, limits. The balance is at the bus that the file names, and where it names none
at a generator that pypowsybl chooses.
"""

from __future__ import annotations

import io
import zipfile
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import InputError
from gridsim.grid.exchange_formats import EXTRA, archive_of, imported_powsybl, only_file
from gridsim.grid.matpower_case import net_of_matpower

#: Bytes of all files of an archive; a few kB can claim to be more than a disk holds.
LARGEST_CONTENT = 2_000_000_000
#: Columns of both ends of the tables that a branch of a case may become.
ENDS = {
    "line": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "impedance": ("from_bus", "to_bus"),
}
#: Beginnings of a document type, in which XML may name other files and grow without end.
_DOCUMENT_TYPES = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))


def net_of_powsybl(content: bytes, ending: str, place: str) -> Any:
    """Return the net of a file that pypowsybl reads, with the names of its buses, lines and transformers.

    Parameters
    ----------
    content:
        Bytes of the file.
    ending:
        ``.xiidm``, ``.zip`` (CGMES) or ``.raw``.
    place:
        The file, for messages.

    Raises
    ------
    InputError
        The package pypowsybl is not installed; or the file is none of these, is too large, or names other files.
    """
    if find_spec("pypowsybl") is None:
        raise InputError(f"{place}: {ending} needs the package pypowsybl, which is not installed: {EXTRA}")
    archive = content if ending == ".zip" else archive_of(f"case{ending}", content)
    _refuse_traps(archive, place)
    try:
        network = imported_powsybl().network.load_from_binary_buffer(io.BytesIO(archive))
        case = only_file(network.save_to_binary_buffer(format="MATPOWER"))
        buses, branches = _buses(network), _branches(network)
    except Exception as error:  # pypowsybl hands on whatever its own machine says
        raise InputError(f"{place}: pypowsybl cannot read a net from it: {error}") from error
    net = net_of_matpower(case, ".mat", place)
    _name(net, buses, branches)
    return net


def _refuse_traps(archive: bytes, place: str) -> None:
    """Refuse archives that are none or too large, and XML that could name other files or grow without end."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            size = sum(entry.file_size for entry in file.infolist())
            if size > LARGEST_CONTENT:
                raise InputError(f"{place}: unpacks to {size:,} bytes, at most {LARGEST_CONTENT:,} are read")
            for entry in file.infolist():
                content = file.read(entry)
                if any(beginning in content for beginning in _DOCUMENT_TYPES):
                    raise InputError(f"{place}: {entry.filename} declares a document type, which no net needs")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise InputError(f"{place}: expected an archive of CGMES files ({error})") from error


def _buses(network: Any) -> pd.DataFrame:
    """Return name and nominal voltage of the buses of the main component, by their identifiers."""
    buses = network.get_buses()
    nominal_kv = network.get_voltage_levels()["nominal_v"].reindex(buses["voltage_level_id"])
    named = pd.DataFrame({"name": _words(buses), "vn_kv": nominal_kv.to_numpy()}, index=buses.index)
    main: pd.DataFrame = named[(buses["connected_component"] == 0).to_numpy()]
    return main


def _branches(network: Any) -> pd.DataFrame:
    """Return name and both buses of lines and two-winding transformers, by their identifiers."""
    columns = ["name", "bus1_id", "bus2_id"]
    branches: pd.DataFrame = pd.concat(
        [frame[columns] for frame in (network.get_lines(), network.get_2_windings_transformers())]
    )
    branches["name"] = _words(branches)
    return branches


def _words(frame: pd.DataFrame) -> list[str]:
    """Return the name of each row, or its identifier where it has none."""
    return [str(name) if name else str(label) for label, name in frame["name"].items()]


def _name(net: Any, buses: pd.DataFrame, branches: pd.DataFrame) -> None:
    """Give buses, loads, lines and transformers the names of the file: a case has numbers alone.

    The buses stand in the case in the order of pypowsybl, before the star points; where their base voltages say
    otherwise nothing is named. A branch is known by its ends, parallel ones by their order.
    """
    index = net["bus"].index[: len(buses)]
    if len(index) < len(buses) or not np.allclose(net["bus"].loc[index, "vn_kv"], buses["vn_kv"]):
        return
    names = pd.Series(buses["name"].to_numpy(), index=index)
    net["bus"]["name"] = names.reindex(net["bus"].index)
    net["load"]["name"] = net["load"]["bus"].map(names)
    place = dict(zip(buses.index, index.tolist(), strict=True))
    waiting: dict[frozenset[int], list[str]] = {}
    for name, *ends in branches.itertuples(index=False):
        if place.keys() >= set(ends):
            waiting.setdefault(frozenset(place[end] for end in ends), []).append(name)
    for row in net["_from_ppc_lookups"]["branch"].itertuples(index=False):
        first, second = ENDS[row.element_type]
        frame, element = net[row.element_type], int(row.element)
        found = waiting.get(frozenset((int(frame.at[element, first]), int(frame.at[element, second]))))
        if found:
            frame.loc[element, "name"] = found.pop(0)
