"""double_hist

task: for each letter, how many distinct letters occur as often
learned: tprog train, learner auto, seed 0
test part: 100 % of 2,000 sequences, 100 % of answers right
all inputs: 100 % of 335,922 sequences, 100 % of answers right
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line
"""

import sys

VOCABULARY = set("<s> 0 1 2 3 4 5".split())
MAX_LENGTH = 8
TABLE_1 = {
    0: {0: "6", 1: "6", 2: "6", 3: "6", 4: "4", 5: "6", 6: "6", 7: "6", 8: "6"},
    1: {2: "2", 3: "3", 4: "4", 5: "5", 6: "6", 7: "6", 8: "6"},
    2: {4: "2", 6: "3", 7: "3", 8: "3"},
    3: {6: "2", 7: "2", 8: "2"},
}


def run(tokens: list[str]) -> list[str]:
    tokens = admit(tokens)
    count_1 = width(select(tokens, [{"<s>": None}.get(x, x) for x in tokens]))
    count_2 = width(select(count_1, count_1))
    table_1 = [TABLE_1.get(x, {}).get(y, "1") for x, y in zip(count_1, count_2)]
    return table_1


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def width(matches: list[list[int]]) -> list[int]:
    """The number of matches."""
    return [len(js) for js in matches]


def admit(tokens: list[str]) -> list[str]:
    """The tokens as the program sees them."""
    if not 0 < len(tokens) <= MAX_LENGTH:
        raise ValueError(f"input: got {len(tokens)} tokens; expected 1 to {MAX_LENGTH}")
    for i, token in enumerate(tokens):
        if token not in VOCABULARY:
            raise ValueError(f"position {i}: {token!r} is not one of {sorted(VOCABULARY)[:20]}")
    return list(tokens)


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            if words[:1] in ([], ["<s>"]):
                print(*(words and run(words)))
            else:
                print(*run(["<s>", *words])[1:])
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
