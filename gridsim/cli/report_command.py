"""The command ``gridsim report``: a finished run as one HTML file."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told


def report(
    directory: Annotated[Path, typer.Argument(help="Result directory of a finished run.")],
    language: Annotated[str, typer.Option("--lang", help="Language: en, ru or kk.")] = "en",
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; report.html in DIRECTORY (report.ru.html, report.kk.html) if not given."),
    ] = None,
    causes: Annotated[
        bool, typer.Option("--causes/--no-causes", help="Whether to work out because of whom transformers overload.")
    ] = True,
    lead_lag: Annotated[Path | None, typer.Option("--leadlag", help="Folder that gridsim leadlag --csv wrote.")] = None,
    n1: Annotated[Path | None, typer.Option("--n1", help="Directory that gridsim n1 --out wrote.")] = None,
    fixes: Annotated[Path | None, typer.Option(help="Folder that gridsim fixes --csv wrote.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print file and size as JSON for scripts.")] = False,
) -> None:
    """Write a finished run as one HTML file that opens without a network: answer, pictures, every transformer.

    Example: gridsim report out/reference --lang ru --leadlag lead_lag
    """
    with mistakes_told():
        from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415
        from gridsim.report.page.html_page import write_report  # noqa: PLC0415  loads pandas and jinja2

        with ProgressBar(console(is_error=True)) as progress:
            path = write_report(
                directory,
                out,
                language=language,
                causes=causes,
                lead_lag=lead_lag,
                n1=n1,
                fixes=fixes,
                progress=progress,
            )
        n_byte = path.stat().st_size
        if as_json:
            record = {"report": str(path), "language": language, "bytes": n_byte}
            typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
        else:
            typer.echo(f"{path} ({n_byte / 1e6:.1f} MB)")
