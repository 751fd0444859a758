"""Walking over nodes: what they read, and the same node reading something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, cast

from transformer_programs.program.nodes import (
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Decode,
    Either,
    Emit,
    Full,
    Largest,
    LinearScore,
    Lookup,
    Mean,
    Negate,
    Node,
    Offset,
    Output,
    Pattern,
    Prefer,
    Read,
    Ref,
    Relation,
    Score,
    Selector,
    Smallest,
    Spelled,
    Table,
    TableScore,
    Total,
    Width,
)

__all__ = ["orders", "reads", "references", "rename", "selector_of", "spells"]

Part = Node | Output | Pattern | Score
AnyPart = TypeVar("AnyPart", bound=Part)


def references(part: Part) -> Iterator[Ref]:
    """Every variable that a node, selector, score or output reads, in order, with repetitions."""
    match part:
        case Constant() | Full() | Offset() | Spelled():
            pass
        case Table(reads):
            yield from (read.variable for read in reads)
        case Apply(_, arguments):
            yield from arguments
        case Lookup(argument):
            yield argument
        case Compare(keys, _, queries):
            yield keys
            yield queries
        case Relation(keys, queries) | Prefer(keys, queries):
            yield keys.variable
            yield queries.variable
        case Both(left, right) | Either(left, right):
            yield from references(left)
            yield from references(right)
        case Negate(selector) | Width(selector):
            yield from references(selector)
        case (
            Closest(selector, values)
            | Total(selector, values)
            | Mean(selector, values)
            | Largest(selector, values)
            | Smallest(selector, values)
        ):
            yield from references(selector)
            yield values
        case TableScore(read):
            yield read.variable
        case LinearScore(variable) | Emit(variable):
            yield variable
        case Classify(scores=scores) | Decode(scores=scores):
            for score in scores:
                yield from references(score)


def reads(part: Part) -> Iterator[Read]:
    """Every read of a variable as a finite one, in order: by tables, relations and table scores."""
    match part:
        case Table(arguments):
            yield from arguments
        case Relation(keys, queries) | Prefer(keys, queries):
            yield keys
            yield queries
        case Both(left, right) | Either(left, right):
            yield from reads(left)
            yield from reads(right)
        case (
            Negate(selector)
            | Width(selector)
            | Closest(selector)
            | Total(selector)
            | Mean(selector)
            | Largest(selector)
            | Smallest(selector)
        ):
            yield from reads(selector)
        case TableScore(read):
            yield read
        case Classify(scores=scores) | Decode(scores=scores):
            for score in scores:
                yield from reads(score)
        case _:
            pass


def rename(part: AnyPart, new: Callable[[Ref], Ref]) -> AnyPart:
    """The same part, reading `new(ref)` wherever it read `ref`."""

    def read(old: Read) -> Read:
        return Read(new(old.variable), old.limit)

    def walk(part: Part) -> Part:
        match part:
            case Constant() | Full() | Offset() | Spelled():
                return part
            case Table(reads, cells):
                return Table(tuple(map(read, reads)), cells)
            case Apply(operator, arguments):
                return Apply(operator, tuple(map(new, arguments)))
            case Lookup(argument, keys, values, default):
                return Lookup(new(argument), keys, values, default)
            case Compare(keys, operator, queries):
                return Compare(new(keys), operator, new(queries))
            case Relation(keys, queries, rows):
                return Relation(read(keys), read(queries), rows)
            case Prefer(keys, queries, orders):
                return Prefer(read(keys), read(queries), orders)
            case Both(left, right) | Either(left, right):
                return type(part)(cast(Selector, walk(left)), cast(Selector, walk(right)))
            case Negate(selector):
                return Negate(cast(Selector, walk(selector)))
            case Width(selector):
                return Width(cast(Selector, walk(selector)))
            case Closest(selector, values):
                return Closest(cast(Pattern, walk(selector)), new(values))
            case Total(selector, values):
                return Total(cast(Selector, walk(selector)), new(values))
            case (
                Mean(selector, values, default)
                | Largest(selector, values, default)
                | Smallest(selector, values, default)
            ):
                return type(part)(cast(Selector, walk(selector)), new(values), default)
            case TableScore(old, rows):
                return TableScore(read(old), rows)
            case LinearScore(variable, weights):
                return LinearScore(new(variable), weights)
            case Emit(variable):
                return Emit(new(variable))
            case Classify(labels, bias, scores, pooled):
                return Classify(labels, bias, tuple(cast(Score, walk(s)) for s in scores), pooled)
            case Decode(labels, bias, scores, first, follows):
                return Decode(labels, bias, tuple(cast(Score, walk(s)) for s in scores), first, follows)
        raise AssertionError(part)

    return cast(AnyPart, walk(part))


def selector_of(node: Node) -> Pattern | None:
    """The selector of a head; None for an elementwise node."""
    return getattr(node, "selector", None)


def orders(selector: Pattern) -> bool:
    """Whether it compares which of two values is larger: that can fail, on text and numbers."""
    match selector:
        case Compare(_, operator, _):
            return operator not in ("==", "!=")
        case Both(left, right) | Either(left, right):
            return orders(left) or orders(right)
        case Negate(inner):
            return orders(inner)
        case _:
            return False


def spells(nodes: Iterable[Node]) -> bool:
    """Whether any of the nodes reads how tokens are spelled: then unknown tokens differ from each other."""
    return any(isinstance(node, Spelled) for node in nodes)
