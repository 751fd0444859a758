"""Where a wrong answer comes from: the first variable whose value, changed at one position, makes all answers right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transformer_programs.program import POSITIONS, TOKENS, Finite, Integers, Program, Ref, domains, selector_of
from transformer_programs.run import Interpreter, admit

__all__ = ["first_difference", "first_wrong"]

MOST_RUNS = 20_000


def first_wrong(program: Program, tokens: Sequence[str], expected: Sequence[str | None]) -> str:
    """The first variable that goes wrong, in words; empty where the program fails on the input.

    The variables are tried in the program's order: each position, and there each other value the variable can take.
    The first such change after which every asked answer is right names the variable. An error may need more than one
    change; that is said, too.
    """
    interpreter = Interpreter(program)
    try:
        trace = interpreter.trace(tokens)
    except Exception:  # the counterexample shows the error itself
        return ""
    known = domains(program)
    columns = dict(trace.columns)
    budget = MOST_RUNS
    for at, step in enumerate(program.steps):
        for position, old in enumerate(columns[step.name]):
            for new in _values(known[step.name], columns[step.name], len(tokens)):
                if new == old:
                    continue
                if budget == 0:
                    return "not found within the limit of the search"
                budget -= 1
                changed = [*columns[step.name]]
                changed[position] = new
                if _right(_rerun(interpreter, columns, at, changed), expected):
                    return (
                        f"{step.name} at position {position}: it is {old!r}; "
                        f"were it {new!r}, all answers would be right"
                    )
    return "no single variable: the scores are wrong, or several variables at once"


def _values(domain: Any, column: Sequence[Any], n: int) -> Sequence[Any]:
    match domain:
        case Finite(values):
            return values
        case Integers(int(low), int(high)) if high - low <= 64:
            return range(low, high + 1)
        case Integers():
            return range(n + 1)
        case _:
            return tuple(dict.fromkeys(column))


def _rerun(interpreter: Interpreter, old: Mapping[Ref, list[Any]], at: int, changed: list[Any]) -> list[Any] | None:
    """The answers with one column replaced and everything after it computed again; None where that fails."""
    program = interpreter.program
    columns = {TOKENS: old[TOKENS], POSITIONS: old[POSITIONS]}
    for step in program.steps[:at]:
        columns[step.name] = old[step.name]
    columns[program.steps[at].name] = changed
    try:
        for step in program.steps[at + 1 :]:
            selector = selector_of(step.node)
            matches = [] if selector is None else interpreter.select(selector, columns)
            columns[step.name] = interpreter.compute(step.node, columns, matches)
        return interpreter.answer(columns)[1]
    except Exception:  # a value that the rest of the program cannot take is no explanation
        return None


def _right(answer: list[Any] | None, expected: Sequence[str | None]) -> bool:
    return answer is not None and all(want is None or want == str(got) for got, want in zip(answer, expected))


def first_difference(program: Program, other: Program, tokens: Sequence[str]) -> str:
    """The first variable of `program` that `other` has by the same name with other values on this input, in words."""
    if admit(program, tokens) != tuple(tokens) or program.frame != other.frame:
        return ""
    try:
        mine, theirs = Interpreter(program).trace(tokens).columns, Interpreter(other).trace(tokens).columns
    except Exception:  # the counterexample shows the error itself
        return ""
    for step in program.steps:
        if step.name in theirs and mine[step.name] != theirs[step.name]:
            return f"{step.name}: {mine[step.name]} here, {theirs[step.name]} there"
    return ""
