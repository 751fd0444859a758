"""What every construct means, once.

The interpreter calls these functions, the printer copies their source text into the programs it prints, and
every other executor (batch kernels, models, compiled weights) is tested against them.

A *column* is a list with one value a position. *Matches* are an attention pattern: for each query position the
ascending list of the key positions it selects. Nothing here knows padding: a program sees its n tokens.

Source: "Learning Transformer Programs" (NeurIPS 2023), sections 3 and A.1; docs/design.md for what it leaves open.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from typing import Any

__all__ = [
    "COMPARISONS",
    "OPERATORS",
    "argmax",
    "both",
    "closest",
    "compare",
    "either",
    "full",
    "largest",
    "mean",
    "negate",
    "offset",
    "relate",
    "saturate",
    "smallest",
    "total",
    "visible",
    "width",
]

Matches = list[list[int]]
Column = Sequence[Any]

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""Predicates `key OP query` of a comparing head."""

OPERATORS: Mapping[str, Callable[..., Any]] = {
    **COMPARISONS,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "^": operator.pow,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": operator.not_,
    "neg": operator.neg,
    "round": round,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "indicator": int,
    "if": lambda condition, then, otherwise: then if condition else otherwise,
    "min": min,
    "max": max,
    "abs": abs,
}
"""Elementwise operators; Python's own meaning on bool, int, float and str."""


def visible(i: int, n: int, causal: bool) -> range:
    """Key positions that query position i may look at: all, or 0..i in a causal program.

    >>> list(visible(1, 4, causal=True))
    [0, 1]
    """
    return range(i + 1) if causal else range(n)


def saturate(value: Any, limit: int | None) -> Any:
    """A count as a table reads it: min(max(count, 0), limit); None: the value as it is.

    >>> saturate(9, 7), saturate("a", None)
    (7, 'a')
    """
    return value if limit is None else min(max(value, 0), limit)


def full(n: int, causal: bool = False) -> Matches:
    """Every visible position.

    >>> full(2, causal=True)
    [[0], [0, 1]]
    """
    return [list(visible(i, n, causal)) for i in range(n)]


def offset(n: int, low: int, high: int, causal: bool = False) -> Matches:
    """Visible j with low <= j - i <= high.

    >>> offset(3, -1, -1)
    [[], [0], [1]]
    """
    return [[j for j in visible(i, n, causal) if low <= j - i <= high] for i in range(n)]


def compare(keys: Column, op: str, queries: Column, causal: bool = False) -> Matches:
    """Visible j with `keys[j] op queries[i]`.

    >>> compare("aba", "==", "aba")
    [[0, 2], [1], [0, 2]]
    """
    n, holds = len(keys), COMPARISONS[op]
    return [[j for j in visible(i, n, causal) if holds(keys[j], queries[i])] for i in range(n)]


def relate(keys: Column, queries: Column, rows: Mapping[Any, Collection[Any]], causal: bool = False) -> Matches:
    """Visible j whose key is among `rows[queries[i]]`: a predicate given as a table.

    >>> relate("abc", "aab", {"a": ("b", "c"), "b": ()})
    [[1, 2], [1, 2], []]
    """
    n = len(keys)
    return [[j for j in visible(i, n, causal) if keys[j] in rows[queries[i]]] for i in range(n)]


def both(left: Matches, right: Matches) -> Matches:
    """Positions that both patterns select."""
    return [[j for j in js if j in ks] for js, ks in zip(left, right)]


def either(left: Matches, right: Matches) -> Matches:
    """Positions that at least one pattern selects."""
    return [sorted({*js, *ks}) for js, ks in zip(left, right)]


def negate(matches: Matches, causal: bool = False) -> Matches:
    """Visible positions that the pattern does not select."""
    n = len(matches)
    return [[j for j in visible(i, n, causal) if j not in js] for i, js in enumerate(matches)]


def closest(matches: Matches, values: Column) -> list[Any]:
    """Value at the closest match: nearest first, left before right, itself last; position 0 where none matches.

    >>> closest([[], [0, 1, 2], [2]], "abc")
    ['a', 'a', 'c']
    """
    return [values[min(js, key=lambda j: (j == i, abs(i - j), j), default=0)] for i, js in enumerate(matches)]


def total(matches: Matches, values: Column) -> list[Any]:
    """Sum of the values over all matches, 0 where none matches.

    >>> total([[0, 1], []], [3, 4])
    [7, 0]
    """
    return [reduce(operator.add, (values[j] for j in js), 0) for js in matches]


def width(matches: Matches) -> list[int]:
    """Number of matches.

    >>> width([[0, 1], []])
    [2, 0]
    """
    return [len(js) for js in matches]


def mean(matches: Matches, values: Column, default: Any) -> list[Any]:
    """Average over the matches (one match passes through unchanged, of any type); `default` where none matches.

    Several matches are added from left to right and divided once, so that the result has one meaning.

    >>> mean([[0, 1], [0], []], [3, 4], -1)
    [3.5, 3, -1]
    """
    return [
        default
        if not js
        else values[js[0]]
        if len(js) == 1
        else reduce(operator.add, (values[j] for j in js)) / len(js)
        for js in matches
    ]


def largest(matches: Matches, values: Column, default: Any) -> list[Any]:
    """Maximum over the matches; `default` where none matches."""
    return [max((values[j] for j in js), default=default) for js in matches]


def smallest(matches: Matches, values: Column, default: Any) -> list[Any]:
    """Minimum over the matches; `default` where none matches."""
    return [min((values[j] for j in js), default=default) for js in matches]


def argmax(scores: Sequence[int]) -> int:
    """Index of the largest score, the first of equals.

    >>> argmax([1, 3, 3])
    1
    """
    return max(range(len(scores)), key=lambda o: (scores[o], -o))
