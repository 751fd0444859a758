"""A session for RASP-L programs: the core, the library, every value checked against the rules as it is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from transformer_programs.rasp import expression as E
from transformer_programs.rasp import operations, syntax
from transformer_programs.rasp.environment import Environment
from transformer_programs.rasp.errors import Place, RaspError, Source
from transformer_programs.rasp.evaluator import execute
from transformer_programs.rasp.parser import Command, Parsed, statements
from transformer_programs.rasp.raspl.rules import check_rules
from transformer_programs.rasp.session import Session
from transformer_programs.rasp.values import Function, Named, describe, is_atom

__all__ = ["NULL", "RaspLSession"]

NULL = -128
"""The token and the position that mark "none": the least of 8 bits."""

PREDICATES = {"equals": "==", "leq": "<=", "lt": "<", "geq": ">=", "gt": ">"}

# Values of last parameters that may be left out.
DEFAULTS: dict[str, tuple[Any, ...]] = {
    "aggr": (0, "mean"),
    "aggr_max": (0,),
    "aggr_mean": (0,),
    "firsts": (-1,),
    "first_true": (-1,),
    "index_select": (0,),
    "induct": (0, NULL),
    "induct_kqv": (0, NULL),
    "induct_prev": (0, NULL),
    "kqv": (0, "mean"),
    "lasts": (-1,),
    "mask": (0,),
    "shift_right": (0,),
}


class RaspLSession(Session):
    """RASP-L: `tokens` are whole numbers, everything is causal, and what breaks a rule is refused where it stands.

    >>> session = RaspLSession()
    >>> session.run("x = index_select(tokens, indices - 1);")
    >>> print(session.on("x", [5, 6, 7]))
    [0, 5, 6] (ints)
    >>> session.run("y = tokens * 0.5;")
    Traceback (most recent call last):
    transformer_programs.rasp.errors.RaspError: program line 1, column 12: not RASP-L: 0.5; expected whole numbers \
(float)
      y = tokens * 0.5;
                 ^
    """

    def __init__(self) -> None:
        self._strict = False
        super().__init__(causal=True)
        self.sop_example = self.selector_example = [1, 0, 2, 1]
        scope = Environment("RASP-L", self.environment, gives_to=None)
        for name, (parameters, native) in CORE.items():
            scope.set(name, _core(name, parameters, native, scope))
        for statement in _library():
            assert not isinstance(statement, Command)
            execute(statement, scope, self)
            if isinstance(statement, syntax.Function) and statement.name in DEFAULTS:
                scope.set(statement.name, Function(statement.name, scope, statement, None, DEFAULTS[statement.name]))
        tokens = self.environment.get("tokens_int")
        tokens.rename("tokens")
        scope.set("tokens", tokens)
        self.environment = scope
        self._base = scope.snapshot()
        self._strict = True

    def check(self, value: Named, examples: list[Any]) -> None:
        """Refuses what breaks a rule. Nothing is tried on an example: programs may need prompts of their own form."""
        if self._strict:
            check_rules(value.expr)


def _reduce(selector: Named, values: Any, default: Any, reduction: Any) -> Named:
    if not operations.is_selector(selector):
        raise RaspError(f"Expected selector, got: {describe(selector)}")
    sop = operations.to_sop(values)
    if not is_atom(default):
        raise RaspError(f"Expected atom, got: {describe(default)}")
    match reduction:
        case "mean":
            kind = E.head("mean", selector.expr, sop.expr, default)
            # At most one position is selected by its own index, and one value is no average of several.
            return Named(_truncated(kind, selector.expr, sop.expr, default), "s-op")
        case "max":
            return Named(E.head("largest", selector.expr, sop.expr, default), "s-op")
        case "min":
            return Named(E.head("smallest", selector.expr, sop.expr, default), "s-op")
    raise RaspError(f"reduction {describe(reduction)}", expected='"mean", "max" or "min"')


def _truncated(mean: E.Expr, selector: E.Expr, values: E.Expr, default: Any) -> E.Expr:
    check_rules(values)
    from transformer_programs.rasp.raspl.rules import kind_of

    if kind_of(values).what == "index":
        # A mean of one position is that position: as the largest it needs no arithmetic on positions.
        if selector.kind == "compare" and selector.data == "==" and E.INDICES in selector.args:
            return E.head("largest", selector, values, default)
        check_rules(mean)
    return E.apply("int", mean)


def _kqv(keys: Any, queries: Any, values: Any, predicate: Any, default: Any, reduction: Any) -> Named:
    operator = PREDICATES.get(predicate.name, "") if isinstance(predicate, Function) else str(predicate)
    if operator not in PREDICATES.values():
        raise RaspError(f"predicate {describe(predicate)}", expected=f"one of {', '.join(PREDICATES)}")
    return _reduce(operations.select(keys, queries, operator), values, default, reduction)


def _full(_: Any, value: Any) -> Named:
    if not is_atom(value):
        raise RaspError(f"Expected atom, got: {describe(value)}")
    return Named(E.constant(value), str(value))


CORE: dict[str, tuple[tuple[str, ...], Callable[..., Any] | None]] = {
    "full": (("x", "value"), _full),
    "sel_width": (("selector",), operations.selector_width),
    "aggr": (("selector", "values", "default", "reduction"), _reduce),
    "aggr_mean": (("selector", "values", "default"), lambda s, v, d: _reduce(s, v, d, "mean")),
    "aggr_max": (("selector", "values", "default"), lambda s, v, d: _reduce(s, v, d, "max")),
    "kqv": (("keys", "queries", "values", "predicate", "default", "reduction"), _kqv),
}
"""The core: `indices` and `select` are RASP's own; tok_map and seq_map are calls, written in the library's language."""


def _core(name: str, parameters: tuple[str, ...], native: Callable[..., Any] | None, scope: Environment) -> Function:
    definition = syntax.Function(Place(Source("core"), 1, 1), name, parameters, (), ())
    return Function(name, scope, definition, native, DEFAULTS.get(name, ()))


@cache
def _library() -> tuple[Parsed, ...]:
    maps = "def tok_map(x, f) { return f(x); }\ndef seq_map(x, y, f) { return f(x, y); }\n"
    text = Path(__file__).with_name("library.rasp").read_text(encoding="utf-8")
    return (*statements(maps, "core.rasp", library=True), *statements(text, "library.rasp", library=True))
