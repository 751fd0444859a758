"""A program on all inputs of one length at once: a cell for every variable at every position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import eq
from typing import Any

import z3  # type: ignore[import-untyped]

from transformer_programs.batch.stream import elementwise
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
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
    Pattern,
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Selector,
    Smallest,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    domains,
    read_domain,
    references,
    selector_of,
)
from transformer_programs.program import semantics as S
from transformer_programs.verify.symbolic.logic import (
    Bit,
    CannotProve,
    Cell,
    count,
    either,
    every,
    known,
    lemma,
    lift,
    merged,
    opposite,
    same,
)

__all__ = ["Encoded", "encode"]

MOST_SUMS = 4096


@dataclass(frozen=True, slots=True)
class Encoded:
    """A program's answers as text, one cell a position (one in all where pooled), and when it fails.

    Lemmas are true of every input on which it does not fail.
    """

    answers: list[Cell]
    fails: Bit
    lemmas: tuple[Bit, ...] = ()


def encode(program: Program, tokens: Sequence[Cell], tick: Callable[[], None]) -> Encoded:
    """The answers on symbolic tokens.

    Args:
        program: any.
        tokens: one cell a position.
        tick: called now and then; it may raise to end the work.

    Raises:
        CannotProve: a variable has too many values, or equal ones of different types.
    """
    encoder = _Encoder(program, tokens, tick)
    steps = _needed(program)
    for step in steps:
        tick()
        encoder.columns[step.name] = encoder.column(step.node)
    answers = encoder.output()
    cells = (cell for step in steps for cell in encoder.columns[step.name])
    lemmas = tuple(told for told in map(lemma, cells) if told is not True)
    return Encoded(answers, either(encoder.failing), lemmas)


def _needed(program: Program) -> list[Step]:
    """All steps but tables and constants that nothing reads: others might fail, which the answer must not hide."""
    wanted = set(references(program.output))
    kept = []
    for step in reversed(program.steps):
        if step.name in wanted or not isinstance(step.node, (Table, Constant)):
            wanted.update(references(step.node))
            kept.append(step)
    return kept[::-1]


class _Encoder:
    def __init__(self, program: Program, tokens: Sequence[Cell], tick: Callable[[], None]) -> None:
        self.program, self.tick = program, tick
        self.n = len(tokens)
        self.known = domains(program)
        self.columns: dict[Ref, list[Cell]] = {TOKENS: list(tokens), POSITIONS: [known(i) for i in range(self.n)]}
        self.failing: list[Bit] = []

    def read(self, read: Read) -> list[Cell]:
        column = self.columns[read.variable]
        if read.limit is None:
            return column
        return [merged((S.saturate(value, read.limit), bit) for value, bit in cell.items()) for cell in column]

    def column(self, node: Node) -> list[Cell]:
        match node:
            case Constant(value):
                return [known(value)] * self.n
            case Table(reads, rows):
                places = [{v: i for i, v in enumerate(read_domain(read, self.known))} for read in reads]

                def look(*key: Any) -> Any:
                    at = 0
                    for value, place in zip(key, places):
                        at = at * len(place) + place[value]
                    return rows[at]

                return self.lifted(look, [self.read(read) for read in reads])
            case Apply(_, arguments):
                return self.lifted(elementwise(node), [self.columns[ref] for ref in arguments])
            case Lookup(argument):
                return self.lifted(elementwise(node), [self.columns[argument]])
        selector = selector_of(node)
        assert selector is not None
        grid = self.attention(selector)
        cells = []
        for i, row in enumerate(grid):
            self.tick()
            cells.append(self.head(node, i, row))
        return cells

    def lifted(self, meaning: Callable[..., Any], columns: Sequence[list[Cell]]) -> list[Cell]:
        cells = []
        for parts in zip(*columns):
            cell, failing = lift(meaning, *parts)
            self.failing.append(failing)
            cells.append(cell)
        return cells

    def head(self, node: Node, i: int, row: list[Bit]) -> Cell:
        match node:
            case Closest(_, values):
                return self.closest(i, row, self.columns[values])
            case Width():
                return count(row)
            case Total(_, values):
                return self.fold(row, self.columns[values], 0, lambda total, value: total + value)
            case Mean(_, values, default):
                cell = self.fold(row, self.columns[values], (), lambda seen, value: (*_mean_so_far(seen), value))
                return merged((_mean_of(seen, default), bit) for seen, bit in cell.items())
            case Largest(_, values, default):
                cell = self.fold(row, self.columns[values], (), lambda best, value: (max((*best, value)),))
                return merged((best[0] if best else default, bit) for best, bit in cell.items())
            case Smallest(_, values, default):
                cell = self.fold(row, self.columns[values], (), lambda best, value: (min((*best, value)),))
                return merged((best[0] if best else default, bit) for best, bit in cell.items())
        raise AssertionError(node)

    def fold(self, row: list[Bit], values: list[Cell], start: Any, add: Callable[[Any, Any], Any]) -> Cell:
        """From left to right over the matches."""
        cell = known(start)
        for bit, column in zip(row, values):
            if bit is False:
                continue
            added, failing = lift(add, cell, column)
            self.failing.append(every((bit, failing)))
            cell = merged(
                [(value, every((bit, here))) for value, here in added.items()]
                + [(value, every((opposite(bit), here))) for value, here in cell.items()]
            )
            if len(cell) > MOST_SUMS:
                raise CannotProve("a sum of too many values")
        return cell

    def closest(self, i: int, row: list[Bit], values: list[Cell]) -> Cell:
        parts: list[tuple[Any, Bit]] = []
        none: list[Bit] = []
        for j in sorted(range(self.n), key=lambda j: (j == i, abs(i - j), j)):
            if row[j] is False:
                continue
            chosen = every((row[j], *none))
            parts += [(value, every((chosen, bit))) for value, bit in values[j].items()]
            none.append(opposite(row[j]))
            if row[j] is True:
                return merged(parts)
        nothing = every(none)
        parts += [(value, every((nothing, bit))) for value, bit in values[0].items()]
        return merged(parts)

    def attention(self, selector: Pattern) -> list[list[Bit]]:
        """Whether j is visible and selected for i, one row an i."""
        if isinstance(selector, Prefer):
            return self.preferred(selector)
        grid = self.matches(selector)
        if not self.program.causal:
            return grid
        return [[bit if j <= i else False for j, bit in enumerate(row)] for i, row in enumerate(grid)]

    def preferred(self, prefer: Prefer) -> list[list[Bit]]:
        """A key is best where it has some rank, and no visible one has a lower."""
        domain = read_domain(prefer.queries, self.known)
        ranks = {
            query: {value: rank for rank, group in enumerate(order) for value in group}
            for query, order in zip(domain, prefer.orders)
        }
        keys, most = self.read(prefer.keys), max(map(len, prefer.orders), default=0)
        grid = []
        for i, query in enumerate(self.read(prefer.queries)):
            self.tick()
            seen = i + 1 if self.program.causal else self.n
            cells = [lift(lambda k, q: ranks[q].get(k, most), key, query)[0] for key in keys[:seen]]
            row: list[Bit] = [False] * self.n
            none: Bit = True
            for rank in range(most):
                here = [cell.get(rank, False) for cell in cells]
                for j, bit in enumerate(here):
                    row[j] = either((row[j], every((bit, none))))
                none = every((none, opposite(either(here))))
            grid.append(row)
        return grid

    def matches(self, selector: Selector) -> list[list[Bit]]:
        """Whether j is selected for i, one row an i."""
        places = range(self.n)
        match selector:
            case Full():
                return [[True] * self.n for _ in places]
            case Offset(low, high):
                return [[low <= j - i <= high for j in places] for i in places]
            case Compare(keys, operator, queries):
                compare = S.COMPARISONS[operator]
                return self.pairs(self.columns[keys], self.columns[queries], compare)
            case Relation(keys, queries, rows):
                table = dict(zip(read_domain(queries, self.known), map(frozenset, rows)))
                return self.pairs(self.read(keys), self.read(queries), lambda key, query: key in table[query])
            case Both(left, right):
                return self.combined(left, right, every)
            case Either(left, right):
                return self.combined(left, right, either)
            case Negate(inner):
                return [[opposite(bit) for bit in row] for row in self.matches(inner)]
        raise AssertionError(selector)

    def pairs(self, keys: list[Cell], queries: list[Cell], compare: Callable[[Any, Any], bool]) -> list[list[Bit]]:
        grid = []
        for i, query in enumerate(queries):
            self.tick()
            row: list[Bit] = []
            for j, key in enumerate(keys):
                if self.program.causal and j > i:
                    row.append(False)  # cut at the head in any case
                    # An order that fails there fails in the interpreter, too, which looks at all pairs.
                    if compare in _ORDERS:
                        self.failing.append(lift(compare, key, query)[1])
                    continue
                if compare is eq:
                    row.append(same(key, query))
                    continue
                cell, failing = lift(lambda k, q: bool(compare(k, q)), key, query)
                self.failing.append(failing)
                row.append(cell.get(True, False))
            grid.append(row)
        return grid

    def combined(self, left: Selector, right: Selector, join: Callable[[Sequence[Bit]], Bit]) -> list[list[Bit]]:
        both = zip(self.matches(left), self.matches(right))
        return [[join(bits) for bits in zip(first, second)] for first, second in both]

    def output(self) -> list[Cell]:
        match self.program.output:
            case Emit(variable):
                return [merged_text(cell) for cell in self.columns[variable]]
            case Classify(labels, bias, scores, pooled):
                rows = []
                for i in range(self.n):
                    parts: list[tuple[Cell, dict[Any, Sequence[int]]]] = []
                    for score in scores:
                        match score:
                            case TableScore(read, table):
                                own = dict(zip(read_domain(read, self.known), table))
                                parts.append((self.read(read)[i], dict(own)))
                            case LinearScore(variable, weights):
                                cell = self.columns[variable][i]
                                parts.append((cell, {v: [v * weight for weight in weights] for v in cell}))
                    rows.append((bias, parts))
                if pooled:
                    total = [sum(column) for column in zip(*(bias for bias, _ in rows))]
                    rows = [(tuple(total), [part for _, parts in rows for part in parts])]
                return [self.best(labels, *row) for row in rows]
        raise AssertionError(self.program.output)

    def best(
        self, labels: Sequence[str], bias: Sequence[int], parts: list[tuple[Cell, dict[Any, Sequence[int]]]]
    ) -> Cell:
        """The label with the largest score, the first of equals."""
        self.tick()
        base, terms = list(bias), []
        for cell, rows in parts:
            if len(cell) == 1:
                base = [a + b for a, b in zip(base, rows[next(iter(cell))])]
            else:
                terms.append((cell, rows))
        most = max(map(abs, base)) + sum(max(abs(x) for v in cell for x in rows[v]) for cell, rows in terms)
        size = (2 * most + 1).bit_length() + 1
        if not terms:
            return known(labels[S.argmax(base)])
        scores = []
        for label in range(len(labels)):
            score = z3.BitVecVal(base[label], size)
            for cell, rows in terms:
                groups: dict[int, list[Bit]] = {}
                for value, bit in cell.items():
                    groups.setdefault(rows[value][label], []).append(bit)
                *rest, last = groups.items()
                score = score + reduce(
                    lambda other, group: z3.If(either(group[1]), z3.BitVecVal(group[0], size), other),
                    rest,
                    z3.BitVecVal(last[0], size),
                )
            scores.append(score)
        return {
            label: every(
                [scores[k] > scores[m] if m < k else scores[k] >= scores[m] for m in range(len(labels)) if m != k]
            )
            for k, label in enumerate(labels)
        }


_ORDERS = frozenset(S.COMPARISONS[operator] for operator in ("<", "<=", ">", ">="))


def merged_text(cell: Cell) -> Cell:
    """The same values as they are printed."""
    return merged((str(value), bit) for value, bit in cell.items())


def _mean_so_far(seen: tuple[Any, ...]) -> tuple[Any, ...]:
    """A mean is kept as (how many before the last, their sum, the last value)."""
    match seen:
        case ():
            return ()
        case (value,):
            return (1, value)
        case (number, total, value):
            return (number + 1, total + value)
    raise AssertionError(seen)


def _mean_of(seen: tuple[Any, ...], default: Any) -> Any:
    """As semantics.mean: one match passes through, several are added from the left and divided once."""
    match seen:
        case ():
            return default
        case (value,):
            return value
        case (number, total, value):
            return (total + value) / (number + 1)
    raise AssertionError(seen)
