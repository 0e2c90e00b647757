"""Every message of the report, as found in its code and its templates."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from babel.messages.extract import extract_python
from jinja2.ext import babel_extract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYWORDS = ("_", "ngettext")


def messages(folder: Path) -> set[str | tuple[str, str]]:
    """Return single messages as texts, those with a plural as pairs."""
    return set(_of_code(folder)) | set(_of_templates(folder))


def _of_code(folder: Path) -> Iterator[str | tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        with path.open("rb") as file:
            for _, function, found, _ in extract_python(file, KEYWORDS, (), {}):
                yield from _message(function, found)


def _of_templates(folder: Path) -> Iterator[str | tuple[str, str]]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    for path in sorted(folder.rglob("*.html")):
        content = io.BytesIO(path.read_bytes())
        for _, function, found, _ in babel_extract(content, KEYWORDS, (), options):
            yield from _message(function, found)


def _message(function: str | None, found: object) -> Iterator[str | tuple[str, str]]:
    """Yield what a call translates; nothing where the text is not written out in it."""
    texts = [text for text in (found if isinstance(found, (tuple, list)) else (found,)) if isinstance(text, str)]
    if function == "ngettext" and len(texts) > 1:
        yield texts[0], texts[1]
    elif function == "_" and texts:
        yield texts[0]
