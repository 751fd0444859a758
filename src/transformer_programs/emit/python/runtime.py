"""Functions that only printed programs need; their source text is copied into the file, as that of `program.semantics`.

They are real functions, so that they are formatted, typed and tested like all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from transformer_programs.program.semantics import best_path

__all__ = ["add_up", "classify", "decode", "lookup", "neighbour", "spread", "unembed", "where"]


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
    found = [table.get(key, default) for key in column]
    if None in found:
        i = found.index(None)
        raise ValueError(f"position {i}: got key {column[i]!r}; expected a key of the dictionary")
    return found


def classify(text: str, columns: dict[str, list], pooled: bool = False) -> list[str]:
    """The label with the largest sum of scores, the first of equals.

    >>> classify("yes no \\n 2 3 tokens a \\n 1 0 * 1 \\n -1 0 * count", {"tokens": ["a", "b"], "count": [1, 0]})
    ['no', 'yes']
    """
    sums = add_up(text, columns)
    if pooled:
        sums = [[sum(column) for column in zip(*sums)]]
    return [unembed(text)[0][row.index(max(row))] for row in sums]


def decode(text: str, columns: dict[str, list], first: Sequence, follows: Sequence) -> list[str]:
    """The labels with the largest sum of scores, of those in which each may follow.

    >>> decode("yes no \\n 0 1 tokens a", {"tokens": ["a", "b"]}, (0, None), ((0, 0), (0, 0)))
    ['yes', 'yes']
    """
    return [unembed(text)[0][o] for o in best_path(add_up(text, columns), first, follows)]


def add_up(text: str, columns: dict[str, list]) -> list[list[int]]:
    """For every position the scores that its values add, summed: one number a label.

    >>> add_up("yes no \\n 2 3 tokens a \\n 1 0 * 1 \\n -1 0 * count", {"tokens": ["a", "b"], "count": [1, 0]})
    [[2, 3], [1, 0]]
    """
    _, times, scores = unembed(text)
    ones = [1] * len(columns["tokens"])
    parts = [[[x * k for k in row] for x in columns.get(name, ones)] for name, row in times.items()]
    parts += [[*map(rows.get, map(str, columns[name]))] for name, rows in scores.items()]
    return [list(map(sum, zip(*filter(None, rows)))) for rows in zip(*parts)]


def neighbour(values: list, places: int) -> list:
    """For every position the value so many places to the right, position 0's where there is none.

    >>> neighbour(["a", "b", "c"], 1), neighbour(["a", "b", "c"], -2)
    (['b', 'c', 'a'], ['a', 'a', 'a'])
    """
    first = values[:1] * abs(places)
    return (values + first)[places:] if places > 0 else (first + values)[: len(values)]


@cache
def spread(text: str) -> dict[str, str]:
    """For every word of a line but the first, the first.

    >>> spread("city rome oslo \\n river nile")
    {'rome': 'city', 'oslo': 'city', 'nile': 'river'}
    """
    rows = (line.split() for line in text.strip().splitlines())
    return {key: value for value, *keys in rows for key in keys}


@cache
def unembed(text: str) -> tuple[list[str], dict, dict]:
    """The labels, the scores of "1" and of variables as numbers, and those of each value of a variable.

    >>> unembed("yes no \\n 2 3 tokens a b \\n 1 0 * 1")
    (['yes', 'no'], {'1': (1, 0)}, {'tokens': {'a': (2, 3), 'b': (2, 3)}})
    """
    labels, *rows = (line.split() for line in text.strip().splitlines())
    n = len(labels)
    scores: dict[str, dict] = {"*": {"1": (0,) * n}}
    for row in rows:
        scores.setdefault(row[n], {}).update(dict.fromkeys(row[n + 1 :], tuple(map(int, row[:n]))))
    return labels, scores.pop("*"), scores
