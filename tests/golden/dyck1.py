"""dyck1

learned: by hand
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line
"""

import sys

VOCABULARY = set("<s> ( )".split())
MAX_LENGTH = 16


def run(tokens: list[str]) -> list[str]:
    tokens = admit(tokens)
    count_1 = [min(x, 15) for x in width(past(where(tokens, "(")))]
    count_2 = [min(x, 15) for x in width(past(where(tokens, ")")))]
    table_1 = [(0, 1, 2)[(x - y >= 0) + (x - y >= 1)] for x, y in zip(count_1, count_2)]
    count_3 = [min(x, 1) for x in width(past(where(table_1, 0)))]
    table_2 = [(("F", "F"), ("T", "F"), ("P", "F"))[x][y] for x, y in zip(table_1, count_3)]
    return table_2


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
