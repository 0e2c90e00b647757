"""A net as pandapower's own matrices: the judge of every engine, and the source of those that need plain branches.

Positions are those of pandapower's internal case after ``runpp``: buses joined by closed switches are one bus,
three-winding transformers are a star of three branches, what is out of service is gone.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLES = ("line", "trafo", "trafo3w")
WINDINGS = ("hv", "mv", "lv")
#: Columns that may change from step to step and their sign as an injection.
SIGN = {("load", "p_mw"): -1.0, ("load", "q_mvar"): -1.0, ("gen", "p_mw"): 1.0, ("sgen", "p_mw"): 1.0}
MISMATCH_STEPS = 64


@dataclass(frozen=True)
class Branches:
    """Branches in service, pi circuits with an ideal transformer at the from end, pu of the system base.

    ``from_pos``, ``to_pos``, ``r_pu``, ``x_pu``, ``ratio``, ``shift_rad`` and the earth admittances of either end
    ``y_from_pu``, ``y_to_pu`` behind the ideal transformer, each of shape (n_branch,).
    """

    from_pos: np.ndarray
    to_pos: np.ndarray
    r_pu: np.ndarray
    x_pu: np.ndarray
    ratio: np.ndarray
    shift_rad: np.ndarray
    y_from_pu: np.ndarray
    y_to_pu: np.ndarray


@dataclass(frozen=True)
class ReferenceArrays:
    """One solved net.

    Attributes
    ----------
    base_mva:
        System base.
    bus_pos:
        Position of each row of ``net.bus``, -1 for dead ones. Shape (n_net_bus,).
    vn_kv:
        Rated voltage. Shape (n_bus,).
    y_bus, y_from, y_to:
        Matrices of the internal case, pu.
    v_solved:
        Voltages of the net's own values, pu. Shape (n_bus,).
    pv, pq, slack:
        Positions by kind.
    branches:
        All of them as plain numbers.
    shunt_mva:
        Power drawn by shunts at 1 pu, P + jQ. Shape (n_bus,).
    fixed_mva:
        Injection that no profile changes. Shape (n_bus,).
    maps:
        From the elements of a profile to buses, sign and scaling included, by ``(table, column)``.
    branch_of:
        Branch of each element by table, -1 out of service; (n, 3) for three-winding units.
    percent_from, percent_to:
        Percent of loading per kA at either end by table, shapes like ``branch_of``; 0 for an end not reported.
    """

    base_mva: float
    bus_pos: np.ndarray
    vn_kv: np.ndarray
    y_bus: Any
    y_from: Any
    y_to: Any
    v_solved: np.ndarray
    pv: np.ndarray
    pq: np.ndarray
    slack: np.ndarray
    branches: Branches
    shunt_mva: np.ndarray
    fixed_mva: np.ndarray
    maps: Mapping[tuple[str, str], Any]
    branch_of: Mapping[str, np.ndarray]
    percent_from: Mapping[str, np.ndarray]
    percent_to: Mapping[str, np.ndarray]

    @staticmethod
    def of(net: Any) -> ReferenceArrays:
        """Solve the net by ``runpp`` and read its internal case; the net is changed."""
        import pandapower as pp  # noqa: PLC0415  heavy

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runpp(net, tolerance_mva=1e-8, init="dc", max_iteration=30, trafo3w_losses="hv")
        internal = net["_ppc"]["internal"]
        base_mva = float(internal["baseMVA"])
        n_bus = len(internal["bus"])
        lookup = np.asarray(net["_pd2ppc_lookups"]["bus"])
        maps = {key: _injection_map(net, key, lookup, n_bus, sign) for key, sign in SIGN.items() if len(net[key[0]])}
        branch_of, percent_from, percent_to = _loading_maps(net)
        v_solved = np.asarray(internal["V"])
        return ReferenceArrays(
            base_mva=base_mva,
            bus_pos=_positions(lookup, net.bus.index.to_numpy(), n_bus),
            vn_kv=np.asarray(internal["bus"][:, 9].real, dtype=float),
            y_bus=sparse.csr_matrix(internal["Ybus"]),
            y_from=sparse.csr_matrix(internal["Yf"]),
            y_to=sparse.csr_matrix(internal["Yt"]),
            v_solved=v_solved,
            pv=np.asarray(internal["pv"], dtype=np.int64),
            pq=np.asarray(internal["pq"], dtype=np.int64),
            slack=np.asarray(internal["ref"], dtype=np.int64),
            branches=_branches(np.asarray(internal["branch"])),
            shunt_mva=internal["bus"][:, 4].real - 1j * internal["bus"][:, 5].real,
            fixed_mva=_fixed_injection(net, maps, n_bus),
            maps=maps,
            branch_of=branch_of,
            percent_from=percent_from,
            percent_to=percent_to,
        )

    @property
    def n_bus(self) -> int:
        """Number of internal buses."""
        return len(self.vn_kv)

    def injection_pu(self, profiles: Mapping[tuple[str, str], np.ndarray]) -> np.ndarray:
        """Return P + jQ injected at every bus; Q of generators is not in it. Shape (n_step, n_bus)."""
        n_step = len(next(iter(profiles.values())))
        injected = np.tile(self.fixed_mva, (n_step, 1))
        for key, values in profiles.items():
            injected += (1.0j if key[1] == "q_mvar" else 1.0) * (self.maps[key].T @ values.T).T
        return np.asarray(injected / self.base_mva)

    def at_rows(self, voltage: np.ndarray) -> np.ndarray:
        """Return voltages in the order of ``net.bus``, NaN for dead buses, from internal order."""
        out = np.full((len(voltage), len(self.bus_pos)), np.nan + 0j)
        alive = self.bus_pos >= 0
        out[:, alive] = voltage[:, self.bus_pos[alive]]
        return out

    def to_internal(self, voltage: np.ndarray) -> np.ndarray:
        """Return voltages of all internal buses from those of ``net.bus``.

        Inner buses (star points, open line ends) inject nothing: their voltages follow from their neighbours'.
        """
        n_step = len(voltage)
        full = np.full((n_step, self.n_bus), np.nan + 0j)
        alive = np.flatnonzero(self.bus_pos >= 0)
        full[:, self.bus_pos[alive]] = voltage[:, alive]
        inner = np.setdiff1d(np.arange(self.n_bus), self.bus_pos[alive])
        if len(inner):
            rest = np.setdiff1d(np.arange(self.n_bus), inner)
            inner_y = sparse.csc_matrix(self.y_bus[inner][:, inner])
            given = self.y_bus[inner][:, rest] @ full[:, rest].T
            full[:, inner] = -splu(inner_y).solve(np.ascontiguousarray(given)).T
        return full

    def mismatch_pu(self, voltage: np.ndarray, profiles: Mapping[tuple[str, str], np.ndarray]) -> float:
        """Return the largest true mismatch of some steps, spread over all: P at pv and pq buses, Q at pq buses.

        Parameters
        ----------
        voltage:
            In the order of ``net.bus``. Shape (n_step, n_net_bus).
        profiles:
            What was given.
        """
        solved = np.flatnonzero(np.isfinite(voltage[:, self.bus_pos >= 0]).all(axis=1))
        if not len(solved):
            return float("nan")
        rows = solved[np.unique(np.linspace(0, len(solved) - 1, MISMATCH_STEPS).astype(int))]
        picked = {key: values[rows] for key, values in profiles.items()}
        v = self.to_internal(voltage[rows])
        error = v * np.conj(self.y_bus @ v.T).T - self.injection_pu(picked)
        active = np.abs(error.real[:, np.r_[self.pv, self.pq]]).max(initial=0.0)
        return float(max(active, np.abs(error.imag[:, self.pq]).max(initial=0.0)))

    def reactive_mvar(self, voltage: np.ndarray, profiles: Mapping[tuple[str, str], np.ndarray]) -> np.ndarray:
        """Return what pv and slack buses inject besides the given, Mvar; 0 elsewhere. Shape (n_step, n_bus)."""
        v = self.to_internal(voltage)
        found = np.zeros((len(v), self.n_bus))
        keep = np.r_[self.pv, self.slack]
        error = v * np.conj(self.y_bus @ v.T).T - self.injection_pu(profiles)
        found[:, keep] = error.imag[:, keep] * self.base_mva
        return found

    def loading_of_currents(self, from_ka: np.ndarray, to_ka: np.ndarray) -> dict[str, np.ndarray]:
        """Return loading in percent by table from the currents of all branches, (n_step, n) or (n_step, n, 3)."""
        loading = {}
        for table, branch in self.branch_of.items():
            at_from = from_ka[:, branch] * self.percent_from[table]
            at_to = to_ka[:, branch] * self.percent_to[table]
            loading[table] = np.where(branch >= 0, np.maximum(at_from, at_to), np.nan)
        return loading

    def loading(self, voltage: np.ndarray) -> dict[str, np.ndarray]:
        """Return loading in percent by table from voltages in the order of ``net.bus``."""
        v = self.to_internal(voltage)
        from_base, to_base = self.base_ka
        from_ka = np.abs(self.y_from @ v.T).T * from_base
        return self.loading_of_currents(from_ka, np.abs(self.y_to @ v.T).T * to_base)

    @property
    def base_ka(self) -> tuple[np.ndarray, np.ndarray]:
        """Current of 1 pu at the from and the to end of every branch, kA."""
        root = np.sqrt(3.0)
        branches = self.branches
        return (
            self.base_mva / (root * self.vn_kv[branches.from_pos]),
            self.base_mva / (root * self.vn_kv[branches.to_pos]),
        )


def _positions(lookup: np.ndarray, bus: np.ndarray, n_bus: int) -> np.ndarray:
    pos = lookup[bus].astype(np.int64)
    return np.where(pos < n_bus, pos, -1)


def _injection_map(net: Any, key: tuple[str, str], lookup: np.ndarray, n_bus: int, sign: float) -> Any:
    table = net[key[0]]
    pos = _positions(lookup, table["bus"].to_numpy(), n_bus)
    scaling = table["scaling"].to_numpy(dtype=float) if "scaling" in table else np.ones(len(table))
    weight = np.where(table["in_service"].to_numpy() & (pos >= 0), sign * scaling, 0.0)
    return sparse.csr_matrix((weight, (np.arange(len(table)), np.maximum(pos, 0))), shape=(len(table), n_bus))


def _fixed_injection(net: Any, maps: Mapping[tuple[str, str], Any], n_bus: int) -> np.ndarray:
    """What stays: reactive power of static generators. Anything else that draws power is refused."""
    for table in ("motor", "storage", "ward", "xward", "dcline", "asymmetric_load", "asymmetric_sgen"):
        if table in net and len(net[table]):
            raise ValueError(f"table {table} is not modelled here")
    if net.load.filter(like="const_").to_numpy().any():
        raise ValueError("loads must have constant power")
    fixed = np.zeros(n_bus, dtype=complex)
    if len(net.sgen):
        map_of_p = maps["sgen", "p_mw"]
        fixed += 1j * (map_of_p.T @ net.sgen["q_mvar"].to_numpy(dtype=float))
    return fixed


def _branches(branch: np.ndarray) -> Branches:
    """Read rows of pandapower's branch matrix: r, x, b, tap, shift, and g, with the parts of the to end apart."""
    from pandapower.pypower import idx_brch as at  # noqa: PLC0415  heavy

    real = branch.real.astype(float)
    ratio = real[:, at.TAP].copy()
    ratio[ratio == 0.0] = 1.0
    y_from = 0.5 * (real[:, at.BR_G] + 1j * real[:, at.BR_B])
    y_to = y_from + 0.5 * (real[:, at.BR_G_ASYM] + 1j * real[:, at.BR_B_ASYM])
    if np.any(real[:, [at.BR_R_ASYM, at.BR_X_ASYM]]):
        raise ValueError("impedances that differ by direction are not modelled here")
    return Branches(
        from_pos=real[:, at.F_BUS].astype(np.int64),
        to_pos=real[:, at.T_BUS].astype(np.int64),
        r_pu=real[:, at.BR_R],
        x_pu=real[:, at.BR_X],
        ratio=ratio,
        shift_rad=np.deg2rad(real[:, at.SHIFT]),
        y_from_pu=y_from,
        y_to_pu=y_to,
    )


def _loading_maps(net: Any) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    is_in = np.asarray(net["_ppc"]["internal"]["branch_is"], dtype=bool)
    internal_row = np.where(is_in, np.cumsum(is_in) - 1, -1)
    ranges = net["_pd2ppc_lookups"]["branch"]
    branch_of, percent_from, percent_to = {}, {}, {}
    root = np.sqrt(3.0)
    for table in TABLES:
        if not len(net[table]):
            continue
        rows = internal_row[slice(*ranges[table])]
        frame = net[table]
        if table == "line":
            percent = 100.0 / (frame["max_i_ka"] * frame["df"] * frame["parallel"]).to_numpy(dtype=float)
            ends = (percent, percent)
        elif table == "trafo":
            power = (frame["sn_mva"] * frame["df"] * frame["parallel"]).to_numpy(dtype=float)
            ends = tuple(100.0 * root * frame[f"vn_{side}_kv"].to_numpy(dtype=float) / power for side in ("hv", "lv"))
        else:
            rows = rows.reshape(3, len(frame)).T
            winding = np.stack(
                [100.0 * root * (frame[f"vn_{side}_kv"] / frame[f"sn_{side}_mva"]).to_numpy() for side in WINDINGS],
                axis=1,
            )
            none = np.zeros(len(frame))
            # pandapower's star: the hv branch runs to the star point, the other two away from it.
            ends = (
                np.stack([winding[:, 0], none, none], axis=1),
                np.stack([none, winding[:, 1], winding[:, 2]], axis=1),
            )
        branch_of[table], percent_from[table], percent_to[table] = rows, ends[0], ends[1]
    return branch_of, percent_from, percent_to
