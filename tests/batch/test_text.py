"""Programs of words in the kernel: spellings, neighbours, best sequences of labels, sentences of many lengths."""

from __future__ import annotations

import random
from unittest import mock

import numpy as np
import pytest

from transformer_programs.batch import Batch, Path, spellings
from transformer_programs.errors import InputError
from transformer_programs.program import (
    Classify,
    Closest,
    Decode,
    Emit,
    LinearScore,
    Offset,
    Output,
    Program,
    Read,
    Score,
    Spelled,
    Step,
    Table,
    TableScore,
    Width,
    check,
    domains,
    read_domain,
)
from transformer_programs.program.nodes import Full
from transformer_programs.program.semantics import SPELLINGS
from transformer_programs.run import Interpreter

KNOWN = ("<unk>", "<s>", "</s>", "the", "Rome", "of", "1990", "runs")
WORDS = (*KNOWN[1:], "Oslo", "U.S.", "walks", "ROME", "x", "", "running", "1,000")


def tagger(rng: random.Random, labels: int, decoded: bool, causal: bool = False, unknown: bool = True) -> Program:
    """Spellings, classes, both at neighbours, a pair of them: what the learner of text makes, with random numbers."""
    steps = [Step("class_1", Table((Read("tokens"),), tuple(rng.choice("pqr") for _ in KNOWN[not unknown :])))]
    for function in sorted(SPELLINGS):
        keys = tuple({SPELLINGS[function](word) for word in rng.sample(WORDS, 4)})
        values = tuple(rng.choice(("u", "v", "w")) for _ in keys)
        steps.append(Step(f"{function}_of_word", Spelled(function, keys, values, "*")))
    for step in rng.sample(steps, 4):
        places = rng.choice((-9, -2, -1, 0, 1, 2, 40))
        steps.append(Step(f"{step.name}_at_{places + 9}", Closest(Offset(places, places), step.name)))
    read = [Read(step.name) for step in rng.sample(steps, 2)]
    known = domains(program_of(steps, Emit("tokens"), causal, unknown))
    cells = [rng.choice("ab*") for _ in range(len(read_domain(read[0], known)) * len(read_domain(read[1], known)))]
    steps += [Step("pair", Table(tuple(read), tuple(cells))), Step("width", Width(Full()))]
    known = domains(program_of(steps, Emit("tokens"), causal, unknown))
    scores: list[Score] = [
        TableScore(Read(step.name), tuple(row(rng, labels) for _ in read_domain(Read(step.name), known)))
        for step in steps[:-1]
    ]
    scores.append(LinearScore("width", row(rng, labels)))
    names = tuple(f"L{i}" for i in range(labels))
    output: Output = Classify(names, row(rng, labels), tuple(scores))
    if decoded:
        first, *follows = ([rng.choice((None, 0, 0, -3, 5)) for _ in names] for _ in range(labels + 1))
        for moves in (first, *follows):
            moves[rng.randrange(labels)] = 0
        output = Decode(names, output.bias, output.scores, tuple(first), tuple(map(tuple, follows)))
    return check(program_of(steps, output, causal, unknown))


def program_of(steps: list[Step], output: Output, causal: bool, unknown: bool) -> Program:
    return Program(
        name="tagger",
        vocabulary=KNOWN[not unknown :],
        max_length=None,
        causal=causal,
        steps=tuple(steps),
        output=output,
    )


def row(rng: random.Random, labels: int) -> tuple[int, ...]:
    return tuple(rng.randint(-9, 9) for _ in range(labels))


def sentences(rng: random.Random, count: int, words: tuple[str, ...] = WORDS) -> list[list[str]]:
    lengths = rng.choices((1, 2, 3, 9, 16, 17, 40, 70), k=count)
    return [rng.choices(words, k=length) for length in lengths]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("decoded", [False, True])
def test_the_kernel_tags_as_the_interpreter_does(seed: int, decoded: bool) -> None:
    rng = random.Random(seed)
    program = tagger(rng, rng.choice((1, 2, 5)), decoded, causal=seed % 3 == 2)
    texts = sentences(rng, 300)
    interpreter, batch = Interpreter(program), Batch(program, threads=2)
    assert batch.fast
    expected = [interpreter(text) for text in texts]
    found = batch.answers(texts)
    assert found.path is Path.KERNEL
    assert found.decode() == expected
    # Once more, with words seen and unseen, and on the slower path.
    assert batch.predict([["never", *texts[0]], *texts[1:]])[1:] == expected[1:]
    assert Batch(program, paths=[Path.COLUMNS]).predict(texts) == expected
    assert len({label for answer in expected for label in answer}) > 1 or len(program.output.labels) == 1  # type: ignore[union-attr]


def test_words_as_numbers_of_another_list() -> None:
    rng = random.Random(0)
    program = tagger(rng, 3, True)
    words = ("Oslo", "the", "U.S.", "never seen")
    tokens, lengths = np.array([[0, 1, 2], [3, 2, 99]]), np.array([3, 2])
    interpreter = Interpreter(program)
    for paths in ([Path.KERNEL], [Path.COLUMNS], [Path.INTERPRETER]):
        answers = Batch(program, paths=paths).run(tokens, lengths, words).decode()
        assert answers == [interpreter(["Oslo", "the", "U.S."]), interpreter(["never seen", "U.S."])]


def test_memory_does_not_grow_with_a_stream_of_words() -> None:
    rng = random.Random(1)
    program = tagger(rng, 3, False)
    interpreter = Interpreter(program)
    with mock.patch.object(spellings, "MOST_WORDS", 5):
        batch = Batch(program)
        for start in range(0, 30, 3):
            text = [f"w{n}" if n % 2 else f"W{n}s" for n in range(start, start + 4)]
            assert batch.predict([text, ["Rome"]]) == [interpreter(text), interpreter(["Rome"])]
            assert len(batch._spellings._places) <= 5


@pytest.mark.parametrize("at", [0, 5, 299])
@pytest.mark.parametrize("bad", [[], ["nowhere"]])
def test_the_first_sentence_that_is_none_is_told_whatever_its_length(at: int, bad: list[str]) -> None:
    rng = random.Random(2)
    program = tagger(rng, 2, False, unknown=False)
    texts = sentences(rng, 300, KNOWN[1:])
    texts[at] = bad
    texts.append(["nobody"] * 3)
    interpreter = Interpreter(program)
    with pytest.raises(InputError) as expected:
        [interpreter(text) for text in texts]
    with pytest.raises(InputError) as got:
        Batch(program).predict(texts)
    assert str(got.value) == str(expected.value)


@pytest.mark.parametrize(("size", "fast"), [(2**50, True), (2**58, False), (2**61, False), (2**80, False)])
def test_paths_of_large_numbers_go_another_way(size: int, fast: bool) -> None:
    scores = (TableScore(Read("tokens"), ((size, 0), (0, size))),)
    output = Decode(("x", "y"), (0, 1), scores, (0, None), ((0, -size), (None, 0)))
    program = check(Program(name="n", vocabulary=("a", "b"), max_length=8, output=output))
    text = ["a", "b", "b", "a", "b"]
    answers = Batch(program).answers([text])
    assert answers.decode() == [Interpreter(program)(text)]
    assert (answers.path is Path.KERNEL) == fast


def test_one_code_for_sentences_of_like_lengths() -> None:
    program = tagger(random.Random(3), 2, False)
    batch = Batch(program)
    for length in range(33, 65):
        batch.predict([["Rome"] * length])
    assert len(batch._lowered) == 1
