"""From the graph of expressions to the nodes of a Program: the one place where the two meet."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Callable, Mapping

from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Compare,
    Constant,
    Either,
    Emit,
    Full,
    Largest,
    Lookup,
    Mean,
    Negate,
    Node,
    Program,
    Ref,
    Selector,
    Smallest,
    Step,
    Value,
    Width,
)
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.expression import Expr, ordered

__all__ = ["lower", "lower_selector", "program_of"]

DEEPEST_SELECTOR = 200

_KINDS = {"apply": "value", "tokens": "token"}


def lower(sop: Expr, name: Callable[[Expr], Ref]) -> Node:
    """The node of a Program that computes an s-op from the variables `name` gives for what it reads.

    `tokens` read as they are and `indices` are no nodes: they are the variables `tokens` and `positions`.
    """
    match sop.kind:
        case "tokens":
            return Apply(sop.data, (TOKENS,))
        case "constant":
            return Constant(sop.data)
        case "apply":
            return Apply(sop.data, tuple(map(name, sop.args)))
        case "lookup":
            keys, values, default, _ = sop.data
            return Lookup(name(sop.args[0]), keys, values, default)
        case "mean":
            return Mean(lower_selector(sop.args[0], name), name(sop.args[1]), sop.data)
        case "largest":
            return Largest(lower_selector(sop.args[0], name), name(sop.args[1]), sop.data)
        case "smallest":
            return Smallest(lower_selector(sop.args[0], name), name(sop.args[1]), sop.data)
        case "width":
            return Width(lower_selector(sop.args[0], name))
    raise AssertionError(sop.kind)


def lower_selector(selector: Expr, name: Callable[[Expr], Ref], depth: int = 0) -> Selector:
    """The selector of a Program. Chains of one connective become balanced trees, so that length costs no depth.

    Raises:
        RaspError: connectives alternate more than `DEEPEST_SELECTOR` levels deep.
    """
    if depth > DEEPEST_SELECTOR:
        raise RaspError("a selector nested too deeply", expected=f"at most {DEEPEST_SELECTOR} levels")
    match selector.kind:
        case "full":
            return Full()
        case "compare":
            return Compare(name(selector.args[0]), selector.data, name(selector.args[1]))
        case "negate":
            return Negate(lower_selector(selector.args[0], name, depth + 1))
    parts = [lower_selector(part, name, depth + 1) for part in _chain(selector)]
    join = Both if selector.kind == "both" else Either
    while len(parts) > 1:
        parts = [join(*parts[i : i + 2]) if i + 1 < len(parts) else parts[i] for i in range(0, len(parts), 2)]
    return parts[0]


def _chain(selector: Expr) -> list[Expr]:
    """The operands of `a and b and c ..` (or of `or`), each once, from left to right."""
    found: dict[Expr, None] = {}
    stack = [selector]
    while stack:
        part = stack.pop()
        if part.kind == selector.kind:
            stack.extend(reversed(part.args))
        else:
            found[part] = None
    return list(found)


def program_of(
    sop: Expr,
    *,
    name: str = "rasp",
    names: Mapping[Expr, str] | None = None,
    vocabulary: tuple[str, ...] | None = None,
    max_length: int | None = None,
    causal: bool = False,
    about: tuple[tuple[str, str], ...] = (),
) -> Program:
    """The Program that computes an s-op; each shared part is one step.

    Where a vocabulary is given the input is text, so that `tokens` read as text are the tokens themselves.

    Args:
        sop: what is computed.
        name: of the program.
        names: wished names of variables.
        vocabulary: the tokens it takes; None: any.
        max_length: most tokens; None: any.
        causal: whether a position sees only itself and what is before it.
        about: facts to keep with it.
    """
    assert not sop.is_selector
    refs: dict[Expr, Ref] = {}
    fresh = _Names().fresh
    steps = []
    for node in ordered(sop):
        if node.is_selector:
            continue
        if node.kind == "indices":
            refs[node] = POSITIONS
        elif node.kind == "tokens" and (node.data == "asis" or (node.data == "str" and vocabulary is not None)):
            refs[node] = TOKENS
        else:
            refs[node] = ref = fresh(_KINDS.get(node.kind, node.kind), (names or {}).get(node))
            steps.append(Step(ref, lower(node, refs.__getitem__)))
    return Program(
        name=name,
        vocabulary=vocabulary,
        max_length=max_length,
        causal=causal,
        steps=tuple(steps),
        output=Emit(refs[sop]),
        about=about,
    )


class _Names:
    """Names of variables, each given once: the wish itself where there is one, or the kind and a number."""

    def __init__(self) -> None:
        self._taken = {TOKENS, POSITIONS}
        self._last: Counter[str] = Counter()

    def fresh(self, kind: str, wish: str | None) -> Ref:
        """A name for a variable."""
        if wish is not None and wish.isidentifier() and not keyword.iskeyword(wish) and wish not in self._taken:
            self._taken.add(wish)
            return wish
        while True:
            self._last[kind] += 1
            name = f"{kind}_{self._last[kind]}"
            if name not in self._taken:
                self._taken.add(name)
                return name


def value_of_zero(values: tuple[Value, ...]) -> Value:
    """0, in the type in which the values have it: a table holds no two equal values of different types."""
    return next((value for value in values if not isinstance(value, str) and value == 0), 0)
