"""Exact ablation: what changes when a variable has its default everywhere, or its values from another input.

Everything behind the variable is computed anew; everything else is as it was. So an effect is a count of answers that
change, not an estimate: on every input where they are all run, on a sample where that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.batch.columns import Column, Columns
from transformer_programs.explain.inputs import Block, Found, Inputs
from transformer_programs.program import Program, Ref, Value, references

__all__ = ["Effect", "Question", "ablate", "default_values", "partners"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Question:
    """What is asked of a program: some answers, as they are or only whether they are one label.

    Args:
        text: in words.
        inputs: on which inputs, and which answers of them.
        label: only whether the answer is this one; None: which it is.
    """

    text: str
    inputs: Inputs
    label: str | None = None

    def decisions(self, found: Found) -> Int[np.ndarray, "sequence answer"]:
        """Numbers that are equal where the decision is the same (for one numbering by `meanings`)."""
        codes, values = found
        return self.meanings(values)[codes]

    def meanings(self, values: Sequence[Value]) -> Int[np.ndarray, " code"]:
        """For every answer a number that stands for the decision; -1 at the end, for answers that are not there."""
        if self.label is not None:
            numbers = [int(str(value) == self.label) for value in values]
        else:
            numbers = [hash(str(value)) for value in values]
        return np.array([*numbers, -1], np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a variable matters for a question.

    Args:
        variable: which.
        default: its commonest value.
        decisions: how many answers were asked.
        by_default: how many change when it is the default everywhere.
        by_other: how many change when it has its values from another input of the same length.
    """

    variable: Ref
    default: Any
    decisions: int
    by_default: int
    by_other: int

    @property
    def share(self) -> float:
        """The larger of the two effects, as a share of the answers."""
        return max(self.by_default, self.by_other) / self.decisions if self.decisions else 0.0


def default_values(blocks: Sequence[Block], variables: Sequence[Ref]) -> dict[Ref, Any]:
    """The commonest value of each variable, over all positions of all inputs."""
    found = {}
    for ref in variables:
        counts: dict[str, int] = {}
        values: dict[str, Any] = {}
        for _, columns, _ in blocks:
            numbers = np.bincount(columns.codes[ref].ravel(), minlength=len(columns.values[ref]))
            for code in np.nonzero(numbers)[0].tolist():
                value = columns.values[ref][code]
                counts[repr(value)] = counts.get(repr(value), 0) + int(numbers[code])
                values[repr(value)] = value
        found[ref] = values[max(counts, key=lambda text: (counts[text], text))]
    return found


def partners(inputs: Inputs, source: Inputs, seed: int = 0) -> Inputs:
    """For each input another one of the same length, drawn from a source; itself where the source has none.

    >>> from transformer_programs.explain.inputs import every_input
    >>> from transformer_programs.program import Emit
    >>> words = every_input(Program(name="p", vocabulary=("a", "b"), max_length=3, output=Emit("tokens")))
    >>> (partners(words, words).lengths == words.lengths).all()
    np.True_
    """
    rng = np.random.default_rng(seed)
    tokens = inputs.tokens.copy()
    vocabulary = tuple(dict.fromkeys((*inputs.vocabulary, *source.vocabulary)))
    same = source.vocabulary == inputs.vocabulary
    index = {token: code for code, token in enumerate(vocabulary)}
    translation = np.array([index[token] for token in source.vocabulary], np.int32)
    for n in np.unique(inputs.lengths).tolist():
        rows, others = np.nonzero(inputs.lengths == n)[0], np.nonzero(source.lengths == n)[0]
        if len(others):
            drawn = source.tokens[rng.choice(others, len(rows)), :n]
            tokens[rows, :n] = drawn if same else translation[drawn]
    from dataclasses import replace

    return replace(inputs, vocabulary=vocabulary, tokens=tokens, expected=None)


def ablate(
    program: Program, question: Question, source: Inputs, variables: Sequence[Ref] | None = None, seed: int = 0
) -> tuple[Effect, ...]:
    """What each variable matters for a question.

    Args:
        source: where defaults and other inputs' values come from.
        variables: which; None: all that the program computes.
        seed: of the draw of the other inputs.

    Raises:
        ProgramError: the program fails on one of the inputs.

    >>> from transformer_programs.explain.inputs import every_input
    >>> from transformer_programs.program import Closest, Emit, Offset, Step, Width, Full
    >>> steps = (Step("before", Closest(Offset(-1, -1), "tokens")), Step("size", Width(Full())))
    >>> program = Program(name="p", vocabulary=("a", "b"), max_length=2, steps=steps, output=Emit("before"))
    >>> words = every_input(program)
    >>> [(e.variable, e.by_default > 0) for e in ablate(program, Question(text="", inputs=words), words)]
    [('before', True), ('size', False)]
    """
    names = [step.name for step in program.steps] if variables is None else list(variables)
    inputs = question.inputs
    blocks = list(inputs.blocks(program))
    others = list(partners(inputs, source, seed).blocks(program))
    defaults = default_values(blocks if source is inputs else list(source.blocks(program)), names)
    effects = []
    for name in names:
        by_default = by_other = 0
        for (rows, columns, found), (_, other, _) in zip(blocks, others):
            asked, before = _asked(inputs, rows, columns, found), question.decisions(found)
            constant: Column = (np.zeros(columns.shape, np.int64), (defaults[name],))
            by_default += _changed(question, columns, name, constant, before, asked)
            swapped: Column = (other.codes[name], other.values[name])
            by_other += _changed(question, columns, name, swapped, before, asked)
        effects.append(
            Effect(
                variable=name,
                default=defaults[name],
                decisions=int(inputs.asked.sum()),
                by_default=by_default,
                by_other=by_other,
            )
        )
    return tuple(effects)


def _asked(inputs: Inputs, rows: np.ndarray, columns: Columns, found: Found) -> Bool[np.ndarray, "sequence answer"]:
    asked: np.ndarray = inputs.asked[rows, : found[0].shape[1]]
    return asked


def _changed(
    question: Question,
    columns: Columns,
    name: Ref,
    column: Column,
    before: Int[np.ndarray, "sequence answer"],
    asked: Bool[np.ndarray, "sequence answer"],
) -> int:
    """How many decisions change; all of them where the rest of the program cannot go on."""
    program, behind = columns.program, {name}
    replaced: dict[Ref, Column] = {name: column}
    for step in program.steps:
        if step.name != name and behind.isdisjoint(references(step.node)):
            replaced[step.name] = columns.codes[step.name], columns.values[step.name]
        else:
            behind.add(step.name)
    vocabulary, tokens = tuple(map(str, columns.values["tokens"])), columns.codes["tokens"]
    try:
        after = question.decisions(
            Columns(program, vocabulary, tokens, replaced, columns.written, columns.ready).answers()
        )
    except Exception:  # a value that the rest of the program cannot take changes every answer
        return int(asked.sum())
    return int(((after != before) & asked).sum())
