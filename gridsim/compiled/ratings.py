"""Loading per unit of branch current, as pandapower defines it.

Current basis: line i / (max_i df parallel); transformer winding i vn sqrt(3) / (sn parallel df), with vn the rated
voltage of the winding. Power basis: transformer winding s / (sn parallel df). A branch current of 1 pu at an end with
base voltage v is base_mva / (sqrt(3) v) kA, and an apparent power of 1 pu is base_mva.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.compiled.compiled_grid import CompiledGrid, LoadingElements
from gridsim.dtypes import INDEX
from gridsim.enums import LoadingBasis
from gridsim.kernels.structures import LoadingColumns
from gridsim.units import PERCENT, SQRT_3

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, FloatArray, IndexArray


#: Tables in the order of the loading columns.
COLUMN_TABLES = ("trafo", "trafo3w", "line")


@dataclass(frozen=True)
class BranchPlaces:
    """Row of every branch in the arrays, -1 when it is not in service, and the element it belongs to.

    ``rows[table]`` has one entry per element; three-winding transformers have three runs: hv, mv, lv.
    """

    rows: dict[str, IndexArray]
    index: dict[str, AnyArray]

    def name_of(self, row: int) -> str:
        """Return table and index of the element a branch row belongs to."""
        for table, rows in self.rows.items():
            found = np.flatnonzero(rows == row)
            if found.size:
                place = int(found[0]) % len(self.index[table])
                return f"{table} {self.index[table][place]}"
        return f"branch {row}"


def loading_elements(
    net: Any, places: BranchPlaces, from_kv: FloatArray, to_kv: FloatArray, base_mva: float
) -> dict[str, LoadingElements]:
    """Return the loading columns of ``trafo``, ``trafo3w`` (hv, mv, lv of each unit) and ``line``.

    Parameters
    ----------
    net:
        The net as given.
    places:
        Where its branches went.
    from_kv, to_kv:
        Base voltage at either end of each branch row. Shape (n_branch,).
    base_mva:
        System base.
    """
    return {
        "trafo": _trafo(net["trafo"], places.rows.get("trafo"), from_kv, to_kv, base_mva),
        "trafo3w": _trafo3w(net["trafo3w"], places.rows.get("trafo3w"), from_kv, to_kv, base_mva),
        "line": _line(net["line"], places.rows.get("line"), from_kv, to_kv, base_mva),
    }


def _column(frame: Any, name: str) -> FloatArray:
    return np.asarray(frame[name].to_numpy(dtype=float))


def _base_kv(rows: IndexArray, kv: FloatArray) -> FloatArray:
    """Return the base voltage at a branch end; 1 for branches that are not there and whose loading stays NaN."""
    found = np.ones(len(rows))
    found[rows >= 0] = kv[rows[rows >= 0]]
    return found


def _rows(rows: IndexArray | None, count: int) -> IndexArray:
    return np.full(count, -1, dtype=np.int64) if rows is None else rows


def _line(
    frame: Any, placed: IndexArray | None, from_kv: FloatArray, to_kv: FloatArray, base_mva: float
) -> LoadingElements:
    rows = _rows(placed, len(frame))
    rated_ka = _column(frame, "max_i_ka") * _column(frame, "df") * _column(frame, "parallel")
    with np.errstate(divide="ignore"):
        ka_to_percent = PERCENT / rated_ka
    zero = np.zeros(len(frame))
    return LoadingElements(
        branch=rows,
        current_from=base_mva / (SQRT_3 * _base_kv(rows, from_kv)) * ka_to_percent,
        current_to=base_mva / (SQRT_3 * _base_kv(rows, to_kv)) * ka_to_percent,
        power_from=zero,
        power_to=zero,
    )


def _trafo(
    frame: Any, placed: IndexArray | None, from_kv: FloatArray, to_kv: FloatArray, base_mva: float
) -> LoadingElements:
    rows = _rows(placed, len(frame))
    with np.errstate(divide="ignore", invalid="ignore"):  # ratings of units out of service are not checked
        power = base_mva * PERCENT / (_column(frame, "sn_mva") * _column(frame, "parallel") * _column(frame, "df"))
    return LoadingElements(
        branch=rows,
        current_from=power * _column(frame, "vn_hv_kv") / _base_kv(rows, from_kv),
        current_to=power * _column(frame, "vn_lv_kv") / _base_kv(rows, to_kv),
        power_from=power,
        power_to=power,
    )


def _trafo3w(
    frame: Any, placed: IndexArray | None, from_kv: FloatArray, to_kv: FloatArray, base_mva: float
) -> LoadingElements:
    """Windings of one unit side by side; hv is the from-end of its branch, mv and lv the to-end of theirs."""
    n_unit = len(frame)
    by_winding = _rows(placed, 3 * n_unit).reshape(3, n_unit)
    branch = np.ascontiguousarray(by_winding.T).ravel()
    current = np.zeros((2, n_unit, 3))
    power = np.zeros((2, n_unit, 3))
    for winding, (side, kv) in enumerate((("hv", from_kv), ("mv", to_kv), ("lv", to_kv))):
        end = 0 if side == "hv" else 1
        with np.errstate(divide="ignore", invalid="ignore"):
            percent = base_mva * PERCENT / _column(frame, f"sn_{side}_mva")
        power[end, :, winding] = percent
        base_kv = _base_kv(by_winding[winding], kv)
        current[end, :, winding] = percent * _column(frame, f"vn_{side}_kv") / base_kv
    return LoadingElements(branch, current[0].ravel(), current[1].ravel(), power[0].ravel(), power[1].ravel())


def column_of_branch(compiled: CompiledGrid) -> IndexArray:
    """Return the loading column of each branch, -1 where it has none. Shape (n_branch,)."""
    branch = np.concatenate([compiled.loading[table].branch for table in COLUMN_TABLES])
    column = np.full(len(compiled.branch_from), -1, dtype=INDEX)
    column[branch[branch >= 0]] = np.flatnonzero(branch >= 0)
    return column


def loading_columns(compiled: CompiledGrid, basis: LoadingBasis) -> LoadingColumns:
    """Lay out all loading columns for the kernel: trafos, windings of three-winding transformers, lines.

    Parameters
    ----------
    compiled:
        The topology.
    basis:
        Basis of the loading of transformers; lines always go by current.
    """
    parts = [compiled.loading[table] for table in COLUMN_TABLES]
    by_power = [table != "line" and LoadingBasis(basis) is LoadingBasis.power for table in COLUMN_TABLES]
    branch = np.concatenate([part.branch for part in parts])
    is_there = branch >= 0

    def gathered(values: AnyArray) -> FloatArray:
        taken = np.zeros((len(branch), 2))
        taken[is_there, 0] = values[branch[is_there]].real
        taken[is_there, 1] = values[branch[is_there]].imag
        return taken

    def ends(rows: IndexArray) -> IndexArray:
        taken = np.full(len(branch), -1, dtype=np.int64)
        taken[is_there] = rows[branch[is_there]]
        return taken

    pairs = list(zip(parts, by_power, strict=True))
    return LoadingColumns(
        from_pos=ends(compiled.branch_from),
        to_pos=ends(compiled.branch_to),
        y_self_from=gathered(compiled.y_ff),
        y_mutual_from=gathered(compiled.y_ft),
        y_mutual_to=gathered(compiled.y_tf),
        y_self_to=gathered(compiled.y_tt),
        percent_from=np.concatenate([part.power_from if power else part.current_from for part, power in pairs]),
        percent_to=np.concatenate([part.power_to if power else part.current_to for part, power in pairs]),
        is_power=np.concatenate([np.full(len(part.branch), power) for part, power in pairs]),
    )
