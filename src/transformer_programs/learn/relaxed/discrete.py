"""The discretised model: every choice its argmax, every count a whole number. NumPy, from the parameters alone.

It is the model that training approaches as the temperature falls, and it knows nothing of programs: tables that were
networks still are, evaluated on the one-hot vectors and numbers that occur. `agreement` holds it against the extracted
program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from transformer_programs.learn.relaxed.config import Attention, Dimensions
from transformer_programs.learn.relaxed.model import Model, available, numbers_available
from transformer_programs.learn.relaxed.tables import Cells, Network
from transformer_programs.learn.scores import Features, Scores, compress, whole
from transformer_programs.tasks import Encoded

__all__ = ["Discrete", "Stream", "accuracy", "discretise", "rounded"]

CHUNK = 512
"""Sequences computed at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Every variable on a batch: the residual stream of the discretised model."""

    codes: list[Int[np.ndarray, "sequence position"]]
    numbers: list[Int[np.ndarray, "sequence position"]]


@dataclass(frozen=True, slots=True, eq=False)
class Discrete:
    """The argmax of every choice, and, where tables are networks, their weights in double precision.

    Args:
        embedding: the value of every token in each factor, or None where tokens are one-hot.
        gates, number_gates: what each gate reads.
        predicates: the key value that each query value looks for.
        ranks: of the categorical heads, where they choose by scores: each key value's place in the query value's order,
            0 the best; else None.
        tables, number_tables: networks, or the value of every cell, the last input's value counting fastest.
        scores: the classifier, (variable, value, label), (number, label) with `ones` first, real until `rounded`.
    """

    dimensions: Dimensions
    embedding: Int[np.ndarray, "token factor"] | None
    gates: Int[np.ndarray, "layer read"]
    number_gates: Int[np.ndarray, "layer number_read"]
    predicates: Int[np.ndarray, "layer head query_value"]
    ranks: Int[np.ndarray, "layer head query_value key_value"] | None
    tables: Network | Int[np.ndarray, "layer table cell"]
    number_tables: Network | Int[np.ndarray, "layer table cell"]
    scores: np.ndarray
    number_scores: np.ndarray

    def stream(self, tokens: Int[np.ndarray, "sequence position"], lengths: Int[np.ndarray, " sequence"]) -> Stream:
        """Computes every variable; what it holds at positions that are padding means nothing."""
        d = self.dimensions
        mask = np.arange(tokens.shape[1]) < lengths[:, None]
        codes: list[np.ndarray] = (
            [tokens] if self.embedding is None else [self.embedding[tokens, f] for f in range(d.factors)]
        )
        codes.append(np.broadcast_to(np.minimum(np.arange(tokens.shape[1]), d.values - 1), tokens.shape))
        numbers: list[np.ndarray] = [np.ones(tokens.shape, np.int64)]
        for layer in range(d.shape.layers):
            found, counted = self._heads(layer, codes, numbers, mask)
            codes, numbers = codes + found, numbers + counted
            codes = codes + self._tables(layer, codes, numbers)
        return Stream(codes, numbers)

    def predict(
        self, tokens: Int[np.ndarray, "sequence position"], lengths: Int[np.ndarray, " sequence"]
    ) -> np.ndarray:
        """The label of every position, or of every sequence where pooled (then with an axis of size 1)."""
        return np.concatenate([self._predict(tokens[s], lengths[s]) for s in _chunks(len(tokens))])

    def _predict(self, tokens: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        stream = self.stream(tokens, lengths)
        scores = sum(table[codes] for table, codes in zip(self.scores, stream.codes))
        scores = scores + sum(row * x[..., None] for row, x in zip(self.number_scores, stream.numbers))
        assert isinstance(scores, np.ndarray)
        if self.dimensions.pooled:
            mask = np.arange(tokens.shape[1]) < lengths[:, None]
            scores = (scores * mask[..., None]).sum(1, keepdims=True)
        return np.asarray(scores.argmax(-1))

    def _heads(
        self,
        layer: int,
        codes: list[np.ndarray],
        numbers: list[np.ndarray],
        mask: Bool[np.ndarray, "sequence position"],
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        d = self.dimensions
        split = d.shape.categorical_heads
        length = mask.shape[1]
        visible = np.tri(length, dtype=bool) if d.causal else np.ones((length, length), bool)
        seen = visible & mask[:, None, :]
        rank = _rank(length)
        found: list[np.ndarray] = []
        counted: list[np.ndarray] = []
        for head in range(d.heads):
            queries, keys = codes[self.gates[layer, head]], codes[self.gates[layer, d.heads + head]]
            if self.ranks is not None and head < split:
                places = self.ranks[layer, head][queries[:, :, None], keys[:, None, :]]
                matches = seen & (places == np.where(seen, places, d.values).min(2, keepdims=True))
            else:
                matches = (self.predicates[layer, head][queries][:, :, None] == keys[:, None, :]) & seen
            if head < split:
                values = codes[self.gates[layer, 2 * d.heads + head]]
                chosen = np.where(matches, rank, length).argmin(2)
                chosen = np.where(matches.any(2), chosen, 0)
                found.append(np.take_along_axis(values, chosen, 1))
            else:
                summands = numbers[self.number_gates[layer, head - split]]
                counted.append((matches * summands[:, None, :]).sum(2))
        return found, counted

    def _tables(self, layer: int, codes: list[np.ndarray], numbers: list[np.ndarray]) -> list[np.ndarray]:
        d = self.dimensions
        width = d.shape.table_inputs
        made = []
        first = 2 * d.heads + d.shape.categorical_heads
        for table in range(d.shape.categorical_tables):
            reads = self.gates[layer, first + table * width : first + (table + 1) * width]
            if isinstance(self.tables, Network):
                one_hot = np.concatenate([np.eye(d.values)[codes[read]] for read in reads], axis=-1)
                made.append(self.network(self.tables, layer, table, one_hot))
            else:
                cells = self.tables[layer, table].reshape((d.values,) * width)
                made.append(cells[tuple(codes[read] for read in reads)])
        first = d.shape.numerical_heads
        for table in range(d.shape.numerical_tables):
            reads = self.number_gates[layer, first + table * width : first + (table + 1) * width]
            clipped = [np.minimum(numbers[read], d.limits[read]) for read in reads]
            if isinstance(self.number_tables, Network):
                made.append(self.network(self.number_tables, layer, table, np.stack(clipped, axis=-1).astype(float)))
            else:
                made.append(self.number_tables[layer, table].reshape((d.graded,) * width)[tuple(clipped)])
        return made

    @staticmethod
    def network(
        network: Network, layer: int, table: int, inputs: Float[np.ndarray, "*place input"]
    ) -> Int[np.ndarray, "*place"]:
        """What a table's network says: the output value with the largest logit, the first of equals."""
        hidden = inputs @ np.asarray(network.inner[layer, table]).T + network.inner_bias[layer, table]
        found = np.maximum(hidden, 0.0) @ np.asarray(network.outer[layer, table]).T + network.outer_bias[layer, table]
        return np.asarray(found.argmax(-1))


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, start + CHUNK)


def _rank(length: int) -> Int[np.ndarray, "query key"]:
    """For every query the rank of each key in closeness: by distance, left before right, itself last."""
    query, key = np.mgrid[:length, :length]
    order = np.lexsort((key, np.abs(query - key), query == key), axis=1)
    return order.argsort(axis=1)


def discretise(model: Model) -> Discrete:
    """The discretised model of these parameters (a copy: training may go on)."""
    d = model.dimensions

    def chosen(found: np.ndarray, can: np.ndarray) -> np.ndarray:
        return np.where(can, np.asarray(found), -np.inf).argmax(-1) if found.size else np.zeros(found.shape[:-1], int)

    def tables(found: Network | Cells) -> Network | np.ndarray:
        if isinstance(found, Cells):
            return np.asarray(found.logits).argmax(-1)
        arrays = (found.inner, found.inner_bias, found.outer, found.outer_bias)
        return Network(*(np.array(array, dtype=np.float64) for array in arrays))  # type: ignore[arg-type]

    ranks = None
    if d.shape.attention is Attention.SCORES:
        ranks = ranked(np.asarray(model.predicates)[:, : d.shape.categorical_heads])
    return Discrete(
        dimensions=d,
        ranks=ranks,
        embedding=None if model.embedding is None else np.asarray(model.embedding).argmax(-1),
        gates=chosen(np.asarray(model.gates), available(d)),
        number_gates=chosen(np.asarray(model.number_gates), numbers_available(d)),
        predicates=np.asarray(model.predicates).argmax(-1) if d.heads else np.zeros((d.shape.layers, 0, d.values), int),
        tables=tables(model.tables),
        number_tables=tables(model.number_tables),
        scores=np.array(np.asarray(model.scores, np.float64).transpose(1, 2, 0)),
        number_scores=np.array(np.asarray(model.number_scores, np.float64).T),
    )


def ranked(scores: Float[np.ndarray, "*row key_value"]) -> Int[np.ndarray, "*row key_value"]:
    """How many different scores of its row are higher than each.

    >>> ranked(np.array([[0.5, -1.0, 2.0, 0.5]])).tolist()
    [[1, 2, 0, 1]]
    """
    rows = [np.unique(-row, return_inverse=True)[1] for row in scores.reshape(-1, scores.shape[-1])]
    return np.array(rows, np.int64).reshape(scores.shape)


def rounded(discrete: Discrete, examples: Encoded | None = None) -> Discrete:
    """The same with whole-number scores.

    Args:
        discrete: with real scores.
        examples: the smallest whole numbers that answer as many of these correctly as the real scores do
            (`scores.whole`); without examples: scores to three digits.
    """
    if examples is None:
        largest = max(np.abs(discrete.scores).max(), np.abs(discrete.number_scores).max(), 1e-9)
        scores = np.rint(discrete.scores * (1000 / largest)).astype(np.int64)
        number_scores = np.rint(discrete.number_scores * (1000 / largest)).astype(np.int64)
        return replace(discrete, scores=scores, number_scores=number_scores)
    real = Scores(discrete.number_scores[0], tuple(discrete.scores), discrete.number_scores[1:])
    found = whole(real, compress(features(discrete, examples), discrete.dimensions.labels))
    number_scores = np.concatenate([found.bias[None], found.numbers])
    return replace(discrete, scores=np.stack(found.tables), number_scores=number_scores)


def features(discrete: Discrete, examples: Encoded) -> Features:
    """What the classifier reads on these examples, one row a token."""
    d = discrete.dimensions
    codes, numbers = [], []
    for part in _chunks(len(examples)):
        stream = discrete.stream(examples.tokens[part], examples.lengths[part])
        mask = examples.mask[part]
        codes.append(np.stack([column[mask] for column in stream.codes], axis=1))
        rows = [column[mask] for column in stream.numbers[1:]]
        numbers.append(np.stack(rows, axis=1) if rows else np.zeros((int(mask.sum()), 0), np.int64))
    groups = np.repeat(np.arange(len(examples)), examples.lengths) if d.pooled else None
    labels = examples.labels[:, 0] if d.pooled else examples.labels[examples.mask]
    return Features(np.concatenate(codes), (d.values,) * d.categorical, np.concatenate(numbers), labels, groups)


def accuracy(discrete: Discrete, examples: Encoded) -> float:
    """Share of the answers that are right (token level, or sequence level where pooled)."""
    asked = examples.labels >= 0
    if not asked.any():
        return float("nan")
    found = discrete.predict(examples.tokens, examples.lengths)
    return float((found == examples.labels)[asked].mean())
