"""Agreement on short inputs that is agreement on all: never claimed where longer inputs differ."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import programs
from transformer_programs.program import (
    Apply,
    Classify,
    Closest,
    Compare,
    Constant,
    Emit,
    Negate,
    Node,
    Offset,
    Program,
    Read,
    Relation,
    Step,
    Table,
    TableScore,
    Width,
    check,
)
from transformer_programs.verify import WordSpace, exhaust
from transformer_programs.verify.unbounded import enough
from verify.judges import equality_judge

LETTERS = ("a", "b")


def _program(*nodes: Node, output: object = None, causal: bool = False) -> Program:
    steps = tuple(Step(f"v{i}", node) for i, node in enumerate(nodes))
    output = output or Emit(steps[-1].name)
    return check(Program(name="free", vocabulary=LETTERS, max_length=None, causal=causal, steps=steps, output=output))


WINDOW = _program(Closest(Offset(-1, -1), "tokens"))
COUNT = Width(Compare("tokens", "==", "tokens"))


def test_windows() -> None:
    assert enough(WINDOW, WINDOW, LETTERS) is not None
    assert enough(WINDOW, WINDOW, LETTERS).length == 5
    twice = _program(Closest(Offset(-1, 1), "tokens"), Closest(Offset(2, 2), "v0"))
    assert enough(WINDOW, twice, LETTERS).length == 11
    assert enough(_program(Constant("a")), _program(Constant("b")), LETTERS).length == 1


def test_counts() -> None:
    told = _program(COUNT, Table((Read("v0", 3),), ("0", "1", "2", "more")))
    assert enough(told, told, LETTERS).length == 6
    scored = _program(COUNT, output=Classify(("x", "y"), (0, 0), (TableScore(Read("v0", 2), ((0, 1),) * 3),)))
    assert enough(scored, told, LETTERS).length == 6


@pytest.mark.parametrize(
    "program",
    [
        _program(COUNT),  # emitted without a limit
        _program(Closest(Compare("tokens", "==", "tokens"), "positions")),
        _program(Closest(Negate(Offset(0, 0)), "tokens")),
        _program(COUNT, Closest(Compare("v0", "==", "v0"), "tokens")),
        _program(Apply("+", ("tokens", "tokens")), Closest(Offset(1, 1), "v0")),
        _program(COUNT, Table((Read("v0", 1),), ("0", "1")), causal=True),
        replace(WINDOW, max_length=9),
    ],
)
def test_other_shapes_are_not_decided(program: Program) -> None:
    assert enough(program, program, LETTERS) is None


@st.composite
def _small(draw: st.DrawFn) -> Program:
    """A random program of one of the two shapes."""
    nodes: list[Node] = []
    cells = st.lists(st.sampled_from("xy"), min_size=2, max_size=2)
    if draw(st.booleans()):
        window = draw(st.sampled_from(((-1, -1), (0, 1), (1, 1), (-1, 1))))
        nodes.append(Closest(Offset(*window), "tokens"))
        if draw(st.booleans()):
            nodes.append(Table((Read("v0"), Read("tokens")), tuple(draw(cells) + draw(cells))))
    else:
        limit = draw(st.integers(1, 2))
        rows = tuple(draw(st.sampled_from(((), ("a",), ("b",), ("a", "b")))) for _ in LETTERS)
        nodes.append(Width(Relation(Read("tokens"), Read("tokens"), rows)))
        nodes.append(Table((Read("v0", limit),), tuple(draw(st.sampled_from("xy")) for _ in range(limit + 1))))
    return _program(*nodes, causal=False)


@settings(max_examples=60, deadline=None)
@given(_small(), _small())
def test_enough_is_enough(program: Program, other: Program) -> None:
    found = enough(program, other, LETTERS)
    if found is None:
        assert isinstance(program.steps[0].node, Width) != isinstance(other.steps[0].node, Width)
        return
    longer = found.length + 3
    first = exhaust(equality_judge(program, other, _words(found.length)), first=True)
    beyond = exhaust(equality_judge(program, other, _words(longer)), first=True)
    assert first.holds == beyond.holds


def _words(most: int) -> WordSpace:
    return WordSpace(letters=LETTERS, lengths=tuple(range(1, most + 1)))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_programs(data: st.DataObject) -> None:
    """Rarely of a shape, but then the claim must be true."""
    program, other = (data.draw(programs(closed=True, pooled=False, most_steps=2)) for _ in range(2))
    letters = tuple(sorted(set(program.vocabulary or ()) & set(other.vocabulary or ())))[:2]
    found = enough(program, other, letters)
    if found is None or not letters or found.length > 8:
        return
    spaces = [WordSpace(letters=letters, lengths=tuple(range(1, found.length + more))) for more in (1, 3)]
    verdicts = [exhaust(equality_judge(program, other, space), first=True) for space in spaces]
    assert verdicts[0].holds == verdicts[1].holds
