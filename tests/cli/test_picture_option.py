"""A picture that cannot be written is refused before any work: the scenarios and runs named here do not even exist."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from gridsim.cli.app import app

INPUTS = {"compare": ["no_such_run", "no_such_run"]}
OPTIONS = ("--picture", "--week", "--format")
COMMANDS = [
    (name, option)
    for name, command in sorted(typer.main.get_command(app).commands.items())
    for parameter in command.params
    for option in parameter.opts
    if option in OPTIONS
]


def test_every_command_that_draws_is_tested() -> None:
    assert dict(COMMANDS).keys() == {"compare", "explain", "fixes", "hosting", "leadlag", "n1", "plot", "show"}
    assert ("show", "--week") in COMMANDS


@pytest.mark.parametrize(("command", "option"), COMMANDS)
@pytest.mark.parametrize("suffix", ["gif"])
def test_wrong_suffix_is_refused_first(command: str, option: str, suffix: str) -> None:
    value = suffix if option == "--format" else f"drawn.{suffix}"
    result = CliRunner().invoke(app, [command, *INPUTS.get(command, ["no_such_file"]), option, value])
    said = " ".join(result.output.split())
    assert result.exit_code == 2
    assert f"'{option}'" in said
    assert f"'{suffix}'; use png, svg or pdf" in said
    assert "no_such" not in said


@pytest.mark.parametrize(("command", "option"), COMMANDS)
@pytest.mark.parametrize("suffix", ["PDF"])
def test_right_suffix_lets_the_command_look_at_its_input(command: str, option: str, suffix: str) -> None:
    value = suffix.lower() if option == "--format" else f"drawn.{suffix}"
    more = ["--trafo", "t1"] if command == "show" else []
    result = CliRunner().invoke(app, [command, *INPUTS.get(command, ["no_such_file"]), option, value, *more])
    assert result.exit_code == 2
    assert "no_such" in result.output
    assert "cannot be written as" not in result.output
