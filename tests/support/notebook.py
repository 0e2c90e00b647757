"""Executes a notebook without Jupyter: code cells in order in one namespace, outputs as Jupyter would store them.

``python -m tests.support.notebook docs/walk_through.ipynb`` writes the outputs of a fresh execution into the file.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

Notebook = dict[str, Any]
Output = dict[str, Any]

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def read_notebook(file: Path) -> Notebook:
    """Return the JSON document of a notebook."""
    return json.loads(file.read_text(encoding="utf-8"))


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """Return the code cells in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source_of(cell: dict[str, Any]) -> str:
    """Return the source of a cell as one text."""
    return "".join(cell["source"])


def execute(notebook: Notebook, folder: Path) -> list[list[Output]]:
    """Execute the code cells in ``folder``, as Jupyter does in that of the notebook, and return their outputs."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    # What pandas takes in Jupyter; else its tables follow the width of the terminal.
    with contextlib.chdir(folder), pd.option_context("display.max_columns", 20, "display.width", 80):
        return [
            _outputs(source_of(cell), namespace, number) for number, cell in enumerate(code_cells(notebook), start=1)
        ]


def _outputs(source: str, namespace: dict[str, Any], number: int) -> list[Output]:
    """Execute one cell: what it prints, then the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {number}", "exec"), namespace)  # noqa: S102  the notebook of this repository
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), namespace)  # noqa: S307
    outputs: list[Output] = []
    if printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": _lines(printed.getvalue())})
    if value is not None:
        data = _mime_bundle(value)
        outputs.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return outputs


def _mime_bundle(value: Any) -> dict[str, Any]:
    """Return a value in every form that it offers to Jupyter."""
    data: dict[str, Any] = {}
    if hasattr(value, "_repr_html_"):
        data["text/html"] = _lines(value._repr_html_())
    if hasattr(value, "_repr_png_"):
        data["image/png"] = base64.b64encode(value._repr_png_()).decode("ascii")
    data["text/plain"] = _lines(_ADDRESS.sub("", repr(value)))
    return data


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def write_outputs(file: Path) -> None:
    """Execute a notebook in its folder and store what its cells put out."""
    notebook = read_notebook(file)
    for number, (cell, outputs) in enumerate(
        zip(code_cells(notebook), execute(notebook, file.parent), strict=True), start=1
    ):
        cell["execution_count"], cell["outputs"] = number, outputs
    file.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("error")
    write_outputs(Path(sys.argv[1]))
