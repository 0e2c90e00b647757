"""A new study from what gridsim ships, in a source tree and from a wheel alone."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def shipped(repository: Path) -> dict[str, bytes]:
    return {
        path.relative_to(repository).as_posix(): path.read_bytes()
        for folder in ("networks", "scenarios")
        for path in (repository / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } | {"LICENSE": (repository / "LICENSE").read_bytes()}


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_study_is_a_copy_of_what_is_shipped(tmp_path: Path, repository: Path) -> None:
    done = CliRunner().invoke(app, ["new", "study", str(tmp_path / "deep" / "mine"), "--json"])
    assert done.exit_code == 0, done.output
    expected = shipped(repository)
    assert files(tmp_path / "deep" / "mine") == expected
    assert json.loads(done.output)["files"] == sorted(expected)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["mine"]


def test_an_empty_folder_is_taken_and_the_next_commands_are_told(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = CliRunner().invoke(app, ["new", "study", str(tmp_path / "mine")])
    assert done.exit_code == 0
    assert f"gridsim run {tmp_path / 'mine' / 'scenarios' / 'reference.toml'}" in done.output


@pytest.mark.parametrize("kind", ["folder", "file", "link", "link to nowhere"])
def test_nothing_is_overwritten(tmp_path: Path, kind: str) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    other.mkdir()
    if kind == "folder":
        mine.mkdir()
        (mine / "work.txt").write_text("of months")
    elif kind == "file":
        mine.write_text("of months")
    else:
        mine.symlink_to(other if kind == "link" else tmp_path / "nowhere")
    before = files(tmp_path)
    done = CliRunner().invoke(app, ["new", "study", str(mine)])
    assert done.exit_code == 2
    assert "exists and is not an empty folder" in done.stderr
    assert files(tmp_path) == before


def test_an_installation_without_data_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gridsim  # noqa: PLC0415
    from gridsim.cli.new_command import copy_study  # noqa: PLC0415

    monkeypatch.setattr(gridsim, "__file__", str(tmp_path / "gridsim" / "__init__.py"))
    with pytest.raises(InputError, match="lacks its data"):
        copy_study(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.mark.slow
def test_a_wheel_alone_is_enough(tmp_path: Path, repository: Path) -> None:
    """Wheel, fresh environment (dependencies lent by this one), another folder: new, check, run."""

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", str(repository))
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    run(sys.executable, "-m", "venv", "fresh")
    (packages,) = (tmp_path / "fresh").glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_paths()["purelib"])
    run("fresh/bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    assert "site-packages" in run("fresh/bin/python", "-c", "import gridsim; print(gridsim.__file__)")
    gridsim = "fresh/bin/gridsim"
    run(gridsim, "new", "study", "mine")
    assert files(tmp_path / "mine") == shipped(repository)
    assert run(gridsim, "check", "mine/networks/almaty").startswith("mine/networks/almaty: no findings")
    week = tmp_path / "mine" / "scenarios" / "short.toml"
    week.write_text('extends = "reference.toml"\n[horizon]\nfrom_year = 2026\nto_year = 2026\nresolution_h = 24\n')
    told = run(gridsim, "run", "mine/scenarios/short.toml", "--no-plots", "--out", "out")
    assert "all 8,760 hours solved" in told
