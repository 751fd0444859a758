"""Classes of words, from what each word speaks for and from where it stands among word vectors.

A word's Newton direction is the step that its scores would make, were it read: G / (H + damping), with G and H the
summed forces (`sample`) of the places that have the word there (at the token itself, before it, after it). A rare
word's direction says little, so it begins at what words with like vectors speak for:

    predicted(w) = vector(w) M,  M by ridge regression of the directions on the vectors, weighed by H
    direction(w) = (G(w) + damping * predicted(w)) / (H(w) + damping)

Words are put into classes by weighted k-means of directions beside vectors: frequent ones go by their directions, rare
ones and those without examples by their vectors. Without vectors nothing is predicted, and directions stand alone.

What classes are worth is not told by their price, since a table of thousands of words is never short: the validation
part tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from transformer_programs.learn.grow import kernels, pool
from transformer_programs.learn.grow.graph import TOKENS, Cells, Graph, Variable, Written
from transformer_programs.learn.grow.model import Examples, Feature, Model, fit_model
from transformer_programs.learn.scores import compress, probabilities
from transformer_programs.learn.text.classes import MOST_AXES, principal
from transformer_programs.tasks import joined_vectors

__all__ = ["LEAST", "Classes", "begun", "clusters", "directions", "loss_on", "vectors_of"]

SIZES = (16, 64)
"""How many classes."""

SHARES = (0.3, 1.0)
"""Lengths of the vectors beside directions whose mean square is 1."""

PENALTIES = (0.1, 0.3, 1.0, 3.0)
"""L2 weights tried after every addition."""

RIDGE = 30.0
"""L2 weight of the regression on vectors, in units of H."""

LEAST = 0.005
"""Part of the cross-entropy on validation that a class must take away."""

TRIED = 10
"""Candidates of most gain that are fitted at every addition, of either kind."""

STEPS = 60
"""Steps of a fit that says what a candidate is worth."""

Force = Float[np.ndarray, "row force"]


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Proposes variables of words.

    Args:
        graph: where they go.
        train: where directions are taken.
        vectors: one row a word, zeros for words without one; None: there are none.
        damping: lambda of the directions.
        seed: of the clustering.
        written: the same of `Graph.written` and of all other words, and how many of them have directions of their own.
    """

    graph: Graph
    train: Examples
    vectors: Float[np.ndarray, "word dimension"] | None
    damping: float
    seed: int
    written: tuple[Float[np.ndarray, "word dimension"], int] | None = None

    def proposed(self, model: Model) -> list[Feature]:
        """Classes of the token and of its neighbours, and the neighbours themselves.

        A token's directions begin at the labels' shares, since its classes may take its place; those of neighbours at
        what the model leaves to explain.
        """
        found: list[Variable] = []
        shares = np.bincount(self.train.labels, minlength=self.train.classes) / max(len(self.train.labels), 1)
        begin = self.force(np.broadcast_to(shares, model.chance.shape))
        now = self.force(model.chance)
        for word, vectors, trusted in self._sources():
            places = self._around(word)
            for side, place in places.items():
                found += [place] if side and word == TOKENS else []
                for cells in self._clustered(place, now if side else begin, vectors, trusted):
                    node = Cells((TOKENS,), cells) if word == TOKENS else Written(cells)
                    classes = self._around(self.graph.add(node))
                    found += [classes[side]] if side else classes.values()
        return [Feature(variable) for variable in dict.fromkeys(found)]

    def _sources(self) -> Iterator[tuple[Variable, Float[np.ndarray, "word dimension"] | None, int]]:
        yield TOKENS, self.vectors, self.graph.sizes[TOKENS]
        if self.written is not None:
            yield self.graph.add(Written(tuple(range(len(self.graph.written) + 1)))), *self.written

    def _around(self, variable: Variable) -> dict[int, Variable]:
        graph, causal = self.graph, self.train.bank.causal
        beside = pool.near(graph, causal, variable, 1) if graph.extensions else pool.neighbours(graph, causal, variable)
        return dict(zip((0, -1, 1), (variable, *beside)))

    def force(self, chance: Float[np.ndarray, "answer label"]) -> Force:
        """Gradient and curvature of every row, side by side, where the labels have these probabilities."""
        train = self.train
        gradient = -chance
        gradient[np.arange(len(chance)), train.labels] += 1.0
        force = np.concatenate([gradient, chance * (1.0 - chance)], axis=1)
        return np.ascontiguousarray(force[train.answer])

    def _clustered(
        self, place: Variable, force: Force, vectors: Float[np.ndarray, "word dimension"] | None, trusted: int
    ) -> Iterator[tuple[int, ...]]:
        """Tables of the words, coarse and fine, nearer to their directions and nearer to their vectors."""
        sums = kernels.cells(self.train.codes(place), self.graph.sizes[place], force)
        direction, weight = directions(sums, vectors, self.damping, trusted)
        direction /= np.sqrt(max(np.average((direction**2).sum(axis=1), weights=weight + 1e-9), 1e-12))
        for share in SHARES if vectors is not None else (0.0,):
            beside = direction if vectors is None else np.concatenate([direction, share * vectors], axis=1)
            for size in SIZES:
                if size < len(direction):
                    yield clusters(beside, weight, size, self.seed)


def directions(
    sums: Float[np.ndarray, "word force"],
    vectors: Float[np.ndarray, "word dimension"] | None,
    damping: float,
    trusted: int | None = None,
) -> tuple[Float[np.ndarray, "word label"], Float[np.ndarray, " word"]]:
    """The direction of every word, and its weight; words from `trusted` on have predicted ones only.

    >>> sums = np.array([[8.0, -8.0, 4.0, 4.0], [0.0, 0.0, 0.0, 0.0]])
    >>> directions(sums, None, 4.0)[0].tolist()
    [[1.0, -1.0], [0.0, 0.0]]
    >>> directions(sums, np.array([[1.0], [1.0]]), 4.0)[0].round(2).tolist()
    [[1.11, -1.11], [0.21, -0.21]]
    """
    labels = sums.shape[1] // 2
    gradient, curvature = sums[:, :labels], sums[:, labels:]
    weight = curvature.sum(axis=1)
    predicted = np.zeros_like(gradient)
    if vectors is not None:
        plain = gradient / (curvature + damping)
        weighed = vectors * weight[:, None]
        square = vectors.T @ weighed + RIDGE * np.eye(vectors.shape[1])
        predicted = vectors @ np.linalg.solve(square, weighed.T @ plain)
    found = (gradient + damping * predicted) / (curvature + damping)
    if trusted is not None:
        found[trusted:] = predicted[trusted:]
    return found, weight


def clusters(
    points: Float[np.ndarray, "word axis"], weight: Float[np.ndarray, " word"], size: int, seed: int
) -> tuple[int, ...]:
    """The class of every word by weighted k-means, numbered in the order of the words."""
    from sklearn.cluster import KMeans

    size = min(size, len(np.unique(points, axis=0)))
    means = KMeans(size, random_state=seed, n_init=1, max_iter=30)
    group = means.fit_predict(points, sample_weight=weight + 0.1 * weight.mean() + 1e-9)
    order = {code: i for i, code in enumerate(dict.fromkeys(group.tolist()))}
    return tuple(order[code] for code in group.tolist())


def vectors_of(files: str, words: Sequence[str]) -> Float[np.ndarray, "word axis"] | None:
    """Principal components of the words' vectors, of mean square length 1; None: no files."""
    if not files:
        return None
    matrix = joined_vectors(files, words).astype(np.float64)
    found = np.abs(matrix).sum(axis=1) > 0
    points = np.zeros((len(words), min(MOST_AXES, matrix.shape[1])))
    if found.any():
        points[found] = principal(matrix[found])[:, :MOST_AXES]
        points /= np.sqrt(max(float((points[found] ** 2).sum(axis=1).mean()), 1e-12))
    return points


def loss_on(model: Model, examples: Examples) -> float:
    """Cross-entropy of a model on other examples, nats an answer; NaN where there are none."""
    if not len(examples.labels):
        return float("nan")
    design = compress(examples.features(model.features), examples.classes)
    chance = probabilities(design, model.scores)[design.item]
    own = chance[np.arange(len(examples.labels)), examples.labels]
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def begun(
    classes: Classes, validation: Examples, most: int, report: Callable[[Model, str], None]
) -> tuple[Model, float]:
    """The variables of words that a program begins with, and the L2 weight of its scores; validation chooses both.

    Once from the tokens on, and for tags once from nothing: then the first classes take their place. (In a sum over a
    sequence every word has its say, and needs scores of its own.)
    """
    starts = ((Feature(TOKENS),),) if classes.train.pooled else ((Feature(TOKENS),), ())
    found = [_added(classes, start, validation, most, report) for start in starts]
    return min(found, key=lambda pair: loss_on(pair[0], validation))


def _added(
    classes: Classes,
    start: tuple[Feature, ...],
    validation: Examples,
    most: int,
    report: Callable[[Model, str], None],
) -> tuple[Model, float]:
    """Adds variables of words one after another, each the best on validation, as long as one is good enough."""
    train = classes.train
    model, penalty = _regular(train, validation, start)
    report(model, "begun with the tokens" if start else "begun with nothing")
    proposals = [Feature(TOKENS), *classes.proposed(model)]
    for _ in range(most):
        best = loss_on(model, validation)
        tried = _promising([f for f in proposals if f not in model.features], classes, model)
        fits = [
            fit_model(train, (*model.features, feature), start=model, penalty=penalty, steps=STEPS) for feature in tried
        ]
        losses = [loss_on(fit, validation) for fit in fits]
        if not losses or min(losses) > (1.0 - LEAST) * best:
            break
        model, penalty = _regular(train, validation, fits[int(np.argmin(losses))].features)
        report(model, "added a class of words")
    return model, penalty


def _regular(train: Examples, validation: Examples, features: Sequence[Feature]) -> tuple[Model, float]:
    """The fit with the L2 weight that validation likes best."""
    fits = [(fit_model(train, features, penalty=penalty, steps=STEPS), penalty) for penalty in PENALTIES]
    return min(fits, key=lambda pair: loss_on(pair[0], validation))


def _promising(features: Sequence[Feature], classes: Classes, model: Model) -> list[Feature]:
    """Those of most second-order gain: of words of the vocabulary, and of words as they are written."""
    force = classes.force(model.chance)

    def gain(feature: Feature) -> float:
        size = classes.graph.sizes[feature.variable]
        sums = kernels.cells(classes.train.codes(feature.variable), size, force)
        return float(kernels.gains(sums, classes.damping).sum())

    def written(feature: Feature) -> bool:
        nodes = (classes.graph.nodes[v] for v in classes.graph.closure([feature.variable]))
        return any(isinstance(node, Written) for node in nodes)

    ranked = sorted(features, key=lambda feature: -gain(feature))
    plain, spelled = ([f for f in ranked if written(f) == kind][:TRIED] for kind in (False, True))
    return [*plain, *spelled]
