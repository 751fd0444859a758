"""Walking over selectors: what they read on which side, and the predicates in them."""

from __future__ import annotations

from collections.abc import Iterator

from transformer_programs.program import Both, Compare, Either, Negate, Pattern, Prefer, Ref, Relation

__all__ = ["relations", "sides"]


def sides(selector: Pattern, *, key: bool) -> Iterator[Ref]:
    """The variables that a selector reads at the key position, or at the query position.

    A predicate that is the same for every query value reads nothing there.
    """
    match selector:
        case Compare(keys, _, queries):
            yield keys if key else queries
        case Relation(keys, queries, rows):
            if key:
                yield keys.variable
            elif len(set(rows)) > 1:
                yield queries.variable
        case Prefer(keys, queries, orders):
            if key:
                yield keys.variable
            elif len(set(orders)) > 1:
                yield queries.variable
        case Both(left, right) | Either(left, right):
            yield from sides(left, key=key)
            yield from sides(right, key=key)
        case Negate(inner):
            yield from sides(inner, key=key)


def relations(selector: Pattern) -> Iterator[Relation]:
    """The predicates given as tables in a selector."""
    match selector:
        case Relation():
            yield selector
        case Both(left, right) | Either(left, right):
            yield from relations(left)
            yield from relations(right)
        case Negate(inner):
            yield from relations(inner)
