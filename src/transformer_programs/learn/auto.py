"""`auto`: grow, then hard where grow leaves errors, text before both where the data are words, refinement of the best
where errors are left; keeps the best program, then the shortest, and says what it did."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from transformer_programs.batch import evaluate
from transformer_programs.emit.python import print_python
from transformer_programs.learn.base import QUIET, Learner, Progress, Session
from transformer_programs.learn.grow import WORDS, Grow
from transformer_programs.learn.hard import Hard
from transformer_programs.learn.refine import Refine, refine
from transformer_programs.learn.text import Text
from transformer_programs.passes import simplify
from transformer_programs.program import Program, dumps, loads
from transformer_programs.simplify import data_inputs
from transformer_programs.tasks import Dataset

__all__ = ["Auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one learner gave.

    Args:
        learner: its name.
        program: simplified.
        answers, sequences: shares right on the validation part.
        exact: no error on training and validation.
    """

    learner: str
    program: Program
    answers: float
    sequences: float
    exact: bool

    @property
    def worth(self) -> tuple[float, float, int]:
        """What `auto` maximises: right answers, right sequences, then few lines."""
        return (self.answers, self.sequences, -print_python(self.program).count("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto:
    """Tries the learners in order until one makes no error on training and validation.

    Args:
        text: the first where the vocabulary is words. Its surface features (see `Text`) go beyond the paper's class,
            which has nothing to say about words that training has not; `text.features=` turns them off.
        grow: the first elsewhere.
        hard: the last.
        refine: of the best of them where it makes errors and the vocabulary is not words; `refine.minutes=0`: none.
    """

    text: Text = field(default_factory=lambda: Text(features="shape,prefix,suffix"))
    grow: Grow = field(default_factory=Grow)
    hard: Hard = field(default_factory=Hard)
    refine: Refine = Refine(minutes=1.0, shorten=False)

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        """The best program found.

        Raises:
            TrainingError: as the learners.
        """
        attempts: list[Attempt] = []
        for name, learner in self._learners(data):
            attempts.append(_attempt(name, learner, data, seed, session))
            if attempts[-1].exact:
                break
        best = max(attempts, key=lambda attempt: attempt.worth)
        if not best.exact and len(data.vocabulary) <= WORDS and self.refine.minutes > 0:
            attempts.append(_attempt("refine", _Refinement(self.refine, best.program), data, seed, session))
        best = max(attempts, key=lambda attempt: attempt.worth)
        said = "; ".join(
            f"{a.learner} {100 * a.answers:.2f} % of answers, {100 * a.sequences:.2f} % of sequences" for a in attempts
        )
        about = (*best.program.about, ("tried", f"{said} (validation)"), ("kept", best.learner))
        return dataclasses.replace(best.program, about=about)

    def _learners(self, data: Dataset) -> Iterator[tuple[str, Learner]]:
        if len(data.vocabulary) > WORDS:
            yield "text", self.text
        yield "grow", self.grow
        yield "hard", self.hard


@dataclass(frozen=True, slots=True)
class _Refinement:
    """Refinement of a program, called as learners are."""

    config: Refine
    program: Program

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        inputs = data_inputs(dataclasses.replace(data, test=()), seed=seed)
        held = data_inputs(dataclasses.replace(data, test=data.validation), seed=seed) if data.validation else None

        def report(what: str, program: Program) -> None:
            session.report(
                Progress(learner="refine", step=0, steps=0, loss=float("nan"), accuracy=float("nan"), note=what)
            )

        return refine(self.program, inputs, held, config=self.config, seed=seed, report=report).program


def _attempt(name: str, learner: Learner, data: Dataset, seed: int, session: Session) -> Attempt:
    key = f"auto-{name}"
    done = session.restore(key)
    if done is None:
        program = simplify(learner(data, seed=seed, session=session))
        session.save(key, {"program": np.frombuffer(dumps(program).encode(), np.uint8)})
    else:
        program = loads(done["program"].tobytes().decode())
    validation = evaluate(program, data, data.validation)
    return Attempt(
        learner=name,
        program=program,
        answers=validation.token_accuracy,
        sequences=validation.sequence_accuracy,
        exact=validation.sequence_accuracy == 1 and evaluate(program, data, data.train).sequence_accuracy == 1,
    )
