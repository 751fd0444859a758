"""What a predicate given as a table does on its whole domain: nothing, everything, or what a shorter form says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transformer_programs.program import (
    POSITIONS,
    Both,
    Closest,
    Compare,
    Domain,
    Either,
    Full,
    Integers,
    Negate,
    Node,
    Offset,
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Selector,
    Value,
    read_domain,
)
from transformer_programs.program.semantics import COMPARISONS

__all__ = ["always", "children", "is_plain", "never", "recognise", "recognise_closest", "recognise_order"]

Order = tuple[tuple[Value, ...], ...]


def never(selector: Selector, program: Program) -> bool:
    """Whether it certainly selects nothing, whatever the input."""
    match selector:
        case Relation(rows=rows):
            return not any(rows)
        case Offset(low, high):
            length = program.max_length
            beyond = length is not None and (low >= length or high <= -length)
            return low > high or beyond or (program.causal and low > 0)
        case Both(left, right):
            return never(left, program) or never(right, program)
        case Either(left, right):
            return never(left, program) and never(right, program)
        case Negate(inner):
            return isinstance(inner, Full)
        case _:
            return False


def always(selector: Selector, program: Program) -> bool:
    """Whether it certainly selects at least one visible position, whatever the input."""
    match selector:
        case Full():
            return True
        case Offset(low, high):
            return low <= 0 <= high
        case Compare(keys, "==", queries):
            return keys == queries
        case Either(left, right):
            return always(left, program) or always(right, program)
        case _:
            return False


def is_plain(read: Read, known: Mapping[Ref, Domain]) -> bool:
    """Whether the read sees the variable's own value: no limit, or one that never bites."""
    domain = known[read.variable]
    if read.limit is None or not isinstance(domain, Integers):
        return read.limit is None
    low, high = domain.low, domain.high
    return low is not None and high is not None and low >= 0 and high <= read.limit


def children(selector: Selector) -> tuple[Selector, ...]:
    """The selectors that it is made of."""
    match selector:
        case Both(left, right) | Either(left, right):
            return left, right
        case Negate(inner):
            return (inner,)
        case _:
            return ()


def recognise(relation: Relation, program: Program, known: Mapping[Ref, Domain]) -> Selector:
    """A shorter selector that selects the same positions on every input, or the relation itself.

    Everything: `Full`. A comparison of the two variables: `Compare`. A band of positions: `Offset`. A predicate that
    ignores the query is asked of the key variable itself, which prints as `where`.
    """
    keys, queries, rows = relation.keys, relation.queries, relation.rows
    domain = read_domain(keys, known)
    asked = read_domain(queries, known)
    if all(len(row) == len(domain) for row in rows):
        return Full()
    if any(rows) and is_plain(keys, known) and is_plain(queries, known):
        for operator in _comparisons(domain, asked):
            if all(row == _selected(domain, operator, query) for row, query in zip(rows, asked)):
                return Compare(keys.variable, operator, queries.variable)
        if keys.variable == queries.variable == POSITIONS:
            offset = _offset([tuple(int(j) for j in row) for row in rows], len(domain), program.causal)
            if offset is not None:
                return offset
    if len(set(rows)) == 1 and queries != keys:
        return Relation(keys, keys, (rows[0],) * len(domain))
    return relation


def recognise_closest(node: Closest, program: Program, known: Mapping[Ref, Domain]) -> Node:
    """The same head over `Offset`, where its predicate sends each position to one at a fixed distance, or to none.

    Position 0 and no match at all are the same to `Closest`, so more predicates have that form than in `recognise`.
    """
    match node.selector:
        case Relation(Read("positions", None), Read("positions", None), rows) if all(len(row) <= 1 for row in rows):
            size = len(rows)
            targets = [int(row[0]) if row else 0 for row in rows]
            if program.causal:
                targets = [j if j <= i else 0 for i, j in enumerate(targets)]
            steps = {j - i for i, j in enumerate(targets) if j}
            if len(steps) == 1:
                step = steps.pop()
                shifted = [i + step if 0 <= i + step < size else 0 for i in range(size)]
                if program.causal:
                    shifted = [j if j <= i else 0 for i, j in enumerate(shifted)]
                if shifted == targets:
                    return Closest(Offset(step, step), node.values)
    return node


def recognise_order(prefer: Prefer, program: Program, known: Mapping[Ref, Domain]) -> Prefer | Relation:
    """The orders without keys that never matter to `Closest`; a predicate, where each order then has one group at most.

    After a key that some visible position certainly has nothing matters: the query's own, where keys and queries are
    the same read, and position 0. That position alone at the end is what no match means, too. Keys to the right of
    the query are never seen by a causal program. One order of which all are the beginnings is asked of the keys alone.
    """
    keys, queries = prefer.keys, prefer.queries
    asked, places = read_domain(queries, known), keys == Read(POSITIONS)

    def cut(order: Order, query: Value) -> Order:
        if places and queries == keys and program.causal:
            order = tuple(filter(None, (tuple(j for j in group if j <= query) for group in order)))  # type: ignore
        sure = ({query} if keys == queries else set()) | ({0} if places else set())
        last = next((rank for rank, group in enumerate(order) if sure & set(group)), len(order))
        order = order[: last + 1]
        return order[:-1] if places and order[-1:] == ((0,),) else order

    orders = tuple(map(cut, prefer.orders, asked))
    if all(len(order) <= 1 for order in orders):
        return Relation(keys, queries, tuple(order[0] if order else () for order in orders))
    for one in {max(orders, key=lambda order: sum(map(len, order))): None, **dict.fromkeys(prefer.orders)}:
        if all(cut(one, query) == order for query, order in zip(asked, orders)):
            return Prefer(keys, keys, (one,) * len(read_domain(keys, known)))
    return Prefer(keys, queries, orders)


def _comparisons(domain: Sequence[Value], asked: Sequence[Value]) -> Iterator[str]:
    """Comparisons that are defined on all these values; equality first."""
    kinds = {isinstance(value, str) for value in (*domain, *asked)}
    yield "=="
    yield "!="
    if len(kinds) == 1:
        yield from ("<", "<=", ">", ">=")


def _selected(domain: Sequence[Value], operator: str, query: Value) -> tuple[Value, ...]:
    holds: Any = COMPARISONS[operator]
    return tuple(value for value in domain if holds(value, query))


def _offset(rows: Sequence[tuple[int, ...]], size: int, causal: bool) -> Offset | None:
    """The band low..high of distances that gives exactly these rows, if there is one."""
    if causal:
        rows = [tuple(j for j in row if j <= i) for i, row in enumerate(rows)]
    distances = {j - i for i, row in enumerate(rows) for j in row}
    if not distances:
        return None
    low, high = min(distances), max(distances)
    band = [tuple(j for j in range(size) if low <= j - i <= high and not (causal and j > i)) for i in range(size)]
    return Offset(low, high) if list(rows) == band else None
