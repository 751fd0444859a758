"""The body of a printed program's `run`: one rule a node, one line a variable.

Every rule gives the pieces of a line: text, and tables as a choice of forms. While a line is too long its tables move
above the function, under the variable's name in capitals, the longest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from transformer_programs.emit.python import operators, scores
from transformer_programs.emit.python.literals import WIDTH, block, filled, is_word, text_of
from transformer_programs.emit.python.names import Names, python_name
from transformer_programs.emit.python.runtime import spread
from transformer_programs.emit.python.tables import Cell, Form, forms, letters, shifted, themselves
from transformer_programs.emit.python.views import Views
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
)

__all__ = ["Body"]

Pieces: TypeAlias = list[str | list[Form]]

DEEPEST = 3
"""Selectors nested deeper get a line of their own."""


class Body:
    """`lines`: the statements of `run`; `constants`: the names of what stands above it, by its text.

    `height`: the lines that the constants and the statements take once formatted.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known = domains(program)
        self._names = Names({python_name(name) for name in self._known})
        self._views = Views(program, self._known, self._names)
        self._uses_positions = False
        self.lines: list[str] = []
        self.constants: dict[str, str] = {}
        self.height = 0
        self._aliases(TOKENS)
        self._aliases(POSITIONS)
        for step in program.steps:
            self._step(step.name, step.node)
        self._output(program.output)
        if self._uses_positions:
            self.lines.insert(0, "positions = list(range(len(tokens)))")
        self.height += sum(1 if len(line) <= WIDTH - 4 else 4 for line in self.lines)

    def _step(self, name: Ref, node: Node) -> None:
        pieces = self._node(name, node)
        clip = self._views.clip(name)
        if clip is not None:
            pieces = [f"[{clip} for x in ", *pieces, "]"]
        self._line(name, [f"{python_name(name)} = ", *pieces])
        self._aliases(name)

    def _aliases(self, name: Ref) -> None:
        for line in self._views.aliases(name):
            self._raw(name)
            self.lines.append(line)

    # --- lines and names ----------------------------------------------------------------------------------------

    def _line(self, name: str, pieces: Pieces) -> None:
        """Adds the pieces as one line, with tables above the function where it would be too long."""
        tables = {i: piece for i, piece in enumerate(pieces) if isinstance(piece, list)}
        texts = [piece if isinstance(piece, str) else "" for piece in pieces]
        for i, choices in list(tables.items()):
            inline = [form for form in choices if form.inline]
            best = min(inline, key=lambda form: len(form.literal.text) + len(form.access) + 10 * form.oddity)
            texts[i] = best.literal.text + best.access
            if not best.access:
                del tables[i]  # no table, an expression
        while tables and len("".join(texts)) > WIDTH - 4:
            longest = max(tables, key=lambda i: len(texts[i]))
            rest = len("".join(texts)) - len(texts[longest])
            texts[longest] = self._above(name, tables.pop(longest), WIDTH - 4 - rest)
        self.lines.append("".join(texts))

    def _above(self, name: str, choices: Sequence[Form], room: int) -> str:
        wish = python_name(name).upper()

        def cost(form: Form) -> tuple[int, int]:
            overflow = len(wish) + len(form.access) > room
            return form.literal.lines(len(wish) + 3) + 3 * overflow + form.oddity, len(form.literal.text)

        form = min((form for form in choices if form.access), key=cost)
        return self._constant(wish, form.literal.text, form.literal.lines(len(wish) + 3)) + form.access

    def _constant(self, wish: str, literal: str, height: int) -> str:
        if literal not in self.constants:
            self.constants[literal] = self._names(wish)
            self.height += height
        return self.constants[literal]

    def _raw(self, ref: Ref) -> str:
        self._uses_positions |= ref == POSITIONS
        return python_name(ref)

    def _view(self, read: Read) -> str:
        self._uses_positions |= read == Read(POSITIONS)
        return self._views.name(read)

    # --- nodes --------------------------------------------------------------------------------------------------

    def _node(self, name: Ref, node: Node) -> Pieces:
        match node:
            case Constant(value):
                return [f"[{value!r}] * len(tokens)"]
            case Table(reads, cells):
                return self._table(reads, cells)
            case Apply(operator, arguments):
                return [f"[{operators.EXPRESSIONS[operator]} {self._each([self._raw(ref) for ref in arguments])}]"]
            case Lookup(argument, keys, values, default):
                return [self._lookup(name, argument, dict(zip(keys, values)), default)]
            case Spelled(function, keys, values, default):
                return [self._spelled(name, function, dict(zip(keys, values)), default)]
            case Width(selector):
                return self._count(selector) or ["width(", *self._matches(name, selector), ")"]
            case Closest(Offset(-1, -1), values):
                return [f"{self._raw(values)}[:1] + {self._raw(values)}[:-1]"]
            case Closest(Offset(1, 1), values) if not self._program.causal:
                return [f"{self._raw(values)}[1:] + {self._raw(values)}[:1]"]
            case Closest(Offset(low, high), values) if low == high and (low < 0 or not self._program.causal):
                return [f"neighbour({self._raw(values)}, {low})"]
            case Closest(selector, values):
                return ["closest(", *self._matches(name, selector), f", {self._raw(values)})"]
            case Total(selector, values):
                return ["total(", *self._matches(name, selector), f", {self._raw(values)})"]
            case Mean(selector, values, default):
                return ["mean(", *self._matches(name, selector), f", {self._raw(values)}, {default!r})"]
            case Largest(selector, values, default):
                return ["largest(", *self._matches(name, selector), f", {self._raw(values)}, {default!r})"]
            case Smallest(selector, values, default):
                return ["smallest(", *self._matches(name, selector), f", {self._raw(values)}, {default!r})"]

    def _table(self, reads: Sequence[Read], cells: Sequence[Cell]) -> Pieces:
        choices = forms([read_domain(read, self._known) for read in reads], cells)
        return ["[", choices, f" {self._each([self._view(read) for read in reads])}]"]

    def _lookup(self, name: Ref, argument: Ref, table: dict, default: object) -> str:
        text = "{" + ", ".join(f"{key!r}: {value!r}" for key, value in table.items()) + "}"
        rest = f", {self._raw(argument)}" + ("" if default is None else f", {default!r}")
        if len(name) + len(text) + len(rest) > WIDTH - 20:
            text = self._constant(python_name(name).upper(), text, len(table) + 2)
        return f"lookup({text}{rest})"

    def _spelled(self, name: Ref, function: str, table: dict, default: object) -> str:
        """The dictionary as one text where keys and values are words, each value before its keys."""
        column = f"[{operators.SPELLED[function]} for x in {operators.WRITTEN}]"
        words = bool(table) and all(isinstance(text, str) and is_word(text) for text in (*table, *table.values()))
        wish, access = python_name(name).upper(), "{}"
        if words and all(key == value for key, value in table.items()):
            literal = themselves(table)
            text, height = literal.text, literal.height
        elif words and list(spread("\n".join(spread_lines(table))).items()) == list(table.items()):
            lines = spread_lines(table)
            text, height, access = block(lines), len(lines) + 2, "spread({})"
        else:
            text = "{" + ", ".join(f"{key!r}: {value!r}" for key, value in table.items()) + "}"
            height = len(table) + 2
        return f"lookup({access.format(self._constant(wish, text, height))}, {column}, {default!r})"

    @staticmethod
    def _each(columns: Sequence[str]) -> str:
        names = ", ".join(letters(len(columns)))
        return f"for {names} in {columns[0]}" if len(columns) == 1 else f"for {names} in zip({', '.join(columns)})"

    def _side(self, low: int, high: int) -> str | None:
        """All places before, up to here or after, as a slice."""
        size = self._program.max_length or 0
        sides = {(1 - size, -1): "[:i]"}
        if not self._program.causal:
            sides |= {(1 - size, 0): "[: i + 1]", (1, size - 1): "[i + 1 :]"}
        return sides.get((low, high)) if size > 1 else None

    def _count(self, selector: Selector, part: str | None = None) -> Pieces | None:
        """How often each query's key stands in a column: `[tokens.count(x) for x in tokens]`.

        Args:
            part: the slice of the column that is looked at; None: all that is visible.
        """
        match selector:
            case Compare(keys, "==", queries):
                return self._counted(self._raw(keys), ["x"], self._raw(queries), part)
            case Both(inner, Offset(low, high)) if part is None and (side := self._side(low, high)) is not None:
                return self._count(inner, side)
            case Relation(keys, queries, rows) if all(len(row) <= 1 for row in rows):
                if keys == queries and len(set(rows)) == 1:
                    return self._counted(self._view(keys), [repr(rows[0][0])], None, part) if rows[0] else None
                return self._counted(self._view(keys), [self._matching(selector)], self._view(queries), part)
            case _:
                return None

    def _counted(self, keys: str, key: Pieces, queries: str | None, part: str | None) -> Pieces:
        """`queries`: None where the key is the same at every position."""
        part = part or ("[: i + 1]" if self._program.causal else "")
        if queries is None:
            if part:
                return [f"[{keys}{part}.count(", *key, f") for i in {self._raw(POSITIONS)}]"]
            return [f"[{keys}.count(", *key, ")] * len(tokens)"]
        each = f"i, x in enumerate({queries})" if part else f"x in {queries}"
        return [f"[{keys}{part}.count(", *key, f") for {each}]"]

    def _matching(self, relation: Relation) -> list[Form]:
        """The key that each query value matches, or None."""
        asked = read_domain(relation.queries, self._known)
        one = [row[0] if row else None for row in relation.rows]
        return [*forms([asked], one), *shifted(asked, one, read_domain(relation.keys, self._known))]

    # --- selectors ----------------------------------------------------------------------------------------------

    def _matches(self, name: Ref, selector: Pattern) -> Pieces:
        if isinstance(selector, Prefer):
            return self._prefer(selector)
        pieces = self._selector(name, selector)
        return ["past(", *pieces, ")"] if self._program.causal else pieces

    def _selector(self, name: Ref, selector: Selector) -> Pieces:
        match selector:
            case Full():
                return [f"full({self._raw(POSITIONS)})"]
            case Offset(low, high):
                return [f"offset({self._raw(POSITIONS)}, {low}, {high})"]
            case Compare(keys, "==", queries):
                return [f"select({self._raw(keys)}, {self._raw(queries)})"]
            case Compare(keys, operator, queries):
                return [f"compare({self._raw(keys)}, {operators.COMPARISON_NAMES[operator]}, {self._raw(queries)})"]
            case Relation():
                return self._relation(selector)
            case Both(left, right):
                return ["both(", *self._inner(name, left), ", ", *self._inner(name, right), ")"]
            case Either(left, right):
                return ["either(", *self._inner(name, left), ", ", *self._inner(name, right), ")"]
            case Negate(inner):
                return ["negate(", *self._inner(name, inner), ")"]

    def _inner(self, name: Ref, selector: Selector) -> Pieces:
        pieces = self._selector(name, selector)
        if _height(selector) % DEEPEST:
            return pieces
        local = self._names(f"{python_name(name)}_matches")
        self._line(local, [f"{local} = ", *pieces])
        return [local]

    def _relation(self, relation: Relation) -> Pieces:
        keys, queries, rows = relation.keys, relation.queries, relation.rows
        if keys == queries and len(set(rows)) == 1:
            return [f"where({', '.join([self._view(keys), *map(repr, rows[0])])})"]
        if all(len(row) <= 1 for row in rows):
            each = self._each([self._view(queries)])
            return [f"select({self._view(keys)}, [", self._matching(relation), f" {each}])"]
        return [f"among({self._view(keys)}, ", *self._table([queries], rows), ")"]

    def _prefer(self, prefer: Prefer) -> Pieces:
        keys, queries, orders = prefer.keys, prefer.queries, tuple(map(_order, prefer.orders))
        visible = ["prefer(", *self._matches("", Full()), f", {self._view(keys)}, "]
        if keys == queries and len(set(prefer.orders)) == 1:
            return [*visible, f"[{text_of(orders[0]).text}] * len(tokens))"]
        return [*visible, *self._table([queries], orders), ")"]

    # --- output -------------------------------------------------------------------------------------------------

    def _output(self, output: Output) -> None:
        match output:
            case Decode(labels, bias, parts, first, follows):
                self.height += len(follows) + 3
                start = self.constants.setdefault(repr(first), "FIRST")
                moves = self.constants.setdefault(repr(follows), "FOLLOWS")
                call = f"decode(SCORES, locals(), {start}, {moves})"
                self._classified(labels, bias, parts, call)
            case Emit(variable):
                given = variable == TOKENS  # a list of its own, not the caller's
                self.lines.append(f"return {'list(tokens)' if given else self._raw(variable)}")
            case Classify(labels, bias, parts, pooled):
                self._classified(labels, bias, parts, f"classify(SCORES, locals(){', pooled=True' if pooled else ''})")

    def _classified(self, labels: Sequence[str], bias: tuple[int, ...], parts: Sequence[Score], call: str) -> None:
        rows = [scores.Rows("1", None, bias)] if any(bias) else []
        seen: set[str] = set()
        rows += [self._score(part, seen) for part in parts]
        plain = all(map(is_word, labels))
        shown = labels if plain else tuple(map(str, range(len(labels))))
        text = scores.print_scores(shown, rows)
        self.constants[block(text)] = "SCORES"
        self.height += len(text) + 2
        if not plain:
            self.constants[text_of(tuple(labels)).text] = "LABELS"
            call = f"[LABELS[int(x)] for x in {call}]"
        self.lines.append(f"return {call}")

    def _score(self, score: Score, seen: set[str]) -> scores.Rows:
        """The rows of one score; a second one of the same variable gets a second name for it."""
        match score:
            case LinearScore(variable, weights):
                local = self._again(self._raw(variable), "*", seen)
                return scores.Rows(local, None, weights)
            case TableScore(read, table):
                domain = read_domain(read, self._known)
                quote = scores.needs_quotes(domain)
                local = self._view(read)
                if quote:
                    local, line = self._views.quoted(local)
                    self.lines.append(line)
                local = self._again(local, "", seen)
                return scores.Rows(local, {scores.key_of(value, quote): row for value, row in zip(domain, table)})

    def _again(self, local: str, mark: str, seen: set[str]) -> str:
        if mark + local in seen:
            local, line = self._views.again(local)
            self.lines.append(line)
        seen.add(mark + local)
        return local


def _order(order: Sequence[tuple[Value, ...]]) -> tuple[Value | tuple[Value, ...], ...]:
    """As it is written: a group of one is its key."""
    return tuple(group[0] if len(group) == 1 else group for group in order)


def _height(selector: Selector) -> int:
    match selector:
        case Both(left, right) | Either(left, right):
            return 1 + max(_height(left), _height(right))
        case Negate(inner):
            return 1 + _height(inner)
        case _:
            return 1


def spread_lines(table: dict[str, str]) -> list[str]:
    """The lines of a dictionary as text: a value, then its keys; a value with many keys begins several lines."""
    groups: dict[str, list[str]] = {}
    for key, value in table.items():
        groups.setdefault(value, []).append(key)
    return [
        f"{value} {line}" for value, keys in groups.items() for line in filled(keys, max(WIDTH - 5 - len(value), 40))
    ]
