"""The command ``gridsim rules``: which rules of loading a scenario may name."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told


def rules(
    scenario: Annotated[
        Path | None, typer.Argument(help="Scenario file: its own rules are listed, too, and which of all it names.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """List the rules of loading by name, with edition, source, and whether their numbers were read in it.

    Example: gridsim rules scenarios/reference.toml
    """
    with mistakes_told():
        from gridsim.report.json_records import plain_records  # noqa: PLC0415  loads pandas
        from gridsim.report.rule_table import print_rules  # noqa: PLC0415
        from gridsim.scenario.rule_list import rules as listed  # noqa: PLC0415

        table = listed(scenario)
        if as_json:
            typer.echo(json.dumps(plain_records(table), indent=2, ensure_ascii=False))
        else:
            print_rules(console(), table, is_of_scenario=scenario is not None)
