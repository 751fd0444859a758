"""The learner of length-free programs: what it computes with, what it finds, what it refuses."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import numpy as np
import pytest

from transformer_programs.batch import evaluate
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.anylength import AnyLength, Effort
from transformer_programs.learn.anylength.goals import lasting_label
from transformer_programs.learn.anylength.grammar import token_classes
from transformer_programs.learn.anylength.pool import Kind
from transformer_programs.learn.anylength.sample import Sample
from transformer_programs.learn.anylength.search import search
from transformer_programs.learn.longer import accuracy_at, beyond
from transformer_programs.program import Emit, Program, Width, check
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, encode, make_task
from transformer_programs.tasks import Kind as Question

SMALL = AnyLength(effort=Effort(sequences=48, polish=60), rounds=4, minutes=1.0)


@pytest.mark.parametrize("name", ["most_freq", "dyck2"])
def test_candidates_are_computed_as_the_interpreter_does(name: str) -> None:
    """Every candidate, as a program of its own, on every sequence of the sample."""
    data = make_task(name, max_length=7).dataset(300, seed=3)
    encoded = encode(data, data.train).take(slice(0, 12))
    sample = Sample.of(data, encoded)
    effort = Effort(candidates=400, sequences=12)
    pool, _ = search(
        sample, token_classes(data, encode(data, data.train)), effort, time.monotonic() + 60, lambda *_: None
    )
    chosen = random.Random(0).sample(pool.variables[2:], 120)
    kinds = {type(variable.node) for variable in chosen}
    assert len(kinds) >= 5
    for variable in chosen:
        program = Program(
            name=name,
            vocabulary=data.vocabulary,
            max_length=None,
            causal=data.causal,
            steps=tuple(pool.steps([variable.name])),
            output=Emit(variable.name),
        )
        run = Interpreter(check(program))
        for row, example in enumerate(data.train[:12]):
            codes = variable.values[row, : len(example.tokens)].tolist()
            wanted = [data.vocabulary[code] for code in codes] if variable.kind is Kind.TOKEN else codes
            assert run(example.tokens) == wanted, program.steps


@pytest.mark.parametrize("name", ["hist", "reverse", "double_hist", "dyck1"])
def test_what_is_learned_on_ten_tokens_holds_on_more(name: str) -> None:
    task = make_task(name, max_length=10)
    data = task.dataset(400, seed=1)
    program = SMALL(data, seed=1)
    assert program == SMALL(data, seed=1)
    assert program.max_length is None
    assert evaluate(program, data, data.test).sequence_accuracy == 1
    for length in (20, 60):
        assert accuracy_at(program, task, [length], samples=40).sequence_accuracy == 1


def test_a_sequence_that_the_sample_misses_is_found() -> None:
    """The first candidate fits one sequence; the others join until the right one is left."""
    data = make_task("hist", max_length=10).dataset(400, seed=1)
    program = AnyLength(effort=Effort(sequences=1, polish=60), rounds=6)(data)
    assert [type(step.node) for step in program.steps] == [Width]
    assert evaluate(program, data, data.train).sequence_accuracy == 1


def test_where_nothing_explains_the_answers_the_best_is_kept() -> None:
    rng = random.Random(0)
    words = [tuple(rng.choices("ab", k=6)) for _ in range(60)]
    examples = tuple(Example(word, tuple(rng.choices("xyz", (6, 1, 1), k=6))) for word in words)
    data = Dataset(
        name="noise",
        kind=Question.TAGGING,
        vocabulary=("a", "b"),
        labels=("x", "y", "z"),
        max_length=6,
        train=examples,
        validation=examples[:10],
        test=examples[:10],
    )
    program = AnyLength(effort=Effort(candidates=60))(data)
    assert evaluate(program, data, data.test).token_accuracy > 0.5


def test_lasting_labels() -> None:
    for name, wanted in (("dyck1", "F"), ("induction", None), ("hist", None)):
        data = make_task(name, max_length=10).dataset(300)
        encoded = encode(data, data.train)
        label = lasting_label(Sample.of(data, encoded))
        assert (None if label is None else data.labels[label]) == wanted


def test_bounded_programs_are_not_measured_beyond() -> None:
    task = make_task("hist", max_length=10)
    step = SMALL(task.dataset(300)).steps[0]
    bounded = Program(
        name="hist", vocabulary=task.vocabulary, max_length=10, steps=(step,), output=Emit(step.name), frame=task.frame
    )
    assert beyond(bounded, task) == {}
    free = replace(bounded, max_length=None)
    found = beyond(free, task, samples=10)
    assert list(found) == ["11 to 20", "20", "50", "200"]
    assert all(accuracy.sequence_accuracy == 1 for accuracy in found.values())


@pytest.mark.parametrize("name", ["reverse", "most_freq", "dyck2", "induction"])
def test_inputs_of_a_length(name: str) -> None:
    task, rng = make_task(name, max_length=10), random.Random(0)
    longer = replace(task, max_length=32)
    for _ in range(20):
        tokens = task.sample_at(rng, 32)
        assert len(tokens) == 32
        assert len(longer.oracle(tokens)) == 32
    with pytest.raises(ConfigError):
        task.sample_at(rng, 1)


def test_refusals() -> None:
    data = make_task("hist", max_length=6).dataset(100)
    with pytest.raises(ConfigError, match="one label a sequence"):
        AnyLength()(replace(data, kind=Question.CLASSIFICATION))
    with pytest.raises(DataError, match="no training examples"):
        AnyLength()(replace(data, train=()))
    for setting in (
        AnyLength(effort=Effort(length=0)),
        AnyLength(effort=Effort(candidates=1)),
        AnyLength(effort=Effort(sequences=0)),
        AnyLength(rounds=0),
        AnyLength(minutes=-1),
        AnyLength(minutes=float(np.nan)),
    ):
        with pytest.raises(ConfigError):
            setting(data)
    with pytest.raises(ConfigError, match="seed"):
        AnyLength()(data, seed=-1)
