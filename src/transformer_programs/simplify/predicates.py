"""Heads with plainer predicates: a comparison, a neighbour, everything; other columns that hold the same values."""

from __future__ import annotations

from collections.abc import Iterator

from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Closest,
    Compare,
    Domain,
    Full,
    Node,
    Offset,
    Pattern,
    Prefer,
    Ref,
    Relation,
    Selector,
    Total,
    Width,
    selector_of,
)
from transformer_programs.program.domains import Finite, Integers
from transformer_programs.simplify.view import Proposal, View

__all__ = ["merge_equal", "plain_predicates"]


def plain_predicates(view: View) -> Iterator[Proposal]:
    """Relations given as tables become comparisons, shifts, or nothing at all."""
    for step in reversed(view.program.steps):
        selector = selector_of(step.node)
        if isinstance(selector, Prefer) and isinstance(step.node, Closest):
            for fewer in _fewer(selector, view):
                head = Closest(fewer, step.node.values)
                yield f"{step.name}: fewer preferences", rebuild(view.program, nodes={step.name: head})
        if isinstance(selector, Relation):
            for plain in _plain(selector, view):
                node = _with(step.node, plain)
                if node is not None:
                    yield f"{step.name}: a plainer predicate", rebuild(view.program, nodes={step.name: node})


def merge_equal(view: View) -> Iterator[Proposal]:
    """A variable that has the values of an earlier one on every input is that one."""
    refs = [TOKENS, POSITIONS, *(step.name for step in view.program.steps)]
    texts: dict[bytes, Ref] = {}
    for ref in refs:
        found = view.column(ref)
        spelled = [repr(value) for value in found.values]
        order = {text: i for i, text in enumerate(sorted(set(spelled)))}
        # The text of every value that occurs, and where: equal exactly for equal columns.
        import numpy as np

        codes = np.array([*(order[text] for text in spelled), -1], np.int32)[found.codes]
        used = [text for text, i in order.items() if (codes == i).any()]
        again = np.full(len(order) + 1, -1, np.int32)
        again[[order[text] for text in used]] = range(len(used))
        key = repr(used).encode() + again[codes].tobytes()
        first = texts.setdefault(key, ref)
        if first != ref and _alike(view.known[first], view.known[ref]):
            yield f"{ref} is {first}", rebuild(view.program, same={ref: first})


def _alike(first: Domain, second: Domain) -> bool:
    """Whether tables can read the first in place of the second."""
    return isinstance(first, Finite | Integers) and isinstance(second, Finite | Integers)


def _plain(relation: Relation, view: View) -> Iterator[Selector]:
    keys, queries = relation.keys, relation.queries
    if keys.limit is None and queries.limit is None:
        yield Compare(keys.variable, "==", queries.variable)
        mixed = {type(value) for read in (keys, queries) for value in view.texts(read.variable)}
        if len(mixed) == 1:
            for operator in ("<", ">", "<=", ">=", "!="):
                yield Compare(keys.variable, operator, queries.variable)
    for row in dict.fromkeys(relation.rows):
        yield Relation(keys, queries, (row,) * len(relation.rows))  # the query does not matter
    yield Full()
    size = view.program.max_length or 2
    for low, high in ((-1, -1), (1, 1), (0, 0), (1 - size, -1), (1, size - 1)):
        yield Offset(low, high)


def _fewer(prefer: Prefer, view: View) -> Iterator[Pattern]:
    """First choices alone, and plainer than that; one order for all; orders cut short, all or one; one as another."""
    keys, queries, orders = prefer.keys, prefer.queries, prefer.orders
    first = Relation(keys, queries, tuple(order[0] if order else () for order in orders))
    yield first
    yield from _plain(first, view)
    for order in dict.fromkeys(orders):
        yield Prefer(keys, queries, (order,) * len(orders))
    for most in range(2, max(map(len, orders), default=0)):
        yield Prefer(keys, queries, tuple(order[:most] for order in orders))
    for row, own in enumerate(orders):
        cut = (own[:most] for most in range(len(own)))
        for order in (*cut, *(other for other in dict.fromkeys(orders) if other != own)):
            yield Prefer(keys, queries, (*orders[:row], order, *orders[row + 1 :]))


def _with(node: Node, selector: Selector) -> Node | None:
    match node:
        case Closest(_, values):
            return Closest(selector, values)
        case Width():
            return Width(selector)
        case Total(_, values):
            return Total(selector, values)
        case _:
            return None
