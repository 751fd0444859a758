"""Heads of the hard learner beyond the paper's class: what they make every executor runs, and each is learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from transformer_programs.batch import Batch
from transformer_programs.compiler import compile_program
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.learn.hard import Halving, Hard, Schedule, Search, Shape
from transformer_programs.learn.hard.convert import to_program
from transformer_programs.learn.hard.lift import lift
from transformer_programs.learn.hard.network import room
from transformer_programs.learn.hard.problem import hardened, initial, prepare
from transformer_programs.learn.hard.prune import features
from transformer_programs.learn.scores import Scores
from transformer_programs.passes import simplify
from transformer_programs.program import Program
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, Kind

BOTH_KINDS = Shape(layers=2, categorical_heads=2, counting_heads=3, categorical_tables=1, numerical_tables=0)
SHAPES = [
    replace(BOTH_KINDS, prefix=2),
    replace(BOTH_KINDS, sets=1, ordered=1),
    replace(BOTH_KINDS, weights=2, ordered=1, prefix=2),
]


def tagging(label: Callable[[Sequence[int]], list[int]], causal: bool = False, size: int = 600) -> Dataset:
    """Sequences of up to six of four tokens; the label of each position is a number, at most 3."""
    random = np.random.default_rng(0)
    examples = []
    for n in random.integers(1, 7, size):
        tokens = random.integers(0, 4, n).tolist()
        examples.append(Example(tuple("abcd"[t] for t in tokens), tuple(str(min(max(x, 0), 3)) for x in label(tokens))))
    return Dataset(
        name="made",
        kind=Kind.TAGGING,
        vocabulary=tuple("abcd"),
        labels=tuple("0123"),
        max_length=6,
        causal=causal,
        train=tuple(examples[: size // 2]),
        validation=tuple(examples[size // 2 : 3 * size // 4]),
        test=tuple(examples[3 * size // 4 :]),
    )


NOISE = tagging(lambda tokens: [t * t % 3 for t in tokens], size=120)


def untrained(shape: Shape, seed: int, data: Dataset) -> Program:
    """A program of random choices and random whole scores, so large that hardly two sums are equal."""
    random = np.random.default_rng(seed)
    problem = prepare(data, shape)
    candidate, kept = hardened(problem, initial(problem, random), room(problem.network)), features(problem)
    net = problem.network.sizes
    finite, numbers = [v for v, number in kept if not number], [v for v, number in kept if number]
    shape_of = (net.limit + 1, net.labels)
    scores = Scores(
        random.integers(-3, 4, net.labels),
        tuple(random.integers(-9999, 9999, shape_of) for _ in finite),
        random.integers(-999, 999, (len(numbers), net.labels)),
    )
    return to_program(problem, candidate, scores, kept)


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
@pytest.mark.parametrize("causal", [False, True])
def test_every_executor_runs_what_the_options_make(shape: Shape, causal: bool) -> None:
    data = replace(NOISE, causal=causal)
    program = untrained(shape, 3, data)
    sequences = [example.tokens for example in data.train[:12]]
    answers = [Interpreter(program)(tokens) for tokens in sequences]
    assert Batch(program).predict(sequences) == answers
    printed = print_python(simplify(program))
    assert read_python(printed) == simplify(program)
    module: dict[str, Any] = {"__name__": "printed"}
    exec(compile(printed, "program.py", "exec"), module)
    assert [module["run"](tokens) for tokens in sequences] == answers
    compiled = compile_program(simplify(program))
    assert [compiled(tokens) for tokens in sequences] == answers


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_what_the_options_make_can_be_lifted_again(shape: Shape) -> None:
    program = untrained(shape, 4, NOISE)
    interpreter = Interpreter(program)
    examples = tuple(Example(e.tokens, tuple(interpreter(e.tokens))) for e in NOISE.train)
    problem, candidate, _ = lift(program, replace(NOISE, train=examples, validation=()))
    assert candidate.accuracy == 1
    beyond = {(m.predicate, m.prefix, m.weighted) for m in problem.network.choices}
    assert len(beyond) > 1


def before(tokens: Sequence[int]) -> list[int]:
    """How often the token has stood up to here."""
    return [tokens[: i + 1].count(t) for i, t in enumerate(tokens)]


def odd(tokens: Sequence[int]) -> list[int]:
    """How many tokens are b or d."""
    return [sum(t % 2 for t in tokens)] * len(tokens)


def less(tokens: Sequence[int]) -> list[int]:
    """How many tokens are smaller."""
    return [sum(other < t for other in tokens) for t in tokens]


def depth(tokens: Sequence[int]) -> list[int]:
    """Every a opens, every b closes, up to here."""
    return [tokens[: i + 1].count(0) - tokens[: i + 1].count(1) for i in range(len(tokens))]


ONE_COUNT = Shape(layers=1, categorical_heads=0, counting_heads=1, categorical_tables=0, numerical_tables=0)
QUICK = Hard(
    shape=ONE_COUNT,
    schedule=Schedule(steps=200, programs=16, snapshots=4),
    small_restarts=0,
    restarts=2,
    halving=Halving(rungs=0),
    repair=Search(rounds=2, sequences=200, candidates=20, refit_steps=30),
    finalists=0,
)


@pytest.mark.parametrize(
    ("label", "causal", "options"),
    [
        (before, False, {"prefix": 1}),
        (odd, False, {"sets": 1}),
        (less, False, {"ordered": 1}),
        (depth, True, {"weights": 1, "ordered": 1}),
    ],
    ids=["prefix", "sets", "ordered", "weights"],
)
def test_one_head_with_the_option_does_what_one_head_without_cannot(
    label: Callable[[Sequence[int]], list[int]], causal: bool, options: dict[str, int]
) -> None:
    data = tagging(label, causal)
    assert rightness(replace(QUICK, shape=replace(ONE_COUNT, **options)), data) > 0.99
    assert rightness(QUICK, data) < 0.97


def rightness(learner: Hard, data: Dataset) -> float:
    """Share of the test answers that are right."""
    interpreter = Interpreter(learner(data, seed=0))
    answers = [answer == wanted for e in data.test for answer, wanted in zip(interpreter(e.tokens), e.labels)]
    return sum(answers) / len(answers)
