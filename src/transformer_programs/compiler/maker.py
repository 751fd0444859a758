"""Variables of a graph: the values of a root, and elementwise functions of variables.

A function is evaluated on every combination of states of the roots that it depends on. Where these are too many, an
argument is cut first: it becomes one-hot in a root of its own, with one state a value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from transformer_programs.compiler.bounds import loosely
from transformer_programs.compiler.graph import Graph, Linear, Root, TableSource, Term, Variable, refuse
from transformer_programs.compiler.patterns import split
from transformer_programs.program import Ref, Selector, Value

__all__ = ["MOST_VALUES", "Maker"]

MOST_VALUES = 1 << 15
"""Most values of a sum or an average that are listed."""
MOST_HEADS = 6
"""Most heads that one count or sum is spread over, before its sites are joined."""
FUSED = 1 << 12
"""Most combinations of states for a table over roots that are not tables themselves."""
FUSED_PAIR = 1 << 14
"""The same for two roots, whose sum or difference is often all that matters."""
MOST_ROOTS = 12
"""Most roots of one table."""
MOST_CELLS = 1 << 20
"""Most combinations of states at all."""
FINEST = 1 << 20
"""Largest ratio of range to smallest gap of the scalars that one table reads: what float32 still resolves."""
LARGEST = 1e304
"""Largest number."""


class Maker:
    """Makes the variables of a graph, and the roots that they need."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._cuts: dict[int, Variable] = {}

    def of_root(self, root: Root, values: Sequence[Value], mixed: bool = False) -> Variable:
        """The variable that a root holds: one value a state, not necessarily distinct."""
        if root.size == 1:
            return Variable(root.name, (), np.zeros((), dtype=np.int64), tuple(values), mixed)
        return self._collect(root.name, (root.index,), list(values), np.arange(root.size), mixed)

    def _collect(
        self, name: str, site: tuple[int, ...], results: list[Any], cells: np.ndarray, mixed: bool = False
    ) -> Variable:
        """A variable from results (`None`: no value) and an index into them for every cell."""
        place: dict[Value, int] = {}
        kinds: dict[Value, type] = {}
        code = np.full(len(results), -1)
        for i, result in enumerate(results):
            if result is not None:
                code[i] = place.setdefault(result, len(place))
                mixed |= kinds.setdefault(result, type(result)) is not type(result)
        return Variable(name, site, code[cells], tuple(place), mixed)

    def finite(self, ref: Ref, place: str) -> Variable:
        """A variable whose values are enumerated.

        Raises:
            ProgramError: they are too many.
        """
        variable = self.graph.variables[ref]
        if isinstance(variable, Linear):
            raise refuse(
                place,
                f"{ref}, an average with more than {MOST_VALUES} values",
                "a finite variable",
                "use a smaller vocabulary or length",
            )
        return variable

    def terms(self, selector: Selector, place: str, join: bool = False) -> list[Term]:
        """The selector as conjunctions; sums and counts take several, everything else at most one."""
        terms = split(self.graph, selector, self.graph.variables, place, join)
        return terms if len(terms) <= MOST_HEADS else split(self.graph, selector, self.graph.variables, place, True)

    def map(self, name: str, function: Callable[..., Any], arguments: Sequence[Variable]) -> Variable:
        """The elementwise function of variables, on every combination of states of their roots."""
        arguments = self._fitting(name, list(arguments))
        site = tuple(sorted({root for argument in arguments for root in argument.site}))
        spread = [self.graph.spread(argument.codes, argument.site, site) for argument in arguments]
        known = np.ones(self.graph.sizes(site), dtype=bool)
        key = np.zeros(self.graph.sizes(site), dtype=np.int64)
        for argument, codes in zip(arguments, spread):
            known &= codes >= 0
            key = key * len(argument.values) + np.maximum(codes, 0)
        key = np.where(known, key, -1)
        keys, cells = np.unique(key, return_inverse=True)
        results: list[Any] = []
        bounds: list[tuple[float, float]] = []
        loose = any(argument.bounds for argument in arguments)
        faults: dict[int, str] = {}
        place = f"step {name!r}"
        numbers = [value for argument in arguments for value in argument.values if not isinstance(value, str)]
        scale = max((abs(float(number)) for number in numbers), default=0.0) if loose else 0.0
        for index, flat in enumerate(keys.tolist()):
            result = None
            if flat >= 0:
                values: list[Any] = []
                ranges: list[tuple[Any, ...]] = []
                for argument in reversed(arguments):
                    flat, digit = divmod(flat, len(argument.values))
                    values.insert(0, argument.values[digit])
                    ranges.insert(0, argument.bounds[digit] if argument.bounds else (argument.values[digit],))
                try:
                    result = function(*values)
                except (ArithmeticError, TypeError, ValueError, KeyError) as error:
                    faults[index] = f"{type(error).__name__}: {error}"
                else:
                    self._check(name, result)
            results.append(result)
            if loose:
                bounds.append((0.0, 0.0) if result is None else loosely(place, function, result, ranges, scale))
        cells = cells.reshape(key.shape)
        if faults:
            self.graph.faults.append((site, np.isin(cells, list(faults)), f"{place}: {next(iter(faults.values()))}"))
        variable = self._collect(name, site, results, cells)
        if any(low != high for low, high in bounds):
            number = {value: i for i, value in enumerate(variable.values)}
            wide = [(float("inf"), -float("inf"))] * len(number)
            for result, (low, high) in zip(results, bounds):
                if result is not None:
                    i = number[result]
                    wide[i] = (min(wide[i][0], low), max(wide[i][1], high))
            return replace(variable, bounds=tuple(wide))
        return variable

    def _cut(self, variable: Variable) -> Variable:
        """The same variable held one-hot by a root of its own, unless it is a function of one one-hot root."""
        if not variable.site or (len(variable.site) == 1 and self.graph.roots[variable.site[0]].points is None):
            return variable
        if id(variable) not in self._cuts:
            root = self.graph.add(variable.name, TableSource(variable), variable.values)
            self._cuts[id(variable)] = replace(variable, site=(root.index,), codes=np.arange(root.size))
        return self._cuts[id(variable)]

    def _fitting(self, name: str, arguments: list[Variable]) -> list[Variable]:
        """The arguments, cut as far as needed for a table of reasonable size and resolution."""
        while True:
            site = tuple(sorted({root for argument in arguments for root in argument.site}))
            cells = math.prod(self.graph.sizes(site))
            few = (
                cells <= (FUSED_PAIR if len(site) == 2 else FUSED)
                and len(site) <= MOST_ROOTS
                and self._fineness(site) <= FINEST
            )
            # A function of what is over this site already makes nothing larger.
            if few or len(site) <= 1 or any(argument.site == site for argument in arguments):
                return arguments
            cuts = [self._cut(argument) for argument in arguments]
            sizes = [
                math.prod(self.graph.sizes(old.site)) * self._fineness(old.site) if new is not old else -1.0
                for old, new in zip(arguments, cuts)
            ]
            if max(sizes) < 0:
                if cells > MOST_CELLS or len(site) > 32:
                    raise refuse(
                        f"step {name!r}",
                        f"a table with {cells} combinations of "
                        + " x ".join(f"{self.graph.roots[i].size} of {self.graph.roots[i].name}" for i in site),
                        f"at most {MOST_CELLS}",
                        "use a smaller vocabulary or length",
                    )
                return arguments
            widest = sizes.index(max(sizes))
            time = self.graph.table_time(arguments[widest].site)
            arguments[widest] = cuts[widest]
            for i, argument in enumerate(arguments):
                # What can be computed by the same MLP costs no layer, and leaves a table over few states.
                if len(argument.site) > 1 and self.graph.table_time(argument.site) <= time:
                    arguments[i] = cuts[i]

    def _fineness(self, site: tuple[int, ...]) -> float:
        ratio = 1.0
        for index in site:
            points = self.graph.roots[index].points
            if points is not None and len(points) > 1:
                ordered = np.unique(points)
                ratio *= (
                    (ordered[-1] - ordered[0]) / np.diff(ordered).min(initial=np.inf) + 1 if len(ordered) > 1 else 1
                )
            else:
                ratio *= self.graph.roots[index].size
        return ratio

    def _check(self, name: str, result: Any) -> None:
        real = isinstance(result, (bool, int, float)) and abs(result) <= LARGEST
        if not real and not isinstance(result, str):
            shown = str(result) if len(str(result)) <= 40 else f"{str(result)[:40]}.. ({len(str(result))} digits)"
            raise refuse(
                f"step {name!r}", f"the value {shown}", f"a bool, a text, or a real number of at most {LARGEST:g}"
            )
