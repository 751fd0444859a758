"""Accuracies on parts, samples and all inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from transformer_programs.batch import Accuracy, counterexamples, evaluate, exhaustive, sampled
from transformer_programs.errors import ConfigError, InputError
from transformer_programs.program import (
    Classify,
    Compare,
    Emit,
    LinearScore,
    Program,
    Read,
    Relation,
    Step,
    TableScore,
    Width,
    check,
)
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, Kind, Task, encode, encoded_samples, make_task

VOCABULARY = ("a", "b", "<unk>")


def dataset(kind: Kind, examples: Sequence[tuple[str, Sequence[str | None]]], **changes: Any) -> Dataset:
    part = tuple(Example(tuple(tokens), tuple(labels)) for tokens, labels in examples)
    data = Dataset(
        name="data",
        kind=kind,
        vocabulary=("b", "a"),
        labels=("right", "left"),
        max_length=4,
        train=(),
        validation=(),
        test=part,
    )
    return dataclasses.replace(data, **changes)


def letters(pooled: bool = False, labels: tuple[str, ...] = ("left", "other", "right")) -> Program:
    """a: left, b: right, unknown: other; pooled: by majority."""
    output = Classify(labels, (0, 0, 0), (TableScore(Read("tokens"), ((1, 0, 0), (0, 0, 1), (0, 1, 0))),), pooled)
    return check(Program(name="letters", vocabulary=VOCABULARY, max_length=4, output=output))


def test_orders_of_labels_and_vocabulary_differ() -> None:
    data = dataset(Kind.TAGGING, [("ab", ["left", "right"]), ("ba", ["left", None]), ("xa", ["right", "left"])])
    expected = Accuracy(inputs=3, answers=5, token_accuracy=3 / 5, sequence_accuracy=1 / 3)
    assert evaluate(letters(), data, data.test) == expected


def test_encoded_part() -> None:
    data = dataset(Kind.TAGGING, [("ab", ["left", "right"]), ("bb", [None, "left"])])
    expected = Accuracy(inputs=2, answers=3, token_accuracy=2 / 3, sequence_accuracy=1 / 2)
    assert evaluate(letters(), data, encode(data, data.test)) == expected == evaluate(letters(), data, data.test)


def test_an_answer_that_is_no_label_is_wrong() -> None:
    data = dataset(Kind.TAGGING, [("ab", ["left", "right"])])
    assert evaluate(letters(labels=("left", "other", "up")), data, data.test).token_accuracy == 1 / 2


def test_a_label_that_training_never_saw_is_asked() -> None:
    data = dataset(Kind.TAGGING, [("ab", ["left", "new"]), ("x", ["other"])])
    expected = Accuracy(inputs=2, answers=3, token_accuracy=2 / 3, sequence_accuracy=1 / 2)
    assert evaluate(letters(), data, data.test) == expected


def test_unknown_token_without_a_place_for_it() -> None:
    output = Classify(("left", "right"), (0, 0), ())
    program = check(Program(name="closed", vocabulary=("a", "b"), max_length=4, output=output))
    data = dataset(Kind.TAGGING, [("ab", ["left", "right"]), ("ax", ["left", "left"])])
    with pytest.raises(InputError, match="position 1: got token 'x'"):
        evaluate(program, data, data.test)


def test_classification() -> None:
    data = dataset(Kind.CLASSIFICATION, [("aab", ["left"]), ("abb", ["right"]), ("b", ["left"]), ("ab", [None])])
    expected = Accuracy(inputs=4, answers=3, token_accuracy=2 / 3, sequence_accuracy=3 / 4)
    assert evaluate(letters(pooled=True), data, data.test) == expected
    assert evaluate(letters(pooled=True), data, encode(data, data.test)) == expected


@pytest.mark.parametrize("pooled", [False, True])
def test_another_kind_of_question(pooled: bool) -> None:
    data = dataset(Kind.TAGGING if pooled else Kind.CLASSIFICATION, [("a", ["left"])])
    with pytest.raises(ConfigError, match="one kind"):
        evaluate(letters(pooled=pooled), data, data.test)
    if pooled:
        for measure in (exhaustive, counterexamples):
            with pytest.raises(ConfigError, match="one kind"):
                measure(letters(pooled=True), make_task("sort"))


def test_numbers_are_compared_as_the_text_they_print() -> None:
    count = Step("count", Width(Compare("tokens", "==", "tokens")))
    program = check(Program(name="count", vocabulary=VOCABULARY, max_length=4, steps=(count,), output=Emit("count")))
    data = dataset(Kind.TAGGING, [("aba", ["2", "1", "2"]), ("bb", ["1", "2"])], labels=("1", "2"))
    assert evaluate(program, data, data.test).token_accuracy == 4 / 5


def test_nothing_to_measure() -> None:
    data = dataset(Kind.TAGGING, [])
    expected = Accuracy(inputs=0, answers=0, token_accuracy=0.0, sequence_accuracy=0.0)
    assert evaluate(letters(), data, data.test) == expected


def almost_sort(task: Task, off: int = 0) -> Program:
    """Sorts by counting letters; with `off` it forgets what the position adds to the last letter's score."""
    ranks = range(len(task.labels))
    steps = tuple(
        Step(f"count_{letter}", Width(Relation(Read("tokens"), Read("tokens"), ((letter,),) * len(task.vocabulary))))
        for letter in task.labels
    )
    counted = [LinearScore(f"count_{x}", tuple(-2 * max(t - u, 0) for t in ranks)) for u, x in enumerate(task.labels)]
    rows = tuple(tuple(t * (2 * i - 1) - off * (t == ranks[-1]) for t in ranks) for i in range(task.max_length))
    output = Classify(task.labels, (0,) * len(task.labels), (*counted, TableScore(Read("positions"), rows)))
    return check(
        Program(name="sort", vocabulary=task.vocabulary, max_length=task.max_length, steps=steps, output=output)
    )


def test_every_input() -> None:
    task = make_task("sort", vocabulary_size=6, max_length=6)
    seen: list[tuple[int, int]] = []
    good = exhaustive(almost_sort(task), task, lambda done, total: seen.append((done, total)))
    assert good == Accuracy(inputs=120, answers=426, token_accuracy=1.0, sequence_accuracy=1.0)
    assert seen[-1] == (120, 120)
    program = almost_sort(task, off=1)
    interpreter = Interpreter(program)
    right = [
        [got == label for got, label in zip(interpreter(tokens), task.oracle(tokens)) if label is not None]
        for tokens in task.inputs()
    ]
    found = exhaustive(program, task)
    assert found.answers == sum(map(len, right))
    assert 0 < found.token_accuracy < 1
    assert found.token_accuracy == sum(map(sum, right)) / found.answers
    assert found.sequence_accuracy == sum(map(all, right)) / len(right)


def test_samples() -> None:
    task = make_task("sort", vocabulary_size=6, max_length=6)
    program = almost_sort(task, off=1)
    seen: list[tuple[int, int]] = []
    found = sampled(program, task, 500, seed=3, progress=lambda done, total: seen.append((done, total)))
    data = dataclasses.replace(task.dataset(), test=task.fresh(500, seed=3))
    assert found == evaluate(program, data, data.test)
    assert 0 < found.sequence_accuracy < 1
    assert seen == [(500, 500)]
    assert sampled(program, task, 500, seed=4) != found
    with pytest.raises(ConfigError, match="1 or more"):
        sampled(program, task, 0)


def test_counterexamples_are_the_smallest() -> None:
    task = make_task("sort", vocabulary_size=6, max_length=6)
    assert counterexamples(almost_sort(task), task) == ()
    program = almost_sort(task, off=1)
    interpreter = Interpreter(program)
    wrong = [
        tokens
        for tokens in task.inputs()
        if any(label not in (None, got) for got, label in zip(interpreter(tokens), task.oracle(tokens)))
    ]
    assert len(wrong) > 3
    found = counterexamples(program, task, most=3)
    assert [example.tokens for example in found] == wrong[:3]
    for example in found:
        assert example.expected == task.oracle(example.tokens)
        assert list(example.got) == interpreter(example.tokens)
    elsewhere = counterexamples(program, task, 2, encoded_samples(task, 200, seed=1))
    assert len(elsewhere) == 2
    assert all(example.tokens in wrong for example in elsewhere)
