"""Searches that go on side by side: each says what it wants to know next, and all of it is one batch of the solver.

A search is a generator: it yields a :class:`Question`, is sent the :class:`~gridsim.solve.hosting_room.Answers`, and
returns what it has found. No answer depends on what else is asked, so neither does what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import numpy as np

from gridsim.solve.hosting_room import Answers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridsim.dtypes import FloatArray, IndexArray

#: Searches that go on side by side: enough to fill the batches, few enough to tell early what is done.
SIDE_BY_SIDE = 16

Found = TypeVar("Found")


class Question(NamedTuple):
    """Steps, and what is added in all of them."""

    steps: IndexArray
    mw: FloatArray


Search = Generator[Question, Answers, Found]
Ask = Callable[["IndexArray", "IndexArray", "FloatArray"], Answers]


class Listener(Protocol):
    """Hears of candidates done."""

    def __call__(self, n_candidate: int, /) -> None:
        """Hear of so many further candidates."""
        ...


def search_together(
    searches: Iterable[tuple[int, Search[Found]]], ask: Ask, listener: Listener | None = None
) -> dict[int, Found]:
    """Run searches to their ends and return what each candidate's has found.

    Parameters
    ----------
    searches:
        Candidates and their searches.
    ask:
        Answers questions, given as candidates, steps and MW, each of shape (n,).
    listener:
        Hears of each search that has ended.
    """
    waiting = iter(searches)
    running: list[tuple[int, Search[Found], Question]] = []
    found: dict[int, Found] = {}

    def go_on(candidate: int, search: Search[Found], answers: Answers | None) -> None:
        try:
            question = next(search) if answers is None else search.send(answers)
        except StopIteration as end:
            found[candidate] = end.value
            if listener is not None:
                listener(1)
        else:
            running.append((candidate, search, question))

    while True:
        while len(running) < SIDE_BY_SIDE and (new := next(waiting, None)) is not None:
            go_on(*new, None)
        if not running:
            return found
        asked, running = running, []
        ends = np.cumsum([len(question.steps) for _, _, question in asked])
        answers = ask(
            np.repeat([candidate for candidate, _, _ in asked], np.diff(ends, prepend=0)),
            np.concatenate([question.steps for _, _, question in asked]),
            np.concatenate([question.mw for _, _, question in asked]),
        )
        for (candidate, search, question), end in zip(asked, ends.tolist(), strict=True):
            go_on(candidate, search, answers.part(end - len(question.steps), end))
