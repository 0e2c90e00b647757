"""SVG and PDF of every figure: the same bytes each time, letters that stay letters, nothing of the machine inside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from gridsim.plots import save_figure, style
from tests.support.synthetic_studies import FIGURES

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

# Every figure is drawn twice and written four times.
pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
EVERY = pytest.mark.parametrize("kind", list(FIGURES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stores of the figures are, once drawn."""
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[tuple[str, str], bytes]:
    """Content of each picture by kind and format, of a first drawing of three transformers."""
    return {(kind, suffix): content for kind in FIGURES for suffix, content in drawn(folder, kind, "first").items()}


def drawn(folder: Path, kind: str, name: str) -> dict[str, bytes]:
    axes = FIGURES[kind](folder, 3)
    return {suffix: save_figure(axes, folder / name / f"{kind}.{suffix}").read_bytes() for suffix in ("svg", "pdf")}


def plain(pdf: bytes) -> bytes:
    """The file and, behind it, what its compressed streams hold."""
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    assert streams
    return pdf + b"".join(zlib.decompress(stream) for stream in streams)


@EVERY
def test_the_same_input_gives_the_same_bytes(files: dict[tuple[str, str], bytes], folder: Path, kind: str) -> None:
    again = drawn(folder, kind, "again")
    assert again["svg"] == files[kind, "svg"]
    assert again["pdf"] == files[kind, "pdf"]


@EVERY
def test_svg_is_whole_and_its_letters_are_text(files: dict[tuple[str, str], bytes], folder: Path, kind: str) -> None:
    content = files[kind, "svg"]
    root = ET.fromstring(content)  # noqa: S314  written by this test
    assert root.tag == f"{SVG}svg"
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    titles = [
        text.get_text()
        for panel in style.figure_of(FIGURES[kind](folder, 3)).axes
        for text in panel.texts
        if text.get_fontsize() == style.TITLE_PT
    ]
    assert len(titles) == 1
    assert titles[0] in texts
    styles = {text.get("style", "") for text in root.iter(f"{SVG}text")}
    assert all("DejaVu Sans" in look for look in styles)


@EVERY
def test_pdf_is_whole_and_holds_the_letters_it_uses(files: dict[tuple[str, str], bytes], kind: str) -> None:
    content = files[kind, "pdf"]
    assert content.startswith(b"%PDF-1.")
    assert content.rstrip().endswith(b"%%EOF")
    text = plain(content)
    assert b"/FontFile2" in text
    assert b"DejaVuSans" in text
    assert b"/Type3" not in text


@EVERY
def test_nothing_of_machine_or_day_stands_inside(files: dict[tuple[str, str], bytes], folder: Path, kind: str) -> None:
    version = mpl.__version__.encode()
    for content in (files[kind, "svg"], plain(files[kind, "pdf"])):
        for foreign in (str(folder).encode(), b"/tmp/", b"/home/", b"CreationDate", b"dc:date", b"v" + version):
            assert foreign not in content


def test_another_process_with_other_hashes_writes_the_same_bytes(
    files: dict[tuple[str, str], bytes], folder: Path, repository: Path
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from gridsim.plots import save_figure\n"
        "from tests.support.synthetic_studies import FIGURES\n"
        "axes = FIGURES['n1'](Path(sys.argv[1]), 3)\n"
        "for suffix in ('svg', 'pdf'): save_figure(axes, Path(sys.argv[1]) / 'other' / f'n1.{suffix}')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", code, folder], check=True, cwd=repository, env=environment)
    for suffix in ("svg", "pdf"):
        assert (folder / "other" / f"n1.{suffix}").read_bytes() == files["n1", suffix]


def test_writing_leaves_the_settings_of_matplotlib_alone(folder: Path) -> None:
    before = dict(mpl.rcParams)
    axes: Axes = style.add_axes(style.new_figure(1.0), 0.2, 0.2, 0.2, 0.2)
    for suffix in ("svg", "pdf", "png", "SVG"):
        save_figure(axes, folder / f"plain.{suffix}")
    assert dict(mpl.rcParams) == before
