"""Vector code for W steps side by side, written for LLVM behind ``numba.extending.intrinsic``.

A *lane vector* is W numbers of one quantity, one for each step of a group; arrays of lanes have W as their last axis.
No register is that wide, so a lane vector is a list of registers: eight doubles each where AVX-512 is there, four
elsewhere, which LLVM splits further on narrower machines. ``llvm.fmuladd`` becomes one fused instruction where there is
one.

The plain loops of numba would give the same numbers. They are several times slower because rows of a sparse grid matrix
have three or four entries: most of the time goes into loop control and into values that leave the registers between
two short loops (measured; see ``benchmarks/README.md``).

Offsets in the index arrays of this room are in bytes and count lanes of float64, W x 8 bytes per lane vector, unless
they point into arrays of float32.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

if TYPE_CHECKING:
    from collections.abc import Callable

#: Steps side by side. 8, 16 and 32 were tried: 16 was best end to end from 118 to 2,869 buses.
LANES = 16

F32, F64, I8, I32, I64 = ir.FloatType(), ir.DoubleType(), ir.IntType(8), ir.IntType(32), ir.IntType(64)
BYTES = {F32: 4, F64: 8, I32: 4, I64: 8}
#: Bytes of a lane vector of each width.
LANE_BYTES_32, LANE_BYTES_64 = LANES * 4, LANES * 8
#: Bytes of one bus in arrays of voltages or injections: real and imaginary part.
BUS_BYTES = 2 * LANE_BYTES_64


@functools.cache
def register_bytes() -> int:
    """Width of the vector registers to write code for."""
    return 64 if llvm.get_host_cpu_features().get("avx512f") else 32


class Emitter:
    """Writes vector code into a function that numba is compiling.

    Parameters
    ----------
    context, builder:
        What numba hands to the code generator of an intrinsic.
    bits:
        64 for registers full of doubles, 32 for registers full of float32.

    Attributes
    ----------
    b:
        The builder.
    chunk, n:
        Lanes per register, and registers per lane vector.
    """

    def __init__(self, context: Any, builder: Any, bits: int) -> None:
        self.context, self.b = context, builder
        self.chunk = min(register_bytes() * 8 // bits, LANES)
        self.n = LANES // self.chunk

    # Memory -----------------------------------------------------------------------------------------------------------
    def data(self, array_type: Any, value: Any, element: Any) -> Any:
        """Pointer to the first element of an array argument."""
        pointer = arrayobj.make_array(array_type)(self.context, self.b, value).data
        return self.b.bitcast(pointer, element.as_pointer())

    def rows_of(self, array_type: Any, value: Any) -> Any:
        """Length of the first axis of an array argument."""
        return self.b.extract_value(arrayobj.make_array(array_type)(self.context, self.b, value).shape, 0)

    def vector(self, element: Any) -> Any:
        """Type of one register."""
        return ir.VectorType(element, self.chunk)

    def scalar(self, pointer: Any, index: Any) -> Any:
        """Element number ``index`` behind a typed pointer."""
        return self.b.load(self.b.gep(pointer, [as_i64(index)]))

    def offset(self, pointer: Any, index: Any) -> Any:
        """An int32 offset read from memory, as i64."""
        return self.b.zext(self.scalar(pointer, index), I64)

    def _address(self, pointer: Any, offset: Any, k: int, element: Any) -> Any:
        base = self.b.bitcast(pointer, I8.as_pointer())
        at = self.b.gep(base, [self.add(offset, k * self.chunk * BYTES[element])])
        return self.b.bitcast(at, self.vector(element).as_pointer())

    def load(self, pointer: Any, offset: Any, k: int, element: Any) -> Any:
        """Register ``k`` of the lane vector that lies ``offset`` bytes behind the pointer."""
        return self.b.load(self._address(pointer, offset, k, element), align=BYTES[element])

    def store(self, value: Any, pointer: Any, offset: Any, k: int, element: Any) -> None:
        """Write register ``k`` of the lane vector that lies ``offset`` bytes behind the pointer."""
        self.b.store(value, self._address(pointer, offset, k, element), align=BYTES[element])

    # Integer arithmetic -----------------------------------------------------------------------------------------------
    def add(self, value: Any, constant: int) -> Any:
        """``value + constant``, free where both are known."""
        if not isinstance(value, ir.Value):
            return I64(value + constant)
        return self.b.add(value, I64(constant)) if constant else value

    def mul(self, value: Any, constant: int) -> Any:
        """``value * constant``, free where both are known."""
        return self.b.mul(value, I64(constant)) if isinstance(value, ir.Value) else I64(value * constant)

    # Vector arithmetic ------------------------------------------------------------------------------------------------
    def splat(self, value: Any) -> Any:
        """The same number in every lane of one register."""
        undefined = ir.Constant(self.vector(value.type), ir.Undefined)
        one = self.b.insert_element(undefined, value, I32(0))
        return self.b.shuffle_vector(one, undefined, int_vector([0] * self.chunk))

    def splat_at(self, pointer: Any, index: Any) -> Any:
        """Element number ``index`` behind a typed pointer, in every lane of one register."""
        return self.splat(self.scalar(pointer, index))

    def const(self, number: float, element: Any) -> Any:
        """A constant in every lane of one register."""
        return ir.Constant(self.vector(element), [number] * self.chunk)

    def call(self, name: str, *values: Any) -> Any:
        """A vector function of LLVM whose operands and result are registers of one type."""
        kind = values[0].type
        suffix = f"v{kind.count}" + ("f64" if kind.element == F64 else "f32")
        signature = ir.FunctionType(kind, [kind] * len(values))
        function = cgutils.get_or_insert_function(self.b.module, signature, f"llvm.{name}.{suffix}")
        return self.b.call(function, values)

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        """Return x y + z."""
        return self.call("fmuladd", x, y, z)

    def fnma(self, x: Any, y: Any, z: Any) -> Any:
        """Return z - x y."""
        return self.call("fmuladd", self.b.fneg(x), y, z)

    def widen(self, value: Any, part: int) -> Any:
        """Doubles of the lanes of register ``part`` among those a float32 register is widened to."""
        lanes = int_vector([part * self.chunk + lane for lane in range(self.chunk)])
        return self.b.fpext(self.b.shuffle_vector(value, value, lanes), self.vector(F64))

    def fence(self) -> None:
        """Keep LLVM from mixing the registers before and after, which would spill them; costs no instruction."""
        self.b.call(ir.InlineAsm(ir.FunctionType(ir.VoidType(), []), "", "~{memory}", side_effect=True), [])

    # Loops ------------------------------------------------------------------------------------------------------------
    def loop(self, start: Any, stop: Any, carried: list[Any], body: Callable[[Any, list[Any]], list[Any]]) -> list[Any]:
        """``for i in range(start, stop): carried = body(i, carried)`` with ``carried`` in registers."""
        b = self.b
        entry = b.block
        head, work, done = (b.append_basic_block(name) for name in ("rows.head", "rows.work", "rows.done"))
        b.branch(head)
        b.position_at_end(head)
        i = b.phi(I64)
        i.add_incoming(as_i64(start), entry)
        phis = []
        for value in carried:
            phi = b.phi(value.type)
            phi.add_incoming(value, entry)
            phis.append(phi)
        b.cbranch(b.icmp_signed("<", i, as_i64(stop)), work, done)
        b.position_at_end(work)
        new = body(i, list(phis))
        after = b.block
        i.add_incoming(b.add(i, I64(1)), after)
        for phi, value in zip(phis, new, strict=True):
            phi.add_incoming(value, after)
        b.branch(head)
        b.position_at_end(done)
        return phis


def as_i64(value: Any) -> Any:
    """Return an i64 value, whether it is known now or only when the code runs."""
    return value if isinstance(value, ir.Value) else I64(value)


def int_vector(values: list[int]) -> Any:
    """A constant vector of int32, for shuffles."""
    return ir.Constant(ir.VectorType(I32, len(values)), values)


def joined(single: Emitter, narrow: list[Any], k: int) -> Any:
    """Register ``k`` of float32 lanes from registers that were narrowed from doubles."""
    if narrow[0].type.count == single.chunk:
        return narrow[k]
    return single.b.shuffle_vector(narrow[2 * k], narrow[2 * k + 1], int_vector(list(range(single.chunk))))


def narrowed(double: Emitter, value: Any) -> Any:
    """Float32 of a register of doubles, half as wide."""
    return double.b.fptrunc(value, double.vector(F32))


def magnitude_bits(single: Emitter, value: Any) -> Any:
    """Magnitudes of float32 lanes as integers: ordered as the magnitudes are, with NaN above infinity."""
    bits = single.b.bitcast(value, single.vector(I32))
    return single.b.and_(bits, int_vector([0x7FFFFFFF] * single.chunk))


def larger_bits(single: Emitter, x: Any, y: Any) -> Any:
    """The larger of two registers of :func:`magnitude_bits`."""
    return single.b.select(single.b.icmp_unsigned(">", x, y), x, y)


def lane_intrinsic(n_argument: int, emit: Callable[[Any, Any, Any, Any], None]) -> Any:
    """Make a function that numba calls with ``n_argument`` arguments and whose code ``emit`` writes.

    Parameters
    ----------
    n_argument:
        Number of arguments. numba wants a typing function of fixed arity, hence the table.
    emit:
        ``emit(context, builder, types, values)`` writes the code; nothing is returned.
    """

    def typing(*arguments: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            emit(context, builder, signature.args, values)
            return context.get_dummy_value()

        return types.void(*arguments), codegen

    by_arity: dict[int, Any] = {
        4: lambda typingctx, a, b, c, d: typing(a, b, c, d),  # noqa: ARG005
        5: lambda typingctx, a, b, c, d, e: typing(a, b, c, d, e),  # noqa: ARG005
        6: lambda typingctx, a, b, c, d, e, f: typing(a, b, c, d, e, f),  # noqa: ARG005
        7: lambda typingctx, a, b, c, d, e, f, g: typing(a, b, c, d, e, f, g),  # noqa: ARG005
        8: lambda typingctx, a, b, c, d, e, f, g, h: typing(a, b, c, d, e, f, g, h),  # noqa: ARG005
        9: lambda typingctx, a, b, c, d, e, f, g, h, i: typing(a, b, c, d, e, f, g, h, i),  # noqa: ARG005
    }
    return intrinsic(by_arity[n_argument])
