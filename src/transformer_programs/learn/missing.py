"""What a program that is not right everywhere lacks: contradictions of the data, inputs it cannot tell apart, errors.

Every wrong answer falls into one of three:

- *contradictory*: the same input has another label elsewhere in the data. At least so many answers are wrong with ANY
  program. What a program sees of an input is its tokens (unknown ones are one token, unless it reads spellings); in a
  causal program only those up to the answer's position.
- *alike*: every variable of this program, the token and the position have the values that they have at answers with
  another label, so no table over them could be right at both: a variable is missing.
- *told apart*: variables differ, but the scores or tables that read them do not do it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from transformer_programs.batch import Batch
from transformer_programs.learn.baselines import majority
from transformer_programs.program import POSITIONS, Decode, Program, spells
from transformer_programs.tasks import Dataset, Example, Kind

__all__ = ["Missing", "Pair", "Wrong", "missing"]

MOST = 20_000
"""Examples looked at, training before validation."""

SHOWN = 3
"""Cases of each kind that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """An answer that the program gets wrong; `position` is None where there is one answer a sequence."""

    tokens: tuple[str, ...]
    position: int | None
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers that are to be different; `differ` holds the positions at which the tokens do (None: lengths do)."""

    tokens: tuple[str, ...]
    position: int | None
    label: str
    other_tokens: tuple[str, ...]
    other_position: int | None
    other_label: str
    differ: tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why a program is not right on all examples that it was learned from.

    Args:
        examples, answers: looked at, of training and validation.
        wrong: answers that are wrong.
        contradictory: of the answers, those that no program can get right.
        alike: of the answers, those that are wrong beyond that whatever is made of the program's variables.
        first: some that are wrong.
        contradictions: inputs with two labels.
        pairs: answers with different labels and the same values of all variables, those with most tokens in common.
        plain: whether, on the validation part, it is right no more often than the most frequent label is.
    """

    examples: int
    answers: int
    wrong: int
    contradictory: int
    alike: int
    first: tuple[Wrong, ...]
    contradictions: tuple[Pair, ...]
    pairs: tuple[Pair, ...]
    plain: bool

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return asdict(self)


def missing(program: Program, data: Dataset) -> Missing | None:
    """What is missing; None where every answer of training and validation is right.

    >>> from transformer_programs.program import Emit
    >>> part = tuple(Example((a, b), (a, label)) for a, b, label in ("aab", "aaa", "abb", "baa"))
    >>> data = Dataset(name="echo", kind=Kind.TAGGING, vocabulary=("a", "b"), labels=("a", "b"), max_length=2,
    ...                train=part, validation=(), test=())
    >>> found = missing(Program(name="echo", vocabulary=("a", "b"), max_length=2, output=Emit("tokens")), data)
    >>> found.answers, found.wrong, found.contradictory, found.alike
    (8, 1, 1, 0)
    >>> found.contradictions[0].tokens, found.contradictions[0].label, found.contradictions[0].other_label
    (('a', 'a'), 'b', 'a')
    """
    examples = (*data.train, *data.validation)[:MOST]
    rows = _Rows(program, data, examples)
    wrong = np.flatnonzero(rows.got != rows.labels)
    if not len(wrong):
        return None
    same_input = _seen(rows, examples)
    # A best sequence of labels depends on the variables of all positions.
    same_values = same_input if isinstance(program.output, Decode) else _groups([*map(bytes, rows.variables())])
    contradictory, alike = _least(same_input, rows.labels), _least(same_values, rows.labels)
    return Missing(
        examples=len(examples),
        answers=len(rows.labels),
        wrong=len(wrong),
        contradictory=contradictory,
        alike=max(alike - contradictory, 0),
        first=tuple(rows.wrong(examples, row) for row in wrong[:SHOWN].tolist()),
        contradictions=_pairs(rows, examples, same_input, wrong),
        pairs=_pairs(rows, examples, same_values, wrong, unlike=same_input),
        plain=_plain(rows, data, len(data.train)),
    )


class _Rows:
    """All answers that are asked, one after another.

    Args:
        labels, got: as numbers of texts; the program's own answer among them.
        sequence, position: of each; the position is 0 where there is one answer a sequence.
    """

    def __init__(self, program: Program, data: Dataset, examples: Sequence[Example]) -> None:
        self.program, self.pooled = program, data.kind is Kind.CLASSIFICATION
        self.inputs = [example.tokens for example in examples]
        asked = [(s, i, label) for s, e in enumerate(examples) for i, label in enumerate(e.labels) if label is not None]
        self.sequence = np.array([s for s, _, _ in asked], np.int64)
        self.position = np.array([i for _, i, _ in asked], np.int64)
        found = Batch(program).answers(self.inputs)
        texts = [str(value) for value in found.values]
        self.texts = list(dict.fromkeys([label for _, _, label in asked] + texts))
        number = {text: i for i, text in enumerate(self.texts)}
        self.labels = np.array([number[label] for _, _, label in asked], np.int64)
        means = np.array([number[text] for text in texts], np.int64)
        self.got = means[found.codes[self.sequence, self.position]]

    def variables(self) -> Int[np.ndarray, "row variable"]:
        """The values of all variables at each answer; where scores are summed, in order of size."""
        columns = []
        names = ["tokens", POSITIONS, *(step.name for step in self.program.steps)]
        for name in names:
            codes = Batch(self.program.up_to(name)).answers(self.inputs).codes.astype(np.int32)
            if self.pooled:
                columns += list(np.sort(codes, axis=1)[self.sequence].T)
            else:
                columns.append(codes[self.sequence, self.position])
        return np.ascontiguousarray(np.stack(columns, axis=1))

    def where(self, row: int) -> int | None:
        """The position of an answer, None where there is one a sequence."""
        return None if self.pooled else int(self.position[row])

    def wrong(self, examples: Sequence[Example], row: int) -> Wrong:
        """One of them, for the reader."""
        return Wrong(
            tokens=examples[self.sequence[row]].tokens,
            position=self.where(row),
            expected=self.texts[self.labels[row]],
            got=self.texts[self.got[row]],
        )


def _seen(rows: _Rows, examples: Sequence[Example]) -> Int[np.ndarray, " row"]:
    """A number for what a program of the same kind can see of the input when it answers."""
    program = rows.program
    unknown = program.vocabulary is not None and not spells(step.node for step in program.steps)
    known = frozenset(program.vocabulary or ())
    number: dict[tuple[int, str], int] = {}
    prefixes = []
    for example in examples:
        path, here = [], -1
        for token in example.tokens:
            seen = program.reading(token) if unknown else token
            here = number.setdefault((here, "<unk>" if unknown and seen not in known else seen), len(number))
            path.append(here)
        prefixes.append(path)
    if program.causal and not rows.pooled:
        return np.array([prefixes[s][i] for s, i in zip(rows.sequence.tolist(), rows.position.tolist())], np.int64)
    whole = np.array([path[-1] if path else -1 for path in prefixes], np.int64)
    return _groups([*zip(whole[rows.sequence].tolist(), rows.position.tolist())])


def _groups(keys: Sequence[Hashable]) -> Int[np.ndarray, " row"]:
    """The same number for the same key."""
    number: dict[Hashable, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys], np.int64)


def _least(groups: Int[np.ndarray, " row"], labels: Int[np.ndarray, " row"]) -> int:
    """Answers that are wrong where each group can get one label only."""
    kinds, times = np.unique(np.stack([groups, labels]), axis=1, return_counts=True)
    most = np.zeros(int(groups.max(initial=-1)) + 1, np.int64)
    np.maximum.at(most, kinds[0], times)
    return int(times.sum() - most.sum())


def _pairs(
    rows: _Rows,
    examples: Sequence[Example],
    groups: Int[np.ndarray, " row"],
    wrong: Int[np.ndarray, " row"],
    unlike: Int[np.ndarray, " row"] | None = None,
) -> tuple[Pair, ...]:
    """For the first wrong answers the nearest one of the same group that has another label.

    Args:
        unlike: groups that the two must not share.
    """
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(int(groups.max(initial=-1)) + 2))
    found: dict[int, Pair] = {}
    for row in wrong.tolist():
        group = int(groups[row])
        members = order[bounds[group] : bounds[group + 1]]
        others = members[rows.labels[members] != rows.labels[row]]
        if unlike is not None:
            others = others[unlike[others] != unlike[row]]
        if group in found or not len(others):
            continue
        other = min(others[:200].tolist(), key=lambda o: _distance(examples, rows, row, o))
        tokens, others_tokens = (examples[rows.sequence[each]].tokens for each in (row, other))
        same = len(tokens) == len(others_tokens)
        found[group] = Pair(
            tokens=tokens,
            position=rows.where(row),
            label=rows.texts[rows.labels[row]],
            other_tokens=others_tokens,
            other_position=rows.where(other),
            other_label=rows.texts[rows.labels[other]],
            differ=tuple(i for i, (a, b) in enumerate(zip(tokens, others_tokens)) if a != b) if same else None,
        )
        if len(found) == SHOWN:
            break
    return tuple(found.values())


def _distance(examples: Sequence[Example], rows: _Rows, row: int, other: int) -> tuple[int, int]:
    a, b = (examples[rows.sequence[each]].tokens for each in (row, other))
    return abs(len(a) - len(b)), sum(x != y for x, y in zip(a, b))


def _plain(rows: _Rows, data: Dataset, first: int) -> bool:
    """Whether it is no better on the validation part than the most frequent label, by two standard errors."""
    held = rows.sequence >= first
    if not data.validation or not held.any():
        return False
    right, count = float((rows.got == rows.labels)[held].mean()), int(held.sum())
    return right <= majority(data, "validation") + 2.0 * (right * (1.0 - right) / count) ** 0.5
