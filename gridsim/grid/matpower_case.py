"""Between pandapower nets and MATPOWER cases (case format, version 2).

Written are the buses, generators and branches of pandapower's own conversion, so that a load flow of the case has the
same voltages. MATPOWER's branches have no conductance across: what a branch of pandapower takes besides its series
impedance and charging (iron losses) becomes a shunt at its two buses, exactly. A three-winding unit is three branches
and a bus for its star point. Taps and phase shifts are ratios and angles; ratings are MVA at nominal voltage.

Read are the text form (``.m``, one matrix after the other, nothing is executed) and the binary one (``.mat``).
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandapower as pp
import scipy.io
from pandapower.converter.pypower.from_ppc import from_ppc
from pandapower.pypower.idx_brch import (
    BR_B,
    BR_R,
    BR_R_ASYM,
    BR_STATUS,
    BR_X,
    BR_X_ASYM,
    F_BUS,
    SHIFT,
    T_BUS,
    TAP,
)
from pandapower.pypower.idx_bus import BASE_KV, BS, BUS_I, BUS_TYPE, GS, PD, QD
from pandapower.pypower.idx_gen import GEN_BUS, GEN_STATUS, PG, QG, VG
from pandapower.pypower.makeYbus import branch_vectors

from gridsim.errors import InputError
from gridsim.units import SQRT_3

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray

#: Columns of the three matrices, version 2.
N_BUS, N_GEN, N_BRANCH = 13, 21, 13
#: Limits where none are known: wide, so that no solver acts on them.
NO_LIMIT = 9999.0
#: A shunt below this is what rounding leaves of none.
ROUNDING_MVA = 1e-9
_MATRIX = re.compile(r"mpc\s*\.\s*(bus|gen|branch)\s*=\s*\[(.*?)\]\s*;?", re.DOTALL)
_BASE = re.compile(r"mpc\s*\.\s*baseMVA\s*=\s*([^;\n%]+)")
_COMMENT = re.compile(r"%[^\n]*")


def matpower_arrays(net: Any) -> dict[str, Any]:
    """Return ``baseMVA``, ``bus``, ``gen``, ``branch`` and ``bus_name`` of a net that ``runpp`` has solved.

    Raises
    ------
    InputError
        A branch has different impedances in its two directions, which MATPOWER cannot say.
    """
    internal = net["_ppc"]["internal"]
    rows, base_mva = internal["bus"], float(internal["baseMVA"])
    voltage = internal["V"]
    numbers, names = _bus_numbers(net, len(rows))
    branch, shunt = _branches(internal["branch"], base_mva, len(rows), numbers)
    bus = np.zeros((len(rows), N_BUS))
    bus[:, 0] = numbers
    bus[:, 1] = rows[:, BUS_TYPE]
    bus[:, 2:4] = rows[:, [PD, QD]]
    branch[:, 5:8] = _ratings(net)[:, np.newaxis]
    bus[:, 4] = rows[:, GS] + shunt.real
    bus[:, 5] = rows[:, BS] + shunt.imag
    bus[:, [6, 10]] = 1.0
    bus[:, 7], bus[:, 8] = np.abs(voltage), np.rad2deg(np.angle(voltage))
    bus[:, 9] = rows[:, BASE_KV]
    bus[:, 11], bus[:, 12] = 1.2, 0.8
    return {
        "version": "2",
        "baseMVA": base_mva,
        "bus": bus,
        "gen": _generators(internal["gen"], base_mva, numbers),
        "branch": branch,
        "bus_name": names,
    }


def matpower_text(net: Any, name: str) -> str:
    """Return the text of a case file; ``name`` is that of its function, letters, digits and ``_``."""
    case = matpower_arrays(net)
    lines = [
        f"function mpc = {re.sub(r'[^0-9A-Za-z_]', '_', f'case_{name}')}",
        f"% {re.sub(r'[^ -~]', '?', str(net['name']))}",
        "% Iron losses of transformers are shunts GS at their buses; voltages are those of the solved net.",
        "mpc.version = '2';",
        f"mpc.baseMVA = {case['baseMVA']:g};",
    ]
    for matrix in ("bus", "gen", "branch"):
        lines += [f"mpc.{matrix} = [", *("\t" + "\t".join(map(_number, row)) + ";" for row in case[matrix]), "];"]
    quoted = ("\t'" + re.sub(r"[^ -~]", "?", name).replace("'", "''") + "';" for name in case["bus_name"])
    return "\n".join([*lines, "mpc.bus_name = {", *quoted, "};", ""])


def matpower_binary(net: Any, *, has_plain_trafos: bool = False) -> bytes:
    """Return the bytes of a case in the binary form of MATLAB, version 5.

    Parameters
    ----------
    net:
        A net that ``runpp`` has solved.
    has_plain_trafos:
        Make shunts of the magnetising currents of transformers, too, for readers that put them all at one side.
    """
    case = matpower_arrays(net)
    if has_plain_trafos:
        _move_charging_of_transformers(case)
    buffer: Any = io.BytesIO()
    scipy.io.savemat(buffer, {"mpc": case | {"bus_name": np.array(case["bus_name"], dtype=object)}})
    return bytes(buffer.getvalue())


def net_of_matpower(content: bytes, suffix: str, place: str) -> Any:
    """Return the net of a case file.

    Parameters
    ----------
    content:
        Bytes of the file.
    suffix:
        ``.m`` or ``.mat``.
    place:
        The file, for messages.

    Raises
    ------
    InputError
        The file is no case, or holds numbers that no case may hold.
    """
    case = _case_of_text(content, place) if suffix == ".m" else _case_of_binary(content, place)
    _refuse_bad_numbers(case, place)
    _move_charging_of_transformers(case)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = from_ppc(case, f_hz=50)
    except Exception as error:
        raise InputError(f"{place}: pandapower cannot make a net of this case ({error})") from error
    pp.set_user_pf_options(net, calculate_voltage_angles=True, trafo_model="pi")
    return net


def _bus_numbers(net: Any, n_row: int) -> tuple[FloatArray, list[str]]:
    """Return number and name of each row: one more than the index in the net; inner buses come behind."""
    lookup = net["_pd2ppc_lookups"]["bus"]
    numbers = np.zeros(n_row)
    names = [""] * n_row
    for index, name in net["bus"]["name"].items():
        row = int(lookup[index])
        if 0 <= row < n_row and not numbers[row]:
            numbers[row], names[row] = index + 1, str(name)
    inner = np.flatnonzero(numbers == 0.0)
    numbers[inner] = net["bus"].index.max() + 2 + np.arange(len(inner))
    for number, row in enumerate(inner.tolist(), start=1):
        names[row] = f"star point {number}"
    return numbers, names


def _branches(branch: Any, base_mva: float, n_row: int, numbers: FloatArray) -> tuple[FloatArray, Any]:
    """Return the branch matrix, and what of the branches becomes a shunt at each row (MW + j Mvar at 1 pu)."""
    if (branch[:, [BR_R_ASYM, BR_X_ASYM]] != 0.0).any():
        raise InputError("a branch has different impedances in its two directions, which MATPOWER cannot say")
    y_tt, y_ff, _, _ = branch_vectors(branch, len(branch))
    series = 1.0 / (branch[:, BR_R].real + 1j * branch[:, BR_X].real)
    charging = branch[:, BR_B].real
    ratio = np.where(branch[:, TAP].real == 0.0, 1.0, branch[:, TAP].real)
    shunt = np.zeros(n_row, dtype=complex)
    old_from, old_to = (branch[:, column].real.astype(int) for column in (F_BUS, T_BUS))
    # GS + j BS of MATPOWER is Y itself times the base: GS is MW consumed, BS is Mvar injected.
    np.add.at(shunt, old_from, (y_ff - (series + 0.5j * charging) / ratio**2) * base_mva)
    np.add.at(shunt, old_to, (y_tt - series - 0.5j * charging) * base_mva)
    shunt[np.abs(shunt) < ROUNDING_MVA] = 0.0
    matrix = np.zeros((len(branch), N_BRANCH))
    matrix[:, 0], matrix[:, 1] = numbers[old_from], numbers[old_to]
    matrix[:, 2:5] = branch[:, [BR_R, BR_X, BR_B]].real
    matrix[:, 8] = np.where(ratio == 1.0, 0.0, ratio)
    matrix[:, 9] = branch[:, SHIFT].real
    matrix[:, 10] = branch[:, BR_STATUS].real
    matrix[:, 11:13] = [-360.0, 360.0]
    matrix[(matrix[:, 8] == 0.0) & (matrix[:, 9] != 0.0), 8] = 1.0
    return matrix, shunt


def _ratings(net: Any) -> FloatArray:
    """Return the rating of each branch in service, MVA; 0, which says none, where a table states none."""
    lookup, kept = net["_pd2ppc_lookups"]["branch"], np.asarray(net["_ppc"]["internal"]["branch_is"], dtype=bool)
    rating = np.zeros(len(kept))
    lines = net["line"]
    vn_kv = net["bus"]["vn_kv"].reindex(lines["from_bus"]).to_numpy(dtype=np.float64)
    rated = {
        "line": SQRT_3 * vn_kv * (lines["max_i_ka"] * lines["df"] * lines["parallel"]).to_numpy(dtype=np.float64),
        "trafo": (net["trafo"]["sn_mva"] * net["trafo"]["df"] * net["trafo"]["parallel"]).to_numpy(dtype=np.float64),
        "trafo3w": np.concatenate([net["trafo3w"][f"sn_{side}_mva"].to_numpy(float) for side in ("hv", "mv", "lv")]),
    }
    for table, values in rated.items():
        if table in lookup:
            rating[slice(*lookup[table])] = np.nan_to_num(values, nan=0.0)
    return np.asarray(rating[kept])


def _generators(gen: Any, base_mva: float, numbers: FloatArray) -> FloatArray:
    matrix = np.zeros((len(gen), N_GEN))
    matrix[:, 0] = numbers[gen[:, GEN_BUS].astype(int)]
    matrix[:, 1:3] = gen[:, [PG, QG]]
    matrix[:, 3], matrix[:, 4] = NO_LIMIT, -NO_LIMIT
    matrix[:, 5], matrix[:, 6], matrix[:, 7] = gen[:, VG], base_mva, gen[:, GEN_STATUS]
    matrix[:, 8], matrix[:, 9] = NO_LIMIT, -NO_LIMIT
    return matrix


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) else repr(float(value))


def _case_of_text(content: bytes, place: str) -> dict[str, Any]:
    try:
        text = _COMMENT.sub("", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{place}, row {row}: is not UTF-8 text. Save the case as text") from error
    base = _BASE.search(text)
    if base is None:
        raise InputError(f"{place}: mpc.baseMVA is missing; expected a MATPOWER case, version 2")
    case: dict[str, Any] = {"baseMVA": _cell(base[1].strip(), place, "baseMVA", 1, 1)}
    for found in _MATRIX.finditer(text):
        rows = [row.replace(",", " ").split() for row in re.split(r"[;\n]", found[2])]
        rows = [row for row in rows if row]
        if len({len(row) for row in rows}) != 1:
            raise InputError(f"{place}: the rows of mpc.{found[1]} have different lengths, or there are none")
        case[found[1]] = np.array(
            [
                [_cell(cell, place, found[1], number, column) for column, cell in enumerate(row, start=1)]
                for number, row in enumerate(rows, start=1)
            ]
        )
    return case


def _cell(text: str, place: str, matrix: str, row: int, column: int) -> float:
    try:
        return float(text)
    except ValueError:
        where = f"mpc.{matrix}, row {row}, column {column}"
        raise InputError(f"{place}: {where}: {text[:40]!r} is not a number; expressions are not computed") from None


def _case_of_binary(content: bytes, place: str) -> dict[str, Any]:
    try:
        buffer: Any = io.BytesIO(content)
        found = scipy.io.loadmat(buffer, squeeze_me=True, struct_as_record=False)
        struct = found["mpc"]
        case: dict[str, Any] = {"baseMVA": float(struct.baseMVA)}
        for matrix in ("bus", "gen", "branch"):
            case[matrix] = np.atleast_2d(np.array(getattr(struct, matrix), dtype=np.float64))
    except Exception as error:
        raise InputError(f"{place}: holds no MATPOWER case in a struct called mpc ({error})") from error
    return case


def _refuse_bad_numbers(case: dict[str, Any], place: str) -> None:
    if not 0.0 < case["baseMVA"] < 1e9:
        raise InputError(f"{place}: mpc.baseMVA is {case['baseMVA']:g}, expected a number above 0")
    for matrix, least in (("bus", N_BUS), ("gen", 10), ("branch", 11)):
        values = case.get(matrix)
        if values is None or values.ndim != 2 or values.shape[1] < least:
            raise InputError(f"{place}: mpc.{matrix} is missing, or has fewer than {least} columns")
        needed = values[:, : min(least, 10)]
        bad = np.argwhere(~np.isfinite(needed) & ~((matrix == "gen") & np.isinf(needed)))
        if len(bad):
            row, column = bad[0] + 1
            raise InputError(f"{place}: mpc.{matrix}, row {row}, column {column}: expected a finite number")
    known = case["bus"][:, BUS_I]
    if len(np.unique(known)) < len(known):
        raise InputError(f"{place}: mpc.bus: a bus number stands twice")
    for matrix, columns in (("gen", [0]), ("branch", [0, 1])):
        for column in columns:
            unknown = np.flatnonzero(~np.isin(case[matrix][:, column], known))
            if len(unknown):
                number = case[matrix][unknown[0], column]
                where = f"mpc.{matrix}, row {unknown[0] + 1}, column {column + 1}"
                raise InputError(f"{place}: {where}: there is no bus {number:g} in mpc.bus")
    if (case["bus"][:, 9] <= 0.0).any():
        row = int(np.flatnonzero(case["bus"][:, 9] <= 0.0)[0]) + 1
        raise InputError(f"{place}: mpc.bus, row {row}, column 10: the base voltage must be above 0")


def _move_charging_of_transformers(case: dict[str, Any]) -> None:
    """Make shunts of the charging of branches with ratio or shift: pandapower knows them as magnetising alone."""
    bus, branch = case["bus"], case["branch"]
    branch[branch[:, TAP] == 0.0, TAP] = np.where(branch[branch[:, TAP] == 0.0, SHIFT] != 0.0, 1.0, 0.0)
    is_trafo = (branch[:, TAP] != 0.0) & (branch[:, TAP] != 1.0) | (branch[:, SHIFT] != 0.0)
    place = {number: row for row, number in enumerate(bus[:, BUS_I])}
    for row in np.flatnonzero(is_trafo & (branch[:, BR_STATUS] > 0)):
        half = branch[row, 4] / 2.0 * case["baseMVA"]
        bus[place[branch[row, 0]], BS] += half / branch[row, TAP] ** 2
        bus[place[branch[row, 1]], BS] += half
    branch[is_trafo, 4] = 0.0
