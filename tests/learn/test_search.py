"""Local search and pruning: on candidates of the hard learner, and on any learned program."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.errors import ProgramError
from transformer_programs.learn.build import Builder
from transformer_programs.learn.hard.forward import evaluate
from transformer_programs.learn.hard.lift import lift
from transformer_programs.learn.hard.network import room
from transformer_programs.learn.hard.problem import measured
from transformer_programs.learn.search import Search, refine
from transformer_programs.program import Classify, Emit, Program, Read, Relation, Step, Table, TableScore, Width, check
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, Kind, encode, make_task


def as_data(program: Program, examples: list[Example]) -> Dataset:
    assert isinstance(program.output, Classify)
    assert program.vocabulary is not None
    assert program.max_length is not None
    return Dataset(
        name=program.name,
        kind=Kind.CLASSIFICATION if program.output.pooled else Kind.TAGGING,
        vocabulary=program.vocabulary,
        labels=program.output.labels,
        max_length=program.max_length,
        causal=program.causal,
        reading=program.reading,
        train=tuple(examples),
        validation=(),
        test=(),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_lifted_program_answers_as_before(draw: st.DataObject) -> None:
    program = draw.draw(programs(learned_only=True))
    assert isinstance(program.output, Classify)
    sequences = [tuple(draw.draw(inputs(program))) for _ in range(4)]
    # Scores that differ by thousands tie in single precision; those of a learner do not.
    interpreter = Interpreter(program)
    answers = [interpreter(tokens) for tokens in sequences]
    data = as_data(program, [Example(tokens, tuple(answer)) for tokens, answer in zip(sequences, answers)])
    try:
        problem, candidate, _ = lift(program, data)
    except ProgramError:
        assume(False)
    part, network = encode(data, data.train), problem.network
    got = np.zeros(part.labels.shape, np.int32)
    evaluate(
        network.sizes, network.modules, network.far, room(network), np.ones(len(network.modules), np.uint8),
        candidate.theta, candidate.args, candidate.codes, part.tokens, part.lengths, part.labels, got,
    )  # fmt: skip
    for row, (tokens, answer) in enumerate(zip(sequences, answers)):
        labels = [data.labels[a] for a in got[row, : len(answer)]]
        for i, (one, other) in enumerate(zip(labels, answer)):
            assert one == other or _tied(interpreter.trace(tokens).scores[i])


def test_no_value_is_the_code_of_no_match() -> None:
    """The only key is 3; rows that match nothing have a code of their own all the same."""
    steps = (
        Step("three", Table((Read("tokens"),), (3, 3, 3))),
        Step("count", Width(Relation(Read("three"), Read("tokens"), ((), (), ())))),
    )
    output = Classify(("none", "some"), (0, 0), (TableScore(Read("count"), ((1, 0), (0, 1))),))
    program = check(Program(name="p", vocabulary=("a", "b", "c"), max_length=1, steps=steps, output=output))
    data = as_data(program, [Example(("a",), ("none",))])
    problem, candidate, _ = lift(program, data)
    assert measured(problem, candidate.args, candidate.codes, candidate.theta, room(problem.network)).accuracy == 1


def test_a_limit_of_keys_stands_for_all_counts_from_it_on() -> None:
    """Counts of two, read up to one, match the query one."""
    steps = (
        Step("all", Width(Relation(Read("tokens"), Read("tokens"), (("a",),)))),
        Step("found", Width(Relation(Read("all", 1), Read("tokens"), ((1,),)))),
    )
    output = Classify(("none", "some"), (0, 0), (TableScore(Read("found", 1), ((1, 0), (0, 1))),))
    program = check(Program(name="p", vocabulary=("a",), max_length=2, steps=steps, output=output))
    data = as_data(program, [Example(("a", "a"), ("some", "some"))])
    problem, candidate, _ = lift(program, data)
    assert measured(problem, candidate.args, candidate.codes, candidate.theta, room(problem.network)).accuracy == 1


def _tied(scores: list[int]) -> bool:
    """Whether the two best scores are equal: float shares of a pooled sum may then fall either way."""
    first, second = sorted(scores)[-1:-3:-1]
    return first == second


def damaged_hist(data: Dataset) -> Program:
    """The exact histogram program with one predicate row and the scores spoilt."""
    builder = Builder(data)
    size = len(data.vocabulary)
    rows = list(range(size))
    rows[3] = 1
    count = builder.count(Read("tokens"), Read("tokens"), rows)
    labels = len(data.labels)
    scores = np.roll(np.eye(data.max_length, labels, dtype=int), 1, axis=1)
    return builder.classify([0] * labels, [builder.table_score(Read(count, data.max_length - 1), scores.tolist())])


def test_refining_mends_a_damaged_program() -> None:
    data = make_task("hist", vocabulary_size=6, max_length=6).dataset(size=900, seed=1)
    program = damaged_hist(data)
    config = Search(rounds=6, sequences=300, candidates=20, refit_steps=60)
    mended = refine(program, data, config=config, seed=3)
    interpreter = Interpreter(mended)
    for example in data.test:
        wanted = [label for label in example.labels if label is not None]
        got = [answer for answer, label in zip(interpreter(example.tokens), example.labels) if label is not None]
        assert got == wanted
    assert sum(isinstance(step.node, Width) for step in mended.steps) == 1
    assert refine(program, data, config=config, seed=3) == mended


def test_what_learning_does_not_make_cannot_be_refined() -> None:
    data = make_task("hist", vocabulary_size=6, max_length=6).dataset(size=100, seed=1)
    program = damaged_hist(data)
    emits = Program(name="echo", vocabulary=data.vocabulary, max_length=6, output=Emit("tokens"))
    with pytest.raises(ProgramError, match="expected scores of labels"):
        refine(emits, data)
    other = make_task("hist", vocabulary_size=7, max_length=6).dataset(size=100, seed=1)
    with pytest.raises(ProgramError, match="other tokens or labels"):
        refine(program, other)
