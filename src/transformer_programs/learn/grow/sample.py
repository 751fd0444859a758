"""What candidates are scored on: some sequences, chosen where most is left to explain, with the force on every token.

For token r and label c the force is  g = [label = c] - p  and  h = p (1 - p).  A sequence is drawn with a
probability proportional to what the present scores miss in it, and weighted by one over that probability, so that
sums over the sample estimate sums over all examples with less noise than a uniform sample.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.learn.grow import kernels
from transformer_programs.learn.grow.graph import Variable
from transformer_programs.learn.grow.model import Examples, Model

__all__ = ["Sample"]


class Sample:
    """Rows of the sampled sequences.

    Args:
        examples: all of them.
        model: whose remaining errors are looked at.
        size: number of sequences.
        random: of the draw.
    """

    def __init__(self, examples: Examples, model: Model, size: int, random: np.random.Generator) -> None:
        own = model.chance[np.arange(len(examples.labels)), examples.labels]
        everything = len(examples.bank.lengths)
        missing = np.bincount(examples.home, 1.0 - own, everything)
        asked = np.bincount(examples.home, minlength=everything) > 0
        sequences = int(asked.sum())
        chance = _inclusion(asked * (missing + 0.1 * missing.sum() / sequences + 1e-9), min(size, sequences))
        chosen = np.flatnonzero(_systematic(chance, random))
        self.bank = examples.bank.take(chosen)
        self.ratio = sequences / len(chosen)
        """How many nats over all examples one nat of the sample stands for."""
        place = np.full(everything, -1)
        place[chosen] = np.arange(len(chosen))
        weight = np.zeros(everything)
        weight[chosen] = 1.0 / (chance[chosen] * self.ratio)
        self.examples = examples.part(self.bank, place, weight)
        """The sampled sequences as weighted examples."""
        self.sequence, self.position = self.examples.sequence, self.examples.position
        p = model.chance[np.flatnonzero(place[examples.home] >= 0)]
        g = -p
        g[np.arange(len(p)), self.examples.labels] += 1.0
        assert self.examples.weights is not None
        force = np.concatenate([g, p * (1.0 - p)], axis=1) * self.examples.weights[:, None]
        self.force: Float[np.ndarray, "row force"] = np.ascontiguousarray(force[self.examples.answer])
        self.classes = examples.classes
        self._codes: dict[Variable, Int[np.ndarray, " row"]] = {}
        self._nearest: dict[Variable, Int[np.ndarray, "row choice"]] = {}
        self._seen: dict[Variable, Int[np.ndarray, "row choice"]] = {}

    def thinned(self, size: int, random: np.random.Generator) -> Sample:
        """About so many of the rows, those with most force likeliest, weighted likewise."""
        strength = np.abs(self.force[:, : self.classes]).sum(axis=1)
        chance = _inclusion(strength + 0.1 * strength.mean() + 1e-12, min(size, len(strength)))
        rows = np.flatnonzero(_systematic(chance, random))
        part = copy(self)
        part.sequence, part.position = self.sequence[rows], self.position[rows]
        part.force = self.force[rows] / chance[rows][:, None]
        part._codes, part._nearest, part._seen = {}, {}, {}
        return part

    def projected(self, directions: int) -> Sample:
        """The forces along the few directions among the labels in which they are largest, scaled to the whole."""
        if directions >= self.classes:
            return self
        g, h = self.force[:, : self.classes], self.force[:, self.classes :]
        values, vectors = np.linalg.eigh(g.T @ g)
        chosen = vectors[:, -directions:]
        scale = float(values.sum() / max(values[-directions:].sum(), 1e-12))
        part = copy(self)
        part.force = np.ascontiguousarray(scale * np.concatenate([g @ chosen, h @ chosen**2], axis=1))
        part.classes = directions
        return part

    def __len__(self) -> int:
        return len(self.sequence)

    def codes(self, variable: Variable) -> Int[np.ndarray, " row"]:
        """A variable's code at every row."""
        if variable not in self._codes:
            column = self.bank[variable]
            self._codes[variable] = column.ravel()[self.sequence * column.shape[1] + self.position]
        return self._codes[variable]

    def nearest(self, key: Variable) -> Int[np.ndarray, "row choice"]:
        """For every row and key value the closest position; the last choice is "nothing"."""
        if key not in self._nearest:
            size = self.bank.graph.sizes[key]
            found = kernels.nearest(self.bank[key], self.bank.lengths, self.bank.causal, size)
            self._nearest[key] = found[self.sequence, self.position]
        return self._nearest[key]

    def seen(self, key: Variable) -> Int[np.ndarray, "row choice"]:
        """For every row and key value how many positions have it; the last choice is "nothing"."""
        if key not in self._seen:
            size = self.bank.graph.sizes[key]
            found = kernels.seen(self.bank[key], self.bank.lengths, self.bank.causal, size)
            self._seen[key] = found[self.sequence, self.position]
        return self._seen[key]


def _inclusion(weight: Float[np.ndarray, " item"], size: int) -> Float[np.ndarray, " item"]:
    """Probabilities proportional to the weights, at most 1, that add up to `size`."""
    sure = np.zeros(len(weight), bool)
    while True:
        left = size - int(sure.sum())
        rest = float(weight[~sure].sum())
        chance = np.where(sure, 1.0, weight * (left / rest) if rest > 0.0 else 1.0)
        over = (chance > 1.0) & ~sure
        if not over.any():
            return np.minimum(chance, 1.0)
        sure |= over


def _systematic(chance: Float[np.ndarray, " item"], random: np.random.Generator) -> np.ndarray:
    """A draw in which every item is in with its probability, and their number is what it should be."""
    ends = np.cumsum(chance) + random.random()
    return np.floor(ends).astype(int) != np.floor(np.concatenate([[ends[0] - chance[0]], ends[:-1]])).astype(int)
