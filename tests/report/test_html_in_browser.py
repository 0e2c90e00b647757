"""The report in a real headless Chromium: nothing complains, nothing is asked for, slider, filter and zoom work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import gridsim
from gridsim.report.page.palette import COLOURS
from gridsim.report.page.place_names import place_name
from gridsim.report.page.run_tables import RunTables
from tests.support.browser import Browser, find_chromium
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridsim.results.store import ResultStore

PROGRAM = find_chromium()
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"),
    pytest.mark.slow,
]
CHARTS = ("timeline", "months", "days", "curve", "map")
DRAW_ALL = "window.dispatchEvent(new Event('beforeprint'))"


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    return write_synthetic_store(
        tmp_path_factory.mktemp("browser") / "run",
        n_transformers=24,
        from_year=2026,
        to_year=2029,
        resolution_h=6,
        with_loading=True,
        is_failing=True,
        load_level=1.4,
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert PROGRAM is not None
    with Browser(PROGRAM) as opened:
        yield opened


@pytest.fixture(scope="module")
def english(failing: ResultStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gridsim.write_report(failing.directory, tmp_path_factory.mktemp("english") / "report.html", causes=False)


def colours(browser: Browser, symbol: str) -> dict[str, str]:
    """Colour of each substation that the map draws with a symbol, by its hover text."""
    found = browser.evaluate(
        "document.getElementById('chart-map').data.filter((t) => t.mode === 'markers').flatMap((t) => t.text.map("
        "(text, i) => [Array.isArray(t.marker.symbol) ? t.marker.symbol[i] : t.marker.symbol, text,"
        " Array.isArray(t.marker.color) ? t.marker.color[i] : t.marker.color]))"
    )
    return {text: colour for drawn, text, colour in found if drawn == symbol}


def slide(browser: Browser, year: int) -> None:
    browser.evaluate(
        f"(() => {{ const slider = document.getElementById('year'); slider.value = {year};"
        " slider.dispatchEvent(new Event('input')); })()"
    )


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_page_opens_quietly_and_asks_for_nothing(
    failing: ResultStore, browser: Browser, tmp_path: Path, language: str
) -> None:
    path = gridsim.write_report(failing.directory, tmp_path / "report.html", language=language, causes=False)
    browser.errors.clear()
    browser.requests.clear()
    for width, height, is_phone in ((1280, 900, False), (390, 844, True)):
        browser.resize(width, height, is_phone=is_phone)
        browser.open(path)
        browser.evaluate(DRAW_ALL)
        for chart in CHARTS:
            assert browser.evaluate(f"document.querySelector('#chart-{chart} .main-svg') !== null"), chart
        # No sideways scrolling: whatever is wide scrolls in a box of its own.
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.errors == []
    assert {address.split(":")[0] for address in browser.requests} <= {"file", "data", "blob"}
    assert [address for address in browser.requests if address.startswith("file:")] == [path.as_uri()] * 2
    assert browser.evaluate("document.documentElement.lang") == language
    browser.resize(1280, 900)


def test_slider_shows_substations_from_their_year_on_in_the_colour_of_their_loading(
    failing: ResultStore, browser: Browser, english: Path
) -> None:
    run = RunTables(failing)
    browser.open(english)
    stations = run.substations
    planned = stations[stations["opens"].notna()]
    assert planned["opens"].dt.year.nunique() > 1
    for year in run.years:
        slide(browser, year)
        assert browser.evaluate("document.getElementById('year-shown').textContent") == str(year)
        there = int((stations["opens"].isna() | (stations["opens"].dt.year <= year)).sum())
        summary = browser.evaluate("document.getElementById('map-summary').textContent")
        worst = run.by_year("worst_percent", "max")[year]
        units = run.elements[run.elements["element_type"] != "line"]
        by_station = worst.reindex(units["element"]).groupby(units["substation_id"].to_numpy()).max()
        assert f"above 100 %: {int((by_station > 100.0).sum())} of {there};" in summary
        failed_h = int(run.steps.loc[run.failed_steps, "local"].dt.year.eq(year).sum() * 6)
        assert (f"hours without solution: {failed_h}" in summary) == (failed_h > 0)
        assert len(colours(browser, "square-open")) == len(stations) - there
        for row in planned.itertuples():
            if row.opens.year <= year and np.isfinite(by_station.get(row.substation_id, np.nan)):
                name = f"<b>{place_name(row.name)}</b>"
                drawn = [colour for text, colour in colours(browser, "square").items() if name in text]
                assert [colour in COLOURS[5:] for colour in drawn] == [by_station[row.substation_id] > 100.0]


def test_table_is_filtered_and_sorted(failing: ResultStore, browser: Browser, english: Path) -> None:
    ranking = failing.read_table("ranking")
    ranking = ranking[ranking["element_type"] != "line"].drop_duplicates("name")
    browser.open(english)
    rows = "Array.from(document.querySelectorAll('#transformers tbody tr')).filter((row) => !row.hidden)"
    n_over = int(((ranking["episodes"] > 0) | (ranking["failed_h"] > 0)).sum())
    assert browser.evaluate(f"{rows}.length") == n_over
    browser.evaluate("document.getElementById('only-over').click()")
    assert browser.evaluate(f"{rows}.length") == len(ranking)
    browser.evaluate(
        "(() => { const field = document.getElementById('filter'); field.value = 'kaskelen';"
        " field.dispatchEvent(new Event('input')); })()"
    )
    wanted = sorted(ranking.loc[ranking["substation_name"].str.contains("Kaskelen"), "name"])
    assert sorted(browser.evaluate(f"{rows}.map((row) => row.querySelector('a').textContent)")) == wanted
    assert browser.evaluate("document.getElementById('shown').textContent") == f"{len(wanted)} of {len(ranking)} shown"
    browser.evaluate("document.getElementById('filter').value = ''")
    browser.evaluate("document.getElementById('filter').dispatchEvent(new Event('input'))")
    peaks = f"{rows}.map((row) => Number(row.cells[9].dataset.v))"
    button = "document.querySelectorAll('#transformers th button')[9]"
    assert browser.evaluate(f"{button}.textContent") == "Peak, %"
    browser.evaluate(f"{button}.click()")
    assert browser.evaluate(peaks) == sorted(ranking["peak_percent"])
    browser.evaluate(f"{button}.click()")
    assert browser.evaluate(peaks) == sorted(ranking["peak_percent"], reverse=True)


def test_link_opens_the_section_of_a_transformer(failing: ResultStore, browser: Browser, english: Path) -> None:
    run = RunTables(failing)
    twins = run.groups[run.groups["names"].map(len) > 1].iloc[0]["names"]
    browser.open(english)
    assert browser.evaluate("document.querySelectorAll('details.unit[open]').length") == 0
    browser.evaluate(f"location.hash = '#t-{twins[1]}'")
    browser.wait_for("document.querySelectorAll('details.unit[open]').length === 1")
    shown = browser.evaluate("document.querySelector('details.unit[open] summary b').textContent.trim()")
    assert shown == ", ".join(twins)
    # Pictures above are not drawn yet; when they are, what the link led to stays where it is.
    top = "document.getElementById('confidence').getBoundingClientRect().top"
    browser.call("Page.navigate", url="about:blank")
    browser.open(english, "#confidence")
    before = browser.evaluate(f"{top} + window.scrollY")
    browser.evaluate(DRAW_ALL)
    browser.evaluate("document.querySelectorAll('details.unit').forEach((unit) => { unit.open = false; })")
    assert browser.evaluate(f"{top} + window.scrollY") == pytest.approx(before, abs=40)


def test_timeline_shows_months_then_single_overloads(failing: ResultStore, browser: Browser, english: Path) -> None:
    run = RunTables(failing)
    browser.open(english)
    browser.evaluate(DRAW_ALL)
    first_trace = "document.getElementById('chart-timeline').data[0]"
    # As many overloads as there may be singly: the code is asked to show months by a limit of its own.
    total = len(run.episodes)
    assert browser.evaluate(f"{first_trace}.type") == ("bar" if total <= 3000 else "heatmap")
    start, stop = np.datetime64("2027-01-10", "ms"), np.datetime64("2027-01-20", "ms")
    browser.evaluate(
        f"Plotly.relayout('chart-timeline', {{'xaxis.range[0]': {int(start.astype(int))},"
        f" 'xaxis.range[1]': {int(stop.astype(int))}}}).then(() => 1)"
    )
    browser.wait_for(f"{first_trace}.type === 'bar'")
    inside = run.episodes[(run.episodes["start"] < stop) & (run.episodes["end"] > start)]
    assert len(inside) > 0
    browser.wait_for(f"{first_trace}.base.length === {len(inside)}")
    lengths = browser.evaluate(f"{first_trace}.x.reduce((sum, length) => sum + length, 0) / 3600000")
    assert lengths == pytest.approx(inside["duration_h"].sum())


def test_hours_without_solution_are_marked_in_every_picture(
    failing: ResultStore, browser: Browser, english: Path
) -> None:
    run = RunTables(failing)
    browser.open(english)
    browser.evaluate(DRAW_ALL)
    failed_h = run.failed_h
    bars = "document.getElementById('chart-timeline').data.at(-1)"
    assert browser.evaluate(f"{bars}.x.reduce((sum, length) => sum + length, 0) / 3600000") == failed_h
    assert browser.evaluate(f"{bars}.y.every((row) => row === 0)")
    worst, failed = run.months
    crosses = browser.evaluate("document.getElementById('chart-months').data[1].x.length")
    assert crosses == int((failed > 0).sum())
    unknown = "document.getElementById('chart-days').data[0].z.flat().filter((z) => z === 1).length"
    year = int(browser.evaluate("document.getElementById('days-year').textContent"))
    in_year = run.steps.loc[run.failed_steps, "local"].dt.year.eq(year).sum()
    assert browser.evaluate(unknown) == int(in_year)
    assert browser.evaluate("document.getElementById('chart-days').data[2].x.length") == int(in_year)
    assert np.isfinite(worst).any()
