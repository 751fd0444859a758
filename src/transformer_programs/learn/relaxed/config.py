"""Settings of the relaxed learner: the model's shape, what is relaxed and how, the schedule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError
from transformer_programs.tasks import Dataset, Kind

__all__ = ["Attention", "Dimensions", "Embedding", "Relaxation", "Sampling", "Schedule", "Shape", "Tables", "Tie"]

ONE_HOT_UP_TO = 100
"""Largest vocabulary whose tokens are read one-hot (paper, section 3.2)."""

MOST_CELLS = 1 << 20
"""Most cells a lookup table may have."""

MOST_NUMBERS = 1 << 28
"""Most parameters of one model: with the optimiser's two moments and the gradient 4 GiB."""


class Attention(Enum):
    """What a categorical head chooses its key by."""

    PREDICATES = "predicates"
    """One key value for each query value (paper, section 3.1)."""
    SCORES = "scores"
    """A score for each pair of values; the key that scores highest, of equal ones the closest (paper, appendix)."""


class Embedding(Enum):
    """How tokens become categorical variables."""

    AUTO = "auto"
    """One-hot for vocabularies of at most 100 tokens, factored above."""
    ONE_HOT = "one-hot"
    """The tokens are one variable, one value a token."""
    FACTORED = "factored"
    """m learned variables of cardinality k (paper, section 3.2)."""


class Tie(Enum):
    """What decides between several matches of a categorical head while it is relaxed.

    S is the relaxed score of a pair of positions, d its distance, N the greatest length.
    """

    LOG_BIAS = "log-bias"
    """log(S + 1e-20) + b, b = -(d - 1) / (N - 2), -2 at distance 0 (released code); 1e-2 where straight-through."""
    PRODUCT = "product"
    """S * b, b = 1 at distance 1 falling linearly to 1/N at distance N; 1/N at distance 0 (paper, A.1)."""
    NEAREST = "nearest"
    """S_j * product over closer j' of (1 - S_j'): the closest rule itself, made multilinear; no noise."""


class Sampling(Enum):
    """How a relaxed choice enters the forward pass."""

    SOFT = "soft"
    """As the Gumbel-softmax sample."""
    STRAIGHT_THROUGH = "straight-through"
    """As the sample's argmax, with the soft sample's gradient."""
    HARD = "hard"
    """As the argmax of logits + noise: programs, as the learner `hard` draws them. Backward, what every alternative
    would change, through softmax(logits / temperature), without noise."""


class Tables(Enum):
    """What a lookup table is during training."""

    NETWORKS = "networks"
    """A network of one hidden layer, evaluated on all inputs in the end (paper, section 3.1)."""
    DIRECT = "direct"
    """A choice for every cell; with `Sampling.HARD` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The hypothesis class: which programs can come out.

    Args:
        layers: of attention and tables.
        categorical_heads, numerical_heads: a layer.
        categorical_tables, numerical_tables: a layer.
        table_inputs: variables that a table reads.
        hidden: width of the network that a table is during training.
        embedding: of the tokens.
        embedding_variables: m, where factored.
        cardinality: k, values of a categorical variable, positions k - 1 and later being one value; None: as many
            as the greater of vocabulary (one-hot) and length, and from 32 to 64 where factored.
        sums: whether a numerical head may sum another head's numbers, or only count.
        count_limit: tables read numbers up to here at most (less where they cannot be so large); None: N squared.
        attention: of the categorical heads.
        tables: what both kinds are during training.
    """

    layers: int = 2
    categorical_heads: int = 4
    numerical_heads: int = 4
    categorical_tables: int = 2
    numerical_tables: int = 2
    table_inputs: int = 2
    hidden: int = 64
    embedding: Embedding = Embedding.AUTO
    embedding_variables: int = 4
    cardinality: int | None = None
    sums: bool = True
    count_limit: int | None = 64
    attention: Attention = Attention.PREDICATES
    tables: Tables = Tables.NETWORKS

    def check(self) -> None:
        """Raises ConfigError for a shape that no model can have."""
        at_least("shape.layers", self.layers, 1)
        for name in ("categorical_heads", "numerical_heads", "categorical_tables", "numerical_tables"):
            at_least(f"shape.{name}", getattr(self, name), 0)
        for name in ("table_inputs", "hidden", "embedding_variables"):
            at_least(f"shape.{name}", getattr(self, name), 1)
        if self.count_limit is not None:
            at_least("shape.count_limit", self.count_limit, 1)
        if self.cardinality is not None:
            at_least("shape.cardinality", self.cardinality, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """What is soft, and where noise enters.

    Args:
        sampling: of every choice.
        tie: between the matches of a categorical head (of score-based heads always `Tie.LOG_BIAS`).
        noisy_attention: Gumbel noise on the choice of the key (never with `Tie.NEAREST`).
        noisy_tables: Gumbel noise on a table's output.
        dropout: share of the values of every appended variable, and of the tables' hidden units, set to 0.
    """

    sampling: Sampling = Sampling.SOFT
    tie: Tie = Tie.LOG_BIAS
    noisy_attention: bool = True
    noisy_tables: bool = True
    dropout: float = 0.0

    def check(self) -> None:
        """Raises ConfigError for a dropout that is no share, and for what discrete programs have not."""
        if not 0.0 <= self.dropout < 1.0:
            raise ConfigError(place="relaxation.dropout", got=str(self.dropout), expected="at least 0, less than 1")
        discrete = replace(self, tie=Tie.NEAREST, noisy_attention=False, noisy_tables=False, dropout=0.0)
        if self.sampling is Sampling.HARD and self != discrete:
            raise ConfigError(
                place="relaxation.sampling",
                got="hard beside noise, dropout or another tie",
                expected="relaxation.tie=nearest, noisy_attention=false, noisy_tables=false, dropout=0",
                todo="begin with --preset hard",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The optimisation.

    Args:
        epochs: passes over the training part; None: as many as `steps` take.
        steps: in all, where `epochs` is None.
        batch: sequences a step (all of them where there are fewer).
        rate: Adam's learning rate.
        score_rate: that of the classifier; None: the same.
        decay: both fall along a cosine to this part of themselves; 1: they do not.
        beta2: how slowly Adam forgets the squares of gradients (Kingma and Ba, 2015).
        warm, cold: temperature of the first and of the last step, geometric in between, lowered at every step.
        noise_start, noise_end: what Gumbel noise is multiplied by, likewise.
        anneal: share of the steps over which temperature and noise change.
        still: last share of the steps, without noise.
        samples: Gumbel samples a step; the loss is their mean.
        split: each sample sees its share of the batch, not all of it.
        clip: largest norm of the gradient; None: any.
        evaluations: how often the discrete program is measured on the validation part.
        keep_best: the program is that of the best of these moments, not that of the last step.
    """

    epochs: int | None = None
    steps: int = 2000
    batch: int = 256
    rate: float = 0.05
    score_rate: float | None = None
    decay: float = 1.0
    beta2: float = 0.999
    warm: float = 3.0
    cold: float = 0.01
    noise_start: float = 1.0
    noise_end: float = 1.0
    anneal: float = 1.0
    still: float = 0.0
    samples: int = 1
    split: bool = False
    clip: float | None = None
    evaluations: int = 20
    keep_best: bool = True

    @property
    def shares(self) -> int:
        """Parts that a batch is cut into, one a sample where `split`."""
        return self.samples if self.split else 1

    def check(self) -> None:
        """Raises ConfigError for a schedule that cannot be followed."""
        for name in ("epochs", "steps", "batch", "samples", "evaluations"):
            if getattr(self, name) is not None:
                at_least(f"schedule.{name}", getattr(self, name), 1)
        for name in ("rate", "score_rate", "warm", "cold", "noise_start", "noise_end"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < float("inf"):
                raise ConfigError(place=f"schedule.{name}", got=str(value), expected="a number greater than 0")
        spans = {"decay": (0.0, 1.0), "beta2": (0.0, 0.9999), "still": (0.0, 1.0), "anneal": (1e-6, 1.0)}
        for name, (least, most) in spans.items():
            if not least <= getattr(self, name) <= most:
                raise ConfigError(
                    place=f"schedule.{name}", got=str(getattr(self, name)), expected=f"from {least:g} to {most:g}"
                )
        if self.clip is not None and not self.clip > 0.0:
            raise ConfigError(place="schedule.clip", got=str(self.clip), expected="greater than 0, or none")
        if self.batch % self.shares:
            raise ConfigError(
                place="schedule.batch",
                got=f"{self.batch} sequences for {self.samples} samples",
                expected="a multiple of schedule.samples",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """A shape for a data set: every size that the model's arrays have.

    Categorical variables are numbered in the order they are made: the inputs (tokens, or the embedding's
    variables; then positions), and in every layer the heads, the categorical tables, the numerical tables.
    Numbers likewise: `ones`, and in every layer the numerical heads.
    """

    shape: Shape
    vocabulary: int
    length: int
    labels: int
    values: int
    factors: int
    causal: bool
    pooled: bool

    @staticmethod
    def of(data: Dataset, shape: Shape) -> Dimensions:
        """The sizes for this data set.

        Raises:
            ConfigError: a cardinality that the tokens do not fit in, or a model or table larger than memory allows.
        """
        shape.check()
        vocabulary, length = len(data.vocabulary), data.max_length
        one_hot = shape.embedding is Embedding.ONE_HOT or (
            shape.embedding is Embedding.AUTO and vocabulary <= ONE_HOT_UP_TO
        )
        least = max(vocabulary, 2) if one_hot else 2
        values = shape.cardinality or (max(least, length) if one_hot else min(max(length, 32), 64))
        if values < least:
            raise ConfigError(
                place="shape.cardinality",
                got=str(values),
                expected=f"at least {least}, one for each token",
                todo="raise it, or set shape.embedding=factored",
            )
        found = Dimensions(
            shape=shape,
            vocabulary=vocabulary,
            length=length,
            labels=len(data.labels),
            values=values,
            factors=0 if one_hot else shape.embedding_variables,
            causal=data.causal,
            pooled=data.kind is Kind.CLASSIFICATION,
        )
        found._check_size()
        return found

    def _check_size(self) -> None:
        shape = self.shape
        for flag, width in (
            ("shape.categorical_tables", self.values if shape.categorical_tables else 0),
            ("shape.numerical_tables", self.graded if shape.numerical_tables else 0),
        ):
            if width**shape.table_inputs > MOST_CELLS:
                raise ConfigError(
                    place=flag,
                    got=f"tables of {width} ** {shape.table_inputs} cells",
                    expected=f"at most {MOST_CELLS:,}",
                    todo="lower shape.cardinality, shape.count_limit or shape.table_inputs",
                )
        heads = shape.layers * self.heads * self.values**2
        size = self.vocabulary * self.factors * self.values + heads + self.categorical * self.values * self.labels
        if size > MOST_NUMBERS:
            raise ConfigError(
                place="shape",
                got=f"a model of {size:,} numbers",
                expected=f"at most {MOST_NUMBERS:,}",
                todo="use a factored embedding, fewer heads, a smaller shape.cardinality or vocabulary",
            )

    @property
    def inputs(self) -> int:
        """Categorical variables that there are from the start."""
        return (self.factors or 1) + 1

    @property
    def heads(self) -> int:
        """Heads of both kinds in a layer, the categorical ones first."""
        return self.shape.categorical_heads + self.shape.numerical_heads

    @property
    def made(self) -> int:
        """Categorical variables that a layer adds."""
        shape = self.shape
        return shape.categorical_heads + shape.categorical_tables + shape.numerical_tables

    @property
    def categorical(self) -> int:
        """Categorical variables in all."""
        return self.inputs + self.shape.layers * self.made

    @property
    def numbers(self) -> int:
        """Numbers in all, `ones` included."""
        return 1 + self.shape.layers * self.shape.numerical_heads

    def seen(self, layer: int, *, by_tables: bool) -> int:
        """How many categorical variables the heads, or the tables, of a layer can read."""
        return self.inputs + layer * self.made + by_tables * self.shape.categorical_heads

    def counted(self, layer: int, *, by_tables: bool) -> int:
        """How many numbers the heads, or the tables, of a layer can read."""
        if not by_tables and not self.shape.sums:
            return 1
        return 1 + (layer + by_tables) * self.shape.numerical_heads

    @property
    def graded(self) -> int:
        """Whole numbers that a number is read as, 0 included."""
        return max(self.limits) + 1

    @property
    def limits(self) -> tuple[int, ...]:
        """For every number what a table reads it up to: N for counts, N * N above, never more than `count_limit`."""
        shape, n = self.shape, self.length
        most = n * n if shape.count_limit is None else shape.count_limit
        found = [1]
        for layer in range(shape.layers):
            bound = n if layer == 0 or not shape.sums else n * n
            found += [min(bound, most)] * shape.numerical_heads
        return tuple(found)
