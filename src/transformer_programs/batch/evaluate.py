"""How often a program is right: on a part of a data set, on fresh samples of a task, on every input there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.batch.batch import Answers, Batch
from transformer_programs.errors import ConfigError
from transformer_programs.program import Program, Value
from transformer_programs.tasks import Dataset, Encoded, Example, Kind, Task, encoded_inputs, encoded_samples

__all__ = ["Accuracy", "Counterexample", "counterexamples", "evaluate", "exhaustive", "sampled"]

BATCH = 65_536

Judged = tuple[Bool[np.ndarray, "sequence answer"], Bool[np.ndarray, "sequence answer"]]
"""Which answers are right, and which were asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Accuracy of the discrete program.

    Args:
        inputs: how many sequences.
        answers: how many answers were asked (one a position where a label stands; one a sequence where pooled).
        token_accuracy: share of the answers that are right (0 where none was asked).
        sequence_accuracy: share of the sequences whose every asked answer is right.
    """

    inputs: int
    answers: int
    token_accuracy: float
    sequence_accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """An input that the program gets wrong.

    Args:
        tokens: the input.
        expected: the right labels, None where none is asked.
        got: the program's answers.
    """

    tokens: tuple[str, ...]
    expected: tuple[str | None, ...]
    got: tuple[Value, ...]


def evaluate(
    program: Program, data: Dataset, part: Encoded | Iterable[Example], *, threads: int | None = None
) -> Accuracy:
    """Accuracy on a part of a data set.

    An answer is right if its text is that of the label; one that is no label of the data is wrong. Tokens that the
    program does not know are `<unk>` to it, where it has one.

    Args:
        data: whose vocabulary and labels the part uses; the program's may be others, or in another order.
        part: examples, or the same encoded.
        threads: None: one a core.

    Raises:
        InputError: a sequence that the program does not take.

    >>> from transformer_programs.program import Emit, Program
    >>> from transformer_programs.tasks import Kind
    >>> echo = Program(name="echo", vocabulary=("a", "b"), max_length=2, output=Emit("tokens"))
    >>> part = (Example(("a", "b"), ("a", "a")), Example(("b",), ("b",)))
    >>> data = Dataset(name="echo", kind=Kind.TAGGING, vocabulary=("a", "b"), labels=("b", "a"), max_length=2,
    ...                train=part, validation=(), test=())
    >>> evaluate(echo, data, data.train)
    Accuracy(inputs=2, answers=3, token_accuracy=0.6666666666666666, sequence_accuracy=0.5)
    """
    batch = Batch(program, threads=threads)
    _same_kind(program, data.kind)
    if isinstance(part, Encoded):
        return _accuracy([_judged(batch, data.vocabulary, data.labels, part)])
    return _accuracy(_judged_examples(batch, data, block) for block in _blocks(part))


def exhaustive(
    program: Program, task: Task, progress: Callable[[int, int], None] | None = None, *, threads: int | None = None
) -> Accuracy:
    """Accuracy on every input of a task, in batches: memory does not grow with their number.

    Args:
        progress: called with the number of inputs done and of all.
    """
    return _accuracy(_judged_task(program, task, encoded_inputs(task, BATCH), threads), progress, task.count())


def sampled(
    program: Program,
    task: Task,
    samples: int,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    *,
    threads: int | None = None,
) -> Accuracy:
    """Accuracy on fresh random inputs of a task.

    Args:
        samples: how many.
        seed: of the samples.
        progress: called with the number of inputs done and of all.
    """
    if samples < 1:
        raise ConfigError(place="samples", got=str(samples), expected="1 or more")
    batches = encoded_samples(task, samples, seed, BATCH)
    return _accuracy(_judged_task(program, task, batches, threads), progress, samples)


def counterexamples(
    program: Program, task: Task, most: int = 3, batches: Iterable[Encoded] | None = None
) -> tuple[Counterexample, ...]:
    """The first inputs that the program gets wrong: the smallest, since inputs come by length, then in order.

    Args:
        most: stop after so many.
        batches: where to look, such as `encoded_samples(task, 10_000)`; None: every input.
    """
    _same_kind(program, Kind.TAGGING)
    batch = Batch(program)
    found: list[Counterexample] = []
    for part in encoded_inputs(task, BATCH) if batches is None else batches:
        right, asked = _judged(batch, task.vocabulary, task.labels, part)
        (wrong,) = np.nonzero((asked & ~right).any(axis=1))
        few = part.take(wrong[: most - len(found)])
        got = batch.run(few.tokens, few.lengths, task.vocabulary).decode()
        for tokens, labels, answer in zip(few.tokens.tolist(), few.labels.tolist(), got):
            found.append(
                Counterexample(
                    tokens=tuple(task.vocabulary[code] for code in tokens[: len(answer)]),
                    expected=tuple(None if code < 0 else task.labels[code] for code in labels[: len(answer)]),
                    got=tuple(answer),
                )
            )
        if len(found) >= most:
            break
    return tuple(found)


def _same_kind(program: Program, kind: Kind) -> None:
    """Raises ConfigError where a program that answers once a sequence is asked once a token, or the other way round."""
    if program.pooled != (kind is Kind.CLASSIFICATION):
        own = "one answer a sequence" if program.pooled else "one answer a token"
        raise ConfigError(place=program.name, got=f"{own}, on {kind.value}", expected="a program and data of one kind")


def _blocks(examples: Iterable[Example]) -> Iterator[tuple[Example, ...]]:
    examples = iter(examples)
    while block := tuple(islice(examples, BATCH)):
        yield block


def _judged_examples(batch: Batch, data: Dataset, examples: tuple[Example, ...]) -> Judged:
    answers = batch.answers([example.tokens for example in examples])
    labels = tuple(
        dict.fromkeys((*data.labels, *(label for example in examples for label in example.labels if label is not None)))
    )
    index: dict[str | None, int] = {None: -1, **{label: code for code, label in enumerate(labels)}}
    asked = np.full(answers.codes.shape, -1, np.int32)
    for row, example in zip(asked, examples):
        row[: len(example.labels)] = [index[label] for label in example.labels]
    return _compared(answers, labels, asked)


def _judged_task(program: Program, task: Task, parts: Iterable[Encoded], threads: int | None) -> Iterator[Judged]:
    _same_kind(program, Kind.TAGGING)
    batch = Batch(program, threads=threads)
    return (_judged(batch, task.vocabulary, task.labels, part) for part in parts)


def _judged(batch: Batch, vocabulary: Sequence[str], labels: Sequence[str], part: Encoded) -> Judged:
    return _compared(batch.run(part.tokens, part.lengths, vocabulary), labels, part.labels)


def _compared(answers: Answers, labels: Sequence[str], asked: Int[np.ndarray, "sequence answer"]) -> Judged:
    """Which answers are right and which were asked; the codes of both sides are compared through their text."""
    index = {label: code for code, label in enumerate(labels)}
    codes, values = answers.codes, answers.values
    if len(values) > codes.size:
        occurring, codes = np.unique(codes, return_inverse=True)
        codes, values = codes.reshape(asked.shape), [values[code] for code in occurring.tolist()]
    meant = np.array([*(index.get(str(value), -2) for value in values), -2], np.int32)
    return meant[codes] == asked, asked >= 0


def _accuracy(parts: Iterable[Judged], progress: Callable[[int, int], None] | None = None, total: int = 0) -> Accuracy:
    inputs = answers = right_answers = right_inputs = 0
    for right, asked in parts:
        inputs += len(asked)
        answers += int(asked.sum())
        right_answers += int((right & asked).sum())
        right_inputs += int((right | ~asked).all(axis=1).sum())
        if progress is not None:
            progress(inputs, total)
    return Accuracy(
        inputs=inputs,
        answers=answers,
        token_accuracy=right_answers / answers if answers else 0.0,
        sequence_accuracy=right_inputs / inputs if inputs else 0.0,
    )
