"""Tables are as wide as they need to be where nobody watches them."""

from __future__ import annotations

import pytest

from gridsim.cli.consoles import PLAIN_WIDTH, console


@pytest.mark.parametrize(
    ("columns", "width"), [(None, PLAIN_WIDTH), ("80", PLAIN_WIDTH), ("400", 400), ("many", PLAIN_WIDTH)]
)
def test_environment_may_widen_what_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str | None, width: int
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert console().width == width
