"""most_freq: the distinct letters by falling frequency, then <s>

learned: tprog train, learner auto, seed 0
all inputs: 100 % of 335,922 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> 0 1 2 3 4 5".split()
TABLE_2 = ((0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0))
TABLE_8 = {
    0: {1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0},
    1: {1: 1, 2: 1, 3: 1},
    2: {1: 2, 2: 2},
    3: {1: 3},
    4: {1: 4},
    5: {1: 5},
}
HEAD_1 = (None, 0, 1, 2, 3, 4, 5, None)


def run(tokens: list[str]) -> list[str]:
    if not (0 < len(tokens) <= 8 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 8 of {VOCABULARY}")
    positions = list(range(len(tokens)))
    count_1 = [tokens.count({"<s>": None}.get(x, x)) for x in tokens]
    count_2 = [tokens[:i].count(x) for i, x in enumerate(tokens)]
    table_1 = [(0, 1)[x >= 1] for x in count_2]
    table_2 = [TABLE_2[x][y] for x, y in zip(count_1, table_1)]
    count_3 = [table_2.count(x + 1) for x in table_2]
    count_4 = [table_2.count(x + 2) for x in table_2]
    count_5 = [table_2.count(x + 3) for x in table_2]
    count_6 = [table_2.count(x + 4) for x in table_2]
    count_7 = [table_2.count(x + 5) for x in table_2]
    table_3 = [min(x + y, 6) for x, y in zip(count_3, count_4)]
    table_4 = [min(x + y, 6) for x, y in zip(count_5, count_6)]
    table_5 = [min(x + y, 6) for x, y in zip(table_3, table_4)]
    count_8 = [table_2[:i].count(x) for i, x in enumerate(table_2)]
    table_6 = [min(x + y, 6) for x, y in zip(table_5, count_7)]
    table_7 = [min(x + y, 6) for x, y in zip(table_6, count_8)]
    table_8 = [TABLE_8.get(x, {}).get(y, 6) for x, y in zip(table_7, table_2)]
    head_1 = closest(select(table_8, [HEAD_1[x] for x in positions]), tokens)
    return head_1


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
