"""The learner `text`, step by step: variables, fit, whole numbers, program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from transformer_programs.errors import ConfigError
from transformer_programs.learn.base import Progress, Session
from transformer_programs.learn.text.config import Text
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.design import variables_of
from transformer_programs.learn.text.entities import constraints, decode, entity_f1, is_iob2
from transformer_programs.learn.text.fit import Rows, Weights, fit, naive_bayes, scores_of, whole
from transformer_programs.learn.text.variables import Variable, steps_of
from transformer_programs.program import Classify, Decode, Output, Program, Read, TableScore, check
from transformer_programs.tasks import Dataset, Kind

__all__ = ["learn"]

PENALTIES = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
"""L2 weights tried, from the strongest on, until validation is worse."""

SHARES = (0.0, 0.3)
"""How much of naive Bayes the scores of a classification are drawn to."""

SCALES = (20, 30, 50, 100, 200, 400)
"""Largest integer score: the first that loses less than LOSS on validation against the finest."""

LOSS = 0.001
"""What validation may lose for shorter scores: a tenth of a point."""

LEAST_TO_JUDGE = 200
"""Answers of the validation part below which scores are not shortened."""

SHARES_KEPT = (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5)
"""Shares of the rows of scores, the weightiest ones, that are tried on their own: the others become 0."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    value: float
    weights: Weights
    penalty: float
    share: float


def learn(config: Text, data: Dataset, seed: int, session: Session) -> Program:
    """The program; see `Text`."""
    iob2 = data.kind is Kind.TAGGING and is_iob2(data.labels)
    if config.decode and not iob2:
        expected = "IOB2 tags: O, B-X and I-X"
        raise ConfigError(place="decode", got=f"labels such as {data.labels[0]}", expected=expected)
    # Markers are outside, so that no entity begins there.
    outside = data.labels.index("O") if iob2 and "O" in data.labels else -1
    train, judge = (Corpus.of(data, part, outside) for part in (data.train, data.validation or data.train))
    variables = variables_of(config, data, train, seed)
    sizes = [len(variable.values) for variable in variables]
    rows, held = (_rows(variables, sizes, corpus) for corpus in (train, judge))
    value = _measure(data, judge, held, config.decode)
    best = _best(config, data, rows, sizes, held, value, session)
    own = _measure(data, train, rows, config.decode)

    def good(weights: Weights, scale: int) -> bool:
        """Whether validation, if it is large enough to tell, loses next to nothing, and training not much."""
        if len(held.labels) < LEAST_TO_JUDGE:
            return False
        short = whole(weights, scale)
        return value(scores_of(held, short)) >= aim - LOSS and own(scores_of(rows, short)) >= own_aim - 10 * LOSS

    finest = whole(best.weights, SCALES[-1])
    aim, own_aim = value(scores_of(held, finest)), own(scores_of(rows, finest))
    weights = _weightiest(best.weights, rows, lambda kept: good(kept, SCALES[-1]))
    scale = next((scale for scale in SCALES[:-1] if good(weights, scale)), SCALES[-1])
    about = [
        ("learner", f"text: {len(variables)} variables, L2 weight {best.penalty:g}, scores up to {scale}"),
        *([("beyond", _beyond(config))] if config.features or config.decode else []),
        *([("prior", f"naive Bayes, share {best.share:g}")] if best.share else []),
        *([("vectors", ", ".join(Path(name).name for name in config.vectors.split(",")))] if config.vectors else []),
    ]
    return _program(data, variables, sizes, whole(weights, scale), tuple(about), config.decode)


def _beyond(config: Text) -> str:
    """What the program has that the paper's class has not."""
    features = [name.partition("=")[0].strip() for name in config.features.split(",") if name.strip()]
    return ", ".join([*features, *(["legal sequences only"] if config.decode else [])])


def _rows(variables: Sequence[Variable], sizes: Sequence[int], corpus: Corpus) -> Rows:
    codes = [variable.codes(corpus) for variable in variables]
    return Rows.of(codes, sizes, corpus.labels, corpus.groups if corpus.pooled else None)


def _measure(data: Dataset, corpus: Corpus, rows: Rows, decoded: bool) -> Callable[[np.ndarray], float]:
    """What validation maximises: F1 of entities for IOB2 tags, else the share of right answers."""
    if data.kind is Kind.TAGGING and is_iob2(data.labels):
        numbers = corpus.groups[rows.asked]
        first = np.diff(numbers, prepend=-1) > 0

        def f1(scores: np.ndarray) -> float:
            guess = decode(data.labels, scores, first) if decoded else scores.argmax(axis=1)
            return entity_f1(data.labels, rows.labels, guess, first)

        return f1
    return lambda scores: float(np.mean(scores.argmax(axis=1) == rows.labels))


def _best(
    config: Text,
    data: Dataset,
    rows: Rows,
    sizes: Sequence[int],
    held: Rows,
    value: Callable[[np.ndarray], float],
    session: Session,
) -> _Fitted:
    classes = len(data.labels)
    pooled = data.kind is Kind.CLASSIFICATION
    prior = naive_bayes(rows, sizes, classes) if pooled else None
    found: list[_Fitted] = []
    for share in SHARES if pooled else SHARES[:1]:
        centre = None if prior is None else share * prior
        weights: Weights | None = None
        values: list[float] = []
        for penalty in PENALTIES:
            weights = fit(rows, classes, penalty=penalty, centre=centre, start=weights, steps=config.steps)
            values.append(value(scores_of(held, whole(weights, SCALES[-1]))))
            found.append(_Fitted(values[-1], weights, penalty, share))
            note = f"L2 weight {penalty:g}" + (f", naive Bayes {share:g}" if share else "")
            session.report(Progress(learner="text", step=len(found), steps=0, loss=float("nan"),
                                    accuracy=values[-1], note=note))  # fmt: skip
            if values[-1] < max(values):
                break
    return max(found, key=lambda fitted: fitted.value)


def _weightiest(weights: Weights, rows: Rows, good: Callable[[Weights], bool]) -> Weights:
    """The weights with the fewest rows that are good enough; a row weighs what it moves in all of training."""
    level = weights - weights.mean(axis=1, keepdims=True)
    often = np.bincount(rows.columns, rows.values, rows.width)
    order = np.argsort(-often * np.square(level).sum(axis=1), kind="stable")
    for share in SHARES_KEPT:
        kept = np.zeros_like(level)
        chosen = np.append(order[: int(share * len(order))], 0)
        kept[chosen] = level[chosen]
        if good(kept):
            return kept
    return level


def _program(
    data: Dataset,
    variables: Sequence[Variable],
    sizes: Sequence[int],
    weights: np.ndarray,
    about: tuple[tuple[str, str], ...],
    decoded: bool,
) -> Program:
    """Length-free: no variable reads positions, so that sequences of any length run."""
    bounds = np.cumsum([1, *sizes]).tolist()
    scores = tuple(
        TableScore(Read(variable.name), tuple(map(tuple, weights[begin:end].tolist())))
        for variable, (begin, end) in zip(variables, pairwise(bounds))
    )
    bias = tuple(weights[0].tolist())
    output: Output = Classify(data.labels, bias, scores, data.kind is Kind.CLASSIFICATION)
    if decoded:
        output = Decode(data.labels, bias, scores, *constraints(data.labels))
    return check(
        Program(
            name=data.name,
            vocabulary=data.vocabulary,
            max_length=None,
            causal=False,
            frame=data.frame,
            steps=steps_of(variables),
            output=output,
            about=about,
        )
    )
