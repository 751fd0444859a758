"""Circuits: the part of a program that some of its answers depend on, as a program of its own.

First what nothing reads is sliced away; then variables are ablated one by one, those with the least effect first: one
that can be its default everywhere without changing a single decision is out. What is left is simplified exactly. So
the circuit makes the same decisions as the program on all inputs asked about; where these are all inputs there are,
that is a proof.

Where the question is about a few inputs, or about errors, a variable must moreover be out of play when it has its
values from other inputs: otherwise what is alike in all of them would count as a constant of the program.

Source: "Learning Transformer Programs" (NeurIPS 2023), section 5.2: circuits found by following what heads read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from transformer_programs.batch import Batch
from transformer_programs.errors import ConfigError, InputError
from transformer_programs.explain.ablation import Effect, Question, ablate
from transformer_programs.explain.inputs import Inputs
from transformer_programs.explain.slicing import static_slice
from transformer_programs.explain.values import shown, some
from transformer_programs.passes.pipeline import simplify
from transformer_programs.passes.rebuild import rebuild
from transformer_programs.passes.unused import drop_unused
from transformer_programs.program import (
    Classify,
    Constant,
    Decode,
    Emit,
    Finite,
    Integers,
    LinearScore,
    Program,
    Read,
    Ref,
    Step,
    Table,
    TableScore,
    check,
    domains,
    read_domain,
    references,
)

__all__ = ["Circuit", "circuit", "error_question", "input_question", "label_question", "measured"]

MOST_MEASURED = 3_000
LEAST_MEASURED = 200
OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Circuit:
    """A part of a program.

    Args:
        question: what it answers as the whole program does.
        whole: the program it was cut out of.
        program: the part that is left, simplified: it runs. Asked about one label, it answers that label where the
            whole program does; elsewhere `other`, or another label where scores of several variables decide.
        kept: the variables of the whole program that it needs.
        out: those that were set to their default, and these.
        sliced: those that the answer never needed, or that only variables that are out needed.
        effects: what each variable kept matters, on at most 3,000 inputs.
        decisions: how many answers were asked.
        changed: in how many of them the circuit decides otherwise: 0 unless some were allowed.
    """

    question: Question
    whole: Program
    program: Program
    kept: tuple[Ref, ...]
    out: tuple[tuple[Ref, Any], ...]
    sliced: tuple[Ref, ...]
    effects: tuple[Effect, ...]
    decisions: int
    changed: int

    def _repr_svg_(self) -> str:
        """The picture, for notebooks."""
        from transformer_programs.explain.graph import circuit_svg

        return circuit_svg(self)


def label_question(program: Program, label: str, inputs: Inputs) -> Question:
    """Whether the answer is this label.

    Raises:
        InputError: the program never gives it.
    """
    output = program.output
    domain = domains(program)[output.variable] if isinstance(output, Emit) else Finite(output.labels)
    values: Sequence[Any] | None = None
    match domain:
        case Finite(values):
            pass
        case Integers(int(low), int(high)):
            values = range(low, high + 1)
    if values is not None and label not in map(str, values):
        raise InputError(place="--circuit", got=f"label {label!r}", expected=f"one of {some(values, 20)}")
    return Question(text=f"whether the answer is {shown(label)}", inputs=inputs, label=label)


def input_question(inputs: Inputs) -> Question:
    """The answers on some inputs."""
    return Question(text="the answers", inputs=inputs)


def error_question(program: Program, inputs: Inputs) -> Question:
    """The wrong answers.

    Raises:
        ConfigError: nobody knows the right answers, or there are no wrong ones.
    """
    wrong = inputs.wrong(program)
    (rows,) = np.nonzero(wrong.any(axis=1))
    if not len(rows):
        raise ConfigError(place="errors", got=f"no wrong answer on {inputs.what}", expected="at least one")
    only = replace(inputs.take(rows, f"the {len(rows):,} wrong ones of {inputs.what}"), asked=wrong[rows])
    return Question(text="the wrong answers", inputs=only)


def circuit(program: Program, question: Question, source: Inputs | None = None, *, allow: float = 0.0) -> Circuit:
    """The part of a program that decides a question.

    Args:
        source: where defaults and other inputs' values come from; None: the inputs asked about, in which case a
            default that changes no decision is enough for a variable to be out.
        allow: the share of decisions that may change.

    Raises:
        ProgramError: the program fails on one of the inputs.

    >>> from transformer_programs.explain.inputs import every_input
    >>> from transformer_programs.program import Compare, Offset, Closest, Width
    >>> steps = (
    ...     Step("count", Width(Compare("tokens", "==", "tokens"))),
    ...     Step("before", Closest(Offset(-1, -1), "tokens")),
    ...     Step("label", Table((Read("count", 2), Read("before")), ("x", "x", "x", "y", "z", "z"))),
    ... )
    >>> program = Program(name="p", vocabulary=("a", "b"), max_length=3, steps=steps, output=Emit("label"))
    >>> found = circuit(program, label_question(program, "z", every_input(program)))
    >>> found.kept, found.out, found.changed
    (('count', 'label'), (('before', 'b'),), 0)
    """
    inputs = question.inputs
    strict = source is not None
    source = inputs if source is None else source
    current = drop_unused(program)
    before = _decisions(question, current)
    if question.label is not None and not (before[inputs.asked] == 1).any():
        got = f"no answer {question.label} on {inputs.what}"
        raise ConfigError(place="--circuit", got=got, expected="one at least", todo="name more inputs: --samples N")
    allowed = int(allow * int(inputs.asked.sum()))
    few = _few(question, before)
    first = ablate(current, few, measured(source))
    out: dict[Ref, Any] = {}
    for effect in sorted(first, key=lambda effect: (effect.share, -_place(program, effect.variable))):
        if effect.variable not in {step.name for step in current.steps}:
            continue
        without = _without(current, effect.variable, effect.default)
        changed = int(((_decisions(question, without) != before) & inputs.asked).sum())
        if changed > allowed:
            continue
        if strict:
            (again,) = ablate(current, few, measured(source), (effect.variable,), seed=1)
            if max(again.by_other, effect.by_other) > allowed * len(few.inputs) / len(inputs):
                continue
        current = without
        out[effect.variable] = effect.default
    current = _fewest_scores(current, question, before, allowed) if not strict else current
    kept = _kept(current, out)
    made = check(simplify(_narrowed(simplify(current), question.label)))
    changed = int(((_decisions(question, made) != before) & inputs.asked).sum())
    gone = tuple((name, value) for name, value in out.items())
    return Circuit(
        question=question,
        whole=program,
        program=replace(made, name=f"{program.name}-circuit", about=(("circuit", question.text),)),
        kept=kept,
        out=gone,
        sliced=tuple(step.name for step in program.steps if step.name not in {*kept, *out}),
        effects=ablate(drop_unused(program), few, measured(source), kept),
        decisions=int(inputs.asked.sum()),
        changed=changed,
    )


def _place(program: Program, name: Ref) -> int:
    return [step.name for step in program.steps].index(name)


def _kept(program: Program, out: dict[Ref, Any]) -> tuple[Ref, ...]:
    needed = static_slice(program, references(program.output))
    return tuple(name for name in needed if name not in out)


def _without(program: Program, name: Ref, value: Any) -> Program:
    return drop_unused(rebuild(program, nodes={name: Constant(value)}))


def _decisions(question: Question, program: Program) -> np.ndarray:
    inputs = question.inputs
    found = Batch(program).run(inputs.tokens, inputs.lengths, inputs.vocabulary)
    decisions: np.ndarray = question.meanings(found.values)[found.codes]
    return decisions


def _few(question: Question, before: np.ndarray) -> Question:
    """Inputs to measure effects on; half of them with the label that is asked about, where there are as many."""
    inputs = question.inputs
    if question.label is None or len(inputs) <= MOST_MEASURED:
        return replace(question, inputs=measured(inputs))
    has = ((before == 1) & inputs.asked).any(axis=1)
    rng = np.random.default_rng(0)
    (some,), (rest,) = np.nonzero(has), np.nonzero(~has)
    some = rng.permutation(some)[: MOST_MEASURED // 2]
    rest = rng.permutation(rest)[: MOST_MEASURED - len(some)]
    return replace(question, inputs=inputs.take(np.sort(np.concatenate([some, rest]))))


def measured(inputs: Inputs) -> Inputs:
    """Inputs to measure effects on: a sample of many, each of few several times, against several others."""
    if len(inputs) < LEAST_MEASURED:
        return inputs.take(np.tile(np.arange(len(inputs)), -(-LEAST_MEASURED // len(inputs))))
    if len(inputs) <= MOST_MEASURED:
        return inputs
    return inputs.take(np.sort(np.random.default_rng(0).choice(len(inputs), MOST_MEASURED, replace=False)))


def _fewest_scores(program: Program, question: Question, before: np.ndarray, allowed: int) -> Program:
    """Without labels and score terms whose absence changes no decision."""
    output = program.output
    if isinstance(output, Emit):
        return program

    def same(candidate: Program) -> bool:
        after = _decisions(question, candidate)
        return int(((after != before) & question.inputs.asked).sum()) <= allowed

    for score in output.scores:
        assert not isinstance(program.output, Emit)
        fewer = replace(program.output, scores=tuple(s for s in program.output.scores if s is not score))
        if same(candidate := drop_unused(replace(program, output=fewer))):
            program = candidate
    for label in output.labels if question.label is not None else ():
        if label != question.label and same(candidate := _without_label(program, label)):
            program = candidate
    return drop_unused(program)


def _without_label(program: Program, label: str) -> Program:
    output = program.output
    assert not isinstance(output, Emit)
    if len(output.labels) <= 2:
        return program
    at = output.labels.index(label)

    def cut(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*row[:at], *row[at + 1 :])

    scores = tuple(
        TableScore(score.read, tuple(map(cut, score.rows)))
        if isinstance(score, TableScore)
        else LinearScore(score.variable, cut(score.weights))
        for score in output.scores
    )
    if isinstance(output, Classify):
        return replace(program, output=Classify(cut(output.labels), cut(output.bias), scores, output.pooled))
    moves = [cut(row) for row in (output.first, *cut(output.follows))]
    if any(all(score is None for score in row) for row in moves):
        return program  # a label after which nothing else could stand
    return replace(program, output=Decode(cut(output.labels), cut(output.bias), scores, moves[0], tuple(moves[1:])))


def _narrowed(program: Program, label: str | None) -> Program:
    """A program that answers with a variable, made to answer with the label or `other`."""
    output = program.output
    if label is None or not isinstance(output, Emit):
        return program
    known = domains(program)
    domain = known[output.variable]
    read = Read(output.variable)
    match domain:
        case Integers(_, int(high)):
            read = Read(output.variable, high)
        case Integers():
            return program
        case Finite():
            pass
        case _:
            return program
    values = read_domain(read, known)
    name, rest = "is_it", OTHER if label != OTHER else "another"
    while name in known:
        name += "_"
    table = Table((read,), tuple(label if str(value) == label else rest for (value,) in product(values)))
    return replace(program, steps=(*program.steps, Step(name, table)), output=Emit(name))
