"""The learner: restarts of small shapes, then of the whole one, the best repaired, pruned and made a program."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, ProgramError
from transformer_programs.learn.agreement import with_learner
from transformer_programs.learn.base import QUIET, Progress, Session
from transformer_programs.learn.hard.config import RECIPE_F, Halving, Schedule, Search, Shape, Words
from transformer_programs.learn.hard.convert import final_scores, predicted, to_program
from transformer_programs.learn.hard.halving import Job, compete, first_perfect
from transformer_programs.learn.hard.lift import lift
from transformer_programs.learn.hard.local import search
from transformer_programs.learn.hard.network import Kind
from transformer_programs.learn.hard.problem import Candidate, Problem, learned, prepare
from transformer_programs.learn.hard.prune import features, pruned
from transformer_programs.learn.hard.restart import Restart, candidate_of, state_of
from transformer_programs.program import Program
from transformer_programs.tasks import Dataset

__all__ = ["Hard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hard:
    """Gradient on programs that are discrete in every forward pass.

    Every choice of a program (which variable a gate reads, one row of a predicate, one cell of a table) is a row of
    logits. A step draws whole programs, runs each with integers on its share of the batch, weighs every alternative
    choice by the difference it makes to the loss, and moves the logits. There is no relaxation: the program in
    training is the program that is printed.

    Args:
        shape: modules a layer.
        small_restarts: begin with so many restarts of each of some smaller shapes (counting heads only in one layer
            and in two, categorical heads only, no tables): shorter programs where they are enough.
        schedule: of the training.
        restarts: of the whole shape. They end early where one is right on all of the training and validation part.
        halving: which restarts go on.
        repair: local search at the end of every restart that went on.
        finalists: restarts, the best by validation, whose search goes on.
        finish: that search.
        prune: drop scores that the program can do without.
        words: what is different for text.
        threads: restarts at a time; None: one a core. Does not change the result.
    """

    shape: Shape = Shape()
    small_restarts: int = 3
    schedule: Schedule = RECIPE_F
    restarts: int = 12
    halving: Halving = Halving()
    repair: Search = Search(rounds=4)
    finalists: int = 2
    finish: Search = Search(rounds=40, patience=10)
    prune: bool = True
    words: Words = Words()
    threads: int | None = None

    def __post_init__(self) -> None:
        at_least("small_restarts", self.small_restarts, 0)
        at_least("restarts", self.restarts, 1)
        at_least("finalists", self.finalists, 0)
        if self.threads is not None:
            at_least("threads", self.threads, 1)
        # Here, not in `Shape`: `smaller` leaves out all heads of a kind, and with them what they would have had.
        heads = {"prefix": self.shape.counting_heads, "weights": self.shape.counting_heads}
        heads |= dict.fromkeys(("sets", "ordered"), max(self.shape.categorical_heads, self.shape.counting_heads))
        for name, most in heads.items():
            if getattr(self.shape, name) > most:
                kind = "counting heads" if name in ("prefix", "weights") else "heads of a kind"
                expected = f"at most {most}, as many as a layer has {kind}"
                raise ConfigError(place=f"shape.{name}", got=str(getattr(self.shape, name)), expected=expected)

    def __call__(
        self, data: Dataset, *, seed: int = 0, session: Session = QUIET, start: Program | None = None
    ) -> Program:
        """A discrete program for the data: same data, seed and machine, same program.

        Args:
            data, seed, session: see `Learner`.
            start: a program that a first restart begins with, beside spare modules as many as a layer of the shape has.
                One that holds nodes which learning does not make is left aside.

        Raises:
            TrainingError: the loss is not finite, with what to change.
        """
        at_least("seed", seed, 0)
        if len(data.vocabulary) > self.words.more_than and not self.shape.embeddings:
            return self._for_words()(data, seed=seed, session=session)
        shared, threads = _Shared(session), self.threads or len(os.sched_getaffinity(0))
        tried: list[tuple[Problem, Candidate]] = []
        groups = self._restarts(data, seed)
        begun = None if start is None else self._begun(start, data, seed)
        if begun is not None:
            groups = [([begun], replace(self.halving, rungs=0)), *groups]
        for restarts, halving in groups:
            tried += compete(restarts, halving, shared, threads)
            if any(candidate.perfect for _, candidate in tried):
                break
        # `sorted` is stable: of equals the smaller shape, which came first.
        ranked = sorted(tried, key=lambda pair: _rank(pair[1]), reverse=True)
        if self.finalists and not ranked[0][1].perfect:
            jobs = [
                self._finish(problem, candidate, (seed, 1, i), shared)
                for i, (problem, candidate) in enumerate(ranked[: self.finalists])
            ]
            found = zip([problem for problem, _ in ranked], first_perfect(jobs, threads))
            ranked = sorted([(p, c) for p, c in found if c is not None], key=lambda pair: _rank(pair[1]), reverse=True)
        return self._program(*ranked[0], seed, shared)

    def _for_words(self) -> Hard:
        return replace(
            self,
            shape=self.words.shape,
            schedule=self.words.schedule,
            restarts=self.words.restarts,
            small_restarts=0,
            halving=replace(self.halving, rungs=0),
            repair=replace(self.repair, rounds=0),
            finalists=0,
        )

    def _begun(self, start: Program, data: Dataset, seed: int) -> Restart | None:
        """The restart from a program, or None where it cannot be trained."""
        shape = self.shape
        heads = [Kind.CLOSEST] * shape.categorical_heads + [Kind.COUNT] * shape.counting_heads
        try:
            problem, candidate, _ = lift(start, data, [*heads, *[Kind.TABLE] * shape.categorical_tables])
        except (ConfigError, ProgramError):
            return None
        problem = replace(problem, mask=learned(problem.network, shape.counts_as_codes))
        seeds = (seed, 0, 0, 1)
        return Restart(
            problem=problem, schedule=self.schedule, repair=self.repair, seed=seeds, name="hard, from a program",
            key="restart-0", start=candidate,
        )  # fmt: skip

    def _restarts(self, data: Dataset, seed: int) -> list[tuple[list[Restart], Halving]]:
        """Restarts that compete with each other, and how: small shapes, spared ones of the whole shape, the others."""
        small = smaller(self.shape) if self.small_restarts else []
        problems = {shape: prepare(data, shape) for shape in [*small, self.shape]}
        shapes = [shape for shape in small for _ in range(self.small_restarts)] + [self.shape] * self.restarts
        restarts = [
            Restart(
                problem=problems[shape],
                schedule=self.schedule,
                repair=self.repair,
                seed=(seed, 0, i),
                name=f"hard {i + 1}/{len(shapes)}",
                key=f"restart-{i + 1}",
            )
            for i, shape in enumerate(shapes)
        ]
        first = len(shapes) - self.restarts
        after = first + min(self.halving.spared, self.restarts)
        groups = [
            (restarts[:first], self.halving),
            (restarts[first:after], replace(self.halving, rungs=0)),
            (restarts[after:], self.halving),
        ]
        return [(group, halving) for group, halving in groups if group]

    def _finish(self, problem: Problem, start: Candidate, seed: tuple[int, ...], session: Session) -> Job:
        key = "-".join(map(str, ("finish", *seed)))

        def job(stop: Callable[[], bool]) -> Candidate | None:
            saved = session.restore(key)
            if saved is not None:
                return candidate_of(saved)

            def report(turn: int, candidate: Candidate, kept: int) -> None:
                session.report(
                    Progress(
                        learner="hard, last search",
                        step=turn,
                        steps=self.finish.rounds,
                        loss=candidate.loss,
                        accuracy=candidate.accuracy,
                        note=f"{kept} changes kept",
                    )
                )

            found = search(problem, start, self.finish, np.random.default_rng(seed), report, stop)
            if stop():
                return None
            session.save(key, state_of(found))
            return found

        return job

    def _program(self, problem: Problem, candidate: Candidate, seed: int, session: Session) -> Program:
        kept = features(problem)
        if self.prune:
            candidate, kept = pruned(problem, candidate, np.random.default_rng((seed, 2)))
        scores = final_scores(problem, candidate, kept)
        note = f"{len(kept)} of {len(features(problem))} score tables left"
        session.report(
            Progress(
                learner="hard, scores", step=1, steps=1, loss=candidate.loss, accuracy=candidate.accuracy, note=note
            )
        )
        program = to_program(problem, candidate, scores, kept)
        agreed = with_learner(
            program, problem.data, problem.validation, predicted(problem, candidate, problem.validation, kept, scores)
        )
        return replace(program, about=(("learner", f"hard, seed {seed}"), agreed))


def smaller(shape: Shape) -> list[Shape]:
    """Shapes to try before the whole one, each with something left out."""
    found: list[Shape] = []
    layers = min(shape.layers, 2)
    if shape.counting_heads:
        counting = replace(shape, layers=layers, categorical_heads=0, categorical_tables=0, numerical_tables=0)
        found += [replace(counting, layers=1), counting]
    if shape.categorical_heads:
        plain = replace(shape, layers=layers, categorical_tables=0, numerical_tables=0)
        found += [replace(plain, counting_heads=0), plain]
    return [small for small in dict.fromkeys(found) if small != shape]


def _rank(candidate: Candidate) -> tuple[bool, float]:
    return candidate.perfect, candidate.accuracy


class _Shared:
    """A session that several threads may use."""

    def __init__(self, session: Session) -> None:
        self._session, self._lock = session, Lock()

    def report(self, progress: Progress) -> None:
        with self._lock:
            self._session.report(progress)

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        with self._lock:
            self._session.save(key, state)

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        with self._lock:
            return self._session.restore(key)
