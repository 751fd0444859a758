"""The programs of examples/raspl against oracles, token by token. All: `python tests/rasp/raspl_oracles.py 1000`."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from transformer_programs.rasp.raspl import RaspLSession, generate

FOLDER = Path(__file__).parents[2] / "examples" / "raspl"
LONGEST = 60
SEP, END, PLUS, EQ = -1, -2, -3, -4

Case = tuple[list[int], list[int]]


def count(generator: random.Random) -> Case:
    length = generator.randint(1, LONGEST)
    low = generator.randint(0, 126 - length)
    return [low, low + length - 1, SEP], list(range(low, low + length))


def mode(generator: random.Random) -> Case:
    length = generator.randint(1, LONGEST)
    tokens = generator.choices(range(generator.randint(1, 20)), k=length)
    most = max(map(tokens.count, tokens))
    last = max(i for i, token in enumerate(tokens) if tokens.count(token) == most)
    return [*tokens, SEP], [tokens[last]]


def mode_scratchpad(generator: random.Random) -> Case:
    letters = generator.choices(
        range(5), weights=[generator.random() for _ in range(5)], k=generator.randint(1, LONGEST)
    )
    pairs = sorted((letters.count(letter), letter) for letter in range(5))
    return [*letters, SEP], [token for count, letter in pairs for token in (20 + count, letter)]


def copy(generator: random.Random) -> Case:
    tokens = generator.sample(range(128), generator.randint(1, LONGEST))
    return [SEP, *tokens, SEP], tokens


def sort(generator: random.Random) -> Case:
    length = generator.randint(1, LONGEST)
    tokens = generator.choices(range(generator.choice([5, 128])), k=length)
    return [*tokens, SEP], sorted(tokens)


def _sum(generator: random.Random) -> tuple[list[int], list[tuple[int, int]]]:
    """A prompt, and the hints and digits of the answer from the first on; numbers of up to 14 digits: 58 tokens."""
    n = generator.randint(1, 14)
    nines = generator.random() < 0.3
    top = 10 ** (n - 1) * 5 if n > 1 else 5
    first = generator.randrange(top)
    second = (
        min(top - 1, 10 ** (n - 1) - 1 - first % 10 ** (n - 1) + generator.randint(0, 1))
        if nines
        else generator.randrange(top)
    )
    start = generator.randint(20, 127 - n)
    hints = range(start, start + n)
    pairs = [
        [token for hint, digit in zip(hints, f"{number:0{n}d}") for token in (hint, int(digit))]
        for number in (first, second)
    ]
    answer = list(zip(hints, map(int, f"{first + second:0{n}d}")))
    return [*pairs[0], PLUS, *pairs[1], EQ], answer


def addition_forward(generator: random.Random) -> Case:
    prompt, answer = _sum(generator)
    return prompt, [token for pair in answer for token in pair]


def addition_reversed(generator: random.Random) -> Case:
    prompt, answer = _sum(generator)
    return prompt, [token for pair in reversed(answer) for token in pair]


def parity(generator: random.Random) -> Case:
    n = generator.randint(1, LONGEST // 2)
    start = generator.randint(20, 127 - n)
    bits = [generator.randint(0, 1) for _ in range(n)]
    prompt = [token for i, bit in enumerate(bits) for token in (start + i, bit)]
    ones = [i for i, bit in enumerate(bits) if bit]
    return [*prompt, SEP], [2, *(token for seen, i in enumerate(ones, 1) for token in (start + i, 2 + seen % 2))]


TASKS: dict[str, Callable[[random.Random], Case]] = {
    "addition_forward": addition_forward,
    "addition_reversed": addition_reversed,
    "copy": copy,
    "count": count,
    "mode": mode,
    "mode_scratchpad": mode_scratchpad,
    "parity": parity,
    "sort": sort,
}


def wrong(name: str, cases: int, seed: int = 0) -> list[Case]:
    """The cases in which a program does not write what it should."""
    session = RaspLSession()
    session.run_file(FOLDER / f"{name}.rasp")
    sop = session.sop("next").expr
    generator = random.Random(seed)
    made = [TASKS[name](generator) for _ in range(cases)]
    return [(prompt, answer) for prompt, answer in made if generate(sop, prompt, END, longest=200) != answer]


if __name__ == "__main__":
    number = int(sys.argv[1])
    for task in TASKS:
        begun = time.process_time()
        found = wrong(task, number)
        print(f"{task}: {number - len(found)} of {number} right, {time.process_time() - begun:.1f} s")
