"""Well-formedness: a program that passes runs on every sequence it takes, without an error (RASP operators aside)."""

from __future__ import annotations

import keyword
import math
import unicodedata
from collections.abc import Mapping
from itertools import pairwise

from transformer_programs.errors import ProgramError
from transformer_programs.program.domains import Domain, Finite, Integers, domains, read_domain
from transformer_programs.program.nodes import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
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
    Pattern,
    Prefer,
    Read,
    Ref,
    Relation,
    Smallest,
    Spelled,
    Table,
    TableScore,
    Value,
)
from transformer_programs.program.program import Program
from transformer_programs.program.semantics import COMPARISONS, OPERATORS, SPELLINGS
from transformer_programs.program.traversal import references

__all__ = ["MAX_LENGTH", "check"]

MAX_LENGTH = 1_000_000
"""Largest `max_length`: a file that asks for more was not written by any tool of ours, and would fill the memory."""


def check(program: Program) -> Program:
    """The program itself, if it is well formed.

    Raises:
        ProgramError: naming the step that is not, what it has and what it should have.
    """
    _check_header(program)
    seen = {TOKENS, POSITIONS}
    for step in program.steps:
        place = f"step {step.name!r}"
        if not step.name.isidentifier() or keyword.iskeyword(step.name):
            raise ProgramError(place=place, got="that name", expected="a Python identifier")
        if unicodedata.normalize("NFKC", step.name) != step.name:
            raise ProgramError(place=place, got="that name", expected="an identifier as Python spells it (NFKC)")
        if step.name in seen:
            raise ProgramError(place=place, got="the name a second time", expected="a name of its own")
        for ref in references(step.node):
            if ref not in seen:
                raise ProgramError(place=place, got=f"a read of {ref!r}", expected="an earlier variable")
        seen.add(step.name)
    for ref in references(program.output):
        if ref not in seen:
            raise ProgramError(place="output", got=f"a read of {ref!r}", expected="a variable of the program")
    try:
        known = domains(program)
    except (TypeError, KeyError) as error:
        raise ProgramError(place=program.name, got=str(error), expected="values of one type a table") from error
    for step in program.steps:
        _check_node(step.node, known, f"step {step.name!r}")
    _check_output(program, known)
    return program


def _check_header(program: Program) -> None:
    vocabulary = program.vocabulary
    if vocabulary is not None:
        if not vocabulary or len(set(vocabulary)) != len(vocabulary):
            raise ProgramError(place="vocabulary", got="no or repeated tokens", expected="distinct tokens")
        for token in vocabulary:
            if not isinstance(token, str):
                raise ProgramError(place="vocabulary", got=repr(token), expected="text")
        missing = {*program.frame.before, *program.frame.after} - set(vocabulary)
        if missing:
            raise ProgramError(place="frame", got=f"{sorted(missing)}", expected="tokens of the vocabulary")
        for token in vocabulary:
            if program.reading(token) != token:
                got, expected = (
                    f"{token!r}, which is read as {program.reading(token)!r}",
                    "tokens that words are read as",
                )
                raise ProgramError(place="vocabulary", got=got, expected=expected)
    if program.frame.after and not program.frame.before:
        raise ProgramError(place="frame", got="markers after the tokens only", expected="one before them to tell by")
    if program.max_length is not None and program.max_length < 1:
        raise ProgramError(place="max_length", got=str(program.max_length), expected="1 or more")
    if program.max_length is not None and program.max_length > MAX_LENGTH:
        raise ProgramError(place="max_length", got="a larger number", expected=f"at most {MAX_LENGTH:,}")


def _check_values(values: tuple[Value, ...], place: str) -> None:
    if set(map(type, values)) in ({int}, {str}):
        return  # equal values of these types are spelled alike
    spelling: dict[Value, str] = {}
    for value in values:
        if not isinstance(value, (bool, int, float, str)):
            raise ProgramError(place=place, got=repr(value), expected="a bool, a number or a text")
        if isinstance(value, float) and not math.isfinite(value):
            raise ProgramError(place=place, got=repr(value), expected="a finite number")
        if spelling.setdefault(value, repr(value)) != repr(value):
            other = spelling[value]
            raise ProgramError(place=place, got=f"{value!r} beside the equal {other}", expected="one of the two")


def _check_node(node: Node, known: Mapping[Ref, Domain], place: str) -> None:
    match node:
        case Constant(value):
            _check_values((value,), place)
        case Table(reads, cells):
            size = math.prod(len(read_domain(read, known, place)) for read in reads)
            if not reads or size != len(cells):
                raise ProgramError(place=place, got=f"{len(cells)} cells", expected=f"{size}, one a combination")
            _check_values(cells, place)
        case Apply(operator, arguments):
            if operator not in OPERATORS:
                raise ProgramError(place=place, got=f"operator {operator!r}", expected=", ".join(OPERATORS))
            if len(arguments) != arity(operator):
                raise ProgramError(place=place, got=f"{len(arguments)} arguments", expected=str(arity(operator)))
        case Lookup(_, keys, values, default):
            if len(keys) != len(values) or len(set(keys)) != len(keys):
                raise ProgramError(place=place, got="keys and values that do not pair up", expected="distinct keys")
            _check_values(keys, place)
            _check_values(values if default is None else (*values, default), place)
        case Spelled(function, keys, values, default):
            if function not in SPELLINGS:
                raise ProgramError(place=place, got=f"spelling {function!r}", expected=", ".join(SPELLINGS))
            if len(keys) != len(values) or len(set(keys)) != len(keys):
                raise ProgramError(place=place, got="keys and values that do not pair up", expected="distinct keys")
            _check_values((*values, default), place)
        case Mean(default=default) | Largest(default=default) | Smallest(default=default):
            _check_values((default,), place)
        case _:
            pass
    if hasattr(node, "selector"):
        _check_selector(node.selector, known, place)


def arity(operator: str) -> int:
    """How many arguments an operator of `Apply` takes."""
    if operator in {"not", "neg", "round", "int", "float", "str", "bool", "indicator", "abs"}:
        return 1
    return 3 if operator == "if" else 2


def _check_selector(selector: Pattern, known: Mapping[Ref, Domain], place: str) -> None:
    match selector:
        case Relation(keys, queries, rows):
            domain = read_domain(keys, known, place)
            order = {value: i for i, value in enumerate(domain)}
            size = len(read_domain(queries, known, place))
            if len(rows) != size:
                raise ProgramError(
                    place=place, got=f"{len(rows)} predicate rows", expected=f"{size}, one a query value"
                )
            for row in rows:
                if any(value not in order or repr(value) != repr(domain[order[value]]) for value in row):
                    raise ProgramError(place=place, got=f"row {row!r}", expected="values of the key variable")
                if any(order[a] >= order[b] for a, b in pairwise(row)):
                    raise ProgramError(place=place, got=f"row {row!r}", expected="distinct values in domain order")
        case Prefer(keys, queries, orders):
            _check_orders(keys, queries, orders, known, place)
        case Compare(_, operator, _):
            if operator not in COMPARISONS:
                raise ProgramError(place=place, got=f"operator {operator!r}", expected=" ".join(COMPARISONS))
        case Offset(low, high):
            if low > high:
                raise ProgramError(place=place, got=f"offsets {low}..{high}", expected="low <= high")
        case Both(left, right) | Either(left, right):
            _check_selector(left, known, place)
            _check_selector(right, known, place)
        case Negate(inner):
            _check_selector(inner, known, place)
        case Full():
            pass


def _check_orders(
    keys: Read,
    queries: Read,
    orders: tuple[tuple[tuple[Value, ...], ...], ...],
    known: Mapping[Ref, Domain],
    place: str,
) -> None:
    domain = read_domain(keys, known, place)
    order_of = {value: i for i, value in enumerate(domain)}
    size = len(read_domain(queries, known, place))
    if len(orders) != size:
        raise ProgramError(place=place, got=f"{len(orders)} orders", expected=f"{size}, one a query value")
    for order in orders:
        values = [value for group in order for value in group]
        if any(value not in order_of or repr(value) != repr(domain[order_of[value]]) for value in values):
            raise ProgramError(place=place, got=f"order {order!r}", expected="values of the key variable")
        if len(set(values)) != len(values) or not all(order):
            raise ProgramError(place=place, got=f"order {order!r}", expected="each value once, no empty group")
        if any(order_of[a] >= order_of[b] for group in order for a, b in pairwise(group)):
            raise ProgramError(place=place, got=f"order {order!r}", expected="equals in domain order")


def _check_output(program: Program, known: Mapping[Ref, Domain]) -> None:
    output = program.output
    if isinstance(output, Emit):
        return
    if not output.labels or len(set(output.labels)) != len(output.labels):
        raise ProgramError(place="output", got="no or repeated labels", expected="distinct labels")
    width = len(output.labels)
    if len(output.bias) != width:
        raise ProgramError(place="output", got=f"{len(output.bias)} biases", expected=f"{width}, one a label")
    rows = [output.bias]
    for score in output.scores:
        match score:
            case TableScore(read, table):
                size = len(read_domain(read, known, "output"))
                if len(table) != size:
                    raise ProgramError(place="output", got=f"{len(table)} score rows", expected=f"{size}")
                rows += table
            case LinearScore(variable, weights):
                if not _is_whole(known[variable]):
                    raise ProgramError(place="output", got=f"linear scores of {variable}", expected="a whole number")
                rows.append(weights)
    for row in rows:
        if len(row) != width or any(type(score) is not int for score in row):
            raise ProgramError(place="output", got=f"score row {row!r}", expected=f"{width} integers")
    if isinstance(output, Decode):
        if len(output.follows) != width:
            got = f"{len(output.follows)} rows of what may follow"
            raise ProgramError(place="output", got=got, expected=f"{width}, one a label")
        for allowed in (output.first, *output.follows):
            whole = all(score is None or type(score) is int for score in allowed)
            if len(allowed) != width or not whole or all(score is None for score in allowed):
                expected = f"{width} integers or None, not all None"
                raise ProgramError(place="output", got=f"labels that may follow {allowed!r}", expected=expected)


def _is_whole(domain: Domain) -> bool:
    match domain:
        case Integers():
            return True
        case Finite(values):
            return all(isinstance(value, int) for value in values)
        case _:
            return False
