"""Byte code of selectors: a pattern on the stack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.batch.alphabet import MOST_VALUES, CannotLower, Whole, values_of
from transformer_programs.batch.code import Argument
from transformer_programs.batch.kernel import NEVER, Op
from transformer_programs.batch.stream import Column, Stream, place
from transformer_programs.program import (
    Both,
    Compare,
    Either,
    Full,
    Negate,
    Offset,
    Pattern,
    Prefer,
    Relation,
    Value,
    read_domain,
)

__all__ = ["lower_selector"]

MOST_GRID_CELLS = 1 << 28

MOST_MASKS = 1 << 15
"""Beyond so many keys each of them is compared with each query: slower, and no room for a mask of each."""


def lower_selector(stream: Stream, selector: Pattern, depth: int = 0) -> None:
    """Instructions that leave the selector's pattern at `depth`.

    Raises:
        CannotLower: it compares values of different types, or too many.
    """
    code, n = stream.code, stream.n
    code.depth = max(code.depth, depth + 1)
    match selector:
        case Full():
            code.put(Op.SPAN, depth, -n, n)
        case Offset(low, high):
            code.put(Op.SPAN, depth, *(min(max(bound, -n - 1), n + 1) for bound in (low, high)))
        case Compare(keys, operator, queries):
            _compare(stream, stream.columns[keys], operator, stream.columns[queries], depth)
        case Relation():
            _relation(stream, selector, depth)
        case Prefer():
            _prefer(stream, selector, depth)
        case Both(left, right) | Either(left, right):
            lower_selector(stream, left, depth)
            lower_selector(stream, right, depth + 1)
            code.put(Op.AND if isinstance(selector, Both) else Op.OR, depth)
        case Negate(inner):
            lower_selector(stream, inner, depth)
            code.put(Op.NOT, depth)


def _relation(stream: Stream, relation: Relation, depth: int) -> None:
    """One key value a query value: a table of keys, then a comparison. Several: a row of bits for each."""
    keys, queries = stream.argument(relation.keys), stream.argument(relation.queries)
    domain = read_domain(relation.keys, stream.known)
    order = {value: code for code, value in enumerate(domain)}
    rows = relation.rows
    if all(len(row) <= 1 for row in rows):
        _one(stream, keys, [order[row[0]] if row else None for row in rows], queries, depth)
        return
    words = (len(domain) + 63) // 64
    if words * len(rows) * 64 > MOST_GRID_CELLS:
        raise CannotLower("a large predicate")
    grid = np.zeros((len(rows), words), np.uint64)
    for row, values in zip(grid, rows):
        for key in (order[value] for value in values):
            row[key >> 6] |= np.uint64(1 << (key & 63))
    bits = stream.code.store(grid.ravel().view(np.int64))
    starts = stream.look(range(0, words * len(rows), words), queries)
    stream.code.put(Op.GRID, depth, stream.index(keys), starts, bits)


def _prefer(stream: Stream, prefer: Prefer, depth: int) -> None:
    """A row of ranks for each query value."""
    keys, queries = stream.argument(prefer.keys), stream.argument(prefer.queries)
    domain = read_domain(prefer.keys, stream.known)
    if len(domain) * len(prefer.orders) > MOST_GRID_CELLS // 64:
        raise CannotLower("a large table of preferences")
    ranks = []
    for order in prefer.orders:
        rank = {value: number for number, group in enumerate(order) for value in group}
        ranks += [rank.get(value, NEVER) for value in domain]
    starts = stream.look(range(0, len(ranks), len(domain)), queries)
    stream.code.put(Op.PREFER, depth, stream.index(keys), starts, stream.code.store(ranks))


def _one(stream: Stream, keys: Argument, wanted: Sequence[int | None], queries: Argument, depth: int) -> None:
    """For each query index the one key index that it selects, or None."""
    if len(set(wanted)) == 1:
        wanted, queries = wanted[:1], (queries[0], 0, 0)
    if keys[2] - keys[1] < MOST_MASKS:
        base = stream.code.key_masks(keys)
        places = stream.look((0 if key is None else 1 + key for key in wanted), queries)
        stream.code.put(Op.ONE, depth, base, places)
        return
    index = stream.index(keys)
    stream.code.put(Op.EQUAL, depth, index, stream.look((-1 if key is None else key for key in wanted), queries))


def _compare(stream: Stream, keys: Column, operator: str, queries: Column, depth: int) -> None:
    code = stream.code
    if operator in ("==", "!="):
        _same(stream, keys, queries, depth)
        if operator == "!=":
            code.put(Op.NOT, depth)
        return
    key, query = _ordered(stream, keys, queries)
    code.put(Op.AT_MOST, depth, key, query, -1 if operator in ("<", ">=") else 0)
    if operator in (">", ">="):
        code.put(Op.NOT, depth)


def _same(stream: Stream, keys: Column, queries: Column, depth: int) -> None:
    """Keys that equal the query, values of different types included."""
    wide = any(isinstance(a, Whole) and a.high - a.low >= MOST_VALUES for _, a in (keys, queries))
    if wide and isinstance(keys[1], Whole) and isinstance(queries[1], Whole):
        stream.code.put(Op.EQUAL, depth, keys[0], queries[0])
        return
    listed = values_of(keys[1])
    order = {value: index for index, value in enumerate(listed)}
    if len(order) < len(listed):
        raise CannotLower("equal keys of different types")
    _one(stream, place(keys), [order.get(value) for value in values_of(queries[1])], place(queries), depth)


def _ordered(stream: Stream, keys: Column, queries: Column) -> tuple[int, int]:
    """Two columns whose integers are in the order of the values."""
    try:
        return stream.whole(keys)[0], stream.whole(queries)[0]
    except CannotLower:
        rank = ranks([*values_of(keys[1]), *values_of(queries[1])])
    key, query = (
        stream.look((rank[value] for value in values_of(column[1])), place(column)) for column in (keys, queries)
    )
    return key, query


def ranks(values: Sequence[Value]) -> dict[Value, int]:
    """The place of each value in their order, from 1; equal ones share it.

    Raises:
        CannotLower: they have no order.
    """
    try:
        ordered = sorted(set(values))
    except TypeError as error:
        raise CannotLower("values without an order") from error
    return {value: rank for rank, value in enumerate(ordered, 1)}
