"""``gridsim run --net``: files in and out of a load flow of a net that somebody else has made."""

from __future__ import annotations

import io
import json
import stat
from typing import TYPE_CHECKING, Any

import typer

from gridsim.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gridsim.enums import Solver
    from gridsim.studies.net_study import NetStudy

NET_ENDINGS = (".json", ".xlsx", ".m", ".mat", ".xiidm", ".zip", ".raw")
PROFILE_ENDINGS = (".csv", ".parquet")
#: Bytes; a net or a table that is larger is something else.
LARGEST_FILE = 1_000_000_000
SHOWN = 12


def run_net_file(
    file: Path, profiles: Path | None, out: Path | None, *, threads: int, solver: Solver | None, as_json: bool
) -> NetStudy:
    """Read a net and its profiles, solve them, write three tables and tell what came out.

    With ``as_json`` the words go to standard error, and a JSON document to standard output.

    Raises
    ------
    GridsimError
        A file cannot be read, or holds what no net or profile may hold; or the folder is not empty.
    """
    directory = out if out is not None else file.with_name(f"{file.stem}_results")
    if directory.is_symlink() or (directory.exists() and (not directory.is_dir() or any(directory.iterdir()))):
        raise InputError(f"{directory}: exists and is not an empty folder; name another by --out (nothing was changed)")
    ending = file.suffix.lower()
    if ending not in NET_ENDINGS:
        raise InputError(f"{file}: expected a net that ends in {', '.join(NET_ENDINGS)} (pickles are never read)")
    content = read_bytes(file)
    table = None if profiles is None else _profiles(profiles)
    from gridsim.enums import Solver as Solvers  # noqa: PLC0415
    from gridsim.results.whole_files import write_csv  # noqa: PLC0415
    from gridsim.solve.options import SolveOptions  # noqa: PLC0415
    from gridsim.studies.net_study import run_net  # noqa: PLC0415

    net = _net(content, ending, str(file))
    options = SolveOptions(threads=threads, solver=solver or Solvers.newton)
    study = run_net(net, table, options=options, place=str(profiles))
    for name in ("steps", "loading", "voltages"):
        write_csv(directory / f"{name}.csv", getattr(study, name))
    _tell(study, directory, is_error=as_json)
    if as_json:
        from gridsim.report.run_records import net_record  # noqa: PLC0415

        typer.echo(json.dumps(net_record(study, directory), indent=2, ensure_ascii=False))
    return study


def _net(content: bytes, ending: str, place: str) -> Any:
    """Return the net of a file; every reader loads pandapower."""
    match ending:
        case ".json":
            from gridsim.grid.net_json import net_of_json  # noqa: PLC0415

            return net_of_json(content, place)
        case ".xlsx":
            from gridsim.grid.net_workbook import net_of_excel  # noqa: PLC0415

            return net_of_excel(content, place)
        case ".m" | ".mat":
            from gridsim.grid.matpower_case import net_of_matpower  # noqa: PLC0415

            return net_of_matpower(content, ending, place)
        case _:
            from gridsim.grid.powsybl_net import net_of_powsybl  # noqa: PLC0415

            return net_of_powsybl(content, ending, place)


def read_bytes(file: Path) -> bytes:
    """Return the bytes of an ordinary file of reasonable size; a pipe or a device might never end."""
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode):
            raise InputError(f"{file}: is a folder, a pipe or a device; name a file")
        if state.st_size > LARGEST_FILE:
            raise InputError(f"{file}: holds {state.st_size:,} bytes, at most {LARGEST_FILE:,} are read")
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{str(file)!r}: no file can have this name") from error


def _profiles(file: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    ending = file.suffix.lower()
    if ending not in PROFILE_ENDINGS:
        raise InputError(f"{file}: expected a table that ends in {', '.join(PROFILE_ENDINGS)}")
    content = io.BytesIO(read_bytes(file))
    try:
        if ending == ".parquet":
            return pd.read_parquet(content)
        return pd.read_csv(content, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    except (ValueError, pa.ArrowException) as error:
        raise InputError(f"{file}: cannot be read as a table of commas and points ({error})") from error


def _tell(study: NetStudy, directory: Path, *, is_error: bool) -> None:
    n_step = len(study.steps)
    failed = f"{study.n_failed:,} have NO solution" if study.n_failed else "none failed"
    typer.echo(
        f"{n_step:,} {'step' if n_step == 1 else 'steps'}: {n_step - study.n_failed:,} solved, {failed}", err=is_error
    )
    for row in study.failed.head(SHOWN).itertuples():
        typer.echo(f"  {row.step}: {row.status}, {row.unserved_mw:,.1f} MW without source", err=is_error)
    typer.echo("highest loading, %", err=is_error)
    for name, percent in study.worst(SHOWN).items():
        typer.echo(f"  {percent:8,.1f}  {name}  {study.names.get(str(name), '')}".rstrip(), err=is_error)
    typer.echo(directory, err=is_error)
