"""What can be set: the shape of the program, the schedule of the training, the local search."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import ceil

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError

__all__ = ["RECIPE_A", "RECIPE_F", "RECIPE_G", "Estimator", "Halving", "Schedule", "Search", "Shape", "Words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How many modules a layer has. Heads read what earlier layers made; tables also the heads of their own layer.

    Args:
        layers: one or more.
        categorical_heads: heads that take the value at the closest match.
        counting_heads: heads that count the matches.
        prefix, weights, sets, ordered: heads of a layer beyond the paper's class. Of the counting heads the first
            `prefix` count only up to the query's position; the last `weights` add up a weight from -1 to 2 that they
            learn for every token. Of the heads of each kind the first `sets` match, for each query value, a set of key
            values; the last `ordered` compare: a key equal to the query, one less, one more, smaller, larger, or any.
        categorical_tables: tables of two variables.
        numerical_tables: tables of two counts.
        counts_as_codes: whether heads and categorical tables may read counts too, and whether the scores may take a
            count as a finite variable and not only as a number.
        embeddings: variables that a word is factored into (paper, section 4.3); 0: the token itself is a variable.
        cardinality: values of a variable; None: the larger of vocabulary and length, with embeddings 32.
    """

    layers: int = 3
    categorical_heads: int = 4
    counting_heads: int = 4
    prefix: int = 0
    weights: int = 0
    sets: int = 0
    ordered: int = 0
    categorical_tables: int = 2
    numerical_tables: int = 2
    counts_as_codes: bool = True
    embeddings: int = 0
    cardinality: int | None = None

    def __post_init__(self) -> None:
        at_least("shape.layers", self.layers, 1)
        for name in ("categorical_heads", "counting_heads", "categorical_tables", "numerical_tables"):
            at_least(f"shape.{name}", getattr(self, name), 0)
        for name in ("prefix", "weights", "sets", "ordered"):
            at_least(f"shape.{name}", getattr(self, name), 0)
        if not self.categorical_heads + self.counting_heads + self.categorical_tables:
            raise ConfigError(place="shape", got="no heads and no tables", expected="at least one a layer")
        at_least("shape.embeddings", self.embeddings, 0)
        if self.cardinality is not None:
            at_least("shape.cardinality", self.cardinality, 2)


class Estimator(Enum):
    """How the differences of a step move the logits; `estimators` has the equations and the sources."""

    DIFFERENCES = "differences"
    """By softmax(logit / temperature), whatever was drawn: unbiased where the differences are exact and the
    temperature is the noise."""
    ZGR = "zgr"
    """The mean of that and a score-function term of the choice that was drawn."""
    GAPPED = "gapped"
    """By a softmax in which the drawn choice is the likeliest by a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One training run.

    Choices are drawn as argmax(logit + noise * Gumbel); the backward pass uses softmax(logit / temperature). Both fall
    geometrically over the first `anneal` of the steps.

    Args:
        steps: Adam steps.
        batch: sequences a step.
        programs: programs drawn a step; each runs on its share of the batch.
        noise_start, noise_end, temperature_start, temperature_end: see above.
        anneal: share of the steps over which they fall.
        still: last share of the steps, without noise.
        exact_from: from this share of the steps on, the classifier's differences are exact.
        mixed: weight of the exact differences before that; the rest is first order.
        estimator: how differences become a gradient of the logits.
        rate: Adam's learning rate of gates, predicates and tables.
        score_rate: that of the classifier.
        decay: both fall along a cosine to this part of themselves.
        shrink: weight decay of the classifier: a step multiplies it by 1 - score_rate * shrink.
        drop: chance that a word is taken for `<unk>`, where words are factored and the vocabulary has `<unk>`.
        snapshots: how often the program of the largest logits is tried on the validation part.
    """

    steps: int = 1500
    batch: int = 128
    programs: int = 64
    noise_start: float = 1.0
    noise_end: float = 0.1
    temperature_start: float = 1.0
    temperature_end: float = 0.3
    anneal: float = 0.7
    still: float = 0.05
    exact_from: float = 0.8
    mixed: float = 0.0
    estimator: Estimator = Estimator.DIFFERENCES
    rate: float = 0.2
    score_rate: float = 0.02
    decay: float = 0.1
    shrink: float = 0.0
    drop: float = 0.0
    snapshots: int = 25

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "programs", "snapshots"):
            at_least(f"schedule.{name}", getattr(self, name), 1)
        for name in ("noise_start", "noise_end", "temperature_start", "temperature_end", "rate", "score_rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(
                    place=f"schedule.{name}", got=str(getattr(self, name)), expected="a number greater than 0"
                )
        for name in ("still", "exact_from", "decay", "shrink"):
            at_least(f"schedule.{name}", getattr(self, name), 0)
        if not 0 <= self.mixed <= 1:
            raise ConfigError(place="schedule.mixed", got=str(self.mixed), expected="from 0 to 1")
        if not 0 < self.anneal <= 1:
            raise ConfigError(place="schedule.anneal", got=str(self.anneal), expected="more than 0, at most 1")
        if self.batch % self.programs:
            raise ConfigError(
                place="schedule.batch",
                got=f"{self.batch} sequences for {self.programs} programs",
                expected="a multiple of schedule.programs",
            )

    @property
    def snapshot_steps(self) -> list[int]:
        """The steps after which the program is tried; the last of all is one."""
        every = max(1, self.steps // self.snapshots)
        return [*range(every, self.steps, every), self.steps]


RECIPE_A = Schedule(programs=16, noise_end=0.05, exact_from=1.0)
"""Plain, with first-order differences throughout."""

RECIPE_F = Schedule()
"""First-order differences, which explore, then exact ones."""

RECIPE_G = Schedule(
    steps=3000,
    programs=32,
    noise_start=2.0,
    noise_end=0.2,
    temperature_start=2.0,
    temperature_end=0.2,
    exact_from=0.0,
    rate=0.05,
)
"""Hot and slow, with exact differences throughout: for variables of many values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halving:
    """Which restarts are trained to their end: of those of one shape, at each rung only the best go on.

    Successive halving (Jamieson and Talwalkar, 2016), by the accuracy of the discrete program so far.

    Args:
        rungs: times at which restarts are compared, evenly spaced over the steps; 0: all go on.
        keep: share of them that goes on; of each shape one at least.
        spared: restarts of the whole shape that are trained to their end before the others begin: where one of them
            is exact, the others are not needed.
    """

    rungs: int = 2
    keep: float = 0.5
    spared: int = 2

    def __post_init__(self) -> None:
        at_least("halving.rungs", self.rungs, 0)
        at_least("halving.spared", self.spared, 0)
        if not 0 < self.keep <= 1:
            raise ConfigError(place="halving.keep", got=str(self.keep), expected="more than 0, at most 1")

    def surviving(self, restarts: int) -> int:
        """How many of so many go on.

        >>> [Halving().surviving(count) for count in (1, 2, 5, 8)]
        [1, 1, 3, 4]
        """
        return max(1, ceil(restarts * self.keep))

    def steps(self, schedule: Schedule) -> list[int]:
        """The steps at which restarts are compared, each one of a snapshot, and the last step.

        >>> Halving().steps(Schedule(steps=1500, snapshots=25))
        [480, 960, 1500]
        """
        snapshots = schedule.snapshot_steps
        rungs = [snapshots[len(snapshots) * (i + 1) // (self.rungs + 1) - 1] for i in range(self.rungs)]
        return sorted({*rungs, schedule.steps})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is done instead where the vocabulary is a text's: factored words, a small shape, words left out at random.

    A few thousand sentences are learned by heart by anything larger, and by local search.

    Args:
        more_than: vocabularies of more tokens are text.
        shape, schedule, restarts: as in `Hard`.
    """

    more_than: int = 64
    shape: Shape = Shape(
        layers=1, counting_heads=0, categorical_tables=0, numerical_tables=0, embeddings=4, cardinality=32
    )
    schedule: Schedule = Schedule(steps=600, programs=16, drop=0.4, noise_end=0.3, temperature_end=0.5, rate=0.1)
    restarts: int = 4

    def __post_init__(self) -> None:
        at_least("words.restarts", self.restarts, 1)
        at_least("words.shape.embeddings", self.shape.embeddings, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Local search on a finished program: refit the scores, weigh every single change, try the best exactly.

    Args:
        rounds: most rounds.
        patience: rounds without a better validation accuracy after which it ends.
        sequences: training sequences on which changes are weighed and tried; drawn anew every round.
        candidates: changes tried a round.
        refit_steps, refit_batch, refit_rate, refit_shrink: Adam steps on the scores a round, sequences a step,
            learning rate, weight decay.
    """

    rounds: int = 12
    patience: int = 6
    sequences: int = 1500
    candidates: int = 100
    refit_steps: int = 150
    refit_batch: int = 256
    refit_rate: float = 0.02
    refit_shrink: float = 0.0

    def __post_init__(self) -> None:
        at_least("search.rounds", self.rounds, 0)
        for name in ("patience", "sequences", "candidates", "refit_steps", "refit_batch"):
            at_least(f"search.{name}", getattr(self, name), 1)
