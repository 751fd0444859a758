"""S-ops and selectors as a graph of shared nodes, built lazily: nothing runs until an input is given.

Equal expressions are one node (hash-consing), so that a shared part is lowered and evaluated once however often a
program writes it, and comparing two expressions is comparing two addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from transformer_programs.program import Value

__all__ = [
    "FULL",
    "INDICES",
    "Expr",
    "apply",
    "as_bool",
    "compare",
    "constant",
    "head",
    "lookup",
    "ordered",
    "select_and",
    "select_not",
    "select_or",
    "tokens",
    "width",
]

SELECTORS = frozenset({"full", "compare", "both", "either", "negate"})
HEADS = frozenset({"mean", "largest", "smallest", "width"})
_BOOLEAN = frozenset({"==", "!=", "<", "<=", ">", ">=", "not", "bool"})


class Expr:
    """One node.

    Args:
        kind: s-ops: `tokens`, `indices`, `constant`, `apply`, `lookup`, and the heads `mean`, `largest`, `smallest`,
            `width`; selectors: `full`, `compare`, `both`, `either`, `negate`.
        args: what it is computed from.
        data: what else defines it: the operator, the value, the default.
        layer: the first attention layer after which an s-op can be known, or in which a selector can be used
            (the greedy schedule of "Thinking Like Transformers", section 4).
        serial: order of creation; arguments come before what uses them.
    """

    __slots__ = ("__weakref__", "args", "data", "kind", "layer", "serial")

    def __init__(self, kind: str, args: tuple[Expr, ...], data: Any, layer: int, serial: int) -> None:
        self.kind = kind
        self.args = args
        self.data = data
        self.layer = layer
        self.serial = serial

    def __repr__(self) -> str:
        return f"<{self.kind} {self.data!r} #{self.serial}>"

    @property
    def is_selector(self) -> bool:
        """Whether it selects positions; otherwise it is an s-op."""
        return self.kind in SELECTORS


_NODES: WeakValueDictionary[Any, Expr] = WeakValueDictionary()
_SERIAL = count()


def _node(kind: str, args: tuple[Expr, ...], data: Any, layer: int) -> Expr:
    # repr tells 1, 1.0 and True apart, which compare equal.
    key = (kind, tuple(map(id, args)), repr(data))
    node = _NODES.get(key)
    if node is None:
        node = Expr(kind, args, data, layer, next(_SERIAL))
        _NODES[key] = node
    return node


INDICES = _node("indices", (), None, 0)
FULL = _node("full", (), None, 1)


def tokens(form: str) -> Expr:
    """The input: `asis`, or read as `str`, `int`, `float` or `bool`."""
    return _node("tokens", (), form, 0)


def constant(value: Value) -> Expr:
    """The same value everywhere."""
    return _node("constant", (), value, 0)


def apply(operator: str, *args: Expr) -> Expr:
    """An elementwise operator of `semantics.OPERATORS`."""
    return _node("apply", args, operator, max(arg.layer for arg in args))


def as_bool(sop: Expr) -> Expr:
    """`bool` of an s-op; itself where it is one already."""
    if sop.kind == "apply" and sop.data in _BOOLEAN:
        return sop
    if sop.kind == "apply" and sop.data in ("and", "or") and all(as_bool(arg) is arg for arg in sop.args):
        return sop
    if sop.kind == "tokens" and sop.data == "bool":
        return sop
    return apply("bool", sop)


def lookup(sop: Expr, keys: tuple[Value, ...], values: tuple[Value, ...], default: Value | None, what: str) -> Expr:
    """A dictionary; `what` is `dict`, `list`, `string` or `in`."""
    return _node("lookup", (sop,), (keys, values, default, what), sop.layer)


def compare(keys: Expr, operator: str, queries: Expr) -> Expr:
    """The selector `keys[k] operator queries[q]`."""
    return _node("compare", (keys, queries), operator, max(keys.layer, queries.layer) + 1)


def select_and(left: Expr, right: Expr) -> Expr:
    """Both select."""
    return left if left is right else _node("both", (left, right), None, max(left.layer, right.layer))


def select_or(left: Expr, right: Expr) -> Expr:
    """At least one selects."""
    return left if left is right else _node("either", (left, right), None, max(left.layer, right.layer))


def select_not(selector: Expr) -> Expr:
    """It does not select."""
    return _node("negate", (selector,), None, selector.layer)


def head(kind: str, selector: Expr, values: Expr, default: Value) -> Expr:
    """`mean`, `largest` or `smallest` of the values selected."""
    return _node(kind, (selector, values), default, max(values.layer + 1, selector.layer))


def width(selector: Expr) -> Expr:
    """How many positions are selected."""
    return _node("width", (selector,), None, selector.layer)


def ordered(root: Expr, known: Callable[[Expr], bool] = lambda _: False) -> Iterator[Expr]:
    """The node and everything it is computed from, arguments first, each once; `known` ones are left out."""
    if known(root):
        return
    done: set[Expr] = set()
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done.add(node)
            yield node
        elif not known(node):
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args) if arg not in done)
