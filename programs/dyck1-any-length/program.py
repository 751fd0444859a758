"""dyck1: each prefix of brackets: balanced (T), can be completed (P), neither (F)

learned: tprog train, learner any-length, seed 0
all inputs: 100 % of 512 sequences, 100 % of answers right
11 to 20 tokens: 100 % of 1,000 sequences right
20 tokens: 100 % of 1,000 sequences right
50 tokens: 100 % of 1,000 sequences right
200 tokens: 100 % of 1,000 sequences right
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import operator
import sys
from functools import reduce

VOCABULARY = "<s> ( )".split()


def run(tokens: list[str]) -> list[str]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    table_1 = [{"(": 1, ")": -1}.get(x, 0) for x in tokens]
    table_2 = [{"(": -1, ")": 1}.get(x, 0) for x in tokens]
    sum_1 = [min(max(x, 0), 1) for x in total(past(full(positions)), table_1)]
    sum_2 = [min(max(x, 0), 1) for x in total(past(full(positions)), table_2)]
    table_3 = [(0, 1)[x] for x in sum_2]
    sum_3 = [min(x, 1) for x in total(past(full(positions)), table_3)]
    table_4 = [(("T", "P"), ("F", "F"))[x][y] for x, y in zip(sum_3, sum_1)]
    return table_4


def full(positions: list[int]) -> list[list[int]]:
    """Every position, for each position."""
    return [list(positions) for _ in positions]


def past(matches: list[list[int]]) -> list[list[int]]:
    """The positions selected, without those further right."""
    return [[j for j in js if j <= i] for i, js in enumerate(matches)]


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
