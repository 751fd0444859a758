"""induction

task: at each letter, the number that followed it earlier
learned: tprog train, learner auto, seed 0
test part: 100 % of 2,000 sequences, 100 % of answers right
all inputs: 100 % of 66,880 sequences, 100 % of answers right
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line
"""

import sys

VOCABULARY = set("<s> a b c d 0 1 2 3".split())
MAX_LENGTH = 10


def run(tokens: list[str]) -> list[str]:
    tokens = admit(tokens)
    positions = list(range(len(tokens)))
    head_1 = closest(past(offset(positions, -1, -1)), tokens)
    head_2 = closest(past(select(head_1, tokens)), tokens)
    table_1 = [{"<s>": "<unk>", "1": "1", "2": "2", "3": "3"}.get(x, "0") for x in head_2]
    return table_1


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def offset(positions: list[int], low: int, high: int) -> list[list[int]]:
    """For each position the positions from `low` to `high` places further right."""
    return [list(positions[max(i + low, 0) : max(i + high + 1, 0)]) for i in positions]


def past(matches: list[list[int]]) -> list[list[int]]:
    """The positions selected, without those further right."""
    return [[j for j in js if j <= i] for i, js in enumerate(matches)]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


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
