"""Program -> RASP: one statement a variable, one rule a node. `reader.py` reads back what is printed here.

The nodes that learning finds are functions of `learned.rasp`, which is RASP itself; so the text is a RASP program that
computes what the Program computes, on every input of its vocabulary up to its maximum length. What a table reads, a
variable and its values, gets a private name the first time it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from transformer_programs.errors import ProgramError
from transformer_programs.program import (
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
from transformer_programs.rasp.source.names import ANSWER, HEADER, to_rasp

__all__ = ["CALLS", "INFIX", "LONGEST", "print_rasp"]

LONGEST = 64
"""Up to which length the text of a program of any length computes what the program does."""

SHORTEST_RANGE = 3
INFIX = ("+", "-", "*", "/", "%", "^", "==", "<", "<=", ">", ">=")
CALLS = {
    "//": "quotient",
    "abs": "magnitude",
    "and": "both_of",
    "bool": "truth",
    "float": "decimal",
    "indicator": "indicator",
    "int": "whole",
    "max": "max",
    "min": "min",
    "or": "either_of",
    "round": "round",
}
"""Operators that are functions in RASP text."""


def print_rasp(program: Program) -> str:
    """The program as RASP.

    Raises:
        ProgramError: a token or text that RASP has no string for (with a quotation mark or a line break), or the text
            of a computed value, which RASP cannot make.

    >>> from transformer_programs.program import Step
    >>> count = Step("count", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count"))
    >>> print(print_rasp(hist).splitlines()[-2])
    v_count = selector_width(select(tokens, tokens, ==));
    """
    return _Printer(program).text()


class _Printer:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._domains = domains(program)
        self._longest = program.max_length or LONGEST
        self._reads: dict[str, str] = {}
        self._named: set[str] = set()

    def text(self) -> str:
        program = self._program
        if not program.reading.plain:
            got, expected = " and ".join(program.reading.notes), "words that are tokens as they are written, as in RASP"
            raise ProgramError(place=program.name, got=got, expected=expected)
        head = {
            "name": program.name,
            "vocabulary": program.vocabulary,
            "max_length": program.max_length,
            "causal": program.causal,
            "before": program.frame.before,
            "after": program.frame.after,
            "about": program.about,
        }
        lines = [HEADER + json.dumps(head), 'load "learned";']
        for step in program.steps:
            lines += self._statement(to_rasp(step.name), self._node(step.node))
        lines += self._statement(ANSWER, self._output(program.output))
        return "\n".join(lines) + "\n"

    def _statement(self, name: str, text: str) -> list[str]:
        """A statement, and before it those that name what it is the first to read."""
        new = [f"{read} = {values};" for read, values in self._reads.items() if read not in self._named]
        self._named.update(self._reads)
        return [*new, f"{name} = {text};"]

    def _node(self, node: Node) -> str:
        longest = self._longest
        match node:
            case Constant(value):
                return f"constant({_value(value)})"
            case Table(reads, cells):
                return f"table({_list(map(self._read, reads))}, {_values(cells)})"
            case Apply(operator, arguments):
                return _apply(operator, tuple(map(to_rasp, arguments)))
            case Lookup(argument, keys, values, None):
                items = ", ".join(f"{_value(key)}: {_value(value)}" for key, value in zip(keys, values))
                return f"{{{items}}}[{to_rasp(argument)}]"
            case Lookup(argument, keys, values, default):
                return f"looked_up({to_rasp(argument)}, {_values(keys)}, {_values(values)}, {_value(default)})"
            case Closest(selector, ref):
                return f"nearest({self._cut(selector)}, {to_rasp(ref)}, {longest})"
            case Total(selector, ref):
                return f"total({self._cut(selector)}, {to_rasp(ref)})"
            case Spelled(function):
                raise ProgramError(
                    place="RASP", got=f"the {function} of tokens as they are written", expected="tokens of a vocabulary"
                )
            case Width(selector):
                return f"selector_width({self._cut(selector)})"
            case Mean(selector, ref, default):
                return f"aggregate({self._cut(selector)}, {to_rasp(ref)}, {_value(default)})"
            case Largest(selector, ref, default):
                return f"largest({self._cut(selector)}, {to_rasp(ref)}, {_value(default)}, {longest})"
            case Smallest(selector, ref, default):
                return f"smallest({self._cut(selector)}, {to_rasp(ref)}, {_value(default)}, {longest})"

    def _cut(self, selector: Pattern) -> str:
        """A head's selector: in a causal program without what comes later."""
        if isinstance(selector, Prefer):
            orders = _list(_list(map(_values, order)) for order in selector.orders)
            keys, queries = self._read(selector.keys), self._read(selector.queries)
            return f"preferred({self._cut(Full())}, {keys}, {queries}, {orders})"
        text = self._selector(selector)
        return f"past({text})" if self._program.causal else text

    def _selector(self, selector: Selector) -> str:
        match selector:
            case Full():
                return "full_s"
            case Offset(low, high):
                return f"offset({low}, {high})"
            case Compare(keys, operator, queries):
                return f"select({to_rasp(keys)}, {to_rasp(queries)}, {operator})"
            case Relation(Read(keys, None), Read("tokens", None), rows) if len(set(rows)) == 1 == len(rows[0]):
                return f"select({to_rasp(keys)}, {_value(rows[0][0])}, ==)"
            case Relation(keys, queries, rows):
                return f"related({self._read(keys)}, {self._read(queries)}, {_list(map(_values, rows))})"
            case Both(left, right):
                return f"({self._selector(left)} and {self._selector(right)})"
            case Either(left, right):
                return f"({self._selector(left)} or {self._selector(right)})"
            case Negate(inner):
                return f"(not {self._selector(inner)})"

    def _read(self, read: Read) -> str:
        """The name of a read; no variable's name in RASP begins with an underscore."""
        variable = to_rasp(read.variable)
        name = f"_{variable}" if read.limit is None else f"__{variable}_{read.limit}"
        domain = _values(read_domain(read, self._domains))
        self._reads[name] = f"[{variable}, {domain}, {read.limit is not None}]"
        return name

    def _output(self, output: Output) -> str:
        match output:
            case Emit(variable):
                return to_rasp(variable)
            case Classify(labels, bias, scores, pooled):
                call = "classify_pooled" if pooled else "classify"
                return f"{call}({_values(labels)}, {_values(bias)}, {_list(map(self._score, scores))})"

            case Decode():
                expected = "labels chosen one by one"
                raise ProgramError(place="RASP", got="labels decoded as one best sequence", expected=expected)

    def _score(self, score: Score) -> str:
        match score:
            case TableScore(read, rows):
                return f"[True, {self._read(read)}, {_list(map(_values, rows))}]"
            case LinearScore(variable, weights):
                return f"[False, {to_rasp(variable)}, {_values(weights)}]"


def _apply(operator: str, arguments: tuple[str, ...]) -> str:
    if operator in ("str", "int", "float", "bool") and arguments == ("tokens",):
        return f"tokens_{operator}"
    if operator in INFIX:
        return f"{arguments[0]} {operator} {arguments[1]}"
    if operator in CALLS:
        return f"{CALLS[operator]}({', '.join(arguments)})"
    match operator:
        case "!=":
            return f"not ({arguments[0]} == {arguments[1]})"
        case "not":
            return f"not {arguments[0]}"
        case "neg":
            return f"-{arguments[0]}"
        case "if":
            return f"{arguments[1]} if {arguments[0]} else {arguments[2]}"
    raise ProgramError(
        place="RASP", got=f"{operator} of the computed {arguments[0]}", expected="an operation that RASP has"
    )


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _values(values: Iterable[Value]) -> str:
    """A list; of the first whole numbers, a range."""
    values = tuple(values)
    if len(values) > SHORTEST_RANGE and all(type(value) is int and value == i for i, value in enumerate(values)):
        return f"range({len(values)})"
    return _list(map(_value, values))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        if any(mark in value for mark in '"\r\n'):
            raise ProgramError(
                place="RASP", got=f"the text {value!r}", expected="text without quotation marks and line breaks"
            )
        return f'"{value}"'
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    return str(value)
