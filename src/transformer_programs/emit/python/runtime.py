"""Functions that only printed programs need; their source text is copied into the file, as that of `program.semantics`.

They are real functions, so that they are formatted, typed and tested like all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from transformer_programs.program.semantics import best_path

__all__ = ["classify", "decode", "lookup", "spread", "unembed", "where"]


def where(keys: list, *values: object) -> list[list[int]]:
    """At every position the positions of the keys among the values.

    >>> where(["a", "b"], "b")
    [[1], [1]]
    """
    found = [j for j, key in enumerate(keys) if key in values]
    return [found for _ in keys]


def lookup(table: dict, column: list, default: object = None) -> list:
    """What the table has for each value of the column, or the default.

    Raises:
        ValueError: neither has anything.

    >>> lookup({1: "a"}, [1, 2], "b")
    ['a', 'b']
    """
    for i, key in enumerate(column):
        if table.get(key, default) is None:
            raise ValueError(f"position {i}: got key {key!r}; expected a key of the dictionary")
    return [table.get(key, default) for key in column]


def classify(text: str, columns: dict[str, list], pooled: bool = False) -> list[str]:
    """The label with the largest sum of scores, the first of equals.

    >>> classify("yes no \\n 2 3 tokens a \\n 1 0 * 1 \\n -1 0 * count", {"tokens": ["a", "b"], "count": [1, 0]})
    ['no', 'yes']
    """
    labels, scores = unembed(text)
    sums = []
    for values in zip(*columns.values()):
        named = {"1": 1, **dict(zip(columns, values))}
        rows = [(1, scores.get((name, str(value)))) for name, value in named.items()]
        rows += [(value, scores.get(("*", name))) for name, value in named.items()]
        sums.append([sum(k * row[o] for k, row in rows if row) for o in range(len(labels))])
    if pooled:
        sums = [[sum(column) for column in zip(*sums)]]
    return [labels[row.index(max(row))] for row in sums]


def decode(text: str, columns: dict[str, list], first: Sequence, follows: Sequence) -> list[str]:
    """The labels with the largest sum of scores, of those in which each may follow.

    >>> decode("yes no \\n 0 1 tokens a", {"tokens": ["a", "b"]}, (0, None), ((0, 0), (0, 0)))
    ['yes', 'yes']
    """
    labels, scores = unembed(text)
    bias = scores.get(("*", "1"), [0] * len(labels))
    sums = []
    for values in zip(*columns.values()):
        named = [*zip(columns, values)]
        rows = [row for name, value in named if (row := scores.get((name, str(value))))]
        rows += [[value * k for k in scores["*", name]] for name, value in named if ("*", name) in scores]
        sums.append([sum(column) for column in zip(bias, *rows)])
    return [labels[o] for o in best_path(sums, first, follows)]


@cache
def spread(text: str) -> dict[str, str]:
    """For every word of a line but the first, the first.

    >>> spread("city rome oslo \\n river nile")
    {'rome': 'city', 'oslo': 'city', 'nile': 'river'}
    """
    rows = (line.split() for line in text.strip().splitlines())
    return {key: value for value, *keys in rows for key in keys}


@cache
def unembed(text: str) -> tuple[list[str], dict]:
    """The labels, and the scores that each value of a variable adds ("*": the variable times them).

    >>> unembed("yes no \\n 2 3 tokens a b \\n 1 0 * 1")
    (['yes', 'no'], {('tokens', 'a'): [2, 3], ('tokens', 'b'): [2, 3], ('*', '1'): [1, 0]})
    """
    labels, *rows = (line.split() for line in text.strip().splitlines())
    n = len(labels)
    scores = {(row[n], value): [*map(int, row[:n])] for row in rows for value in row[n + 1 :]}
    return labels, scores
