"""What stands in an HTML page: tables as lists of rows, and the text a reader sees, without running its scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

SILENT = {"script", "style"}
BREAKS = {"p", "li", "h1", "h2", "h3", "tr", "td", "th", "div", "summary", "section", "details"}


@dataclass
class ReadPage(HTMLParser):
    """Reads as it is fed: ``tags`` with attributes, ``tables`` by identifier (or number) as rows of (text, data-v)."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    tables: dict[str, list[list[tuple[str, str | None]]]] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._table = ""
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self._silent += tag in SILENT
        if tag in BREAKS:
            self.pieces.append("\n")
        if tag == "table":
            self._table = found.get("id") or str(len(self.tables))
            self.tables[self._table] = []
        elif tag == "tr":
            self.tables[self._table].append([])
        elif tag in {"td", "th"}:
            self.tables[self._table][-1].append(("", found.get("data-v")))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT
        if tag == "table":
            self._table = ""

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.pieces.append(data)
        rows = self.tables.get(self._table)
        if rows and rows[-1]:
            text, value = rows[-1][-1]
            rows[-1][-1] = (f"{text}{data}".strip(), value)

    @property
    def text(self) -> str:
        """What a reader sees, a line per block."""
        lines = (" ".join(line.split()) for line in "".join(self.pieces).splitlines())
        return "\n".join(line for line in lines if line)


def read_page(content: str) -> ReadPage:
    """Return a page that was read."""
    page = ReadPage()
    page.feed(content)
    page.close()
    return page
