"""sort

task: the letters in order
learned: tprog train, learner auto, seed 0
test part: 100 % of 1,953 sequences, 100 % of answers right
all inputs: 100 % of 19,530 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line
"""

import sys
from functools import cache

VOCABULARY = set("<s> </s> 0 1 2 3 4".split())
MAX_LENGTH = 8
SCORES = """
    0   1   2   3   4
    0   2   3   4   6  * 1
    0   2   4   6   8  positions 2
    0   4   8  12  16  positions 3
    0   6  12  18  24  positions 4
    0   8  16  24  32  positions 5
    0  10  20  30  40  positions 6 7
    8   6   4   2   0  * count_1
    0   0  -2  -4  -6  * count_2
    0   0   0  -2  -4  * count_3
    0   0   0   0  -2  * count_4
"""


def run(tokens: list[str]) -> list[str]:
    tokens = admit(tokens)
    positions = list(range(len(tokens)))
    count_1 = width(where(tokens, "0"))
    count_2 = width(where(tokens, "1"))
    count_3 = width(where(tokens, "2"))
    count_4 = width(where(tokens, "3"))
    return classify(SCORES, locals())


def where(keys: list, *values: object) -> list[list[int]]:
    """At every position the positions of the keys among the values."""
    found = [j for j, key in enumerate(keys) if key in values]
    return [found for _ in keys]


def width(matches: list[list[int]]) -> list[int]:
    """The number of matches."""
    return [len(js) for js in matches]


def classify(text: str, columns: dict[str, list], pooled: bool = False) -> list[str]:
    """The label with the largest sum of scores, the first of equals."""
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


@cache
def unembed(text: str) -> tuple[list[str], dict]:
    """The labels, and the scores that each value of a variable adds ("*": the variable times them)."""
    labels, *rows = (line.split() for line in text.strip().splitlines())
    n = len(labels)
    scores = {(row[n], value): [*map(int, row[:n])] for row in rows for value in row[n + 1 :]}
    return labels, scores


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
