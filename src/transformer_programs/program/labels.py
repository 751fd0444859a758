"""The labels that a program knows: those it can give, and those that its training had though it never gives them.

A program whose answer is a variable (`Emit`) lists no labels: they are the values of the variable. Where exact passes
made a table of its scores, labels that never had the largest score are in no cell; a fact of the program keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from transformer_programs.program.domains import Anything, Finite, Integers, domains
from transformer_programs.program.nodes import Emit
from transformer_programs.program.program import Program

__all__ = ["NEVER", "knows_label", "listed_labels", "with_labels"]

NEVER = "never given"
"""The name of the fact in `Program.about`: labels of training, with blanks between."""


def listed_labels(program: Program) -> tuple[str, ...]:
    """The labels that the program knows, as far as they can be listed; none: numbers, or anything.

    >>> listed_labels(Program(name="p", vocabulary=("a", "b"), max_length=4, output=Emit("tokens")))
    ('a', 'b')
    """
    output = program.output
    if not isinstance(output, Emit):
        return output.labels
    domain = domains(program)[output.variable]
    never = dict(program.about).get(NEVER, "").split()
    return (*map(str, domain.values), *never) if isinstance(domain, Finite) else ()


def knows_label(program: Program) -> Callable[[str], bool]:
    """Whether the program knows a label.

    >>> known = knows_label(Program(name="p", vocabulary=("a", "b"), max_length=4, output=Emit("positions")))
    >>> known("3"), known("4"), known("03"), known("a")
    (True, False, False, False)
    """
    output = program.output
    if not isinstance(output, Emit):
        return frozenset(output.labels).__contains__
    domain = domains(program)[output.variable]
    never = frozenset(dict(program.about).get(NEVER, "").split())
    match domain:
        case Finite():
            return frozenset(listed_labels(program)).__contains__
        case Integers(low, high):
            return lambda label: label in never or _within(label, low, high)
        case Anything():
            return lambda label: True


def with_labels(program: Program, labels: Iterable[str]) -> Program:
    """The program with the fact, where it would not know these labels otherwise.

    >>> program = Program(name="p", vocabulary=("B-X", "O"), max_length=4, output=Emit("tokens"))
    >>> with_labels(program, ["O", "B-X"]) == program, with_labels(program, ["O", "B-Y"]).about
    (True, (('never given', 'B-Y'),))
    """
    known = knows_label(program)
    lost = [label for label in labels if not known(label)]
    if not lost:
        return program
    never = [*dict(program.about).get(NEVER, "").split(), *lost]
    return replace(program, about=(*(fact for fact in program.about if fact[0] != NEVER), (NEVER, " ".join(never))))


def _within(label: str, low: int | None, high: int | None) -> bool:
    try:
        number = int(label)
    except ValueError:
        return False
    return str(number) == label and (low is None or low <= number) and (high is None or number <= high)
