"""Length-free programs: which agreement on short inputs is agreement on all.

Two shapes are known; others are not decided here.

*Windows.* Every head looks at positions at most w places away (an `Offset` stands on every way through its selector),
nothing reads positions, the answer is one a position. Layer by layer a variable at position i depends on the tokens at
most r places from i, on those at positions 0..r (a head without a match reads position 0), and on whether an end is
nearer than r; r is the sum of the w's on the way. In an input longer than 3r + 2, all that lies further than r from the
start and from i can be cut out, and the answer at i stays. So programs that agree up to 3r + 2 tokens agree everywhere.

*Counts.* No head looks at places, only at what stands there: Width and Total heads over relations and equalities of
variables that are functions of the token alone, in a program that is not causal, and all of them are read with a limit c.
Then answers depend on the token here and on min(count, K) of every letter, K the largest of 1 and the limits. A letter
that occurs more often than K can be taken out once, and nothing changes. So letters * K tokens are enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Classify,
    Compare,
    Constant,
    Either,
    Lookup,
    Negate,
    Offset,
    Program,
    Ref,
    Relation,
    Selector,
    Table,
    Width,
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
        pooled = isinstance(one.output, Classify) and one.output.pooled
        if one.max_length is not None or pooled or one.frame.before or one.frame.after:
            return None
    radii = _radius(program), _radius(other)
    if None not in radii:
        radius = max(r for r in radii if r is not None)
        if radius == 0:
            return Enough(1, "no variable looks beyond its own position")
        return Enough(3 * radius + 2, f"every head looks at a window, {radius} places in all; 3 * {radius} + 2 is enough")
    limits = _limit(program), _limit(other)
    if None not in limits:
        limit = max(1, *(bound for bound in limits if bound is not None))
        return Enough(
            len(letters) * limit, f"the answers depend on counts up to {limit} only; {len(letters)} letters, so often each"
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
    parts = [radius[ref] for ref in (*references(program.output), *_failing(program))]
    if any(r is None for r in parts):
        return None
    return max((r for r in parts if r is not None), default=0)


def _failing(program: Program) -> list[Ref]:
    """Steps that may fail: agreement covers the failure, too."""
    return [step.name for step in program.steps if isinstance(step.node, (Apply, Lookup)) or selector_of(step.node)]


def _window(selector: Selector) -> int | None:
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
    local, counts, limit = {TOKENS}, set[Ref](), 0
    for step in program.steps:
        refs = set(references(step.node))
        match step.node:
            case Constant():
                local.add(step.name)
            case Table():
                if not refs <= local | counts or not _limited(step.node, counts):
                    return None
                (local if refs <= local else local).add(step.name)
                if refs & counts:
                    # A function of the token and of clipped counts: fine for answers, not for further heads.
                    local.discard(step.name)
                    counts.discard(step.name)
                    return_only = step.name
                    local.add(f"answer {return_only}")
            case Apply() | Lookup() if refs <= local:
                local.add(step.name)
            case Width(selector) if refs <= local and _by_value(selector):
                counts.add(step.name)
            case _:
                return None
        limit = max([limit, *(read.limit or 0 for read in reads(step.node))])
    for ref in references(program.output):
        if ref not in local and f"answer {ref}" not in local and ref not in counts:
            return None
    if not isinstance(program.output, Classify):
        if set(references(program.output)) & counts:
            return None
    elif not _limited(program.output, counts) or any(
        not any(read.variable == ref for read in reads(program.output))
        for ref in references(program.output)
        if ref in counts
    ):
        return None
    return max([limit, *(read.limit or 0 for read in reads(program.output))])


def _limited(part: Table | Classify, counts: set[Ref]) -> bool:
    return all(read.limit is not None for read in reads(part) if read.variable in counts)


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
