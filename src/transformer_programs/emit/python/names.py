"""Names in a printed program: a variable keeps its own, unless `run` needs that name for something else."""

from __future__ import annotations

from transformer_programs.emit.python.library import FUNCTIONS
from transformer_programs.program import Ref

__all__ = ["Names", "python_name", "variable_name"]

BUILTINS = (
    ValueError,
    abs,
    ascii,
    bool,
    enumerate,
    float,
    int,
    len,
    list,
    locals,
    max,
    min,
    range,
    round,
    sorted,
    str,
    zip,
)
CONSTANTS = ("FIRST", "FOLLOWS", "LABELS", "SCORES", "VOCABULARY", "__debug__", "operator", "re", "written")
RESERVED = {*CONSTANTS, *FUNCTIONS, *(function.__name__ for function in BUILTINS)}
"""Names that mean something in `run`."""


def python_name(name: Ref) -> str:
    """The local variable that holds a program's variable.

    A reserved name gets one more underscore, and so does a reserved name followed by underscores: nothing collides.

    >>> python_name("head_1"), python_name("width"), python_name("width_")
    ('head_1', 'width_', 'width__')
    """
    return f"{name}_" if _is_reserved(name) else name


def variable_name(name: str) -> Ref:
    """The inverse of `python_name`.

    >>> variable_name("width__"), variable_name("head_1_")
    ('width_', 'head_1_')
    """
    return name[:-1] if name.endswith("_") and _is_reserved(name[:-1]) else name


def _is_reserved(name: str) -> bool:
    return any(name[:end] in RESERVED for end in range(len(name.rstrip("_")), len(name) + 1))


class Names:
    """Free names for what only the printed file has, such as a table above the program."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken | RESERVED

    def __call__(self, wish: str) -> str:
        """The name wished for, followed by as many underscores as make it free."""
        while wish in self._taken:
            wish += "_"
        self._taken.add(wish)
        return wish
