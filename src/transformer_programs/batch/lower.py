"""From a program to its byte code.

Every variable gets a column and an alphabet. What a node computes is either an instruction of the kernel or a table
that is filled here, once, by calling the node's own meaning in program/semantics; cells whose meaning is an error
are marked NOT_HERE, so that the input that meets one is given to a slower path, which raises it.

Bounds of all numbers are carried along, so that no 64-bit number of the kernel can overflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformer_programs.batch.alphabet import CannotLower, Coded, Interner, Whole, exact, values_of
from transformer_programs.batch.code import Code
from transformer_programs.batch.kernel import Op
from transformer_programs.batch.lower_output import lower_output
from transformer_programs.batch.lower_selector import lower_selector, ranks
from transformer_programs.batch.stream import Column, Stream, place
from transformer_programs.program import (
    Anything,
    Apply,
    Classify,
    Closest,
    Constant,
    Decode,
    Finite,
    Largest,
    Lookup,
    Mean,
    Node,
    Offset,
    Program,
    Ref,
    Selector,
    Smallest,
    Spelled,
    Step,
    Table,
    Total,
    Value,
    Width,
    orders,
    references,
    selector_of,
)

__all__ = ["Lowered", "lower"]

LARGEST = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """A program ready for the kernel.

    Args:
        code: what it runs.
        values: what the integers it answers stand for.
    """

    code: Code
    values: Sequence[Value]


def lower(program: Program, vocabulary: Sequence[str], n: int) -> Lowered:
    """The byte code of a program for sequences of at most n tokens of a vocabulary.

    Args:
        vocabulary: the program's own, or for an open one the tokens that occur.
        n: the program's `max_length`, or for a length-free one the most tokens that occur.

    Raises:
        CannotLower: it needs a slower path.
    """
    stream = Stream(program, vocabulary, n)
    for step in _needed(program, stream):
        stream.columns[step.name] = _column(stream, program, step)
    values = lower_output(stream, program.output)
    labels = len(values) if isinstance(program.output, Classify | Decode) else 0
    return Lowered(stream.code.finish(labels, program.causal), values)


def _needed(program: Program, stream: Stream) -> list[Step]:
    """The steps that the answer reads or that can fail (which the answer must not hide), and what those read."""
    wanted: set[Ref] = set(references(program.output))
    kept = []
    for step in reversed(program.steps):
        if step.name in wanted or _can_fail(step.node, stream):
            wanted.update(references(step.node))
            kept.append(step)
    return kept[::-1]


def _can_fail(node: Node, stream: Stream) -> bool:
    match node:
        case Apply() | Lookup() | Mean() | Largest() | Smallest():
            return True
        case Total(_, values) if isinstance(stream.known[values], (Anything, Finite)):
            return True
    selector = selector_of(node)
    return selector is not None and orders(selector)


def _column(stream: Stream, program: Program, step: Step) -> Column:
    node = step.node
    match node:
        case Constant(value):
            return stream.look([0]), Coded((value,))
        case Table(reads, cells):
            domain = stream.known[step.name]
            assert isinstance(domain, Finite)
            order = {value: place for place, value in enumerate(domain.values)}
            out = stream.look((order[cell] for cell in cells), *map(stream.argument, reads))
            return out, Coded(domain.values)
        case Apply() | Lookup():
            return stream.apply(node)
        case Spelled():
            domain = stream.known[step.name]
            assert isinstance(domain, Finite)
            out = stream.code.column()
            stream.code.put(Op.SPELL, out, stream.spelled.index(step.name))
            return out, Coded(domain.values)
        case Closest(Offset(low, high), values) if low == high and not (program.causal and low > 0):
            return _shift(stream, stream.columns[values], low)
        case Closest(selector, values):
            lower_selector(stream, selector)
            return _closest(stream, stream.columns[values])
        case Width(selector):
            lower_selector(stream, selector)
            return _width(stream)
        case Total(selector, values):
            column = stream.whole(stream.columns[values])
            lower_selector(stream, selector)
            return _total(stream, column)
        case Mean(selector, values, default):
            return _mean(stream, selector, stream.columns[values], default)
        case Largest(selector, values, default) | Smallest(selector, values, default):
            return _extreme(stream, selector, stream.columns[values], default, isinstance(node, Largest))


def _shift(stream: Stream, values: Column, places: int) -> Column:
    out = stream.code.column()
    stream.code.put(Op.SHIFT, out, values[0], max(min(places, stream.n), -stream.n))
    return out, values[1]


def _closest(stream: Stream, values: Column) -> Column:
    out = stream.code.column()
    stream.code.put(Op.CLOSEST, out, values[0])
    return out, values[1]


def _width(stream: Stream) -> tuple[int, Whole]:
    out = stream.code.column()
    stream.code.put(Op.WIDTH, out)
    return out, Whole(0, stream.n)


def _total(stream: Stream, values: tuple[int, Whole]) -> tuple[int, Whole]:
    at, span = values
    total = Whole(min(0, stream.n * span.low), max(0, stream.n * span.high))
    if max(-total.low, total.high) >= LARGEST:
        raise CannotLower("large sums")
    out = stream.code.column()
    stream.code.put(Op.TOTAL, out, at)
    return out, total


def _mean(stream: Stream, selector: Selector, values: Column, default: Value) -> Column:
    """A table of the width and the total, or, where only one match can have a mean here, of the width and its value."""
    if all(type(value) is int for value in values_of(values[1])):
        column = stream.whole(values)
        lower_selector(stream, selector)
        width, total = _width(stream), _total(stream, column)
        low, high = column[1].low, column[1].high

        def of_numbers(width: int, total: int) -> Value:
            if width > 1 and width * low <= total <= width * high:
                return total / width
            return total if width == 1 else default

        return stream.tabulate(of_numbers, width, total)
    lower_selector(stream, selector)
    first, (at, _) = _closest(stream, values), _width(stream)
    few = stream.look(range(3), (at, 0, 2)), Whole(0, 2)

    def of_one(width: int, value: Value) -> Value:
        if width > 1:
            raise CannotLower("a mean of several values that are no numbers")
        return value if width == 1 else default

    return stream.tabulate(of_one, few, first)


def _extreme(stream: Stream, selector: Selector, values: Column, default: Value, largest: bool) -> Column:
    """By rank: the largest, or with the order turned round the smallest."""
    listed = values_of(values[1])
    rank = ranks(listed)
    if len(rank) < len(listed):
        raise CannotLower("equal values of different types")
    ordered = sorted(listed, key=rank.__getitem__, reverse=not largest)
    places = {exact(value): place for place, value in enumerate(ordered, 1)}
    ranked = stream.look((places[exact(value)] for value in listed), place(values))
    lower_selector(stream, selector)
    out = stream.code.column()
    stream.code.put(Op.LARGEST, out, ranked)
    interner = Interner()
    back = interner.codes([default, *ordered])
    return stream.look(back, (out, 0, len(ordered))), Coded(tuple(interner.values))
