"""The learner: train relaxed Transformers from several seeds, discretise, keep the best, extract its program."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import jax
import numpy as np
from jaxtyping import Float

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.base import QUIET, Progress, Session
from transformer_programs.learn.relaxed.agreement import Agreement, agreement, joined, random_inputs
from transformer_programs.learn.relaxed.config import (
    Attention,
    Dimensions,
    Relaxation,
    Sampling,
    Schedule,
    Shape,
    Tables,
    Tie,
)
from transformer_programs.learn.relaxed.discrete import Discrete, accuracy, discretise, rounded
from transformer_programs.learn.relaxed.extract import extract
from transformer_programs.learn.relaxed.model import Model, initial
from transformer_programs.learn.relaxed.training import Run, Steps, milestones
from transformer_programs.program import Program
from transformer_programs.tasks import Dataset, Encoded, encode, joined_vectors

__all__ = ["Learned", "Relaxed", "Restart", "scaled"]

WATCHED = 2000
"""Validation sequences that progress is measured on."""

ROUNDED_ON = 4000
"""Training sequences on which the scores are made whole numbers."""

SAVED_EVERY = 4.0
"""Seconds between two states kept, about: what a run that is stopped loses. The program does not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Restart:
    """One seed's outcome.

    Args:
        seed: its number, from 0.
        validation: accuracy of its discretised model there (of the answers).
        loss: relaxed, mean of the last steps.
        seconds: share of the time taken.
        discrete: the discretised model, scores not rounded yet.
    """

    seed: int
    validation: float
    loss: float
    seconds: float
    discrete: Discrete


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """The program and where it comes from."""

    program: Program
    agreement: Agreement
    discrete: Discrete
    restarts: tuple[Restart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """The paper's procedure ("Learning Transformer Programs", section 3.4), configured.

    Args:
        shape: the hypothesis class.
        relaxation: what is soft.
        schedule: of the optimisation.
        restarts: seeds; the one best on validation is kept.
        together: restarts that train side by side (vmapped); None: all on an accelerator, one on a CPU.
        vectors: files of word vectors, separated by commas, that a factored embedding begins with.
    """

    shape: Shape = field(default_factory=Shape)
    relaxation: Relaxation = field(default_factory=Relaxation)
    schedule: Schedule = field(default_factory=Schedule)
    restarts: int = 2
    together: int | None = None
    vectors: str = ""

    def __post_init__(self) -> None:
        self.shape.check()
        self.relaxation.check()
        self.schedule.check()
        self._check_hard()
        if self.shape.attention is Attention.SCORES and self.relaxation.tie is not Tie.LOG_BIAS:
            raise ConfigError(
                place="relaxation.tie",
                got=f"{self.relaxation.tie.value} with shape.attention=scores",
                expected=Tie.LOG_BIAS.value,
                todo="leave it out",
            )
        at_least("restarts", self.restarts, 1)
        if self.together is not None:
            at_least("together", self.together, 1)

    def _check_hard(self) -> None:
        """What is trained as discrete programs has tables of choices, predicates and counts, and nothing else has."""
        hard, shape = self.relaxation.sampling is Sampling.HARD, self.shape
        if hard != (shape.tables is Tables.DIRECT):
            raise ConfigError(
                place="shape.tables",
                got=f"{shape.tables.value} with relaxation.sampling={self.relaxation.sampling.value}",
                expected="direct with hard, networks with others",
                todo="begin with --preset hard",
            )
        if hard and (shape.sums or shape.attention is not Attention.PREDICATES):
            raise ConfigError(
                place="relaxation.sampling",
                got="hard with sums or scores",
                expected="shape.sums=false, shape.attention=predicates",
                todo="begin with --preset hard",
            )

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        """A discrete program for the data: same data, seed and machine, same program.

        Raises:
            ConfigError: settings that contradict each other or the data.
            TrainingError: the loss is not finite, with what to change.
        """
        return self.learn(data, seed=seed, session=session).program

    def learn(
        self,
        data: Dataset,
        *,
        seed: int = 0,
        session: Session = QUIET,
        vectors: np.ndarray | None = None,
    ) -> Learned:
        """The same, with everything found on the way.

        Args:
            data: to learn from.
            seed: of all restarts.
            session: takes progress and state.
            vectors: pretrained word vectors, one row a token of the vocabulary, for a factored embedding; None: those
                of the files.
        """
        found = tuple(self.trained(data, seed=seed, session=session, vectors=vectors))
        best = max(found, key=lambda restart: (restart.validation, -restart.seed))
        program, agreed, discrete = convert(best.discrete, data, seed=seed)
        about = (
            ("restarts", ", ".join(f"{restart.validation:.4f}" for restart in found) + " on validation"),
            ("agreement with the discretised model", str(agreed)),
        )
        program = replace(program, about=(*program.about, *about))
        return Learned(program=program, agreement=agreed, discrete=discrete, restarts=found)

    def trained(
        self, data: Dataset, *, seed: int = 0, session: Session = QUIET, vectors: np.ndarray | None = None
    ) -> Iterator[Restart]:
        """Every restart's discretised model, as they finish."""
        dimensions = Dimensions.of(data, self.shape)
        if vectors is None and self.vectors:
            if not dimensions.factors:
                todo = "set shape.embedding=factored"
                raise ConfigError(place="vectors", got="tokens that are read one-hot", expected="factored", todo=todo)
            vectors = scaled(joined_vectors(self.vectors, data.vocabulary))
        self._check(data, seed, vectors)
        examples = encode(data, data.train)
        watched = encode(data, (data.validation or data.train)[:WATCHED])
        group = self.together or (1 if jax.default_backend() == "cpu" else self.restarts)
        for first in range(0, self.restarts, group):
            numbers = range(first, min(first + group, self.restarts))
            models = [initial(dimensions, _number(seed, restart), vectors) for restart in numbers]
            steps = [Steps(examples=len(examples), schedule=self.schedule, seed=(seed, restart)) for restart in numbers]
            run = Run(models, examples, self.relaxation, self.schedule, steps)
            yield from self._train(run, numbers, watched, session)

    def _train(self, run: Run, numbers: range, watched: Encoded, session: Session) -> Iterator[Restart]:
        start = time.monotonic()
        key = f"relaxed_{numbers.start}"
        best = _Best(run, self.schedule.keep_best)
        state = session.restore(key)
        if state is not None:
            run.restore(state)
            best.restore(state)
        pace = _Pace()
        while run.done < run.count:
            milestone = next(stop for stop in milestones(run.count, self.schedule.evaluations) if stop > run.done)
            losses = pace.advance(run, milestone)
            for index, restart in enumerate(numbers):
                model = run.model(index)
                reached = accuracy(discretise(model), watched)
                if run.done == milestone:
                    best.offer(index, model, reached, float(losses[index]))
                session.report(
                    Progress(
                        learner=f"relaxed {restart + 1}/{self.restarts}",
                        step=run.done,
                        steps=run.count,
                        loss=float(losses[index]),
                        accuracy=reached,
                        note=f"temperature {run.steps[index].temperature(run.done - 1):.3f}",
                    )
                )
            session.save(key, {**run.save(), **best.save()})
        seconds = (time.monotonic() - start) / len(numbers)
        for index, restart in enumerate(numbers):
            yield Restart(
                seed=restart,
                validation=best.accuracies[index],
                loss=best.losses[index],
                seconds=seconds,
                discrete=discretise(best.models[index]),
            )

    def _check(self, data: Dataset, seed: int, vectors: np.ndarray | None) -> None:
        at_least("--seed", seed, 0)
        if not data.train:
            raise DataError(place=data.name, got="no training examples", expected="at least one")
        if vectors is not None and vectors.shape[0] != len(data.vocabulary):
            raise ConfigError(
                place="vectors", got=f"{vectors.shape[0]} word vectors", expected=f"{len(data.vocabulary)}, one a token"
            )


def convert(discrete: Discrete, data: Dataset, *, seed: int = 0) -> tuple[Program, Agreement, Discrete]:
    """Scores to whole numbers, choices to nodes, and the check that nothing was lost."""
    examples = joined([encode(data, data.train[:ROUNDED_ON]), encode(data, data.validation)])
    discrete = rounded(discrete, examples)
    program = extract(discrete, data)
    return program, agreement(discrete, program, data, random_inputs(data, seed)), discrete


def scaled(matrix: Float[np.ndarray, "token dimension"]) -> Float[np.ndarray, "token dimension"]:
    """Vectors so long that random projections of them have deviation 1: `initial` projects by numbers of variance
    1 / dimension. Zeros for words without a vector stay.
    """
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix * (matrix.shape[1] ** 0.5 / np.maximum(length, 1e-9)), np.float32)


def _number(seed: int, restart: int) -> int:
    return int(np.random.SeedSequence([seed, restart]).generate_state(1)[0])


class _Pace:
    """How many steps to take before the state is kept again."""

    def __init__(self) -> None:
        self._steps = 1

    def advance(self, run: Run, milestone: int) -> np.ndarray:
        """Steps for about SAVED_EVERY seconds, to the milestone at most; the losses."""
        start, before = time.monotonic(), run.done
        losses = run.advance(min(milestone, before + self._steps))
        each = (time.monotonic() - start) / (run.done - before)
        self._steps = max(1, min(2 * self._steps + 8, int(SAVED_EVERY / each)))
        return losses


class _Best:
    """For every restart the model to keep: the best on validation so far, or the last."""

    def __init__(self, run: Run, keep_best: bool) -> None:
        self.keep_best = keep_best
        self.models: list[Model] = [run.model(i) for i in range(len(run.models))]
        self.accuracies = [-1.0] * len(run.models)
        self.losses = [float("nan")] * len(run.models)

    def offer(self, index: int, model: Model, reached: float, loss: float) -> None:
        # Later ones win ties: their scores are better settled.
        if not self.keep_best or not reached < self.accuracies[index]:
            self.models[index], self.accuracies[index] = model, reached
        self.losses[index] = loss

    def save(self) -> Mapping[str, np.ndarray]:
        found = {"best_accuracies": np.array(self.accuracies), "best_losses": np.array(self.losses)}
        for index, model in enumerate(self.models):
            leaves = jax.tree.leaves(model)
            found |= {f"best_{index:02}_{i:03}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
        return found

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.accuracies = state["best_accuracies"].tolist()
        self.losses = state["best_losses"].tolist()
        for index, model in enumerate(self.models):
            leaves, tree = jax.tree.flatten(model)
            kept = [state[f"best_{index:02}_{i:03}"] for i in range(len(leaves))]
            self.models[index] = jax.tree.unflatten(tree, kept)
