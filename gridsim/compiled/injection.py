"""Injections of a batch of steps: element profiles summed at the buses of one topology."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import AnyArray, BoolArray, ComplexArray, FloatArray
from gridsim.errors import CompileError
from gridsim.kernels.accumulation import accumulate, weighted_sums

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import Channel, CompiledGrid

Profiles = Mapping[tuple[str, str], FloatArray]
#: Set points at one bus that differ by more than this are contradictory (pandapower's own bar).
SET_POINT_TOLERANCE_PU = 1e-6


@dataclass(frozen=True)
class InjectionBatch:
    """What is given at the buses in each step of a batch.

    Attributes
    ----------
    s_bus_pu:
        Constant power injected, positive into the grid. Shape (n_step, n_bus).
    zip_pu:
        Injection at rows ``network.zip_pos`` proportional to V (p, q) and to V squared (p, q), at V = 1 pu. Shape
        (n_step, n_zip, 4).
    vm_set_pu:
        Set points at rows ``controlled_pos``; one row when they do not change. Shape (n_step or 1, n_controlled).
    load_mw:
        Total active load with a source, before it depends on voltage. Shape (n_step,).
    is_finite:
        Whether every number that counts is finite. Shape (n_step,).
    """

    s_bus_pu: ComplexArray
    zip_pu: FloatArray
    vm_set_pu: FloatArray
    load_mw: FloatArray
    is_finite: BoolArray


def check_profiles(compiled: CompiledGrid, profiles: Profiles, n_step: int) -> dict[tuple[str, str], FloatArray]:
    """Return the profiles as contiguous float64 arrays, within the limits of their columns.

    Raises
    ------
    CompileError
        For a key that names no column profiles may drive, or a shape other than (n_step, n_element).
    """
    checked = {}
    for key, values in profiles.items():
        channel = compiled.channels.get(key)
        if channel is None:
            accepted = ", ".join(str(name) for name in compiled.channels)
            raise CompileError(f"profile {key!r}: no such profile; accepted are {accepted}")
        expected = (n_step, len(channel.index))
        array = np.asarray(values)
        if array.shape != expected:
            raise CompileError(
                f"profile {key!r}: shape is {array.shape}, expected {expected} (steps x elements of the table)"
            )
        if not np.issubdtype(array.dtype, np.number) or np.issubdtype(array.dtype, np.complexfloating):
            raise CompileError(f"profile {key!r}: holds {array.dtype}, expected real numbers")
        checked[key] = np.ascontiguousarray(channel.within_limits(array), dtype=np.float64)
    return checked


def inject(compiled: CompiledGrid, profiles: Profiles, n_step: int) -> InjectionBatch:
    """Sum element profiles at the buses.

    Parameters
    ----------
    compiled:
        The topology.
    profiles:
        Values by ``(table, column)``, each of shape (n_step, n_element) in table order, in the unit and sign of the
        table. ``scaling`` and ``in_service`` of the net count as in pandapower; columns that are not named keep the
        net's own values.
    n_step:
        Number of steps.

    Raises
    ------
    CompileError
        For unknown keys, wrong shapes and contradictory voltage set points.
    """
    given = check_profiles(compiled, profiles, n_step)
    loads = np.tile(compiled.s_fixed_pu, (n_step, 1))
    for key, channel in compiled.channels.items():
        if key[0] != "gen" and key[1] != "vm_pu":
            _add(channel, given.get(key), loads, 1 if key[1] == "q_mvar" else 0)
    zip_pu = _split_voltage_dependent(compiled, loads)
    _add(compiled.channels["gen", "p_mw"], given.get(("gen", "p_mw")), loads, 0)
    vm_set = set_points(compiled, given, n_step)
    is_finite = np.isfinite(loads.view(np.float64)).all(axis=1) & np.isfinite(zip_pu).all(axis=(1, 2))
    is_finite = np.asarray(is_finite & np.isfinite(vm_set).all(axis=1))
    return InjectionBatch(loads, zip_pu, vm_set, _load_mw(compiled, given, n_step), is_finite)


def own_injection(compiled: CompiledGrid) -> ComplexArray:
    """Return the injection of the net's own values at V = 1 pu. Shape (n_bus,)."""
    total = compiled.s_fixed_pu.copy()
    for (_, column), channel in compiled.channels.items():
        if column != "vm_pu":
            counts = channel.pos >= 0
            power = channel.factor[counts] * channel.own[counts]
            np.add.at(total, channel.pos[counts], 1j * power if column == "q_mvar" else power)
    return total


def _add(channel: Channel, given: FloatArray | None, out: ComplexArray, part: int) -> None:
    """Add one channel to the real (0) or imaginary (1) part of the bus injections."""
    n_step, n_bus = out.shape
    parts = out.view(np.float64).reshape(n_step, n_bus, 2)[:, :, part]
    if given is not None:
        accumulate(given, channel.pos, channel.factor, parts)
        return
    constant = np.zeros(n_bus)
    counts = channel.pos >= 0
    np.add.at(constant, channel.pos[counts], channel.factor[counts] * channel.own[counts])
    parts += constant


def _split_voltage_dependent(compiled: CompiledGrid, loads: ComplexArray) -> FloatArray:
    """Take the shares that depend on voltage out of the constant power."""
    rows = compiled.network.zip_pos
    parts = np.empty((len(loads), len(rows), 4))
    at_rows = loads[:, rows]
    with np.errstate(invalid="ignore", over="ignore"):  # what is no number shows in the result
        for column, power in enumerate((at_rows.real, at_rows.imag, at_rows.real, at_rows.imag)):
            parts[:, :, column] = power * compiled.zip_share[:, column]
        loads[:, rows] -= (parts[:, :, 0] + parts[:, :, 2]) + 1j * (parts[:, :, 1] + parts[:, :, 3])
    return parts


def set_points(compiled: CompiledGrid, given: dict[tuple[str, str], FloatArray], n_step: int) -> FloatArray:
    """Return the given magnitudes at rows ``controlled_pos``. Shape (n_step, n_controlled), or one row if none changes.

    Parameters
    ----------
    compiled:
        The topology.
    given:
        Checked profiles.
    n_step:
        Number of steps.

    Raises
    ------
    CompileError
        For set points at one bus that contradict each other.
    """
    named = [key for key in (("ext_grid", "vm_pu"), ("gen", "vm_pu")) if key in given]
    if not named:
        return compiled.vm_set_pu[np.newaxis, :].copy()
    vm_set = np.tile(compiled.vm_set_pu, (n_step, 1))
    of_row = {int(row): column for column, row in enumerate(compiled.controlled_pos)}
    written: dict[int, tuple[str, FloatArray]] = {
        of_row[row]: (name, vm_set[:, of_row[row]].copy()) for row, name in compiled.dcline_of.items()
    }
    for table in ("ext_grid", "gen"):
        channel = compiled.channels[table, "vm_pu"]
        values: AnyArray = given.get((table, "vm_pu"), np.broadcast_to(channel.own, (n_step, len(channel.own))))
        for element in np.flatnonzero(channel.pos >= 0):
            column = of_row[int(channel.pos[element])]
            name = f"{table} {channel.index[element]}"
            if column in written:
                other, theirs = written[column]
                apart = np.flatnonzero(np.abs(values[:, element] - theirs) > SET_POINT_TOLERANCE_PU)
                if apart.size:
                    raise CompileError(
                        f"{name}: vm_pu differs from that of {other} at the same bus in step {int(apart[0])}"
                    )
            written[column] = (name, values[:, element])
            vm_set[:, column] = values[:, element]
    return vm_set


def without_source(
    compiled: CompiledGrid, given: dict[tuple[str, str], FloatArray], n_step: int
) -> tuple[FloatArray, BoolArray]:
    """Return the active load on buses that no source reaches (MW), and whether there is any load, active or reactive.

    Parameters
    ----------
    compiled:
        The topology.
    given:
        Checked profiles.
    n_step:
        Number of steps.
    """
    active, reactive = compiled.channels["load", "p_mw"], compiled.channels["load", "q_mvar"]
    unserved_mw = np.full(n_step, compiled.fixed_unserved_mw)
    dead = np.flatnonzero(active.unserved)
    if not dead.size:
        return unserved_mw, np.full(n_step, compiled.fixed_unserved_mw != 0.0)
    p_mw = given.get(("load", "p_mw"), active.own[np.newaxis, :])
    q_mvar = given.get(("load", "q_mvar"), reactive.own[np.newaxis, :])
    weighted_sums(p_mw, active.unserved, unserved_mw)
    is_unserved = (p_mw[:, dead] != 0.0).any(axis=1) | (q_mvar[:, dead] != 0.0).any(axis=1)
    is_unserved = np.broadcast_to(is_unserved | (compiled.fixed_unserved_mw != 0.0), (n_step,)).copy()
    return unserved_mw, is_unserved


def _load_mw(compiled: CompiledGrid, given: dict[tuple[str, str], FloatArray], n_step: int) -> FloatArray:
    active = compiled.channels["load", "p_mw"]
    load_mw = np.full(n_step, compiled.fixed_load_mw)
    p_mw = given.get(("load", "p_mw"), active.own[np.newaxis, :])
    weighted_sums(p_mw, np.where(active.pos >= 0, -active.factor * compiled.base_mva, 0.0), load_mw)
    return load_mw
