"""RASP: the language, its read-eval-print loop, RASP embedded in Python, RASP-L. Layer 2; lark for parsing only.

    >>> from transformer_programs.rasp import aggregate, indices, length, select, tokens
    >>> aggregate(select(indices, length - 1 - indices, "=="), tokens)
    [o, l, l, e, h] (strings) on "hello"

Importing this package imports no parser: reading files and calling what is written in RASP does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.rasp.cost import Cost, cost
from transformer_programs.rasp.embed import (
    Selector,
    SOp,
    aggregate,
    average,
    contained,
    contains,
    count,
    example,
    full_s,
    has_focus,
    indicator,
    indices,
    length,
    library,
    lookup,
    select,
    selector_width,
    shift,
    sort,
    tokens,
    tokens_asis,
    tokens_bool,
    tokens_float,
    tokens_int,
    where,
)
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.lowering import program_of

if TYPE_CHECKING:
    from transformer_programs.program import Program

__all__ = [
    "Cost",
    "RaspError",
    "SOp",
    "Selector",
    "aggregate",
    "average",
    "contained",
    "contains",
    "cost",
    "count",
    "example",
    "full_s",
    "has_focus",
    "indicator",
    "indices",
    "length",
    "library",
    "lookup",
    "program_from_file",
    "program_of",
    "select",
    "selector_width",
    "shift",
    "sort",
    "tokens",
    "tokens_asis",
    "tokens_bool",
    "tokens_float",
    "tokens_int",
    "where",
]


def program_from_file(
    path: str | Path,
    name: str | None = None,
    *,
    vocabulary: tuple[str, ...] | None = None,
    max_length: int | None = None,
    causal: bool = False,
) -> Program:
    """The Program that computes an s-op of a `.rasp` file.

    Args:
        path: the file.
        name: of the s-op; None: the last one that the file makes.
        vocabulary: the tokens it takes; None: any.
        max_length: most tokens; None: any.
        causal: whether a position sees only itself and what is before it.

    Raises:
        RaspError: the file cannot be read, a statement fails, or there is no such s-op.
    """
    from transformer_programs.rasp.session import Session

    session = Session()
    session.run_file(Path(path))
    wanted = name or session.last
    return program_of(
        session.sop(wanted).expr,
        name=wanted if wanted != "out" else Path(path).stem,
        names={expr: text for expr, text in session.names().items() if not text.startswith("_")},
        vocabulary=vocabulary,
        max_length=max_length,
        causal=causal,
    )
