"""First stage: the value set of every variable, by enumeration over the states of its site.

`tokens` and `positions` have one state a token and a position. Elementwise nodes are evaluated, with the program's
own semantics, on every combination of states that can reach them. The value sets of counts, sums and averages are
enumerated by the number of matches. Sets are upper bounds: a combination that no run reaches costs a little size,
never exactness. What cannot be enumerated is refused with the node and the size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from transformer_programs.compiler.averages import MOST_VALUES, combine, mean, total
from transformer_programs.compiler.bounds import loosely
from transformer_programs.compiler.graph import (
    ClosestSource,
    CopySource,
    CountSource,
    ExtremeSource,
    Graph,
    Linear,
    Literal,
    PositionSource,
    Root,
    TableSource,
    Term,
    TokenSource,
    Variable,
    refuse,
)
from transformer_programs.compiler.patterns import always_matches, joined, position_keys_only, preferred, split
from transformer_programs.program import (
    Apply,
    Closest,
    Constant,
    Largest,
    Lookup,
    Mean,
    Node,
    Pattern,
    Prefer,
    Program,
    Ref,
    Selector,
    Smallest,
    Spelled,
    Table,
    Total,
    Value,
    Width,
    domains,
    read_domain,
    references,
)
from transformer_programs.program.semantics import OPERATORS, saturate

__all__ = ["Analysis", "analyse"]

POSITIONS_ROOT = 1
"""Number of the root of the positions; 0 is that of the tokens."""
LONGEST = 2048
"""Most positions: patterns over pairs of positions are stored."""
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
BIGGEST = 2.0**53
"""Whole numbers up to here are exact floats."""
TYPELESS = {"==", "!=", "<", "<=", ">", ">=", "not", "int", "float", "bool", "indicator", "round"}
"""Operators whose result does not depend on the type of equal arguments."""


def analyse(program: Program, vocabulary: Sequence[str], length: int) -> Graph:
    """The graph of a program.

    Raises:
        ProgramError: a node with too many values, or one that has no weights; the place is the step.
    """
    return Analysis(program, vocabulary, length).graph


class Analysis:
    """Walks over the steps and adds roots and variables to the graph."""

    def __init__(self, program: Program, vocabulary: Sequence[str], length: int) -> None:
        if length > LONGEST:
            raise refuse("--max-length", str(length), f"at most {LONGEST}")
        self.graph = graph = Graph(length=length, causal=program.causal, domains=domains(program))
        tokens = graph.add("tokens", TokenSource(), vocabulary)
        positions = graph.add("positions", PositionSource(), range(length))
        graph.variables["tokens"] = self.of_root(tokens, tuple(vocabulary))
        graph.variables["positions"] = self.of_root(positions, tuple(range(length)))
        self._cuts: dict[int, Variable] = {}
        self._firsts: dict[int, Root] = {}
        for step in program.steps:
            graph.variables[step.name] = self._node(step.name, step.node)

    def of_root(self, root: Root, values: Sequence[Value], mixed: bool = False) -> Variable:
        """The variable that a root holds: one value a state, not necessarily distinct."""
        if root.size == 1:
            return Variable(root.name, (), np.zeros((), dtype=np.int64), tuple(values), mixed)
        return self.collect(root.name, (root.index,), list(values), np.arange(root.size), mixed)

    def collect(
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
        variable = self.collect(name, site, results, cells)
        if any(low != high for low, high in bounds):
            number = {value: i for i, value in enumerate(variable.values)}
            wide = [(float("inf"), -float("inf"))] * len(number)
            for result, (low, high) in zip(results, bounds):
                if result is not None:
                    i = number[result]
                    wide[i] = (min(wide[i][0], low), max(wide[i][1], high))
            return replace(variable, bounds=tuple(wide))
        return variable

    def cut(self, variable: Variable) -> Variable:
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
            cuts = [self.cut(argument) for argument in arguments]
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

    def _node(self, name: str, node: Node) -> Variable | Linear:
        place = f"step {name!r}"
        for ref in references(node):
            variable = self.graph.variables[ref]
            if isinstance(variable, Variable) and not variable.values:
                raise refuse(place, f"{ref}, which has no value in any run", "a variable that some run computes")
        match node:
            case Constant(value):
                return Variable(name, (), np.zeros((), dtype=np.int64), (value,))
            case Table(reads, cells):
                table = dict(zip(product(*(read_domain(read, self.graph.domains) for read in reads)), cells))
                limits = [read.limit for read in reads]
                arguments = [self.finite(read.variable, place) for read in reads]
                return self.map(name, lambda *key: table[tuple(map(saturate, key, limits))], arguments)
            case Apply(operator, refs):
                open_numbers = [self.graph.variables[ref] for ref in refs]
                if any(isinstance(number, Linear) for number in open_numbers):
                    return combine(name, operator, open_numbers)
                return self._apply(name, operator, [self.finite(ref, place) for ref in refs])
            case Lookup(argument, keys, values, default):
                entries = dict(zip(keys, values))
                if default is None:
                    return self.map(name, lambda key: entries[key], [self.finite(argument, place)])
                return self.map(name, lambda key: entries.get(key, default), [self.finite(argument, place)])
            case Spelled(function):
                raise AssertionError(function)  # refused at the start
            case Width(selector):
                return self._width(name, self.terms(selector, place))
            case Total(selector, ref):
                return total(self, name, self.terms(selector, place), ref)
            case Mean(selector, ref, default):
                return mean(self, name, selector, ref, default)
            case Largest(selector, ref, default):
                return self._extreme(name, selector, ref, default, sign=1)
            case Smallest(selector, ref, default):
                return self._extreme(name, selector, ref, default, sign=-1)
            case Closest(selector, ref):
                return self._closest(name, selector, ref)

    def terms(self, selector: Selector, place: str, join: bool = False) -> list[Term]:
        """The selector as conjunctions; sums and counts take several, everything else at most one."""
        terms = split(self.graph, selector, self.graph.variables, place, join)
        return terms if len(terms) <= MOST_HEADS else split(self.graph, selector, self.graph.variables, place, True)

    def _apply(self, name: str, operator: str, arguments: list[Variable]) -> Variable:
        mixed = [argument.name for argument in arguments if argument.mixed]
        textual = any(not argument.numeric for argument in arguments)
        if mixed and (operator == "str" or (textual and operator in ("*", "%", "+"))):
            raise refuse(
                f"step {name!r}",
                f"{operator} of {mixed[0]}, whose equal values may be whole numbers or floats",
                "numbers of one type",
                "convert it with int or float first",
            )
        function = OPERATORS[operator]
        if operator == "^":
            function = _power
        variable = self.map(name, function, arguments)
        if not mixed or operator in TYPELESS:
            return variable
        if any(not isinstance(value, str) and abs(value) > BIGGEST for value in variable.values):
            raise refuse(f"step {name!r}", "numbers beyond 2**53 of unknown type", "smaller numbers")
        return replace(variable, mixed=True)

    def _width(self, name: str, terms: list[Term]) -> Variable:
        """Counts: one root a conjunction; 1 / (count + 1) is what its head writes."""
        counts = []
        for term in terms:
            low = 1 if always_matches(term) else 0
            if not term and not self.graph.causal:
                low = 1
            states = range(low, self.graph.length + 1)
            root = self.graph.add(name, CountSource(term), states, np.array([1 / (c + 1) for c in states]))
            counts.append(self.of_root(root, states))
        if not counts:
            return Variable(name, (), np.zeros((), dtype=np.int64), (0,))
        return counts[0] if len(counts) == 1 else self.map(name, lambda *parts: sum(parts), counts)

    def _extreme(self, name: str, selector: Selector, ref: Ref, default: Value, sign: int) -> Variable:
        place = f"step {name!r}"
        values = self.finite(ref, place)
        term = joined(self.terms(selector, place, join=True), place)
        if term is None:
            return Variable(name, (), np.zeros((), dtype=np.int64), (default,))
        if values.bounds:
            raise refuse(place, f"{ref}, sums of floats that depend on the order of additions", "whole numbers")
        try:
            order = sorted(values.values)
        except TypeError as error:
            raise refuse(place, f"the largest of text and numbers ({error})", "values of one type") from error
        ranks = tuple(sign * order.index(value) for value in values.values)
        lowest = min(ranks, default=0)
        states = tuple(dict.fromkeys((*values.values, default)))
        source = ExtremeSource(
            term, values, tuple(range(len(values.values))), tuple(r - lowest for r in ranks), states.index(default)
        )
        kinds = {type(value) for value in values.values if value == default}
        return self.of_root(self.graph.add(name, source, states), states, values.mixed or bool(kinds - {type(default)}))

    def _closest(self, name: str, selector: Pattern, ref: Ref) -> Variable:
        place = f"step {name!r}"
        values = self.finite(ref, place)
        ranks: np.ndarray | None = None
        term: Term | None
        if isinstance(selector, Prefer):
            literal, ranks = preferred(self.graph, selector, self.graph.variables, place)
            term = (literal,) if literal.table.any() else None
        else:
            term = joined(self.terms(selector, place, join=True), place)
        if not values.site:
            return values
        first = default = None
        if term is None or not (always_matches(term) or position_keys_only(term)):
            default = self._known_first(values)
            first = self._first(values) if default is None else None
        if term is None and default is not None:
            return Variable(name, (), np.zeros((), dtype=np.int64), (values.values[default],), values.mixed)
        if term is None:
            assert first is not None
            return replace(self.of_root(first, values.values, values.mixed), bounds=values.bounds)
        root = self.graph.add(name, ClosestSource(term, values, first, default, ranks), values.values)
        return replace(self.of_root(root, values.values, values.mixed), bounds=values.bounds)

    def _known_first(self, values: Variable) -> int | None:
        """The value at position 0, where it is the same in every run: a function of the position has one."""
        if values.site != (POSITIONS_ROOT,) or values.codes[0] < 0:
            return None
        return int(values.codes[0])

    def _first(self, values: Variable) -> Root:
        """The root that holds the value at position 0."""
        if id(values) not in self._firsts:
            table = np.arange(self.graph.length)[None, :] == 0
            here = Literal((1,), np.arange(self.graph.length), (), np.zeros((), dtype=np.int64), table)
            source = CopySource((here,), values, tuple(range(len(values.values))), None)
            self._firsts[id(values)] = self.graph.add(f"{values.name}_at_0", source, values.values)
        return self._firsts[id(values)]


MOST_HEADS = 6
"""Most heads that one count or sum is spread over, before its sites are joined."""


def _power(base: Any, exponent: Any) -> Any:
    """base ** exponent, unless the number would fill the memory."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and exponent * abs(base).bit_length() > 4096:
        raise refuse("^", f"{base} ^ {exponent}", "a number with less than a thousand digits")
    return base**exponent
