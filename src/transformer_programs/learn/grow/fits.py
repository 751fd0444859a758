"""What candidates are really worth: their scores fitted on the sample, to the end only where that may matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformer_programs.learn.grow.candidates import Candidate, Search
from transformer_programs.learn.grow.model import Feature, Model, fit_model
from transformer_programs.learn.lbfgs import Descent
from transformer_programs.learn.scores import separate

__all__ = ["SOLVING", "Confirmed", "Fits"]

STEPS = 50
"""Steps of the fit that says what a candidate is worth."""

GLIMPSE = 10
"""Steps of it that all candidates get."""

RISE = 2.0
"""The other steps are for those that would be the best if they came to gain so many times as much."""

SOLVING = 0.8
"""Part of what is left that a solution explains, however much more its scores can still grow."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A candidate whose scores were really fitted.

    Args:
        worth: nats saved less the price.
        solves: whether every answer of the sample can be right with it.
    """

    candidate: Candidate
    worth: float
    solves: bool


class Fits:
    """Fits of candidates beside the features that a program has.

    Args:
        search: with the sample that is fitted.
        features: of the program.
        model: their scores on all examples, where every fit begins.
        penalty: L2 weight of the scores over all examples.
        thrift: how many times its price in nats a part must gain.
        seed: of the examples that separation looks at first.
    """

    def __init__(
        self, search: Search, features: Sequence[Feature], model: Model, penalty: float, thrift: float, seed: int
    ) -> None:
        self._search, self._features, self._model = search, tuple(features), model
        self._penalty, self._thrift, self._seed = penalty, thrift, seed
        self.before = self._fit((), STEPS).loss * search.sample.ratio
        """Nats that the program leaves unexplained."""

    def confirmed(self, candidates: Sequence[Candidate], best: float) -> list[Confirmed]:
        """The worth of those that may be the best, or solve the task; the others are left out after a few steps.

        Args:
            candidates: all.
            best: worth of the best one so far.
        """
        begun = self._search.each(self._begun, candidates)
        best = max([best, *(worth for _, _, worth in begun)])
        going = []
        for candidate, descent, worth in begun:
            price = self._thrift * candidate.price
            if max(worth + price, candidate.gain) * RISE - price >= min(best, SOLVING * self.before):
                going.append((candidate, descent))
        return self._search.each(self._ended, going)

    def _begun(self, candidate: Candidate) -> tuple[Candidate, Descent, float]:
        descent = Descent()
        return candidate, descent, self._worth(candidate, self._fit(candidate.features, GLIMPSE, descent))

    def _ended(self, begun: tuple[Candidate, Descent]) -> Confirmed:
        candidate, descent = begun
        model = self._fit(candidate.features, STEPS, descent)
        worth = self._worth(candidate, model)
        # A bundle's many scores are far from fitted after a few steps, but quickly told to be separable or not.
        nearly = (model.accuracy > 0.97 and worth > SOLVING * self.before) or candidate.note == "bundle"
        solves = nearly and (model.exact or separate(model.design, early=True, seed=self._seed) is not None)
        return Confirmed(candidate, worth, solves)

    def _worth(self, candidate: Candidate, model: Model) -> float:
        return self.before - model.loss * self._search.sample.ratio - self._thrift * candidate.price

    def _fit(self, more: Sequence[Feature], steps: int, descent: Descent | None = None) -> Model:
        sample = self._search.sample
        return fit_model(
            sample.examples,
            [*self._features, *more],
            start=self._model,
            penalty=self._penalty / sample.ratio,
            steps=steps,
            descent=descent,
        )
