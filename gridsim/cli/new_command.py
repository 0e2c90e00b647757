"""The command ``gridsim new study``: a ready scenario and network to start from, outside any repository.

The data travel in the wheel, under ``gridsim/data``; a source tree has them beside the package.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

import gridsim
from gridsim.cli.exit_codes import mistakes_told
from gridsim.errors import InputError

#: What a study consists of: scenarios name their network by the path between these folders.
FOLDERS = ("networks", "scenarios")
LICENCE = "LICENSE"
#: The scenario that a new study begins with.
FIRST_SCENARIO = Path("scenarios", "reference.toml")

new = typer.Typer(help="Begin something new from what gridsim ships.", no_args_is_help=True, rich_markup_mode=None)


@new.callback()
def _root() -> None:
    """Keep ``study`` a command of its own: with one command alone there would be none to name."""


@new.command()
def study(
    directory: Annotated[Path, typer.Argument(help="Folder to make; it must not exist yet, or be empty.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """Copy the scenarios and the network of the Almaty Region, with their licences, into a new folder.

    Example: gridsim new study my_study
    """
    with mistakes_told():
        files = copy_study(directory)
        scenario = directory / FIRST_SCENARIO
        if as_json:
            record = {"directory": str(directory), "scenario": str(scenario), "files": files}
            typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
        else:
            typer.echo(f"{directory}: {len(files)} files. Next:")
            typer.echo(f"  gridsim check {directory / 'networks' / 'almaty'}")
            typer.echo(f"  gridsim run {scenario} --from 2026 --to 2026 --out {directory / 'out'}")


def copy_study(directory: Path) -> list[str]:
    """Copy the shipped data into ``directory``, whole or not at all, and return the names of the files.

    Raises
    ------
    InputError
        The directory holds something, or is none; or the installation has no data.
    """
    if directory.is_symlink() or (directory.exists() and (not directory.is_dir() or any(directory.iterdir()))):
        raise InputError(f"{directory}: exists and is not an empty folder; name a new one (nothing was changed)")
    source = shipped_data()
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{directory.name}.", dir=directory.parent) as aside:
        made = Path(aside) / "study"
        for folder in FOLDERS:
            shutil.copytree(source / folder, made / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(source / LICENCE, made / LICENCE)
        files = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
        if directory.exists():
            directory.rmdir()  # empty, as was seen; should it no longer be, this fails and nothing is lost
        made.rename(directory)
    return files


def shipped_data() -> Path:
    """Return the folder that holds the shipped networks and scenarios; InputError when the installation has none."""
    package = Path(gridsim.__file__).parent
    for folder in (package / "data", package.parent):
        if (folder / FIRST_SCENARIO).is_file() and (folder / "networks").is_dir():
            return folder
    raise InputError(f"{package}: this installation of gridsim lacks its data; install it from a wheel")
