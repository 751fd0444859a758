"""Selectors as sums of conjunctions: what one attention head can select, and into how many heads the rest falls.

An attention score is a sum of bilinear forms, one for each pair (key site, query site). With 0/1 forms a score
reaches the number of forms exactly where all of them hold: a *conjunction* over different keys and queries costs
nothing. Any selector is a truth function of its comparisons; those over one pair of sites are one form with several
outcomes. Splitting the truth function outcome by outcome writes the selector as a disjoint union of conjunctions,
which is enough to count and to sum (one head each). Where one head must see the whole union, the sites are joined:
over the product of all key sites and the product of all query sites every selector is one bilinear form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from transformer_programs.compiler.bounds import loosely
from transformer_programs.compiler.graph import Graph, Linear, Literal, Term, Variable, refuse
from transformer_programs.program import (
    POSITIONS,
    Both,
    Compare,
    Either,
    Full,
    Negate,
    Offset,
    Prefer,
    Ref,
    Relation,
    Selector,
    read_domain,
)
from transformer_programs.program.semantics import COMPARISONS, saturate

__all__ = ["always_matches", "at_most_one", "joined", "position_keys_only", "preferred", "split"]

MOST_JOINED = 4096
"""Most combinations of states on one side of a joined pattern."""

MOST_OUTCOMES = 1 << 14
"""Most combinations of outcomes that one selector is split over."""

Truth = Callable[[Mapping[int, bool]], bool]


class _Atom:
    """One comparison: two variables and which pairs of their values are selected."""

    def __init__(self, keys: Variable, queries: Variable, table: np.ndarray) -> None:
        self.keys, self.queries, self.table = keys, queries, table


def split(
    graph: Graph, selector: Selector, variables: Mapping[Ref, Variable | Linear], place: str, join: bool = False
) -> list[Term]:
    """The selector as disjoint conjunctions; with `join` as at most one.

    Raises:
        ProgramError: values that cannot be compared, or a join that is too large.
    """
    atoms: list[_Atom] = []
    truth = _read(graph, selector, variables, atoms, place)
    groups = _groups(atoms)
    terms = _terms(graph, groups, atoms, truth, place)
    if len(terms) > 1 and join:
        keys = tuple(sorted({root for atom in atoms for root in atom.keys.site}))
        queries = tuple(sorted({root for atom in atoms for root in atom.queries.site}))
        for side, site in (("key", keys), ("query", queries)):
            size = math.prod(graph.sizes(site))
            if size > MOST_JOINED:
                raise refuse(
                    place,
                    f"a selector that joins {len(atoms)} comparisons into {size} {side} combinations",
                    f"at most {MOST_JOINED}",
                    "use a smaller vocabulary or length, or split the selector into several heads",
                )
        atoms = [
            _Atom(_over(graph, atom.keys, keys), _over(graph, atom.queries, queries), atom.table) for atom in atoms
        ]
        terms = _terms(graph, _groups(atoms), atoms, truth, place)
    return terms


def preferred(
    graph: Graph, prefer: Prefer, variables: Mapping[Ref, Variable | Linear], place: str
) -> tuple[Literal, np.ndarray]:
    """Which pairs may be attended, and the rank of each, 0 the best: [query class, key class].

    Raises:
        ProgramError: values that are not known exactly.
    """
    sides = []
    for read in (prefer.keys, prefer.queries):
        variable = variables[read.variable]
        if isinstance(variable, Linear) or variable.bounds:
            raise refuse(place, f"preferences over {read.variable}, sums of floats", "a finite variable")
        values = [saturate(value, read.limit) for value in variable.values]
        sides.append((variable.site, np.maximum(variable.codes, 0), values))
    (key_site, key_codes, keys), (query_site, query_codes, queries) = sides
    order_of = dict(zip(read_domain(prefer.queries, graph.domains), prefer.orders))
    ranks = np.full((len(queries), len(keys)), -1)
    for row, query in zip(ranks, queries):
        rank_of = {value: rank for rank, group in enumerate(order_of[query]) for value in group}
        row[:] = [rank_of.get(key, -1) for key in keys]
    return Literal(key_site, key_codes, query_site, query_codes, ranks >= 0), ranks


def joined(terms: list[Term], place: str) -> Term | None:
    """The only conjunction; None where nothing is ever selected."""
    assert len(terms) <= 1, place
    return terms[0] if terms else None


def at_most_one(term: Term) -> bool:
    """Whether the pattern provably selects at most one position: by the key position itself."""
    return any(
        literal.key_site == (1,) and literal.table[:, literal.key_classes].sum(axis=1).max(initial=0) <= 1
        for literal in term
    )


def always_matches(term: Term) -> bool:
    """Whether the pattern provably selects a visible position: the own one, or position 0."""
    own = all(
        literal.key_site == literal.query_site
        and bool(literal.table[literal.query_classes.ravel(), literal.key_classes.ravel()].all())
        for literal in term
    )
    return own or all(
        literal.key_site == (1,) and bool(literal.table[:, literal.key_classes[0]].all()) for literal in term
    )


def position_keys_only(term: Term) -> bool:
    """Whether the pattern looks at nothing but the position on the key side."""
    return all(literal.key_site == (1,) for literal in term)


def _read(
    graph: Graph, selector: Selector, variables: Mapping[Ref, Variable | Linear], atoms: list[_Atom], place: str
) -> Truth:
    """Collects the comparisons; returns the truth function of their outcomes."""

    def finite(ref: Ref) -> Variable:
        variable = variables[ref]
        if isinstance(variable, Linear):
            raise refuse(place, f"a comparison of {ref}, an average with too many values", "a finite variable")
        return variable

    def atom(keys: Variable, queries: Variable, table: np.ndarray, holds: Callable[[Any, Any], bool]) -> Truth:
        if keys.bounds or queries.bounds:
            for q, query_range in enumerate(queries.bounds or [(value,) for value in queries.values]):
                for k, key_range in enumerate(keys.bounds or [(value,) for value in keys.values]):
                    loosely(place, holds, bool(table[q, k]), [key_range, query_range])
        atoms.append(_Atom(keys, queries, table))
        index = len(atoms) - 1
        return lambda outcome: outcome[index]

    match selector:
        case Full():
            return lambda outcome: True
        case Offset(low, high):
            places = np.arange(graph.length)
            apart = places[None, :] - places[:, None]
            here = finite(POSITIONS)
            return atom(here, here, (low <= apart) & (apart <= high), lambda k, q: bool(low <= k - q <= high))
        case Compare(key_ref, operator, query_ref):
            keys, queries = finite(key_ref), finite(query_ref)
            holds = COMPARISONS[operator]
            try:
                key_ranks, query_ranks = _ranks(keys, queries, ordered=operator not in ("==", "!="))
            except TypeError as error:
                place_of = f"a comparison {key_ref} {operator} {query_ref}: {error}"
                raise refuse(place, place_of, "values of one type") from error
            table = np.asarray(holds(key_ranks[None, :], query_ranks[:, None]))
            return atom(keys, queries, table, holds)
        case Relation(key_read, query_read, rows):
            keys, queries = finite(key_read.variable), finite(query_read.variable)
            row_of = {q: set(row) for q, row in zip(read_domain(query_read, graph.domains), rows)}
            table = np.zeros((len(queries.values), len(keys.values)), dtype=bool)
            seen = [saturate(key, key_read.limit) for key in keys.values]
            column_of: dict[Any, list[int]] = {}
            for k, key in enumerate(seen):
                column_of.setdefault(key, []).append(k)
            for q, query in enumerate(queries.values):
                for key in row_of[saturate(query, query_read.limit)]:
                    table[q, column_of.get(key, [])] = True
            return atom(
                keys,
                queries,
                table,
                lambda k, q: saturate(k, key_read.limit) in row_of[saturate(q, query_read.limit)],
            )
        case Negate(inner):
            truth = _read(graph, inner, variables, atoms, place)
            return lambda outcome: not truth(outcome)
        case Both(left, right) | Either(left, right):
            first = _read(graph, left, variables, atoms, place)
            second = _read(graph, right, variables, atoms, place)
            if isinstance(selector, Both):
                return lambda outcome: first(outcome) and second(outcome)
            return lambda outcome: first(outcome) or second(outcome)


def _ranks(keys: Variable, queries: Variable, ordered: bool) -> tuple[np.ndarray, np.ndarray]:
    """Numbers that compare as the values do.

    Raises:
        TypeError: the values have no order.
    """
    values = list(dict.fromkeys((*keys.values, *queries.values)))
    rank = {value: i for i, value in enumerate(sorted(values) if ordered else values)}
    return np.array([rank[k] for k in keys.values]), np.array([rank[q] for q in queries.values])


def _over(graph: Graph, variable: Variable, site: tuple[int, ...]) -> Variable:
    codes = graph.spread(variable.codes, variable.site, site)
    return Variable(variable.name, site, codes, variable.values)


def _groups(atoms: list[_Atom]) -> list[list[int]]:
    """Comparisons by their pair of sites."""
    groups: dict[tuple, list[int]] = {}
    for index, atom in enumerate(atoms):
        groups.setdefault((atom.keys.site, atom.queries.site), []).append(index)
    return list(groups.values())


def _classes(graph: Graph, variables: list[Variable]) -> tuple[np.ndarray, np.ndarray]:
    """Joint classes of variables over one site: class of each cell, and [class, variable] -> code."""
    codes = np.stack([np.maximum(variable.codes, 0).ravel() for variable in variables])
    rows, inverse = np.unique(codes, axis=1, return_inverse=True)
    return inverse.reshape(variables[0].codes.shape), rows.T


def _terms(graph: Graph, groups: list[list[int]], atoms: list[_Atom], truth: Truth, place: str) -> list[Term]:
    """A disjoint union of conjunctions, of the group order that needs fewest."""
    outcomes = []
    for group in groups:
        first = atoms[group[0]]
        key_classes, keys = _classes(graph, [atoms[i].keys for i in group])
        query_classes, queries = _classes(graph, [atoms[i].queries for i in group])
        bits = np.zeros((len(queries), len(keys)), dtype=np.int64)
        for bit, i in enumerate(group):
            bits |= atoms[i].table[queries[:, bit]][:, keys[:, bit]].astype(np.int64) << bit
        outcomes.append((group, first, key_classes, query_classes, bits, sorted(set(bits.ravel().tolist()))))

    if math.prod(len(symbols) for *_, symbols in outcomes) > MOST_OUTCOMES:
        raise refuse(
            place, f"a selector of {len(atoms)} comparisons over {len(groups)} pairs of variables", "fewer comparisons"
        )

    def residual(order: tuple[int, ...], fixed: dict[int, bool]) -> list[list[tuple[int, tuple[int, ...]]]]:
        """Conjunctions over the groups in `order`, the earlier outcomes being fixed."""
        if not order:
            return [[]] if truth(fixed) else []
        group, *_, symbols = outcomes[order[0]]
        by_rest: dict[str, tuple[list[int], list[list[tuple[int, tuple[int, ...]]]]]] = {}
        for symbol in symbols:
            known = {**fixed, **{i: bool(symbol >> bit & 1) for bit, i in enumerate(group)}}
            rest = residual(order[1:], known)
            by_rest.setdefault(repr(rest), ([], rest))[0].append(symbol)
        found = []
        for allowed, rest in by_rest.values():
            everything = len(allowed) == len(symbols)
            for conjunction in rest:
                found.append(conjunction if everything else [(order[0], tuple(allowed)), *conjunction])
        return found

    orders = list(permutations(range(len(groups)))) if len(groups) <= 4 else [tuple(range(len(groups)))]
    best = min((residual(order, {}) for order in orders), key=len)
    terms = []
    for conjunction in best:
        literals = []
        for index, allowed in conjunction:
            _, first, key_classes, query_classes, bits, _ = outcomes[index]
            table = np.isin(bits, allowed)
            literals.append(
                Literal(first.keys.site, key_classes, first.queries.site, query_classes, table),
            )
        terms.append(tuple(literals))
    return terms
