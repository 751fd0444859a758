"""RASP as `printer.py` prints it -> the same Program. The text is parsed and matched, never run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from transformer_programs.errors import ProgramError
from transformer_programs.program import (
    TOKENS,
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Either,
    Emit,
    Frame,
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
    Step,
    Table,
    TableScore,
    Total,
    Value,
    Width,
    check,
)
from transformer_programs.rasp import syntax
from transformer_programs.rasp.errors import Place, RaspError
from transformer_programs.rasp.parser import statements
from transformer_programs.rasp.source.names import ANSWER, HEADER, from_rasp
from transformer_programs.rasp.source.printer import CALLS, INFIX

__all__ = ["read_rasp"]

LONGEST_RANGE = 1_000_000
_OPERATORS = {name: operator for operator, name in CALLS.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the parts of a program are read with: the reads that have names, and the size of the vocabulary."""

    reads: dict[str, Read]
    tokens: int


def read_rasp(text: str, place: str = "program.rasp") -> Program:
    """The program in a text that `print_rasp` made.

    Raises:
        ProgramError: with file, line and column of what was not printed so.

    >>> from transformer_programs.rasp.source.printer import print_rasp
    >>> echo = Program(name="echo", vocabulary=("a",), max_length=2, output=Emit("tokens"))
    >>> read_rasp(print_rasp(echo)) == echo
    True
    """
    first = text.split("\n", 1)[0]
    if not first.startswith(HEADER):
        raise ProgramError(place=f"{place} line 1", got="no header", expected=f"{HEADER.strip()} and JSON")
    head = _header(first[len(HEADER) :], place)
    known = _Known({}, len(head["vocabulary"] or ()))
    steps: list[Step] = []
    output: Output | None = None
    for statement in statements(text, place):
        if isinstance(statement, syntax.Load) and statement.file == "learned" and not steps:
            continue
        if output is not None or not isinstance(statement, syntax.Assign):
            raise RaspError("a statement that is none of a printed program", where=getattr(statement, "place", None))
        if len(statement.names) != 1 or len(statement.values) != 1:
            _refuse(statement.place, "one name and one value")
        name, value = statement.names[0], statement.values[0]
        if name == ANSWER:
            output = _output(value, known)
        elif name.startswith("_"):
            known.reads[name] = _read(value, known)
        else:
            steps.append(Step(from_rasp(name), _node(value, known)))
    if output is None:
        raise ProgramError(place=place, got="no answer", expected=f"{ANSWER} = ..;")
    return check(Program(steps=tuple(steps), output=output, **head))


def _header(text: str, place: str) -> dict[str, Any]:
    try:
        head = json.loads(text)
        vocabulary, max_length, causal = head["vocabulary"], head["max_length"], head["causal"]
        strings = [*(vocabulary or ()), *head["before"], *head["after"], head["name"]]
        strings += [part for pair in head["about"] for part in pair]
        if not all(isinstance(part, str) for part in strings) or type(causal) is not bool:
            raise ValueError("values of the wrong type")
        if max_length is not None and type(max_length) is not int:
            raise ValueError("max_length is no whole number")
        return {
            "name": head["name"],
            "vocabulary": None if vocabulary is None else tuple(vocabulary),
            "max_length": max_length,
            "causal": causal,
            "frame": Frame(tuple(head["before"]), tuple(head["after"])),
            "about": tuple((what, text) for what, text in head["about"]),
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProgramError(place=f"{place} line 1", got=f"a damaged header ({error})", expected="as printed") from error


def _refuse(place: Place, expected: str) -> NoReturn:
    raise RaspError("that is no part of a printed program", where=place, expected=expected)


# --- parts --------------------------------------------------------------------------------------------------------


def _is_value(node: Any) -> bool:
    return not isinstance(node, syntax.Name) or node.name in ("True", "False")


def _ref(node: Any) -> Ref:
    if not isinstance(node, syntax.Name):
        _refuse(node.place, "a variable")
    return from_rasp(node.name)


def _value(node: Any) -> Value:
    match node:
        case syntax.Literal(_, value):
            return value
        case syntax.Name(_, "True" | "False" as name):
            return name == "True"
        case syntax.Unary(_, "-", syntax.Literal(_, int() | float() as value)):
            return -value
    _refuse(node.place, "a value")


def _items(node: Any) -> tuple[syntax.Expression, ...]:
    if not isinstance(node, syntax.Listing):
        _refuse(node.place, "a list")
    return node.items


def _values(node: Any) -> tuple[Value, ...]:
    if isinstance(node, syntax.Range) and len(node.bounds) == 1:
        count = _whole(node.bounds[0])
        if not 0 <= count <= LONGEST_RANGE:
            _refuse(node.place, f"at most {LONGEST_RANGE} values")
        return tuple(range(count))
    return tuple(map(_value, _items(node)))


def _whole(node: Any) -> int:
    value = _value(node)
    if type(value) is not int:
        _refuse(node.place, "a whole number")
    return value


def _read(node: Any, known: _Known) -> Read:
    if isinstance(node, syntax.Name):
        if node.name not in known.reads:
            _refuse(node.place, "what was given a name before: [variable, values, limited]")
        return known.reads[node.name]
    items = _items(node)
    if len(items) != 3:
        _refuse(node.place, "[variable, values, limited]")
    variable, domain, limited = _ref(items[0]), _values(items[1]), _value(items[2])
    return Read(variable, len(domain) - 1 if limited is True else None)


def _call(node: Any) -> tuple[str, tuple[syntax.Expression, ...]]:
    """The name and the arguments of a call; no name where the node is none."""
    if isinstance(node, syntax.Call) and isinstance(node.of, syntax.Name):
        return node.of.name, node.arguments
    return "", ()


def _node(node: Any, known: _Known) -> Node:
    match node:
        case syntax.Name(_, name) if name.startswith("tokens_"):
            return Apply(name.removeprefix("tokens_"), (TOKENS,))
        case syntax.Index(_, syntax.Dictionary(_, items), at):
            keys, values = (tuple(_value(item[i]) for item in items) for i in (0, 1))
            return Lookup(_ref(at), keys, values, None)
        case syntax.Aggregate(_, selector, values, default) if default is not None:
            return Mean(_cut(selector, known), _ref(values), _value(default))
        case syntax.Ternary(_, then, condition, otherwise):
            return Apply("if", (_ref(condition), _ref(then), _ref(otherwise)))
        case syntax.Unary(_, "not", syntax.Binary(_, "==", left, right)):
            return Apply("!=", (_ref(left), _ref(right)))
        case syntax.Unary(_, operator, operand):
            return Apply("neg" if operator == "-" else operator, (_ref(operand),))
        case syntax.Binary(_, operator, left, right) if operator in INFIX:
            return Apply(operator, (_ref(left), _ref(right)))
    name, arguments = _call(node)
    match name, arguments:
        case "constant", (a,):
            return Constant(_value(a))
        case "table", (a, b):
            return Table(tuple(_read(read, known) for read in _items(a)), _values(b))
        case "nearest", (syntax.Call(_, syntax.Name(_, "preferred")) as best, b, _):
            return Closest(_preferred(best, known), _ref(b))
        case "looked_up", (a, b, c, d):
            return Lookup(_ref(a), _values(b), _values(c), _value(d))
        case "nearest", (a, b, _):
            return Closest(_cut(a, known), _ref(b))
        case "total", (a, b):
            return Total(_cut(a, known), _ref(b))
        case "selector_width", (a,):
            return Width(_cut(a, known))
        case "largest", (a, b, c, _):
            return Largest(_cut(a, known), _ref(b), _value(c))
        case "smallest", (a, b, c, _):
            return Smallest(_cut(a, known), _ref(b), _value(c))
    if name in _OPERATORS:
        return Apply(_OPERATORS[name], tuple(map(_ref, arguments)))
    _refuse(node.place, "a node of a program")


def _cut(node: Any, known: _Known) -> Selector:
    """A head's selector; whether it is cut to the past is the program's matter, said in the header."""
    name, arguments = _call(node)
    return _selector(arguments[0] if name == "past" and len(arguments) == 1 else node, known)


def _preferred(node: Any, known: _Known) -> Prefer:
    _, arguments = _call(node)
    if len(arguments) != 4 or _cut(arguments[0], known) != Full():
        _refuse(node.place, "preferred(full_s, keys, queries, orders)")
    keys, queries, orders = arguments[1:]
    groups = tuple(tuple(map(_values, _items(order))) for order in _items(orders))
    return Prefer(_read(keys, known), _read(queries, known), groups)


def _selector(node: Any, known: _Known) -> Selector:
    match node:
        case syntax.Name(_, "full_s"):
            return Full()
        case syntax.Select(_, keys, value, "==") if _is_value(value):
            return Relation(Read(_ref(keys)), Read(TOKENS), ((_value(value),),) * known.tokens)
        case syntax.Select(_, keys, queries, operator):
            return Compare(_ref(keys), operator, _ref(queries))
        case syntax.Binary(_, "and", left, right):
            return Both(_selector(left, known), _selector(right, known))
        case syntax.Binary(_, "or", left, right):
            return Either(_selector(left, known), _selector(right, known))
        case syntax.Unary(_, "not", inner):
            return Negate(_selector(inner, known))
    match _call(node):
        case "offset", (low, high):
            return Offset(_whole(low), _whole(high))
        case "related", (keys, queries, rows):
            return Relation(_read(keys, known), _read(queries, known), tuple(map(_values, _items(rows))))
    _refuse(node.place, "a selector")


def _output(node: Any, known: _Known) -> Output:
    match _call(node):
        case ("classify" | "classify_pooled") as name, (labels, bias, scores):
            texts = _values(labels)
            for text in texts:
                if not isinstance(text, str):
                    _refuse(labels.place, "labels that are text")
            weights = tuple(map(_whole, _items(bias)))
            parts = tuple(_score(score, known) for score in _items(scores))
            return Classify(texts, weights, parts, name == "classify_pooled")  # type: ignore[arg-type]
    return Emit(_ref(node))


def _score(node: Any, known: _Known) -> Score:
    items = _items(node)
    if len(items) != 3:
        _refuse(node.place, "[True, read, rows] or [False, variable, weights]")
    if _value(items[0]) is True:
        rows = tuple(tuple(map(_whole, _items(row))) for row in _items(items[2]))
        return TableScore(_read(items[1], known), rows)
    return LinearScore(_ref(items[1]), tuple(map(_whole, _items(items[2]))))
