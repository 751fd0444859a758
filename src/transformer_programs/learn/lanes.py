"""How this package's vector primitives become LLVM: the vector types, the decorator, what the emitters are made of."""

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
    "BIT",
    "BYTE",
    "DOUBLE",
    "FLOAT",
    "INT",
    "LONG",
    "Vector",
    "array",
    "constant",
    "counts",
    "fold",
    "gathered",
    "looked_up",
    "narrow",
    "native",
    "polynomial",
    "primitive",
    "read",
    "row",
    "spreading",
    "types",
    "vector",
    "wide",
    "wide_row",
    "write",
]

cgutils: Any = _cgutils
templates: Any = _templates
types: Any = _types

FLOAT, DOUBLE = ir.FloatType(), ir.DoubleType()
BIT, BYTE, INT, LONG = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)


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
row = Vector("row", DOUBLE, 8)
wide_row = Vector("wide_row", DOUBLE, 16)
array = types.Array
"""Stands for 'any array' in a primitive's parameters."""


def _by_name(name: str) -> Vector:
    return {kind.name: kind for kind in (narrow, wide, counts, row, wide_row)}[name]


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


def vector(element: ir.Type, lanes: int) -> ir.VectorType:
    """The type of so many lanes."""
    return ir.VectorType(element, lanes)


def constant(element: ir.Type, value: float, lanes: int = 8) -> ir.Constant:
    """The same number in so many lanes."""
    return ir.Constant(vector(element, lanes), [value] * lanes)


def spreading(builder: Any, value: Any, lanes: int = 8) -> Any:
    """A value in so many lanes."""
    blank = ir.Constant(vector(value.type, lanes), ir.Undefined)
    first = builder.insert_element(blank, value, ir.Constant(INT, 0))
    return builder.shuffle_vector(first, blank, constant(INT, 0, lanes))


def read(builder: Any, data: Any, index: Any, element: ir.Type, lanes: int) -> Any:
    """The lanes from an index on."""
    place = builder.bitcast(builder.gep(data, [index]), vector(element, lanes).as_pointer())
    return builder.load(place, align=_size(element))


def write(builder: Any, data: Any, index: Any, value: Any) -> None:
    """Writes the lanes from an index on."""
    place = builder.bitcast(builder.gep(data, [index]), value.type.as_pointer())
    builder.store(value, place, align=_size(value.type.element))


def _size(element: ir.Type) -> int:
    return {BYTE: 1, FLOAT: 4, DOUBLE: 8}[element]


def native(builder: Any, name: str, *operands: Any) -> Any:
    """One of LLVM's own operations on vectors of floats."""
    kind = operands[0].type
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(kind, [kind] * len(operands)), f"llvm.{name}.v{kind.count}f32"
    )
    return builder.call(function, operands)


def gathered(builder: Any, data: Any, base: Any, codes: Any) -> Any:
    """`data[base + code]`, for each of the codes."""
    lanes = codes.type.count
    start = builder.ptrtoint(builder.gep(data, [base]), LONG)
    offsets = builder.shl(builder.zext(codes, vector(LONG, lanes)), constant(LONG, 2, lanes))
    places = builder.inttoptr(builder.add(spreading(builder, start, lanes), offsets), vector(FLOAT.as_pointer(), lanes))
    kind = vector(FLOAT, lanes)
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(kind, [places.type, INT, vector(BIT, lanes), kind]),
        f"llvm.masked.gather.v{lanes}f32.v{lanes}p0",
    )
    return builder.call(
        function, [places, ir.Constant(INT, 4), constant(BIT, 1, lanes), ir.Constant(kind, ir.Undefined)]
    )


def looked_up(builder: Any, data: Any, base: Any, size: Any, codes: Any) -> Any:
    """`data[base + code]`, for each of the codes, bytes less than `size`; 16 elements from `base` on can be read.

    A table of 16 or less stays in two registers, whose lanes two instructions permute: much faster than a gather.
    """
    with builder.if_else(builder.icmp_unsigned("<=", size, ir.Constant(LONG, 16))) as (short, long):
        with short:
            place = builder.and_(codes, constant(BYTE, 7, codes.type.count))
            low = _permuted(builder, read(builder, data, base, FLOAT, 8), place)
            high = _permuted(builder, read(builder, data, builder.add(base, ir.Constant(LONG, 8)), FLOAT, 8), place)
            is_low = builder.icmp_unsigned("<", codes, constant(BYTE, 8, codes.type.count))
            permuted, after_short = builder.select(is_low, low, high), builder.block
        with long:
            loaded, after_long = gathered(builder, data, base, codes), builder.block
    found = builder.phi(permuted.type)
    found.add_incoming(permuted, after_short)
    found.add_incoming(loaded, after_long)
    return found


def _permuted(builder: Any, table: Any, codes: Any) -> Any:
    """`table[code]` of a vector of 8, for each of the codes; LLVM makes one permutation of 8 lanes of this."""
    places = builder.zext(codes, vector(INT, codes.type.count))
    parts = []
    for first in range(0, codes.type.count, 8):
        eight = ir.Constant(vector(INT, 8), list(range(first, first + 8)))
        here, part = builder.shuffle_vector(places, places, eight), ir.Constant(table.type, ir.Undefined)
        for lane in range(8):
            at = ir.Constant(INT, lane)
            part = builder.insert_element(part, builder.extract_element(table, builder.extract_element(here, at)), at)
        parts.append(part)
    if len(parts) == 1:
        return parts[0]
    return builder.shuffle_vector(*parts, ir.Constant(vector(INT, 16), list(range(16))))


def polynomial(builder: Any, x: Any, *coefficients: float) -> Any:
    """Horner's rule."""
    value = constant(FLOAT, coefficients[0])
    for coefficient in coefficients[1:]:
        value = native(builder, "fma", value, x, constant(FLOAT, coefficient))
    return value


def fold(builder: Any, x: Any, combine: Callable[[Any, Any], Any]) -> Any:
    """All 8 lanes combined two by two."""
    for shift in (4, 2, 1):
        turned = ir.Constant(vector(INT, 8), [(lane + shift) % 8 for lane in range(8)])
        x = combine(x, builder.shuffle_vector(x, x, turned))
    return builder.extract_element(x, ir.Constant(INT, 0))


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
