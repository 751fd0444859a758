"""The programs of examples/rasp: their expected outputs, the paper's counts, and Python oracles on random inputs."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.rasp.cost import cost
from transformer_programs.rasp.lowering import program_of
from transformer_programs.rasp.session import Session
from transformer_programs.run import run

FOLDER = Path(__file__).parents[2] / "examples" / "rasp"
EXPECTED = [
    line.split(" | ")
    for line in (FOLDER / "expected.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]

# Layers and heads per layer that the original's scheduler finds (facts of the paper's release).
PAPER = {
    "reverse": (1, 1),
    "histogram_bos": (1,),
    "histogram": (2,),
    "double_histogram": (2, 1),
    "sort_bos": (1, 1),
    "sort_by_frequency": (2, 1, 1),
    "dyck1": (1, 1),
    "dyck2": (1, 2, 1, 1),
    "dyck3": (1, 2, 1, 1),
}


@cache
def session(name: str) -> Session:
    made = Session()
    made.run_file(FOLDER / f"{name}.rasp")
    return made


def outputs(name: str, on: str) -> list[Any]:
    return session(name).on(name, on).values  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "on", "output", "price"), EXPECTED)
def test_expected_outputs(name: str, on: str, output: str, price: str) -> None:
    assert str(session(name).on(name, on)) == output
    assert str(cost(session(name).sop(name).expr)) == price


@pytest.mark.parametrize("name", PAPER)
def test_counts_of_the_paper(name: str) -> None:
    assert cost(session(name).sop(name).expr).heads == PAPER[name]


def dyck(pairs: list[str]) -> Callable[[str], list[str]]:
    def states(word: str) -> list[str]:
        stack: list[str] = []
        answers = []
        failed = False
        for letter in word:
            for first, last in pairs:
                if letter == first:
                    stack.append(last)
                elif letter == last:
                    failed = failed or not stack or stack.pop() != letter
            answers.append("F" if failed else "P" if stack else "T")
        return answers

    return states


def double_histogram(word: str) -> list[int]:
    counts = Counter(word[1:])
    of_counts = Counter(counts.values())
    return [0, *(of_counts[counts[letter]] for letter in word[1:])]


def by_frequency(word: str) -> list[str]:
    counts = Counter(word[1:])
    order = sorted(counts, key=lambda letter: (-counts[letter], word.index(letter)))
    return ["§", *order, *"§" * (len(word) - 1 - len(order))]


def addition(text: str) -> list[str]:
    first, second = text.split("+")
    return list(str(int(first) + int(second)).rjust(len(text)))


def bos(generator: random.Random) -> str:
    return "§" + letters(generator)


def letters(generator: random.Random) -> str:
    return "".join(generator.choices("abcd", k=generator.randint(1, 10)))


def sums(generator: random.Random) -> str:
    first, second = (generator.choice([generator.randint(0, 9), generator.randint(0, 99999), 999]) for _ in range(2))
    return f"{first}+{second}"


def brackets(alphabet: str) -> Callable[[random.Random], str]:
    def word(generator: random.Random) -> str:
        made = ""
        while len(made) < 12:
            made += generator.choice(alphabet)
            if dyck(["()", "{}", "[]"])(made)[-1] == "F" and generator.random() < 0.9:
                made = made[:-1]
        return made

    return word


ORACLES: dict[str, tuple[Callable[[str], list[Any]], Callable[[random.Random], str]]] = {
    "reverse": (lambda w: list(reversed(w)), letters),
    "histogram": (lambda w: [w.count(letter) for letter in w], letters),
    "histogram_bos": (lambda w: [0, *(w.count(letter) for letter in w[1:])], bos),
    "double_histogram": (double_histogram, bos),
    "sort_bos": (lambda w: ["§", *sorted(w[1:])], bos),
    "sort_by_frequency": (by_frequency, bos),
    "dyck1": (dyck(["()"]), brackets("()")),
    "dyck2": (dyck(["()", "{}"]), brackets("(){}")),
    "dyck3": (dyck(["()", "{}", "[]"]), brackets("(){}[]")),
    "addition": (addition, sums),
}


@pytest.mark.parametrize("name", ORACLES)
def test_against_oracles(name: str) -> None:
    oracle, sample = ORACLES[name]
    generator = random.Random(1)
    program = program_of(session(name).sop(name).expr)
    for _ in range(40):
        word = sample(generator)
        assert outputs(name, word) == oracle(word), word
        assert run(program, list(word)) == oracle(word), word


def test_every_short_bracket_word() -> None:
    for n in range(1, 6):
        for word in itertools.product("({)}", repeat=n):
            assert outputs("dyck2", "".join(word)) == dyck(["()", "{}"])("".join(word))


def infer(text: str, rounds: int = 3) -> str:
    """Membership by sets of facts: what `membership.rasp` computes, in plain Python."""
    clauses = text.rstrip("?").split(",")
    flip = {"<": "#", "#": "<"}
    known = {clause for clause in clauses[:-1] if ":" not in clause}
    rules = [clause.split(":") for clause in clauses if ":" in clause]
    for _ in range(rounds):
        new = set()
        for (first, second), e, s in itertools.product(rules, "abc", "ABC"):
            premise, conclusion = (part.replace("x", e).replace("X", s) for part in (first, second))
            if premise in known:
                new.add(conclusion)
            if conclusion[0] + flip[conclusion[1]] + conclusion[2] in known:
                new.add(premise[0] + flip[premise[1]] + premise[2])
        known |= new
    question = clauses[-1]
    if question in known:
        return "T"
    return "F" if question[0] + flip[question[1]] + question[2] in known else "?"


def test_membership_against_an_oracle() -> None:
    generator = random.Random(2)
    answers = Counter()
    for _ in range(25):
        facts = [f"{generator.choice('abc')}{generator.choice('<#')}{generator.choice('ABC')}" for _ in range(2)]
        rules = []
        for _ in range(generator.randint(1, 3)):
            if generator.random() < 0.5:
                sets = generator.sample("ABC", 2)
                rules.append(":".join(f"x{generator.choice('<#')}{s}" for s in sets))
            else:
                rules.append(":".join(f"{e}{generator.choice('<#')}X" for e in generator.sample("abc", 2)))
        clauses = [facts[0], *rules, f"{generator.choice('abc')}{generator.choice('<#')}{generator.choice('ABC')}?"]
        text = ",".join(clauses)
        answers[infer(text)] += 1
        assert outputs("membership", text) == [infer(text)] * len(text), text
    assert len(answers) == 3
