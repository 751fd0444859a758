"""Value sets of sums and averages, and which kind of head computes them.

With c matches out of the value set V the sum lies in V + .. + V (c times). A set of whole numbers stays small; a set
of floats may grow without bound, and then the average is kept as a scalar that can only be averaged again or printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.compiler.graph import (
    AverageSource,
    CopySource,
    CountSource,
    Linear,
    Root,
    SumSource,
    Term,
    Variable,
    refuse,
)
from transformer_programs.compiler.maker import MOST_VALUES, Maker
from transformer_programs.compiler.patterns import always_matches, at_most_one, joined
from transformer_programs.program import Ref, Selector, Value

__all__ = ["combine", "mean", "narrow", "total"]

WIDEST = 1e8
"""Largest ratio of the largest number to the smallest difference that one direction holds exactly enough."""

SAME = 1e-9
"""Floats that differ by less, relative to the largest, count as one number reached by two orders of addition."""


def total(make: Maker, name: str, terms: list[Term], ref: Ref) -> Variable:
    """The variable of a `Total`: one root a conjunction.

    Proof: a head attends with equal weights to its c matches, whose values are v, and to the start position, whose
    value is K: it writes z = (K + s) / (c + 1) with s the sum. For K > N^2 (max V - min V) + |min V| + N + 1 the
    intervals of z for different c do not meet, and within one c the sum is z (c + 1) - K: z determines s.
    """
    place = f"step {name!r}"
    graph = make.graph
    values = graph.variables[ref]
    if isinstance(values, Linear):
        raise refuse(place, f"a sum of {ref}, an average with too many values", "a finite variable")
    if not values.numeric:
        raise refuse(place, f"a sum of {ref}, which holds text", "numbers")
    numbers = [float(value) for value in values.values]
    if not terms or not numbers:
        return Variable(name, (), np.zeros((), dtype=np.int64), (0,))
    _check_width(place, values)
    low, high = min(numbers), max(numbers)
    offset = graph.length**2 * (high - low) + abs(low) + graph.length + 1
    parts = []
    for term in terms:
        most = 1 if at_most_one(term) else graph.length
        sums = _sums(values.values, most)
        if sums is None:
            raise refuse(
                place,
                f"a sum of {len(values.values)} values of {ref} over {most} positions: over {MOST_VALUES} sums",
                f"at most {MOST_VALUES}",
                "use a smaller vocabulary or length",
            )
        if always_matches(term):
            sums[0] = set()
        states, bounds = _merge([(c, s) for c, found in enumerate(sums) for s in sorted(found)], values, most)
        points = np.array([(offset + s) / (c + 1) for c, s in states])
        root = graph.add(name, SumSource(term, values, offset), states, points)
        parts.append(_of_states(make.of_root(root, [s for _, s in states], values.mixed), states, bounds))
    return parts[0] if len(parts) == 1 else make.map(name, lambda *found: sum(found), parts)


def mean(make: Maker, name: str, selector: Selector, ref: Ref, default: Value) -> Variable | Linear:
    """The variable of a `Mean`: a copy where one position can match, an average of numbers, a checked copy of text."""
    place = f"step {name!r}"
    graph = make.graph
    values = graph.variables[ref]
    term = joined(make.terms(selector, place, join=True), place)
    if term is None:
        return Variable(name, (), np.zeros((), dtype=np.int64), (default,))
    if isinstance(values, Linear):
        if isinstance(default, str):
            raise refuse(place, f"an average of {ref} with the text {default!r} as default", "a number")
        return _open(name, graph.add(name, AverageSource(term, values, float(default)), ()))
    single, never_empty = at_most_one(term), always_matches(term)
    texts_only = all(isinstance(value, str) for value in values.values)
    if (single or texts_only) and not values.bounds:
        return _copy(make, name, term, values, default, checked=not single)
    if not values.numeric:
        raise refuse(place, f"an average of {ref}, which holds text and numbers", "values of one type")
    if isinstance(default, str) and not never_empty:
        return _textual_default(make, name, term, values, default)
    _check_width(place, values, default)
    filler = 0 if never_empty else default
    assert not isinstance(filler, str)
    source = AverageSource(term, values, float(filler))
    sums = _sums(values.values, graph.length)
    found: set = set() if never_empty else {filler}
    if sums is not None:
        for c, column in enumerate(sums[1:], 1):
            found |= {s if c == 1 else s / c for s in column}
            if len(found) > MOST_VALUES:
                break
    if sums is None or len(found) > MOST_VALUES or not narrow(found):
        return _open(name, graph.add(name, source, ()))
    states, bounds = _merge([(1, value) for value in sorted(found)], values, 1)
    numbers = [value for _, value in states]
    root = graph.add(name, source, numbers, np.array([float(number) for number in numbers]))
    return _of_states(make.of_root(root, numbers, mixed=True), states, bounds)


def _copy(make: Maker, name: str, term: Term, values: Variable, default: Value, checked: bool) -> Variable:
    """An average of one value at most, which passes through unchanged."""
    always = always_matches(term)
    states = tuple(dict.fromkeys(values.values if always else (*values.values, default)))
    same = tuple(range(len(values.values)))
    source = CopySource(term, values, same, None if always else states.index(default), checked)
    root = make.graph.add(name, source, states)
    if checked:
        make.graph.checks.append((root, f"step {name!r}: an average of several texts"))
    kinds = {type(value) for value in values.values if value == default}
    return make.of_root(root, states, values.mixed or bool(kinds - {type(default)}))


def combine(name: str, operator: str, arguments: Sequence[Variable | Linear]) -> Linear:
    """The sum, difference or multiple of numbers, one of which has too many values to list.

    Raises:
        ProgramError: any other operator.
    """
    numbers = [argument for argument in arguments if isinstance(argument, Linear) or argument.numeric]
    scales = [_constant(argument) for argument in arguments]
    if len(numbers) == len(arguments):
        if operator in ("+", "-") and len(arguments) == 2:
            return _sum(name, [(numbers[0], 1.0), (numbers[1], 1.0 if operator == "+" else -1.0)])
        if operator in ("neg", "float"):
            return _sum(name, [(numbers[0], -1.0 if operator == "neg" else 1.0)])
        if operator == "*" and any(scale is not None for scale in scales):
            first = scales[0]
            return _sum(name, [(numbers[1], first) if first is not None else (numbers[0], scales[1] or 0.0)])
        if operator == "/" and scales[1]:
            return _sum(name, [(numbers[0], 1 / scales[1])])
    which = next(argument for argument in arguments if isinstance(argument, Linear))
    raise refuse(
        f"step {name!r}",
        f"{operator} of {which.name}, an average with more than {MOST_VALUES} values",
        "sums, differences and constant multiples of it",
        "use a smaller vocabulary or length",
    )


def narrow(values: Iterable[float]) -> bool:
    """Whether numbers, and 0, differ little enough to be held in one direction; those a rounding apart are one.

    >>> narrow([0.1, 0.1 + 1e-17, 5]), narrow([1e-9, 5])
    (True, False)
    """
    numbers = np.unique(np.array([0.0, *(float(value) for value in values)]))
    sizes = np.abs(numbers)
    gaps = np.diff(numbers)
    gaps = gaps[gaps > 1e-14 * np.maximum(sizes[1:], sizes[:-1])]
    return bool(sizes.max(initial=0.0) / WIDEST <= gaps.min(initial=np.inf))


def _check_width(place: str, values: Variable, *more: Value) -> None:
    """Refuses numbers of which the smallest is lost beside the largest."""
    numbers = [float(value) for value in (*values.values, *more) if not isinstance(value, str)]
    if not narrow(numbers):
        raise refuse(
            place,
            f"numbers of {values.name} from {min(numbers, key=abs)!r} to {max(numbers, key=abs)!r} added by a softmax",
            f"a largest number of at most {WIDEST:g} times the smallest difference",
        )


def _constant(argument: Variable | Linear) -> float | None:
    if isinstance(argument, Variable) and len(argument.values) == 1 and argument.numeric:
        return float(argument.values[0])
    return None


def _open(name: str, root: Root) -> Linear:
    return Linear(name, 0.0, ((root, 1.0),))


def _sum(name: str, terms: Sequence[tuple[Variable | Linear, float]]) -> Linear:
    constant, parts = 0.0, []
    for term, factor in terms:
        if isinstance(term, Linear):
            constant += factor * term.constant
            parts += [(part, factor * scale) for part, scale in term.parts]
        else:
            parts.append((term, factor))
    return Linear(name, constant, tuple(parts))


def _textual_default(make: Maker, name: str, term: Term, values: Variable, default: str) -> Variable:
    """An average of numbers whose default is text: a second head says whether anything matches."""
    graph = make.graph
    sums = _sums(values.values, graph.length)
    if sums is None:
        raise refuse(f"step {name!r}", f"an average of {values.name} with too many values", "a number as default")
    found = {s if c == 1 else s / c for c, column in enumerate(sums[1:], 1) for s in column}
    states, bounds = _merge([(1, value) for value in sorted(found)], values, 1)
    numbers = [value for _, value in states]
    if any(low != high for low, high in bounds):
        raise refuse(f"step {name!r}", "sums of floats beside a text", "whole numbers")
    root = graph.add(
        name, AverageSource(term, values, numbers[0]), numbers, np.array([float(number) for number in numbers])
    )
    counts = range(graph.length + 1)
    count = graph.add(name, CountSource(term), counts, np.array([1 / (c + 1) for c in counts]))
    average = make.of_root(root, numbers)
    variable = make.map(name, lambda c, number: number if c else default, [make.of_root(count, counts), average])
    return replace(variable, mixed=True)


def _sums(values: tuple[Value, ...], most: int) -> list[set] | None:
    """For 0..most matches the sums that can occur; None where they are too many."""
    sums: list[set] = [{0}]
    size = 0
    for _ in range(most):
        if len(sums[-1]) * len(values) > 8 * MOST_VALUES:
            return None
        sums.append({s + value for s in sums[-1] for value in values})
        size += len(sums[-1])
        if size > MOST_VALUES:
            return None
    return sums


def _merge(
    states: list[tuple[int, float]], values: Variable, factor: int
) -> tuple[list[tuple[int, float]], list[tuple[float, float]]]:
    """States without those that differ only by rounding, and for each the range of those it stands for."""
    slack = factor * max((high - low for low, high in values.bounds or ()), default=0.0)
    if values.bounds:
        slack += 1e-14 * factor * max(abs(float(value)) for value in values.values)
    kept: list[tuple[int, float]] = []
    bounds: list[tuple[float, float]] = []
    largest = max((abs(s) for _, s in states), default=0) or 1
    for c, s in states:
        if kept and kept[-1][0] == c and abs(s - kept[-1][1]) <= SAME * largest:
            bounds[-1] = (bounds[-1][0], float(s + slack))
        else:
            kept.append((c, s))
            bounds.append((s - slack, s + slack))
    return kept, bounds


def _of_states(variable: Variable, states: list[tuple[int, float]], bounds: list[tuple[float, float]]) -> Variable:
    """The variable with the ranges of its values, where any is not exact."""
    if all(low == high for low, high in bounds):
        return variable
    wide: dict[float, tuple[float, float]] = {}
    for (_, s), (low, high) in zip(states, bounds):
        known = wide.get(float(s), (low, high))
        wide[float(s)] = (min(known[0], low), max(known[1], high))
    return replace(variable, bounds=tuple(wide[float(value)] for value in variable.values))
