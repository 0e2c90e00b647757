"""The reference scenario from Python: run it and tell which transformers overload first.

    python scenarios/reference.py [RESULT_DIRECTORY]

The directory must be new or empty; without one the results go to out/reference in the working directory.
"""

from __future__ import annotations

import sys
from pathlib import Path

import gridsim


def main() -> None:
    """Run the years 2026 to 2050 and print failed steps, then the first overload of each transformer."""
    out = sys.argv[1] if len(sys.argv) > 1 else None
    result = gridsim.run_scenario(Path(__file__).with_name("reference.toml"), out=out)
    print(f"{result.n_failed} steps without solution")
    ranking = result.store.read_table("ranking").dropna(subset="first_overload_utc")
    for row in ranking.sort_values("first_overload_utc").itertuples():
        print(f"{row.first_overload_utc:%Y-%m-%d}  {row.name:<24} {row.peak_percent:6.1f} %  {row.substation_name}")
    for picture in gridsim.plot(result.store):
        print(picture)


if __name__ == "__main__":
    main()
