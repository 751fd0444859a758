"""Vectors of 8 and 16 lanes in compiled code.

The learner's inner loops run over the k values of a variable or over the variables a gate may choose: 8 to 64 lanes,
too few for a compiler to vectorise a loop whose length it does not know. These primitives are LLVM's portable vector
operations; they become the machine's own vector instructions where it has them and plain ones where it does not.

Arrays are flat; indices count elements. A *narrow* vector has 8 float32 lanes (values), a *wide* one 16 (variables).
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils as _cgutils
from numba.core import types as _types
from numba.core.datamodel import models
from numba.core.typing import templates as _templates
from numba.extending import intrinsic, lower_builtin, register_model

__all__ = [
    "accumulate",
    "count_equal",
    "cumulate",
    "exponential",
    "gather",
    "gather_counts",
    "gather_wide",
    "lane_maximum",
    "lane_sum",
    "last_lane",
    "load",
    "load_wide",
    "logarithm",
    "maximum",
    "minimum",
    "multiply_add",
    "narrow",
    "no_counts",
    "put_lane",
    "rank",
    "root",
    "select_equal",
    "spread",
    "spread_wide",
    "store",
    "store_wide",
    "wide",
]

cgutils: Any = _cgutils
templates: Any = _templates
types: Any = _types

FLOAT, BIT, BYTE, INT, LONG = ir.FloatType(), ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)


class Vector(_types.Type):
    """The type of a vector in compiled code."""

    def __init__(self, name: str, element: ir.Type, lanes: int) -> None:
        self.lanes = lanes
        self.machine = ir.VectorType(element, lanes)
        super().__init__(name=name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _by_name, (self.name,)


narrow = Vector("narrow", FLOAT, 8)
wide = Vector("wide", FLOAT, 16)
counts = Vector("counts", BYTE, 16)
array = types.Array
"""Stands for 'any array' in a primitive's parameters."""


def _by_name(name: str) -> Vector:
    return {"narrow": narrow, "wide": wide, "counts": counts}[name]


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, kind.machine)  # type: ignore[no-untyped-call]


def primitive(result: Any, *parameters: Any) -> Callable[[Callable[..., Any]], Any]:
    """A function of compiled code, given by what it emits.

    The emitter is called with the IR builder and one IR value a parameter: for `array` the pointer to the data.
    """

    def define(emit: Callable[..., Any]) -> Any:
        def typed(typing: Any, *given: Any) -> Any:
            kinds = [have if want is array else want for have, want in zip(given, parameters)]

            def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
                operands = [
                    context.make_array(have)(context, builder, value).data if want is array else value
                    for have, want, value in zip(kinds, parameters, values)
                ]
                out = emit(builder, *operands)
                return context.get_dummy_value() if result is types.void else out

            return templates.signature(result, *kinds), generate

        names = ["typing", *list(inspect.signature(emit).parameters)[1:]]
        typed.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        )
        typed.__name__ = emit.__name__
        typed.__doc__ = emit.__doc__
        return intrinsic(typed)

    return define


# --- what the emitters are made of ------------------------------------------------------------------------------


def _vector(element: ir.Type, lanes: int) -> ir.VectorType:
    return ir.VectorType(element, lanes)


def _constant(element: ir.Type, value: float, lanes: int = 8) -> ir.Constant:
    return ir.Constant(_vector(element, lanes), [value] * lanes)


def _spread(builder: Any, value: Any, lanes: int = 8) -> Any:
    blank = ir.Constant(_vector(value.type, lanes), ir.Undefined)
    first = builder.insert_element(blank, value, ir.Constant(INT, 0))
    return builder.shuffle_vector(first, blank, _constant(INT, 0, lanes))


def _read(builder: Any, data: Any, index: Any, element: ir.Type, lanes: int) -> Any:
    place = builder.bitcast(builder.gep(data, [index]), _vector(element, lanes).as_pointer())
    return builder.load(place, align=1 if element is BYTE else 4)


def _write(builder: Any, data: Any, index: Any, value: Any) -> None:
    builder.store(value, builder.bitcast(builder.gep(data, [index]), value.type.as_pointer()), align=4)


def _native(builder: Any, name: str, *operands: Any) -> Any:
    kind = operands[0].type
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(kind, [kind] * len(operands)), f"llvm.{name}.v{kind.count}f32"
    )
    return builder.call(function, operands)


def _gather(builder: Any, data: Any, base: Any, codes: Any) -> Any:
    lanes = codes.type.count
    start = builder.ptrtoint(builder.gep(data, [base]), LONG)
    offsets = builder.shl(builder.zext(codes, _vector(LONG, lanes)), _constant(LONG, 2, lanes))
    places = builder.inttoptr(builder.add(_spread(builder, start, lanes), offsets), _vector(FLOAT.as_pointer(), lanes))
    kind = _vector(FLOAT, lanes)
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(kind, [places.type, INT, _vector(BIT, lanes), kind]),
        f"llvm.masked.gather.v{lanes}f32.v{lanes}p0",
    )
    return builder.call(
        function, [places, ir.Constant(INT, 4), _constant(BIT, 1, lanes), ir.Constant(kind, ir.Undefined)]
    )


def _polynomial(builder: Any, x: Any, *coefficients: float) -> Any:
    value = _constant(FLOAT, coefficients[0])
    for coefficient in coefficients[1:]:
        value = _native(builder, "fma", value, x, _constant(FLOAT, coefficient))
    return value


def _fold(builder: Any, x: Any, combine: Callable[[Any, Any], Any]) -> Any:
    for shift in (4, 2, 1):
        turned = ir.Constant(_vector(INT, 8), [(lane + shift) % 8 for lane in range(8)])
        x = combine(x, builder.shuffle_vector(x, x, turned))
    return builder.extract_element(x, ir.Constant(INT, 0))


# --- memory -----------------------------------------------------------------------------------------------------


@primitive(narrow, array, types.intp)
def load(builder: Any, data: Any, index: Any) -> Any:
    """The 8 elements from `index` on."""
    return _read(builder, data, index, FLOAT, 8)


@primitive(wide, array, types.intp)
def load_wide(builder: Any, data: Any, index: Any) -> Any:
    """The 16 elements from `index` on."""
    return _read(builder, data, index, FLOAT, 16)


@primitive(types.void, array, types.intp, narrow)
def store(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """Writes 8 elements."""
    return _write(builder, data, index, value)


@primitive(types.void, array, types.intp, wide)
def store_wide(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """Writes 16 elements."""
    return _write(builder, data, index, value)


@primitive(types.void, array, types.intp, narrow)
def accumulate(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """Adds to 8 elements."""
    return _write(builder, data, index, builder.fadd(_read(builder, data, index, FLOAT, 8), value))


@primitive(narrow, array, types.intp, array, types.intp)
def gather(builder: Any, data: Any, base: Any, codes: Any, index: Any) -> Any:
    """`data[base + codes[index + lane]]`, 8 lanes; the codes are bytes."""
    return _gather(builder, data, base, _read(builder, codes, index, BYTE, 8))


@primitive(wide, array, types.intp, array, types.intp)
def gather_wide(builder: Any, data: Any, base: Any, codes: Any, index: Any) -> Any:
    """`data[base + codes[index + lane]]`, 16 lanes."""
    return _gather(builder, data, base, _read(builder, codes, index, BYTE, 16))


@primitive(wide, array, types.intp, counts, types.uint8)
def gather_counts(builder: Any, data: Any, base: Any, found: Any, limit: Any) -> Any:
    """`data[base + min(found[lane], limit)]`, 16 lanes."""
    most = _spread(builder, limit, 16)
    clipped = builder.select(builder.icmp_unsigned("<", found, most), found, most)
    return _gather(builder, data, base, clipped)


# --- arithmetic -------------------------------------------------------------------------------------------------


@primitive(narrow, types.float32)
def spread(builder: Any, value: Any) -> Any:
    """The same number in 8 lanes."""
    return _spread(builder, value, 8)


@primitive(wide, types.float32)
def spread_wide(builder: Any, value: Any) -> Any:
    """The same number in 16 lanes."""
    return _spread(builder, value, 16)


@primitive(narrow, narrow, types.float32, narrow)
def multiply_add(builder: Any, x: Any, factor: Any, sum_: Any) -> Any:
    """`sum_ + x * factor`."""
    return _native(builder, "fma", x, _spread(builder, factor), sum_)


@primitive(narrow, narrow, narrow)
def maximum(builder: Any, x: Any, y: Any) -> Any:
    """The larger of each two lanes."""
    return builder.select(builder.fcmp_ordered(">", x, y), x, y)


@primitive(narrow, narrow, narrow)
def minimum(builder: Any, x: Any, y: Any) -> Any:
    """The smaller of each two lanes."""
    return builder.select(builder.fcmp_ordered("<", x, y), x, y)


@primitive(narrow, narrow)
def root(builder: Any, x: Any) -> Any:
    """Square roots."""
    return _native(builder, "sqrt", x)


@primitive(types.float32, narrow)
def lane_sum(builder: Any, x: Any) -> Any:
    """The sum of the lanes."""
    return _fold(builder, x, builder.fadd)


@primitive(types.float32, narrow)
def lane_maximum(builder: Any, x: Any) -> Any:
    """The largest lane."""
    return _fold(builder, x, lambda a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))


@primitive(types.float32, narrow)
def last_lane(builder: Any, x: Any) -> Any:
    """Lane 7."""
    return builder.extract_element(x, ir.Constant(INT, 7))


@primitive(narrow, narrow)
def cumulate(builder: Any, x: Any) -> Any:
    """Running sums of the lanes."""
    zero = _constant(FLOAT, 0.0)
    for shift in (1, 2, 4):
        moved = ir.Constant(_vector(INT, 8), [lane - shift + 8 if lane >= shift else 0 for lane in range(8)])
        x = builder.fadd(x, builder.shuffle_vector(zero, x, moved))
    return x


@primitive(narrow, narrow)
def exponential(builder: Any, x: Any) -> Any:
    """e^x to 1e-7 of itself; 0 below -87.

    Method of the Cephes library's `expf`: x = n ln 2 + r, a polynomial in r, the exponent's bits for 2^n.
    """
    low, high = _constant(FLOAT, -87.0), _constant(FLOAT, 88.0)
    vanishes = builder.fcmp_ordered("<", x, low)
    x = builder.select(vanishes, low, x)
    x = builder.select(builder.fcmp_ordered(">", x, high), high, x)
    n = _native(builder, "rint", builder.fmul(x, _constant(FLOAT, 1.44269504)))
    r = _native(builder, "fma", n, _constant(FLOAT, -0.693359375), x)
    r = _native(builder, "fma", n, _constant(FLOAT, 2.12194440e-4), r)
    y = _polynomial(
        builder,
        r,
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    )
    y = builder.fadd(_native(builder, "fma", builder.fmul(r, r), y, r), _constant(FLOAT, 1.0))
    bits = builder.shl(builder.add(builder.fptosi(n, _vector(INT, 8)), _constant(INT, 127)), _constant(INT, 23))
    return builder.select(vanishes, _constant(FLOAT, 0.0), builder.fmul(y, builder.bitcast(bits, _vector(FLOAT, 8))))


@primitive(narrow, narrow)
def logarithm(builder: Any, x: Any) -> Any:
    """Natural logarithm of positive numbers to 1e-7 of itself, after Cephes' `logf`."""
    bits = builder.bitcast(x, _vector(INT, 8))
    exponent = builder.sub(builder.ashr(bits, _constant(INT, 23)), _constant(INT, 126))
    mantissa = builder.or_(builder.and_(bits, _constant(INT, 0x7FFFFF)), _constant(INT, 0x3F000000))
    part = builder.bitcast(mantissa, _vector(FLOAT, 8))
    small = builder.fcmp_ordered("<", part, _constant(FLOAT, 0.707106781))
    exponent = builder.sub(exponent, builder.zext(small, _vector(INT, 8)))
    f = builder.fsub(builder.select(small, builder.fadd(part, part), part), _constant(FLOAT, 1.0))
    e = builder.sitofp(exponent, _vector(FLOAT, 8))
    square = builder.fmul(f, f)
    y = _polynomial(
        builder,
        f,
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
    y = builder.fmul(builder.fmul(f, square), y)
    y = _native(builder, "fma", e, _constant(FLOAT, -2.12194440e-4), y)
    y = _native(builder, "fma", square, _constant(FLOAT, -0.5), y)
    return _native(builder, "fma", e, _constant(FLOAT, 0.693359375), builder.fadd(f, y))


# --- codes ------------------------------------------------------------------------------------------------------


@primitive(types.intp, array, types.intp, types.float32)
def rank(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """How many of the 8 elements from `index` on are at most `value`."""
    holds = builder.fcmp_ordered("<=", _read(builder, data, index, FLOAT, 8), _spread(builder, value))
    return builder.zext(builder.ctpop(builder.bitcast(holds, BYTE)), LONG)


@primitive(wide, array, types.intp, types.uint8, types.float32, wide)
def select_equal(builder: Any, codes: Any, index: Any, code: Any, value: Any, old: Any) -> Any:
    """`value` in the lanes where `codes[index + lane] == code`, elsewhere `old`."""
    equal = builder.icmp_unsigned("==", _read(builder, codes, index, BYTE, 16), _spread(builder, code, 16))
    return builder.select(equal, _spread(builder, value, 16), old)


@primitive(narrow, types.intp, types.uint8, types.float32, narrow)
def put_lane(builder: Any, first: Any, code: Any, value: Any, old: Any) -> Any:
    """`value` in the lane with `first + lane == code`, if there is one; elsewhere `old`."""
    lanes = ir.Constant(_vector(BYTE, 8), list(range(8)))
    here = builder.add(_spread(builder, builder.trunc(first, BYTE)), lanes)
    equal = builder.icmp_unsigned("==", here, _spread(builder, code))
    return builder.select(equal, _spread(builder, value), old)


@primitive(counts)
def no_counts(builder: Any) -> Any:
    """Sixteen zeros."""
    return _constant(BYTE, 0, 16)


@primitive(counts, array, types.intp, types.uint8, counts)
def count_equal(builder: Any, codes: Any, index: Any, code: Any, found: Any) -> Any:
    """`found`, one more in the lanes where `codes[index + lane] == code`."""
    equal = builder.icmp_unsigned("==", _read(builder, codes, index, BYTE, 16), _spread(builder, code, 16))
    return builder.sub(found, builder.sext(equal, _vector(BYTE, 16)))


# --- operators --------------------------------------------------------------------------------------------------


def _operator(symbol: Any, emit: str) -> None:
    class Typed(templates.AbstractTemplate):  # type: ignore[misc]
        def generic(self, operands: Any, names: Any) -> Any:
            if len(operands) == 2 and operands[0] is operands[1] and operands[0] in (narrow, wide):
                return templates.signature(operands[0], *operands)
            return None

    templates.infer_global(symbol)(Typed)

    for kind in (narrow, wide):

        @lower_builtin(symbol, kind, kind)  # type: ignore[no-untyped-call]
        def lower(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
            return getattr(builder, emit)(*operands)


_operator(operator.add, "fadd")
_operator(operator.sub, "fsub")
_operator(operator.mul, "fmul")
_operator(operator.truediv, "fdiv")
