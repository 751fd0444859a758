"""What every construct means, once.

The interpreter calls these functions, the printer copies their source text into the programs it prints (so they
are short, need nothing but each other, and carry a first docstring line that makes sense there), and every other
executor (batch kernels, models, compiled weights) is tested against them.

A *column* is a list with one value a position. *Matches* are an attention pattern: for each query position the
ascending list of the key positions it selects. Nothing here knows padding: a program sees its n tokens.

A causal program is one whose heads see `past(matches)`. Cutting once, at the head, means the same as never looking
ahead in any selector: `past` of an intersection, a union or a complement is that of its parts.

Source: "Learning Transformer Programs" (NeurIPS 2023), sections 3 and A.1; docs/design.md for what it leaves open.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

__all__ = [
    "COMPARISONS",
    "OPERATORS",
    "SPELLINGS",
    "Matches",
    "among",
    "argmax",
    "best_path",
    "both",
    "closest",
    "compare",
    "either",
    "full",
    "largest",
    "mean",
    "negate",
    "offset",
    "past",
    "prefer",
    "saturate",
    "select",
    "shape",
    "smallest",
    "total",
    "width",
]

Matches = list[list[int]]

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
    "indicator": lambda condition: 1 if condition else 0,
    "if": lambda condition, then, otherwise: then if condition else otherwise,
    "min": min,
    "max": max,
    "abs": abs,
}
"""Elementwise operators; Python's own meaning on bool, int, float and str."""


def saturate(value: Any, limit: int | None) -> Any:
    """A count as a table reads it: min(max(count, 0), limit); None: the value as it is.

    >>> saturate(9, 7), saturate("a", None)
    (7, 'a')
    """
    return value if limit is None else min(max(value, 0), limit)


def full(positions: list[int]) -> list[list[int]]:
    """Every position, for each position.

    >>> full([0, 1])
    [[0, 1], [0, 1]]
    """
    return [list(positions) for _ in positions]


def offset(positions: list[int], low: int, high: int) -> list[list[int]]:
    """For each position the positions from `low` to `high` places further right.

    >>> offset([0, 1, 2], -1, 0)
    [[0], [0, 1], [1, 2]]
    """
    return [list(positions[max(i + low, 0) : max(i + high + 1, 0)]) for i in positions]


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it.

    >>> select(["a", "b", "a"], ["b", "a", None])
    [[1], [0, 2], []]
    """
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def among(keys: list, queries: list) -> list[list[int]]:
    """For each query, a tuple of values, the positions of the keys among them.

    >>> among(["a", "b", "c"], [("b", "c"), ("a",), ()])
    [[1, 2], [0], []]
    """
    found = {query: [j for j, key in enumerate(keys) if key in query] for query in set(queries)}
    return [found[query] for query in queries]


def compare(keys: list, holds: Callable, queries: list) -> list[list[int]]:
    """For each query the positions of the keys with `holds(key, query)`.

    >>> compare([1, 2, 3], operator.lt, [3, 1])
    [[0, 1], []]
    """
    found = {q: [j for j, key in enumerate(keys) if holds(key, q)] for q in set(queries)}
    return [found[query] for query in queries]


def both(left: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    """The positions that both select.

    >>> both([[0, 1], [1]], [[1, 2], [0]])
    [[1], []]
    """
    return [sorted({*js} & {*ks}) for js, ks in zip(left, right)]


def either(left: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    """The positions that at least one selects.

    >>> either([[1], [1]], [[0, 1], []])
    [[0, 1], [1]]
    """
    return [sorted({*js, *ks}) for js, ks in zip(left, right)]


def negate(matches: list[list[int]]) -> list[list[int]]:
    """The positions not selected.

    >>> negate([[0, 1], [1]])
    [[], [0]]
    """
    return [sorted({*range(len(matches))} - {*js}) for js in matches]


def past(matches: list[list[int]]) -> list[list[int]]:
    """The positions selected, without those further right.

    >>> past([[0, 1], [0, 1]])
    [[0], [0, 1]]
    """
    return [[j for j in js if j <= i] for i, js in enumerate(matches)]


def prefer(visible: list[list[int]], keys: list, orders: list) -> list[list[int]]:
    """For each query, an order of keys from best to worst, the visible positions of the best; tuples hold equals.

    >>> prefer([[0], [0, 1, 2]], ["a", "b", "a"], [("b",), ("c", ("a", "b"))])
    [[], [0, 1, 2]]
    """
    groups = {order: [key if isinstance(key, tuple) else (key,) for key in order] for order in set(orders)}
    ranked = (([j for j in js if keys[j] in best] for best in groups[order]) for js, order in zip(visible, orders))
    return [next(filter(None, found), []) for found in ranked]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches.

    >>> closest([[], [0, 1, 2], [2]], ["a", "b", "c"])
    ['a', 'a', 'c']
    """
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


def total(matches: list[list[int]], values: list) -> list:
    """The sum of the values over all matches.

    >>> total([[0, 1], []], [3, 4])
    [7, 0]
    """
    return [reduce(operator.add, (values[j] for j in js), 0) for js in matches]


def width(matches: list[list[int]]) -> list[int]:
    """The number of matches.

    >>> width([[0, 1], []])
    [2, 0]
    """
    return [len(js) for js in matches]


def mean(matches: list[list[int]], values: list, default: object) -> list:
    """The average over the matches, of one match its own value; `default` where none matches.

    One match passes through unchanged, of any type. Several are added from left to right and divided once, so that
    the result has one meaning.

    >>> mean([[0, 1], [0], []], [3, 4], -1)
    [3.5, 3, -1]
    """
    columns = ([values[j] for j in js] for js in matches)
    return [reduce(operator.add, c) / len(c) if len(c) > 1 else [*c, default][0] for c in columns]


def largest(matches: list[list[int]], values: list, default: object) -> list:
    """The largest value over the matches; `default` where none matches.

    >>> largest([[0, 1], []], [3, 4], 0)
    [4, 0]
    """
    return [max((values[j] for j in js), default=default) for js in matches]


def smallest(matches: list[list[int]], values: list, default: object) -> list:
    """The smallest value over the matches; `default` where none matches.

    >>> smallest([[0, 1], []], [3, 4], 0)
    [3, 0]
    """
    return [min((values[j] for j in js), default=default) for js in matches]


def argmax(scores: Sequence[int]) -> int:
    """Index of the largest score, the first of equals.

    >>> argmax([1, 3, 3])
    1
    """
    return max(range(len(scores)), key=lambda o: (scores[o], -o))


def best_path(
    scores: list[list[int]], first: Sequence[int | None], follows: Sequence[Sequence[int | None]]
) -> list[int]:
    """The labels with the largest sum of scores, of those in which each may follow; the first of equals.

    `first` and `follows[label]` say what a label adds at position 0 and after `label`; None: it cannot stand there.

    >>> best_path([[0, 0, 9], [0, 0, 5]], (0, 0, None), ((0, 0, None), (0, 0, 0), (0, 0, 0)))
    [1, 2]
    """
    moves = [[(o, a) for o, a in enumerate(allowed) if a is not None] for allowed in follows]
    ahead = [list(scores[-1])]
    for row in scores[-2::-1]:
        after = ahead[-1]
        ahead.append([b + max([a + after[o] for o, a in allowed]) for b, allowed in zip(row, moves)])
    path: list[int] = []
    for row in reversed(ahead):
        sums = [(a + b, -o) for o, (a, b) in enumerate(zip(first, row)) if a is not None]
        path.append(-max(sums)[1])
        first = follows[path[-1]]
    return path


def read_word(word: str, lower: bool, digits: bool) -> str:
    """The token that a word as it is written is: in lower case, every run of digits as 0, or the word itself.

    >>> read_word("B2B-1999", True, True), read_word("B2B-1999", False, False)
    ('b0b-0', 'B2B-1999')
    """
    word = word.lower() if lower else word
    return re.sub(r"\d+", "0", word) if digits else word


def split_text(text: str) -> list[str]:
    """Numbers, words and single signs of a text, in order; blanks are dropped.

    A number has its inner marks (3, 1,000.5, 10:30), a word its inner apostrophes (don't, 4x4).

    >>> split_text("Don't wake me at 10:30, O.K.?")
    ["Don't", 'wake', 'me', 'at', '10:30', ',', 'O', '.', 'K', '.', '?']
    """
    return re.findall(r"\d+(?:[.,:]\d+)*(?!\w)|\w+(?:['’]\w+)*|[^\w\s]", text)


def shape(token: str) -> str:
    """Runs of capitals X, letters x, digits 0 and other signs, at most six of them.

    >>> shape("McDonald's"), shape("1990-91"), shape("U.S.")
    ("XxXx'x", '0-0', 'X.X.')
    """
    marks = ["X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in token]
    return "".join(mark for mark, left in zip(marks, ["", *marks]) if mark != left)[:6]


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "word": lambda token: token,
    "lower": lambda token: token.lower(),
    "shape": shape,
    "prefix_1": lambda token: token[:1],
    "prefix_2": lambda token: token[:2],
    "prefix_3": lambda token: token[:3],
    "prefix_4": lambda token: token[:4],
    "suffix_1": lambda token: token[-1:],
    "suffix_2": lambda token: token[-2:],
    "suffix_3": lambda token: token[-3:],
    "suffix_4": lambda token: token[-4:],
}
"""What `Spelled` may look up of a token as it is written. A name never changes its meaning: new meanings, new names."""
