"""dyck2: each prefix of two kinds of brackets: balanced (T), can be completed (P), neither (F)

learned: tprog train, learner auto, seed 0
test part: 100 % of 2,000 sequences, 100 % of answers right
fresh samples: 99.99 % of 100,000 sequences, 99.99 % of answers right
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys
from functools import cache

VOCABULARY = "<s> ( ) { }".split()
TABLE_3 = [int(z) for z in """
    2 2 2 2 2 2 0 0 0 0 0 0 0 0 0 0 1 2 2 2 2 2 2 1 1 0 0 0 2 2 2 2 2
""".split()]
HEAD_2 = {0: 17, 1: 15, 2: 15, 3: 15, 4: 15, 5: 15, 6: 15, 7: 15}
TABLE_5 = {(")", "{"): 1, ("{", "{"): 1, ("}", "("): 1}
SCORES = """
    T   P  F
    0   3  2  * 1
    0  -3  0  table_2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
    2   0  3  table_4 0
    2   0  0  table_4 2
    1   0  2  count_3 1
"""


def run(tokens: list[str]) -> list[str]:
    if not 0 < len(tokens) <= 16:
        raise ValueError(f"got {len(tokens)} tokens; expected 1 to 16")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    table_1 = [{"<s>": 2, ")": 1, "}": 1}.get(x, 0) for x in tokens]
    count_1 = [table_1[: i + 1].count(0) for i in positions]
    count_2 = [table_1[: i + 1].count(1) for i in positions]
    table_2 = [x - y + 16 for x, y in zip(count_1, count_2)]
    table_3 = [TABLE_3[x] for x in table_2]
    head_1 = table_2[:1] + table_2[:-1]
    head_2 = closest(past(select(table_2, [HEAD_2.get(x) for x in count_2])), table_3)
    table_4 = [((0, 1, 1), (0, 2, 1), (0, 1, 1))[x][y] for x, y in zip(table_3, head_2)]
    head_3 = closest(past(select(head_1, table_2)), tokens)
    table_5 = [TABLE_5.get((x, y), 0) for x, y in zip(tokens, head_3)]
    count_3 = [min(x, 1) for x in [table_5[: i + 1].count(1) for i in positions]]
    return classify(SCORES, locals())


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def past(matches: list[list[int]]) -> list[list[int]]:
    """The positions selected, without those further right."""
    return [[j for j in js if j <= i] for i, js in enumerate(matches)]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


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


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
