"""Files of pictures: named, whole, reproducible, and made without global state."""

from __future__ import annotations

import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest

from gridsim.errors import GridsimError, ResultStoreError
from gridsim.plots import KINDS, draw, draw_all, gallery, save_figure, style

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.results import ResultStore


def chunks(content: bytes) -> list[bytes]:
    """Names of the chunks of a PNG file, every checksum verified."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    names, position = [], 8
    while position < len(content):
        length = int.from_bytes(content[position : position + 4])
        name = content[position + 4 : position + 8]
        body = content[position + 4 : position + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(content[position + 8 + length : position + 12 + length])
        names.append(name)
        position += 12 + length
    return names


def test_all_figures_become_whole_files(studies: dict[str, ResultStore]) -> None:
    store = studies["three"]
    paths = draw_all(store)
    assert paths == [store.directory / "plots" / f"{kind}.png" for kind in KINDS]
    assert sorted(path.name for path in store.plots_directory.iterdir()) == sorted(path.name for path in paths)
    for path in paths:
        assert chunks(path.read_bytes())[-1] == b"IEND"


def test_pictures_are_the_same_whether_pandapower_is_loaded_or_not(
    studies: dict[str, ResultStore], tmp_path: Path
) -> None:
    """Importing pandapower gives the lines of every figure of the process round ends."""
    code = (
        "import sys; from gridsim.plots import draw_all; from gridsim.results import ResultStore\n"
        "if len(sys.argv) > 3: import pandapower\n"
        "draw_all(ResultStore.open(sys.argv[1]), ['overload_timeline'], sys.argv[2])"
    )
    for name, more in (("alone", []), ("beside", ["pandapower"])):
        arguments = [sys.executable, "-c", code, studies["three"].directory, tmp_path / name, *more]
        subprocess.run(arguments, check=True)
    alone, beside = (tmp_path / name / "overload_timeline.png" for name in ("alone", "beside"))
    assert alone.read_bytes() == beside.read_bytes()


def test_kinds_of_the_list_and_of_the_drawers_agree() -> None:
    assert list(gallery.DRAWERS) == list(KINDS)


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_suffix_decides_the_format(
    studies: dict[str, ResultStore], tmp_path: Path, suffix: str, start: bytes
) -> None:
    [path] = draw_all(studies["three"], ["map"], tmp_path, suffix)
    assert path == tmp_path / f"map.{suffix}"
    assert path.read_bytes().startswith(start)


def test_unknown_kinds_are_refused_before_anything_is_drawn(studies: dict[str, ResultStore], tmp_path: Path) -> None:
    with pytest.raises(GridsimError, match=r"'loading_heatmp'; did you mean 'loading_heatmap'"):
        draw_all(studies["three"], ["map", "loading_heatmp"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unknown_formats_are_refused(studies: dict[str, ResultStore], tmp_path: Path) -> None:
    with pytest.raises(ResultStoreError, match="use png, svg or pdf"):
        draw_all(studies["three"], ["map"], tmp_path, "docx")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_an_error_that_names_it(studies: dict[str, ResultStore], tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("a file")
    with pytest.raises(ResultStoreError, match=r"plots.map\.png: cannot be written"):
        draw_all(studies["three"], ["map"], tmp_path / "plots")


def test_an_interrupted_drawing_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "map.png"
    target.write_bytes(b"old")
    figure = style.new_figure(1.0)
    axes = style.add_axes(figure, 0.2, 0.2, 0.2, 0.2)

    def broken(file: object, **_: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr(figure, "savefig", broken)
    with pytest.raises(KeyboardInterrupt):
        save_figure(axes, target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["map.png"]


def test_pictures_are_readable_by_those_whom_the_folder_lets_in(tmp_path: Path) -> None:
    axes = style.add_axes(style.new_figure(1.0), 0.2, 0.2, 0.2, 0.2)
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert save_figure(axes, tmp_path / "map.png").stat().st_mode == plain.stat().st_mode


def test_the_same_results_give_the_same_bytes_also_in_threads(studies: dict[str, ResultStore], tmp_path: Path) -> None:
    def bytes_of(name: str) -> bytes:
        axes = draw(studies["three"], "overload_timeline")
        return save_figure(axes, tmp_path / f"{name}.png").read_bytes()

    alone = bytes_of("alone")
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(bytes_of, ["first", "second"]))
    assert together == [alone, alone]


def test_drawing_leaves_the_settings_of_matplotlib_alone(studies: dict[str, ResultStore]) -> None:
    before = dict(mpl.rcParams)
    for kind in KINDS:
        draw(studies["none_overloaded"], kind)
    assert dict(mpl.rcParams) == before


def test_listing_the_kinds_loads_no_matplotlib_and_drawing_no_pyplot(studies: dict[str, ResultStore]) -> None:
    code = f"""
import sys
from gridsim.plots import KINDS
assert "matplotlib" not in sys.modules
from gridsim.plots import draw
from gridsim.results import ResultStore
draw(ResultStore.open({str(studies["three"].directory)!r}), "map")
print("matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
