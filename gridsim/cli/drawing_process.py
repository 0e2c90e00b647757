"""A second process that draws half of the pictures of a run.

Drawing is Python from end to end, so threads do not speed it up. The process is started while the run is still laying
out its stages on one processor, loads the drawing library meanwhile, and waits. It reads one line from standard input,
``{"directory": ..., "kinds": [...]}``, draws, and answers with one line, ``{"drawn": [...]}``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from gridsim.results.store import ResultStore


class DrawingProcess:
    """The second process, seen from the first; as a context manager it is ended with the block, whatever it is doing.

    Parameters
    ----------
    is_wanted:
        False for a process that is not started and draws nothing, which is also what happens on a single processor.
    """

    def __init__(self, *, is_wanted: bool) -> None:
        self._process: subprocess.Popen[str] | None = None
        if is_wanted and (os.cpu_count() or 1) > 1:
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._process = subprocess.Popen(  # noqa: S603  this very interpreter, with a module of this package
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
                start_new_session=True,  # Ctrl-C is for the first process, which ends this one
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def share(self, kinds: Sequence[str]) -> list[str]:
        """Return the kinds that the second process should draw: every other one."""
        return list(kinds[1::2]) if self._process is not None else []

    def begin(self, store: ResultStore, kinds: Sequence[str]) -> None:
        """Let the second process draw ``kinds``; nothing is waited for."""
        if self._process is not None and self._process.stdin is not None:
            request = {"directory": str(store.directory.absolute()), "kinds": list(kinds)}
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
            except OSError:  # it is gone; what it should have drawn is found missing
                pass

    def drawn(self) -> list[Path]:
        """Wait for the second process and return the files it has drawn; none when it could not draw them."""
        if self._process is None or self._process.stdout is None:
            return []
        answer = self._process.stdout.readline()
        return [Path(path) for path in json.loads(answer)["drawn"]] if answer else []


def _serve() -> None:
    """Load what draws, then draw what is asked for on standard input."""
    from gridsim.plots.gallery import draw_all  # noqa: PLC0415  only here, in the second process
    from gridsim.results.store import ResultStore  # noqa: PLC0415

    for line in sys.stdin:
        request = json.loads(line)
        drawn = draw_all(ResultStore.open(request["directory"]), request["kinds"])
        sys.stdout.write(json.dumps({"drawn": [str(path) for path in drawn]}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
