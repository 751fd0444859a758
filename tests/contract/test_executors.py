"""THE invariant: every executor gives the same answers, on every program and every input."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.executors import answers_of
from strategies import inputs, programs, texts
from transformer_programs.batch import Batch
from transformer_programs.program import (
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Either,
    Emit,
    Full,
    Largest,
    LinearScore,
    Mean,
    Negate,
    Offset,
    Output,
    Program,
    Read,
    Relation,
    Smallest,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    check,
)

ANY = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def agree(program: Program, sequences: Sequence[Sequence[str]]) -> None:
    answers = answers_of(program, sequences)
    first = answers["interpreter"]
    for name, answer in answers.items():
        for tokens, got, expected in zip(sequences, answer, first, strict=True):
            assert got == expected, (name, tokens, program)


def all_inputs(vocabulary: Sequence[str], most: int) -> list[tuple[str, ...]]:
    return [tokens for n in range(1, most + 1) for tokens in product(vocabulary, repeat=n)]


@ANY
@given(st.data())
def test_any_program(data: st.DataObject) -> None:
    program = data.draw(programs(odd=True))
    agree(program, data.draw(st.lists(inputs(program), min_size=1, max_size=5)))


@ANY
@given(st.data())
def test_programs_that_read_how_tokens_are_spelled(data: st.DataObject) -> None:
    program = data.draw(programs(text=True, odd=data.draw(st.booleans())))
    words = inputs(program)
    if program.vocabulary is not None and "<unk>" in program.vocabulary:
        words = st.lists(texts(), min_size=1, max_size=program.max_length or 7)
    agree(program, data.draw(st.lists(words, min_size=1, max_size=5)))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("most_steps", [1, 8])
@settings(ANY, max_examples=4)
@given(data=st.data())
def test_what_learning_finds(causal: bool, pooled: bool, most_steps: int, data: st.DataObject) -> None:
    program = data.draw(programs(learned_only=True, causal=causal, pooled=pooled, most_steps=most_steps))
    assert Batch(program).fast
    assert program.vocabulary is not None
    assert program.max_length is not None
    agree(program, all_inputs(program.vocabulary[:3], min(program.max_length, 4)))


def learned(numerical: bool, causal: bool, pooled: bool) -> Program:
    """Each kind of head, a sum of sums, a table of two, limits that bite; or the categorical part of it alone."""
    letters, n = ("a", "b", "c"), 5
    tokens, places = Read("tokens"), Read("positions")
    first = Relation(tokens, places, (("a",), ("b",), (), ("c",), ("a",)))
    steps = [
        Step("head", Closest(first, "positions")),
        Step("copy", Closest(Relation(tokens, tokens, (("b",), ("c",), ("c",))), "tokens")),
        Step("table", Table((Read("head"), Read("copy")), tuple(range(3)) * 5)),
    ]
    scores: list[TableScore | LinearScore] = [
        TableScore(tokens, ((3, 0), (0, 1), (1, 1))),
        TableScore(Read("table"), ((0, 2), (5, 0), (0, 7))),
    ]
    if numerical:
        same = Relation(tokens, tokens, (("a",), ("b",), ("c",)))
        steps += [
            Step("count", Width(same)),
            Step("sum", Total(first, "count")),
            Step("sum_of_sums", Total(same, "sum")),
            Step("mixed", Table((Read("count", 2), Read("sum", 3)), tuple(range(4)) * 3)),
        ]
        scores += [
            LinearScore("sum_of_sums", (-1, 2)),
            TableScore(Read("sum", 4), ((0, 0), (9, 0), (0, 9), (9, 0), (0, 8))),
            TableScore(Read("mixed"), ((1, 0), (0, 1), (3, 0), (0, 3))),
        ]
    output = Classify(("x", "y"), (0, 1), tuple(scores), pooled)
    return check(
        Program(name="all", vocabulary=letters, max_length=n, causal=causal, steps=tuple(steps), output=output)
    )


@pytest.mark.parametrize("numerical", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("pooled", [False, True])
def test_every_input_of_a_small_domain(numerical: bool, causal: bool, pooled: bool) -> None:
    program = learned(numerical, causal, pooled)
    assert Batch(program).fast
    agree(program, all_inputs(("a", "b", "c"), 5))


def positions_of_b(causal: bool, most: int | None) -> Program:
    """At every position the position of the closest b."""
    b = Relation(Read("tokens"), Read("tokens"), (("b",), ("b",)))
    steps = (Step("v", Closest(b, "positions")),)
    return check(
        Program(name="b", vocabulary=("a", "b"), max_length=most, causal=causal, steps=steps, output=Emit("v"))
    )


@pytest.mark.parametrize("causal", [False, True])
def test_the_closest_match_of_every_pattern(causal: bool) -> None:
    """Every set of matches seen from every position: ties, itself, none."""
    agree(positions_of_b(causal, 6), all_inputs(("a", "b"), 6))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("n", [64, 65, 130, 200])
def test_the_closest_match_of_few(n: int, causal: bool) -> None:
    rng = random.Random(n)
    sequences = [["b" if rng.random() < share else "a" for _ in range(n)] for share in (0.01, 0.03, 0.1, 0.5)]
    sequences.append(["b" if i % 64 in (0, 63) else "a" for i in range(n)])
    agree(positions_of_b(causal, None), sequences)


LONG = Both(Compare("tokens", "==", "tokens"), Negate(Offset(-2, 70)))
LENGTH_FREE: dict[str, tuple[list[Step], Output]] = {
    "closest": ([Step("v", Closest(LONG, "positions"))], Emit("v")),
    "width": ([Step("v", Width(Either(LONG, Offset(-1, 1))))], Emit("v")),
    "total": ([Step("v", Total(LONG, "positions")), Step("w", Total(Full(), "v"))], Emit("w")),
    "mean": ([Step("v", Mean(LONG, "positions", -1))], Emit("v")),
    "largest": ([Step("v", Largest(LONG, "tokens", "none"))], Emit("v")),
    "smallest": ([Step("v", Smallest(Compare("positions", ">", "positions"), "positions", -1))], Emit("v")),
    "reverse": (
        [
            Step("length", Width(Full())),
            Step("one", Constant(1)),
            Step("last", Apply("-", ("length", "one"))),
            Step("target", Apply("-", ("last", "positions"))),
            Step("v", Closest(Compare("positions", "==", "target"), "tokens")),
        ],
        Emit("v"),
    ),
    "scores": (
        [Step("v", Width(Compare("positions", "<=", "positions"))), Step("w", Total(LONG, "v"))],
        Classify(
            ("x", "y", "z"), (0, 0, 5), (LinearScore("w", (1, 2, -1)), TableScore(Read("v", 2), ((9, 0, 0),) * 3))
        ),
    ),
}


@pytest.mark.parametrize("n", [1, 63, 64, 65, 200])
@pytest.mark.parametrize("name", LENGTH_FREE)
def test_long_inputs(name: str, n: int) -> None:
    steps, output = LENGTH_FREE[name]
    for causal in (False, True):
        program = check(
            Program(name=name, vocabulary=("a", "b"), max_length=None, causal=causal, steps=tuple(steps), output=output)
        )
        sequences = [["ab"[(i * i + shift) // 7 % 2] for i in range(n)] for shift in (0, 3)]
        agree(program, sequences)
