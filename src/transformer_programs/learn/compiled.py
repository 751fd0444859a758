"""How `grow` and the scores compile their loops: kept on disk, without a lock, quick to compile.

Compiling is most of a first run's time, and most of compiling is not the loops but what comes with them. So these
functions work on arrays that the caller made and never make one, take a row by its number and not as a view of its
own, and call no NumPy function; then there are no reference counts to keep, and nothing of NumPy to compile along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["entry", "part"]

Function = TypeVar("Function", bound=Callable[..., Any])

_compile: Any = njit
_OPTIONS: dict[str, Any] = {"nogil": True, "no_rewrites": True, "no_cfunc_wrapper": True, "_nrt": False}


def part(function: Function) -> Function:
    """A function that only compiled code of the same file calls (a cache looks at the time of one file)."""
    return cast(Function, _compile(**_OPTIONS, no_cpython_wrapper=True)(function))


def entry(function: Function) -> Function:
    """A function that Python calls: compiled at its first call, then kept on disk for other processes.

    Where neither the package's folder nor the user's cache can be written, every process compiles for itself.
    """
    try:
        return cast(Function, _compile(**_OPTIONS, cache=True)(function))
    except RuntimeError:
        return cast(Function, _compile(**_OPTIONS)(function))
