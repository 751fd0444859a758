"""The syntax tree of RASP: frozen nodes, each with the place it was read at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from transformer_programs.program import Value
from transformer_programs.rasp.errors import Place

__all__ = [
    "Aggregate",
    "Assign",
    "Binary",
    "Call",
    "Comprehension",
    "Contains",
    "Dictionary",
    "DictionaryComprehension",
    "Draw",
    "Evaluate",
    "Expression",
    "Function",
    "Index",
    "Length",
    "Listing",
    "Literal",
    "Load",
    "Loop",
    "Name",
    "Range",
    "Select",
    "Statement",
    "Ternary",
    "Unary",
    "Zip",
]


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A number or a string."""

    place: Place
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A variable."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """`of[index]`."""

    place: Place
    of: Expression
    index: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """`of(arguments)`: a function's call, or an s-op or selector evaluated on an input."""

    place: Place
    of: Expression
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    """`not - + round indicator`."""

    place: Place
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """Arithmetic, comparison, `and`, `or`."""

    place: Place
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Ternary:
    """`then if condition else otherwise`."""

    place: Place
    then: Expression
    condition: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Contains:
    """`item in container`."""

    place: Place
    item: Expression
    container: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Select:
    """`select(keys, queries, operator)`."""

    place: Place
    keys: Expression
    queries: Expression
    operator: str


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """`aggregate(selector, values[, default])`."""

    place: Place
    selector: Expression
    values: Expression
    default: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """`range(1 to 3 whole numbers)`."""

    place: Place
    bounds: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Zip:
    """`zip(list, ..)`."""

    place: Place
    lists: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Length:
    """`len(list)`."""

    place: Place
    of: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """`[items]`."""

    place: Place
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comprehension:
    """`[item for names in of]`."""

    place: Place
    item: Expression
    names: tuple[str, ...]
    of: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary:
    """`{key: value, ..}`."""

    place: Place
    items: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True, eq=False)
class DictionaryComprehension:
    """`{key: value for names in of}`."""

    place: Place
    key: Expression
    value: Expression
    names: tuple[str, ...]
    of: Expression


Expression: TypeAlias = (
    Literal
    | Name
    | Index
    | Call
    | Unary
    | Binary
    | Ternary
    | Contains
    | Select
    | Aggregate
    | Range
    | Zip
    | Length
    | Listing
    | Comprehension
    | Dictionary
    | DictionaryComprehension
)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluate:
    """`expression;`."""

    place: Place
    value: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """`names = values;`."""

    place: Place
    names: tuple[str, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """`draw(sop[, input]);`."""

    place: Place
    value: Expression
    on: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """`load "file";`."""

    place: Place
    file: str


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """`def name(parameters) { body return results; }`."""

    place: Place
    name: str
    parameters: tuple[str, ...]
    body: tuple[Statement, ...]
    results: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`for names in of { body }`."""

    place: Place
    names: tuple[str, ...]
    of: Expression
    body: tuple[Statement, ...]


Statement: TypeAlias = Evaluate | Assign | Draw | Load | Function | Loop
