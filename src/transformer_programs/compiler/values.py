"""First stage: the value set of every variable, by enumeration over the states of its site.

`tokens` and `positions` have one state a token and a position. Elementwise nodes are evaluated, with the program's
own semantics, on every combination of states that can reach them. The value sets of counts, sums and averages are
enumerated by the number of matches. Sets are upper bounds: a combination that no run reaches costs a little size,
never exactness. What cannot be enumerated is refused with the node and the size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from transformer_programs.compiler.averages import combine, mean, total
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
    Term,
    TokenSource,
    Variable,
    refuse,
)
from transformer_programs.compiler.maker import Maker
from transformer_programs.compiler.patterns import always_matches, joined, position_keys_only, preferred
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

__all__ = ["analyse"]

POSITIONS_ROOT = 1
"""Number of the root of the positions; 0 is that of the tokens."""
LONGEST = 2048
"""Most positions: patterns over pairs of positions are stored."""
BIGGEST = 2.0**53
"""Whole numbers up to here are exact floats."""
TYPELESS = {"==", "!=", "<", "<=", ">", ">=", "not", "int", "float", "bool", "indicator", "round"}
"""Operators whose result does not depend on the type of equal arguments."""


def analyse(program: Program, vocabulary: Sequence[str], length: int) -> Graph:
    """The graph of a program.

    Raises:
        ProgramError: a node with too many values, or one that has no weights; the place is the step.
    """
    return _Analysis(program, vocabulary, length).graph


class _Analysis:
    """Walks over the steps and adds roots and variables to the graph."""

    def __init__(self, program: Program, vocabulary: Sequence[str], length: int) -> None:
        if length > LONGEST:
            raise refuse("--max-length", str(length), f"at most {LONGEST}")
        self.graph = graph = Graph(length=length, causal=program.causal, domains=domains(program))
        self._make = Maker(graph)
        tokens = graph.add("tokens", TokenSource(), vocabulary)
        positions = graph.add("positions", PositionSource(), range(length))
        graph.variables["tokens"] = self._make.of_root(tokens, tuple(vocabulary))
        graph.variables["positions"] = self._make.of_root(positions, tuple(range(length)))
        self._firsts: dict[int, Root] = {}
        for step in program.steps:
            graph.variables[step.name] = self._node(step.name, step.node)

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
                arguments = [self._make.finite(read.variable, place) for read in reads]
                return self._make.map(name, lambda *key: table[tuple(map(saturate, key, limits))], arguments)
            case Apply(operator, refs):
                open_numbers = [self.graph.variables[ref] for ref in refs]
                if any(isinstance(number, Linear) for number in open_numbers):
                    return combine(name, operator, open_numbers)
                return self._apply(name, operator, [self._make.finite(ref, place) for ref in refs])
            case Lookup(argument, keys, values, default):
                entries = dict(zip(keys, values))
                if default is None:
                    return self._make.map(name, lambda key: entries[key], [self._make.finite(argument, place)])
                return self._make.map(name, lambda key: entries.get(key, default), [self._make.finite(argument, place)])
            case Spelled(function):
                raise AssertionError(function)  # refused at the start
            case Width(selector):
                return self._width(name, self._make.terms(selector, place))
            case Total(selector, ref):
                return total(self._make, name, self._make.terms(selector, place), ref)
            case Mean(selector, ref, default):
                return mean(self._make, name, selector, ref, default)
            case Largest(selector, ref, default):
                return self._extreme(name, selector, ref, default, sign=1)
            case Smallest(selector, ref, default):
                return self._extreme(name, selector, ref, default, sign=-1)
            case Closest(selector, ref):
                return self._closest(name, selector, ref)

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
        variable = self._make.map(name, function, arguments)
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
            counts.append(self._make.of_root(root, states))
        if not counts:
            return Variable(name, (), np.zeros((), dtype=np.int64), (0,))
        return counts[0] if len(counts) == 1 else self._make.map(name, lambda *parts: sum(parts), counts)

    def _extreme(self, name: str, selector: Selector, ref: Ref, default: Value, sign: int) -> Variable:
        place = f"step {name!r}"
        values = self._make.finite(ref, place)
        term = joined(self._make.terms(selector, place, join=True), place)
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
        return self._make.of_root(
            self.graph.add(name, source, states), states, values.mixed or bool(kinds - {type(default)})
        )

    def _closest(self, name: str, selector: Pattern, ref: Ref) -> Variable:
        place = f"step {name!r}"
        values = self._make.finite(ref, place)
        ranks: np.ndarray | None = None
        term: Term | None
        if isinstance(selector, Prefer):
            literal, ranks = preferred(self.graph, selector, self.graph.variables, place)
            term = (literal,) if literal.table.any() else None
        else:
            term = joined(self._make.terms(selector, place, join=True), place)
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
            return replace(self._make.of_root(first, values.values, values.mixed), bounds=values.bounds)
        root = self.graph.add(name, ClosestSource(term, values, first, default, ranks), values.values)
        return replace(self._make.of_root(root, values.values, values.mixed), bounds=values.bounds)

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


def _power(base: Any, exponent: Any) -> Any:
    """base ** exponent, unless the number would fill the memory."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and exponent * abs(base).bit_length() > 4096:
        raise refuse("^", f"{base} ^ {exponent}", "a number with less than a thousand digits")
    return base**exponent
