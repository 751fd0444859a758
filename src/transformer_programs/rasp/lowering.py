"""From the graph of expressions to the nodes of a Program: the one place where the two meet."""

from __future__ import annotations

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
    taken = {TOKENS, POSITIONS}
    steps = []
    for node in ordered(sop):
        if node.is_selector:
            continue
        if node.kind == "indices":
            refs[node] = POSITIONS
        elif node.kind == "tokens" and (node.data == "asis" or (node.data == "str" and vocabulary is not None)):
            refs[node] = TOKENS
        else:
            refs[node] = ref = _fresh((names or {}).get(node, node.kind), taken)
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


def _fresh(wish: str, taken: set[str]) -> str:
    import keyword

    base = wish if wish.isidentifier() and not keyword.iskeyword(wish) else "value"
    ref, number = base, 1
    while ref in taken or (number == 1 and base in ("value", "apply", "constant", "mean", "width", "lookup")):
        ref = f"{base}_{number}"
        number += 1
    taken.add(ref)
    return ref


def value_of_zero(values: tuple[Value, ...]) -> Value:
    """0, in the type in which the values have it: a table holds no two equal values of different types."""
    return next((value for value in values if not isinstance(value, str) and value == 0), 0)
