"""Simplified programs give the same answers, on every input; simplifying again changes nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from emit.handmade import HANDMADE
from passes.thicken import thickened
from strategies import inputs, programs
from transformer_programs.passes import PASSES, measure, simplify
from transformer_programs.passes.classes import name_classes
from transformer_programs.passes.values import merge_values
from transformer_programs.program import (
    Classify,
    Closest,
    Compare,
    Emit,
    Full,
    LinearScore,
    Negate,
    Offset,
    Program,
    Read,
    Relation,
    Spelled,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    check,
)
from transformer_programs.run import Interpreter

SOME = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def differences(before: Program, after: Program, sequences: Iterable[Sequence[str]]) -> list[Sequence[str]]:
    """Inputs on which two programs answer differently, by the text of the answer (1 is not True)."""
    first, second = Interpreter(before), Interpreter(after)
    return [tokens for tokens in sequences if repr(first(tokens)) != repr(second(tokens))]


@SOME
@given(st.data(), st.booleans(), st.integers(0, 10**6))
def test_every_pass_and_all_of_them_are_exact(data: st.DataObject, learned_only: bool, seed: int) -> None:
    plain = data.draw(programs(learned_only=learned_only, odd=not learned_only))
    program = thickened(plain, random.Random(seed))
    sequences = [data.draw(inputs(program)) for _ in range(4)]
    assert not differences(plain, program, sequences)
    for step in PASSES:
        made = check(step(program))
        assert not differences(program, made, sequences), step.__name__
    simple = simplify(program)
    assert not differences(program, simple, sequences)
    assert simplify(simple) == simple


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.booleans())
def test_equal_on_all_short_inputs(data: st.DataObject, learned_only: bool) -> None:
    program = data.draw(programs(learned_only=learned_only, closed=True, most_steps=6))
    assert program.vocabulary is not None
    sequences = [
        tokens
        for size in range(1, min(program.max_length or 3, 3) + 1)
        for tokens in product(program.vocabulary[:4], repeat=size)
    ]
    assert not differences(program, simplify(program), sequences)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.integers(0, 10**6))
def test_what_was_added_goes(data: st.DataObject, seed: int) -> None:
    program = data.draw(programs(learned_only=True))
    assume(program.max_length != 1)  # there positions are the constant 0, and either may stand for the other
    thick = thickened(program, random.Random(seed))
    assert len(simplify(thick).steps) <= len(simplify(program).steps)


@pytest.mark.parametrize("make", HANDMADE)
def test_handmade_programs_do_not_grow(make) -> None:
    before, after = measure(make()), measure(simplify(make()))
    assert after.variables <= before.variables + 1  # scores may have become a table
    assert after.lines <= before.lines + 1
    assert after.scores <= before.scores


def small(*steps: Step, output: Emit | Classify, causal: bool = False, length: int | None = 3) -> Program:
    return check(
        Program(
            name="small", vocabulary=("a", "b"), max_length=length, causal=causal, steps=tuple(steps), output=output
        )
    )


INPUTS = [tokens for size in (1, 2, 3) for tokens in product("ab", repeat=size)]
POSITIONS, TOKENS = Read("positions"), Read("tokens")
ROWS = [tuple(j for j in range(3) if row >> j & 1) for row in range(8)]


@pytest.mark.parametrize("causal", [False, True])
def test_every_predicate_of_three_positions(causal: bool) -> None:
    """All 512 relations of positions, counted and under a head: exact, and the regular ones recognised."""
    found = set()
    for rows in product(ROWS, repeat=3):
        relation = Relation(POSITIONS, POSITIONS, rows)
        steps = (Step("count_1", Width(relation)), Step("head_1", Closest(relation, "count_1")))
        program = small(*steps, output=Emit("head_1"), causal=causal)
        simple = simplify(program)
        assert not differences(program, simple, INPUTS), rows
        found.update(type(getattr(step.node, "selector", None)).__name__ for step in simple.steps)
    assert {"Full", "Compare", "Offset", "Relation"} <= found


def test_every_head_of_one_position_each() -> None:
    """All 64 one-to-one predicates of positions under `Closest`, where no match is position 0."""
    for causal in (False, True):
        for rows in product(((), (0,), (1,), (2,)), repeat=3):
            program = small(
                Step("head_1", Closest(Relation(POSITIONS, POSITIONS, rows), "tokens")),
                output=Emit("head_1"),
                causal=causal,
            )
            assert not differences(program, simplify(program), INPUTS), rows


def test_every_predicate_of_tokens_and_counts() -> None:
    rows = [(), (0,), (1,), (0, 1)]
    for limit in (1, None):
        size = 2 if limit else 4
        for chosen in product(rows, repeat=size):
            counts = Step("count_1", Width(Compare("tokens", "==", "tokens")))
            relation = Relation(Read("count_1", limit), Read("count_1", limit), chosen)
            program = small(counts, Step("count_2", Width(relation)), output=Emit("count_2"))
            assert not differences(program, simplify(program), INPUTS), chosen


CASES = {
    "unused": (
        (Step("head_1", Closest(Full(), "tokens")), Step("head_2", Closest(Offset(-1, -1), "tokens"))),
        Emit("head_2"),
        ["head_1 = Closest(selector=Offset(low=-1, high=-1), values='tokens')"],
    ),
    "equal": (
        (
            Step("count_4", Width(Compare("tokens", "==", "tokens"))),
            Step("count_5", Width(Relation(TOKENS, TOKENS, (("a",), ("b",))))),
            Step("head_1", Closest(Compare("positions", "==", "count_5"), "count_4")),
        ),
        Emit("head_1"),
        [
            "count_1 = Width(selector=Compare(keys='tokens', operator='==', queries='tokens'))",
            "head_1 = Closest(selector=Compare(keys='positions', operator='==', queries='count_1'), values='count_1')",
        ],
    ),
    "never": (
        (Step("count_1", Width(Relation(TOKENS, POSITIONS, ((), (), ())))), Step("sum_1", Total(Full(), "count_1"))),
        Emit("sum_1"),
        ["constant_1 = Constant(value=0)"],
    ),
    "nothing to the left": (
        (Step("head_1", Closest(Relation(POSITIONS, POSITIONS, ((), (0,), (1,))), "tokens")),),
        Emit("head_1"),
        ["head_1 = Closest(selector=Offset(low=-1, high=-1), values='tokens')"],
    ),
    "a chain of tables": (
        (
            Step("table_1", Table((TOKENS,), (4, 2))),
            Step("table_2", Table((Read("table_1"), TOKENS), ("p", "q", "r", "s"))),
        ),
        Emit("table_2"),
        ["table_1 = Table(reads=(Read(variable='tokens', limit=None),), cells=('r', 'q'))"],
    ),
    "values that nobody tells apart": (
        (
            Step("table_1", Table((TOKENS, POSITIONS), (5, 7, 9, 9, 7, 5))),
            Step("count_1", Width(Relation(Read("table_1"), POSITIONS, ((5, 7), (), (9,))))),
        ),
        Emit("count_1"),
        [
            "table_1 = Table(reads=(Read(variable='tokens', limit=None), Read(variable='positions', limit=None)), "
            "cells=(0, 0, 1, 1, 0, 0))",
            "count_1 = Width(selector=Relation(keys=Read(variable='table_1', limit=None), "
            "queries=Read(variable='positions', limit=None), rows=((0,), (), (1,))))",
        ],
    ),
    "double negation": (
        (Step("count_1", Width(Negate(Negate(Compare("tokens", "<", "tokens"))))),),
        Emit("count_1"),
        ["count_1 = Width(selector=Compare(keys='tokens', operator='<', queries='tokens'))"],
    ),
    "scores that are a table": (
        (),
        Classify(("x", "y"), (1, 0), (TableScore(TOKENS, ((0, 0), (0, 3))),)),
        ["table_1 = Table(reads=(Read(variable='tokens', limit=None),), cells=('x', 'y'))"],
    ),
    "names that people gave": (
        (Step("length", Width(Full())), Step("count_9", Width(Compare("length", ">", "positions")))),
        Emit("count_9"),
        [
            "length = Width(selector=Full())",
            "count_1 = Width(selector=Compare(keys='length', operator='>', queries='positions'))",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of(name: str) -> None:
    steps, output, expected = CASES[name]
    program = small(*steps, output=output)
    simple = simplify(program)
    assert [f"{step.name} = {step.node}" for step in simple.steps] == expected
    assert not differences(program, simple, INPUTS)


def test_scores_are_brought_to_the_plainest_form() -> None:
    counts = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    scores = (
        TableScore(POSITIONS, ((7, 7, 9), (1, 1, 7), (7, 7, 9))),
        LinearScore("count_1", (5, 1, 1)),
        TableScore(POSITIONS, ((0, 0, 0), (2, 4, 0), (0, 0, 0))),
        TableScore(TOKENS, ((3, 3, 3), (8, 8, 8))),
    )
    for pooled in (True, False):
        program = small(counts, output=Classify(("x", "y", "z"), (0, 2, 0), scores, pooled))
        output = simplify(program).output
        assert not differences(program, simplify(program), INPUTS)
        if pooled:
            assert output == Classify(
                ("x", "y", "z"),
                (-1, 0, 0),
                (TableScore(POSITIONS, ((0, 0, 0), (-1, 0, 0), (0, 0, 0))), LinearScore("count_1", (2, 0, 0))),
                True,
            )


def test_a_count_is_cut_once_where_its_readers_agree() -> None:
    """Two limits become the larger one that is needed; a limit that cuts one value off is not worth a cut."""
    counts = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    relation = Relation(TOKENS, Read("count_1", 6), (("a",), ("b",), *((),) * 5))
    head = Step("head_1", Closest(relation, "tokens"))
    table = Step("table_1", Table((Read("count_1", 9), Read("head_1")), (*"pqrs", *("p", "p") * 8)))
    simple = simplify(small(counts, head, table, output=Emit("table_1"), length=12))
    assert [step.node.reads[0] for step in simple.steps if isinstance(step.node, Table)] == [Read("count_1", 2)]
    near = small(counts, Step("table_1", Table((Read("count_1", 2),), ("p", "q", "r"))), output=Emit("table_1"))
    node = simplify(near).steps[-1].node
    assert isinstance(node, Table)
    assert node.reads == (Read("count_1"),)


def test_classes_of_words_have_names_but_numbers_keep_theirs() -> None:
    """Values are named by the first word of the vocabulary that has them, through a head and a predicate."""
    words = ("<unk>", "in", "Rome", "of", "Oslo")
    table = Table((Read("tokens"),), (0, 1, 0, 1, 2))
    same = Relation(Read("table_1"), Read("table_1"), ((1,), (0,), (2,)))
    steps = (Step("table_1", table), Step("head_1", Closest(same, "table_1")))
    scores = tuple(TableScore(Read(name), ((0, 3), (2, 0), (1, 1))) for name in ("table_1", "head_1"))
    output = Classify(("x", "y"), (0, 0), scores, False)
    program = Program(name="t", vocabulary=words, max_length=3, steps=steps, output=output)
    made = simplify(program)
    assert made.steps[0] == Step("class_1", Table((Read("tokens"),), ("Rome", "in", "Rome", "in", "Oslo")))
    assert not differences(program, made, [["in", "Oslo", "?"], ["Rome", "of", "in"], ["of", "Oslo", "Rome"]])
    summed = Step("sum_1", Total(Full(), "table_1"))
    weighed = Program(
        name="t",
        vocabulary=words,
        max_length=3,
        steps=(steps[0], summed),
        output=Classify(("x", "y"), (1, 0), (LinearScore("sum_1", (-1, 0)),), False),
    )
    assert simplify(weighed).steps[0].node == table
    letters = replace(program, vocabulary=("a", "in", "Rome", "of", "Oslo"))
    assert simplify(letters).steps[0].name == "table_1"


@pytest.mark.parametrize(
    ("cells", "scores", "named"),
    [  # scores by the sorted values; the same number: never told apart
        (("*", "!+a", "*", "b+b"), (1, 1, 2), ("*", "*", "*", "b+b")),
        (("a+a", "a+b", "b+a", "b+b"), (1, 2, 2, 3), ("a+a", "a+b|b+a", "a+b|b+a", "b+b")),
        (("b+b", "a+b", "b+a", "a+a"), (1, 2, 2, 2), ("a+b|...", "a+b|...", "a+b|...", "a+a")),
        (("a|b", "a", "b", "c"), (1, 2, 1, 3), ("a|b", "a|b'", "a|b'", "c")),
        (("a|...", "b", "c", "c"), (1, 1, 2), ("a|...|b", "a|...|b", "c", "c")),
    ],
)
def test_pairs_that_become_one_are_not_called_as_if_it_were_one_of_them(
    cells: tuple[str, ...], scores: tuple[int, ...], named: tuple[str, ...]
) -> None:
    words = ("a", "b")
    head = Step("before", Closest(Offset(-1, -1), "tokens"))
    table = Step("pair", Table((Read("before"), Read("tokens")), cells))
    rows = tuple((score, 0) for score in scores)
    output = Classify(("x", "y"), (0, 2), (TableScore(Read("pair"), rows),), False)
    program = check(Program(name="t", vocabulary=words, max_length=3, steps=(head, table), output=output))
    made = check(merge_values(program))
    assert made.steps[1].node == Table((Read("before"), Read("tokens")), named)
    assert merge_values(made) == made
    assert not differences(program, made, [s for n in (1, 2, 3) for s in product(words, repeat=n)])


def test_classes_that_become_one_are_called_after_the_most_frequent_word() -> None:
    words = ("<unk>", "in", "rome", "at", "oslo", "!")
    table = Step("kind", Table((Read("tokens"),), ("<none>", "in", "rome", "at", "oslo", "!")))
    rows = tuple((score, 0) for score in (5, 5, 3, 3, 7, 7))  # of ! <none> at in oslo rome
    output = Classify(("x", "y"), (0, 4), (TableScore(Read("kind"), rows),), False)
    program = check(Program(name="t", vocabulary=words, max_length=3, steps=(table,), output=output))
    made = check(merge_values(program))
    assert made.steps[0].node == Table((Read("tokens"),), ("!|<none>", "in", "rome", "in", "rome", "!|<none>"))


def test_classes_of_spellings_have_names_and_the_rest_is_none() -> None:
    """Words of one class stand together, those of the default are left out; no two classes get one name."""
    node = Spelled("lower", ("in", "rome", "of", "oslo", "on"), (0, 1, 0, 1, 2), 2)
    score = TableScore(Read("spelled_1"), ((0, 3), (2, 0), (1, 1)))
    output = Classify(("x", "y"), (0, 0), (score,), False)
    words = ("<unk>", "in")
    program = Program(name="t", vocabulary=words, max_length=3, steps=(Step("spelled_1", node),), output=output)
    made = name_classes(program)
    named = Spelled("lower", ("in", "of", "rome", "oslo"), ("in", "in", "rome", "rome"), "<none>")
    assert made.steps == (Step("spelled_1", named),)
    assert not differences(program, made, [["In", "OSLO", "?"], ["Rome", "of", "on"]])
    clash = replace(node, keys=("in", "<none>", "of", "oslo", "on"))
    assert name_classes(replace(program, steps=(Step("spelled_1", clash),))).steps[0].node == clash
