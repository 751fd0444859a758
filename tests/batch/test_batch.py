"""Batch against the interpreter where the contract suite does not go: paths, errors, bounds, encodings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.batch import Batch, Path, lower_selector
from transformer_programs.errors import ConfigError, InputError
from transformer_programs.program import (
    Apply,
    Classify,
    Closest,
    Compare,
    Constant,
    Emit,
    Full,
    Largest,
    LinearScore,
    Lookup,
    Mean,
    Negate,
    Node,
    Offset,
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
from transformer_programs.run import Interpreter

PATHS = ([Path.KERNEL, Path.INTERPRETER], [Path.COLUMNS, Path.INTERPRETER], list(Path))


def emitting(*nodes: Node, vocabulary: tuple[str, ...] | None = ("a", "b"), n: int | None = 8, **rest: Any) -> Program:
    """A program that answers with its last variable; variables are v0, v1, ..."""
    steps = tuple(Step(f"v{i}", node) for i, node in enumerate(nodes))
    output = Emit(steps[-1].name)
    return check(Program(name="test", vocabulary=vocabulary, max_length=n, steps=steps, output=output, **rest))


def attempt(run: Callable[[], list[list[Any]]]) -> Any:
    try:
        return [[(type(value), repr(value)) for value in answer] for answer in run()]
    except Exception as error:
        return type(error), str(error)


def same(program: Program, sequences: Sequence[Sequence[str]]) -> Path | None:
    """Holds every path against the interpreter, errors included: the path that ran, None after an error."""
    expected = attempt(lambda: [Interpreter(program)(tokens) for tokens in sequences])
    for paths in PATHS:
        assert attempt(lambda paths=paths: Batch(program, paths=paths).predict(sequences)) == expected, paths
    return Batch(program).answers(sequences).path if isinstance(expected, list) else None


@pytest.mark.parametrize("most_masks", [0, lower_selector.MOST_MASKS])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_same_answers_and_errors(most_masks: int, data: st.DataObject) -> None:
    program = data.draw(programs(odd=True, partial=True))
    with mock.patch.object(lower_selector, "MOST_MASKS", most_masks):
        same(program, data.draw(st.lists(inputs(program, most=9), min_size=1, max_size=4)))


@pytest.mark.parametrize(
    "sequences",
    [
        [["a"], []],
        [["a"] * 9],
        [["a"], ["b", "x"], []],
        [[]],
    ],
)
def test_sequences_that_the_program_does_not_take(sequences: list[list[str]]) -> None:
    program = emitting(Width(Full()))
    with pytest.raises(InputError) as expected:
        [Interpreter(program)(tokens) for tokens in sequences]
    with pytest.raises(InputError) as got:
        Batch(program).predict(sequences)
    assert str(got.value) == str(expected.value)


def test_unknown_tokens() -> None:
    assert same(emitting(Closest(Full(), "tokens"), vocabulary=("a", "<unk>")), [["x", "a"], ["<unk>", "y"]])


def test_no_sequences() -> None:
    assert Batch(emitting(Width(Full()))).predict([]) == []


@pytest.mark.parametrize("paths", PATHS)
def test_codes_of_another_vocabulary(paths: list[Path]) -> None:
    program = emitting(Closest(Offset(0, 0), "tokens"), vocabulary=("a", "b", "<unk>"))
    answers = Batch(program, paths=paths).run(np.array([[0, 1], [2, 9]]), np.array([2, 1]), ("b", "a", "z"))
    assert answers.decode() == [["b", "a"], ["<unk>"]]
    assert answers.codes[1, 1] == -1


@pytest.mark.parametrize("paths", PATHS)
@pytest.mark.parametrize(
    ("tokens", "lengths", "message"),
    [
        ([[0, 1], [0, 2]], [2, 2], "sequence 1, position 1: got code 2; expected a place among 2 tokens"),
        ([[0, 1], [-1, 0]], [2, 1], "sequence 1, position 0: got code -1; expected a place among 2 tokens"),
        ([[0, 1], [0, 0]], [3, 1], "sequence 0: got length 3; expected at most 2, the array's"),
        ([[0, 1], [0, 0]], [1, 0], "input: got no tokens; expected at least one"),
        ([[0] * 9], [9], "input: got 9 tokens; expected at most 8; shorten it"),
    ],
)
def test_arrays_that_are_no_input(paths: list[Path], tokens: Any, lengths: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        Batch(emitting(Width(Full())), paths=paths).run(np.array(tokens), np.array(lengths))
    assert str(error.value) == message


@pytest.mark.parametrize("paths", PATHS)
def test_padding_is_never_read(paths: list[Path]) -> None:
    letters = Relation(Read("tokens"), Read("tokens"), (("a",), ("a",)))
    scores = (LinearScore("v1", (1, -1)), TableScore(Read("v0"), ((0, 3), (2, 0))))
    steps = (Step("v0", Closest(letters, "tokens")), Step("v1", Total(Negate(letters), "positions")))
    for pooled in (False, True):
        output = Classify(("x", "y"), (0, 1), scores, pooled)
        program = check(Program(name="pad", vocabulary=("a", "b"), max_length=6, steps=steps, output=output))
        rng = np.random.default_rng(0)
        tokens, lengths = rng.integers(0, 2, (300, 6)), rng.integers(1, 7, 300)
        answers = Batch(program, paths=paths).run(tokens, lengths)
        garbage = np.where(np.arange(6) < lengths[:, None], tokens, rng.integers(-99, 99, tokens.shape))
        assert np.array_equal(answers.codes, Batch(program, paths=paths).run(garbage, lengths).codes)
        interpreter = Interpreter(program)
        expected = [interpreter(["ab"[t] for t in row[:n]]) for row, n in zip(tokens.tolist(), lengths.tolist())]
        assert answers.decode() == expected


def test_threads_share_the_work_in_order() -> None:
    program = emitting(Total(Compare("tokens", "==", "tokens"), "positions"), n=12)
    rng = np.random.default_rng(1)
    tokens, lengths = rng.integers(0, 2, (9001, 12)), rng.integers(1, 13, 9001)
    one, three = (Batch(program, threads=threads).run(tokens, lengths) for threads in (1, 3))
    assert one.path is Path.KERNEL
    assert np.array_equal(one.codes, three.codes)
    tokens[7000, 0] = 5
    tokens[8000, 0] = 6
    with pytest.raises(InputError, match="sequence 7000"):
        Batch(program, threads=3).run(tokens, lengths)


def test_no_threads() -> None:
    with pytest.raises(ConfigError, match="1 or more"):
        Batch(emitting(Width(Full())), threads=-1)


def test_no_path() -> None:
    with pytest.raises(ConfigError, match=r"allow Path.INTERPRETER"):
        Batch(emitting(Constant(2**70), Total(Full(), "v0")), paths=[Path.KERNEL]).predict([["a"]])


SUMS = [Total(Full(), f"v{i}") for i in range(3)]
ABOVE_63 = Relation(Read("v0", 99), Read("tokens"), (tuple(range(0, 100, 7)), (3, 28)))
NAN = [Apply("*", ("v0", "v0")), Apply("-", ("v1", "v1"))]
FOUR = Table((Read("tokens"),), (3, -4))
WORDS = [["a"], ["b", "a", "b"], ["a", "b", "b", "a", "a", "b", "a", "b"]]


@pytest.mark.parametrize(
    ("nodes", "fast"),
    [
        # Sums of sums of sums stay in 64 bits by their bound, or go another way.
        ([Constant(2**40), *SUMS, Width(Compare("v3", "<=", "v3"))], True),
        ([Constant(2**52), *SUMS, Width(Compare("v3", "<=", "v3"))], True),
        ([Constant(2**53), *SUMS, Width(Compare("v3", "<=", "v3"))], False),
        ([Constant(2**40), *SUMS], False),
        ([Constant(2**61), Total(Full(), "v0")], False),
        ([Constant(-(2**70)), Width(Compare("v0", "==", "v0"))], True),
        ([Constant(2**70), Constant(-(2**70)), Width(Compare("v0", "<=", "v1"))], True),
        # Values that are equal and not the same.
        ([Constant(-0.0), Constant(0.0), Width(Compare("v0", "==", "v1"))], True),
        ([Constant(-0.0), Constant(0.0), Lookup("tokens", ("a",), (1,), 2), Apply("*", ("v0", "v2"))], True),
        ([Table((Read("tokens"),), (True, False)), Apply("==", ("v0", "tokens")), Apply("str", ("v1",))], True),
        ([Constant(1), Constant(True), Width(Compare("v0", "==", "v1"))], True),
        ([Constant(1.0), Closest(Compare("positions", "==", "v0"), "tokens")], True),
        # Means: of numbers, of one text, of several texts (an error), of decimals in the order of addition.
        ([FOUR, Mean(Compare("tokens", "==", "tokens"), "v0", 7), Apply("str", ("v1",))], True),
        ([Mean(Offset(-1, -1), "tokens", "none")], True),
        ([Mean(Offset(-2, -1), "tokens", "none")], True),
        ([Table((Read("tokens"),), (0.1, 0.7)), Mean(Full(), "v0", 0.5)], True),
        ([Table((Read("tokens"),), (True, False)), Mean(Full(), "v0", False)], True),
        ([Constant("a"), Total(Full(), "v0")], False),
        # The largest of texts, of numbers, of what has no order (an error, if it is ever compared).
        ([Largest(Offset(-2, -1), "tokens", "zz"), Smallest(Offset(1, 2), "v0", "")], True),
        ([Smallest(Negate(Offset(0, 0)), "positions", -5)], True),
        ([Table((Read("tokens"),), (1, "x")), Largest(Offset(0, 0), "v0", 0)], False),
        ([Table((Read("tokens"),), (1, "x")), Largest(Full(), "v0", 0)], False),
        # Operators that fail for some values; a failure that the answer does not read; one that never happens.
        ([Apply("/", ("positions", "positions"))], True),
        ([Apply("//", ("positions", "positions")), Width(Full())], True),
        ([Constant(1), Apply("+", ("positions", "v0")), Apply("%", ("positions", "v1"))], True),
        ([Lookup("tokens", ("a",), (1,), None)], True),
        ([Lookup("tokens", ("a",), (1,), 2.5)], True),
        ([Constant(99), Apply("^", ("v0", "v0")), Apply("^", ("v1", "positions"))], True),
        ([Constant(-8.0), Constant(0.5), Apply("^", ("v0", "v1"))], False),
        ([Constant(1e308), *NAN, Width(Compare("v2", "==", "v2"))], False),
        # Comparisons of numbers and texts, and of what has no order.
        ([Width(Compare("positions", "==", "tokens"))], True),
        ([Width(Compare("tokens", "<", "tokens"))], True),
        ([Width(Compare("positions", "<", "tokens"))], False),
        ([Constant(2.5), Width(Compare("v0", ">=", "positions"))], True),
        # Predicates of many keys, more of them than one word of bits holds; offsets beyond any sequence.
        ([Total(Full(), "positions"), Width(ABOVE_63)], True),
        ([Closest(Offset(-(10**30), -1), "tokens")], True),
        ([Width(Offset(10**30, 10**31))], True),
    ],
)  # fmt: skip
def test_unusual_programs(nodes: list[Node], fast: bool) -> None:
    program = emitting(*nodes)
    assert Batch(program).fast == fast
    same(program, WORDS)
    for words in WORDS:
        same(program, [words])


def test_large_scores() -> None:
    def program(weight: int, pooled: bool) -> Program:
        scores = (LinearScore("v", (weight, -weight, 1)), TableScore(Read("tokens"), ((0, weight, 0), (weight, 0, 0))))
        output = Classify(("x", "y", "z"), (0, 0, weight), scores, pooled)
        steps = (Step("v", Width(Full())),)
        return check(Program(name="large", vocabulary=("a", "b"), max_length=8, steps=steps, output=output))

    for pooled in (False, True):
        for weight in (2**31, 2**50, 2**58, 2**62, 2**63, 2**64, 2**200):
            path = same(program(weight, pooled), WORDS)
            assert (path is Path.KERNEL) == (weight * 10 * (8 if pooled else 1) < 2**62)


def test_first_of_equal_scores() -> None:
    for scores in ((TableScore(Read("tokens"), ((1, 2, 2), (0, 0, 0))),), ()):
        output = Classify(("x", "y", "z"), (0, 0, 0), scores)
        program = check(Program(name="ties", vocabulary=("a", "b"), max_length=8, output=output))
        assert same(program, WORDS) is Path.KERNEL


def test_an_open_program_takes_any_word() -> None:
    program = emitting(Width(Compare("tokens", "==", "tokens")), vocabulary=None, n=None)
    assert Batch(program).fast
    assert same(program, [["x", "y", "x"], ["z"], ["y"] * 70]) is Path.KERNEL


def test_answers_of_a_wide_range() -> None:
    nodes = [Total(Full(), "positions")]
    for _ in range(12):
        nodes.append(Total(Full(), f"v{len(nodes) - 1}"))
    path = same(emitting(*nodes), WORDS)
    assert path is Path.COLUMNS
