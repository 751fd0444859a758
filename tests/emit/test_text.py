"""Printed programs of words: neighbours, dictionaries of words, scores of many variables."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.emit.python.printer import unformatted
from transformer_programs.errors import ProgramError
from transformer_programs.program import (
    Classify,
    Closest,
    Decode,
    Emit,
    LinearScore,
    Lookup,
    Offset,
    Program,
    Read,
    Spelled,
    Step,
    Table,
    TableScore,
    Width,
    check,
    dumps,
)
from transformer_programs.program import semantics as S
from transformer_programs.program.nodes import Full, Node
from transformer_programs.run import Interpreter


def executed(text: str) -> Any:
    module: dict[str, Any] = {"__name__": "printed"}
    exec(compile(text, "program.py", "exec"), module)
    return module["run"]


def emitting(node: Node, vocabulary: tuple[str, ...], causal: bool = False) -> Program:
    steps = (Step("v", node),)
    return check(
        Program(name="n", vocabulary=vocabulary, max_length=None, causal=causal, steps=steps, output=Emit("v"))
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_text_programs_read_back_and_run(data: st.DataObject) -> None:
    program = data.draw(programs(text=True, odd=True, most_steps=7))
    text = unformatted(program)
    read = read_python(text)
    assert read == program
    assert dumps(read) == dumps(program)
    tokens = data.draw(inputs(program))
    assert repr(executed(text)(tokens)) == repr(Interpreter(program)(tokens))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("places", range(-4, 5))
def test_neighbours(places: int, causal: bool) -> None:
    program = emitting(Closest(Offset(places, places), "tokens"), ("a", "b", "c", "d"), causal)
    text = print_python(program)
    assert ("closest(" in text) == (causal and places >= 0)
    assert read_python(text) == program
    run = executed(text)
    for n in range(1, 5):
        tokens = ["a", "b", "c", "d"][:n]
        assert run(tokens) == Interpreter(program)(tokens)


def test_a_neighbour_to_the_right_is_none_of_a_causal_program() -> None:
    text = print_python(emitting(Closest(Offset(-2, -2), "tokens"), ("a",), causal=True))
    with pytest.raises(ProgramError, match="a value of a position before"):
        read_python(text.replace("neighbour(tokens, -2)", "neighbour(tokens, 2)"))


WORDS = tuple(f"w{i}" for i in range(400))


@pytest.mark.parametrize("words", [WORDS[:5], WORDS])
@pytest.mark.parametrize("spelled", [False, True])
def test_words_that_stand_for_themselves_stand_once(words: tuple[str, ...], spelled: bool) -> None:
    vocabulary = tuple(sorted((*words, "<unk>", "x", *(f"u{word}" for word in words))))
    cells = tuple(word if word in words else "*" for word in vocabulary)
    node = Spelled("suffix_4", words, words, "*") if spelled else Table((Read("tokens"),), cells)
    program = emitting(node, vocabulary)
    text = print_python(program)
    assert ("x: x for x in" in text) == (spelled or len(words) > 5)
    assert text.count("\n") < 110
    assert read_python(text) == program
    tokens = ["x", *words[:3], "<unk>"]
    assert executed(text)(tokens) == Interpreter(program)(tokens)


@pytest.mark.parametrize(
    "table",
    [{"a": "a", "b": "a"}, {"a": "a", "a b": "a b"}, {"a": "a", "": ""}, {"a": 1}, {"1": 1}, {}, {"a": "a", "b": "b"}],
)
def test_dictionaries_near_words_that_stand_for_themselves(table: dict[str, Any]) -> None:
    program = emitting(Spelled("word", tuple(table), tuple(table.values()), "*"), ("a", "<unk>"))
    text = print_python(program)
    assert read_python(text) == program
    assert executed(text)(["a", "b", "a b", ""]) == Interpreter(program)(["a", "b", "a b", ""])


def test_a_missing_key_is_told_with_its_place() -> None:
    program = emitting(Lookup("tokens", ("a",), (1,), None), ("a", "b"))
    with pytest.raises(ValueError, match="position 1: got key 'b'; expected a key of the dictionary"):
        executed(print_python(program))(["a", "b"])


@pytest.mark.parametrize("bias", [(0, 0), (5, -3)])
@pytest.mark.parametrize("pooled", [False, True])
def test_scores_of_numbers_of_values_and_of_nothing(bias: tuple[int, int], pooled: bool) -> None:
    """Positions at which no value has a row among the scores, and numbers beyond any machine's."""
    steps = (Step("width", Width(Full())), Step("same", Table((Read("tokens"),), (True, False))))
    scores = (
        TableScore(Read("tokens"), ((0, 0), (10**30, 1))),
        LinearScore("width", (-1, 10**20)),
        LinearScore("same", (7, 0)),
        TableScore(Read("same"), ((0, 9), (0, 0))),
    )
    for some in (scores, scores[:1], ()):
        output = Classify(("x", "y"), bias, some, pooled)
        program = check(Program(name="n", vocabulary=("a", "b"), max_length=4, steps=steps, output=output))
        text = print_python(program)
        assert read_python(text) == program
        run = executed(text)
        for tokens in (t for n in range(1, 5) for t in product("ab", repeat=n)):
            assert run(list(tokens)) == Interpreter(program)(tokens)


def test_the_best_path_is_the_best_of_all_sequences() -> None:
    """Against every sequence of labels, the first of equals in their order."""
    first, follows = (1, None, 0), ((0, 2, None), (None, 0, 0), (1, 1, 1))
    scores = [[0, 1, 2], [3, 0, 0], [0, 2, 1], [1, 1, 0]]
    for rows in product(scores, repeat=3):
        sums = {}
        for path in product(range(3), repeat=3):
            steps = [first[path[0]], *(follows[a][b] for a, b in pairwise(path))]
            if None not in steps:
                sums[path] = sum(row[o] for row, o in zip(rows, path)) + sum(steps)
        best = max(sums.values())
        assert tuple(S.best_path(list(rows), first, follows)) == min(path for path in sums if sums[path] == best)
    output = Decode(
        ("x", "y", "z"), (0, 0, 0), (TableScore(Read("tokens"), tuple(map(tuple, scores))),), first, follows
    )
    program = check(Program(name="n", vocabulary=tuple("abcd"), max_length=3, output=output))
    run = executed(print_python(program))
    assert all(run(list(t)) == Interpreter(program)(t) for t in product("abcd", repeat=3))
