"""The learner `any-length`: the shortest length-free program that explains the examples."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from transformer_programs.batch import Batch
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, DataError, TrainingError
from transformer_programs.learn.anylength.goals import Explanation
from transformer_programs.learn.anylength.grammar import token_classes
from transformer_programs.learn.anylength.pool import Pool
from transformer_programs.learn.anylength.sample import Sample
from transformer_programs.learn.anylength.search import Effort, search
from transformer_programs.learn.base import QUIET, Progress, Session
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Closest,
    Constant,
    Domain,
    Emit,
    Finite,
    Integers,
    Largest,
    Program,
    Ref,
    Smallest,
    Step,
    Table,
    Total,
    Width,
    check,
    rename,
)
from transformer_programs.program.domains import node_domain
from transformer_programs.tasks import Dataset, Kind, encode

__all__ = ["AnyLength"]

COUNTEREXAMPLES = 24

KINDS = {
    Apply: "number",
    Closest: "head",
    Constant: "constant",
    Largest: "greatest",
    Smallest: "least",
    Table: "table",
    Total: "sum",
    Width: "count",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyLength:
    """Enumerates length-free programs by description length; the first that explains every example is kept.

    No table over positions: positions and counts are whole numbers, which are compared, added, subtracted; an answer
    may be a variable itself. What is right on the sample is tried on all of training and validation; sequences that it
    gets wrong join the sample, and the search begins anew. Where nothing explains everything within the effort, the
    program that explains most is kept.

    Args:
        effort: how far to look.
        rounds: most searches.
        minutes: no search goes on longer.
    """

    effort: Effort = field(default_factory=Effort)
    rounds: int = 6
    minutes: float = 5.0

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        """A length-free program for the data: same data and seed, same program.

        Raises:
            ConfigError: a setting out of range, or data with one label a sequence.
            TrainingError: no candidate gets a single answer right.
        """
        at_least("effort.length", self.effort.length, 1)
        at_least("effort.candidates", self.effort.candidates, 10)
        at_least("effort.sequences", self.effort.sequences, 1)
        at_least("rounds", self.rounds, 1)
        at_least("minutes", self.minutes, 0)
        at_least("--seed", seed, 0)
        if data.kind is not Kind.TAGGING:
            got, todo = "one label a sequence", "use grow or hard"
            raise ConfigError(place="--learner any-length", got=got, expected="one label a token", todo=todo)
        if not data.train:
            raise DataError(place=data.name, got="no training examples", expected="at least one")
        return _Run(self, data, seed, session).program()


class _Run:
    def __init__(self, config: AnyLength, data: Dataset, seed: int, session: Session) -> None:
        self.config, self.data, self.session = config, data, session
        self.train = encode(data, data.train)
        self.deadline = time.monotonic() + 60 * config.minutes
        self.order = np.random.default_rng(seed).permutation(len(self.train))

    def program(self) -> Program:
        """Searches until what explains the sample explains all examples."""
        classes = token_classes(self.data, self.train)
        rows = self._spread(self.config.effort.sequences)
        best: tuple[float, int, Program] | None = None
        for turn in range(1, self.config.rounds + 1):
            sample = Sample.of(self.data, self.train.take(rows))

            def tell(explanation: Explanation, candidates: int, turn: int = turn) -> None:
                self._report(turn, candidates, explanation)

            pool, found = search(sample, classes, self.config.effort, self.deadline, tell)
            assert found.explanation is not None  # the commonest answer at least
            program = self._built(pool, found.explanation, found.candidates)
            right = self._right(program)
            accuracy = float(right.mean())
            if best is None or (accuracy, -found.explanation.cost) > best[:2]:
                best = (accuracy, -found.explanation.cost, program)
            (wrong,) = np.nonzero(~right)
            late = time.monotonic() > self.deadline
            if not len(wrong) or found.explanation.accuracy < 1 or late:
                break
            rows = np.concatenate([rows, wrong[:COUNTEREXAMPLES]])
        if best is None:
            todo = "raise effort.length or effort.candidates, or use another learner"
            raise TrainingError(place=self.data.name, got="no candidate with a right answer", todo=todo)
        return best[2]

    def _spread(self, size: int) -> np.ndarray:
        """Sequences of all lengths, as evenly as there are."""
        by_length: dict[int, list[int]] = {}
        for row in self.order.tolist():
            by_length.setdefault(int(self.train.lengths[row]), []).append(row)
        chosen: list[int] = []
        groups = [rows for _, rows in sorted(by_length.items())]
        turn = 0
        while len(chosen) < min(size, len(self.train)):
            chosen += [rows[turn] for rows in groups if turn < len(rows)]
            turn += 1
        return np.array(chosen[:size])

    def _right(self, program: Program) -> np.ndarray:
        """Which training sequences it gets right."""
        answers = Batch(program).run(self.train.tokens, self.train.lengths, self.data.vocabulary)
        texts = [str(value) for value in answers.values]
        place = {label: code for code, label in enumerate(self.data.labels)}
        codes = np.array([place.get(text, -2) for text in texts] or [-2])[answers.codes]
        asked = self.train.labels >= 0
        wide = codes[:, : asked.shape[1]]
        return ~(asked & (wide != self.train.labels)).any(axis=1)

    def _built(self, pool: Pool, explanation: Explanation, candidates: int) -> Program:
        steps = _named([*pool.steps(explanation.needs), *explanation.steps])
        about = (
            ("found", f"description length {explanation.cost}, among {candidates:,} candidates told apart"),
            ("trained on", f"sequences of at most {int(self.train.lengths.max())} tokens"),
        )
        return check(
            Program(
                name=self.data.name,
                vocabulary=self.data.vocabulary,
                max_length=None,
                causal=self.data.causal,
                reading=self.data.reading,
                frame=self.data.frame,
                steps=tuple(_fitted(steps, self.data)),
                output=Emit(steps[-1].name if steps else explanation.output),
                about=about,
            )
        )

    def _report(self, turn: int, candidates: int, explanation: Explanation) -> None:
        note = f"description length {explanation.cost}, {candidates:,} candidates"
        self.session.report(
            Progress(
                learner=f"any-length {turn}/{self.config.rounds}",
                step=turn,
                steps=self.config.rounds,
                loss=math.nan,
                accuracy=explanation.accuracy,
                note=note,
            )
        )


def _named(steps: list[Step]) -> list[Step]:
    """The steps by names that say what they are; the answer's step last, and under its name."""
    names: dict[Ref, Ref] = {}
    made: list[Step] = []
    for step in steps:
        kind = KINDS[type(step.node)]
        number = 1 + sum(name.startswith(kind) for name in names.values())
        names[step.name] = f"{kind}_{number}"
        made.append(Step(names[step.name], rename(step.node, lambda ref: names.get(ref, ref))))
    return made


def _fitted(steps: Iterable[Step], data: Dataset) -> Iterable[Step]:
    """The steps, whose tables have a cell for every token, with tables over the values that can occur."""
    known: dict[Ref, Domain] = {TOKENS: Finite(data.vocabulary), POSITIONS: Integers(0, None)}
    for step in steps:
        node = step.node
        if isinstance(node, Table):
            sizes = [len(data.vocabulary) if r.limit is None else r.limit + 1 for r in node.reads]
            grid = np.array(node.cells, object).reshape(sizes)
            kept = [_kept(known[r.variable], data) if r.limit is None else range(r.limit + 1) for r in node.reads]
            node = replace(node, cells=tuple(grid[np.ix_(*kept)].ravel().tolist()))
        known[step.name] = node_domain(node, known, None)
        yield Step(step.name, node)


def _kept(domain: Domain, data: Dataset) -> list[int]:
    assert isinstance(domain, Finite)
    return [data.vocabulary.index(str(value)) for value in domain.values]
