"""reverse: the letters backwards

learned: tprog train, learner any-length, seed 0
all inputs: 100 % of 488,280 sequences, 100 % of answers right
11 to 20 tokens: 100 % of 1,000 sequences right
20 tokens: 100 % of 1,000 sequences right
50 tokens: 100 % of 1,000 sequences right
200 tokens: 100 % of 1,000 sequences right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import operator
import sys
from collections.abc import Callable

VOCABULARY = "<s> </s> 0 1 2 3 4".split()


def run(tokens: list[str]) -> list[str]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    count_1 = width(compare(positions, operator.gt, positions))
    head_1 = closest(select(count_1, positions), tokens)
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


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


def width(matches: list[list[int]]) -> list[int]:
    """The number of matches."""
    return [len(js) for js in matches]


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words, "</s>"])[1:-1]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
