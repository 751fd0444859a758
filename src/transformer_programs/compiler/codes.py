"""Second stage: how each site is held in the residual stream, from what is read of it.

Every reader *asks* for what it needs of a site: a partition of its combinations of states, or a number. Partitions
that refine one another cheaply share one *code*; combinations that no reader tells apart are one class, so a
vocabulary of thousands of which a program looks at one property costs one direction. A one-hot code of m classes has
m - 1 directions: the indicator of class 0 is one minus the others. All reads are affine in the directions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from transformer_programs.compiler.graph import Graph, Linear, Root, Variable

__all__ = ["Affine", "Ask", "ClassAsk", "Code", "Demands", "NumberAsk", "linear", "partition_of"]

Site: TypeAlias = tuple[int, ...]


@dataclass(eq=False, slots=True, kw_only=True)
class Code:
    """Some directions of the residual stream, and what they say about a site.

    Args:
        classes: class of every combination of states; None for a scalar.
        count: number of classes.
        numbers: content of a scalar's one direction for every combination; None where they cannot be listed.
        born: half-step at which the first part of it is written: 0 the embedding, 2 l - 1 the attention of layer l,
            2 l its MLP. `ready`: when it is whole. `last`: when it is last read.
    """

    site: Site
    name: str
    classes: np.ndarray | None = None
    count: int = 0
    numbers: np.ndarray | None = None
    labels: tuple[str, ...] = ()
    directions: list[int] = field(default_factory=list)
    born: int = -1
    ready: int = -1
    last: int = -1

    @property
    def width(self) -> int:
        """Number of directions."""
        return 1 if self.classes is None else self.count - 1


@dataclass(eq=False, slots=True)
class ClassAsk:
    """A partition of a site's combinations that somebody reads; `code` and `meaning` are the answer.

    Args:
        meaning: class of the ask for every class of the code; None for a partition of one class.
    """

    site: Site
    classes: np.ndarray
    count: int
    code: Code | None = None
    meaning: np.ndarray | None = None


@dataclass(eq=False, slots=True)
class NumberAsk:
    """A number that somebody reads: as scale * direction + shift, from a one-hot code, or as a sum of other reads."""

    site: Site
    numbers: np.ndarray | None
    code: Code | None = None
    scale: float = 1.0
    shift: float = 0.0
    of_class: np.ndarray | None = None
    parts: Affine | None = None


Ask: TypeAlias = ClassAsk | NumberAsk


@dataclass(eq=False, slots=True)
class Affine:
    """A constant plus, for each ask, one coefficient a class (or one factor for a number)."""

    constant: float = 0.0
    terms: list[tuple[Ask, np.ndarray | float]] = field(default_factory=list)

    def plus(self, ask: Ask, coefficients: np.ndarray | float) -> Affine:
        """With one more term."""
        return Affine(self.constant, [*self.terms, (ask, coefficients)])

    def codes(self) -> list[Code]:
        """Every code that is read."""
        found = []
        for ask, _ in self.terms:
            if isinstance(ask, NumberAsk) and ask.parts is not None:
                found += ask.parts.codes()
            elif ask.code is not None:
                found.append(ask.code)
        return found

    def resolve(self, width: int) -> tuple[np.ndarray, float]:
        """(weights over the residual directions, constant)."""
        weights, constant = np.zeros(width), self.constant
        for ask, coefficients in self.terms:
            if isinstance(ask, NumberAsk):
                factor = float(coefficients)
                if ask.parts is not None:
                    inner, shift = ask.parts.resolve(width)
                    weights += factor * inner
                    constant += factor * shift
                    continue
                constant += factor * ask.shift
                if ask.of_class is None:
                    if ask.code is not None:
                        weights[ask.code.directions] += factor * ask.scale
                    continue
                per_class = factor * ask.of_class
            elif ask.meaning is None:
                constant += float(np.asarray(coefficients)[0])
                continue
            else:
                per_class = np.asarray(coefficients, dtype=float)[ask.meaning]
            assert ask.code is not None
            weights[ask.code.directions] += per_class[1:] - per_class[0]
            constant += float(per_class[0])
        return weights, constant


def partition_of(*labels: np.ndarray, zero: int | None = None) -> tuple[np.ndarray, int]:
    """The joint partition of cells by several labels; class 0 is that of cell `zero`, or else the most frequent."""
    stacked = np.stack([label.ravel() for label in labels])
    _, inverse, counts = np.unique(stacked, axis=1, return_inverse=True, return_counts=True)
    if zero is not None:
        counts[inverse.ravel()[zero]] = counts.sum() + 1
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[inverse.ravel()].reshape(labels[0].shape), len(order)


class Demands:
    """Collects the asks of every site and answers them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.asks: dict[Site, list[Ask]] = {}
        self.raw: dict[int, Code] = {}

    def classes(self, site: Site, labels: np.ndarray) -> tuple[ClassAsk, np.ndarray]:
        """Asks for a partition; returns the ask and the label of each of its classes.

        A negative label marks combinations that never occur; they join the most frequent class.
        """
        labels = np.asarray(labels)
        known = labels[labels >= 0]
        usual = int(np.bincount(known).argmax()) if known.size else 0
        classes, count = partition_of(np.where(labels >= 0, labels, usual))
        first = np.zeros(count, dtype=np.int64)
        flat, flat_labels = classes.ravel(), np.where(labels >= 0, labels, usual).ravel()
        first[flat[::-1]] = flat_labels[::-1]
        ask = ClassAsk(site, classes, count)
        if count > 1:
            self.asks.setdefault(site, []).append(ask)
        return ask, first

    def number(self, site: Site, numbers: np.ndarray) -> NumberAsk:
        """Asks for a number; NaN marks combinations that never occur."""
        known = numbers[~np.isnan(numbers)]
        if known.size == 0 or (known == known[0]).all():
            return NumberAsk(site, None, shift=float(known[0]) if known.size else 0.0)
        ask = NumberAsk(site, numbers)
        self.asks.setdefault(site, []).append(ask)
        return ask

    def scalar(self, root: Root) -> NumberAsk:
        """Asks for the direction of a scalar root itself."""
        if root.index not in self.raw:
            self.raw[root.index] = Code(site=(root.index,), name=root.name, numbers=root.points, labels=("scalar",))
        return NumberAsk((root.index,), root.points, code=self.raw[root.index])

    def answer(self, site: Site, zero: int | None = None) -> list[Code]:
        """Decides the codes of a site and answers its asks; to be called when no more asks can come.

        The cell `zero` is put into class 0. Returns the codes that have to be written, other than the direction of a
        scalar root.
        """
        asks = self.asks.pop(site, [])
        name = " & ".join(self.graph.roots[index].name for index in site)
        merged: list[tuple[np.ndarray, int]] = []
        class_asks = sorted((ask for ask in asks if isinstance(ask, ClassAsk)), key=lambda ask: -ask.count)
        for ask in class_asks:
            joint = [partition_of(classes, ask.classes) for classes, _ in merged]
            costs = [count - merged[i][1] for i, (_, count) in enumerate(joint)]
            if costs and min(costs) <= ask.count - 1:
                best = costs.index(min(costs))
                merged[best] = joint[best]
            else:
                merged.append((ask.classes, ask.count))
        merged = [partition_of(classes, zero=zero) for classes, _ in merged]
        codes = [Code(site=site, name=name, classes=classes, count=count) for classes, count in merged]
        for ask in class_asks:
            code = min((c for c in codes if _refines(c, ask.classes)), key=lambda c: c.count)
            ask.code, ask.meaning = code, _per_class(code, ask.classes).astype(np.int64)
        for number in asks:
            if isinstance(number, NumberAsk):
                self._answer_number(number, codes, name)
        return codes

    def _answer_number(self, ask: NumberAsk, codes: list[Code], name: str) -> None:
        numbers = ask.numbers
        assert numbers is not None
        filled = np.where(np.isnan(numbers), numbers[~np.isnan(numbers)][0], numbers)
        for code in codes:
            if code.classes is not None and _refines(code, filled):
                ask.code, ask.of_class = code, _per_class(code, filled)
                return
            if code.classes is None and code.numbers is not None and np.array_equal(code.numbers, filled):
                ask.code = code
                return
        linear = self._as_sum(ask.site, numbers)
        if linear is not None:
            ask.parts = linear
            return
        ask.code = Code(site=ask.site, name=name, numbers=filled, labels=("number",))
        codes.append(ask.code)

    def _as_sum(self, site: Site, numbers: np.ndarray) -> Affine | None:
        """The number as a sum of functions of single roots, linear in the scalar ones; None where it is not."""
        if len(site) == 1 and self.graph.roots[site[0]].points is None:
            return None
        known = ~np.isnan(numbers)
        start = tuple(int(i) for i in np.argwhere(known)[0])
        lines: list[tuple[Any, ...]] = [(*start[:a], slice(None), *start[a + 1 :]) for a in range(len(site))]
        if not all(known[line].all() for line in lines):
            return None
        total = np.full(numbers.shape, numbers[start])
        affine = Affine(float(numbers[start]))
        pieces = []
        for axis, index in enumerate(site):
            line = numbers[lines[axis]] - numbers[start]
            shape = [1] * len(site)
            shape[axis] = -1
            total = total + line.reshape(shape)
            pieces.append((self.graph.roots[index], line))
        scale = np.abs(numbers[known]).max()
        if np.abs(total - numbers)[known].max() > 1e-12 * scale:
            return None
        for root, line in pieces:
            if not line.any():
                continue
            if root.points is None:
                affine = affine.plus(self.number((root.index,), line), 1.0)
                continue
            spread = root.points.max() - root.points.min()
            low, high = int(root.points.argmin()), int(root.points.argmax())
            slope = (line[high] - line[low]) / spread if spread else 0.0
            shift = line[low] - slope * root.points[low]
            if np.abs(slope * root.points + shift - line).max() > 1e-12 * max(1.0, np.abs(line).max()):
                if len(site) == 1:
                    return None
                affine = affine.plus(self.number((root.index,), line), 1.0)
                continue
            affine = affine.plus(self.scalar(root), slope)
            affine.constant += shift
        return affine


def linear(demands: Demands, number: Linear | Variable) -> Affine:
    """What reads a number, listed or not."""
    if isinstance(number, Variable):
        numbers = np.array([float(value) for value in number.values])
        ask = demands.number(number.site, np.where(number.codes >= 0, numbers[number.codes], np.nan))
        return Affine().plus(ask, 1.0)
    affine = Affine(number.constant)
    for part, factor in number.parts:
        if isinstance(part, Variable):
            inner = linear(demands, part)
            affine = affine.plus(inner.terms[0][0], factor)
        else:
            affine = affine.plus(demands.scalar(part), factor)
    return affine


def _refines(code: Code, labels: np.ndarray) -> bool:
    """Whether a function of the code's class gives the labels."""
    if code.classes is None:
        return False
    return bool((_per_class(code, labels)[code.classes] == labels).all())


def _per_class(code: Code, labels: np.ndarray) -> np.ndarray:
    """The label of each class, taken from one of its cells."""
    assert code.classes is not None
    values = np.zeros(code.count, dtype=labels.dtype)
    values[code.classes.ravel()] = labels.ravel()
    return values
