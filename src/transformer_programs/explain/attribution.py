"""One input explained: every variable, where every head looks, and for every answer what its scores add up from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.emit.listing import layers, node_text, selector_text
from transformer_programs.errors import InputError
from transformer_programs.explain.answer import Answer, answer_at
from transformer_programs.explain.values import framed, some
from transformer_programs.passes.closing import close
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Closest,
    Decode,
    Program,
    Ref,
    selector_of,
)
from transformer_programs.program import semantics as S
from transformer_programs.run import Interpreter, Trace

__all__ = ["Explanation", "Head", "Variable", "explain", "explain_trace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable on one input.

    Args:
        name: its name.
        layer: its depth: heads come one layer after what they read.
        meaning: what computes it, in words; empty for `tokens` and `positions`.
        values: one a position.
    """

    name: Ref
    layer: int
    meaning: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where one head looks on one input.

    Args:
        name: of its variable.
        layer: its depth.
        selects: its selector in words.
        reads: the variable that it copies or sums; None for a count.
        matches: for each query position the key positions it selects, ascending.
        looks: for each query position the one key position that a categorical head reads (0 where nothing matches);
            empty for the other heads, which read all matches.
        values: its result, one a position.
    """

    name: Ref
    layer: int
    selects: str
    reads: Ref | None
    matches: tuple[tuple[int, ...], ...]
    looks: tuple[int, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything a program computed on one input, and why it answers what it answers.

    Args:
        program: which was run.
        tokens: as the program saw them, markers included.
        variables: all, `tokens` and `positions` first.
        heads: all attention patterns, in the program's order.
        answers: one a position of the user's own, or one in all where the program is pooled.
    """

    program: Program
    tokens: tuple[str, ...]
    variables: tuple[Variable, ...]
    heads: tuple[Head, ...]
    answers: tuple[Answer, ...]

    def _repr_svg_(self) -> str:
        """Where every head looks, for notebooks."""
        from transformer_programs.explain.graph import attention_svg

        return attention_svg(self)

    def variable(self, name: Ref) -> Variable:
        """The variable of that name.

        Raises:
            InputError: there is none.
        """
        for variable in self.variables:
            if variable.name == name:
                return variable
        names = some((variable.name for variable in self.variables), 20)
        raise InputError(place="variable", got=repr(name), expected=f"one of {names}")

    def at(self, position: int) -> Answer:
        """The answer at a position, also one of the markers; a pooled program has one answer, at every position.

        Raises:
            InputError: no such position.
        """
        if not 0 <= position < len(self.tokens):
            raise InputError(place="position", got=str(position), expected=f"0 to {len(self.tokens) - 1}")
        if self.answers[0].position is None:
            return self.answers[0]
        for answer in self.answers:
            if answer.position == position:
                return answer
        columns = {variable.name: list(variable.values) for variable in self.variables}
        path = Interpreter(self.program).answer(columns)[1] if isinstance(self.program.output, Decode) else ()
        return answer_at(self.program, columns, position, path)


def explain(program: Program, tokens: Sequence[str]) -> Explanation:
    """Why the program answers what it answers on these tokens.

    Args:
        program: any well-formed one.
        tokens: the user's own, between whose markers the program sees them, or with the markers.

    Raises:
        InputError: the program does not take the tokens.

    >>> from transformer_programs.program import Classify, Compare, Program, Read, Step, TableScore, Width
    >>> rows = ((0, 0), (2, 0), (0, 3), (0, 3))
    >>> often = Program(
    ...     name="often", vocabulary=("a", "b"), max_length=3,
    ...     steps=(Step("count", Width(Compare("tokens", "==", "tokens"))),),
    ...     output=Classify(("once", "more"), (1, 0), (TableScore(Read("count"), rows),)),
    ... )
    >>> found = explain(often, ["a", "b", "a"])
    >>> [answer.value for answer in found.answers]
    ['more', 'once', 'more']
    >>> found.heads[0].matches
    ((0, 2), (1,), (0, 2))
    >>> [(feature.text, feature.amounts) for feature in found.answers[0].features]
    [('bias', (1, 0)), ('count is 2', (0, 3))]
    >>> why = found.answers[0].why()
    >>> why.label, why.other, why.margin, [feature.text for feature in why.features], why.amounts
    ('more', 'once', 2, ['count is 2', 'bias'], (3, -1))
    """
    whole, own = framed(program, tokens)
    program = close(program, whole)  # spellings become tables of these words
    return explain_trace(program, Interpreter(program).trace(whole), own)


def explain_trace(program: Program, trace: Trace, own: Sequence[int] | None = None) -> Explanation:
    """The same from a run that was kept.

    Args:
        own: the positions whose answers are asked; None: all.
    """
    layer = layers(program)
    columns = trace.columns
    variables = [Variable(name=ref, layer=0, meaning="", values=tuple(columns[ref])) for ref in (TOKENS, POSITIONS)]
    heads = []
    for step in program.steps:
        node, name = step.node, step.name
        values = tuple(columns[name])
        variables.append(Variable(name=name, layer=layer[name], meaning=node_text(node), values=values))
        selector = selector_of(node)
        if selector is not None:
            matches = trace.matches[name]
            looks = S.closest(matches, list(range(len(trace.tokens)))) if isinstance(node, Closest) else []
            heads.append(
                Head(
                    name=name,
                    layer=layer[name],
                    selects=selector_text(selector),
                    reads=getattr(node, "values", None),
                    matches=tuple(map(tuple, matches)),
                    looks=tuple(looks),
                    values=values,
                )
            )
    if program.pooled:
        answers = [answer_at(program, columns, None)]
    else:
        places = range(len(trace.tokens)) if own is None else own
        answers = [answer_at(program, columns, i, trace.answer) for i in places]
    return Explanation(
        program=program,
        tokens=trace.tokens,
        variables=tuple(variables),
        heads=tuple(heads),
        answers=tuple(answers),
    )
