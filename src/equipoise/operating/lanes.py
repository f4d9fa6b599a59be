# SPDX-License-Identifier: Apache-2.0
"""Eight numbers that move as one: vector types for numba, one trial per lane.

numba vectorises a loop when it can prove that it may; these types leave nothing to prove. Each
operation is one LLVM vector instruction, so the compiler writes whatever the machine has (AVX-512,
two halves of AVX2, four of NEON). All of them are exact or correctly rounded by IEEE 754, none is
fused: a lane gives the same bits on every machine.

    F8   eight float64          + - * /    < <= >
    U8   eight unsigned 64-bit  + * & | ^ << >>  ==
    M8   eight truth values     & | ~

A float64 or uint64 beside a vector is repeated in every lane. `load` and `store` move row `i` of a
C-contiguous array of shape (rows, 8).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin, lower_cast
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import models, register_model

from equipoise.operating.compiling import instruction

WIDTH = 8
"""Lanes in a vector: trials that advance together."""

Eight = Any
"""What mypy sees of an F8, a U8 or an M8."""


class Lanes(types.Type):
    """The numba type of eight equal elements; `repeats` is the scalar that fills all lanes."""

    def __init__(self, name: str, element: ir.Type, repeats: types.Type | None) -> None:
        self.vector = ir.VectorType(element, WIDTH)
        self.repeats = repeats
        super().__init__(name=name)

    def can_convert_from(self, _context: Any, other: types.Type) -> Conversion | None:
        """A scalar of the right kind may stand where a vector is wanted."""
        return Conversion.safe if self.repeats is not None and other == self.repeats else None


F8 = Lanes("F8", ir.DoubleType(), types.float64)
U8 = Lanes("U8", ir.IntType(64), types.uint64)
M8 = Lanes("M8", ir.IntType(1), None)


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """A vector lives in a vector register."""

    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, kind.vector)


def _splat(builder: ir.IRBuilder, scalar: ir.Value, vector: ir.VectorType) -> ir.Value:
    lowest = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(lowest, ir.Constant(vector, ir.Undefined), zeros)


@lower_cast(types.float64, F8)
@lower_cast(types.uint64, U8)
def _repeat(_context: Any, builder: Any, _source: Any, target: Lanes, value: Any) -> Any:
    return _splat(builder, value, target.vector)


_OPERATORS: dict[Any, list[tuple[Lanes, Lanes, Callable[..., ir.Value]]]] = {
    operator.add: [(F8, F8, ir.IRBuilder.fadd), (U8, U8, ir.IRBuilder.add)],
    operator.sub: [(F8, F8, ir.IRBuilder.fsub)],
    operator.mul: [(F8, F8, ir.IRBuilder.fmul), (U8, U8, ir.IRBuilder.mul)],
    operator.truediv: [(F8, F8, ir.IRBuilder.fdiv)],
    operator.and_: [(U8, U8, ir.IRBuilder.and_), (M8, M8, ir.IRBuilder.and_)],
    operator.or_: [(U8, U8, ir.IRBuilder.or_), (M8, M8, ir.IRBuilder.or_)],
    operator.xor: [(U8, U8, ir.IRBuilder.xor)],
    operator.lshift: [(U8, U8, ir.IRBuilder.shl)],
    operator.rshift: [(U8, U8, ir.IRBuilder.lshr)],
    operator.lt: [(F8, M8, lambda b, x, y: b.fcmp_ordered("<", x, y))],
    operator.le: [(F8, M8, lambda b, x, y: b.fcmp_ordered("<=", x, y))],
    operator.gt: [(F8, M8, lambda b, x, y: b.fcmp_ordered(">", x, y))],
    operator.eq: [(U8, M8, lambda b, x, y: b.icmp_unsigned("==", x, y))],
}


def _register(symbol: Any, kinds: list[tuple[Lanes, Lanes, Callable[..., ir.Value]]]) -> None:
    """Teach numba one operator: what it takes, what it gives, which instruction it is."""
    cases = [signature(result, kind, kind) for kind, result, _ in kinds]
    infer_global(symbol)(type(f"Lanes_{symbol.__name__}", (ConcreteTemplate,), {"cases": cases}))
    for kind, _, emit in kinds:

        @lower_builtin(symbol, kind, kind)
        def lower(_c: Any, builder: Any, _s: Any, args: Any, emit: Any = emit) -> Any:
            return emit(builder, *args)


for _symbol, _kinds in _OPERATORS.items():
    _register(_symbol, _kinds)


@instruction
def select(_context: Any, mask: Any, yes: Any, no: Any) -> Any:
    """`yes` where `mask` holds, else `no`."""
    kind = yes if isinstance(yes, Lanes) else no

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(*args)

    return kind(mask, kind, kind), emit


def _extreme(name: str, builder: Any, args: Any) -> Any:
    of_two = ir.FunctionType(U8.vector, [U8.vector, U8.vector])
    function = cgutils.get_or_insert_function(builder.module, of_two, f"llvm.{name}.v{WIDTH}i64")
    return builder.call(function, args)


def emit_lesser(builder: Any, pair: Any) -> Any:
    """The instruction behind `lesser`."""
    return _extreme("smin", builder, pair)


def emit_greater(builder: Any, pair: Any) -> Any:
    """The instruction behind `greater`."""
    return _extreme("smax", builder, pair)


@instruction
def lesser(_context: Any, one: Any, other: Any) -> Any:
    """The smaller of two numbers below 2**63: the bits of positive floats keep their order."""
    return U8(U8, U8), lambda _c, builder, _s, args: emit_lesser(builder, args)


@instruction
def greater(_context: Any, one: Any, other: Any) -> Any:
    """The larger of two numbers below 2**63."""
    return U8(U8, U8), lambda _c, builder, _s, args: emit_greater(builder, args)


@instruction
def bits_of(_context: Any, value: Any) -> Any:
    """The 64 bits of each float64."""
    return U8(F8), lambda _c, builder, _s, args: builder.bitcast(args[0], U8.vector)


@instruction
def float_of_bits(_context: Any, value: Any) -> Any:
    """The float64 that these 64 bits are."""
    return F8(U8), lambda _c, builder, _s, args: builder.bitcast(args[0], F8.vector)


def _of_one(name: str, builder: Any, args: Any) -> Any:
    kind = ir.FunctionType(F8.vector, [F8.vector])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{WIDTH}f64")
    return builder.call(function, args)


@instruction
def floor(_context: Any, value: Any) -> Any:
    """The largest whole number not above each value."""
    return F8(F8), lambda _c, builder, _s, args: _of_one("floor", builder, args)


@instruction
def square_root(_context: Any, value: Any) -> Any:
    """The square root of each value, correctly rounded."""
    return F8(F8), lambda _c, builder, _s, args: _of_one("sqrt", builder, args)


@instruction
def count_up(_context: Any, first: Any) -> Any:
    """first, first + 1, ..., first + 7: a replicate number for each lane."""

    def emit(_c: Any, builder: Any, _s: Any, args: Any) -> Any:
        steps = ir.Constant(U8.vector, list(range(WIDTH)))
        return builder.add(_splat(builder, args[0], U8.vector), steps)

    return U8(types.uint64), emit


@instruction
def any_lane(_context: Any, mask: Any) -> Any:
    """Whether the mask holds in any lane."""

    def emit(_c: Any, builder: Any, _s: Any, args: Any) -> Any:
        byte = builder.bitcast(args[0], ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", byte, ir.IntType(WIDTH)(0))

    return types.boolean(M8), emit


def row_pointer(context: Any, builder: Any, kind: Any, array: Any, row: Any) -> Any:
    """Where row `row` of an array of shape (rows, 8) begins, as a pointer to a vector."""
    data = context.make_array(kind)(context, builder, array).data
    start = builder.gep(data, [builder.mul(row, ir.IntType(64)(WIDTH))])
    vector = F8.vector if kind.dtype == types.float64 else U8.vector
    return builder.bitcast(start, vector.as_pointer())


@instruction
def load(_context: Any, array: Any, row: Any) -> Any:
    """Row `row` of a float64 or uint64 array of shape (rows, 8); not checked against its end."""
    kind = F8 if array.dtype == types.float64 else U8

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(row_pointer(context, builder, sig.args[0], *args), align=8)

    return kind(array, types.intp), emit


@instruction
def store(_context: Any, array: Any, row: Any, value: Any) -> Any:
    """Put a vector into row `row` of an array of shape (rows, 8); not checked against its end."""
    kind = F8 if array.dtype == types.float64 else U8

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = row_pointer(context, builder, sig.args[0], *args[:2])
        builder.store(args[2], place, align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, kind), emit
