"""most_freq: the distinct letters by falling frequency, then <s>

learned: tprog train, learner auto, seed 0
all inputs: 100 % of 335,922 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> 0 1 2 3 4 5".split()
TABLE_1 = {
    "<s>": (0, 1, 2, 3, 4, 5, 6, 7),
    "0": (8, 9, 10, 11, 12, 13, 14, 15),
    "1": (16, 17, 18, 19, 20, 21, 22, 23),
    "2": (24, 25, 26, 27, 28, 29, 30, 31),
    "3": (32, 33, 34, 35, 36, 37, 38, 39),
    "4": (40, 41, 42, 43, 44, 45, 46, 47),
    "5": (48, 49, 50, 51, 52, 53, 54, 55),
}
COUNT_2 = {
    1: 0,
    3: 2,
    5: 4,
    7: 6,
    9: 8,
    11: 10,
    13: 12,
    15: 14,
    17: 16,
    19: 18,
    21: 20,
    23: 22,
    25: 24,
    27: 26,
    29: 28,
    31: 30,
    33: 32,
    35: 34,
    37: 36,
    39: 38,
    41: 40,
    43: 42,
    45: 44,
    47: 46,
    49: 48,
    51: 50,
    53: 52,
    55: 54,
}
TABLE_2 = {
    "<s>": (0, 0, 1, 1, 2, 2, 3, 3),
    "0": (4, 4, 5, 5, 6, 6, 7, 7),
    "1": (8, 8, 9, 9, 10, 10, 11, 11),
    "2": (12, 12, 13, 13, 14, 14, 15, 15),
    "3": (16, 16, 17, 17, 18, 18, 19, 19),
    "4": (20, 20, 21, 21, 22, 22, 23, 23),
    "5": (24, 24, 25, 25, 26, 26, 27, 27),
}
COUNT_3 = {
    1: 0,
    3: 2,
    5: 4,
    7: 6,
    9: 8,
    11: 10,
    13: 12,
    15: 14,
    17: 16,
    19: 18,
    21: 20,
    23: 22,
    25: 24,
    27: 26,
}
TABLE_3 = {
    "<s>": (0, 0, 0, 0, 1, 1, 1, 1),
    "0": (2, 2, 2, 2, 3, 3, 3, 3),
    "1": (4, 4, 4, 4, 5, 5, 5, 5),
    "2": (6, 6, 6, 6, 7, 7, 7, 7),
    "3": (8, 8, 8, 8, 9, 9, 9, 9),
    "4": (10, 10, 10, 10, 11, 11, 11, 11),
    "5": (12, 12, 12, 12, 13, 13, 13, 13),
}
COUNT_4 = {1: 0, 3: 2, 5: 4, 7: 6, 9: 8, 11: 10, 13: 12}
TABLE_6 = ((0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0))
TABLE_10 = (
    (0, 1, 2, 3, 4, 5, 6, 7),
    (8, 9, 10, 11, 12, 13, 14, 15),
    (16, 17, 18, 19, 20, 21, 22, 23),
    (24, 25, 26, 27, 28, 29, 30, 31),
    (32, 33, 34, 35, 36, 37, 38, 39),
    (40, 41, 42, 43, 44, 45, 46, 47),
    (48, 49, 50, 51, 52, 53, 54, 55),
    (56, 57, 58, 59, 60, 61, 62, 63),
    (64, 65, 66, 67, 68, 69, 70, 71),
)
COUNT_10 = {
    1: 0,
    3: 2,
    5: 4,
    7: 6,
    9: 8,
    11: 10,
    13: 12,
    15: 14,
    17: 16,
    19: 18,
    21: 20,
    23: 22,
    25: 24,
    27: 26,
    29: 28,
    31: 30,
    33: 32,
    35: 34,
    37: 36,
    39: 38,
    41: 40,
    43: 42,
    45: 44,
    47: 46,
    49: 48,
    51: 50,
    53: 52,
    55: 54,
    57: 56,
    59: 58,
    61: 60,
    63: 62,
    65: 64,
    67: 66,
    69: 68,
    71: 70,
}
TABLE_11 = (
    (0, 0, 1, 1, 2, 2, 3, 3),
    (4, 4, 5, 5, 6, 6, 7, 7),
    (8, 8, 9, 9, 10, 10, 11, 11),
    (12, 12, 13, 13, 14, 14, 15, 15),
    (16, 16, 17, 17, 18, 18, 19, 19),
    (20, 20, 21, 21, 22, 22, 23, 23),
    (24, 24, 25, 25, 26, 26, 27, 27),
    (28, 28, 29, 29, 30, 30, 31, 31),
    (32, 32, 33, 33, 34, 34, 35, 35),
)
COUNT_11 = {
    1: 0,
    3: 2,
    5: 4,
    7: 6,
    9: 8,
    11: 10,
    13: 12,
    15: 14,
    17: 16,
    19: 18,
    21: 20,
    23: 22,
    25: 24,
    27: 26,
    29: 28,
    31: 30,
    33: 32,
    35: 34,
}
TABLE_12 = (
    (0, 0, 0, 0, 1, 1, 1, 1),
    (2, 2, 2, 2, 3, 3, 3, 3),
    (4, 4, 4, 4, 5, 5, 5, 5),
    (6, 6, 6, 6, 7, 7, 7, 7),
    (8, 8, 8, 8, 9, 9, 9, 9),
    (10, 10, 10, 10, 11, 11, 11, 11),
    (12, 12, 12, 12, 13, 13, 13, 13),
    (14, 14, 14, 14, 15, 15, 15, 15),
    (16, 16, 16, 16, 17, 17, 17, 17),
)
COUNT_12 = {1: 0, 3: 2, 5: 4, 7: 6, 9: 8, 11: 10, 13: 12, 15: 14, 17: 16}
TABLE_17 = (
    (7, 0, 0, 0, 0, 0, 0, 0, 0),
    (7, 1, 1, 1, 1, 1, 1, 1, 1),
    (7, 2, 2, 2, 2, 2, 2, 2, 2),
    (7, 3, 3, 3, 3, 3, 3, 3, 3),
    (7, 4, 4, 4, 4, 4, 4, 4, 4),
    (7, 5, 5, 5, 5, 5, 5, 5, 5),
    (7, 6, 6, 6, 6, 6, 6, 6, 6),
    (7, 7, 7, 7, 7, 7, 7, 7, 7),
)


def run(tokens: list[str]) -> list[str]:
    if not (0 < len(tokens) <= 8 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 8 of {VOCABULARY}")
    positions = list(range(len(tokens)))
    count_1 = [tokens.count({"<s>": None}.get(x, x)) for x in tokens]
    table_1 = [TABLE_1[x][y] for x, y in zip(tokens, positions)]
    count_2 = [table_1.count(COUNT_2.get(x)) for x in table_1]
    table_2 = [TABLE_2[x][y] for x, y in zip(tokens, positions)]
    count_3 = [table_2.count(COUNT_3.get(x)) for x in table_2]
    table_3 = [TABLE_3[x][y] for x, y in zip(tokens, positions)]
    count_4 = [table_3.count(COUNT_4.get(x)) for x in table_3]
    table_4 = [min(x + y, 1) for x, y in zip(count_2, count_3)]
    table_5 = [min(x + y, 1) for x, y in zip(table_4, count_4)]
    table_6 = [TABLE_6[x][y] for x, y in zip(count_1, table_5)]
    count_5 = [table_6.count(x + 1) for x in table_6]
    count_6 = [table_6.count(x + 2) for x in table_6]
    count_7 = [table_6.count(x + 3) for x in table_6]
    count_8 = [table_6.count(x + 4) for x in table_6]
    count_9 = [table_6.count(x + 5) for x in table_6]
    table_7 = [min(x + y, 7) for x, y in zip(count_5, count_6)]
    table_8 = [min(x + y, 7) for x, y in zip(count_7, count_8)]
    table_9 = [min(x + y, 7) for x, y in zip(table_7, table_8)]
    table_10 = [TABLE_10[x][y] for x, y in zip(table_6, positions)]
    count_10 = [table_10.count(COUNT_10.get(x)) for x in table_10]
    table_11 = [TABLE_11[x][y] for x, y in zip(table_6, positions)]
    count_11 = [table_11.count(COUNT_11.get(x)) for x in table_11]
    table_12 = [TABLE_12[x][y] for x, y in zip(table_6, positions)]
    count_12 = [table_12.count(COUNT_12.get(x)) for x in table_12]
    table_13 = [min(x + y, 7) for x, y in zip(count_10, count_11)]
    table_14 = [min(x + y, 7) for x, y in zip(table_13, count_12)]
    table_15 = [min(x + y, 7) for x, y in zip(table_9, count_9)]
    table_16 = [min(x + y, 7) for x, y in zip(table_15, table_14)]
    table_17 = [TABLE_17[x][y] for x, y in zip(table_16, table_6)]
    head_1 = closest(select(table_17, [x - 1 for x in positions]), tokens)
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
