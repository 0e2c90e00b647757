"""Options that say into which file or format a picture goes; one that cannot be written is refused before any work."""

from __future__ import annotations

from pathlib import Path

import typer

from gridsim.errors import ResultStoreError


def picture_file(path: Path | None) -> Path | None:
    """Return the file that an option names, if its suffix is that of a format in which pictures are written.

    Raises
    ------
    typer.BadParameter
        It is not.
    """
    if path is not None:
        from gridsim.plots.file_formats import format_of  # noqa: PLC0415  loads matplotlib

        try:
            format_of(path)
        except ResultStoreError as error:
            raise typer.BadParameter(str(error)) from error
    return path


def picture_format(suffix: str) -> str:
    """Return the format that an option names, if pictures are written in it.

    Raises
    ------
    typer.BadParameter
        They are not.
    """
    if suffix != "png":  # the default costs nothing
        picture_file(Path(f"picture.{suffix}"))
    return suffix
