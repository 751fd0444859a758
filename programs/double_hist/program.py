"""double_hist: for each letter, how many distinct letters occur as often

learned: tprog train, learner auto, seed 0
all inputs: 100 % of 335,922 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> 0 1 2 3 4 5".split()
TABLE_1 = {1: {2: "2", 3: "3", 4: "4", 5: "5", 6: "6"}, 2: {4: "2", 6: "3"}, 3: {6: "2"}}


def run(tokens: list[str]) -> list[str]:
    if not (0 < len(tokens) <= 8 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 8 of {VOCABULARY}")
    count_1 = [tokens.count({"<s>": None}.get(x, x)) for x in tokens]
    count_2 = [min(x, 6) for x in [count_1.count(x) for x in count_1]]
    table_1 = [TABLE_1.get(x, {}).get(y, "1") for x, y in zip(count_1, count_2)]
    return table_1


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
