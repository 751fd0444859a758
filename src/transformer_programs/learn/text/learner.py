"""The learner `text`, step by step: variables, fit, whole numbers, program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from transformer_programs.learn.base import Progress, Session
from transformer_programs.learn.text.config import Text
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.design import Design, design_of, vector_files
from transformer_programs.learn.text.entities import constraints, decode, entity_f1, is_iob2
from transformer_programs.learn.text.fit import (
    Leaning,
    Prior,
    Rows,
    Weights,
    fit,
    loss_of,
    naive_bayes,
    scores_of,
    sharpest_loss,
    whole,
)
from transformer_programs.learn.text.surface import features_of
from transformer_programs.learn.text.unseen import unseen_words
from transformer_programs.learn.text.variables import Variable, steps_of
from transformer_programs.program import Classify, Decode, Output, Program, Read, TableScore, check
from transformer_programs.tasks import Dataset, Kind

__all__ = ["CHOSEN", "bayes_of", "learn", "prior_of"]

CHOSEN = "on validation before the last fit"
"""Of a program that was fitted to validation, too: what it reached there before."""

PENALTIES = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
"""L2 weights tried for tags, from the strongest on, until validation is worse."""

PATIENCE = 2
"""L2 weights without a better validation after which no smaller ones are tried."""

POOLED = (60.0, 30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
"""The same for classification, whose scores are summed over a whole sequence."""

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
"""How much of naive Bayes over words and their pairs is added to the scores of a classification."""

SCALES = (20, 30, 50, 100, 200, 400)
"""Largest integer score: the first that loses less than LOSS on validation against the finest."""

LOSS = 0.001
"""What validation may lose for shorter scores: a tenth of a point."""

LOSS_IN_NATS = 0.01
"""Share of the cross-entropy on validation that may be added for fewer scores."""

LOSS_BESIDE_ACCURACY = 0.5
"""A nat of cross-entropy, in shares of right answers, where validation chooses for classification."""

LEAST_TO_JUDGE = 200
"""Answers of the validation part below which scores are not shortened."""

SHARES_KEPT = (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5)
"""Shares of the rows of scores, the weightiest ones, that are tried on their own: the others become 0."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    value: float
    weights: Weights
    maps: list[Weights]
    penalty: float
    share: float


def learn(config: Text, data: Dataset, seed: int, session: Session) -> Program:
    """The program; see `Text`."""
    iob2 = data.kind is Kind.TAGGING and is_iob2(data.labels)
    # Markers are outside, so that no entity begins there.
    outside = data.labels.index("O") if iob2 and "O" in data.labels else -1
    train, judge = (Corpus.of(data, part, outside) for part in (data.train, data.validation or data.train))
    design = design_of(config, data, train, seed)
    rows, held = (_rows(design, corpus) for corpus in (train, judge))
    value = _measure(data, judge, held, config.decode)
    best = _best(config, data, design, rows, held, value, session)
    if "unseen" in features_of(config):
        design, best = _with_unseen(config, data, design, best, seed)
        rows, held = (_rows(design, corpus) for corpus in (train, judge))
    own = _measure(data, train, rows, config.decode)

    def good(weights: Weights, scale: int) -> bool:
        """Whether validation, if it is large enough to tell, loses next to nothing, and training not much."""
        if len(held.labels) < LEAST_TO_JUDGE:
            return False
        short = whole(weights, scale)
        return value(scores_of(held, short)) >= aim - LOSS and own(scores_of(rows, short)) >= own_aim - 10 * LOSS

    def few(share: float) -> bool:
        """Whether this share of the rows of scores is good enough."""
        kept = _weightiest(best.weights, rows, share)
        return good(kept, SCALES[-1]) and _loss(held, kept, judge.pooled) <= most

    finest = whole(best.weights, SCALES[-1])
    aim, own_aim = value(scores_of(held, finest)), own(scores_of(rows, finest))
    most = (1 + LOSS_IN_NATS) * _loss(held, best.weights, judge.pooled)
    kept = next((share for share in SHARES_KEPT if few(share)), 1.0)
    weights = _weightiest(best.weights, rows, kept)
    scale = next((scale for scale in SCALES[:-1] if good(weights, scale)), SCALES[-1])
    chosen = value(scores_of(held, whole(weights, scale)))
    refit = config.refit and bool(data.validation)
    if refit:
        design, rows, best = _again(config, data, best, seed, outside)
        weights = _weightiest(best.weights, rows, kept)
    about = [
        (
            "learner",
            f"text: {len(design.variables)} variables with scores, L2 weight {best.penalty:g}, scores up to {scale}",
        ),
        *([("beyond", _beyond(config))] if config.features or config.decode else []),
        *([("added", f"naive Bayes of words and their pairs, share {best.share:g}")] if best.share else []),
        *([(CHOSEN, f"{chosen:.4f}")] if refit else []),
        *([("vectors", ", ".join(Path(name).name for name in config.vectors.split(",")))] if config.vectors else []),
    ]
    return _program(data, design.variables, whole(weights, scale), tuple(about), config.decode)


def _beyond(config: Text) -> str:
    """What the program has that the paper's class has not."""
    features = [name.partition("=")[0].strip() for name in features_of(config)]
    return ", ".join([*features, *(["legal sequences only"] if config.decode else [])])


def _with_unseen(config: Text, data: Dataset, design: Design, best: _Fitted, seed: int) -> tuple[Design, _Fitted]:
    """With one more variable: words that training has not, by what the fit makes of their vectors."""
    maps = [config.draw * function for function in best.maps[: len(design.means)]]
    files = vector_files(config)
    variable, rows = unseen_words(files, maps, design.means, data.vocabulary, data.reading, config.words, seed)
    design = replace(design, variables=(*design.variables, variable), free=(*design.free, np.ones(len(rows))))
    return design, replace(best, weights=np.concatenate([best.weights, rows]))


def _rows(design: Design, corpus: Corpus) -> Rows:
    codes = [variable.codes(corpus) for variable in design.variables]
    return Rows.of(codes, design.sizes, corpus.labels, corpus.groups if corpus.pooled else None)


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
    design: Design,
    rows: Rows,
    held: Rows,
    value: Callable[[np.ndarray], float],
    session: Session,
) -> _Fitted:
    """The scores that validation likes best: by F1 for tags; for classes by accuracy less a share of the
    cross-entropy, since accuracy alone hardly tells neighbours apart.

    In classification naive Bayes is added after the fit, not before: it has seen the same examples, so that a fit
    beside it would find nothing left to learn."""
    pooled = data.kind is Kind.CLASSIFICATION
    labels = len(data.labels)
    prior = prior_of(design)
    bayes = bayes_of(design, rows, labels)
    found: list[_Fitted] = []
    unknown: Weights | None = None
    values: list[float] = []
    for penalty in POOLED if pooled else PENALTIES:
        fitted, unknown = fit(rows, prior, labels, penalty=penalty, start=unknown, steps=config.steps)
        here = []
        for share in SHARES if pooled else SHARES[:1]:
            weights = fitted + share * bayes
            accuracy, loss = value(scores_of(held, whole(weights, SCALES[-1]))), _loss(held, weights, pooled)
            worth = accuracy - LOSS_BESIDE_ACCURACY * loss if pooled else accuracy
            here.append((_Fitted(worth, weights, prior.maps(unknown), penalty, share), loss, accuracy))
        best, loss, accuracy = max(here, key=lambda mixed: mixed[0].value)
        found.append(best)
        values.append(best.value)
        note = f"L2 weight {penalty:g}" + (f", naive Bayes {best.share:g}" if best.share else "")
        session.report(Progress(learner="text", step=len(found), steps=0, loss=loss,
                                accuracy=accuracy, note=note))  # fmt: skip
        if len(values) > PATIENCE and max(values[-PATIENCE:]) < max(values):
            break
    return max(found, key=lambda fitted: fitted.value)


def _loss(rows: Rows, weights: Weights, pooled: bool) -> float:
    """The cross-entropy; where naive Bayes may be part of the scores, as if their scale were chosen for it."""
    return sharpest_loss(scores_of(rows, weights), rows.labels) if pooled else loss_of(rows, weights)


def _again(config: Text, data: Dataset, best: _Fitted, seed: int, outside: int) -> tuple[Design, Rows, _Fitted]:
    """The fit once more, as validation chose it, on training and validation together."""
    data = replace(data, train=(*data.train, *data.validation))
    corpus = Corpus.of(data, data.train, outside)
    design = design_of(config, data, corpus, seed)
    rows, prior, labels = _rows(design, corpus), prior_of(design), len(data.labels)
    fitted, unknown = fit(rows, prior, labels, penalty=best.penalty, steps=config.steps)
    best = replace(best, weights=fitted + best.share * bayes_of(design, rows, labels), maps=prior.maps(unknown))
    if "unseen" in features_of(config):
        design, best = _with_unseen(config, data, design, best, seed)
        rows = _rows(design, corpus)
    return design, rows, best


def bayes_of(design: Design, rows: Rows, labels: int) -> Weights:
    """Naive Bayes of words and their pairs; zeros for everything else."""
    found = naive_bayes(rows, design.sizes[: design.counted], labels)
    found[np.concatenate([[0.0], *design.free]) == 0] = 0.0
    return found


def prior_of(design: Design) -> Prior:
    """How freely the scores of a design move, and what they lean on."""
    begins = np.cumsum([1, *design.sizes])
    leanings = (Leaning(int(begins[place]), vectors.astype(np.float32)) for place, vectors in design.leaning)
    return Prior(np.concatenate([[1.0], *design.free]), tuple(leanings))


def _weightiest(weights: Weights, rows: Rows, share: float) -> Weights:
    """The weights with a share of their rows, zeros elsewhere; a row weighs what it moves in all of training."""
    level = weights - weights.mean(axis=1, keepdims=True)
    if share >= 1:
        return level
    often = np.bincount(rows.columns, rows.values, rows.width)
    order = np.argsort(-often * np.square(level).sum(axis=1), kind="stable")
    kept = np.zeros_like(level)
    chosen = np.append(order[: int(share * len(order))], 0)
    kept[chosen] = level[chosen]
    return kept


def _program(
    data: Dataset,
    variables: Sequence[Variable],
    weights: np.ndarray,
    about: tuple[tuple[str, str], ...],
    decoded: bool,
) -> Program:
    """Length-free: no variable reads positions, so that sequences of any length run."""
    bounds = np.cumsum([1, *(len(variable.values) for variable in variables)]).tolist()
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
            reading=data.reading,
            frame=data.frame,
            steps=steps_of(variables),
            output=output,
            about=about,
        )
    )
