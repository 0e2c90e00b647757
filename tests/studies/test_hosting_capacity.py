"""Hosting capacity of a scenario: what is told holds when the hours are solved with the load connected."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.plots.hosting_figure import draw_hosting, hosting_rows
from gridsim.report.hosting_table import hosting_record, print_hosting
from gridsim.solve import make_solver
from gridsim.studies.hosting_capacity import HostingCapacity, hosting_capacity
from gridsim.studies.hosting_year import HOSTING_COLUMNS
from gridsim.studies.result_tables import loading_columns
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

#: Taps stand still, so that a solution does not depend on where they start from.
FIXED_TAPS = "\n[solver]\ntap_control = false\n"
BUSBAR, YEAR, TAN_PHI = "west_10", 2026, float(np.tan(np.arccos(0.95)))


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_study(tmp_path_factory.mktemp("hosting"), more=FIXED_TAPS)


@pytest.fixture(scope="module")
def found(scenario: Path) -> HostingCapacity:
    return hosting_capacity(scenario, years=[YEAR, 2028], curtailed_hours=60.0, threads=1)


def hours_that_do_not_fit(scenario: Path, busbar: str, mw: float) -> int:
    """Solve every step of the year with so many MW more, exchanges following, and count new overloads in hours."""
    asked = gridsim.load_scenario(scenario, from_year=YEAR, to_year=YEAR)
    grid = gridsim.stage_grid(gridsim.load_tables(asked.network_folder), asked)
    columns = loading_columns(grid)
    row = grid.tables["buses"]["bus_id"].iloc[grid.injections.loads.bus_pos].to_list().index(busbar)
    hours = 0
    for block in grid.blocks:
        serving = grid.stages[block.stage_index].in_service["bus"]
        profiles = grid.profiles_for(block)
        net = grid.net_at(grid.stages[block.stage_index], profiles)
        net["controller"]["in_service"] = False
        more = []
        for step in range(block.n_step):
            load_p, load_q = (profiles["load", name][step : step + 1].copy() for name in ("p_mw", "q_mvar"))
            load_p[0, row] += mw
            load_q[0, row] += mw * TAN_PHI
            more.append(grid.injections.variant_profiles(block.start_step + step, load_p, load_q, serving))
        added = {key: np.concatenate([one[key] for one in more]) for key in profiles}
        solver = make_solver(net)
        before, after = (solver.solve(values, block.n_step).loading.columns for values in (profiles, added))
        limit = np.fmax(100.0, before + 1.0)[:, columns.kept]
        hours += 6 * int((after[:, columns.kept] > limit).any(axis=1).sum())
    return hours


@pytest.mark.slow
def test_a_little_less_fits_in_every_hour_and_a_little_more_does_not(scenario: Path, found: HostingCapacity) -> None:
    row = found.of_year(YEAR).set_index("busbar").loc[BUSBAR]
    assert hours_that_do_not_fit(scenario, BUSBAR, row["n0_firm_mw"] - 1e-3) == 0
    assert hours_that_do_not_fit(scenario, BUSBAR, row["n0_firm_mw"] + 0.02) > 0
    assert hours_that_do_not_fit(scenario, BUSBAR, row["flexible_mw"] - 1e-3) <= 60
    assert hours_that_do_not_fit(scenario, BUSBAR, row["flexible_mw"] + 0.02) > 60


def test_table_is_complete_and_in_order(found: HostingCapacity) -> None:
    table = found.table
    assert tuple(table.columns) == HOSTING_COLUMNS
    assert not table["is_failed"].any()
    assert table["n0_firm_mw"].is_monotonic_increasing
    assert (table["flexible_mw"] >= table["n0_firm_mw"]).all()
    assert (table["curtailed_hours"] <= 60.0).all()
    assert set(table["hours"]) <= {8760, 8784}
    assert "new_10" not in set(found.of_year(YEAR)["busbar"]), "it opens later"
    local = table["n0_time_utc"] + pd.Timedelta(hours=5)
    assert (local.dt.year == table["year"]).all()


def test_after_outages_less_is_firm_and_it_is_told_why(found: HostingCapacity) -> None:
    table = found.table
    assert (table["n1_firm_mw"] <= table["n0_firm_mw"]).all()
    single = table["n1_held_by"] == "single supply"
    assert (table.loc[single, "n1_firm_mw"] == 0.0).all()
    assert table.loc[single, "n1_time_utc"].isna().all()
    assert table["n1_outage"].notna().all()
    assert (table.loc[~single, "n1_checked_hours"] > 0).all()
    check = found.outage_checks[0]
    assert (check.year, check.n_outage > 5, check.unsolved_cases) == (YEAR, True, 0)


def test_without_n_1_nothing_is_said_of_it(scenario: Path, found: HostingCapacity) -> None:
    alone = hosting_capacity(scenario, years=[2028], curtailed_hours=60.0, n1=False)
    assert not alone.outage_checks
    assert alone.table["n1_firm_mw"].isna().all()
    same = [name for name in HOSTING_COLUMNS if not name.startswith("n1_")]
    expected = found.of_year(2028).reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.table[same], expected[same], check_exact=True)
    from rich.console import Console  # noqa: PLC0415  only here

    console = Console(width=160)
    with console.capture() as captured:
        print_hosting(console, alone)
    assert "N-1" not in captured.get()
    assert "N-1" not in [text.get_text() for text in draw_hosting(alone).texts]


def test_years_on_their_own_and_other_threads_change_nothing(scenario: Path, found: HostingCapacity) -> None:
    alone = hosting_capacity(scenario, years=[2028], curtailed_hours=60.0, threads=2)
    pd.testing.assert_frame_equal(alone.table, found.of_year(2028).reset_index(drop=True), check_exact=True)


def test_mistakes_are_told(scenario: Path, found: HostingCapacity) -> None:
    with pytest.raises(InputError, match="year 2040: the scenario has 2026 to 2028"):
        hosting_capacity(scenario, years=[2040])
    with pytest.raises(InputError, match="at least one year"):
        hosting_capacity(scenario, years=[])
    with pytest.raises(InputError, match="limit 'nothing'"):
        hosting_capacity(scenario, limit="nothing")
    with pytest.raises(InputError, match="cos_phi"):
        hosting_capacity(scenario, cos_phi=2.0)
    with pytest.raises(InputError, match="curtailed_hours is -1"):
        hosting_capacity(scenario, curtailed_hours=-1.0)
    with pytest.raises(InputError, match="checked_hours is 0"):
        hosting_capacity(scenario, checked_hours=0)
    with pytest.raises(InputError, match="year 2027 is not among"):
        found.of_year(2027)


def test_picture_shows_every_busbar_the_most_room_first(found: HostingCapacity) -> None:
    rows = hosting_rows(found, 2028)
    assert rows["n0_firm_mw"].is_monotonic_decreasing
    ax = draw_hosting(found, year=2028)
    texts = [text.get_text() for text in ax.texts]
    assert [text for text in texts if text in set(rows["label"])] == rows["label"].to_list()


def test_one_substation_has_what_it_has_among_all(scenario: Path, found: HostingCapacity) -> None:
    alone = hosting_capacity(scenario, years=[YEAR], substations=["west"], curtailed_hours=60.0).table
    among = found.of_year(YEAR).set_index("busbar").loc[[BUSBAR]]
    numbers = ["n0_firm_mw", "n1_firm_mw", "flexible_mw", "curtailed_mwh"]
    np.testing.assert_allclose(alone[numbers], among[numbers], rtol=1e-3, atol=0.01)
    with pytest.raises(InputError, match="substation 'nowhere'"):
        hosting_capacity(scenario, years=[YEAR], substations=["nowhere"])


def test_failed_comes_first_everywhere(found: HostingCapacity) -> None:
    table = found.of_year(2028).copy()
    is_west = table["busbar"] == BUSBAR
    table.loc[is_west, ["is_failed", "unsolved_hours", "n0_firm_mw", "n1_firm_mw", "flexible_mw"]] = [
        True,
        6,
        *[np.nan] * 3,
    ]
    table = table.sort_values(["is_failed", "n0_firm_mw"], ascending=[False, True])
    failed = dataclasses.replace(found, table=table)
    assert hosting_rows(failed, 2028)["busbar"].iat[0] == BUSBAR
    from rich.console import Console  # noqa: PLC0415  only here

    console = Console(width=160, record=True, file=None, quiet=False)
    with console.capture() as captured:
        print_hosting(console, failed)
    told = captured.get()
    assert told.index("NO solution") < told.index("MW at half")
    assert hosting_record(failed)["busbars"][0]["n0_firm_mw"] is None
    assert any("NO solution" in text.get_text() for text in draw_hosting(failed).texts)


def test_command_prints_writes_and_draws(scenario: Path, tmp_path: Path) -> None:
    asked = ["hosting", str(scenario), "--year", "2028", "--curtailed-hours", "60"]
    csv, picture = tmp_path / "hosting.csv", tmp_path / "hosting.png"
    told = CliRunner().invoke(app, [*asked, "--csv", str(csv), "--picture", str(picture)])
    assert told.exit_code == 0
    assert "overloaded already" in told.stdout
    assert "all 13 single outages" in told.stdout
    assert len(pd.read_csv(csv)) == 3
    assert picture.stat().st_size > 10_000
    record = json.loads(CliRunner().invoke(app, [*asked, "--no-n1", "--json"]).stdout)
    assert record["criteria"] == ["n-0"]
    assert [row["busbar"] for row in record["busbars"]][-1] == BUSBAR
    assert CliRunner().invoke(app, ["hosting", str(scenario), "--year", "2050"]).exit_code == 2
