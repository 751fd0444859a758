"""Which candidates are looked at: for each variable, the selectors, operators and tables that it makes possible.

    selectors   Full; the neighbours; keys == / < / ... queries of one kind; equal AND earlier (later);
                "before me in the order of x" (greater x, or equal x and not later), which ranks positions
    heads       how many; the sum of a weight of tokens; the closest token; the least and the greatest token
    operators   + - // of whole numbers
    tables      a token where a count is 0 (or is not), else the marker

A selector's price is the number of comparisons in it, a head's or an operator's 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from transformer_programs.learn.anylength.pool import Kind, Pool, Variable
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Compare,
    Either,
    Node,
    Offset,
    Read,
    Selector,
    Table,
)
from transformer_programs.tasks import Dataset, Encoded

__all__ = [
    "Proposal",
    "Ranking",
    "comparisons",
    "masks",
    "neighbours",
    "operations",
    "proposals",
    "rankings",
    "token_classes",
    "weights",
]

ORDERS = ("<", "<=", ">", ">=")
ALIKE = 0.05
"""Tokens whose shares of each label differ by less are of one class."""

MOST_CLASSES = 4
"""Where the answers tell more classes of tokens apart, letters are taken for symbols of one class."""

LIGHT = 2
"""Operators, and comparisons of two computed numbers, are for variables of at most this price."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A selector or a node, not computed yet.

    Args:
        what: it.
        own: its own price, without the head's.
        operands: what it reads.
    """

    what: Selector | Node
    own: int
    operands: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class Ranking(Proposal):
    """A proposal whose selector's width is a rank."""

    what: Selector


def neighbours(pool: Pool) -> Iterator[Proposal]:
    """The place to the left and, where it is seen, that to the right."""
    yield Proposal(Offset(-1, -1), 0, ())
    if not pool.sample.data.causal:
        yield Proposal(Offset(1, 1), 0, ())


def proposals(pool: Pool, new: Variable) -> Iterator[Proposal]:
    """All that a new variable makes possible by itself."""
    name = new.name
    yield Proposal(Compare(name, "==", name), 1, (new,))
    if new.kind is Kind.NUMBER or name == TOKENS:
        yield from (Proposal(Compare(name, order, name), 1, (new,)) for order in ORDERS)
    if name != POSITIONS:
        for order in ("<",) if pool.sample.data.causal else ("<", ">"):
            apart = Both(Compare(name, "==", name), Compare(POSITIONS, order, POSITIONS))
            yield Proposal(apart, 1, (new, pool.positions))


def comparisons(pool: Pool, new: Variable, other: Variable) -> Iterator[Proposal]:
    """Selectors that compare two variables of one kind; order, other than equality, with positions only."""
    placed = pool.positions in (new, other)
    if new.kind is Kind.NUMBER and not placed and max(new.cost, other.cost) > LIGHT:
        return
    orders = ("==", *ORDERS) if placed else ("==",)
    for keys, queries in ((new, other), (other, new)):
        yield from (Proposal(Compare(keys.name, order, queries.name), 1, (keys, queries)) for order in orders)


def operations(pool: Pool, new: Variable, other: Variable) -> Iterator[Proposal]:
    """Operators of two numbers that are no results of operators themselves."""
    if isinstance(new.node, Apply) or isinstance(other.node, Apply) or max(new.cost, other.cost) > LIGHT:
        return
    for operator, (left, right) in product(("+", "-", "//"), ((new, other), (other, new))):
        if operator != "+" or left is new:
            yield Proposal(Apply(operator, (left.name, right.name)), 0, (left, right))


def rankings(pool: Pool, key: Variable) -> Iterator[Ranking]:
    """Selectors whose width is a place in the order of a key, of equal ones in the order of positions."""
    name, positions = key.name, POSITIONS
    yield from (Ranking(Compare(name, order, name), 1, (key,)) for order in ORDERS)
    for order, last in product("<>", ("<", "<=")):
        equal = Both(Compare(name, "==", name), Compare(positions, last, positions))
        yield Ranking(Either(Compare(name, order, name), equal), 3, (key, pool.positions))


def masks(pool: Pool, new: Variable) -> Iterator[tuple[Node, np.ndarray]]:
    """`tokens` with a marker instead where a count is 0, or where it is not; with its values."""
    data = pool.sample.data
    if not new.counts or new.name == POSITIONS or not data.frame.before:
        return
    marker = data.frame.before[0]
    code = data.vocabulary.index(marker)
    for kept in (0, 1):
        cells = tuple(token if level == kept else marker for token in data.vocabulary for level in (0, 1))
        here = np.clip(new.values, 0, 1) == kept
        values = np.where(here, pool.tokens.values, code).astype(np.int32)
        yield Table((Read(TOKENS), Read(new.name, 1)), cells), values


def weights(data: Dataset, classes: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """Weights of tokens: 1 for a class, 0 for a class, 1 for a class and -1 for another (no marker)."""
    markers = {*data.frame.before, *data.frame.after}
    lettered = [i for i, members in enumerate(classes) if data.vocabulary[members[0]] not in markers]
    rows = [{i: 1} for i in range(len(classes))]
    rows += [{i: 1 for i in range(len(classes)) if i != one} for one in range(len(classes)) if len(classes) > 2]
    rows += [{one: 1, other: -1} for one, other in permutations(lettered, 2)]
    for row in rows:
        of = {code: row.get(i, 0) for i, members in enumerate(classes) for code in members}
        yield tuple(of[code] for code in range(len(data.vocabulary)))


def token_classes(data: Dataset, train: Encoded) -> list[list[int]]:
    """Tokens that the answers do not tell apart: each label stands equally often at both. Markers stand alone.

    Where letters are answers themselves, or many classes are told apart, all letters are symbols of one class.


    >>> from transformer_programs.tasks import encode, make_task
    >>> data = make_task("dyck2", max_length=10).dataset(5000)
    >>> [[data.vocabulary[code] for code in members] for members in token_classes(data, encode(data, data.train))]
    [['<s>'], ['(', '{'], [')', '}']]
    """
    inside = train.mask
    tokens, labels = train.tokens[inside], train.labels[inside] + 1
    counts = np.zeros((len(data.vocabulary), len(data.labels) + 1))
    np.add.at(counts, (tokens, labels), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    markers = {data.vocabulary.index(token) for token in (*data.frame.before, *data.frame.after)}
    classes: list[list[int]] = [[code] for code in sorted(markers)]
    for code in range(len(data.vocabulary)):
        if code in markers:
            continue
        for members in classes[len(markers) :]:
            if np.abs(shares[members[0]] - shares[code]).max() < ALIKE:
                members.append(code)
                break
        else:
            classes.append([code])
    letters = classes[len(markers) :]
    symbols = any(data.vocabulary[code] in data.labels for members in letters for code in members)
    return (
        classes
        if len(letters) <= MOST_CLASSES and not symbols
        else [*classes[: len(markers)], sorted(code for members in letters for code in members)]
    )
