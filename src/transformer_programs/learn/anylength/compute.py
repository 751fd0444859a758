"""Selectors and heads on a sample, in array arithmetic. The meaning is that of program/semantics; tests compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.learn.anylength.sample import Sample
from transformer_programs.program import (
    Apply,
    Both,
    Closest,
    Compare,
    Either,
    Full,
    Largest,
    Node,
    Offset,
    Ref,
    Selector,
    Smallest,
    Total,
    Width,
)

__all__ = ["Columns", "apply", "head", "nearest_match", "pattern"]

Columns = Mapping[Ref, Int[np.ndarray, "sequence position"]]
Pattern = Bool[np.ndarray, "sequence query key"]

COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
LARGE = np.int32(1 << 30)


def pattern(sample: Sample, selector: Selector, columns: Columns) -> Pattern:
    """Which visible keys each query selects.

    Args:
        sample: the sequences.
        selector: over `columns`.
        columns: of every variable that it reads; of a variable of tokens, where order is asked, the spelling's.
    """
    return _pattern(selector, columns, sample) & sample.visible


def _pattern(selector: Selector, columns: Columns, sample: Sample) -> Any:
    match selector:
        case Full():
            return True
        case Offset(low, high):
            i, j = np.indices(sample.visible.shape[1:])
            return (low <= j - i) & (j - i <= high)
        case Compare(keys, operator, queries):
            return COMPARE[operator](columns[keys][:, None, :], columns[queries][:, :, None])
        case Both(left, right):
            return _pattern(left, columns, sample) & _pattern(right, columns, sample)
        case Either(left, right):
            return _pattern(left, columns, sample) | _pattern(right, columns, sample)
        case _:
            raise AssertionError(selector)


def head(
    sample: Sample,
    node: Node,
    found: Pattern,
    values: Int[np.ndarray, "sequence position"] | None = None,
    default: int = 0,
) -> Int[np.ndarray, "sequence position"]:
    """What a head with this pattern gives.

    Args:
        sample: the sequences.
        node: Width, Total, Closest, Smallest or Largest.
        found: its pattern.
        values: the column that it reads, if it reads one.
        default: what stands for the default of Smallest and Largest in that column.
    """
    match node:
        case Width():
            return found.sum(axis=2, dtype=np.int32)
        case Total():
            assert values is not None
            return np.einsum("sqk,sk->sq", found, values, dtype=np.int32)
        case Closest():
            assert values is not None
            return np.take_along_axis(values, nearest_match(sample, found), axis=1)
        case Smallest() | Largest():
            assert values is not None
            least = isinstance(node, Smallest)
            choices = np.where(found, values[:, None, :], LARGE if least else -LARGE)
            best = choices.min(axis=2) if least else choices.max(axis=2)
            return np.where(np.abs(best) == LARGE, np.int32(default), best)
        case _:
            raise AssertionError(node)


def nearest_match(sample: Sample, found: Pattern) -> Int[np.ndarray, "sequence query"]:
    """The key that `closest` reads."""
    # No match: all are equally far, and argmin takes position 0, as it should.
    return np.where(found, sample.nearness, LARGE).argmin(axis=2)


def apply(
    node: Apply, columns: Columns, inside: Bool[np.ndarray, "sequence position"]
) -> Int[np.ndarray, "sequence position"] | None:
    """An operator of two whole numbers; None where it fails at some position."""
    left, right = (columns[ref].astype(np.int64) for ref in node.arguments)
    match node.operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "//":
            if (right[inside] <= 0).any():
                return None
            result = left // np.maximum(right, 1)
        case _:
            raise AssertionError(node)
    return None if np.abs(result).max() >= LARGE else result.astype(np.int32)
