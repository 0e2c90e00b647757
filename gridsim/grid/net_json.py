"""Between pandapower nets and pandapower's JSON, read without executing anything.

pandapower's reader imports the module and makes the class that an entry names (``_module``, ``_class``), looks up
functions, and opens a file where the text of a table is an absolute path. So the whole document, with the documents
inside its texts, is looked through first, and read only when every entry names one of a few classes that hold data.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import pandapower as pp
from pandapower.auxiliary import pandapowerNet

from gridsim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: (module, class) of every entry that is read. All hold data; the controller is the one that load flows here model.
ALLOWED = frozenset(
    {
        ("pandapower.auxiliary", "pandapowerNet"),
        ("pandas.core.frame", "DataFrame"),
        ("pandas", "DataFrame"),
        ("pandas.core.series", "Series"),
        ("pandas", "Series"),
        ("numpy", "array"),
        ("numpy", "bool"),
        ("numpy", "bool_"),
        ("numpy", "int32"),
        ("numpy", "int64"),
        ("numpy", "float32"),
        ("numpy", "float64"),
        ("builtins", "tuple"),
        ("builtins", "set"),
        ("builtins", "frozenset"),
        ("builtins", "complex"),
        ("pandapower.control.controller.trafo.DiscreteTapControl", "DiscreteTapControl"),
    }
)
#: What a tap controller holds; anything else, a name of one of its functions above all, is refused.
CONTROLLER = ("pandapower.control.controller.trafo.DiscreteTapControl", "DiscreteTapControl")
#: Documents inside documents: the net, its tables, the objects in their cells, the arrays in those.
DEEPEST = 40
_SAVE = "Save the net with pandapower.to_json"


def net_to_json(net: pandapowerNet) -> bytes:
    """Return a net, with the results it holds, as pandapower's JSON."""
    text: str = pp.to_json(net, None)
    return text.encode()


def net_of_json(content: bytes, place: str) -> pandapowerNet:
    """Return the net of a JSON file of pandapower.

    Parameters
    ----------
    content:
        Bytes of the file.
    place:
        The file, for messages.

    Raises
    ------
    InputError
        The file is no JSON, no net, or names something besides data.
    """
    try:
        text = content.decode("utf-8-sig")
        document = json.loads(text, parse_constant=float)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{place}, row {row}: is not UTF-8 text. {_SAVE}") from error
    except RecursionError as error:
        raise InputError(f"{place}: holds brackets within brackets, hundreds deep; a net needs ten") from error
    except ValueError as error:
        raise InputError(f"{place}: is not JSON ({error}). {_SAVE}") from error
    if not isinstance(document, dict) or document.get("_class") != "pandapowerNet":
        raise InputError(f"{place}: holds no net of pandapower. {_SAVE}")
    refuse_code(document, "net", place)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = pp.from_json_string(text, convert=True)
    except Exception as error:
        raise InputError(f"{place}: pandapower cannot read this net ({type(error).__name__}: {error})") from error
    if not isinstance(net, pandapowerNet):
        raise InputError(f"{place}: holds no net of pandapower. {_SAVE}")
    return net


def refuse_code(document: Any, where: str, place: str) -> None:
    """Raise InputError when an entry of a document, or of the documents inside its texts, is not plain data."""
    for inner, entry in _entries(document, where, 0, place):
        _refuse_entry(entry, inner, place)


def _entries(value: Any, where: str, depth: int, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every dict of a document and of the documents inside its texts, with a name for messages."""
    if depth > DEEPEST:
        raise InputError(f"{place}: {where}: documents within documents, more than {DEEPEST} deep")
    if isinstance(value, str):
        # Escapes can spell a name that a search for it would not find.
        if not value.lstrip().startswith(("{", "[")) or not any(sign in value for sign in ("_module", "_class", "\\u")):
            return
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            # A text that merely looks like a document stays a text for pandapower, too, unless it were a table.
            return
    if isinstance(value, dict):
        yield where, value
        for name, inner in value.items():
            yield from _entries(inner, f"{where}.{name}" if depth < 6 else where, depth + 1, place)
    elif isinstance(value, list):
        for inner in value:
            yield from _entries(inner, where, depth + 1, place)


def _refuse_entry(entry: dict[str, Any], where: str, place: str) -> None:
    """Raise InputError unless an entry is plain data or names one of the classes that are read."""
    if "_module" not in entry and "_class" not in entry:
        return
    module, name = entry.get("_module"), entry.get("_class")
    if not isinstance(module, str) or not isinstance(name, str) or (module, name) not in ALLOWED:
        raise InputError(
            f"{place}: {where}: names {module!r}, {name!r}, which is not read: nothing but data may stand in a net; "
            "allowed are tables, arrays and DiscreteTapControl"
        )
    content = entry.get("_object")
    if name in {"DataFrame", "Series"} and not (isinstance(content, str) and content.lstrip().startswith("{")):
        raise InputError(f"{place}: {where}: the table is {str(content)[:40]!r}, expected its text as pandas writes it")
    if (module, name) == CONTROLLER:
        _refuse_functions(content, where, place)


def _refuse_functions(content: Any, where: str, place: str) -> None:
    """Refuse a controller whose attributes would take the place of its functions."""
    from pandapower.control import DiscreteTapControl  # noqa: PLC0415  takes long to import

    try:
        attributes = json.loads(content) if isinstance(content, str) else content
    except ValueError as error:
        raise InputError(f"{place}: {where}: the controller is no JSON ({error})") from error
    if not isinstance(attributes, dict):
        raise InputError(f"{place}: {where}: the controller holds no attributes")
    for name in attributes:
        if name.startswith("__") or callable(getattr(DiscreteTapControl, name, None)):
            raise InputError(
                f"{place}: {where}: the controller has an attribute {name!r}, which is one of its functions"
            )
