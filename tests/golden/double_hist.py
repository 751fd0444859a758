"""double_hist

learned: by hand
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> 0 1 2 3 4 5".split()
TABLE_1 = {
    1: {3: "2", 4: "3", 5: "4", 6: "5", 7: "6", 8: "6"},
    2: {4: "2", 5: "2", 6: "3", 7: "3", 8: "3"},
    3: {6: "2", 7: "2", 8: "2"},
}


def run(tokens: list[str]) -> list[str]:
    if not (0 < len(tokens) <= 8 and {*tokens} <= {*VOCABULARY}):
        raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 8 of {VOCABULARY}")
    count_1 = [tokens.count(x) for x in tokens]
    count_2 = [count_1.count(x) for x in count_1]
    table_1 = [TABLE_1.get(x, {}).get(y, "1") for x, y in zip(count_1, count_2)]
    return table_1


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
