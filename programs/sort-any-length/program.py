"""sort: the letters in order

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


def run(tokens: list[str]) -> list[object]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    count_1 = width(compare(tokens, operator.lt, tokens))
    greatest_1 = largest(compare(count_1, operator.lt, positions), tokens, "<s>")
    return greatest_1


def compare(keys: list, holds: Callable, queries: list) -> list[list[int]]:
    """For each query the positions of the keys with `holds(key, query)`."""
    found = {q: [j for j, key in enumerate(keys) if holds(key, q)] for q in set(queries)}
    return [found[query] for query in queries]


def width(matches: list[list[int]]) -> list[int]:
    """The number of matches."""
    return [len(js) for js in matches]


def largest(matches: list[list[int]], values: list, default: object) -> list:
    """The largest value over the matches; `default` where none matches."""
    return [max((values[j] for j in js), default=default) for js in matches]


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words, "</s>"])[1:-1]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
