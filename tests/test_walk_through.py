"""The notebook that walks through the reference study: it runs, and what is stored in it is what comes out."""

from __future__ import annotations

import ast
import base64
import re
from pathlib import Path
from typing import Any

import pytest

import gridsim
from tests.support.notebook import Notebook, Output, code_cells, execute, read_notebook, source_of

FILE = Path(__file__).resolve().parents[1] / "docs" / "walk_through.ipynb"
LARGEST_FILE = 600_000
FRESH = f"python -m tests.support.notebook docs/{FILE.name} writes the outputs anew"
#: Folders of a machine: whoever opens the notebook has others.
MACHINE_PATH = re.compile(r"(?<![\w./])/(?:home|root|tmp|work|usr|var|opt|Users)/|[A-Za-z]:\\\\")


@pytest.fixture(scope="module")
def notebook() -> Notebook:
    return read_notebook(FILE)


def test_notebook_has_what_format_4_5_asks_for(notebook: Notebook) -> None:
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    for cell in notebook["cells"]:
        own = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | own
        assert cell["cell_type"] in {"markdown", "code"}


def test_stored_outputs_are_those_of_one_run_from_top_to_bottom(notebook: Notebook) -> None:
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), FRESH
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] in {"stream", "execute_result"}
            assert output.get("name", "stdout") == "stdout"
            assert output.get("execution_count", cell["execution_count"]) == cell["execution_count"]
    assert sum("image/png" in output.get("data", {}) for cell in cells for output in cell["outputs"]) == 2


def test_notebook_is_small_and_knows_no_machine() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST_FILE
    assert not MACHINE_PATH.search(text)
    assert "Warning" not in text
    assert MACHINE_PATH.search('"saved to /tmp/abc/plot.png"')


def test_notebook_uses_public_names_only(notebook: Notebook) -> None:
    nodes = [node for cell in code_cells(notebook) for node in ast.walk(ast.parse(source_of(cell)))]
    imported = {name.name for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for name in node.names}
    assert "gridsim" in imported
    assert not [name for name in imported if name.startswith("gridsim.")]
    assert not [node for node in nodes if isinstance(node, ast.ImportFrom) and "gridsim" in str(node.module)]
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gridsim"
    }
    told = {name for cell in notebook["cells"] for name in re.findall(r"`gridsim\.(\w+)", source_of(cell))}
    assert used | told <= set(gridsim.__all__)


@pytest.mark.slow
def test_fresh_execution_puts_out_what_is_stored(notebook: Notebook) -> None:
    fresh = execute(notebook, FILE.parent)
    for cell, outputs in zip(code_cells(notebook), fresh, strict=True):
        assert len(outputs) == len(cell["outputs"]), f"{cell['id']}: {FRESH}"
        for new, stored in zip(outputs, cell["outputs"], strict=True):
            assert _is_same(new, stored), f"{cell['id']}: {_words(new)} against {_words(stored)}; {FRESH}"


def test_comparison_sees_another_number_word_and_picture() -> None:
    def printed(text: str) -> Output:
        return {"output_type": "stream", "text": [text]}

    assert _is_same(printed("12 of 366, 2.3 %"), printed("12 of 366, 2.4 %"))  # the last digit may round otherwise
    assert not _is_same(printed("12 of 366, 2.3 %"), printed("12 of 366, 2.5 %"))
    assert not _is_same(printed("ok 1.0"), printed("diverged 1.0"))
    assert not _is_same(printed("1.0"), printed("nan"))
    table = {"data": {"text/html": ["<td>", "7</td>"], "text/plain": ["7"]}}
    assert _is_same(table, {"data": {"text/html": ["<th>7</th>"], "text/plain": ["8"]}})
    small, large = (base64.b64encode(_png_head(width, 10)).decode() for width in (10, 30))
    assert not _is_same({"data": {"image/png": small}}, {"data": {"image/png": large}})


def _is_same(new: Output, stored: Output) -> bool:
    """Whether two outputs say the same; the last digit of a number with decimals may differ by one."""
    words, others = _words(new), _words(stored)
    return len(words) == len(others) and all(map(_is_same_word, words, others))


def _is_same_word(word: str, other: str) -> bool:
    if word == other:
        return True
    whole = r"-?[\d,]+\.(\d+)"
    ours, theirs = re.fullmatch(whole, word), re.fullmatch(whole, other)
    if not ours or not theirs or len(ours[1]) != len(theirs[1]):
        return False
    difference = abs(float(word.replace(",", "")) - float(other.replace(",", "")))
    return difference < 1.5 * 10.0 ** -len(ours[1])


def _words(output: Output) -> list[str]:
    """Return what an output says: printed words, those in the cells of a table, or the size of a picture."""
    data: dict[str, Any] = output.get("data", {"text/plain": output.get("text", [])})
    if "image/png" in data:
        head = base64.b64decode(data["image/png"])[16:24]
        return [f"{int.from_bytes(head[:4])}", f"{int.from_bytes(head[4:])}"]
    text = "".join(data.get("text/html", data["text/plain"]))
    return re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL).split()


def _png_head(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4)
