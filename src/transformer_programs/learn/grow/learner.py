"""The learner: grow on the training part, prune, fit whole-number scores, build the program."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import numpy as np

from transformer_programs.config import at_least
from transformer_programs.errors import DataError
from transformer_programs.learn.base import QUIET, Progress, Session
from transformer_programs.learn.build import Builder
from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.graph import Cells, Count, Graph, Head, Input, Near, Ordered, Variable
from transformer_programs.learn.grow.growth import Effort, Growth
from transformer_programs.learn.grow.model import Examples, Feature, fit_model
from transformer_programs.learn.scores import Scores, compress, fit, predict, separate, whole
from transformer_programs.program import POSITIONS, TOKENS, Program, Read, Ref
from transformer_programs.tasks import Dataset, Encoded, Kind, encode

__all__ = ["Grow"]

Labels: TypeAlias = Callable[[Variable], Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grow:
    """Constructive learning (docs/learning.md): adds the feature with the largest worth until nothing pays.

    Args:
        effort: how hard to look at every step.
        modules: most additions.
        minutes: no addition begins later.
        prune: whether features that turn out needless are taken out at the end.
    """

    effort: Effort = field(default_factory=Effort)
    modules: int = 40
    minutes: float = 9.0
    prune: bool = True

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        """A discrete program for the data: same data, seed and machine, same program."""
        at_least("modules", self.modules, 1)
        at_least("minutes", self.minutes, 0)
        at_least("--seed", seed, 0)
        if not data.train:
            raise DataError(place=data.name, got="no training examples", expected="at least one")
        markers = frozenset(data.vocabulary.index(t) for t in (*data.frame.before, *data.frame.after))
        graph = Graph(len(data.vocabulary), data.max_length, markers, extensions=True)
        train, validation = (_examples(graph, data, encode(data, part)) for part in (data.train, data.validation))
        growth = Growth(graph, train, self.effort, seed)
        start = time.monotonic()
        for step in range(self.modules):
            model = growth.fit() if growth.model is None else growth.model
            session.report(
                Progress(
                    learner="grow",
                    step=step,
                    steps=0,
                    loss=model.loss / len(train.labels),
                    accuracy=_accuracy(validation, growth.features, model.scores),
                    note=f"{len(growth.features)} features",
                )
            )
            if model.exact or time.monotonic() - start > 60 * self.minutes:
                break
            if growth.step() is None:
                break
        model = growth.model or growth.fit()
        features = tuple(model.features)
        if self.prune:
            features = _pruned(train, features, model.exact, seed)
        scores = _final(train, features, seed)
        scores = _continued(scores, train, features, partial(_own_labels, graph, data))
        return _built(graph, data, features, scores, (("features", str(len(features))),))


def _examples(graph: Graph, data: Dataset, part: Encoded) -> Examples:
    pooled = data.kind is Kind.CLASSIFICATION
    return Examples.of(Bank.of(graph, part, data.causal), part.labels, pooled, len(data.labels))


def _accuracy(examples: Examples, features: Sequence[Feature], scores: Scores) -> float:
    if not len(examples.labels):
        return float("nan")
    ordered = [f for f in features if not f.linear] + [f for f in features if f.linear]
    design = compress(examples.features(ordered), examples.classes)
    return float((predict(design, scores)[design.item] == examples.labels).mean())


def _pruned(examples: Examples, features: tuple[Feature, ...], exact: bool, seed: int) -> tuple[Feature, ...]:
    """Without features that the others make needless: exactness is kept where there was any, else accuracy."""
    best = fit_model(examples, features, seed=seed)
    for feature in reversed(features):
        rest = tuple(f for f in features if f != feature)
        if not rest:
            break
        model = fit_model(examples, rest, start=best, seed=seed)
        if model.exact if exact else model.right.sum() >= best.right.sum():
            features, best = rest, model
    return features


def _final(examples: Examples, features: tuple[Feature, ...], seed: int) -> Scores:
    design = compress(examples.features(features), examples.classes)
    graph = examples.bank.graph
    smooth = [i for i, f in enumerate(f for f in features if not f.linear) if graph.ordered[f.variable]]
    scores = separate(design, smooth=smooth, seed=seed)
    if scores is None:
        scores, _ = fit(design, smooth=smooth)
    return whole(scores, design)


def _continued(scores: Scores, examples: Examples, features: tuple[Feature, ...], labels: Labels) -> Scores:
    """Scores of values that no example has, where those of all others name the value itself.

    A count of 7 that was never seen is scored as the label "7" if a count of 1 is "1", of 2 is "2" and so on: the
    rule "the label is the value" is shorter than its exceptions.
    """
    tables = []
    for feature, table in zip((f for f in features if not f.linear), scores.tables):
        seen = np.bincount(examples.codes(feature.variable), minlength=len(table)) > 0
        own = labels(feature.variable)
        shown = table + scores.bias if len(features) == 1 else table
        named = [v for v in np.flatnonzero(seen) if len(set(shown[v].tolist())) > 1]
        if len(named) > 1 and all(int(shown[v].argmax()) == own[v] for v in named):
            table = table.copy()
            for v in np.flatnonzero(~seen):
                if own[v] >= 0:
                    table[v] = 0
                    table[v, own[v]] = int(np.ptp(shown[named])) + 1
        tables.append(table)
    return Scores(scores.bias, tuple(tables), scores.numbers)


def _own_labels(graph: Graph, data: Dataset, variable: Variable) -> list[int]:
    """For every code of a variable the label that is written as its value is, -1 where there is none."""
    while isinstance(node := graph.nodes[variable], (Head, Near)):
        variable = node.value
    texts = data.vocabulary if variable == 0 else tuple(map(str, range(graph.sizes[variable])))
    index = {label: i for i, label in enumerate(data.labels)}
    return [index.get(text, -1) for text in texts]


def _built(
    graph: Graph, data: Dataset, features: tuple[Feature, ...], scores: Scores, about: tuple[tuple[str, str], ...]
) -> Program:
    builder = Builder(data)
    names: dict[Variable, Ref] = {}
    numbers: dict[Variable, Ref] = {}
    smallest = min((0, 1), key=lambda v: graph.sizes[v])

    def read(variable: Variable) -> Read:
        return Read(names[variable])

    def number(variable: Variable) -> Ref:
        """The variable as a whole number, to be compared."""
        if variable not in numbers:
            name = names[variable]
            if builder.is_text(name):
                name = builder.table([Read(name)], np.arange(graph.sizes[variable]))
            numbers[variable] = name
        return numbers[variable]

    for variable in graph.closure([*(f.variable for f in features), smallest]):
        match graph.nodes[variable]:
            case Input(name):
                names[variable] = {"tokens": TOKENS, "positions": POSITIONS}[name]
            case Head(query, key, rows, value):
                names[variable] = builder.closest(read(query), read(key), names[value], rows)
            case Count(query, key, rows):
                names[variable] = builder.count(read(query), read(key), rows)
            case Near(offset, value):
                names[variable] = builder.near(offset, names[value])
            case Ordered(key, operator, query, same):
                names[variable] = builder.ordered(
                    number(key), operator, number(query), None if same is None else names[same]
                )
            case Cells(reads, cells):
                shape = tuple(graph.sizes[v] for v in reads)
                names[variable] = builder.table([read(v) for v in reads], np.array(cells).reshape(shape))
    tables = [f for f in features if not f.linear]
    linear = [f for f in features if f.linear]
    parts = [builder.table_score(read(f.variable), t.tolist()) for f, t in zip(tables, scores.tables) if t.any()]
    sums = [builder.linear_score(number(f.variable), w.tolist()) for f, w in zip(linear, scores.numbers) if w.any()]
    return builder.classify(scores.bias.tolist(), [*parts, *sums], about)
