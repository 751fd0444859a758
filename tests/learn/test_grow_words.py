"""Word classes that `grow` makes: of what words speak for, and of their vectors where they are rare."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest

from contract.executors import answers_of
from transformer_programs.batch import evaluate
from transformer_programs.errors import ConfigError
from transformer_programs.learn.grow import Grow
from transformer_programs.learn.grow.word_classes import clusters, directions
from transformer_programs.passes import simplify
from transformer_programs.program import Program, Reading, Spelled, Table
from transformer_programs.tasks import Dataset, Example, Kind, make_task

KINDS = ("animal", "town", "tool")
WORDS = {kind: [f"{kind}{i}" for i in range(60)] for kind in KINDS}
KIND = {word: kind for kind, words in WORDS.items() for word in words}


def sentences(count: int, words: int, seed: int) -> list[Example]:
    """The tag of a word is the kind of the word before it, that of the first word its own."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        tokens = tuple(draw.choice(WORDS[draw.choice(KINDS)][:words]) for _ in range(6))
        found.append(Example(tokens, tuple(KIND[token] for token in (tokens[0], *tokens[:-1]))))
    return found


def tags(vocabulary: int = 45) -> Dataset:
    """Training has 45 words of each kind, the last fifteen a few times only; testing has all 60."""
    train = [*sentences(70, 30, 0), *sentences(40, 45, 1)]
    known = ("<unk>", *(word for kind in KINDS for word in WORDS[kind][:vocabulary]))
    return Dataset(
        name="kinds",
        kind=Kind.TAGGING,
        vocabulary=known,
        labels=KINDS,
        max_length=6,
        train=tuple(train),
        validation=tuple(sentences(40, 45, 2)),
        test=tuple(sentences(200, 60, 3)),
    )


@pytest.fixture
def vectors(tmp_path: Path) -> str:
    """Vectors that tell the kind, with noise."""
    random_numbers = np.random.default_rng(0)
    rows = np.array([[4.0 * (KIND[word] == kind) for kind in KINDS] for word in KIND])
    np.savez(tmp_path / "v.npz", words=np.array(list(KIND)), vectors=rows + random_numbers.normal(size=rows.shape))
    return str(tmp_path / "v.npz")


def right(program: Program, data: Dataset) -> float:
    return evaluate(program, data, data.test).token_accuracy


def test_classes_of_neighbours_are_found_with_vectors_and_without(vectors: str) -> None:
    """The neighbour's class is what counts; vectors tell it for words that training hardly has."""
    data = dataclasses.replace(tags(), test=tuple(sentences(200, 45, 3)))
    small = Grow(modules=2)
    alone, leaning = (simplify(learner(data)) for learner in (small, dataclasses.replace(small, vectors=vectors)))
    for program in (alone, leaning):
        classes = [step for step in program.steps if isinstance(step.node, Table) and step.name.startswith("class")]
        assert classes
        assert all(cell in data.vocabulary for step in classes for cell in step.node.cells)
    assert right(alone, data) > 0.8
    assert right(leaning, data) > right(alone, data)


def test_words_that_the_vocabulary_has_not_have_classes_by_extension(vectors: str) -> None:
    """A quarter of the test's words was never seen: only how they are written tells them apart."""
    data = tags()
    plain = simplify(Grow(modules=2, vectors=vectors)(data))
    written = simplify(Grow(modules=2, vectors=vectors, extensions=True)(data))
    nodes = [step.node for step in written.steps if isinstance(step.node, Spelled)]
    assert nodes
    assert all(isinstance(value, str) for node in nodes for value in node.values)
    assert dict(written.about)["agreement with the learner"].startswith("0 differences")
    assert right(written, data) > 0.9 > right(plain, data)


def test_capitals_make_no_difference_where_words_are_read_in_lower_case(vectors: str) -> None:
    data = tags()
    draw = random.Random(4)

    def shouted(part: tuple[Example, ...]) -> tuple[Example, ...]:
        return tuple(Example(tuple(draw.choice((t, t.upper())) for t in e.tokens), e.labels) for e in part)

    parts = {name: shouted(getattr(data, name)) for name in ("train", "validation", "test")}
    mixed = dataclasses.replace(data, reading=Reading(lower=True), **parts)
    learner = Grow(modules=2, vectors=vectors, extensions=True)
    program, plain = simplify(learner(mixed)), simplify(learner(data))
    assert dict(program.about)["agreement with the learner"].startswith("0 differences")
    assert program.steps == plain.steps
    raw = [list(example.tokens) for example in mixed.test[:40]]
    answers = answers_of(plain, [list(example.tokens) for example in data.test[:40]])
    for name, found in answers_of(program, raw).items():
        assert found == answers[name], name


def test_without_validation_the_tokens_stand_alone() -> None:
    data = dataclasses.replace(tags(), validation=())
    program = Grow(modules=1)(data)
    assert not any(isinstance(step.node, Spelled) for step in program.steps)
    assert right(program, data) > 0.3


def test_rare_words_go_by_vectors_and_frequent_ones_by_directions() -> None:
    """Word 2 has examples that contradict its vector, word 3 has none."""
    sums = np.array([[30.0, -30.0, 30.0, 30.0], [-30.0, 30.0, 30.0, 30.0], [30.0, -30.0, 30.0, 30.0], [0.0] * 4])
    points = np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    found, weight = directions(sums, points, 3.0)
    assert found[2, 0] > 0.5
    assert found[3, 0] < 0
    assert clusters(found, weight, 2, 0) == (0, 1, 0, 1)


def test_vectors_where_there_are_no_words_are_refused(vectors: str) -> None:
    with pytest.raises(ConfigError, match="vectors: got a vocabulary of 5 tokens; expected words"):
        Grow(vectors=vectors)(make_task("hist", 6, 5).dataset(size=40))


def test_vectors_without_a_file_are_refused() -> None:
    with pytest.raises(ConfigError, match="vectors: got ' ,'; expected files"):
        Grow(vectors=" ,")(tags())
