"""Elementwise operators as Python spells them: one expression each, of the values x, y and z at a position."""

from __future__ import annotations

import ast

__all__ = ["COMPARISON_NAMES", "EXPRESSIONS", "READINGS", "SPELLED", "WRITTEN", "operator_of", "spelling_of"]

EXPRESSIONS = {
    **{sign: f"x {sign} y" for sign in ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "//", "%", "and", "or")},
    "^": "x**y",
    "not": "not x",
    "neg": "-x",
    **{name: f"{name}(x)" for name in ("round", "int", "float", "str", "bool", "abs")},
    "indicator": "1 if x else 0",
    "if": "y if x else z",
    "min": "min(x, y)",
    "max": "max(x, y)",
}

COMPARISON_NAMES = {
    "!=": "operator.ne",
    "<": "operator.lt",
    "<=": "operator.le",
    ">": "operator.gt",
    ">=": "operator.ge",
}
"""Comparing predicates as functions of the standard library; "==" is `select`."""

SPELLED = {
    "word": "x",
    "lower": "x.lower()",
    "shape": "shape(x)",
    **{f"prefix_{n}": f"x[:{n}]" for n in range(1, 5)},
    **{f"suffix_{n}": f"x[-{n}:]" for n in range(1, 5)},
}
"""`semantics.SPELLINGS` of the token x as it is written."""

READINGS = {
    (True, False): "x.lower()",
    (False, True): r're.sub(r"\d+", "0", x)',
    (True, True): r're.sub(r"\d+", "0", x.lower())',
}
"""What a word x is read as, by the flags of `Reading`."""

WRITTEN = "written"
"""The local variable that holds the words before they are read and unknown ones become `<unk>`."""

_SPELLINGS = {ast.dump(ast.parse(text, mode="eval").body): name for name, text in SPELLED.items()}
_OPERATORS = {ast.dump(ast.parse(text, mode="eval").body): name for name, text in EXPRESSIONS.items()}


def operator_of(expression: ast.expr) -> str | None:
    """The operator that an expression of x, y and z is, or None.

    >>> operator_of(ast.parse("x + y", mode="eval").body)
    '+'
    """
    return _OPERATORS.get(ast.dump(expression))


def spelling_of(expression: ast.expr) -> str | None:
    """The spelling (`semantics.SPELLINGS`) that an expression of x is, or None.

    >>> spelling_of(ast.parse("x[-3:]", mode="eval").body)
    'suffix_3'
    """
    return _SPELLINGS.get(ast.dump(expression))
