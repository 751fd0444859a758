"""Shorter programs: equal on every input, or right as often as promised."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

from emit.handmade import double_hist, hist, reverse
from transformer_programs.program import (
    Classify,
    Closest,
    Compare,
    Emit,
    Frame,
    LinearScore,
    Prefer,
    Program,
    Read,
    Relation,
    Step,
    Table,
    TableScore,
    Width,
    check,
)
from transformer_programs.run import Interpreter
from transformer_programs.simplify import Found, Limits, shorten, sizes, space_inputs, task_inputs
from transformer_programs.simplify.tables import fillings
from transformer_programs.tasks import make_task
from transformer_programs.verify.space import program_space

LETTERS = ("a", "b", "c")


def small(name: str, steps: Sequence[Step], output: Emit | Classify, *, causal: bool = False) -> Program:
    return check(
        Program(
            name=name,
            vocabulary=("<s>", *LETTERS),
            max_length=5,
            causal=causal,
            frame=Frame(("<s>",)),
            steps=tuple(steps),
            output=output,
        )
    )


def inputs_of(program: Program):
    return space_inputs(program, program_space(program, None, None, False), 10_000)


def agree(old: Program, new: Program) -> None:
    """On every word, for every letter, by the interpreter."""
    first, second = Interpreter(old), Interpreter(new)
    for length in range(1, 5):
        for word in product(LETTERS, repeat=length):
            tokens = ("<s>", *word)
            assert list(map(str, first(tokens)))[1:] == list(map(str, second(tokens)))[1:], word


TOKENS, POSITIONS = Read("tokens"), Read("positions")
APART = Relation(TOKENS, TOKENS, ((), ("a",), ("b",), ("c",)))
"""Equal letters; the marker matches nothing, which no letter can tell."""


def counted() -> Program:
    """How often the letter occurs, as learners leave it: a table of texts, a cell for counts that never come."""
    return small("n", [Step("c", Width(APART)), Step("t", Table((Read("c"),), (*"11234", "x")))], Emit("t"))


def test_preferences_that_never_matter_go() -> None:
    """Behind `<s>`, which is always there, nothing is looked at; and it stands where no match points to."""
    orders = [((), *"bc", "<s>", "a"), ((), *"ca", "<s>", "b"), ((), *"ab", "<s>", "c")]
    ranked = tuple(tuple((key,) for key in order if key) for order in orders)
    head = Closest(Prefer(TOKENS, TOKENS, ((("a",), ("<s>",)), *ranked)), "positions")
    program = small("preferred", [Step("h", head)], Emit("h"))
    made = shorten(program, inputs_of(program)).program
    (step,) = made.steps
    kept = ((("b",), ("c",)), (("b",), ("c",)), (("c",), ("a",)), (("a",), ("b",)))  # of `<s>` nothing is asked
    assert step.node == Closest(Prefer(TOKENS, TOKENS, kept), "positions")
    agree(program, made)
    chosen = Closest(Prefer(TOKENS, TOKENS, ((), *(((key,), ("<s>",)) for key in "abc"))), "positions")
    (step,) = shorten(small("plain", [Step("h", chosen)], Emit("h")), inputs_of(program)).program.steps
    assert step.node in (Closest(Compare("tokens", "==", "tokens"), "positions"), Closest(APART, "positions"))


def earlier() -> Program:
    """Whether the letter stood before, by three places at a time: what `find_heads` finds again."""
    steps = [
        Step("w", Table((TOKENS, POSITIONS), tuple(5 * t + i for t in range(4) for i in range(5)))),
        *(
            Step(
                f"c{far}",
                Width(Relation(Read("w"), Read("w"), tuple((k - far,) if k % 5 >= far else () for k in range(20)))),
            )
            for far in (1, 2, 3)
        ),
        Step("t", Table((Read("c1", 1), Read("c2", 1)), (0, 1, 1, 1))),
        Step("u", Table((Read("t"), Read("c3", 1)), ("no", "yes", "yes", "yes"))),
    ]
    return small("n", steps, Emit("u"))


def test_a_count_answers_for_its_table() -> None:
    program = counted()
    found = shorten(program, inputs_of(program))
    assert [step.node for step in found.program.steps] == [Width(Compare("tokens", "==", "tokens"))]
    assert found.exact
    assert found.finished
    assert found.after is not None
    assert found.after.token_accuracy == 1.0
    agree(program, found.program)


def test_places_told_apart_one_by_one_become_one_head() -> None:
    program = earlier()
    found = shorten(program, inputs_of(program))
    assert len(found.program.steps) == 2
    assert any("from a head" in step for step in found.steps)
    agree(program, found.program)


@pytest.mark.parametrize("causal", [False, True])
def test_equal_columns_are_one(causal: bool) -> None:
    """Two ways to say whether the token is an `a`, and a table that looks at both."""
    steps = [
        Step("s", Table((TOKENS,), (0, 1, 0, 0))),
        Step("h", Closest(Compare("positions", "==", "positions"), "s")),
        Step("g", Closest(Relation(POSITIONS, POSITIONS, tuple((i,) for i in range(5))), "s")),
        Step(
            "t",
            Table((Read("g"), Read("h"), TOKENS), tuple("xy"[g & h] for g, h, _ in product((0, 1), (0, 1), "nabc"))),
        ),
    ]
    program = small("n", steps, Emit("t"), causal=causal)
    found = shorten(program, inputs_of(program))
    assert len(found.program.steps) == 1
    agree(program, found.program)


def test_scores_shrink_where_margins_allow() -> None:
    scores = (
        TableScore(TOKENS, ((0, 0), (3, 0), (0, 31), (0, 1))),
        LinearScore("c", (1, 0)),
    )
    program = small("n", [Step("c", Width(APART))], Classify(("x", "y"), (5, 0), scores))
    found = shorten(program, inputs_of(program))
    assert sizes(found.program).description_length < sizes(program).description_length / 3
    agree(program, found.program)


@pytest.mark.parametrize(("make", "task"), [(hist, "hist"), (double_hist, "double_hist"), (reverse, "reverse")])
def test_tasks_stay_solved(make, task: str) -> None:
    small_task = make_task(task, 4, 5)
    program = make()
    found = shorten(program, task_inputs(small_task, 10_000))
    assert found.before == found.after
    assert found.exact
    assert sizes(found.program).lines <= sizes(program).lines


def test_a_predicate_whose_query_does_not_matter_asks_the_key_alone() -> None:
    """The marker asks for nothing, which no asked answer shows."""
    rows = ((), ("a",), ("a",), ("a",))
    program = small("n", [Step("c", Width(Relation(TOKENS, TOKENS, rows)))], Emit("c"))
    found = shorten(program, inputs_of(program))
    assert found.program.steps[0].node == Width(Relation(TOKENS, TOKENS, (("a",),) * 4))
    agree(program, found.program)


def test_a_step_that_changes_an_answer_does_not_stand() -> None:
    """A pooled program whose every score matters: without any of them it is shorter, and wrong."""
    scores = (TableScore(TOKENS, ((0, 0), (3, 0), (0, 2), (0, 1))),)
    program = small("n", [], Classify(("x", "y"), (0, 0), scores, pooled=True))
    found = shorten(program, inputs_of(program))
    first, second = Interpreter(program), Interpreter(found.program)
    words = [("<s>", *word) for length in range(1, 5) for word in product(LETTERS, repeat=length)]
    assert [first(word) for word in words] == [second(word) for word in words]


def test_without_inputs_only_the_passes_run() -> None:
    found = shorten(earlier())
    assert (found.before, found.after, found.steps, found.exact) == (None, None, (), True)
    agree(earlier(), found.program)


def test_a_sample_proves_nothing() -> None:
    """Only steps that are exact by construction are taken on it, unless something may be lost."""
    program = counted()
    sample = space_inputs(program, program_space(program, None, None, False), 50)
    assert not sample.complete
    assert shorten(program, sample).program == shorten(program).program


def test_lossy_steps_cost_what_is_allowed_at_most() -> None:
    """`c` changes one answer in many: 120 words, 426 letters."""
    steps = [
        Step("c", Width(APART)),
        Step(
            "t",
            Table(
                (TOKENS, Read("c")), tuple("z" if n >= 4 else "xyyy"["nabc".index(t)] for t in "nabc" for n in range(6))
            ),
        ),
    ]
    program = small("n", steps, Emit("t"))
    inputs = inputs_of(program)
    assert len(shorten(program, inputs).program.steps) == 2
    found = shorten(program, inputs, Limits(allow=0.03))
    assert not found.exact
    assert len(found.program.steps) == 1
    assert found.after is not None
    assert 0.97 <= found.after.token_accuracy < 1
    wrong = total = 0
    first, second = Interpreter(program), Interpreter(found.program)
    for length in range(1, 5):
        for word in product(LETTERS, repeat=length):
            pairs = list(zip(first(("<s>", *word)), second(("<s>", *word))))[1:]
            wrong, total = wrong + sum(a != b for a, b in pairs), total + length
    assert found.after.token_accuracy == pytest.approx(1 - wrong / total)


def test_ctrl_c_keeps_the_best_so_far() -> None:
    seen: list[Found] = []

    def stop(step: Found) -> None:
        seen.append(step)
        raise KeyboardInterrupt

    program = counted()
    found = shorten(program, inputs_of(program), report=stop)
    assert (found.finished, found.interrupted) == (False, True)
    assert found.program == seen[0].program
    agree(program, found.program)


def test_the_clock_ends_the_search() -> None:
    program = earlier()
    found = shorten(program, inputs_of(program), Limits(seconds=0))
    assert (found.finished, found.interrupted) == (False, False)
    agree(program, found.program)


def test_fillings_hold_what_is_known() -> None:
    sizes_, partial = [(0, 1, 2), ("a", "b")], {(0, "a"): 1, (2, "a"): 3, (2, "b"): 3}
    for kept, cells in fillings(sizes_, partial):
        table = dict(zip(product(*(sizes_[i] for i in kept)), cells))
        assert all(table[tuple(key[i] for i in kept)] == cell for key, cell in partial.items())
        assert kept == (0,)
