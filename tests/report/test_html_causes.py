"""Causes in the report: those of the explanation, or why there are none; and how large a long run becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import gridsim
from gridsim.report.page.language import Language, LanguageCode
from gridsim.report.page.run_tables import RunTables
from gridsim.results.store import ResultStore
from tests.support.page_reading import read_page
from tests.support.synthetic_store import write_synthetic_store
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
#: What an attachment may have; 25 years of 300 transformers stay well below it.
MAX_BYTES = 10_000_000


@pytest.fixture(scope="module")
def causes(study: tuple[Path, Path]) -> pd.DataFrame:
    return gridsim.attribute_overloads(study[1], only_worst_of_year=True)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Scenario file and result directory of a small real run."""
    folder = tmp_path_factory.mktemp("causes")
    scenario = write_tiny_study(folder)
    gridsim.run_scenario(scenario, from_year=2027, to_year=2027, out=folder / "out")
    return scenario, folder / "out"


def test_highest_episode_of_each_year_is_a_part_of_all(study: tuple[Path, Path], causes: pd.DataFrame) -> None:
    everything = gridsim.attribute_overloads(study[1])
    expected = everything[everything["is_worst_of_year"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(causes, expected)
    assert 0 < len(causes) < len(everything)


def test_sections_name_who_tips_the_transformer_over(
    study: tuple[Path, Path], causes: pd.DataFrame, tmp_path: Path
) -> None:
    content = gridsim.write_report(study[1], tmp_path / "report.html").read_text(encoding="utf-8")
    names = RunTables(ResultStore.open(study[1])).investors
    causes = causes.assign(name=causes["element"].str.split(":").str[1])
    language = Language(LanguageCode.en)
    worst = causes.sort_values("loading_percent", ascending=False, kind="stable").drop_duplicates("name")
    assert len(worst) > 0
    for row in worst.itertuples():
        start = content.index(f'id="t-{row.name}"')
        section = read_page(content[start - 30 : content.index("</details>", start)])
        local = row.peak_utc.tz_convert(None) + pd.Timedelta(hours=5)
        loading, limit = language.number(row.loading_percent, 1), language.number(row.limit_percent)
        assert f"Highest hour: {language.moment(local)}, {loading} % of a limit of {limit} %." in section.text
        assert f"Tipped over by {names.get(row.tipped_by, row.tipped_by)}." in section.text
        table = next(rows for rows in section.tables.values() if rows[0][0][0] == "Contributor")
        shares = causes[(causes["name"] == row.name) & (causes["peak_utc"] == row.peak_utc)]["share_percent"]
        assert table[1][2][0] == language.number(shares.max(), 1)
    assert "In their highest hour they are tipped over the limit by" in content


def test_a_changed_scenario_leaves_the_reason_in_the_page(study: tuple[Path, Path], tmp_path: Path) -> None:
    scenario, out = study
    before = scenario.read_text(encoding="utf-8")
    try:
        scenario.write_text(before + "\n# another word\n", encoding="utf-8")
        content = gridsim.write_report(out, tmp_path / "report.html").read_text(encoding="utf-8")
    finally:
        scenario.write_text(before, encoding="utf-8")
    text = read_page(content).text
    assert "Because of whom is not known here: scenario or network of the run cannot be read again" in text
    assert "the scenario has changed since the run (tiny.toml)" in text


def test_a_long_run_of_many_transformers_stays_below_ten_megabytes(tmp_path: Path) -> None:
    # Steps of twelve hours keep the test short. What depends on the step is the hour-by-day part: 60 units of 366
    # days with 24 values of a byte in place of 2, in base64. It is added.
    span = {"n_transformers": 300, "resolution_h": 12, "with_loading": True, "load_level": 1.3}
    store = write_synthetic_store(tmp_path / "run", **span)
    path = gridsim.write_report(store.directory, tmp_path / "report.html", causes=False)
    by_hour = 60 * 366 * (24 - 2) * 4 // 3
    assert len(store.read_overloads()) > 50_000
    assert 5_000_000 < path.stat().st_size + by_hour < MAX_BYTES
