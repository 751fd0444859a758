"""dyck1: each prefix of brackets: balanced (T), can be completed (P), neither (F)

learned: tprog train, learner auto, seed 0
all inputs: 100 % of 32,768 sequences, 100 % of answers right
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
    count_1 = [tokens[: i + 1].count("(") for i in positions]
    count_2 = [tokens[: i + 1].count(")") for i in positions]
    table_1 = [{0: 2, 1: 1}.get(y - x, 0) for x, y in zip(count_1, count_2)]
    count_3 = [min(x, 1) for x in [table_1[: i + 1].count(1) for i in positions]]
    table_2 = [(("P", "F"), ("P", "F"), ("T", "F"))[x][y] for x, y in zip(table_1, count_3)]
    return table_2


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
