"""dyck2: each prefix of two kinds of brackets: balanced (T), can be completed (P), neither (F)

learned: tprog train, learner any-length, seed 0
all inputs: 100 % of 262,144 sequences, 100 % of answers right
11 to 20 tokens: 100 % of 1,000 sequences right
20 tokens: 100 % of 1,000 sequences right
50 tokens: 100 % of 1,000 sequences right
200 tokens: 100 % of 1,000 sequences right
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import operator
import sys
from functools import reduce

VOCABULARY = "<s> ( ) { }".split()
TABLE_3 = {")": {"<s>": 1, "{": 1}, "}": {"<s>": 1, "(": 1}}


def run(tokens: list[str]) -> list[str]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    table_1 = [{")": 1, "}": 1}.get(x, 0) for x in tokens]
    table_2 = [{"<s>": 0, ")": -1, "}": -1}.get(x, 1) for x in tokens]
    sum_1 = total(past(full(positions)), table_2)
    sum_1_1 = [min(max(x, 0), 1) for x in sum_1]
    number_1 = [x + y for x, y in zip(sum_1, table_1)]
    head_1 = closest(past(select(number_1, number_1)), tokens)
    table_3 = [TABLE_3.get(x, {}).get(y, 0) for x, y in zip(tokens, head_1)]
    sum_2 = [min(x, 1) for x in total(past(full(positions)), table_3)]
    table_4 = [(("T", "P"), ("F", "F"))[x][y] for x, y in zip(sum_2, sum_1_1)]
    return table_4


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def full(positions: list[int]) -> list[list[int]]:
    """Every position, for each position."""
    return [list(positions) for _ in positions]


def past(matches: list[list[int]]) -> list[list[int]]:
    """The positions selected, without those further right."""
    return [[j for j in js if j <= i] for i, js in enumerate(matches)]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


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
