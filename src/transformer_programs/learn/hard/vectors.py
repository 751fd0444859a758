"""Vectors of 8 and 16 lanes in compiled code.

The learner's inner loops run over the k values of a variable or over the variables a gate may choose: 8 to 64 lanes,
too few for a compiler to vectorise a loop whose length it does not know. These primitives are LLVM's portable vector
operations; they become the machine's own vector instructions where it has them and plain ones where it does not.

Arrays are flat; indices count elements. A *narrow* vector has 8 float32 lanes (values), a *wide* one 16 (variables).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from transformer_programs.learn.lanes import (
    BYTE,
    FLOAT,
    INT,
    LONG,
    array,
    constant,
    counts,
    fold,
    gathered,
    looked_up,
    narrow,
    native,
    polynomial,
    primitive,
    read,
    spreading,
    types,
    vector,
    wide,
    write,
)

__all__ = [
    "accumulate",
    "count_equal",
    "cumulate",
    "exponential",
    "gather",
    "gather_counts",
    "gather_sums",
    "gather_sums_wide",
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
    "where",
    "where_wide",
    "wide",
]


# --- memory -----------------------------------------------------------------------------------------------------


@primitive(narrow, array, types.intp)
def load(builder: Any, data: Any, index: Any) -> Any:
    """The 8 elements from `index` on."""
    return read(builder, data, index, FLOAT, 8)


@primitive(wide, array, types.intp)
def load_wide(builder: Any, data: Any, index: Any) -> Any:
    """The 16 elements from `index` on."""
    return read(builder, data, index, FLOAT, 16)


@primitive(types.void, array, types.intp, narrow)
def store(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """Writes 8 elements."""
    return write(builder, data, index, value)


@primitive(types.void, array, types.intp, wide)
def store_wide(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """Writes 16 elements."""
    return write(builder, data, index, value)


@primitive(types.void, array, types.intp, narrow)
def accumulate(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """Adds to 8 elements."""
    return write(builder, data, index, builder.fadd(read(builder, data, index, FLOAT, 8), value))


@primitive(narrow, array, types.intp, types.intp, array, types.intp)
def gather(builder: Any, data: Any, base: Any, size: Any, codes: Any, index: Any) -> Any:
    """`data[base + codes[index + lane]]`, 8 lanes; the codes are bytes less than `size`."""
    return looked_up(builder, data, base, size, read(builder, codes, index, BYTE, 8))


@primitive(wide, array, types.intp, types.intp, array, types.intp)
def gather_wide(builder: Any, data: Any, base: Any, size: Any, codes: Any, index: Any) -> Any:
    """`data[base + codes[index + lane]]`, 16 lanes; the codes are less than `size`."""
    return looked_up(builder, data, base, size, read(builder, codes, index, BYTE, 16))


@primitive(wide, array, types.intp, types.intp, counts, types.uint8)
def gather_counts(builder: Any, data: Any, base: Any, size: Any, found: Any, limit: Any) -> Any:
    """`data[base + min(found[lane], limit)]`, 16 lanes; the limit is less than `size`."""
    most = spreading(builder, limit, 16)
    clipped = builder.select(builder.icmp_unsigned("<", found, most), found, most)
    return looked_up(builder, data, base, size, clipped)


@primitive(narrow, array, types.intp, narrow, types.intp)
def gather_sums(builder: Any, data: Any, base: Any, sums: Any, limit: Any) -> Any:
    """`data[base + min(max(sums[lane], 0), limit)]`, 8 lanes; the sums are whole numbers."""
    return _gather_sums(builder, data, base, sums, limit)


@primitive(wide, array, types.intp, wide, types.intp)
def gather_sums_wide(builder: Any, data: Any, base: Any, sums: Any, limit: Any) -> Any:
    """`data[base + min(max(sums[lane], 0), limit)]`, 16 lanes; the sums are whole numbers."""
    return _gather_sums(builder, data, base, sums, limit)


def _gather_sums(builder: Any, data: Any, base: Any, sums: Any, limit: Any) -> Any:
    lanes = sums.type.count
    zero, most = constant(INT, 0, lanes), spreading(builder, builder.trunc(limit, INT), lanes)
    codes = builder.fptosi(sums, vector(INT, lanes))
    codes = builder.select(builder.icmp_signed(">", codes, zero), codes, zero)
    return gathered(builder, data, base, builder.select(builder.icmp_signed("<", codes, most), codes, most))


# --- arithmetic -------------------------------------------------------------------------------------------------


@primitive(narrow, types.float32)
def spread(builder: Any, value: Any) -> Any:
    """The same number in 8 lanes."""
    return spreading(builder, value, 8)


@primitive(wide, types.float32)
def spread_wide(builder: Any, value: Any) -> Any:
    """The same number in 16 lanes."""
    return spreading(builder, value, 16)


@primitive(narrow, narrow, types.float32, narrow)
def multiply_add(builder: Any, x: Any, factor: Any, sum_: Any) -> Any:
    """`sum_ + x * factor`."""
    return native(builder, "fma", x, spreading(builder, factor), sum_)


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
    return native(builder, "sqrt", x)


@primitive(types.float32, narrow)
def lane_sum(builder: Any, x: Any) -> Any:
    """The sum of the lanes."""
    return fold(builder, x, builder.fadd)


@primitive(types.float32, narrow)
def lane_maximum(builder: Any, x: Any) -> Any:
    """The largest lane."""
    return fold(builder, x, lambda a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))


@primitive(types.float32, narrow)
def last_lane(builder: Any, x: Any) -> Any:
    """Lane 7."""
    return builder.extract_element(x, ir.Constant(INT, 7))


@primitive(narrow, narrow)
def cumulate(builder: Any, x: Any) -> Any:
    """Running sums of the lanes."""
    zero = constant(FLOAT, 0.0)
    for shift in (1, 2, 4):
        moved = ir.Constant(vector(INT, 8), [lane - shift + 8 if lane >= shift else 0 for lane in range(8)])
        x = builder.fadd(x, builder.shuffle_vector(zero, x, moved))
    return x


@primitive(narrow, narrow)
def exponential(builder: Any, x: Any) -> Any:
    """e^x to 1e-7 of itself; 0 below -87.

    Method of the Cephes library's `expf`: x = n ln 2 + r, a polynomial in r, the exponent's bits for 2^n.
    """
    low, high = constant(FLOAT, -87.0), constant(FLOAT, 88.0)
    vanishes = builder.fcmp_ordered("<", x, low)
    x = builder.select(vanishes, low, x)
    x = builder.select(builder.fcmp_ordered(">", x, high), high, x)
    n = native(builder, "rint", builder.fmul(x, constant(FLOAT, 1.44269504)))
    r = native(builder, "fma", n, constant(FLOAT, -0.693359375), x)
    r = native(builder, "fma", n, constant(FLOAT, 2.12194440e-4), r)
    y = polynomial(
        builder,
        r,
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    )
    y = builder.fadd(native(builder, "fma", builder.fmul(r, r), y, r), constant(FLOAT, 1.0))
    bits = builder.shl(builder.add(builder.fptosi(n, vector(INT, 8)), constant(INT, 127)), constant(INT, 23))
    return builder.select(vanishes, constant(FLOAT, 0.0), builder.fmul(y, builder.bitcast(bits, vector(FLOAT, 8))))


@primitive(narrow, narrow)
def logarithm(builder: Any, x: Any) -> Any:
    """Natural logarithm of positive numbers to 1e-7 of itself, after Cephes' `logf`."""
    bits = builder.bitcast(x, vector(INT, 8))
    exponent = builder.sub(builder.ashr(bits, constant(INT, 23)), constant(INT, 126))
    mantissa = builder.or_(builder.and_(bits, constant(INT, 0x7FFFFF)), constant(INT, 0x3F000000))
    part = builder.bitcast(mantissa, vector(FLOAT, 8))
    small = builder.fcmp_ordered("<", part, constant(FLOAT, 0.707106781))
    exponent = builder.sub(exponent, builder.zext(small, vector(INT, 8)))
    f = builder.fsub(builder.select(small, builder.fadd(part, part), part), constant(FLOAT, 1.0))
    e = builder.sitofp(exponent, vector(FLOAT, 8))
    square = builder.fmul(f, f)
    y = polynomial(
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
    y = native(builder, "fma", e, constant(FLOAT, -2.12194440e-4), y)
    y = native(builder, "fma", square, constant(FLOAT, -0.5), y)
    return native(builder, "fma", e, constant(FLOAT, 0.693359375), builder.fadd(f, y))


@primitive(narrow, narrow, types.float32, narrow)
def where(builder: Any, mask: Any, value: Any, old: Any) -> Any:
    """`value` in the lanes where the mask is above 0, elsewhere `old`."""
    return builder.select(builder.fcmp_ordered(">", mask, constant(FLOAT, 0.0)), spreading(builder, value), old)


@primitive(wide, wide, types.float32, wide)
def where_wide(builder: Any, mask: Any, value: Any, old: Any) -> Any:
    """`value` in the lanes where the mask is above 0, elsewhere `old`; 16 lanes."""
    set_ = builder.fcmp_ordered(">", mask, constant(FLOAT, 0.0, 16))
    return builder.select(set_, spreading(builder, value, 16), old)


# --- codes ------------------------------------------------------------------------------------------------------


@primitive(types.intp, array, types.intp, types.float32)
def rank(builder: Any, data: Any, index: Any, value: Any) -> Any:
    """How many of the 8 elements from `index` on are at most `value`."""
    holds = builder.fcmp_ordered("<=", read(builder, data, index, FLOAT, 8), spreading(builder, value))
    return builder.zext(builder.ctpop(builder.bitcast(holds, BYTE)), LONG)


@primitive(wide, array, types.intp, types.uint8, types.float32, wide)
def select_equal(builder: Any, codes: Any, index: Any, code: Any, value: Any, old: Any) -> Any:
    """`value` in the lanes where `codes[index + lane] == code`, elsewhere `old`."""
    equal = builder.icmp_unsigned("==", read(builder, codes, index, BYTE, 16), spreading(builder, code, 16))
    return builder.select(equal, spreading(builder, value, 16), old)


@primitive(narrow, types.intp, types.uint8, types.float32, narrow)
def put_lane(builder: Any, first: Any, code: Any, value: Any, old: Any) -> Any:
    """`value` in the lane with `first + lane == code`, if there is one; elsewhere `old`."""
    lanes = ir.Constant(vector(BYTE, 8), list(range(8)))
    here = builder.add(spreading(builder, builder.trunc(first, BYTE)), lanes)
    equal = builder.icmp_unsigned("==", here, spreading(builder, code))
    return builder.select(equal, spreading(builder, value), old)


@primitive(counts)
def no_counts(builder: Any) -> Any:
    """Sixteen zeros."""
    return constant(BYTE, 0, 16)


@primitive(counts, array, types.intp, types.uint8, counts)
def count_equal(builder: Any, codes: Any, index: Any, code: Any, found: Any) -> Any:
    """`found`, one more in the lanes where `codes[index + lane] == code`."""
    equal = builder.icmp_unsigned("==", read(builder, codes, index, BYTE, 16), spreading(builder, code, 16))
    return builder.sub(found, builder.sext(equal, vector(BYTE, 16)))
