"""The reference interpreter: a program and one sequence, step by step. The trace is the same run, kept.

It calls `program.semantics` and nothing else; every other executor is tested against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from transformer_programs.errors import InputError
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Decode,
    Domain,
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
    Score,
    Selector,
    Smallest,
    Spelled,
    Table,
    TableScore,
    Total,
    Value,
    Width,
    domains,
    read_domain,
    selector_of,
    spells,
)
from transformer_programs.program import semantics as S

__all__ = ["UNKNOWN", "Interpreter", "Trace", "admit", "run"]

UNKNOWN = "<unk>"

WRITTEN = "as written"
"""The column of the tokens as they were before unknown ones became `<unk>`, of a program that reads them. No variable
can have this name."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything a program computed on one sequence.

    Args:
        tokens: as the program saw them (read by its `reading`, unknown ones already `<unk>`).
        columns: every variable, one value a position.
        matches: for each head the selected key positions of every query position.
        scores: summed scores, one row a position (one row in all where pooled); empty for `Emit`.
        answer: one value a position, or one in all where pooled.
    """

    tokens: tuple[str, ...]
    columns: Mapping[Ref, list[Any]]
    matches: Mapping[Ref, S.Matches]
    scores: list[list[int]]
    answer: list[Any]


def admit(program: Program, tokens: Sequence[str]) -> tuple[str, ...]:
    """The sequence as the program sees it: checked, words read (`Program.reading`), unknown ones mapped to `<unk>`.

    Raises:
        InputError: empty, too long, or a token that the vocabulary does not have.
    """
    if not tokens:
        raise InputError(place="input", got="no tokens", expected="at least one")
    if program.max_length is not None and len(tokens) > program.max_length:
        raise InputError(
            place="input", got=f"{len(tokens)} tokens", expected=f"at most {program.max_length}", todo="shorten it"
        )
    read = tuple(tokens) if program.reading.plain else tuple(map(program.reading, tokens))
    if program.vocabulary is None:
        return read
    vocabulary = set(program.vocabulary)
    seen = []
    for i, token in enumerate(read):
        if token not in vocabulary:
            if UNKNOWN not in vocabulary:
                known = " ".join(program.vocabulary[:20]) + (" ..." if len(program.vocabulary) > 20 else "")
                raise InputError(place=f"position {i}", got=f"token {token!r}", expected=f"one of {known}")
            token = UNKNOWN
        seen.append(token)
    return tuple(seen)


class Interpreter:
    """A program made ready to run on many sequences: table rows indexed once.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count"))
    >>> Interpreter(hist)(["a", "b", "a"])
    [2, 1, 2]
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._domains: dict[Ref, Domain] = domains(program)
        self._tables: dict[int, tuple[Any, Mapping[Any, Any]]] = {}
        self._spells = spells(step.node for step in program.steps)

    def __call__(self, tokens: Sequence[str]) -> list[Any]:
        """The answer: one value a position, or a list of one where the program is pooled."""
        return self.trace(tokens).answer

    def trace(self, tokens: Sequence[str]) -> Trace:
        """The run, kept whole."""
        seen = admit(self.program, tokens)
        n = len(seen)
        columns: dict[Ref, list[Any]] = {TOKENS: list(seen), POSITIONS: list(range(n))}
        if self._spells:
            columns[WRITTEN] = list(tokens)
        matches: dict[Ref, S.Matches] = {}
        for step in self.program.steps:
            selector = selector_of(step.node)
            if selector is not None:
                matches[step.name] = self.select(selector, columns)
            columns[step.name] = self._node(step.node, columns, matches.get(step.name, []))
        scores, answer = self.answer(columns)
        return Trace(seen, columns, matches, scores, answer)

    def answer(self, columns: Mapping[Ref, list[Any]]) -> tuple[list[list[int]], list[Any]]:
        """Scores and answer, on columns computed before: the last step of a run."""
        match self.program.output:
            case Emit(variable):
                return [], list(columns[variable])
            case Classify(labels, bias, scores, pooled):
                rows = [self._scores(bias, scores, columns, i) for i in range(len(columns[TOKENS]))]
                if pooled:
                    rows = [[sum(column) for column in zip(*rows)]]
                return rows, [labels[S.argmax(row)] for row in rows]
            case Decode(labels, bias, scores, first, follows):
                rows = [self._scores(bias, scores, columns, i) for i in range(len(columns[TOKENS]))]
                return rows, [labels[o] for o in S.best_path(rows, first, follows)]

    def select(self, selector: Pattern, columns: Mapping[Ref, list[Any]]) -> S.Matches:
        """The visible positions a head's selector selects, on columns computed before: one step of a run."""
        if isinstance(selector, Prefer):
            return self._prefer(selector, columns)
        selected = self._select(selector, columns)
        return S.past(selected) if self.program.causal else selected

    def compute(self, node: Node, columns: Mapping[Ref, list[Any]], matches: S.Matches) -> list[Any]:
        """A node's column, on columns computed before and, for a head, its matches: one step of a run."""
        return self._node(node, columns, matches)

    def _node(self, node: Node, columns: Mapping[Ref, list[Any]], matches: S.Matches) -> list[Any]:
        n = len(columns[TOKENS])
        match node:
            case Constant(value):
                return [value] * n
            case Table(reads, cells):
                table = self._index(node, lambda: dict(zip(product(*map(self._domain, reads)), cells)))
                return [table[key] for key in zip(*(self._read(read, columns) for read in reads))]
            case Apply(operator, arguments):
                return [S.OPERATORS[operator](*values) for values in zip(*(columns[ref] for ref in arguments))]
            case Lookup(argument, keys, values, default):
                table = self._index(node, lambda: dict(zip(keys, values)))
                return [self._look(table, key, default, i) for i, key in enumerate(columns[argument])]
            case Spelled(function, keys, values, default):
                table = self._index(node, lambda: dict(zip(keys, values)))
                spelling = S.SPELLINGS[function]
                return [table.get(spelling(token), default) for token in columns[WRITTEN]]
            case Closest(_, ref):
                return S.closest(matches, columns[ref])
            case Total(_, ref):
                return S.total(matches, columns[ref])
            case Width():
                return S.width(matches)
            case Mean(_, ref, default):
                return S.mean(matches, columns[ref], default)
            case Largest(_, ref, default):
                return S.largest(matches, columns[ref], default)
            case Smallest(_, ref, default):
                return S.smallest(matches, columns[ref], default)

    def _select(self, selector: Selector, columns: Mapping[Ref, list[Any]]) -> S.Matches:
        match selector:
            case Full():
                return S.full(columns[POSITIONS])
            case Offset(low, high):
                return S.offset(columns[POSITIONS], low, high)
            case Compare(keys, "==", queries):
                return S.select(columns[keys], columns[queries])
            case Compare(keys, operator, queries):
                return S.compare(columns[keys], S.COMPARISONS[operator], columns[queries])
            case Relation(keys, queries, rows):
                table = self._index(selector, lambda: dict(zip(self._domain(queries), rows)))
                return S.among(self._read(keys, columns), [table[query] for query in self._read(queries, columns)])
            case Both(left, right):
                return S.both(self._select(left, columns), self._select(right, columns))
            case Either(left, right):
                return S.either(self._select(left, columns), self._select(right, columns))
            case Negate(inner):
                return S.negate(self._select(inner, columns))

    def _prefer(self, prefer: Prefer, columns: Mapping[Ref, list[Any]]) -> S.Matches:
        everywhere = S.full(columns[POSITIONS])
        visible = S.past(everywhere) if self.program.causal else everywhere
        table = self._index(prefer, lambda: dict(zip(self._domain(prefer.queries), prefer.orders)))
        orders = [table[query] for query in self._read(prefer.queries, columns)]
        return S.prefer(visible, self._read(prefer.keys, columns), orders)

    def _scores(
        self, bias: tuple[int, ...], scores: tuple[Score, ...], columns: Mapping[Ref, list[Any]], i: int
    ) -> list[int]:
        rows = [bias]
        for score in scores:
            match score:
                case TableScore(read, table):
                    index = self._index(score, lambda: dict(zip(self._domain(read), table)))
                    rows.append(index[S.saturate(columns[read.variable][i], read.limit)])
                case LinearScore(variable, weights):
                    rows.append(tuple(columns[variable][i] * weight for weight in weights))
        return [sum(column) for column in zip(*rows)]

    def _read(self, read: Read, columns: Mapping[Ref, list[Any]]) -> list[Any]:
        column = columns[read.variable]
        return column if read.limit is None else [S.saturate(value, read.limit) for value in column]

    def _domain(self, read: Read) -> tuple[Value, ...]:
        return read_domain(read, self._domains)

    def _index(self, part: Any, build: Any) -> Mapping[Any, Any]:
        # By identity, since hashing a large table costs as much as building its index; the part is kept beside it so
        # that no other can take its identity.
        if id(part) not in self._tables:
            self._tables[id(part)] = (part, build())
        return self._tables[id(part)][1]

    @staticmethod
    def _look(table: Mapping[Any, Any], key: Any, default: Any, i: int) -> Any:
        if key in table:
            return table[key]
        if default is None:
            raise InputError(place=f"position {i}", got=f"key {key!r}", expected="a key of the dictionary")
        return default


def run(program: Program, tokens: Sequence[str]) -> list[Any]:
    """The program's answer on one sequence. To run many, keep an `Interpreter`."""
    return Interpreter(program)(tokens)
