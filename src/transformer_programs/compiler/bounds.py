"""Numbers whose last bits depend on the order of additions: known between two floats, used only where that is enough.

The average of 0.1, 0.2 and 0.3 is one number or another by the order of its terms. A weight cannot tell which, so such
a value carries the range of all of them. What is computed from it has to come out the same on the whole range, up to
a range of its own; otherwise the node is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from transformer_programs.compiler.graph import refuse

__all__ = ["loosely"]

SAME = 1e-9
"""Results that differ by less, relative to the largest, are one number."""


def loosely(
    place: str, function: Callable[..., Any], result: Any, ranges: Sequence[tuple[Any, ...]], scale: float = 0.0
) -> tuple[float, float]:
    """The range of a function over ranges of its arguments, whose variables hold numbers up to `scale`.

    Raises:
        ProgramError: the result is not the same number over all of it.
    """
    wide = [r for r in ranges if len(r) == 2 and r[0] != r[1]]
    corners = product(*(sorted(set(r)) if len(r) == 2 else r for r in ranges))
    try:
        ends = [function(*corner) for corner in corners]
    except (ArithmeticError, TypeError, ValueError, KeyError) as error:
        raise refuse(
            place, f"{type(error).__name__} or not by the last bits of sums of floats", "whole numbers"
        ) from error
    if isinstance(result, (bool, str)):
        touching = len(ranges) == 2 and bool(wide) and isinstance(result, bool) and _overlap(*ranges)
        if touching or any(end != result for end in ends):
            raise refuse(
                place,
                f"a decision between {ranges[0]} and the like, sums of floats that depend on the order of additions",
                "whole numbers, or floats that are not nearly equal",
            )
        return (0.0, 0.0)
    low, high = min([*ends, result]), max([*ends, result])
    if high - low > SAME * max(abs(low), abs(high), scale):
        raise refuse(
            place,
            f"{float(low)!r} or {float(high)!r} by the last bits of sums of floats",
            "whole numbers, or floats whose sums are exact",
        )
    return (float(low), float(high))


def _overlap(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    if isinstance(left[0], str) or isinstance(right[0], str):
        return False
    return bool(min(left) <= max(right) and min(right) <= max(left))
