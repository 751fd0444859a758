"""double_hist: for each letter, how many distinct letters occur as often

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
from functools import reduce

VOCABULARY = "<s> 0 1 2 3 4 5".split()


def run(tokens: list[str]) -> list[object]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    table_1 = [{"<s>": 0}.get(x, 1) for x in tokens]
    count_1 = [tokens.count(x) for x in tokens]
    sum_1 = total(select(count_1, count_1), table_1)
    number_1 = [x // y for x, y in zip(sum_1, count_1)]
    return number_1


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


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
