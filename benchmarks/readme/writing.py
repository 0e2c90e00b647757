"""Writes the parts of the README, the facts they follow from, and the pictures, from a folder of finished commands."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from benchmarks.readme.commands_shown import COMMANDS
from benchmarks.readme.regions import REGIONS
from benchmarks.readme.running import is_done
from benchmarks.report import insert

if TYPE_CHECKING:
    from pathlib import Path

README = "README.md"
GOLDEN = "tests/golden/readme"
PICTURES = "docs"


def write(folder: Path, top: Path) -> tuple[list[str], list[str]]:
    """Write every part whose commands are done, and every picture that is there.

    Parameters
    ----------
    folder:
        Where the commands were run.
    top:
        The repository.

    Returns
    -------
    tuple
        Parts that were written, and those that were left as they stand, for a command has not been run.
    """
    done = {name for name, shown in COMMANDS.items() if is_done(folder, name, shown)}
    ready = [name for name, region in REGIONS.items() if done.issuperset(region.needs)]
    facts = {name: REGIONS[name].facts(folder) for name in ready}
    text = (top / README).read_text(encoding="utf-8")
    for name, found in facts.items():
        text = insert(text, REGIONS[name].text(found), name)
    for name, found in facts.items():
        golden_file(top, name).parent.mkdir(parents=True, exist_ok=True)
        golden_file(top, name).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (top / README).write_text(text, encoding="utf-8")
    for name in done:
        for picture in COMMANDS[name].pictures:
            shutil.copyfile(folder / picture, top / PICTURES / (folder / picture).name)
    return ready, [name for name in REGIONS if name not in ready]


def golden_file(top: Path, name: str) -> Path:
    """Return where the facts of a part are kept."""
    return top / GOLDEN / f"{name}.json"


def golden_facts(top: Path, name: str) -> Any:
    """Return the facts of a part, as they were when it was written."""
    return json.loads(golden_file(top, name).read_text(encoding="utf-8"))
