"""sort

learned: by hand
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys
from functools import cache

VOCABULARY = "<s> </s> 0 1 2 3 4".split()
SCORES = """
    0   1   2   3   4
    4   3   2   1   0  positions 0
    0   1   2   3   4  positions 1
    0   3   6   9  12  positions 2
    0   5  10  15  20  positions 3
    0   7  14  21  28  positions 4
    0   9  18  27  36  positions 5
    0  11  22  33  44  positions 6
    0  13  26  39  52  positions 7
    8   6   4   2   0  * count_1
    0   0  -2  -4  -6  * count_2
    0   0   0  -2  -4  * count_3
    0   0   0   0  -2  * count_4
"""


def run(tokens: list[str]) -> list[str]:
    if not (0 < len(tokens) <= 8 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 8 of {VOCABULARY}")
    positions = list(range(len(tokens)))
    count_1 = [tokens.count("0")] * len(tokens)
    count_2 = [tokens.count("1")] * len(tokens)
    count_3 = [tokens.count("2")] * len(tokens)
    count_4 = [tokens.count("3")] * len(tokens)
    return classify(SCORES, locals())


def classify(text: str, columns: dict[str, list], pooled: bool = False) -> list[str]:
    """The label with the largest sum of scores, the first of equals."""
    sums = add_up(text, columns)
    if pooled:
        sums = [[sum(column) for column in zip(*sums)]]
    return [unembed(text)[0][row.index(max(row))] for row in sums]


def add_up(text: str, columns: dict[str, list]) -> list[list[int]]:
    """For every position the scores that its values add, summed: one number a label."""
    _, times, scores = unembed(text)
    ones = [1] * len(columns["tokens"])
    parts = [[[x * k for k in row] for x in columns.get(name, ones)] for name, row in times.items()]
    parts += [[*map(rows.get, map(str, columns[name]))] for name, rows in scores.items()]
    return [list(map(sum, zip(*filter(None, rows)))) for rows in zip(*parts)]


@cache
def unembed(text: str) -> tuple[list[str], dict, dict]:
    """The labels, the scores of "1" and of variables as numbers, and those of each value of a variable."""
    labels, *rows = (line.split() for line in text.strip().splitlines())
    n = len(labels)
    scores: dict[str, dict] = {"*": {"1": (0,) * n}}
    for row in rows:
        scores.setdefault(row[n], {}).update(dict.fromkeys(row[n + 1 :], tuple(map(int, row[:n]))))
    return labels, scores.pop("*"), scores


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words, "</s>"])[1:-1]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
