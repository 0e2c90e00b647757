"""The commands that the README shows, word for word, and what each leaves in the folder in which they are run."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Shown:
    """One command, as it stands in the README.

    Attributes
    ----------
    line:
        The command; run in a folder, with ``scenarios/`` standing for that of the repository.
    leaves:
        Files that are there when it is done, relative to the folder; what it prints is kept besides.
    needs:
        Names of commands that come before it.
    is_quoted:
        Whether the README quotes what it prints; then that must have been kept, besides what it leaves.
    """

    line: str
    leaves: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    is_quoted: bool = False

    @property
    def pictures(self) -> tuple[str, ...]:
        """Files it leaves that stand in ``docs/`` under the same name."""
        return tuple(file for file in self.leaves if file.endswith(".png"))


def _year(scenario: str, year: int, directory: str = "", *, is_quoted: bool = False) -> Shown:
    out = directory or f"{scenario}_{year}"
    return Shown(
        f"gridsim run scenarios/{scenario}.toml --from {year} --to {year} --out out/{out}",
        (f"out/{out}/manifest.json",),
        is_quoted=is_quoted,
    )


def _export(regime: str, file: str) -> Shown:
    line = f"gridsim export out/reference --regime {regime} --year 2030 --out {file} --json"
    return Shown(line, (file,), ("reference",), is_quoted=True)


#: Runs of one year that stand in the table of the other scenarios.
OTHER_YEARS = (
    ("no_new_substations", 2030),
    ("no_new_substations", 2036),
    ("official_forecast", 2030),
    ("official_forecast", 2050),
)
#: Hours of 2030 that planners ask for, and the file of each.
REGIMES = MappingProxyType(
    {
        "winter-max": "winter_2030.json",
        "winter-min": "winter_min_2030.json",
        "summer-max": "summer_2030.json",
        "summer-min": "summer_min_2030.json",
    }
)

COMMANDS = MappingProxyType(
    {
        "reference": Shown(
            "gridsim run scenarios/reference.toml",
            ("out/reference/manifest.json", "out/reference/plots/overload_timeline.png"),
        ),
        "hottest_week": Shown(
            "gridsim show out/reference --trafo arman_118.t1 --week hottest_week.png",
            ("hottest_week.png",),
            ("reference",),
        ),
        **{f"export_{regime}": _export(regime, file) for regime, file in REGIMES.items()},
        "on_time": _year("reference", 2028, "on_time", is_quoted=True),
        "late": _year("substations_late", 2028, "late"),
        **{f"{scenario}_{year}": _year(scenario, year) for scenario, year in OTHER_YEARS},
        "compare": Shown(
            "gridsim compare out/on_time out/late --picture consequences.png",
            ("consequences.png",),
            ("on_time", "late"),
            is_quoted=True,
        ),
        "explain": Shown("gridsim explain out/late --picture because_of_whom.png", ("because_of_whom.png",), ("late",)),
        "explain_one": Shown("gridsim explain out/late --trafo m049_alatau.t1", (), ("late",), is_quoted=True),
        "n1": Shown("gridsim n1 scenarios/reference.toml --from 2028 --to 2028", ("out/reference-n1/n1_summary.json",)),
        "transformers": Shown(
            "gridsim show out/reference --n1 out/reference-n1 --csv fleet",
            ("fleet/transformers.csv",),
            ("reference", "n1"),
            is_quoted=True,
        ),
        "leadlag": Shown(
            "gridsim leadlag scenarios/reference.toml --picture lead_lag.png --csv lead_lag",
            ("lead_lag/projects.csv", "lead_lag/plants.csv", "lead_lag.png"),
            is_quoted=True,
        ),
        "fixes": Shown(
            "gridsim fixes scenarios/reference.toml --from 2026 --to 2030 --picture fixes.png --csv fixes",
            ("fixes/candidates.csv", "fixes.png"),
            is_quoted=True,
        ),
        "hosting": Shown(
            "gridsim hosting scenarios/reference.toml --year 2030 --csv hosting.csv --picture hosting_capacity.png",
            ("hosting.csv", "hosting_capacity.png"),
        ),
        "leadlag_n1": Shown(
            "gridsim leadlag scenarios/reference.toml --from 2026 --to 2028 --n1 --picture lead_lag_n1.png "
            "--csv lead_lag_n1",
            ("lead_lag_n1/projects.csv", "lead_lag_n1.png"),
            is_quoted=True,
        ),
        "certificate": Shown(
            "gridsim certify scenarios/reference.toml --hours 200 --csv certificate",
            ("certificate/engines.csv", "certificate/hours.csv"),
        ),
    }
)
