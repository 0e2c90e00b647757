"""What a net must not hold: everything that would turn into a wrong number is an error that names the element."""

from __future__ import annotations

from typing import Any

from gridsim.compiled.net_checks import check_cells, check_columns
from gridsim.errors import CompileError

#: Tables whose elements pandapower's conversion turns into unknowns that the kernels do not have.
UNMODELLED = {
    "svc": "static var compensators are not modelled",
    "tcsc": "series compensators are not modelled",
    "ssc": "static synchronous compensators are not modelled",
    "vsc": "voltage source converters are not modelled",
    "vsc_stacked": "voltage source converters are not modelled",
    "vsc_bipolar": "voltage source converters are not modelled",
    "line_dc": "DC grids are not modelled (table dcline is)",
    "load_dc": "DC grids are not modelled (table dcline is)",
    "source_dc": "DC grids are not modelled (table dcline is)",
}
#: Options of the net that change what a load flow means, with the value that is modelled.
OPTIONS = {
    "enforce_p_lims": "active power limits are not modelled",
    "tdpf": "temperature-dependent load flow is not modelled",
}
ELEMENT_TABLES = ("bus", "load", "sgen", "storage", "gen", "ext_grid", "line", "trafo", "trafo3w", "shunt")


def in_service_rows(net: Any, table: str) -> list[int]:
    """Return the index of the rows of ``net[table]`` that are in service; nothing for a table the net does not have."""
    if table not in net or len(net[table]) == 0:
        return []
    frame = net[table]
    return [int(index) for index in frame.index[frame["in_service"].to_numpy(dtype=bool)]]


def check_tables_are_modelled(net: Any) -> None:
    """Refuse elements that the kernels do not model and tables that cannot be read unambiguously.

    Raises
    ------
    CompileError
        Naming table, index and reason.
    """
    if not hasattr(net, "keys") or not {"bus", "ext_grid", "line", "trafo", "user_pf_options"} <= set(net):
        raise CompileError(f"net is a {type(net).__name__}, expected a pandapowerNet")
    check_columns(net)
    for table, reason in UNMODELLED.items():
        rows = in_service_rows(net, table)
        if rows:
            raise CompileError(f"{table} {rows[0]}: {reason}")
    for table in ELEMENT_TABLES:
        if not net[table].index.is_unique:
            index = net[table].index[net[table].index.duplicated()][0]
            raise CompileError(f"{table} {index}: the index occurs more than once")
    check_cells(net)
    slack_gens = [index for index in in_service_rows(net, "gen") if bool(net["gen"].at[index, "slack"])]
    if not in_service_rows(net, "ext_grid") and not slack_gens:
        raise CompileError("ext_grid: the net has no source in service (an external grid, or a gen with slack=True)")


def check_options(options: dict[str, Any]) -> None:
    """Refuse load-flow options that the kernels do not model.

    Raises
    ------
    CompileError
        Naming the option.
    """
    for name, reason in OPTIONS.items():
        if options.get(name):
            raise CompileError(f"user_pf_options: {name} is set, {reason}")
