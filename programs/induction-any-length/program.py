"""induction: at each letter, the number that followed it earlier

learned: tprog train, learner any-length, seed 0
all inputs: 100 % of 66,880 sequences, 100 % of answers right
11 to 20 tokens: 100 % of 1,000 sequences right
20 tokens: 100 % of 1,000 sequences right
50 tokens: 100 % of 1,000 sequences right
200 tokens: 100 % of 1,000 sequences right
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> a b c d 0 1 2 3".split()


def run(tokens: list[str]) -> list[str]:
    if not tokens:
        raise ValueError("got no tokens; expected at least one")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    head_1 = tokens[:1] + tokens[:-1]
    head_2 = closest(past(select(head_1, tokens)), tokens)
    table_1 = [{"0": "0", "1": "1", "2": "2", "3": "3"}.get(x, "<unk>") for x in head_2]
    return table_1


def select(keys: list, queries: list) -> list[list[int]]:
    """For each query the positions of the keys that equal it."""
    places: dict = {}
    for j, key in enumerate(keys):
        places.setdefault(key, []).append(j)
    return [places.get(query, []) for query in queries]


def past(matches: list[list[int]]) -> list[list[int]]:
    """The positions selected, without those further right."""
    return [[j for j in js if j <= i] for i, js in enumerate(matches)]


def closest(matches: list[list[int]], values: list) -> list:
    """The value at the closest match: left before right, itself last; position 0 where none matches."""
    choices = [js or [0] for js in matches]
    return [values[min(js, key=lambda j: (j == i, abs(i - j)))] for i, js in enumerate(choices)]


if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            print(*(run(words) if words[:1] == ["<s>"] else run(["<s>", *words])[1:]))
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
