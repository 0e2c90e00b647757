"""What a contingency is: a name and the elements that are out; and the list of all single ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.dtypes import INDEX
from gridsim.errors import CompileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.dtypes import IndexArray

#: Tables whose elements in service are the single outages of "n-1", in this order.
SINGLE_OUTAGE_TABLES = ("trafo", "trafo3w", "line", "gen", "sgen")
N_1 = "n-1"
#: What results call a step, or a need, that rests on no outage.
NO_OUTAGE = "none"


@dataclass(frozen=True)
class Contingency:
    """Elements that are out of service together.

    Attributes
    ----------
    name:
        How results call it; must not be that of another one.
    elements:
        Index of the elements in each table of the net, such as ``{"line": [3, 4]}`` for a double line or
        ``{"bus": [7]}`` for a busbar. Any table with a column ``in_service``.
    """

    name: str
    elements: Mapping[str, Sequence[int]]

    def rows_in(self, net: Any) -> dict[str, IndexArray]:
        """Return the rows of the elements by table.

        Raises
        ------
        CompileError
            When the net has no such table or element.
        """
        rows = {}
        for table, index in self.elements.items():
            if isinstance(index, str) or not isinstance(index, Iterable):
                raise CompileError(f"contingency {self.name!r}: {table} is {index!r}, expected a list of indices")
            if table not in net or "in_service" not in net[table]:
                raise CompileError(
                    f"contingency {self.name!r}: the net has no table {table!r} with elements in service"
                )
            place = net[table].index.get_indexer(list(index))
            if (place < 0).any():
                unknown = list(index)[int(np.flatnonzero(place < 0)[0])]
                raise CompileError(
                    f"contingency {self.name!r}: {table} {unknown} does not exist; give the index of net.{table}"
                )
            rows[table] = np.unique(place).astype(INDEX)
        return rows


def contingencies_of(net: Any, asked: str | Iterable[Contingency | tuple[str, Mapping[str, Any]]]) -> list[Contingency]:
    """Return the contingencies asked for.

    Parameters
    ----------
    net:
        The net.
    asked:
        ``"n-1"`` for each two- and three-winding transformer, line, generator and static generator in service on its
        own, named ``trafo 3`` after table and index; or groups, each a :class:`Contingency` or a pair of name and
        elements.

    Raises
    ------
    CompileError
        For another word, names that occur twice, and elements that do not exist.
    """
    if isinstance(asked, str):
        if asked != N_1:
            raise CompileError(f"contingencies is {asked!r}, expected 'n-1' or a list of groups")
        return [
            Contingency(f"{table} {index}", {table: (index,)})
            for table in SINGLE_OUTAGE_TABLES
            for index in net[table].index[net[table]["in_service"].to_numpy(dtype=bool)].tolist()
        ]
    groups = [group if isinstance(group, Contingency) else _group(group) for group in _listed(asked)]
    names = {NO_OUTAGE}
    for group in groups:
        if group.name in names:
            why = "stands for no outage" if group.name == NO_OUTAGE else "occurs twice"
            raise CompileError(f"contingency {group.name!r} {why}; each needs a name of its own")
        names.add(group.name)
    return groups


def _listed(asked: Any) -> list[Any]:
    if isinstance(asked, Mapping) or not isinstance(asked, Iterable):
        raise CompileError(f"contingencies is a {type(asked).__name__}, expected 'n-1' or a list of groups")
    return list(asked)


def _group(asked: Any) -> Contingency:
    """Return the group that a pair of name and elements stands for."""
    is_pair = isinstance(asked, tuple | list) and len(asked) == 2
    if not (is_pair and isinstance(asked[0], str) and isinstance(asked[1], Mapping)):
        example = '("busbar 7", {"bus": [7]})'
        raise CompileError(f"contingency {asked!r}: expected a name and the elements by table, such as {example}")
    return Contingency(asked[0], asked[1])
