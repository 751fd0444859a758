"""hist: for each letter, how often it occurs

learned: tprog train, learner auto, seed 0
all inputs: 100 % of 335,922 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> 0 1 2 3 4 5".split()


def run(tokens: list[str]) -> list[int]:
    if not (0 < len(tokens) <= 8 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 8 of {VOCABULARY}")
    count_1 = [tokens.count(x) for x in tokens]
    return count_1


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
