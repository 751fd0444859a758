"""dyck1

task: each prefix of brackets: balanced (T), can be completed (P), neither (F)
learned: tprog train, learner auto, seed 0
test part: 100 % of 2,000 sequences, 100 % of answers right
all inputs: 100 % of 32,768 sequences, 100 % of answers right
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line
"""

import sys

VOCABULARY = set("<s> ( )".split())
MAX_LENGTH = 16
COUNT_3 = {"<s>": None}


def run(tokens: list[str]) -> list[str]:
    tokens = admit(tokens)
    count_1 = width(past(where(tokens, "(")))
    count_2 = width(past(where(tokens, ")")))
    table_1 = [{0: 2, 1: 1}.get(y - x, 0) for x, y in zip(count_1, count_2)]
    count_3 = [min(x, 1) for x in width(past(select(table_1, [COUNT_3.get(x, 1) for x in tokens])))]
    table_2 = [(("P", "F"), ("P", "F"), ("T", "F"))[x][y] for x, y in zip(table_1, count_3)]
    return table_2


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def where(keys: list, *values: object) -> list[list[int]]:
    """At every position the positions of the keys among the values."""
    found = [j for j, key in enumerate(keys) if key in values]
    return [found for _ in keys]


def past(matches: list[list[int]]) -> list[list[int]]:
    """The positions selected, without those further right."""
    return [[j for j in js if j <= i] for i, js in enumerate(matches)]


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
