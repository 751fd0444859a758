"""reverse

task: the letters backwards
learned: tprog train, learner auto, seed 0
test part: 100 % of 1,953 sequences, 100 % of answers right
all inputs: 100 % of 19,530 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line
"""

import sys

VOCABULARY = set("<s> </s> 0 1 2 3 4".split())
MAX_LENGTH = 8
TABLE_1 = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7}


def run(tokens: list[str]) -> list[str]:
    tokens = admit(tokens)
    positions = list(range(len(tokens)))
    head_1 = closest(where(tokens, "</s>"), positions)
    table_1 = [TABLE_1.get(y - x, 8) for x, y in zip(positions, head_1)]
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


def admit(tokens: list[str]) -> list[str]:
    """The tokens as the program sees them."""
    if not 0 < len(tokens) <= MAX_LENGTH:
        raise ValueError(f"input: got {len(tokens)} tokens; expected 1 to {MAX_LENGTH}")
    for i, token in enumerate(tokens):
        if token not in VOCABULARY:
            raise ValueError(f"position {i}: {token!r} is not one of {sorted(VOCABULARY)[:20]}")
    return list(tokens)


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            if words[:1] in ([], ["<s>"]):
                print(*(words and run(words)))
            else:
                print(*run(["<s>", *words, "</s>"])[1:-1])
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
