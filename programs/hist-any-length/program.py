"""hist: for each letter, how often it occurs

learned: tprog train, learner any-length, seed 0
test part: 100 % of 2,000 sequences, 100 % of answers right
fresh samples: 100 % of 100,000 sequences, 100 % of answers right
11 to 20 tokens: 100 % of 1,000 sequences right
20 tokens: 100 % of 1,000 sequences right
50 tokens: 100 % of 1,000 sequences right
200 tokens: 100 % of 1,000 sequences right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> 0 1 2 3 4 5".split()


def run(tokens: list[str]) -> list[int]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    count_1 = [tokens.count(x) for x in tokens]
    return count_1


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
