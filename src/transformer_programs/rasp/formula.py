"""An expression as RASP text, for pictures and messages; what lies too deep is three dots."""

from __future__ import annotations

from collections.abc import Mapping

from transformer_programs.rasp import expression as E

__all__ = ["formula"]

DEEPEST = 6

_UNARY = {"neg": "-{}", "not": "not {}", "round": "round({})", "bool": "{}", "indicator": "indicator({})"}


def formula(
    expr: E.Expr, names: Mapping[E.Expr, str], depth: int = 0, *, named: Mapping[E.Expr, str] | None = None
) -> str:
    """The text of an expression; named parts are their names.

    >>> formula(E.apply("+", E.INDICES, E.constant(1)), {})
    'indices + 1'
    """
    if expr in names:
        return names[expr]
    if depth >= DEEPEST:
        return "..."
    # Below the top every name may be used, the expression's own too.
    known = named if named is not None else names

    def part(i: int) -> str:
        text = formula(expr.args[i], known, depth + 1)
        inner = expr.args[i]
        call = inner.kind == "apply" and "(" in _UNARY.get(inner.data, "")
        joined = inner.kind in ("apply", "both", "either", "negate") and not call
        return f"({text})" if joined and inner not in known else text

    match expr.kind:
        case "tokens":
            return "tokens" if expr.data == "str" else f"tokens_{expr.data}"
        case "indices":
            return "indices"
        case "constant":
            return f'"{expr.data}"' if isinstance(expr.data, str) else str(expr.data)
        case "full":
            return "full_s"
        case "compare":
            return f"select({', '.join(_plain(arg, known, depth) for arg in expr.args)}, {expr.data})"
        case "both" | "either":
            return f"{part(0)} {'and' if expr.kind == 'both' else 'or'} {part(1)}"
        case "negate":
            return f"not {part(0)}"
        case "lookup":
            what = expr.data[3]
            return f"{part(0)} in [..]" if what == "in" else f"{what}[{_plain(expr.args[0], known, depth)}]"
        case "width":
            return f"selector_width({_plain(expr.args[0], known, depth)})"
        case "mean" | "largest" | "smallest":
            call = {"mean": "aggregate", "largest": "aggr_max", "smallest": "aggr_min"}[expr.kind]
            return f"{call}({', '.join(_plain(arg, known, depth) for arg in expr.args)})"
    if expr.data == "if":
        return f"{part(1)} if {part(0)} else {part(2)}"
    if len(expr.args) == 1:
        form = _UNARY.get(expr.data, f"{expr.data}({{}})")
        return form.format(_plain(expr.args[0], known, depth) if "(" in form else part(0))
    return f"{part(0)} {expr.data} {part(1)}"


def _plain(expr: E.Expr, known: Mapping[E.Expr, str], depth: int) -> str:
    return formula(expr, known, depth + 1)
