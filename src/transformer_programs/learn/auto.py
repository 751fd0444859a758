"""`auto`: grow, then hard where grow leaves errors, text before both where the data are words, refinement of the best
where errors are left; keeps the best program, then the shortest, and says what it did. On demand hard begins from
grow's program, and grow again with hard's modules."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from transformer_programs.batch import evaluate
from transformer_programs.emit.python import print_python
from transformer_programs.learn.base import QUIET, Learner, Progress, Session
from transformer_programs.learn.grow import WORDS, Grow
from transformer_programs.learn.hard import Hard
from transformer_programs.learn.refine import Refine, refine
from transformer_programs.learn.text import Text
from transformer_programs.learn.train import percent
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
        raw: as the learner made it, all of its modules of the learners' class.
        answers, sequences: shares right on the validation part.
        trained: share of the answers of the training part that are right.
        exact: no error on training and validation.
    """

    learner: str
    program: Program
    raw: Program
    answers: float
    sequences: float
    trained: float
    exact: bool

    @property
    def worth(self) -> tuple[float, float, float, int]:
        """What `auto` maximises: right answers and sequences of validation, answers of training, then few lines."""
        return (self.answers, self.sequences, self.trained, -print_python(self.program).count("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto:
    """Tries the learners in order until one makes no error on training and validation.

    Args:
        text: the first where the vocabulary is words. Its surface features (see `Text`) go beyond the paper's class,
            which has nothing to say about words that training has not; `text.features=` turns them off.
        grow: the first elsewhere.
        hard: the last.
        refine: of the best of them where it makes errors and the vocabulary is not words; `refine.minutes=0`: none.
        starts: whether `hard` begins with a restart from `grow`'s program.
        offers: whether, where `hard` leaves errors too, `grow` begins again and may take over modules of its program.
    """

    text: Text = field(default_factory=lambda: Text(features="shape,prefix,suffix"))
    grow: Grow = field(default_factory=Grow)
    hard: Hard = field(default_factory=Hard)
    refine: Refine = Refine(minutes=1.0, shorten=False)
    starts: bool = True
    offers: bool = False

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        """The best program found.

        Raises:
            TrainingError: as the learners.
        """
        attempts: list[Attempt] = []
        for name, learner in self._learners(data, attempts):
            attempts.append(_attempt(name, learner, data, seed, session))
            if attempts[-1].exact:
                break
        best = max(attempts, key=lambda attempt: attempt.worth)
        if not best.exact and len(data.vocabulary) <= WORDS and self.refine.minutes > 0:
            attempts.append(_attempt("refine", _Refinement(self.refine, best.program), data, seed, session))
        best = max(attempts, key=lambda attempt: attempt.worth)
        said = "; ".join(
            f"{a.learner} {percent(a.answers)} of answers, {percent(a.sequences)} of sequences" for a in attempts
        )
        about = (*best.program.about, ("tried", f"{said} (validation)"), ("kept", best.learner))
        return dataclasses.replace(best.program, about=about)

    def _learners(self, data: Dataset, attempts: Sequence[Attempt]) -> Iterator[tuple[str, Learner]]:
        """The learners in order; `attempts` holds, by the time that one is asked for, what those before it gave."""
        if len(data.vocabulary) > WORDS:
            yield "text", self.text
        yield "grow", self.grow
        if self.starts:
            yield "hard", partial(self.hard, start=attempts[-1].raw)
        else:
            yield "hard", self.hard
        if self.offers:
            yield "grow again", _Again(self.grow, attempts[-1].raw)


@dataclass(frozen=True, slots=True)
class _Again:
    """`grow` with the modules of a program on offer; its state is not that of its first run."""

    config: Grow
    program: Program

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        return self.config(data, seed=seed, session=_Apart(session), offers=[self.program])


@dataclass(frozen=True, slots=True)
class _Apart:
    """A session whose states have names of their own."""

    session: Session

    def report(self, progress: Progress) -> None:
        self.session.report(progress)

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        self.session.save(f"again-{key}", state)

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        return self.session.restore(f"again-{key}")


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
    if done is None or "raw" not in done:  # states of a version before `raw` have the program alone
        raw = learner(data, seed=seed, session=session)
        program = simplify(raw)
        session.save(key, {"program": _packed(program), "raw": _packed(raw)})
    else:
        program, raw = (loads(done[what].tobytes().decode()) for what in ("program", "raw"))
    validation, training = evaluate(program, data, data.validation), evaluate(program, data, data.train)
    return Attempt(
        learner=name,
        program=program,
        raw=raw,
        answers=validation.token_accuracy,
        sequences=validation.sequence_accuracy,
        trained=training.token_accuracy,
        exact=validation.sequence_accuracy == 1 and training.sequence_accuracy == 1,
    )


def _packed(program: Program) -> np.ndarray:
    return np.frombuffer(dumps(program).encode(), np.uint8)
