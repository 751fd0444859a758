"""The statements of `run`, read back: the mirror of `body`, one pattern a node."""

from __future__ import annotations

import ast
import dataclasses
from typing import Any

from transformer_programs.emit.python import operators, scores
from transformer_programs.emit.python.cells import cells_of
from transformer_programs.emit.python.locals import Locals
from transformer_programs.emit.python.names import variable_name
from transformer_programs.emit.python.runtime import spread
from transformer_programs.emit.python.script import checks
from transformer_programs.emit.python.syntax import Source, comprehension_of, fit, name_of
from transformer_programs.emit.python.views import QUOTE, clip_source
from transformer_programs.program import (
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
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Score,
    Selector,
    Smallest,
    Spelled,
    Step,
    Table,
    TableScore,
    Total,
    Width,
)
from transformer_programs.program.domains import node_domain

__all__ = ["Lines"]


class Lines(Locals):
    """Reads the lines of `run`, first to last."""

    def __init__(self, source: Source, header: Program) -> None:
        super().__init__(source, header)
        self._header = header
        self._selectors: dict[str, Selector] = {}
        self._steps: list[Step] = []

    def read(self, run: ast.FunctionDef) -> Program:
        """The program whose `run` this is.

        Raises:
            ProgramError: a line is none that a printed program has.
        """
        header = self._header
        wanted = ast.parse(checks(header.vocabulary, header.max_length, header.reading)).body
        first, lines = run.body[: len(wanted)], run.body[len(wanted) :]
        for found, expected in zip(first, wanted):
            if ast.dump(found) != ast.dump(expected):
                raise self._source.error(found, f"the check of the tokens, {ast.unparse(expected).splitlines()[0]}")
        if lines and fit("positions = list(range(len(tokens)))", lines[0]) is not None:
            lines = lines[1:]
        if not lines:
            raise self._source.error(run, "lines of a program, the last a return")
        for line in lines[:-1]:
            self._line(line)
        output = self._output(lines[-1])
        return dataclasses.replace(self._header, steps=tuple(self._steps), output=output)

    def _line(self, line: ast.stmt) -> None:
        match line:
            case ast.Assign([ast.Name(local)], value) if local not in {*self._views, *self._selectors}:
                pass
            case _:
                raise self._source.error(line, "a new variable: name = what computes it")
        if name_of(value) is not None:
            self._views[local] = self._view(value)
            self._quoted |= {local} if name_of(value) in self._quoted else set()
        elif (column := self._quote(value)) is not None:
            self._views[local] = self._view(column)
            self._quoted.add(local)
        elif (cut := self._clip(value)) is not None:
            limit, inner = cut
            if name_of(inner) is not None:
                self._views[local] = Read(self._raw(inner), self._cut(value, limit, self._raw(inner)))
            else:
                name = self._step(local, inner)
                self._views[local] = Read(name, self._cut(value, limit, name))
        elif (selector := self._selector_or_none(value)) is not None:
            self._selectors[local] = selector
        else:
            self._views[local] = Read(self._step(local, value))

    def _step(self, local: str, value: ast.expr) -> Ref:
        name = variable_name(local)
        node = self._node(value)
        if name in self._known:
            raise self._source.error(value, f"a name other than {name}, which is taken")
        try:
            self._known[name] = node_domain(node, self._known, self._header.max_length)
        except TypeError as error:
            raise self._source.error(value, "values of one type in a table") from error
        self._steps.append(Step(name, node))
        return name

    # --- cutting and quoting ------------------------------------------------------------------------------------

    def _clip(self, node: ast.expr) -> tuple[int, ast.expr] | None:
        """The limit and the column of `[min(x, 4) for x in column]`."""
        for pattern in ("[min(x, _LIMIT) for x in _COLUMN]", "[min(max(x, 0), _LIMIT) for x in _COLUMN]"):
            found = fit(pattern, node)
            if found and isinstance(found["_LIMIT"], ast.Constant):
                return self._source.whole(found["_LIMIT"]), found["_COLUMN"]
        return None

    def _cut(self, node: ast.expr, limit: int, name: Ref) -> int:
        """The limit, if the expression cuts as a program's read of that variable does."""
        expected = f"[{clip_source(limit, self._known[name])} for x in _COLUMN]"
        if fit(expected, node) is None and fit(f"[min(max(x, 0), {limit}) for x in _COLUMN]", node) is None:
            raise self._source.error(node, expected)
        return limit

    @staticmethod
    def _quote(node: ast.expr) -> ast.expr | None:
        found = fit(f"[{QUOTE} for x in _COLUMN]", node)
        return found["_COLUMN"] if found else None

    # --- nodes --------------------------------------------------------------------------------------------------

    def _node(self, node: ast.expr) -> Node:
        if (counted := self._counted(node)) is not None:
            return Width(counted)
        for distance, pattern in ((-1, "_VALUES[:1] + _AGAIN[:-1]"), (1, "_VALUES[1:] + _AGAIN[:1]")):
            if found := fit(pattern, node):
                values, again = self._raw(found["_VALUES"]), self._raw(found["_AGAIN"])
                if values != again or (self._header.causal and distance > 0):
                    raise self._source.error(node, "one variable, shifted by a place")
                return Closest(Offset(distance, distance), values)
        if found := fit("neighbour(_VALUES, _PLACES)", node):
            places = self._source.whole(found["_PLACES"])
            if self._header.causal and places >= 0:
                raise self._source.error(node, "a value of a position before, since the program is causal")
            return Closest(Offset(places, places), self._raw(found["_VALUES"]))
        if found := fit("[_VALUE] * len(tokens)", node):
            return Constant(self._source.data(found["_VALUE"]))
        if found := fit("width(_MATCHES)", node):
            return Width(self._matches(found["_MATCHES"]))
        if found := fit("closest(prefer(_VISIBLE, _KEYS, _ORDERS), _VALUES)", node):
            return Closest(self._prefer(found), self._raw(found["_VALUES"]))
        if found := fit("closest(_MATCHES, _VALUES)", node):
            return Closest(self._matches(found["_MATCHES"]), self._raw(found["_VALUES"]))
        if found := fit("total(_MATCHES, _VALUES)", node):
            return Total(self._matches(found["_MATCHES"]), self._raw(found["_VALUES"]))
        for kind in (Mean, Largest, Smallest):
            if found := fit(f"{kind.__name__.lower()}(_MATCHES, _VALUES, _DEFAULT)", node):
                default = self._source.data(found["_DEFAULT"])
                return kind(self._matches(found["_MATCHES"]), self._raw(found["_VALUES"]), default)
        if (spelled := self._spelled(node)) is not None:
            return spelled
        for pattern in ("lookup(_TABLE, _COLUMN)", "lookup(_TABLE, _COLUMN, _DEFAULT)"):
            if found := fit(pattern, node):
                table = self._source.data(found["_TABLE"])
                if not isinstance(table, dict):
                    raise self._source.error(node, "lookup of a dictionary")
                default = self._source.data(found["_DEFAULT"]) if "_DEFAULT" in found else None
                return Lookup(self._raw(found["_COLUMN"]), tuple(table), tuple(table.values()), default)
        part = comprehension_of(node)
        if part is None:
            raise self._source.error(node, "an expression of a printed program")
        operator = operators.operator_of(part.subject)
        if operator is not None:
            return Apply(operator, tuple(map(self._raw, part.columns)))
        return Table(*self._table(node))

    def _spelled(self, node: ast.expr) -> Spelled | None:
        found = fit(f"lookup(_TABLE, [_FUNCTION for x in {operators.WRITTEN}], _DEFAULT)", node)
        if found is None:
            return None
        function = operators.spelling_of(found["_FUNCTION"])
        text = fit("spread(_TEXT)", found["_TABLE"])
        table = self._source.data(text["_TEXT"] if text else found["_TABLE"])
        if text and isinstance(table, str):
            table = spread(table)
        if function is None or not isinstance(table, dict) or not all(isinstance(key, str) for key in table):
            raise self._source.error(node, "a dictionary of spellings")
        return Spelled(function, tuple(table), tuple(table.values()), self._source.data(found["_DEFAULT"]))

    def _table(self, node: ast.expr) -> tuple[tuple[Read, ...], tuple[Any, ...]]:
        """What a table in a comprehension reads, and its cells."""
        part = comprehension_of(node)
        if part is None:
            raise self._source.error(node, "a table, as in [TABLE_1[x] for x in head_1]")
        reads = tuple(map(self._view, part.columns))
        if any(name_of(column) in self._quoted for column in part.columns):
            raise self._source.error(node, "columns as they are")
        sizes = [self._domain(node, read) for read in reads]
        return reads, cells_of(self._source, node, part, sizes)

    def _counted(self, node: ast.expr) -> Selector | None:
        """The predicate of `[keys.count(x) for x in queries]`, over all of a column or a part of it."""
        size = self._header.max_length or 0
        sides: dict[str, Offset | None] = {"[: i + 1]" if self._header.causal else "": None}
        if size > 1:
            sides["[:i]"] = Offset(1 - size, -1)
        if size > 1 and not self._header.causal:
            sides["[: i + 1]"] = Offset(1 - size, 0)
            sides["[i + 1 :]"] = Offset(1, size - 1)
        for part, side in sides.items():
            inner = self._counted_in(node, part)
            if inner is not None:
                return inner if side is None else Both(inner, side)
        return None

    def _counted_in(self, node: ast.expr, part: str) -> Selector | None:
        same = f"[_KEYS{part}.count(_KEY) for i in positions]" if part else "[_KEYS.count(_KEY)] * len(tokens)"
        if found := fit(same, node):
            read, value = self._view(found["_KEYS"]), self._source.data(found["_KEY"])
            if not _is_value(value):
                raise self._source.error(node, "a count of a number or a text")
            return Relation(read, read, ((value,),) * len(self._domain(node, read)))
        each = "i, x in enumerate(_QUERIES)" if part else "x in _QUERIES"
        found = fit(f"[_KEYS{part}.count(_KEY) for {each}]", node)
        if found is None:
            return None
        if name_of(found["_KEY"]) == "x":
            return Compare(self._raw(found["_KEYS"]), "==", self._raw(found["_QUERIES"]))
        column = ast.ListComp(found["_KEY"], [ast.comprehension(ast.Name("x"), found["_QUERIES"], [], 0)])
        queries = ast.copy_location(column, node)
        return self._relation({"_KEYS": found["_KEYS"], "_QUERIES": queries}, found["_KEY"])

    # --- selectors ----------------------------------------------------------------------------------------------

    def _matches(self, node: ast.expr) -> Selector:
        if self._header.causal:
            found = fit("past(_MATCHES)", node)
            if found is None:
                raise self._source.error(node, "past(...), since the program is causal")
            node = found["_MATCHES"]
        return self._selector(node)

    def _selector(self, node: ast.expr) -> Selector:
        selector = self._selector_or_none(node)
        if selector is None:
            raise self._source.error(node, "a selector, such as select(keys, queries)")
        return selector

    def _selector_or_none(self, node: ast.expr) -> Selector | None:
        if fit("full(positions)", node) is not None:
            return Full()
        if found := fit("offset(positions, _LOW, _HIGH)", node):
            return Offset(self._source.whole(found["_LOW"]), self._source.whole(found["_HIGH"]))
        if found := fit("select(_KEYS, _QUERIES)", node):
            if name_of(found["_QUERIES"]) is not None:
                return Compare(self._raw(found["_KEYS"]), "==", self._raw(found["_QUERIES"]))
            part = comprehension_of(found["_QUERIES"])
            return self._relation(found, found["_QUERIES"] if part is None else part.subject)
        if found := fit("among(_KEYS, _QUERIES)", node):
            return self._relation(found, None)
        for sign, function in operators.COMPARISON_NAMES.items():
            if found := fit(f"compare(_KEYS, {function}, _QUERIES)", node):
                return Compare(self._raw(found["_KEYS"]), sign, self._raw(found["_QUERIES"]))
        for kind in (Both, Either):
            if found := fit(f"{kind.__name__.lower()}(_LEFT, _RIGHT)", node):
                return kind(self._selector(found["_LEFT"]), self._selector(found["_RIGHT"]))
        if found := fit("negate(_MATCHES)", node):
            return Negate(self._selector(found["_MATCHES"]))
        match node:
            case ast.Call(ast.Name("where"), [keys, *values], []):
                read = self._view(keys)
                row = tuple(map(self._source.data, values))
                if not all(map(_is_value, row)):
                    raise self._source.error(node, "where(keys, value, ...) with numbers and texts")
                return Relation(read, read, (row,) * len(self._domain(node, read)))
            case ast.Name(local):
                return self._selectors.get(local)
        return None

    def _relation(self, found: dict[str, ast.expr], key: ast.expr | None) -> Relation:
        """The predicate of a table of keys (`key`: its expression, one key at most), or of tuples of them (None)."""
        (queries, *others), cells = self._table(found["_QUERIES"])
        keys = self._view(found["_KEYS"])
        rows = cells if key is None else tuple(() if cell is None else (cell,) for cell in cells)
        if isinstance(key, ast.BinOp):
            known = self._domain(found["_KEYS"], keys)
            rows = tuple(
                tuple(value for value in row if value in known) for row in rows
            )  # a key further on than there are any
        if others or not all(
            isinstance(row, tuple) and not any(isinstance(v, dict | tuple) for v in row) for row in rows
        ):
            raise self._source.error(found["_QUERIES"], "the keys of each value of one variable")
        return Relation(keys, queries, rows)

    def _prefer(self, found: dict[str, ast.expr]) -> Prefer:
        """Score-based attention: a table of orders, or one order for all queries."""
        if self._matches(found["_VISIBLE"]) != Full():
            raise self._source.error(found["_VISIBLE"], "full(positions)")
        keys = queries = self._view(found["_KEYS"])
        if same := fit("[_ORDER] * len(tokens)", found["_ORDERS"]):
            cells = (self._source.data(same["_ORDER"]),) * len(self._domain(found["_KEYS"], keys))
        else:
            (queries, *others), cells = self._table(found["_ORDERS"])
            if others:
                raise self._source.error(found["_ORDERS"], "the order of each value of one variable")
        orders = []
        for cell in cells:
            parts = [part if isinstance(part, tuple) else (part,) for part in cell] if isinstance(cell, tuple) else None
            if parts is None or not all(_is_value(value) for part in parts for value in part):
                raise self._source.error(found["_ORDERS"], "orders: tuples of keys, or of keys and tuples of equals")
            orders.append(tuple(parts))
        return Prefer(keys, queries, tuple(orders))

    # --- output -------------------------------------------------------------------------------------------------

    def _output(self, line: ast.stmt) -> Output:
        if not isinstance(line, ast.Return) or line.value is None:
            raise self._source.error(line, "return")
        value, names = line.value, None
        if name_of(value) is not None:
            return Emit(self._raw(value))
        if fit("list(tokens)", value) is not None:
            return Emit(TOKENS)
        if found := fit("[LABELS[int(x)] for x in _ANSWERS]", value):
            value = found["_ANSWERS"]
            names = self._source.data(ast.copy_location(ast.Name("LABELS", ast.Load()), value))
            if not isinstance(names, tuple):
                raise self._source.error(value, "LABELS, a tuple of texts")
        path = fit("decode(SCORES, locals(), _FIRST, _FOLLOWS)", value)
        pooled = fit("classify(SCORES, locals(), pooled=True)", value) is not None
        text = self._source.constants.get("SCORES")
        if text is None or not (path or pooled or fit("classify(SCORES, locals())", value) is not None):
            raise self._source.error(line, "return of a variable, or of classify(SCORES, locals())")
        self._source.used.add("SCORES")
        labels, rows = scores.read_scores(self._source.text(text), self._source.place, text.lineno)
        if names is not None:
            if labels != tuple(map(str, range(len(names)))):
                raise self._source.error(text, f"columns 0 to {len(names) - 1}, one a label")
            labels = names
        bias: tuple[int, ...] = (0,) * len(labels)
        parts: list[Score] = []
        for part in rows:
            if part.values is None and part.name == "1":
                bias = part.row
            else:
                parts.append(self._score(part, text, len(labels)))
        if path:
            first, follows = self._source.data(path["_FIRST"]), self._source.data(path["_FOLLOWS"])
            if not _is_row(first) or not isinstance(follows, tuple) or not all(map(_is_row, follows)):
                raise self._source.error(line, "what may follow: a tuple of whole numbers and None a label")
            return Decode(labels, bias, tuple(parts), first, follows)
        return Classify(labels, bias, tuple(parts), pooled)

    def _score(self, part: scores.Rows, text: ast.expr, width: int) -> Score:
        local = ast.copy_location(ast.Name(part.name, ast.Load()), text)
        if part.values is None:
            return LinearScore(self._raw(local), part.row)
        read = self._view(local)
        quote = part.name in self._quoted
        domain = self._domain(text, read)
        keys = [scores.key_of(value, quote) for value in domain]
        unknown = part.values.keys() - set(keys)
        if unknown:
            raise self._source.error(text, f"values of {part.name} other than {min(unknown)}")
        return TableScore(read, tuple(part.values.get(key, (0,) * width) for key in keys))


def _is_row(value: object) -> bool:
    return isinstance(value, tuple) and all(item is None or type(item) is int for item in value)


def _is_value(value: object) -> bool:
    return isinstance(value, bool | int | float | str)
