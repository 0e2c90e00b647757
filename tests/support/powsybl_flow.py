"""Voltages by the load flow of pypowsybl itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def solved_by_powsybl(pypowsybl: Any, network: Any) -> pd.DataFrame:
    """Solve a network and return its buses, with ``nominal_kv`` and ``vm_pu`` besides the columns of pypowsybl."""
    flow = pypowsybl.loadflow
    parameters = flow.Parameters(
        distributed_slack=False,
        use_reactive_limits=False,
        voltage_init_mode=flow.VoltageInitMode.DC_VALUES,
        provider_parameters={"newtonRaphsonConvEpsPerEq": "1e-10"},
    )
    assert flow.run_ac(network, parameters)[0].status == flow.ComponentStatus.CONVERGED
    buses: pd.DataFrame = network.get_buses()
    nominal_kv = network.get_voltage_levels()["nominal_v"].reindex(buses["voltage_level_id"]).to_numpy()
    return buses.assign(nominal_kv=nominal_kv, vm_pu=buses["v_mag"] / nominal_kv)
