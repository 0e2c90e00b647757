"""Coverage-guided fuzzing of the parsers by atheris.

``python tests/properties/fuzz_parsers.py table`` (or scenario, matpower, net_json). Inputs begin as whole files; the
options behind the name are those of libFuzzer (``-runs=100000``, ``-max_total_time=600``). An input that ends in
anything but a finding or a GridsimError is written to a file and stops the run.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris
import pandapower  # noqa: F401  before the imports that are instrumented, which take long

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
with atheris.instrument_imports(include=["gridsim", "tomllib", "csv"]):
    from gridsim.errors import GridsimError
    from gridsim.grid.matpower_case import net_of_matpower
    from gridsim.grid.net_json import net_of_json, net_to_json
    from gridsim.scenario import load_scenario
    from gridsim.tables.cell_rules import typed_frame
    from gridsim.tables.csv_text import read_text
    from gridsim.tables.schema import TABLES

from tests.support.element_nets import feeder
from tests.support.tiny_network import tiny_rows

FOLDER = Path(tempfile.mkdtemp(prefix="gridsim-fuzz-"))


def table(data: bytes) -> None:
    chosen = TABLES[data[0] % len(TABLES)] if data else TABLES[0]
    header = ",".join(column.name for column in chosen.columns).encode()
    for content in (data[1:], header + b"\n" + data[1:]):
        text = read_text(chosen, content)
        typed_frame(chosen, text)


def scenario(data: bytes) -> None:
    file = FOLDER / "case.toml"
    file.write_bytes(data)
    load_scenario(file)


def matpower(data: bytes) -> None:
    net_of_matpower(b"mpc.baseMVA = 100;\nmpc.bus = [" + data, ".m", "case.m")


def net_json(data: bytes) -> None:
    net_of_json(b'{"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": {' + data, "net.json")


PARSERS = {parser.__name__: parser for parser in (table, scenario, matpower, net_json)}


def seeds(parser: str) -> Path:
    """Return a folder with whole inputs of a parser, from which others are bred."""
    folder = FOLDER / "seeds"
    folder.mkdir()
    if parser == "scenario":
        for file in (Path(__file__).resolve().parents[2] / "scenarios").glob("*.toml"):
            (folder / file.name).write_bytes(file.read_bytes())
    elif parser == "table":
        for number, records in enumerate(tiny_rows().get(chosen.name, []) for chosen in TABLES):
            rows = ([row.get(column.name, "") for column in TABLES[number].columns] for row in records)
            (folder / str(number)).write_bytes(bytes([number]) + "\n".join(map(",".join, rows)).encode())
    elif parser == "matpower":
        (folder / "case").write_text("1 3 0 0 0 0 1 1 0 110 1 1.1 0.9];mpc.gen=[1 0 0 9 -9 1 100 1 9 0];mpc.branch=[]")
    else:
        (folder / "net").write_bytes(net_to_json(feeder()).partition(b'"_object": {')[2])
    return folder


def main() -> None:
    """Fuzz the parser that the first argument names."""
    parser = PARSERS[sys.argv.pop(1)]
    sys.argv.append(str(seeds(parser.__name__)))

    def one_input(data: bytes) -> None:
        try:
            parser(data)
        except GridsimError:
            return

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
