"""What the compile phase times: an empty process that imports gridsim, lowers a case and solves its first day.

``python -m benchmarks.fresh_process case118`` prints seconds by section as JSON. Making the case is not counted, nor is
pandapower, which a user of a pandapower net has loaded.
"""

from __future__ import annotations

import json
import sys

from benchmarks.case import load_case
from benchmarks.registry import cases
from benchmarks.stand import quiet
from benchmarks.subjects.gridsim_batch import timed_start


def main(name: str) -> None:
    """Time the sections."""
    case = load_case(cases()[name])
    with quiet():
        seconds = timed_start(case)
    sys.stdout.write(json.dumps(seconds) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
