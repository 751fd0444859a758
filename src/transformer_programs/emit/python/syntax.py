"""Reading pieces of a printed file: patterns, literal data, and the errors for what is neither.

Nothing is executed: only the forms that the printer writes are understood, each by what it means.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from transformer_programs.errors import ProgramError

__all__ = ["JOINED", "Access", "Comprehension", "Source", "comprehension_of", "fit", "name_of"]

Access = Callable[[Mapping[str, Any]], Any]

THEMSELVES = "{x: x for x in _TEXT.split()}"
SPREAD = "{x: value for value, words in _CLASSES.items() for x in words.split()}"
JOINED = '{(x, y): f"{x}+{y}" for x, *ys in [row.split() for row in _TEXT.strip().splitlines()] for y in ys}'
NUMBERS = "[int(z) for z in _TEXT.split()]"
WORDS = "_TEXT.split()"
NUMBER_ROWS = "[[int(z) for z in row.split()] for row in _TEXT.strip().splitlines()]"
WORD_ROWS = "[row.split() for row in _TEXT.strip().splitlines()]"


def fit(pattern: str, node: ast.AST) -> dict[str, ast.expr] | None:
    """What stands in the pattern's holes, names that start with an underscore, or None where the node differs.

    >>> found = fit("width(_MATCHES)", ast.parse("width(full(positions))", mode="eval").body)
    >>> {hole: ast.unparse(part) for hole, part in found.items()}
    {'_MATCHES': 'full(positions)'}
    """
    found: dict[str, ast.expr] = {}
    return found if _fits(_parsed(pattern), node, found) else None


@cache
def _parsed(pattern: str) -> ast.AST:
    statement = ast.parse(pattern).body[0]
    return statement.value if isinstance(statement, ast.Expr) else statement


def _fits(pattern: Any, node: Any, found: dict[str, ast.expr]) -> bool:
    if isinstance(pattern, ast.Name) and pattern.id.startswith("_") and isinstance(node, ast.expr):
        found[pattern.id] = node
        return True
    if isinstance(pattern, list):
        return (
            isinstance(node, list) and len(pattern) == len(node) and all(map(_fits, pattern, node, [found] * len(node)))
        )
    if isinstance(pattern, ast.AST):
        return type(pattern) is type(node) and all(
            _fits(getattr(pattern, field, None), getattr(node, field, None), found) for field in pattern._fields
        )
    return type(pattern) is type(node) and pattern == node


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[subject for names in columns]`, with `zip` around several columns."""

    subject: ast.expr
    names: tuple[str, ...]
    columns: tuple[ast.expr, ...]


def comprehension_of(node: ast.expr) -> Comprehension | None:
    """A list comprehension over columns, or None."""
    if not isinstance(node, ast.ListComp) or len(node.generators) != 1:
        return None
    part = node.generators[0]
    if part.ifs or part.is_async:
        return None
    targets, columns = [part.target], [part.iter]
    if isinstance(part.target, ast.Tuple):
        match part.iter:
            case ast.Call(ast.Name("zip"), arguments, []) if len(arguments) == len(part.target.elts):
                targets, columns = part.target.elts, arguments
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if len(set(names)) != len(targets):
        return None
    return Comprehension(node.elt, tuple(names), tuple(columns))


def name_of(node: ast.expr) -> str | None:
    """The name that a node is, or None."""
    return node.id if isinstance(node, ast.Name) else None


@dataclass(frozen=True, slots=True)
class Source:
    """A file being read.

    Args:
        place: its name, for messages.
        constants: what stands above the function, by name.
        used: the constants read so far.
    """

    place: str
    constants: Mapping[str, ast.expr]
    used: set[str]

    def error(self, node: ast.AST, expected: str) -> ProgramError:
        """What to raise where this node is not what a printed program has here."""
        text = " ".join(ast.unparse(node).split())
        got = text if len(text) <= 60 else text[:57] + "..."
        return ProgramError(place=f"{self.place} line {getattr(node, 'lineno', 1)}", got=got, expected=expected)

    def constant(self, node: ast.expr) -> ast.expr:
        """What a name above the function stands for; any other node is itself."""
        if isinstance(node, ast.Name) and node.id in self.constants:
            self.used.add(node.id)
            return self.constants[node.id]
        return node

    def data(self, node: ast.expr) -> Any:
        """The value of a literal, of a name of one, or of a comprehension that spreads one."""
        match self.constant(node):
            case ast.Constant(bool() | int() | float() | str() | None as value):
                return value
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)) if type(value) is not bool:
                return -value
            case ast.Tuple(elements):
                return tuple(self.data(element) for element in elements)
            case ast.Dict() as dictionary:
                return self._distinct(dictionary, [(self.data(k), self.data(v)) for k, v in self._pairs(dictionary)])
            case ast.DictComp() as spread if found := fit(SPREAD, spread):
                words = [(word, key) for key, v in self._pairs(found["_CLASSES"]) for word in self.text(v).split()]
                return self._distinct(spread, [(word, self.data(key)) for word, key in words])
            case ast.DictComp() as spread if found := fit(THEMSELVES, spread):
                return self._distinct(spread, [(word, word) for word in self.text(found["_TEXT"]).split()])
            case ast.DictComp() as joined if found := fit(JOINED, joined):
                rows = [row.split() for row in self.text(found["_TEXT"]).strip().splitlines()]
                pairs = [((row[0], word), f"{row[0]}+{word}") for row in rows if row for word in row[1:]]
                return self._distinct(joined, pairs)
            case ast.BinOp(left, ast.BitOr(), right) as both:
                parts = [self.data(left), self.data(right)]
                if not all(isinstance(part, dict) for part in parts):
                    raise self.error(both, "two dictionaries")
                return self._distinct(both, [pair for part in parts for pair in part.items()])
            case ast.Call() as call if found := fit(WORDS, call):
                return self.text(found["_TEXT"]).split()
            case ast.ListComp() as listed:
                return self._listed(listed)
            case _:
                raise self.error(node, "a literal: a number, a text, True, False, a tuple or a dictionary")

    def _listed(self, node: ast.ListComp) -> list[Any]:
        """Words or whole numbers of a text, or rows of them."""
        try:
            if found := fit(NUMBERS, node):
                return [int(word) for word in self.text(found["_TEXT"]).split()]
            if found := fit(WORD_ROWS, node):
                return [row.split() for row in self.text(found["_TEXT"]).strip().splitlines()]
            if found := fit(NUMBER_ROWS, node):
                rows = self.text(found["_TEXT"]).strip().splitlines()
                return [[int(word) for word in row.split()] for row in rows]
        except ValueError as error:
            raise self.error(node, "whole numbers") from error
        raise self.error(node, "words of a text, as in [int(z) for z in ...]")

    def text(self, node: ast.expr) -> str:
        """A text."""
        value = self.constant(node)
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            raise self.error(node, "a text")
        return value.value

    def whole(self, node: ast.expr) -> int:
        """A whole number."""
        value = self.data(node)
        if type(value) is not int:
            raise self.error(node, "a whole number")
        return value

    def access(self, subject: ast.expr, names: tuple[str, ...]) -> Access:
        """What a table's access, such as `TABLE_1.get(x, 0)`, finds for given values of its names.

        The result raises LookupError or TypeError for values that the table does not have.
        """
        match subject:
            case ast.Name(name) if name in names:
                return lambda values: values[name]
            case ast.Subscript(table, key):
                inner, index = self.access(table, names), self.access(key, names)
                return lambda values: inner(values)[index(values)]
            case ast.Call(ast.Attribute(table, "get"), [key, *rest], []) if len(rest) <= 1:
                inner, index = self.access(table, names), self.access(key, names)
                default = self.access(rest[0], names) if rest else lambda values: None
                return lambda values: _get(inner(values), index(values), default(values))
            case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
                first, second = self.access(left, names), self.access(right, names)
                factor = 1 if isinstance(sign, ast.Add) else -1
                return lambda values: _number(first(values)) + factor * _number(second(values))
            case ast.Call(ast.Name("min" | "max" as name), [left, right], []):
                first, second = self.access(left, names), self.access(right, names)
                choose = min if name == "min" else max
                return lambda values: choose(_number(first(values)), _number(second(values)))
            case ast.Compare(left, [ast.GtE()], [bound]):
                number, least = self.access(left, names), self.whole(bound)
                return lambda values: _number(number(values)) >= least
            case ast.Tuple(elements) if any(isinstance(element, ast.Name) for element in elements):
                parts = [self.access(element, names) for element in elements]
                return lambda values: tuple(part(values) for part in parts)
        value = self.data(subject)
        return lambda values: value

    def _pairs(self, node: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
        if not isinstance(node, ast.Dict) or None in node.keys:
            raise self.error(node, "a dictionary")
        return [(key, value) for key, value in zip(node.keys, node.values) if key is not None]

    def _distinct(self, node: ast.AST, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        if any(isinstance(key, dict | list) or _has_unhashable(key) for key, _ in pairs) or len(dict(pairs)) < len(
            pairs
        ):
            raise self.error(node, "every key once, each a number, a text or a tuple of them")
        return dict(pairs)


def _has_unhashable(key: Any) -> bool:
    return isinstance(key, dict | list) or (isinstance(key, tuple) and any(map(_has_unhashable, key)))


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _get(table: Any, key: Any, default: Any) -> Any:
    if not isinstance(table, dict):
        raise TypeError
    return table.get(key, default)
