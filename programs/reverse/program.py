"""reverse: the letters backwards

learned: tprog train, learner auto, seed 0
all inputs: 100 % of 19,530 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> </s> 0 1 2 3 4".split()


def run(tokens: list[str]) -> list[str]:
    if not (0 < len(tokens) <= 8 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 8 of {VOCABULARY}")
    positions = list(range(len(tokens)))
    head_1 = closest(where(tokens, "</s>"), positions)
    table_1 = [min(y - x, 7) for x, y in zip(positions, head_1)]
    head_2 = closest(select(positions, table_1), tokens)
    table_2 = [{"<s>": "0", "</s>": "0"}.get(x, x) for x in head_2]
    return table_2


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def where(keys: list, *values: object) -> list[list[int]]:
    """At every position the positions of the keys among the values."""
    found = [j for j, key in enumerate(keys) if key in values]
    return [found for _ in keys]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words, "</s>"])[1:-1]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
