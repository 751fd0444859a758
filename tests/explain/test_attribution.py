"""An attribution adds up exactly, and a counterfactual is what the interpreter computes, on random programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.errors import InputError
from transformer_programs.explain import changes, derive, explain
from transformer_programs.explain.report import as_json
from transformer_programs.files import load_program
from transformer_programs.program import Classify, Emit, Finite, Frame, Program, domains, selector_of
from transformer_programs.program import semantics as S
from transformer_programs.run import Interpreter

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

SORT98 = "tests/verify/programs/sort98.json"


def bare(program: Program) -> Program:
    """Without markers, so that the tokens are taken as they are."""
    return replace(program, frame=Frame())


@FEW
@given(st.data())
def test_the_parts_add_up_to_the_scores(data: st.DataObject) -> None:
    program = bare(data.draw(programs()))
    tokens = data.draw(inputs(program))
    trace = Interpreter(program).trace(tokens)
    found = explain(program, tokens)
    assert [answer.value for answer in found.answers] == trace.answer
    for head in found.heads:
        assert list(map(list, head.matches)) == trace.matches[head.name]
        if head.looks:
            assert list(head.values) == [trace.columns[head.reads][j] for j in head.looks]
    for answer, scores in zip(found.answers, trace.scores):
        assert list(answer.scores) == scores
        assert [sum(column) for column in zip(*(feature.amounts for feature in answer.features))] == scores
        assert [sum(column) for column in zip(*(feature.amounts for feature in answer.merged()))] == scores
        assert [sum(column) for column in zip(*(amounts for _, amounts in answer.by_position()))] == scores
        if len(answer.labels) > 1:
            why = answer.why()
            assert sum(why.amounts) == why.margin >= 0
            assert list(map(abs, why.amounts)) == sorted(map(abs, why.amounts), reverse=True)
    assert as_json(found, tokens)["program"] == program.name


@FEW
@given(st.data())
def test_changes_are_what_the_interpreter_computes(data: st.DataObject) -> None:
    program = bare(data.draw(programs(learned_only=True, most_steps=4)))
    tokens = data.draw(inputs(program, most=4))
    interpreter = Interpreter(program)
    trace = interpreter.trace(tokens)
    assert isinstance(program.output, Classify)
    position = 0 if program.output.pooled else data.draw(st.integers(0, len(tokens) - 1))
    wanted = data.draw(st.sampled_from(program.output.labels))
    found = changes(program, tokens, position, wanted)
    known = domains(program)
    expected = []
    for name in ("tokens", *(step.name for step in program.steps)):
        domain = known[name]
        values = domain.values if isinstance(domain, Finite) else range(domain.low, domain.high + 1)  # type: ignore
        for i, old in enumerate(trace.columns[name]):
            for new in values:
                if new != old and again(interpreter, trace.columns, name, i, new)[position] == wanted:
                    expected.append((name, i, new))
    changed = [(c.variable, c.position, c.instead) for c in found.found]
    assert changed == (expected if found.complete else [change for change in expected if change in changed])


def again(interpreter: Interpreter, old: Any, name: str, position: int, value: Any) -> list[Any]:
    """The answers with one value replaced."""
    program: Program = interpreter.program
    columns = {"tokens": list(old["tokens"]), "positions": old["positions"]}
    if name == "tokens":
        columns["tokens"][position] = value
    for step in program.steps:
        selector = selector_of(step.node)
        matches = [] if selector is None else interpreter.select(selector, columns)
        column = interpreter.compute(step.node, columns, S.past(matches) if program.causal else matches)
        columns[step.name] = column
        if step.name == name:
            columns[name] = [*old[name]]
            columns[name][position] = value
    return interpreter.answer(columns)[1]


@FEW
@given(st.data())
def test_derivations_end(data: st.DataObject) -> None:
    program = bare(data.draw(programs()))
    found = explain(program, data.draw(inputs(program)))
    for variable in found.variables:
        for i in range(len(found.tokens)):
            assert derive(found, variable.name, i).value is variable.values[i]


def test_the_cause_of_a_wrong_answer() -> None:
    program = load_program(SORT98)
    answer = explain(program, ["1", "1", "1", "2", "1"]).at(4)
    why = answer.why(other="1")
    assert (answer.value, why.margin, why.amounts) == ("2", 1, (3, -2))
    assert [feature.text for feature in why.features] == ["odd is rule", "answer is 1"]
    texts = [change.text for change in changes(program, ["1", "1", "1", "2", "1"], 4, "1").found]
    assert "odd at 4: rule -> none" in texts
    assert "tokens at 1: 1 -> 0" in texts


def test_pooled_features_of_one_value_are_merged() -> None:
    from transformer_programs.program import Read, TableScore

    score = TableScore(Read("tokens"), ((1, 0), (0, 2)))
    program = Program(
        name="mood", vocabulary=("good", "bad"), max_length=9, output=Classify(("up", "down"), (1, 0), (score,), True)
    )
    (answer,) = explain(program, ["good", "bad", "good", "bad", "bad"]).answers
    assert answer.position is None
    assert answer.scores == (5 + 2, 6)
    assert [(f.text, f.positions, f.amounts) for f in answer.merged()] == [
        ("bias", (0, 1, 2, 3, 4), (5, 0)),
        ("tokens is good", (0, 2), (2, 0)),
        ("tokens is bad", (1, 3, 4), (0, 6)),
    ]
    assert answer.by_position()[:2] == ((0, (2, 0)), (1, (1, 2)))


def test_refusals_say_what_there_is() -> None:
    found = explain(load_program(SORT98), ["1", "2"])
    with pytest.raises(InputError, match="position: got 9; expected 0 to 3"):
        found.at(9)
    with pytest.raises(InputError, match="label 'x'; expected one of 0 1 2 3 4"):
        found.answers[0].why("x")
    with pytest.raises(InputError, match="against itself"):
        found.answers[0].why("1", "1")
    with pytest.raises(InputError, match="variable: got 'nothing'; expected one of tokens positions key"):
        found.variable("nothing")
    echo = Program(name="echo", vocabulary=("a",), max_length=2, output=Emit("tokens"))
    with pytest.raises(InputError, match="a variable itself"):
        explain(echo, ["a"]).answers[0].why()
