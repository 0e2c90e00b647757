"""The engine alone, on a net that has nothing to do with Almaty: a day of hours on a net that pandapower ships.

python scenarios/any_net.py
"""

from __future__ import annotations

import numpy as np
import pandapower.networks
import pandas as pd

import gridsim


def main() -> None:
    """Scale all loads of the net along a day and print status and worst transformer loading of every hour."""
    net = pandapower.networks.create_cigre_network_mv()
    hours = pd.date_range("2026-01-15", periods=24, freq="h", tz="UTC")
    day = 0.7 + 0.4 * np.sin(np.pi * hours.hour.to_numpy() / 23)
    profiles = {
        ("load", column): pd.DataFrame(np.outer(day, net.load[column]), index=hours, columns=net.load.index)
        for column in ("p_mw", "q_mvar")
    }
    solution = gridsim.solve_timeseries(net, profiles, options=gridsim.SolveOptions(threads=1))
    worst = solution.loading_percent("trafo").max(axis=1)
    for hour, status, percent in zip(hours, solution.status, worst, strict=True):
        print(f"{hour:%H:%M}  {status.name:<12} {percent:6.1f} %")


if __name__ == "__main__":
    main()
