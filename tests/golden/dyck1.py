"""dyck1

learned: by hand
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> ( )".split()


def run(tokens: list[str]) -> list[str]:
    if not 0 < len(tokens) <= 16:
        raise ValueError(f"got {len(tokens)} tokens; expected 1 to 16")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    count_1 = [min(x, 15) for x in [tokens[: i + 1].count("(") for i in positions]]
    count_2 = [min(x, 15) for x in [tokens[: i + 1].count(")") for i in positions]]
    table_1 = [(0, 1, 2)[(x - y >= 0) + (x - y >= 1)] for x, y in zip(count_1, count_2)]
    count_3 = [min(x, 1) for x in [table_1[: i + 1].count(0) for i in positions]]
    table_2 = [(("F", "F"), ("T", "F"), ("P", "F"))[x][y] for x, y in zip(table_1, count_3)]
    return table_2


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
