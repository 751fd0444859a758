"""`part` and `entry`: Numba's `njit` as this package uses it.

Numba keeps compiled functions on disk and compiles anew when the *file* of a function changes, but not when a function
it calls changes in another file. Here the sources of the whole package, and of `lanes`, are part of the key: a free
variable that no function uses holds their hash, and Numba's key contains free variables.

Indices count from 0. Numba would test of every computed index whether it is negative and so counts from the end, which
took a third of a training step; `_FromZero` makes indices unsigned, for which there is nothing to test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import CellType, FunctionType
from typing import Any

from numba import njit
from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonTypeInference

__all__ = ["entry", "part"]


def _sources() -> str:
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), here.parent / "lanes.py"]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


_SOURCES = _sources()


@register_pass(mutates_CFG=False, analysis_only=False)  # type: ignore[no-untyped-call]
class _FromZero(FunctionPass):
    """A pass of Numba's compiler: wherever `array[index]` is read or written the index is taken as unsigned."""

    _name = "indices_from_zero"

    def __init__(self) -> None:
        FunctionPass.__init__(self)  # type: ignore[no-untyped-call]

    def run_pass(self, state: Any) -> bool:
        state.calltypes.update({item: _unsigned(own) for item, own in state.calltypes.items() if _is_item(item)})
        return True


def _is_item(statement: Any) -> bool:
    """Whether a statement reads or writes `array[index]`."""
    return isinstance(statement, ir.SetItem) or getattr(statement, "op", None) == "getitem"


def _unsigned(signature: Any) -> Any:
    """The types (array, index) of an item read, (array, index, value) of one written."""
    array, index, *value = signature.args
    if isinstance(array, types.Array) and isinstance(index, types.Integer):
        return signature.replace(args=(array, types.uintp, *value))
    return signature


class _Compiler(CompilerBase):
    """Numba's compiler with that pass."""

    def define_pipelines(self) -> list[Any]:
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)  # type: ignore[no-untyped-call]
        passes.add_pass_after(_FromZero, NopythonTypeInference)
        passes.finalize()
        return [passes]


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
    options |= {"nogil": True, "no_cfunc_wrapper": True, "_nrt": False, "pipeline_class": _Compiler}
    try:
        return njit(cache=True, **options)(keyed)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return njit(**options)(keyed)
