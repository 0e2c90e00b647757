"""How a pass over all rows of a sparse matrix is laid out, and the code that follows the layout.

Rows of three entries cost more in control than in arithmetic. So each pass follows a *program* made once per topology:
rows that do not depend on each other are dealt to runs of equal shape (height h in unknowns, n columns); the code of a
shape is unrolled, and the only branch is one switch per run. A program consists of

* ``runs`` (n_run, 3) int64: code of the shape, number of rows, n;
* ``index`` int32 and ``value`` (float32 or float64), read strictly forward, one record per row. The passes say what
  their records hold.

A shape of up to ``unrolled`` columns has code (h - 1) (unrolled + 1) + n; longer rows take a loop, one for each height.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridsim.kernels.lane_emitter import I64, Emitter

if TYPE_CHECKING:
    from collections.abc import Callable

#: Columns up to which rows are unrolled: of the triangular factors, and of the admittance matrix.
UNROLLED_FACTOR, UNROLLED_ADMITTANCE = 8, 5


def shape_code(height: int, n_column: int, unrolled: int) -> int:
    """Return the code of a shape."""
    if n_column <= unrolled:
        return (height - 1) * (unrolled + 1) + n_column
    return 2 * (unrolled + 1) + (height - 1)


def emit_program(
    e: Emitter,
    runs: tuple[Any, Any],
    index: Any,
    value: Any,
    index_head: int,
    value_count: Callable[[int, Any], Any],
    unrolled: int,
    body: Callable[[int, Any, Any, Any], None],
) -> None:
    """Emit the interpreter of a program.

    Parameters
    ----------
    e:
        Emitter.
    runs:
        Pointer to the runs, and their number.
    index, value:
        Pointers to the records.
    index_head:
        Entries of an index record before its n columns.
    value_count:
        ``value_count(height, n)`` entries of a value record, n as an i64 value.
    unrolled:
        Columns up to which rows are unrolled.
    body:
        ``body(height, n, index, value)`` writes the code of one row; n is an int where it is unrolled, else an i64
        value.
    """
    b = e.b
    table, n_run = runs
    entry = b.block
    head, work, done, after = (b.append_basic_block(name) for name in ("run.head", "run.work", "run.done", "run.after"))
    b.branch(head)
    b.position_at_end(head)
    run, index_at, value_at = b.phi(I64), b.phi(index.type), b.phi(value.type)
    for phi, first in ((run, I64(0)), (index_at, index), (value_at, value)):
        phi.add_incoming(first, entry)
    b.cbranch(b.icmp_signed("<", run, n_run), work, done)
    b.position_at_end(work)
    record = b.gep(table, [b.mul(run, I64(3))])
    code, n_row, n_column = (b.load(b.gep(record, [I64(m)])) for m in range(3))
    shapes: list[tuple[int, int | None]] = [(h, n) for h in (1, 2) for n in range(unrolled + 1)]
    shapes += [(1, None), (2, None)]
    cases = [b.append_basic_block(f"shape.{h}.{n}") for h, n in shapes]
    switch = b.switch(code, cases[-1])
    for number, block in enumerate(cases[:-1]):
        switch.add_case(I64(number), block)
    ends = []
    for (height, n), block in zip(shapes, cases, strict=True):
        b.position_at_end(block)
        count = n_column if n is None else I64(n)
        index_step = b.add(count, I64(index_head))
        value_step = value_count(height, count)
        loop, out = b.append_basic_block("rows"), b.append_basic_block("rows.out")
        b.branch(loop)
        b.position_at_end(loop)
        left, index_row, value_row = b.phi(I64), b.phi(index.type), b.phi(value.type)
        for phi, first in ((left, n_row), (index_row, index_at), (value_row, value_at)):
            phi.add_incoming(first, block)
        body(height, count if n is None else n, index_row, value_row)
        index_next, value_next = b.gep(index_row, [index_step]), b.gep(value_row, [value_step])
        left_next = b.sub(left, I64(1))
        for phi, new in ((left, left_next), (index_row, index_next), (value_row, value_next)):
            phi.add_incoming(new, b.block)
        b.cbranch(b.icmp_signed(">", left_next, I64(0)), loop, out)
        b.position_at_end(out)
        b.branch(after)
        ends.append((out, index_next, value_next))
    b.position_at_end(after)
    index_new, value_new = b.phi(index.type), b.phi(value.type)
    for block, index_next, value_next in ends:
        index_new.add_incoming(index_next, block)
        value_new.add_incoming(value_next, block)
    run.add_incoming(b.add(run, I64(1)), after)
    index_at.add_incoming(index_new, after)
    value_at.add_incoming(value_new, after)
    b.branch(head)
    b.position_at_end(done)
