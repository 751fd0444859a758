"""How the kernel is compiled: without a lock, without what costs compilation time and is not used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

__all__ = ["entry", "part"]

Function = TypeVar("Function", bound=Callable[..., Any])

_compile: Any = njit


def part(function: Function) -> Function:
    """A function that only compiled code calls."""
    return cast(
        Function, _compile(nogil=True, no_rewrites=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    )


def entry(function: Function) -> Function:
    """A function that Python calls: compiled at its first call, then kept on disk for other processes.

    Where neither the package's folder nor the user's cache can be written, every process compiles for itself.
    """
    try:
        return cast(Function, _compile(nogil=True, no_rewrites=True, cache=True)(function))
    except RuntimeError:
        return cast(Function, _compile(nogil=True, no_rewrites=True)(function))
