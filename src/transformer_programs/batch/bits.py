"""Counting bits of a 64-bit mask with the machine's own instructions, inside compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

__all__ = ["leading", "population", "trailing"]

_ZERO_IS_DEFINED = ir.Constant(ir.IntType(1), 0)


@intrinsic
def _population(typing: Any, mask: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def _trailing(typing: Any, mask: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], _ZERO_IS_DEFINED)

    return types.int64(types.uint64), generate


@intrinsic
def _leading(typing: Any, mask: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], _ZERO_IS_DEFINED)

    return types.int64(types.uint64), generate


population: Callable[[Any], int] = cast(Any, _population)
"""Number of set bits."""

trailing: Callable[[Any], int] = cast(Any, _trailing)
"""Number of zero bits below the lowest set bit; 64 for no bit."""

leading: Callable[[Any], int] = cast(Any, _leading)
"""Number of zero bits above the highest set bit; 64 for no bit."""
