"""most_freq: the distinct letters by falling frequency, then <s>

learned: tprog train, learner any-length, seed 0
test part: 100 % of 2,000 sequences, 100 % of answers right
fresh samples: 100 % of 100,000 sequences, 100 % of answers right
11 to 20 tokens: 100 % of 1,000 sequences right
20 tokens: 100 % of 1,000 sequences right
50 tokens: 100 % of 1,000 sequences right
200 tokens: 100 % of 1,000 sequences right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import operator
import sys
from collections.abc import Callable
from functools import reduce

VOCABULARY = "<s> 0 1 2 3 4 5".split()
TABLE_2 = {("0", 0): "0", ("1", 0): "1", ("2", 0): "2", ("3", 0): "3", ("4", 0): "4", ("5", 0): "5"}


def run(tokens: list[str]) -> list[str]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    table_1 = [{"<s>": 0}.get(x, 1) for x in tokens]
    count_1 = [
        min(x, 1)
        for x in width(both(select(tokens, tokens), compare(positions, operator.lt, positions)))
    ]
    table_2 = [TABLE_2.get((x, y), "<s>") for x, y in zip(tokens, count_1)]
    sum_1 = total(select(tokens, table_2), table_1)
    count_2 = width(
        either(
            compare(sum_1, operator.gt, sum_1),
            both(select(sum_1, sum_1), compare(positions, operator.le, positions)),
        )
    )
    head_1 = closest(select(count_2, positions), table_2)
    return head_1


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def compare(keys: list, holds: Callable, queries: list) -> list[list[int]]:
    """For each query the positions of the keys with `holds(key, query)`."""
    found = {q: [j for j, key in enumerate(keys) if holds(key, q)] for q in set(queries)}
    return [found[query] for query in queries]


def both(left: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    """The positions that both select."""
    return [sorted({*js} & {*ks}) for js, ks in zip(left, right)]


def either(left: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    """The positions that at least one selects."""
    return [sorted({*js, *ks}) for js, ks in zip(left, right)]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


def width(matches: list[list[int]]) -> list[int]:
    """The number of matches."""
    return [len(js) for js in matches]


def total(matches: list[list[int]], values: list) -> list:
    """The sum of the values over all matches."""
    return [reduce(operator.add, (values[j] for j in js), 0) for js in matches]


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
