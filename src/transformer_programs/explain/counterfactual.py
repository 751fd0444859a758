"""What would have had to be different: each single value, at one position, whose change gives another answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from transformer_programs.batch.columns import Columns
from transformer_programs.errors import InputError
from transformer_programs.explain.values import framed, shown
from transformer_programs.passes.closing import close
from transformer_programs.program import TOKENS, Emit, Finite, Integers, Program, Ref, domains
from transformer_programs.run import Interpreter

__all__ = ["Change", "Changes", "changes"]

MOST_VALUES = 64
MOST_CHANGES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A variable (or `tokens`, the input itself) that has another value at one position.

    Args:
        variable: which.
        position: where.
        value: what it is.
        instead: what it would have to be.
    """

    variable: Ref
    position: int
    value: Any
    instead: Any

    @property
    def text(self) -> str:
        """In words.

        >>> Change(variable="odd", position=4, value="rule", instead="none").text
        'odd at 4: rule -> none'
        """
        return f"{self.variable} at {self.position}: {shown(self.value)} -> {shown(self.instead)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The single changes after which an answer is another.

    Args:
        found: in the program's order: the input, then variable by variable, position by position.
        tried: how many were tried.
        complete: whether that was every value that any variable can take anywhere.
    """

    found: tuple[Change, ...]
    tried: int
    complete: bool


def changes(program: Program, tokens: Sequence[str], position: int, answer: object) -> Changes:
    """Every single change after which the program's answer at a position is this one.

    All else is computed anew from the changed value on, so this is exact: not a gradient, not an estimate.

    Args:
        position: as the program sees it, markers counted; of no matter where the program is pooled.
        answer: compared as printed.

    Raises:
        InputError: the program does not take the tokens; no such position; a label that it does not have.

    >>> from transformer_programs.program import Closest, Emit, Offset, Program, Step
    >>> before = Step("before", Closest(Offset(-1, -1), "tokens"))
    >>> program = Program(name="p", vocabulary=("a", "b"), max_length=3, steps=(before,), output=Emit("before"))
    >>> [change.text for change in changes(program, ["a", "a", "b"], 2, "b").found]
    ['tokens at 1: a -> b', 'before at 2: a -> b']
    """
    whole, _ = framed(program, tokens)
    program = close(program, whole)
    trace = Interpreter(program).trace(whole)
    n = len(trace.tokens)
    if not 0 <= position < n:
        raise InputError(place="position", got=str(position), expected=f"0 to {n - 1}")
    output = program.output
    if not isinstance(output, Emit) and str(answer) not in output.labels:
        raise InputError(place="label", got=repr(answer), expected=f"one of {' '.join(output.labels[:20])}")
    at = 0 if program.pooled else position
    known = domains(program)
    found: list[Change] = []
    tried, complete = 0, True
    for ref in (TOKENS, *(step.name for step in program.steps)):
        column = trace.columns[ref]
        values, whole_domain = _values(known[ref], column)
        pairs = [(i, value) for i in range(n) for value in values if repr(value) != repr(column[i])]
        complete &= whole_domain and tried + len(pairs) <= MOST_CHANGES
        pairs = pairs[: max(MOST_CHANGES - tried, 0)]
        tried += len(pairs)
        found += [
            Change(variable=ref, position=i, value=column[i], instead=value)
            for (i, value), got in zip(pairs, _answers(program, trace.tokens, ref, column, pairs, at))
            if got == str(answer)
        ]
    return Changes(found=tuple(found), tried=tried, complete=complete)


def _values(domain: Any, column: Sequence[Any]) -> tuple[Sequence[Any], bool]:
    """The values worth trying, and whether these are all."""
    match domain:
        case Finite(values) if len(values) <= MOST_VALUES:
            return values, True
        case Integers(int(low), int(high)) if high - low < MOST_VALUES:
            return range(low, high + 1), True
        case _:
            return tuple({repr(value): value for value in column}.values()), False


def _answers(
    program: Program, tokens: tuple[str, ...], ref: Ref, column: list[Any], pairs: list[tuple[int, Any]], at: int
) -> list[str | None]:
    """The answer after each change; None where the program cannot go on with that value."""
    if not pairs:
        return []
    values = list({repr(value): value for value in [*column, *(value for _, value in pairs)]}.values())
    index = {repr(value): code for code, value in enumerate(values)}
    codes = np.array([[index[repr(value)] for value in column]] * len(pairs), np.int64)
    codes[np.arange(len(pairs)), [i for i, _ in pairs]] = [index[repr(value)] for _, value in pairs]
    words = list(dict.fromkeys(tokens))
    try:
        if ref == TOKENS:
            got, meaning = Columns(program, values, codes).answers()
        else:
            same = np.array([[words.index(token) for token in tokens]] * len(pairs), np.int64)
            got, meaning = Columns(program, words, same, {ref: (codes, values)}).answers()
    except Exception:  # a value that the rest of the program cannot take is no explanation; the others may be
        if len(pairs) == 1:
            return [None]
        return [_answers(program, tokens, ref, column, [pair], at)[0] for pair in pairs]
    return [str(meaning[code]) for code in got[:, at].tolist()]
