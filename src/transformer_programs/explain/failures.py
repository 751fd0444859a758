"""Where errors come from: the rows that wrong answers were computed from, and single rows whose change mends them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.batch.columns import Column, Columns
from transformer_programs.explain.coverage import RowTable, row_tables
from transformer_programs.explain.inputs import Block, Inputs
from transformer_programs.explain.slicing import needed
from transformer_programs.program import (
    Emit,
    Program,
    Ref,
    Relation,
    Spelled,
    Step,
    Table,
    TableScore,
    Value,
)

__all__ = ["Failures", "Repair", "Suspect", "failures"]

MOST_SUSPECTS = 24
MOST_ALTERNATIVES = 8
MOST_TRIED_ON = 500
MOST_REPAIRS = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Suspect:
    """A row that wrong answers were computed from.

    Args:
        table: whose row.
        row: its number there.
        used: inputs in which an asked answer, right or wrong, was computed from it.
        wrong: those of them in which a wrong one was.
    """

    table: RowTable
    row: int
    used: int
    wrong: int

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.table.variable} row {self.table.text(self.row)}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Repair:
    """One row with another value, run on all inputs.

    Args:
        suspect: the row.
        instead: its other value: of a table a value, of a predicate the key values, of scores all zero.
        mended: wrong inputs that become right.
        broken: right inputs that become wrong.
    """

    suspect: Suspect
    instead: Any
    mended: int
    broken: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Failures:
    """The errors of a program on a data set.

    Args:
        inputs: the data set.
        wrong: where an answer is wrong.
        suspects: rows in wrong answers, the most suspicious first: by the share of their inputs that are wrong,
            weighed by how many of the wrong inputs they are in (Ochiai's coefficient).
        repairs: the single changes that leave the fewest inputs wrong, the best first; only such that mend some.
    """

    inputs: Inputs
    wrong: Bool[np.ndarray, "sequence answer"]
    suspects: tuple[Suspect, ...]
    repairs: tuple[Repair, ...]

    @property
    def rows(self) -> Int[np.ndarray, " row"]:
        """The inputs that have a wrong answer."""
        return np.nonzero(self.wrong.any(axis=1))[0]


def failures(program: Program, inputs: Inputs) -> Failures:
    """Where the errors come from.

    Raises:
        ConfigError: nobody knows the right answers.
        ProgramError: the program fails on one of the inputs.

    >>> from transformer_programs.explain.inputs import task_inputs
    >>> from transformer_programs.program import Emit, Read, Step, Width, Compare
    >>> from transformer_programs.tasks import make_task
    >>> count = Step("count", Width(Compare("tokens", "==", "tokens")))
    >>> label = Step("label", Table((Read("count", 3),), ("1", "1", "2", "2")))
    >>> program = Program(
    ...     name="hist", vocabulary=("<s>", "0", "1", "2", "3"), max_length=4, steps=(count, label),
    ...     output=Emit("label"),
    ... )
    >>> found = failures(program, task_inputs(make_task("hist", vocabulary_size=6, max_length=4)))
    >>> len(found.rows), found.suspects[0].text, found.suspects[0].wrong, found.repairs
    (4, 'label row count 3', 4, ())
    """
    wrong = inputs.wrong(program)
    if not wrong.any():
        return Failures(inputs=inputs, wrong=wrong, suspects=(), repairs=())
    suspects = _suspects(program, inputs, wrong)
    return Failures(inputs=inputs, wrong=wrong, suspects=suspects, repairs=_repairs(program, inputs, wrong, suspects))


def _suspects(program: Program, inputs: Inputs, wrong: Bool[np.ndarray, "sequence answer"]) -> tuple[Suspect, ...]:
    tables = tuple(row_tables(program))
    counts = [np.zeros((2, len(table)), np.int64) for table in tables]
    for rows, columns, _ in inputs.blocks(program):
        answers = 1 if inputs.asked.shape[1] == 1 and program.pooled else columns.shape[1]
        for kind, start in enumerate((inputs.asked[rows, :answers], wrong[rows, :answers])):
            masks = needed(columns, start)
            for table, count in zip(tables, counts):
                if table.kind == "scores":
                    mask = np.broadcast_to(start, columns.shape)
                elif table.variable in masks:
                    mask = masks[table.variable]
                else:
                    continue
                pairs = np.nonzero(mask)[0] * len(table) + table.index(columns)[mask]
                np.add.at(count[kind], np.unique(pairs) % len(table), 1)
    failing = int(wrong.any(axis=1).sum())
    found: list[tuple[float, bool, int, Suspect]] = []
    for table, (used, bad) in zip(tables, counts):
        for row in np.nonzero(bad)[0].tolist():
            score = float(bad[row] / np.sqrt(failing * used[row]))
            suspect = Suspect(table=table, row=row, used=int(used[row]), wrong=int(bad[row]))
            # Of equals the last table comes first, scores after all tables: a rule says more than its weight.
            found.append((-score, table.kind == "scores", -len(found), suspect))
    return tuple(entry[3] for entry in sorted(found, key=lambda entry: entry[:3]))


def _repairs(
    program: Program,
    inputs: Inputs,
    wrong: Bool[np.ndarray, "sequence answer"],
    suspects: Sequence[Suspect],
) -> tuple[Repair, ...]:
    """Each suspicious row with other values: tried on wrong inputs first, the best then on all."""
    (failing,) = np.nonzero(wrong.any(axis=1))
    few = inputs.take(failing[:: -(-len(failing) // MOST_TRIED_ON)])
    known = list(few.blocks(program))
    tried: list[tuple[int, int, Suspect, Any]] = []
    for suspect in suspects[:MOST_SUSPECTS]:
        for instead in _alternatives(suspect.table, suspect.row):
            mended = len(few) - int(_wrong_with(program, few, suspect, instead, known).sum())
            if mended:
                tried.append((-mended, len(tried), suspect, instead))
    before = wrong.any(axis=1)
    found = []
    for _, _, suspect, instead in sorted(tried, key=lambda entry: entry[:2])[:MOST_REPAIRS]:
        after = _wrong_with(program, inputs, suspect, instead, inputs.blocks(program))
        mended, broken = int((before & ~after).sum()), int((after & ~before).sum())
        if mended > broken:
            found.append(Repair(suspect=suspect, instead=instead, mended=mended, broken=broken))
    return tuple(sorted(found, key=lambda repair: repair.broken - repair.mended))


def _alternatives(table: RowTable, row: int) -> list[Any]:
    """Other values of a row: of a table those it has elsewhere, of a predicate no key or one, of scores nothing."""
    own = table.values[row]
    if table.kind == "scores":
        return [(0,) * len(own)] if any(own) else []
    if table.kind == "predicate":
        keys = dict.fromkeys(key for keys in table.values for key in keys)
        return [keys for keys in ((), *((key,) for key in keys)) if keys != own][:MOST_ALTERNATIVES]
    values = list({repr(value): value for value in table.values}.values())
    return [value for value in values if repr(value) != repr(own)][:MOST_ALTERNATIVES]


def _wrong_with(
    program: Program, inputs: Inputs, suspect: Suspect, instead: Any, blocks: Iterable[Block]
) -> Bool[np.ndarray, " sequence"]:
    """Which inputs are wrong with one row changed."""
    table, row = suspect.table, suspect.row
    if isinstance(table.part, Table | Spelled):
        return _wrong_with_cell(program, inputs, table, row, instead, blocks)
    part = table.part
    rows = (*part.rows[:row], instead, *part.rows[row + 1 :])
    changed = _exchanged(program, part, replace(part, rows=rows))
    return _rows(inputs.wrong(changed))


def _rows(wrong: Bool[np.ndarray, "sequence answer"]) -> Bool[np.ndarray, " sequence"]:
    found: np.ndarray = np.asarray(wrong.any(axis=1))
    return found


def _exchanged(program: Program, old: Relation | TableScore, new: Relation | TableScore) -> Program:
    def walk(part: Any) -> Any:
        if part is old:
            return new
        changed = {name: walk(getattr(part, name)) for name in ("selector", "left", "right") if hasattr(part, name)}
        return replace(part, **changed) if changed else part

    output = program.output
    if not isinstance(output, Emit):
        output = replace(output, scores=tuple(new if score is old else score for score in output.scores))  # type: ignore
    return replace(program, steps=tuple(Step(step.name, walk(step.node)) for step in program.steps), output=output)


def _wrong_with_cell(
    program: Program, inputs: Inputs, table: RowTable, row: int, instead: Value, blocks: Iterable[Block]
) -> Bool[np.ndarray, " sequence"]:
    """A changed cell must not change which values the variable can take, so its column is replaced, not its table."""
    assert inputs.expected is not None
    index = {label: code for code, label in enumerate(inputs.labels)}
    wrong = np.zeros(len(inputs), bool)
    for rows, columns, found in blocks:
        hit = table.index(columns) == row
        codes, values = found
        if hit.any():
            replaced = _before(program, columns, table.variable)
            own, meaning = columns.codes[table.variable], columns.values[table.variable]
            replaced[table.variable] = np.where(hit, len(meaning), own), [*meaning, instead]
            vocabulary = tuple(map(str, columns.values["tokens"]))
            again = Columns(program, vocabulary, columns.codes["tokens"], replaced, columns.written, columns.ready)
            codes, values = again.answers()
        answers = np.array([index.get(str(value), -2) for value in values], np.int32)[codes]
        expected = inputs.expected[rows, : answers.shape[1]]
        wrong[rows] = ((answers != expected) & inputs.asked[rows, : answers.shape[1]]).any(axis=1)
    return wrong


def _before(program: Program, columns: Columns, variable: Ref) -> dict[Ref, Column]:
    """The columns of the variables before one, which its change cannot touch."""
    names = [step.name for step in program.steps]
    return {name: (columns.codes[name], columns.values[name]) for name in names[: names.index(variable)]}
