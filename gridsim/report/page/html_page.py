"""The report as one HTML file that opens without a network: data, pictures and words put together."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from gridsim._version import __version__
from gridsim.errors import InputError
from gridsim.report.page.companions import gather
from gridsim.report.page.data_confidence import CLASSES, answer_shares, table_shares
from gridsim.report.page.language import Language, LanguageCode
from gridsim.report.page.measures import measure_tables
from gridsim.report.page.page_answer import Answer
from gridsim.report.page.page_charts import chart_data, map_data
from gridsim.report.page.page_words import chart_words, town_names
from gridsim.report.page.palette import PALETTE
from gridsim.report.page.place_names import place_name
from gridsim.report.page.run_tables import RunTables
from gridsim.report.page.unit_sections import anchors, n1_by_name, unit_sections
from gridsim.report.page.vocabulary import Vocabulary
from gridsim.results.layout import REPORT_FILES
from gridsim.results.store import ResultStore
from gridsim.results.whole_files import write_whole
from gridsim.studies.finished_run import records
from gridsim.studies.progress import Silence

if TYPE_CHECKING:
    from gridsim.report.page.companions import Companions
    from gridsim.studies.progress import Progress

PARTS = Path(__file__).resolve().parent / "templates"


def write_report(
    directory: str | Path,
    out: str | Path | None = None,
    *,
    language: str = LanguageCode.en,
    causes: bool = True,
    lead_lag: str | Path | None = None,
    n1: str | Path | None = None,
    fixes: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the report of a finished run as one HTML file that needs nothing else.

    Parameters
    ----------
    directory:
        Result directory.
    out:
        File to write; by default ``report.html`` in ``directory``, ``report.ru.html`` and ``report.kk.html`` in the
        other languages.
    language:
        ``en``, ``ru`` or ``kk``.
    causes:
        Whether to work out because of whom transformers are overloaded; scenario and network must be those of the run.
    lead_lag:
        Folder that ``gridsim leadlag --csv`` wrote.
    n1:
        Directory that ``gridsim n1 --out`` wrote.
    fixes:
        Folder that ``gridsim fixes --csv`` wrote.
    progress:
        Hears of what is done.

    Returns
    -------
    The file.

    Raises
    ------
    ResultStoreError
        There are no results in ``directory``, or the file cannot be written.
    InputError
        The language is not known, or a folder does not hold what it should.
    """
    if language not in list(LanguageCode):
        raise InputError(f"language {language!r}: accepted are {', '.join(LanguageCode)}")
    code = LanguageCode(language)
    run = RunTables(ResultStore.open(directory))
    told = progress or Silence()
    companions = gather(
        run,
        with_causes=causes,
        lead_lag=None if lead_lag is None else Path(lead_lag),
        n1=None if n1 is None else Path(n1),
        fixes=None if fixes is None else Path(fixes),
        progress=told,
    )
    told.begin("Writing the page", 0)
    path = Path(out) if out is not None else Path(directory) / REPORT_FILES[code]
    write_whole(path, page_text(run, companions, Language(code)).encode())
    return path


def page_text(run: RunTables, companions: Companions, language: Language) -> str:
    """Return the page in a language."""
    words = Vocabulary(language, run.investors)
    answer = Answer(run, companions, language, words)
    shares = answer_shares(run)
    anchor_of = anchors(run.transformers["name"])
    by_table = table_shares(run)
    sections = unit_sections(run, companions)
    data = chart_data(run) | {"map": map_data(run, town_names(language))}
    data |= {"words": chart_words(language), "palette": PALETTE, "locale": _locale(language)}
    data["anchors"] = [anchor_of[name] for name in run.groups["name"]]
    return (
        _environment(language)
        .get_template("page.html")
        .render(
            run=run,
            manifest=run.manifest,
            companions=companions,
            answer=answer,
            sentences=answer.sentences(shares),
            figures=answer.figures(shares),
            shares=shares,
            table_shares=by_table,
            classes=CLASSES,
            table_rows=[(name, share, 0) for name, share in by_table.items()],
            sections=sections,
            measures=measure_tables(companions, language, words),
            units=records(run.transformers),
            n1_of={name: found.worst_percent for name, found in n1_by_name(run, companions).items()},
            has_n1=companions.projects is not None and "n1_needed" in companions.projects,
            n_detailed=data["detailed"],
            projects=[] if companions.projects is None else records(companions.projects),
            planned=records(run.events[run.events["kind"] == "substation"]),
            anchor_of=anchor_of,
            words=words,
            language=language,
            version=__version__,
            payload=script_safe(data),
            style=_part("page.css"),
            script=_part("page.js"),
            plotly=_plotly(),
        )
    )


def script_safe(data: Any) -> Markup:
    """Return ``data`` as JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704


def _environment(language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PARTS),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    catalogue = language.catalogue
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    environment.filters |= {
        "number": language.number,
        "date": language.date,
        "moment": language.moment,
        "place": place_name,
    }
    return environment


def _locale(language: Language) -> dict[str, Any]:
    return {
        "code": str(language.code),
        "separators": language.decimal_sign + language.group_sign,
        **language.calendar(),
    }


@lru_cache(maxsize=1)
def _plotly() -> Markup:
    return Markup(get_plotlyjs())  # noqa: S704  the library's own file


def _part(name: str) -> Markup:
    return Markup((PARTS / name).read_text(encoding="utf-8"))  # noqa: S704  files of this package
