"""Every table of a network folder, as data: loader, rules, builder and documentation all read this one list.

Names and units follow the glossary of the project (pandapower spelling where pandapower has a word). Sign
conventions: loads and shunts positive when they consume, power plants positive when they produce.
"""

from __future__ import annotations

from gridsim.enums import Area, Confidence, CoolingType, ElementStatus, InvestorPool, Programme, Sector
from gridsim.tables.columns import Column, Kind, Table

COUNTS_AS = ("city_220", "city_110", "city_35")
PLANT_KINDS = (
    "chp_coal",
    "chp_gas",
    "gas",
    "hydro_reservoir",
    "hydro_run_of_river",
    "wind",
    "solar",
    "nuclear",
)
ELEMENT_TABLES = ("trafos", "trafos3w", "lines", "shunts", "power_plants", "external_grids")


def _text(name: str, description: str, *, required: bool = True, choices: tuple[str, ...] = ()) -> Column:
    return Column(name, Kind.text, description, required=required, choices=choices)


def _reference(name: str, description: str, *targets: str, required: bool = True) -> Column:
    return Column(name, Kind.text, description, required=required, references=targets)


def _number(
    name: str,
    description: str,
    minimum: float | None = None,
    maximum: float | None = None,
    *,
    required: bool = True,
    default: float | None = None,
) -> Column:
    return Column(name, Kind.number, description, required=required, default=default, minimum=minimum, maximum=maximum)


def _positive(name: str, description: str, maximum: float | None = None, *, required: bool = True) -> Column:
    return Column(name, Kind.number, description, required=required, minimum=0.0, maximum=maximum, is_open_minimum=True)


def _whole(name: str, description: str, minimum: float, maximum: float) -> Column:
    return Column(name, Kind.whole, description, minimum=minimum, maximum=maximum)


def _flag(name: str, description: str) -> Column:
    return Column(name, Kind.flag, description)


def _date(name: str, description: str, *, required: bool = True) -> Column:
    return Column(name, Kind.date, description, required=required)


PROVENANCE = (
    _reference("source_id", "Where the row comes from", "sources.source_id"),
    _text("confidence", "How well the row is known", choices=tuple(Confidence)),
    _text("note", "Reasoning, contradictions between sources, what was estimated", required=False),
)
STATUS = _text("status", "State on the first day", choices=tuple(ElementStatus))
VM_PU = _number("vm_pu", "Voltage set point", 0.8, 1.2)
TAPS = (
    _text("tap_side", "Winding with the tap changer", choices=("hv", "mv", "lv")),
    _whole("tap_neutral", "Position without effect", -50, 50),
    _whole("tap_min", "Lowest position", -50, 50),
    _whole("tap_max", "Highest position", -50, 50),
    _number("tap_step_percent", "Voltage change per position", 0.0, 10.0),
    _flag("is_oltc", "Whether the tap moves under load"),
    _text("cooling", "Cooling class", choices=tuple(CoolingType)),
)


def _table(name: str, key: str, description: str, *columns: Column, is_required: bool = True) -> Table:
    provenance = () if name == "sources" else PROVENANCE
    return Table(name, key, description, (*columns, *provenance), is_required)


SOURCES = _table(
    "sources",
    "source_id",
    "Documents and data sets the rows come from",
    _text("source_id", "Short key used by every other table"),
    _text("title", "Title of the document or data set"),
    _text("address", "Where it can be read; empty for own reasoning", required=False),
    _text("date", "Date of the document as printed", required=False),
    _text("licence", "Licence of the data, if it has one", required=False),
)
SUBSTATIONS = _table(
    "substations",
    "substation_id",
    "Substations and switchyards, with position",
    _text("substation_id", "Stable identifier"),
    _text("name", "Name in Latin letters; representative ones say so in the name"),
    _text("name_ru", "Name in Russian", required=False),
    _text("area", "Whose demand it serves", choices=tuple(Area)),
    _text("place", "Town, city district or rural district"),
    _number("lat", "Latitude, degrees north", 35.0, 60.0),
    _number("lon", "Longitude, degrees east", 45.0, 90.0),
    _text("coordinate_basis", "How the position is known and how precisely"),
    _text("operator", "Owner or operator", required=False),
    STATUS,
    _text("programme", "Programme that builds it; empty for today's", required=False, choices=tuple(Programme)),
    _flag("is_representative", "True when the row stands for a real but unpublished substation"),
    _text("counts_as", "Published total to which its transformers count", required=False, choices=COUNTS_AS),
)
BUSES = _table(
    "buses",
    "bus_id",
    "Busbars, one per voltage level of a substation",
    _text("bus_id", "Stable identifier"),
    _reference("substation_id", "Substation it belongs to", "substations.substation_id"),
    _positive("vn_kv", "Nominal voltage", 1500.0),
)
TRAFO_TYPES = _table(
    "trafo_types",
    "std_type",
    "Two-winding transformer types",
    _text("std_type", "Type designation"),
    _positive("sn_mva", "Rated power", 2000.0),
    _positive("vn_hv_kv", "Rated voltage of the upper winding", 1500.0),
    _positive("vn_lv_kv", "Rated voltage of the lower winding", 1500.0),
    _positive("vk_percent", "Short-circuit voltage on sn_mva", 60.0),
    _number("vkr_percent", "Its real part on sn_mva", 0.0, 20.0),
    _number("pfe_kw", "No-load loss", 0.0, 5000.0),
    _number("i0_percent", "No-load current", 0.0, 20.0),
    _number("shift_degree", "Phase shift", -360.0, 360.0),
    _text("vector_group", "Vector group", required=False),
    *TAPS,
)
TRAFO3W_TYPES = _table(
    "trafo3w_types",
    "std_type",
    "Three-winding transformer and autotransformer types, short-circuit values as on the nameplate",
    _text("std_type", "Type designation"),
    _positive("sn_hv_mva", "Rated power of the HV winding", 3000.0),
    _positive("sn_mv_mva", "Rated power of the MV winding", 3000.0),
    _positive("sn_lv_mva", "Rated power of the LV winding", 3000.0),
    _positive("vn_hv_kv", "Rated voltage of the HV winding", 1500.0),
    _positive("vn_mv_kv", "Rated voltage of the MV winding", 1500.0),
    _positive("vn_lv_kv", "Rated voltage of the LV winding", 1500.0),
    _text("vk_base", "Rating on which the vk and vkr columns are quoted", choices=("hv", "pair")),
    _positive("vk_hm_percent", "Short-circuit voltage HV-MV", 100.0),
    _positive("vk_hl_percent", "Short-circuit voltage HV-LV", 100.0),
    _positive("vk_ml_percent", "Short-circuit voltage MV-LV", 100.0),
    _number("vkr_hm_percent", "Real part HV-MV, same base", 0.0, 20.0),
    _number("vkr_hl_percent", "Real part HV-LV, same base", 0.0, 20.0),
    _number("vkr_ml_percent", "Real part MV-LV, same base", 0.0, 20.0),
    _number("pfe_kw", "No-load loss", 0.0, 5000.0),
    _number("i0_percent", "No-load current on sn_hv_mva", 0.0, 20.0),
    _number("shift_mv_degree", "Phase shift of the MV winding", -360.0, 360.0),
    _number("shift_lv_degree", "Phase shift of the LV winding", -360.0, 360.0),
    *TAPS,
)
LINE_TYPES = _table(
    "line_types",
    "std_type",
    "Overhead conductors and cables, per circuit",
    _text("std_type", "Type designation"),
    _positive("r_ohm_per_km", "Resistance", 20.0),
    _positive("x_ohm_per_km", "Reactance", 20.0),
    _number("c_nf_per_km", "Capacitance", 0.0, 2000.0),
    _positive("max_i_ka", "Continuous current limit", 20.0),
    _text("construction", "Overhead line (ol) or cable (cs)", choices=("ol", "cs")),
)
TRAFOS = _table(
    "trafos",
    "trafo_id",
    "Two-winding transformers, one row per unit",
    _text("trafo_id", "Stable identifier"),
    _reference("substation_id", "Substation it stands in", "substations.substation_id"),
    _whole("unit", "Number of the unit in its substation", 1, 20),
    _reference("hv_bus_id", "Busbar of the upper winding", "buses.bus_id"),
    _reference("lv_bus_id", "Busbar of the lower winding", "buses.bus_id"),
    _reference("std_type", "Type", "trafo_types.std_type"),
    _whole("tap_pos", "Position of the tap changer", -50, 50),
    STATUS,
)
TRAFOS3W = _table(
    "trafos3w",
    "trafo3w_id",
    "Three-winding transformers and autotransformer banks, one row per unit",
    _text("trafo3w_id", "Stable identifier"),
    _reference("substation_id", "Substation it stands in", "substations.substation_id"),
    _whole("unit", "Number of the unit in its substation", 1, 20),
    _reference("hv_bus_id", "Busbar of the HV winding", "buses.bus_id"),
    _reference("mv_bus_id", "Busbar of the MV winding", "buses.bus_id"),
    _reference("lv_bus_id", "Busbar of the LV winding", "buses.bus_id"),
    _reference("std_type", "Type", "trafo3w_types.std_type"),
    _whole("tap_pos", "Position of the tap changer", -50, 50),
    STATUS,
)
VOLTAGE_BANDS = _table(
    "voltage_bands",
    "bus_id",
    "Busbars whose voltage is held by the on-load tap changers of all units that feed them; others stand still",
    _reference("bus_id", "Busbar of an mv or lv winding", "buses.bus_id"),
    _number("vm_lower_pu", "Voltage below which the tap changers raise it", 0.8, 1.2),
    _number("vm_upper_pu", "Voltage above which they lower it", 0.8, 1.2),
    is_required=False,
)
LINES = _table(
    "lines",
    "line_id",
    "Line circuits, one row per circuit",
    _text("line_id", "Stable identifier"),
    _text("name", "Name or line number"),
    _reference("from_bus_id", "Busbar at one end", "buses.bus_id"),
    _reference("to_bus_id", "Busbar at the other end", "buses.bus_id"),
    _whole("circuit", "Number of the circuit between the two ends", 1, 20),
    _reference("std_type", "Conductor", "line_types.std_type"),
    _positive("length_km", "Length", 2000.0),
    _text(
        "length_basis",
        "How the length is known",
        choices=("published", "traced", "great_circle_times_detour", "share_of_cut_line"),
    ),
    STATUS,
)
SHUNTS = _table(
    "shunts",
    "shunt_id",
    "Reactors and capacitor banks",
    _text("shunt_id", "Stable identifier"),
    _reference("bus_id", "Busbar", "buses.bus_id"),
    _text("kind", "Reactor or capacitor", choices=("reactor", "capacitor")),
    _number("q_mvar", "Reactive power consumed at nominal voltage; negative for capacitors", -1000.0, 1000.0),
    _number("p_mw", "Active loss at nominal voltage", 0.0, 50.0, required=False, default=0.0),
    STATUS,
)
POWER_PLANTS = _table(
    "power_plants",
    "plant_id",
    "Power plants or blocks of one",
    _text("plant_id", "Stable identifier"),
    _text("name", "Name"),
    _text("kind", "Technology", choices=PLANT_KINDS),
    _reference("bus_id", "Busbar it feeds", "buses.bus_id"),
    _positive("p_max_mw", "Installed active power", 10000.0),
    _number("capacity_factor", "Mean output over p_max_mw in a mean year", 0.0, 1.0),
    _text("control", "Voltage control (pv) or fixed power factor (pq)", choices=("pv", "pq")),
    _number("vm_pu", "Voltage set point of a pv plant", 0.8, 1.2, required=False),
    _number("cos_phi", "Power factor of a pq plant, producing Q", 0.1, 1.0, required=False, default=1.0),
    _number("lat", "Latitude, degrees north", 35.0, 60.0),
    _number("lon", "Longitude, degrees east", 45.0, 90.0),
    _text("owner", "Owner", required=False),
    STATUS,
)
EXTERNAL_GRIDS = _table(
    "external_grids",
    "external_grid_id",
    "Ties to the national grid",
    _text("external_grid_id", "Stable identifier"),
    _reference("bus_id", "Busbar", "buses.bus_id"),
    _text("role", "slack balances what is left; exchange feeds a share of the deficit", choices=("slack", "exchange")),
    VM_PU,
    _number("va_degree", "Angle of the slack", -180.0, 180.0, required=False, default=0.0),
    _number("share_of_deficit", "Share of (load - local generation) fed by an exchange; 0 for the slack", 0.0, 1.0),
    _number("p_max_mw", "Largest scheduled exchange", 0.0, 20000.0, required=False),
    STATUS,
)
LOADS = _table(
    "loads",
    "load_id",
    "Consumption of the base year by busbar and sector; never contains investor projects",
    _text("load_id", "Stable identifier"),
    _reference("bus_id", "Busbar that serves it on the first day (its home)", "buses.bus_id"),
    _text("sector", "Use of electricity", choices=tuple(Sector)),
    _number("p_mw", "Mean active power of the base year", 0.0, 2000.0),
    _number("cos_phi", "Power factor, consuming Q", 0.5, 1.0),
)
PROJECTS = _table(
    "projects",
    "project_id",
    "Things to be built: substations, lines, reinforcements, power plants; one date each",
    _text("project_id", "Stable identifier"),
    _text("name", "Name"),
    _text("name_ru", "Name in Russian", required=False),
    _text("programme", "Programme that pays for it", choices=tuple(Programme)),
    _text("phase", "Phase of the programme as published", required=False),
    _date("commissioning_date", "Planned first day in service"),
    _text("date_basis", "How the date is known"),
    _number("cost_bn_kzt", "Cost in billion tenge", 0.0, 100000.0, required=False),
    _text("connection", "How it connects, in words"),
    _reference("substation_id", "Main substation", "substations.substation_id", required=False),
)
COMMISSIONING = _table(
    "commissioning",
    "event_id",
    "What each project puts into or takes out of service on its day",
    _text("event_id", "Stable identifier"),
    _reference("project_id", "Project whose date counts", "projects.project_id"),
    _text("action", "open puts into service, close takes out for good", choices=("open", "close")),
    _text("element_table", "Table of the element", choices=ELEMENT_TABLES),
    Column(
        "element_id",
        Kind.text,
        "Identifier of the element in that table",
        references=tuple(
            f"{table.name}.{table.key}" for table in (TRAFOS, TRAFOS3W, LINES, SHUNTS, POWER_PLANTS, EXTERNAL_GRIDS)
        ),
    ),
)
LOAD_TRANSFERS = _table(
    "load_transfers",
    "transfer_id",
    "Load that moves to a new substation on the day of its project",
    _text("transfer_id", "Stable identifier"),
    _reference("project_id", "Project whose date counts", "projects.project_id"),
    _reference("from_bus_id", "Busbar that is relieved", "buses.bus_id"),
    _reference("to_bus_id", "Busbar that takes over", "buses.bus_id"),
    _number("share", "Share of all load that has its home at from_bus_id", 0.0, 1.0),
)
INVESTORS = _table(
    "investors",
    "investor_id",
    "Investor projects: large new consumers",
    _text("investor_id", "Stable identifier"),
    _text("name", "Project; representative ones say so in the name"),
    _text("owner", "Investor"),
    _text("sector", "Use of electricity", choices=tuple(Sector)),
    _text("pool", "Published pool the row belongs to", required=False, choices=tuple(InvestorPool)),
    _text(
        "pool_sector",
        "Published sector of an active project",
        required=False,
        choices=("logistics", "construction_and_industry", "tourism", "food"),
    ),
    _flag("is_representative", "True when the row stands for a real but unpublished project"),
    _reference("bus_id", "Busbar of the wanted connection", "buses.bus_id"),
    _reference("fallback_bus_id", "Busbar that serves it until the wanted one stands", "buses.bus_id"),
    _positive("p_max_mw", "Demand at full output", 2000.0),
    _number("p_low_mw", "Low estimate of p_max_mw", 0.0, 2000.0, required=False),
    _number("p_high_mw", "High estimate of p_max_mw", 0.0, 2000.0, required=False),
    _number("cos_phi", "Power factor, consuming Q", 0.5, 1.0),
    _date("commissioning_date", "First day of operation"),
    _whole("ramp_months", "Months from first day to full output, linear", 0, 600),
    _number("initial_share", "Share of p_max_mw on the first day", 0.0, 1.0),
    _text("profile", "Load profile of the scenario"),
    _text("basis", "How the MW were estimated"),
)
PUBLISHED_FIGURES = _table(
    "published_figures",
    "figure_id",
    "Official figures that the tables or scenarios must reproduce",
    _text("figure_id", "Stable identifier"),
    _number("value", "The figure"),
    _text("unit", "Its unit"),
    _text("description", "What it says, in own words"),
    _text("used_in", "Table or scenario that carries it"),
)

TABLES: tuple[Table, ...] = (
    SOURCES,
    SUBSTATIONS,
    BUSES,
    TRAFO_TYPES,
    TRAFO3W_TYPES,
    LINE_TYPES,
    TRAFOS,
    TRAFOS3W,
    VOLTAGE_BANDS,
    LINES,
    SHUNTS,
    POWER_PLANTS,
    EXTERNAL_GRIDS,
    LOADS,
    PROJECTS,
    COMMISSIONING,
    LOAD_TRANSFERS,
    INVESTORS,
    PUBLISHED_FIGURES,
)
