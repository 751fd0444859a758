"""The nodes of a program: frozen, hashable, keyword-only where there is more than one field.

A program is a list of named *variables* (the residual stream). Each variable is computed by one node from
earlier variables, named by reference; `tokens` and `positions` are there from the start:

    elementwise   Constant, Table, Apply, Lookup, Spelled
    heads         Closest, Total, Width, Mean, Largest, Smallest, each over a selector
    selectors     Full, Offset, Compare, Relation, Both, Either, Negate (attention patterns, nested in heads);
                  Prefer, of the categorical head alone
    output        Emit, Classify with TableScore and LinearScore, Decode

What learning finds uses Table, Relation, Closest, Total, Width and Classify; RASP uses the rest too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "POSITIONS",
    "TOKENS",
    "Apply",
    "Both",
    "Classify",
    "Closest",
    "Compare",
    "Constant",
    "Decode",
    "Either",
    "Emit",
    "Full",
    "Largest",
    "LinearScore",
    "Lookup",
    "Mean",
    "Negate",
    "Node",
    "Offset",
    "Output",
    "Pattern",
    "Prefer",
    "Read",
    "Ref",
    "Relation",
    "Score",
    "Selector",
    "Smallest",
    "Spelled",
    "Table",
    "TableScore",
    "Total",
    "Value",
    "Width",
]

Value: TypeAlias = bool | int | float | str
Ref: TypeAlias = str

TOKENS: Ref = "tokens"
POSITIONS: Ref = "positions"


@dataclass(frozen=True, slots=True)
class Read:
    """A variable read as a finite one.

    Args:
        variable: what is read.
        limit: for a count: it is read as min(max(count, 0), limit), so that a table over it is total. None for a
            variable whose domain is finite already.
    """

    variable: Ref
    limit: int | None = None


# --- elementwise ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value at every position."""

    value: Value


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup table over the product of the domains of what it reads.

    Args:
        reads: the arguments, one or more.
        cells: one value for every combination, the last argument running fastest.
    """

    reads: tuple[Read, ...]
    cells: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """An elementwise operator (`semantics.OPERATORS`) of one, two or three variables."""

    operator: str
    arguments: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A dictionary over an open domain; `default` for a missing key, or an error at run time where it is None."""

    argument: Ref
    keys: tuple[Value, ...]
    values: tuple[Value, ...]
    default: Value | None


@dataclass(frozen=True, slots=True)
class Spelled:
    """What a dictionary has for the spelling of the token, as it was before unknown ones became `<unk>`.

    Args:
        function: what is looked up, one of `semantics.SPELLINGS`, such as `shape` or `suffix_3`.
        keys, values: the dictionary.
        default: for everything else, so that the variable is total and finite.
    """

    function: str
    keys: tuple[str, ...]
    values: tuple[Value, ...]
    default: Value


# --- selectors --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Full:
    """Every visible position."""


@dataclass(frozen=True, slots=True)
class Offset:
    """Visible positions j with low <= j - i <= high."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Compare:
    """Positions j with `keys[j] operator queries[i]`; operator one of `semantics.COMPARISONS`."""

    keys: Ref
    operator: str
    queries: Ref


@dataclass(frozen=True, slots=True)
class Relation:
    """A predicate given as a table: for every query value the key values that match it.

    Args:
        keys: the variable read at the key position.
        queries: the variable read at the query position.
        rows: for each value of the queries' domain, in its order, the matching key values, in the order of the
            keys' domain. At most one a row is the one-to-one predicate of the paper.
    """

    keys: Read
    queries: Read
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Both:
    """Positions selected by both."""

    left: Selector
    right: Selector


@dataclass(frozen=True, slots=True)
class Either:
    """Positions selected by at least one."""

    left: Selector
    right: Selector


@dataclass(frozen=True, slots=True)
class Negate:
    """Visible positions not selected."""

    selector: Selector


Selector: TypeAlias = Full | Offset | Compare | Relation | Both | Either | Negate


@dataclass(frozen=True, slots=True)
class Prefer:
    """Score-based attention: the visible positions whose key scores highest with the query.

    Only the order of a query's scores matters, so it is all that is kept. Unlike a selector it cannot be asked of one
    pair of positions: which key is best depends on all that are visible. So it stands alone, in a categorical head.

    Args:
        keys: the variable read at the key position.
        queries: the variable read at the query position.
        orders: for each value of the queries' domain, in its order, the key values from best to worst, in groups of
            equals (each in the order of the keys' domain). A value that stands in no group is never attended.

    Source: "Learning Transformer Programs" (NeurIPS 2023), the appendix on extensions.
    """

    keys: Read
    queries: Read
    orders: tuple[tuple[tuple[Value, ...], ...], ...]


Pattern: TypeAlias = Selector | Prefer


# --- heads ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Closest:
    """Categorical head: the value at the closest match, or at position 0."""

    selector: Pattern
    values: Ref


@dataclass(frozen=True, slots=True)
class Total:
    """Numerical head: the sum of the values over all matches."""

    selector: Selector
    values: Ref


@dataclass(frozen=True, slots=True)
class Width:
    """Counting head: the number of matches."""

    selector: Selector


@dataclass(frozen=True, slots=True)
class Mean:
    """RASP's aggregate: the average over the matches, or `default`."""

    selector: Selector
    values: Ref
    default: Value


@dataclass(frozen=True, slots=True)
class Largest:
    """RASP-L's max reduction: the largest value over the matches, or `default`."""

    selector: Selector
    values: Ref
    default: Value


@dataclass(frozen=True, slots=True)
class Smallest:
    """RASP-L's min reduction: the smallest value over the matches, or `default`."""

    selector: Selector
    values: Ref
    default: Value


Head: TypeAlias = Closest | Total | Width | Mean | Largest | Smallest
Node: TypeAlias = Constant | Table | Apply | Lookup | Spelled | Head


# --- output -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableScore:
    """Integer scores of a finite variable: one row a value of its domain, one score a label."""

    read: Read
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class LinearScore:
    """Integer scores of a whole number: number * weight, one weight a label."""

    variable: Ref
    weights: tuple[int, ...]


Score: TypeAlias = TableScore | LinearScore


@dataclass(frozen=True, slots=True)
class Emit:
    """The answer is a variable itself."""

    variable: Ref


@dataclass(frozen=True, slots=True)
class Classify:
    """The answer is the label with the largest summed score, the first of equals (the unembedding).

    Args:
        labels: in order.
        bias: one score a label, added once a position.
        scores: what the variables add.
        pooled: one answer a sequence, from the scores summed over its positions; otherwise one a position.
    """

    labels: tuple[str, ...]
    bias: tuple[int, ...]
    scores: tuple[Score, ...]
    pooled: bool = False


@dataclass(frozen=True, slots=True)
class Decode:
    """The answer is the sequence of labels with the largest sum of scores, of those in which each may follow.

    Of equal sequences the first in the order of the labels, position by position.

    Args:
        labels, bias, scores: as of `Classify`.
        first: for each label what it adds at position 0; None: it cannot stand there.
        follows: for each label, for each label after it, what that adds; None: it cannot follow.
    """

    labels: tuple[str, ...]
    bias: tuple[int, ...]
    scores: tuple[Score, ...]
    first: tuple[int | None, ...]
    follows: tuple[tuple[int | None, ...], ...]


Output: TypeAlias = Emit | Classify | Decode
