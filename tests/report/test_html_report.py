"""The HTML report: failed hours first, numbers as in the tables, nothing from outside, nothing injected."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import InputError, ResultStoreError
from gridsim.report.page.place_names import chart_name, place_name
from gridsim.report.page.run_tables import RunTables
from gridsim.report.page.unit_sections import anchors
from gridsim.results.clearing import OWN_FILES
from gridsim.results.layout import csv_table
from gridsim.results.n1_store import N1Store
from gridsim.results.store import ResultStore
from tests.support.page_reading import ReadPage, read_page
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from pathlib import Path

SPAN = {"n_transformers": 24, "from_year": 2026, "to_year": 2028, "resolution_h": 6, "with_loading": True}
BAD_NAME = 'Robot <img src=x onerror=alert(1)> & "Co"'


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    """A run with hours without solution, in which one substation has a name that wants to be code."""
    store = write_synthetic_store(tmp_path_factory.mktemp("failing") / "run", **SPAN, is_failing=True, load_level=1.4)
    for name in ("elements", "substations", "ranking", "verdicts"):
        path = store.directory / "tables" / f"{name}.csv"
        quoted = '"' + BAD_NAME.replace('"', '""') + '"'
        path.write_text(path.read_text(encoding="utf-8").replace("Robot 220", quoted), encoding="utf-8")
    return ResultStore.open(store.directory)


@pytest.fixture(scope="module")
def content(failing: ResultStore, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = gridsim.write_report(failing.directory, tmp_path_factory.mktemp("page") / "sub" / "report.html")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(content: str) -> ReadPage:
    return read_page(content)


def payload(content: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="payload">(.*?)</script>', content, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_failed_hours_come_before_everything_else(failing: ResultStore, page: ReadPage, content: str) -> None:
    failed_h = int(failing.manifest.steps["failed"] * 6)
    total_h = int(failing.manifest.steps["total"] * 6)
    lines = page.text.splitlines()
    banner = next(i for i, line in enumerate(lines) if "NO solution" in line)
    assert f"{failed_h:,} hours out of {total_h:,} have NO solution" in lines[banner]
    assert banner < next(i for i, line in enumerate(lines) if line == "The answer in five sentences")
    assert banner <= 3  # title of the window, heading, scenario
    assert content.index('class="banner"') < content.index('id="answer"') < content.index('id="timeline"')
    assert sum("NO solution" in line for line in lines) == 2  # the banner, and the first of the five sentences


def test_a_run_without_failed_hours_has_no_banner(tmp_path: Path) -> None:
    store = write_synthetic_store(tmp_path / "run", **SPAN)
    content = gridsim.write_report(store.directory, tmp_path / "report.html").read_text(encoding="utf-8")
    page = read_page(content)
    assert 'class="banner" id="unsolved"' not in content
    assert "All 26,304 hours from 2026 to 2028 have a solution." in page.text
    assert "≥" not in "".join(text for row in page.tables["transformers"] for text, _ in row)


def test_table_holds_the_numbers_of_the_ranking(failing: ResultStore, page: ReadPage) -> None:
    ranking = failing.read_table("ranking")
    ranking = ranking[ranking["element_type"] != "line"].drop_duplicates("name").set_index("name")
    head, *rows = page.tables["transformers"]
    place = {title: column for column, (title, _) in enumerate(head)}
    assert len(rows) == len(ranking) == 24
    columns = {
        "unsolved, h": "failed_h",
        "Hours above": "hours",
        "Peak, %": "peak_percent",
        "MVAh above": "overload_mvah",
    }
    for row in rows:
        own = ranking.loc[row[place["Transformer"]][0]]
        for title, column in columns.items():
            value = row[place[title]][1]
            assert value is not None
            assert float(value) == own[column], (own.name, title)
        shown = row[place["Peak, %"]][0]
        assert shown == f"≥ {own['peak_percent']:,.1f}"


def test_sections_hold_years_and_hot_spots_of_the_tables(failing: ResultStore, content: str) -> None:
    run = RunTables(failing)
    worst = run.groups.iloc[0]
    start = content.index(f'id="t-{worst["name"]}"')
    section = read_page(content[start - 30 : content.index("</details>", start)])
    years = next(rows for rows in section.tables.values() if rows[0][0][0] == "Year")
    thermal = failing.read_table("thermal_life").set_index(["element", "year"])
    yearly = failing.read_table("yearly")
    own = yearly[(yearly["name"] == worst["name"]) & (yearly["winding"] == worst["winding"])]
    hours = own[own["limit"] == worst["limit"]].set_index("year")["hours"]
    titles = [title for title, _ in years[0]]
    assert [row[0][0] for row in years[1:]] == ["2026", "2027", "2028"]
    for row in years[1:]:
        year = int(row[0][0])
        cells = dict(zip(titles, (text for text, _ in row), strict=True))
        assert cells["Hours above"] == f"{hours.get(year, 0.0):,.0f}"
        assert cells["Hot spot, °C"] == f"{thermal.loc[(worst['element'], year), 'max_hot_spot_temp_c']:,.1f}"


def test_every_transformer_has_a_section_and_links_lead_to_it(page: ReadPage) -> None:
    ids = [found["id"] for _, found in page.tags if found.get("id")]
    assert len(ids) == len(set(ids))
    links = [found["href"] for tag, found in page.tags if tag == "a"]
    assert len([link for link in links if link and link.startswith("#t-")]) == 24
    assert {str(link)[1:] for link in links} <= set(ids)


def test_names_from_tables_stay_text(content: str, page: ReadPage) -> None:
    assert "<img" not in content.replace(content[content.index("<script>") :], "")
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert BAD_NAME in page.text
    # In the data of the pictures no sign can end the element or begin a tag.
    data = content[content.index('id="payload">') + len('id="payload">') :]
    assert "<" not in data[: data.index("</script>")]
    groups = payload(content)["groups"]
    assert any(group["name"] == BAD_NAME for group in groups)  # type: ignore[attr-defined]


def test_nothing_comes_from_outside(page: ReadPage) -> None:
    for tag, found in page.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = found.get(name)
            assert address is None or address.startswith(("#", "data:")), (tag, address)
    assert "link" not in {tag for tag, found in page.tags if found.get("rel") == "stylesheet"}
    policy = next(found["content"] for tag, found in page.tags if found.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy


def test_without_other_commands_the_page_says_which_fills_the_section(page: ReadPage) -> None:
    for command in ("gridsim leadlag SCENARIO --csv", "gridsim fixes SCENARIO --csv", "gridsim n1 SCENARIO"):
        assert command in page.text
    assert "Because of whom is not known here" in page.text


def test_like_units_share_a_section(failing: ResultStore) -> None:
    run = RunTables(failing)
    worst = failing.read_monthly()
    worst = worst.assign(element=worst["element"].astype(str)).pivot_table(
        index="element", columns=["year", "month"], values="worst_percent", dropna=False
    )
    elements = failing.read_table("elements").set_index("name")
    shared = run.groups[run.groups["names"].map(len) > 1]
    assert len(shared) > 0
    for row in shared.itertuples():
        for name in row.names[1:]:
            assert elements.loc[[name], "substation_id"].iloc[0] == row.substation_id
            other = run.transformers.set_index("name").loc[name, "element"]
            np.testing.assert_allclose(worst.loc[other], worst.loc[row.element], atol=0.11)
    assert sum(map(len, run.groups["names"])) == len(run.transformers)


def test_confidence_adds_up_to_the_transformers_above_their_limit(failing: ResultStore, content: str) -> None:
    ranking = failing.read_table("ranking")
    ranking = ranking[ranking["element_type"] != "line"].drop_duplicates("name")
    over = ranking[ranking["episodes"] > 0]
    part = read_page(content[content.index('id="confidence"') : content.index('id="inputs"')])
    rows = {row[0][0]: row for row in next(iter(part.tables.values()))[1:]}
    total, *percents = (text for text, _ in rows["transformers above their limit"][1:6])
    assert total == f"{len(over):,}"
    expected = [100.0 * (over["confidence"] == word).mean() for word in ("published", "osm", "inferred", "assumed")]
    assert percents == [f"{percent:.1f}" for percent in expected]


def test_names_have_a_sign_for_what_is_representative_and_no_database_keys() -> None:
    assert place_name("Representative 110 kV city substation 27 (Alatau)") == "110 kV city substation 27 (Alatau) †"
    assert chart_name("Representative 110 kV city substation 27 (Alatau)") == "110 kV city 27 †"
    assert place_name("North of Uzynagash (OSM M030)") == "North of Uzynagash"
    assert chart_name("(Alatau)") == "(Alatau)"


def test_anchors_are_safe_and_unique() -> None:
    found = anchors(["a b", "a-b", "т1", "т2", "ok_1.t1"])
    assert found["ok_1.t1"] == "t-ok_1.t1"
    assert len(set(found.values())) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", anchor) for anchor in found.values())


# -- other commands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def lead_lag(tmp_path: Path, failing: ResultStore) -> Path:
    worst = RunTables(failing).groups.iloc[0]
    frame = pd.DataFrame(
        {
            "project_id": ["gov15_15", "later"],
            "substation_name": ["Representative 110 kV <b>new</b>", "Second"],
            "planned_date": ["2027-12-31", "2028-06-30"],
            "verdict": ["behind", "no need"],
            "n0_needed_utc": ["2026-01-07T19:00:00Z", ""],
            "n0_lead_months": [-23.81, np.nan],
            "n0_is_bound": [True, False],
            "n0_need": ["overload", ""],
            "n0_element": [worst["element"], ""],
            "n0_without_percent": [104.25, np.nan],
            "n0_with_percent": [88.0, np.nan],
        }
    )
    folder = tmp_path / "lead_lag"
    folder.mkdir()
    frame.to_csv(folder / "projects.csv", index=False)
    return folder


def written(failing: ResultStore, tmp_path: Path, **options: object) -> ReadPage:
    path = gridsim.write_report(failing.directory, tmp_path / "report.html", causes=False, **options)  # type: ignore[arg-type]
    return read_page(path.read_text(encoding="utf-8"))


def headed(page: ReadPage, column: int, title: str) -> list[list[list[tuple[str, str | None]]]]:
    """Tables whose heading has ``title`` in a column."""
    return [rows for rows in page.tables.values() if rows and rows[0] and rows[0][column][0] == title]


def test_lead_and_lag_fills_its_section_and_that_of_the_transformer(
    failing: ResultStore, lead_lag: Path, tmp_path: Path
) -> None:
    page = written(failing, tmp_path, lead_lag=lead_lag)
    (rows,) = headed(page, 0, "Project")
    texts = [text for text, _ in rows[1]]
    assert texts[:6] == ["gov15_15", "110 kV <b>new</b> †", "31 Dec 2027", "8 Jan 2026", "≤ -24", "late"]
    assert "planned substations that come later than the grid needs them: 1 of 2" in page.text
    assert "needed by 8 Jan 2026; loading without it 104.2 %, with it 88.0 %" in page.text
    assert "gridsim leadlag SCENARIO" not in page.text


def test_fixes_show_what_is_there(failing: ResultStore, tmp_path: Path) -> None:
    name = RunTables(failing).groups.iloc[0]["name"]
    folder = tmp_path / "fixes"
    folder.mkdir()
    plan = pd.DataFrame(
        {
            "order": [1],
            "transformers": [f"other, {name}"],
            "kind": ["fans"],
            "day": ["2027-03-01"],
            "cost_mln": [12.345],
            "something_new": ["x"],
        }
    )
    plan.to_csv(folder / "plan.csv", index=False)
    pd.DataFrame({"unheard_of": ["a < b"]}).to_csv(folder / "candidates.csv", index=False)
    pd.DataFrame({"currency": ["USD"]}).to_csv(folder / "catalogue.csv", index=False)
    page = written(failing, tmp_path, fixes=folder)
    rows = headed(page, -1, "Cost, mln USD")
    assert len(rows) == 2  # in the section of the transformer, and in that of all fixes
    assert [text for text, _ in rows[0][1]] == ["1", f"other, {name}", "forced cooling", "1 Mar 2027", "12.35"]
    assert [table[1][0][0] for table in headed(page, 0, "unheard_of")] == ["a < b"]
    assert "measures in the plan of fixes: 1" in page.text


def test_outages_that_fail_come_first_and_others_stand_with_their_transformer(
    failing: ResultStore, tmp_path: Path
) -> None:
    unit = RunTables(failing).groups.iloc[0]
    when = pd.Timestamp("2028-01-05 13:00", tz="UTC")
    worst = {
        "element_type": unit["element_type"],
        "name": unit["name"],
        "winding": unit["winding"],
        "substation_name": unit["substation_name"],
        "year": 2028,
        "worst_percent": 171.26,
        "cause": "trafo:twin",
        "worst_utc": when,
        "hours_above": 42.0,
        "first_above_utc": when,
        "confidence": "assumed",
        "is_representative": False,
    }
    failed = {"outage": "line:<only>", "hours": 7.0, "unsolved_h": 3.0, "first_utc": when, "last_utc": when}
    failed |= {"lost_max_mw": 15.7, "lost_mwh": 90.0}
    tables = {
        "n1_worst": pd.DataFrame([worst]),
        "n1_failed": pd.DataFrame([failed]),
        "n1_causes": pd.DataFrame(columns=list(csv_table("n1_causes").column_names)),
    }
    N1Store(tmp_path / "n1").write(tables, "{}")
    page = written(failing, tmp_path, n1=tmp_path / "n1")
    (rows,) = headed(page, 0, "Outage")
    assert [text for text, _ in rows[1]] == ["line:<only>", "3", "7", "15.7", "5 Jan 2028"]
    assert "Up to 171.3 % on 5 Jan 2028, 18:00, when trafo:twin is out; 42 h above the limit" in page.text
    head, first, *_ = page.tables["transformers"]
    assert first[[title for title, _ in head].index("N-1 peak, %")][0] == "171.3"


def test_a_folder_that_does_not_hold_what_it_should_is_refused(failing: ResultStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"projects\.csv: cannot be read .* gridsim leadlag SCENARIO --csv"):
        written(failing, tmp_path, lead_lag=tmp_path)
    (tmp_path / "projects.csv").write_text("project_id\nx\n", encoding="utf-8")
    with pytest.raises(InputError, match="column substation_name is missing"):
        written(failing, tmp_path, lead_lag=tmp_path)
    with pytest.raises(InputError, match=r"holds none of plan\.csv, candidates\.csv"):
        written(failing, tmp_path, fixes=tmp_path)
    with pytest.raises(ResultStoreError, match="holds no N-1 study"):
        written(failing, tmp_path, n1=tmp_path)
    with pytest.raises(InputError, match="language 'de': accepted are en, ru, kk"):
        written(failing, tmp_path, language="de")


def test_the_command_writes_where_it_says(failing: ResultStore, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["report", str(failing.directory), "--lang", "ru", "--no-causes"])
    assert done.exit_code == 0
    path = failing.directory / "report.ru.html"
    assert done.stdout.startswith(f"{path} (")
    assert "НЕ имеют решения" in path.read_text(encoding="utf-8") or "НЕ имеет" in path.read_text(encoding="utf-8")
    assert path.name in OWN_FILES  # a new run there clears it away
    done = CliRunner().invoke(app, ["report", str(failing.directory), "--lang", "ru", "--no-causes", "--json"])
    assert json.loads(done.stdout) == {"report": str(path), "language": "ru", "bytes": path.stat().st_size}
    done = CliRunner().invoke(app, ["report", str(tmp_path), "--no-causes"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "holds no gridsim results" in done.stderr
