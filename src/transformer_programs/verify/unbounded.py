"""Length-free programs: which agreement on short inputs is agreement on all.

Two shapes are known; others are not decided here.

*Windows.* Every head looks at positions at most w places away (an `Offset` stands on every way through its selector),
nothing reads positions, no step can fail, the answer is one a position. Layer by layer a variable at position i depends
on the tokens at most r places from i, on those at positions 0..r (a head without a match reads position 0), and on
whether an end is nearer than r; r is the sum of the w's on the way. In an input longer than 3r + 2, all that lies
further than r from the start and from i can be cut out, and the answer at i stays. So programs that agree up to 3r + 2
tokens agree everywhere. With r = 0 an input is its tokens one by one, so that one token is enough, and steps may fail.

*Counts.* No head looks at places, only at what stands there: Width heads over relations and comparisons of variables
that are functions of the token alone, in a program that is not causal, and what reads them are tables and scores, each
with a limit. Then answers depend on the token here and on min(count, K) of every letter, K the largest of 1 and the
limits. A letter that occurs more often than K can be taken out once, and nothing changes. So letters * K tokens are
enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Closest,
    Compare,
    Constant,
    Either,
    Lookup,
    Negate,
    Node,
    Offset,
    Output,
    Pattern,
    Program,
    Ref,
    Relation,
    Selector,
    Table,
    Width,
    orders,
    reads,
    references,
    selector_of,
)

__all__ = ["Enough", "enough"]


@dataclass(frozen=True, slots=True)
class Enough:
    """Agreement up to so many tokens is agreement on every input, and why."""

    length: int
    reason: str


def enough(program: Program, other: Program, letters: tuple[str, ...]) -> Enough | None:
    """What has to be checked of two length-free programs without markers; None where no shape fits both."""
    for one in (program, other):
        if one.max_length is not None or one.pooled or one.frame.before or one.frame.after:
            return None
    radii = _radius(program), _radius(other)
    if None not in radii:
        radius = max(r for r in radii if r is not None)
        if radius == 0:
            return Enough(1, "no variable looks beyond its own position")
        return Enough(
            3 * radius + 2, f"every head looks at a window, {radius} places in all; 3 * {radius} + 2 is enough"
        )
    limits = _limit(program), _limit(other)
    if None not in limits:
        limit = max(1, *(bound for bound in limits if bound is not None))
        return Enough(
            len(letters) * limit,
            f"the answers depend on counts up to {limit} only; {len(letters)} letters, so often each",
        )
    return None


def _radius(program: Program) -> int | None:
    radius: dict[Ref, int | None] = {TOKENS: 0, POSITIONS: None}
    for step in program.steps:
        inner = [radius[ref] for ref in references(step.node)]
        if any(r is None for r in inner):
            radius[step.name] = None
            continue
        most = max((r for r in inner if r is not None), default=0)
        selector = selector_of(step.node)
        window = 0 if selector is None else _window(selector)
        radius[step.name] = None if window is None else most + window
    if any(radius[ref] is None for ref in references(program.output)) or None in (
        radius[s.name] for s in program.steps
    ):
        return None
    most = max((r for name, r in radius.items() if r is not None and name != POSITIONS), default=0)
    return most if most == 0 or _sure(program) else None


def _sure(program: Program) -> bool:
    """Whether no step can fail."""
    for step in program.steps:
        match step.node:
            case Constant() | Table() | Lookup(default=bool() | int() | float() | str()):
                continue
            case Apply(operator) if operator in {"==", "!=", "and", "or", "not", "if", "str", "bool", "indicator"}:
                continue
            case Closest(selector) | Width(selector) if not orders(selector):
                continue
            case _:
                return False
    return True


def _window(selector: Pattern) -> int | None:
    """How far it looks at most."""
    match selector:
        case Offset(low, high):
            return max(abs(low), abs(high))
        case Both(left, right):
            windows = [w for w in (_window(left), _window(right)) if w is not None]
            return min(windows, default=None)
        case Either(left, right):
            first, second = _window(left), _window(right)
            return None if first is None or second is None else max(first, second)
        case _:
            return None


def _limit(program: Program) -> int | None:
    """The largest limit that a count is read with; None where the shape is another."""
    if program.causal:
        return None
    local, counts, clipped = {TOKENS}, set[Ref](), set[Ref]()
    for step in program.steps:
        refs = set(references(step.node))
        match step.node:
            case Constant() | Table() | Apply() | Lookup() if refs <= local:
                local.add(step.name)
            case Table() if refs <= local | counts | clipped:
                clipped.add(step.name)
            case Width(selector) if refs <= local and _by_value(selector):
                counts.add(step.name)
            case _:
                return None
    if not set(references(program.output)) <= local | counts | clipped:
        return None
    parts = (*(step.node for step in program.steps), program.output)
    read = [read for part in parts for read in reads(part)]
    # A count that is read any other way than with a limit (emitted, or times a weight) is not clipped.
    for part in parts:
        if any(ref in counts for ref in references(part)) and not _limited(part, counts):
            return None
    return max((r.limit or 0 for r in read), default=0)


def _limited(part: Node | Output, counts: set[Ref]) -> bool:
    """Whether the counts it reads are all read with a limit."""
    read = [r for r in reads(part) if r.variable in counts]
    return all(r.limit is not None for r in read) and len(read) == sum(ref in counts for ref in references(part))


def _by_value(selector: Selector) -> bool:
    match selector:
        case Compare() | Relation():
            return True
        case Both(left, right) | Either(left, right):
            return _by_value(left) and _by_value(right)
        case Negate(inner):
            return _by_value(inner)
        case _:
            return False
