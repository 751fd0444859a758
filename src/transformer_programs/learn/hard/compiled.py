"""`part` and `entry`: Numba's `njit` as this package uses it.

Numba keeps compiled functions on disk and compiles anew when the *file* of a function changes, but not when a function
it calls changes in another file. Here the sources of the whole package, and of `lanes`, are part of the key: a free
variable that no function uses holds their hash, and Numba's key contains free variables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import CellType, FunctionType
from typing import Any

from numba import njit

__all__ = ["entry", "part"]


def _sources() -> str:
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), here.parent / "lanes.py"]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


_SOURCES = _sources()


def part(function: Callable[..., Any]) -> Any:
    """A function that only compiled code calls: a quarter of compiling is what lets Python call a function."""
    return _compiled(function, no_cpython_wrapper=True)


def entry(function: Callable[..., Any]) -> Any:
    """A function that Python calls."""
    return _compiled(function)


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    """A function of compiled code, cached between processes, that lets other threads run meanwhile.

    Without reference counting (`_nrt`): what it works on belongs to the caller, it allocates nothing, and threads do
    not fight over the counters of shared arrays.
    """
    assert isinstance(function, FunctionType)
    code = function.__code__
    keyed = FunctionType(
        code.replace(co_freevars=(*code.co_freevars, "_sources")),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        (*(function.__closure__ or ()), CellType(_SOURCES)),
    )
    keyed.__module__, keyed.__qualname__, keyed.__doc__ = function.__module__, function.__qualname__, function.__doc__
    options |= {"nogil": True, "no_cfunc_wrapper": True, "_nrt": False}
    try:
        return njit(cache=True, **options)(keyed)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return njit(**options)(keyed)
