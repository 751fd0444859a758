"""The search: what makes a program right more often, as long as anything does; then what makes it shorter."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Bool

from transformer_programs.config import at_least
from transformer_programs.learn.refine.deeper import deeper
from transformer_programs.learn.refine.measure import FAILURES, Sample, joined, right
from transformer_programs.learn.refine.proposals import spots
from transformer_programs.learn.refine.refit import refitted
from transformer_programs.learn.refine.shorter import shorter
from transformer_programs.passes import simplify
from transformer_programs.program import Classify, Program, check
from transformer_programs.simplify import shorten
from transformer_programs.simplify.inputs import Inputs
from transformer_programs.simplify.search import Limits
from transformer_programs.simplify.view import View

__all__ = ["Refine", "Refined", "refine"]

Marks = Bool[np.ndarray, "sequence answer"]
"""Which asked answers are right."""

FEW = 300
"""Examples with errors, and as many without, on which scores are fitted for every change."""

REFITS = 300
"""Changes that scores are fitted for."""

FIRST = 4096
"""Examples that shorter programs are made from and tried on first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refine:
    """How to refine.

    Args:
        minutes: of searching.
        changes: most changes that make it right more often.
        rounds: of the search by the loss, where single changes find nothing more.
        shorten: whether to look for shorter programs of the same accuracy afterwards.
    """

    minutes: float = 5.0
    changes: int = 200
    rounds: int = 8
    shorten: bool = True

    def __post_init__(self) -> None:
        at_least("minutes", self.minutes, 0)
        at_least("changes", self.changes, 0)
        at_least("rounds", self.rounds, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refined:
    """What came of it.

    Args:
        program: never right less often than the first one.
        before, after: right answers, of all that were asked.
        asked: answers.
        steps: what was done, in order.
        finished: whether nothing was left to try; False: stopped by the clock or by Ctrl-C.
        interrupted: by Ctrl-C.
    """

    program: Program
    before: int
    after: int
    asked: int
    steps: tuple[str, ...]
    finished: bool
    interrupted: bool


def refine(
    program: Program,
    inputs: Inputs,
    held: Inputs | None = None,
    *,
    config: Refine = Refine(),
    seed: int = 0,
    report: Callable[[str, Program], None] = lambda what, program: None,
) -> Refined:
    """A program that is right more often, or as often and shorter.

    Args:
        program: any.
        inputs: examples with right answers.
        held: more of them, which are not searched on: a change must not lose more answers there than chance
            explains, and all changes together must lose none. Where the others are all right, they join them.
        config: how long.
        seed: of the samples.
        report: told of every change that stands.

    Raises:
        TransformerProgramError: the program fails on one of the examples.
    """
    search = _Search(program, inputs, held, config, seed, report)
    finished, interrupted = True, False
    try:
        try:
            search.mend()
        finally:
            search.settle()
        if config.shorten:
            search.shorten()
        finished = not search.late()
    except KeyboardInterrupt:
        finished, interrupted = False, True
    parts = [each for each in (inputs, held) if each is not None]
    return Refined(
        program=search.program,
        before=sum(int(right(program, part).sum()) for part in parts),
        after=sum(int(right(search.program, part).sum()) for part in parts),
        asked=sum(int(part.asked.sum()) for part in parts),
        steps=tuple(search.steps),
        finished=finished,
        interrupted=interrupted,
    )


class _Search:
    def __init__(
        self,
        program: Program,
        inputs: Inputs,
        held: Inputs | None,
        config: Refine,
        seed: int,
        report: Callable[[str, Program], None],
    ) -> None:
        self.program, self.inputs, self.held = program, inputs, held
        self.config, self.seed, self.report = config, seed, report
        self.marks = right(program, inputs)
        self.held_marks = None if held is None else right(program, held)
        self.least = self.held_right
        self.best: tuple[int, Program, Marks, Marks | None] = (0, program, self.marks, self.held_marks)
        self.deadline = time.monotonic() + 60.0 * config.minutes
        self.steps: list[str] = []

    def late(self) -> bool:
        """Whether time is up."""
        return time.monotonic() > self.deadline

    @property
    def held_right(self) -> int:
        """Right answers on the examples that are not searched on."""
        return 0 if self.held_marks is None else int(self.held_marks.sum())

    @property
    def exact(self) -> bool:
        """Whether every answer is right."""
        return bool((self.marks == self.inputs.asked).all())

    # --- more right answers -----------------------------------------------------------------------------------

    def mend(self) -> None:
        """Changes, each of which makes more answers right."""
        while not self.late() and len(self.steps) < self.config.changes:
            if self.exact:
                if self.held is None or self.held_marks is None or (self.held_marks == self.held.asked).all():
                    break
                if self.held_right < self.least:
                    break
                self.inputs, self.marks = joined(self.inputs, self.held), np.concatenate([self.marks, self.held_marks])
                self.held = self.held_marks = None
                self.least, self.best = 0, (len(self.steps), self.program, self.marks, None)
            if not (self._refit() or self._change() or self._joint() or self._refit(more=True) or self._deeper()):
                break

    def _refit(self, *, more: bool = False) -> bool:
        made = refitted(self.program, self._part(), more=more)
        what = "scores of all variables" if more else "scores fitted anew"
        return made is not None and self._better(what, made)

    def _part(self) -> Inputs:
        """What scores are fitted on: all examples, or wrong ones and as many others."""
        if len(self.inputs) <= 5 * FIRST:
            return self.inputs
        return Sample.of(self.program, self.inputs, self.marks, self.seed).inputs

    def _change(self) -> bool:
        """The best single change."""
        sample = Sample.of(self.program, self.inputs, self.marks, self.seed + len(self.steps))
        found: list[tuple[float, int, str, Program]] = []
        best = 0.0
        for spot in spots(self.program, sample, self.inputs.labels):
            if spot.bound <= best or self.late():
                break
            for option in spot.options():
                try:
                    gain = sample.gain(check(option), spot.used, 0.5 * best)
                except FAILURES:
                    continue
                if gain > 0.5 * best:
                    found.append((gain, -len(found), spot.what, option))
                    best = max(best, gain)
        ranked = sorted(found, key=lambda each: each[:2], reverse=True)[:8]
        return any(self._better(what, option) for _, _, what, option in ranked)

    def _joint(self) -> bool:
        """The best change together with scores that suit it: fitted scores hide what is wrong elsewhere."""
        if not isinstance(self.program.output, Classify):
            return False
        sample = Sample.of(self.program, self.inputs, self.marks, self.seed, FEW)
        have, found = int(sample.right.sum()), list[tuple[int, int, str, Program]]()
        options = (
            (spot.what, each) for spot in spots(self.program, sample, self.inputs.labels) for each in spot.options()
        )
        for what, option in islice(options, REFITS):
            if self.late():
                break
            try:
                made = refitted(check(option), sample.inputs)
                got = 0 if made is None else int(right(check(made), sample.inputs).sum())
            except FAILURES:
                continue
            if got > have:
                found.append((got, -len(found), what, option))
        best = sorted(found, key=lambda each: each[:2], reverse=True)[:4]
        return any(self._better(f"{what}, and scores", self._scored(option)) for _, _, what, option in best)

    def _scored(self, program: Program) -> Program:
        return refitted(program, self._part()) or program

    def _deeper(self) -> bool:
        if not self.config.rounds:
            return False
        made = deeper(self.program, self.inputs, self.config.rounds, self.seed)
        return made is not None and self._better("search by the loss", made)

    def _better(self, what: str, program: Program) -> bool:
        """Takes a program that gets more answers right, on the examples and in sum."""
        try:
            marks = right(check(program), self.inputs)
            if marks.sum() <= self.marks.sum():
                return False
            held = None if self.held is None else right(program, self.held)
        except FAILURES:
            return False
        if held is not None and self.held_marks is not None:
            changed = int((held != self.held_marks).sum())
            if int(held.sum()) - self.held_right < -(changed**0.5):
                return False
        self._take(what, program, marks, held)
        return True

    def _take(
        self,
        what: str,
        program: Program,
        marks: Marks,
        held: Marks | None,
    ) -> None:
        self.program, self.marks, self.held_marks = program, marks, held
        self.steps.append(what)
        self.report(what, program)
        if self.held_right >= self.least:
            self.best = (len(self.steps), program, marks, held)

    def settle(self) -> None:
        """Goes back to the last program that is right as often as the first on the examples not searched on."""
        if self.held_right < self.least:
            kept, self.program, self.marks, self.held_marks = self.best
            del self.steps[kept:]

    # --- shorter ----------------------------------------------------------------------------------------------

    def shorten(self) -> None:
        """Shorter programs that get as many answers right.

        Where all inputs are there, equal ones. Where errors are left, others too. Examples prove nothing about a
        program that makes no error on them: it is only shortened by what is exact by construction.
        """
        if self.inputs.complete:
            seconds = max(self.deadline - time.monotonic(), 0.01)
            made = shorten(self.program, self.inputs, Limits(seconds=seconds)).program
            if made != self.program and self._as_good(made):
                self._take("shorter, every answer the same", made, right(made, self.inputs), self.held_marks)
        if self.exact:
            made = simplify(self.program)
            if made != self.program and not self.inputs.complete:
                self._take("shorter by the passes", made, self.marks, self.held_marks)
            return
        for what, program in shorter(View(self.program, self.inputs.first(FIRST)), self._as_good, self.late):
            held = None if self.held is None else right(program, self.held)
            self._take(what, program, right(program, self.inputs), held)

    def _as_good(self, program: Program) -> bool:
        try:
            # Right answers may move to other examples, but hardly many of them.
            if (
                len(self.inputs) > FIRST
                and right(program, self.inputs.first(512)).sum() < 0.98 * self.marks[:512].sum()
            ):
                return False
            if right(program, self.inputs).sum() < self.marks.sum():
                return False
            return self.held is None or int(right(program, self.held).sum()) >= self.held_right
        except FAILURES:
            return False
