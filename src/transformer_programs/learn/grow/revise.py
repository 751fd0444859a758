"""Parts of a growing program looked at again, given those that came after them: rows, tables, whether they are needed.

Each part was the best when it was added, beside those that were there then. In turn every one is taken away, and what
is left without it says what its rows or its table should be now (the same histograms that chose them first). Then all
scores are fitted, with the old part, without it, and with the new one in its place, there alone or wherever it is read;
what leaves the shortest description stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from transformer_programs.learn.grow.candidates import Candidate, Search, Trial
from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Cells, Count, Head, Variable
from transformer_programs.learn.grow.growth import Growth
from transformer_programs.learn.grow.model import Feature, Model, fit_model
from transformer_programs.learn.grow.prices import parts_price
from transformer_programs.learn.grow.prune import replaced
from transformer_programs.learn.grow.sample import Sample

__all__ = ["revised"]

ENOUGH = 1.0
"""Nats by which a description must become shorter."""


def revised(growth: Growth) -> list[Feature]:
    """The features of a growth, each looked at again but the last, which was chosen given all others."""
    search = _Revision(growth)
    for feature in growth.features[:-1]:
        if feature in search.features:
            search.look(feature)
    return list(search.features)


class _Revision:
    def __init__(self, growth: Growth) -> None:
        self.growth, self.graph, self.effort = growth, growth.graph, growth.effort
        self.features, self.model = tuple(growth.features), growth.fitted
        self.length = self._length(self.features, self.model)

    def look(self, feature: Feature) -> None:
        """Puts what is best in the place of a feature."""
        rest = tuple(f for f in self.features if f != feature)
        without = self._fit(rest)
        self._offer(rest, without)
        if feature not in self.features:
            return
        for new in self._anew(feature, rest, without):
            self._offer((*rest, new))
            old, sizes = feature.variable, self.graph.sizes
            if old in self.graph.closure(f.variable for f in rest) and sizes[old] == sizes[new.variable]:
                self._offer(replaced(self.graph, (*rest, feature), old, new.variable))

    def _offer(self, features: Sequence[Feature], model: Model | None = None) -> None:
        """Takes these features where they describe the answers in less."""
        model = model or self._fit(features)
        length = self._length(features, model)
        if length < self.length - ENOUGH:
            self.features, self.model, self.length = tuple(features), model, length

    def _fit(self, features: Sequence[Feature]) -> Model:
        growth = self.growth
        return fit_model(
            growth.examples, features, start=self.model, penalty=self.effort.penalty, steps=50, seed=growth.seed
        )

    def _length(self, features: Sequence[Feature], model: Model) -> float:
        price = parts_price(self.graph, features, {TOKENS, POSITIONS}, self.growth.examples.classes)
        return model.loss + self.effort.thrift * price

    def _anew(self, feature: Feature, rest: Sequence[Feature], without: Model) -> Iterator[Feature]:
        """The same part with other rows or another table, as they would be chosen now."""
        growth, effort = self.growth, self.effort
        if feature.linear:
            return
        random = np.random.default_rng([growth.seed, len(growth.features), feature.variable])
        sequences = min(effort.sample, max(effort.tokens // self.graph.positions, 200))
        known = set(self.graph.closure(f.variable for f in rest)) | {TOKENS, POSITIONS}
        sample = Sample(growth.examples, without, sequences, random)
        search = Search(self.graph, sample, known, effort.damping, effort.threads)
        for candidate in self._like(search, feature.variable):
            if candidate.features[0] not in (feature, *rest):
                yield candidate.features[0]

    def _like(self, search: Search, variable: Variable) -> list[Candidate]:
        most, nodes = self.effort.values, self.graph.nodes
        match nodes[variable]:
            case Head(query, key, _, value):
                trials = [Trial("head", (query,), key, value)]
                if isinstance(asked := nodes[query], Cells) and len(asked.reads) == 2 and asked.law in ("", "pointer"):
                    trials.append(Trial("pointer", asked.reads, key, value))
            case Count(query, key):
                trials = [Trial("count", (query,), key, None)]
            case Cells(reads, _, ""):
                heads = [n for read in reads if isinstance(n := nodes[read], Head) and n.value in reads]
                trials = [Trial("relation", (head.query,), head.key, head.value) for head in heads]
                return [*search.tables([reads], most), *search.made(search.score(trials), most)]
            case _:
                return []
        return search.made(search.score(trials), most)
