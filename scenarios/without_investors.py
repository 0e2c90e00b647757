"""What the investor projects do to the grid: the reference scenario with and without them, 2026 to 2030.

    python scenarios/without_investors.py RESULT_DIRECTORY

Both runs are kept, in RESULT_DIRECTORY/with and RESULT_DIRECTORY/without.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import gridsim


def main() -> None:
    """Run both and print the transformers that overload longer because of the investors."""
    folder = Path(sys.argv[1])
    reference = gridsim.load_scenario(Path(__file__).with_name("reference.toml"), from_year=2026, to_year=2030)
    nobody = dataclasses.replace(reference.investors, pools=(), include_unpooled=False)
    without = dataclasses.replace(
        reference, name="without_investors", title="Reference without investor projects", investors=nobody
    )
    hours = {}
    for name, scenario in (("with", reference), ("without", without)):
        result = gridsim.run_scenario(scenario, out=folder / name)
        print(f"{name}: {result.n_failed} steps without solution")
        hours[name] = result.store.read_table("ranking").set_index("name")["hours"]
    added = (hours["with"] - hours["without"]).dropna().sort_values(ascending=False)
    print("Hours of overload that the investor projects add, 2026-2030:")
    for transformer, more in added[added > 0].items():
        print(f"{more:8,.0f} h  {transformer}")


if __name__ == "__main__":
    main()
