"""Fingerprints of blocks: equal only when everything is equal that the numbers of a block depend on.

That is the net of its stage with its own values, its injections, the hours they stand for, the options that say how a
load flow is solved, the basis of loadings, the source code that solves and shapes what is stored, and the packages
whose arithmetic it uses. Net and injections are hashed as numbers, so it does not matter which table, scenario or
weather they come from, and a change that leaves them as they are leaves the fingerprint as it is. Source code is hashed
as text: a comment changes the fingerprint too. Of the machine, system and family of processor count; kernels compiled
for another processor of the family may differ in the last bits.

Of elements out of service only their number counts: no kernel reads their values. So a plant that connects in 2030 may
change without any block before 2030 being solved again. A new row is another matter: it moves the others, and sums in
another order differ in their last bits.
"""

from __future__ import annotations

import hashlib
import pkgutil
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import Solver
from gridsim.kernels.cache_folder import sources_hash
from gridsim.studies.versions import versions

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, BoolArray
    from gridsim.enums import LoadingBasis
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.block_stream import LaidOutBlock

#: Rooms whose code turns a net and its injections into the numbers of a block.
SOLVING_ROOMS = ("kernels", "compiled", "solve")
#: Modules outside of them whose constants they use, or that turn solutions into what is stored.
SHAPING_MODULES = (
    "dtypes.py",
    "enums.py",
    "units.py",
    "results/block_tables.py",
    "results/frames.py",
    "studies/block_stream.py",
    "studies/result_tables.py",
)
#: Packages that do so too.
SOLVING_PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "pandapower")
#: Columns of the net that say where something stands on the map.
PLACES = ("geo", "zone")
#: What a controller of taps is told; the rest of it is read from the net.
CONTROLLER_FIELDS = ("element", "side", "element_index", "vm_lower_pu", "vm_upper_pu", "tol")
#: Rows of injections hashed at a time, so that a copy of them stays in the processor's cache.
HASHED_ROWS = 256


def solving_sources() -> str:
    """Return a hash of the source code that solves load flows and shapes what is stored of them."""
    package = Path(__file__).resolve().parents[1]
    shaping = hashlib.sha256()
    for module in SHAPING_MODULES:
        # Read as the package's own data, without an import: some of them load pandapower.
        _add_bytes(shaping, pkgutil.get_data("gridsim", module) or b"")
    return "-".join([*(sources_hash(package / room) for room in SOLVING_ROOMS), shaping.hexdigest()[:16]])


class Fingerprints:
    """Makes the fingerprints of the blocks of one run."""

    def __init__(self, options: SolveOptions, basis: LoadingBasis) -> None:
        self._common = hashlib.sha256()
        installed = versions()
        for package in SOLVING_PACKAGES:
            _add_text(self._common, f"{package} {installed.get(package)}")
        _add_text(self._common, f"{platform.system()} {platform.machine()} {solving_sources()} {basis.value}")
        _add_text(self._common, repr(sorted(solving_options(options).items())))
        if options.solver is Solver.newton:
            from gridsim.kernels.jit import IS_COMPILED  # noqa: PLC0415  loads numba, which the judge does without

            _add_text(self._common, f"compiled {IS_COMPILED}")

    def of(self, laid_out: LaidOutBlock, time_utc: pd.DatetimeIndex) -> str:
        """Return the fingerprint of a block, 64 hexadecimal digits."""
        digest = self._common.copy()
        _add_array(digest, time_utc.tz_convert(None).to_numpy(dtype="datetime64[ns]").view(np.int64))
        _add_net(digest, laid_out.net)
        for (table, column), values in sorted(laid_out.profiles.items()):
            _add_text(digest, f"{table}.{column}")
            _add_columns(digest, values, _in_service(laid_out.net[table]))
        return digest.hexdigest()


def solving_options(options: SolveOptions) -> dict[str, Any]:
    """Return the options that results depend on: all but the number of threads."""
    return {name: value for name, value in vars(options).items() if name != "threads"}


def _add_net(digest: Any, net: Any) -> None:
    _add_text(digest, repr((net["sn_mva"], net["f_hz"], sorted(net["user_pf_options"].items()))))
    for name in sorted(net):
        frame = net[name]
        if isinstance(frame, pd.DataFrame) and len(frame) and not name.startswith(("_", "res_")):
            _add_text(digest, name)
            _add_frame(digest, frame)


def _add_frame(digest: Any, frame: pd.DataFrame) -> None:
    is_up = _in_service(frame)
    _add_array(digest, is_up)
    for column in frame.columns.difference(list(PLACES)):
        values = frame[column].to_numpy()[is_up]
        _add_text(digest, str(column))
        if values.dtype != object:
            _add_array(digest, values)
        elif column == "object":
            for controller in values:
                _add_controller(digest, controller)
        else:
            _add_text(digest, repr(values.tolist()))


def _add_controller(digest: Any, controller: Any) -> None:
    """Hash what a controller of the net is told."""
    _add_text(digest, type(controller).__qualname__)
    for name in CONTROLLER_FIELDS:
        _add_array(digest, np.asarray(getattr(controller, name)))


def _in_service(frame: pd.DataFrame) -> BoolArray:
    if "in_service" not in frame:
        return np.ones(len(frame), dtype=np.bool_)
    return frame["in_service"].to_numpy(dtype=np.bool_)


def _add_text(digest: Any, text: str) -> None:
    _add_bytes(digest, text.encode())


def _add_bytes(digest: Any, content: bytes) -> None:
    """Hash bytes with their length before them, so that no two lists of them look the same."""
    digest.update(len(content).to_bytes(8, "little") + content)


def _add_array(digest: Any, values: AnyArray) -> None:
    _add_text(digest, f"{values.dtype.str} {values.shape}")
    digest.update(np.ascontiguousarray(values).data)


def _add_columns(digest: Any, values: AnyArray, is_up: BoolArray) -> None:
    """Hash the columns of elements in service."""
    _add_text(digest, f"{values.dtype.str} {values.shape}")
    kept = np.flatnonzero(is_up)
    for first in range(0, len(values), HASHED_ROWS):
        digest.update(values[first : first + HASHED_ROWS].take(kept, axis=1).data)
