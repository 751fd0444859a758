"""dyck2: each prefix of two kinds of brackets: balanced (T), can be completed (P), neither (F)

learned: tprog train, learner auto, seed 0
test part: 100 % of 2,000 sequences, 100 % of answers right
fresh samples: 100 % of 100,000 sequences, 100 % of answers right
causal: a position sees itself and what is before it
run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"""

import sys

VOCABULARY = "<s> ( ) { }".split()
TABLE_3 = {(")", "("): 1, ("{", "("): 1, ("}", "{"): 1}


def run(tokens: list[str]) -> list[str]:
    if not 0 < len(tokens) <= 16:
        raise ValueError(f"got {len(tokens)} tokens; expected 1 to 16")
    if not {*tokens} <= {*VOCABULARY}:
        raise ValueError(f"unknown tokens {set(tokens) - {*VOCABULARY}}; known: {VOCABULARY[:20]}")
    positions = list(range(len(tokens)))
    table_1 = [{"<s>": 2, ")": 1, "}": 1}.get(x, 0) for x in tokens]
    count_1 = [table_1[: i + 1].count(0) for i in positions]
    count_2 = [table_1[: i + 1].count(1) for i in positions]
    table_2 = [min(x - y, 16) for x, y in zip(count_1, count_2)]
    head_1 = table_2[:1] + table_2[:-1]
    head_2 = closest(past(select(head_1, table_2)), tokens)
    table_3 = [TABLE_3.get((x, y), 0) for x, y in zip(tokens, head_2)]
    count_3 = [table_3[: i + 1].count(1) for i in positions]
    table_4 = [{0: 1}.get(x - y, 0) for x, y in zip(count_2, count_3)]
    table_5 = [{0: ("F", "T")}.get(x, ("F", "P"))[y] for x, y in zip(table_2, table_4)]
    return table_5


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
