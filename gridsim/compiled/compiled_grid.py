"""The frozen noun of this room: arrays of one topology.

Two number spaces, never mixed: ``bus`` is the index of ``net.bus``, ``bus_pos`` the row in the arrays here. Rows are in
the order of elimination, the ``n_free`` buses with an unknown voltage first and the slack buses last. Several buses of
the net that closed switches join share one row; inner buses (star points, open line ends) have rows but no index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.compiled.controls import Controls
    from gridsim.dtypes import BoolArray, ComplexArray, FloatArray, IndexArray
    from gridsim.kernels.structures import LuPattern, Network


@dataclass(frozen=True)
class Channel:
    """One column of an element table that profiles may drive, such as ``("load", "p_mw")``.

    Attributes
    ----------
    index:
        Element index of the table, in table order. Shape (n_element,).
    own:
        The net's own values, in the unit of the column. Shape (n_element,).
    pos:
        Row of the bus; -1 for elements out of service or without source. Shape (n_element,).
    factor:
        From the column's unit and sign to pu injected into the grid, ``scaling`` included; 1 for voltages.
        Shape (n_element,).
    unserved:
        ``scaling`` of elements that are in service on a bus in service that no source reaches, else 0. Shape
        (n_element,).
    limits:
        Lowest and highest value that counts, each of shape (n_element,); whatever is given beyond is cut off. None for
        most columns, which have no limits.
    """

    index: IndexArray
    own: FloatArray
    pos: IndexArray
    factor: FloatArray
    unserved: FloatArray
    limits: tuple[FloatArray, FloatArray] | None = None

    def within_limits(self, values: FloatArray) -> FloatArray:
        """Return values of the elements, cut off where they pass a limit. Shape (..., n_element)."""
        return values if self.limits is None else np.clip(values, *self.limits)


@dataclass(frozen=True)
class LoadingElements:
    """Elements of one table whose loading is reported; a three-winding transformer counts once per winding.

    Attributes
    ----------
    branch:
        Row of the branch, -1 when it is not in service. Shape (n_column,).
    current_from, current_to:
        Percent of rated current per pu of branch current at either end; 0 for an end that is not reported.
    power_from, power_to:
        Percent of rated power per pu of apparent power. Lines are rated by current only: zero everywhere.
    """

    branch: IndexArray
    current_from: FloatArray
    current_to: FloatArray
    power_from: FloatArray
    power_to: FloatArray


@dataclass(frozen=True)
class CompiledGrid:
    """Arrays of one topology of a net. Powers in pu of ``base_mva``, angles in rad.

    Attributes
    ----------
    base_mva:
        System base (``net.sn_mva``).
    bus:
        ``net.bus.index``. Shape (n_net_bus,).
    bus_pos:
        Row of each of those, -1 when out of service or without source. Shape (n_net_bus,).
    is_dead:
        Whether the bus is in service but no source reaches it. Shape (n_net_bus,).
    n_free:
        Number of rows whose voltage is unknown; the rest are slack.
    bus_kind:
        :class:`gridsim.enums.BusKind` of each row. Shape (n_bus,).
    controlled_pos:
        Rows with a given voltage magnitude (pv and slack), ascending. Shape (n_controlled,).
    vm_set_pu:
        Their own set points. Shape (n_controlled,).
    dcline_of:
        DC line that gives the magnitude of a row, by row; no profile changes it.
    start_vm_pu, start_va_rad:
        Where ``pandapower.runpp`` would start: set points, their mean elsewhere, angles of a DC load flow of the net's
        own values. Shape (n_bus,).
    flat_va_rad:
        Angles without any power: those of the slacks and the phase shifts on the way. Shape (n_bus,).
    s_fixed_pu:
        Injection by elements that no profile drives (motors, wards, unbalanced loads, DC lines). Shape (n_bus,).
    shunt_g_pu:
        Conductance to earth at the rows by shunts and wards. Shape (n_bus,).
    zip_share:
        Share of load proportional to V (p, q) and to V squared (p, q) at rows ``network.zip_pos``. Shape (n_zip, 4).
    fixed_load_mw:
        Active load by elements that no profile drives.
    fixed_unserved_mw:
        The same on buses that no source reaches.
    network, lu:
        Arrays for the kernels.
    channels:
        By ``(table, column)``.
    branch_from, branch_to:
        Rows of the branch ends. Shape (n_branch,).
    y_ff, y_ft, y_tf, y_tt:
        Branch admittances: I_from = y_ff V_from + y_ft V_to, I_to = y_tf V_from + y_tt V_to. Shape (n_branch,).
    loading:
        ``trafo`` (n_trafo columns), ``trafo3w`` (3 per unit: hv, mv, lv), ``line`` (n_line columns).
    controls:
        What reacts to the solution: tap changers, limits of reactive power, a distributed slack.
    """

    base_mva: float
    bus: IndexArray
    bus_pos: IndexArray
    is_dead: BoolArray
    n_free: int
    bus_kind: IndexArray
    controlled_pos: IndexArray
    vm_set_pu: FloatArray
    dcline_of: Mapping[int, str]
    start_vm_pu: FloatArray
    start_va_rad: FloatArray
    flat_va_rad: FloatArray
    s_fixed_pu: ComplexArray
    shunt_g_pu: FloatArray
    zip_share: FloatArray
    fixed_load_mw: float
    fixed_unserved_mw: float
    network: Network
    lu: LuPattern
    channels: dict[tuple[str, str], Channel]
    branch_from: IndexArray
    branch_to: IndexArray
    y_ff: ComplexArray
    y_ft: ComplexArray
    y_tf: ComplexArray
    y_tt: ComplexArray
    loading: dict[str, LoadingElements]
    controls: Controls

    @property
    def n_bus(self) -> int:
        """Number of rows."""
        return len(self.bus_kind)
