"""Names, columns and units of every file in a result directory, as data: writer, reader and documentation use it.

A result directory holds::

    manifest.json                             what made the results; written last, so its presence means "finished"
    summary.json                              the ending summary: failed steps first, then the worst transformers
    overloads.csv                             one row per overload episode
    steps.parquet                             one row per step: status, iterations, load and losses
    loading/year=YYYY/stage=NNN.parquet       one row per step, one float32 column per transformer winding or line
    steps/year=YYYY/stage=NNN.parquet         one row per step: status, load and losses, position of every tap changer
    tables/*.csv, tables/monthly.parquet      what the loading columns are, when things open, demand, ranks, taps
    plots/                                    pictures

Times end in ``_utc`` and are UTC; ``year`` and ``month`` are local (the manifest states the offset). A ``NaN`` loading
is a failed step or an element out of service; ``steps.parquet`` and ``tables/elements.csv`` tell which.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

FORMAT = "gridsim-results-1"

MANIFEST_FILE = "manifest.json"
SUMMARY_FILE = "summary.json"
OVERLOADS_FILE = "overloads.csv"
STEPS_FILE = "steps.parquet"
MONTHLY_FILE = "tables/monthly.parquet"
LOADING_FOLDER = "loading"
BLOCK_STEPS_FOLDER = "steps"
TABLES_FOLDER = "tables"
PLOTS_FOLDER = "plots"
#: Files in the making stand here, on the same file system as their final name, and are moved by ``os.replace``.
ASIDE_FOLDER = ".aside"
#: Marks a directory as gridsim's before there is a manifest, is locked while a run writes, and tells what is done.
CLAIM_FILE = ".gridsim-run"
#: Blocks of the runs before, while a run that reuses them writes into the directory they stood in: 1, 2, ...
EARLIER_FOLDER = ".earlier"

TIME_COLUMN = "time_utc"
#: Columns that together name a transformer or a line.
UNIT_KEY = ["element_type", "name"]

#: The report of a run by language; a new run clears it away, since it would tell of other results.
REPORT_FILES = {"en": "report.html", "ru": "report.ru.html", "kk": "report.kk.html"}
#: Names that pictures of a study begin with, and their formats: what a new run may clear away.
PICTURE_STEMS = ("overload_timeline", "loading_heatmap", "demand_and_capacity", "map")
PICTURE_SUFFIXES = ("png", "svg", "pdf")


class Cell(StrEnum):
    """How a column of a CSV result is written and read."""

    text = "text"
    number = "number"
    whole = "whole"
    flag = "flag"
    time = "time"


@dataclass(frozen=True)
class ResultColumn:
    """One column of a tabular result; ``decimals`` rounds numbers on the way to CSV."""

    name: str
    cell: Cell
    description: str
    decimals: int | None = None


@dataclass(frozen=True)
class ResultTable:
    """One tabular file of a result directory; ``file`` is relative to the directory, with forward slashes."""

    name: str
    file: str
    columns: tuple[ResultColumn, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in file order."""
        return tuple(column.name for column in self.columns)


def _text(name: str, description: str) -> ResultColumn:
    return ResultColumn(name, Cell.text, description)


def _number(name: str, description: str, decimals: int | None = None) -> ResultColumn:
    return ResultColumn(name, Cell.number, description, decimals)


def _whole(name: str, description: str) -> ResultColumn:
    return ResultColumn(name, Cell.whole, description)


def _flag(name: str, description: str) -> ResultColumn:
    return ResultColumn(name, Cell.flag, description)


def _time(name: str, description: str) -> ResultColumn:
    return ResultColumn(name, Cell.time, description)


def _csv(name: str, *columns: ResultColumn, folder: str = f"{TABLES_FOLDER}/") -> ResultTable:
    return ResultTable(name, f"{folder}{name}.csv", columns)


_ELEMENT_TYPE = _text("element_type", "trafo, trafo3w or line")
_NAME = _text("name", "Identifier in the network tables")
_WINDING = _text("winding", "hv, mv or lv of a trafo3w; empty otherwise")
_LIMIT = _text("limit", "Name of the limit rule")
_CONFIDENCE = _text("confidence", "How well the network row is known")
_REPRESENTATIVE = _flag("is_representative", "True when the row stands for a real but unpublished one")
_OPEN = _time("open_utc", "First step in service; blank when in service from the first step of the run")
_CLOSE = _time("close_utc", "First step out of service again; blank when in service to the end of the run")
_PEAK = _number("peak_percent", "Largest loading", 5)
_MVAH = _number("overload_mvah", "Integral of the loading above the limit, MVA h", 5)

OVERLOADS = _csv(
    "overloads",
    _ELEMENT_TYPE,
    _NAME,
    _WINDING,
    _LIMIT,
    _time("start_utc", "Start of the first step above the limit"),
    _time("end_utc", "End of the last step above the limit"),
    _number("duration_h", "end_utc - start_utc"),
    _PEAK,
    _MVAH,
    _CONFIDENCE,
    folder="",
)
ELEMENTS = _csv(
    "elements",
    _text("element", "Column name in the loading files"),
    _ELEMENT_TYPE,
    _NAME,
    _WINDING,
    _text("substation_id", "Substation it stands in; of a line, where it begins"),
    _text("substation_name", "Name of that substation"),
    _number("sn_mva", "Rated power of the winding; blank for lines"),
    _number("max_i_ka", "Continuous current limit of a line; blank for transformers"),
    _OPEN,
    _CLOSE,
    _CONFIDENCE,
    _REPRESENTATIVE,
    _text("area", "Area of the substation"),
    _number("voltage_kv", "Nominal voltage of the winding's or the line's busbar"),
    _text("cooling", "Cooling of the transformer: onan, onaf, ofaf or odaf; empty for lines"),
)
SUBSTATIONS = _csv(
    "substations",
    _text("substation_id", "Identifier in the network tables"),
    _text("name", "Name"),
    _text("area", "Area"),
    _number("lat", "Latitude, degrees north"),
    _number("lon", "Longitude, degrees east"),
    _number("voltage_kv", "Highest nominal voltage"),
    _text("status", "State on the first day of the tables"),
    _text("programme", "Programme that builds it"),
    _REPRESENTATIVE,
    _OPEN,
    _CONFIDENCE,
)
LINES = _csv(
    "lines",
    _text("line_id", "Identifier in the network tables"),
    _number("lat_from", "Latitude of the from end"),
    _number("lon_from", "Longitude of the from end"),
    _number("lat_to", "Latitude of the to end"),
    _number("lon_to", "Longitude of the to end"),
    _number("vn_kv", "Nominal voltage"),
    _OPEN,
    _CLOSE,
    _CONFIDENCE,
)
EVENTS = _csv(
    "events",
    _time("date_utc", "Effective day, start of the local day"),
    _text("kind", "substation, plant, investor, reinforcement or generation"),
    _text("programme", "Programme or pool"),
    _NAME,
    _number("mw", "Demand at full output (investors) or installed power (generation); blank otherwise"),
    _text("project_id", "Project, blank for investors"),
    _text("investor_id", "Investor, blank for projects"),
    _time("planned_date", "Day in the network tables, before slips"),
    _REPRESENTATIVE,
)
DEMAND = _csv(
    "demand",
    _whole("year", "Local year"),
    _whole("month", "Local month"),
    _text("area", "Area"),
    _text("sector", "Sector; investors as investors:<sector>"),
    _number("mean_mw", "Mean demand of the month", 6),
    _number("peak_mw", "Largest demand of the month", 6),
)
RANKING = _csv(
    "ranking",
    _whole("rank", "1 is the worst"),
    _ELEMENT_TYPE,
    _NAME,
    _WINDING,
    _text("substation_name", "Where it stands"),
    _LIMIT,
    _time("first_overload_utc", "Start of the first episode; blank when there is none"),
    _whole("episodes", "Number of episodes"),
    _number("hours", "Hours in episodes"),
    _number("peak_percent", "Largest loading of the run, overload or not", 5),
    _MVAH,
    _number("failed_h", "Hours in service without a solution: nothing is known about them"),
    _CONFIDENCE,
    _REPRESENTATIVE,
)
YEARLY = _csv(
    "yearly",
    _ELEMENT_TYPE,
    _NAME,
    _WINDING,
    _LIMIT,
    _whole("year", "Local year"),
    _whole("episodes", "Episodes that begin in the year"),
    _number("hours", "Hours of the year in episodes"),
    _number("overload_mvah", "Integral of the loading above the limit within the year, MVA h", 5),
)
VERDICTS = _csv(
    "verdicts",
    _ELEMENT_TYPE,
    _NAME,
    _WINDING,
    _text("substation_name", "Where it stands"),
    _LIMIT,
    _text("edition", "Document and edition of the rule"),
    _flag("is_verified", "Whether what the rule rests on was read in a source"),
    _flag("is_inferred", "Whether gridsim worked its numbers out of what the source states"),
    _number("failed_h", "Hours in service without a solution: nothing is known about them"),
    _text("verdict", "violated; unknown when nothing is violated and failed_h is above 0; ok"),
    _time("first_violation_utc", "Start of the first episode that breaks the rule; blank when there is none"),
    _whole("episodes", "Number of episodes that break the rule"),
    _number("hours", "Hours in such episodes"),
    _number("longest_h", "Length of the longest"),
    _PEAK,
    _MVAH,
    _CONFIDENCE,
)
TAP_OPERATIONS = _csv(
    "tap_operations",
    _text("element", "trafo:<id> or trafo3w:<id>, a unit whose on-load tap changer holds a voltage"),
    _whole("year", "Local year"),
    _whole("operations", "Sum of the changes of position between consecutive hours that both have a solution"),
    _number("lowest_pos", "Lowest position; blank when no hour of the year has a solution"),
    _number("highest_pos", "Highest position; blank likewise"),
    _number("end_stop_h", "Hours at the lowest or highest position there is"),
    _number("failed_h", "Hours in service without a solution, across which no change is counted"),
)

THERMAL_LIFE = _csv(
    "thermal_life",
    _text("element", "Column name in the loading files: a two-winding transformer, or a winding of a trafo3w"),
    _whole("year", "Local year"),
    _number("max_hot_spot_temp_c", "Highest hot-spot temperature; blank when nothing is known", 2),
    _time("max_hot_spot_utc", "Start of the step in which it occurs"),
    _number("max_top_oil_temp_c", "Highest temperature of the top oil at the end of a step", 2),
    _number("above_98_h", "Hours in which the hot spot passes 98 degree Celsius"),
    _number("above_120_h", "Hours in which it passes 120"),
    _number("above_140_h", "Hours in which it passes 140"),
    _number("loss_of_life_days", "Days of normal ageing that the known hours of the year took", 5),
    _number("life_used_percent", "Of the normal life of insulation that is new at the beginning of the run", 5),
    _number("end_of_life_year", "Year in which it is used up when later years are like it; blank after a century"),
    _number("known_h", "Hours in service whose temperatures are known"),
    _number("unknown_h", "Hours in service without solution, or so soon after one that temperatures are unknown"),
    _flag("is_verified", "Whether every thermal constant was found in a source"),
)

N1_FAILED = _csv(
    "n1_failed",
    _text("outage", "What is out, <type>:<id>; none for hours without solution before any outage"),
    _number("hours", "Hours without solution or with load cut off"),
    _number("unsolved_h", "Hours without solution among them"),
    _time("first_utc", "First of these hours"),
    _time("last_utc", "Last of these hours"),
    _number("lost_max_mw", "Largest load without supply; all load where there is no solution", 6),
    _number("lost_mwh", "Energy without supply if the outage lasted all of these hours", 3),
)
N1_WORST = _csv(
    "n1_worst",
    _ELEMENT_TYPE,
    _NAME,
    _WINDING,
    _text("substation_name", "Where it stands"),
    _whole("year", "Local year"),
    _number("worst_percent", "Largest loading after any single outage; blank when in service with none known", 5),
    _text("cause", "The outage that gives it, <type>:<id>; empty likewise"),
    _time("worst_utc", "Its hour; blank likewise"),
    _number("hours_above", "Hours in which some outage loads it above the limit; blank likewise"),
    _time("first_above_utc", "First of these hours; blank when there is none"),
    _CONFIDENCE,
    _REPRESENTATIVE,
)
N1_CAUSES = _csv(
    "n1_causes",
    _text("outage", "What is out, <type>:<id>"),
    _whole("elements", "Windings and lines it loads above the limit in some hour"),
    _number("hours", "Hours in which it loads the most frequent of them above the limit, summed over blocks"),
    _number("worst_percent", "Largest loading it gives", 5),
    _text("worst_element", "Loading column that has it"),
    _time("worst_utc", "Its hour"),
)
#: Tables of an N-1 study, and the summary that marks it as whole.
N1_TABLES = (N1_FAILED, N1_WORST, N1_CAUSES)
N1_SUMMARY_FILE = "n1_summary.json"

CSV_TABLES: tuple[ResultTable, ...] = (
    OVERLOADS,
    ELEMENTS,
    SUBSTATIONS,
    LINES,
    EVENTS,
    DEMAND,
    RANKING,
    YEARLY,
    VERDICTS,
    TAP_OPERATIONS,
    THERMAL_LIFE,
    *N1_TABLES,
)

STEP_COLUMNS = (
    TIME_COLUMN,
    "stage",
    "status",
    "iterations",
    "mismatch_pu",
    "load_mw",
    "loss_mw",
    "unserved_mw",
)
#: Columns of the steps of a block; positions of tap changers follow, by element.
BLOCK_STEP_COLUMNS = tuple(name for name in STEP_COLUMNS if name != "stage")
MONTHLY_COLUMNS = ("element", "year", "month", "worst_percent", "hours_over_100", "failed_hours")


def csv_table(name: str) -> ResultTable:
    """Return the layout of the CSV result called ``name``; KeyError when there is none."""
    for table in CSV_TABLES:
        if table.name == name:
            return table
    raise KeyError(name)


def loading_file(year: int, stage: int) -> str:
    """Return the loading file of one block: one stage within one local year."""
    return _block_file(LOADING_FOLDER, year, stage)


def block_steps_file(year: int, stage: int) -> str:
    """Return the file with the steps of one block."""
    return _block_file(BLOCK_STEPS_FOLDER, year, stage)


def _block_file(folder: str, year: int, stage: int) -> str:
    return str(PurePosixPath(folder, f"year={year:04d}", f"stage={stage:03d}.parquet"))


def column_of(element_type: str, name: str, winding: str = "") -> str:
    """Return the loading column of an element: ``trafo:<id>``, ``trafo3w:<id>:hv|mv|lv``, ``line:<id>``."""
    return f"{element_type}:{name}:{winding}" if winding else f"{element_type}:{name}"
