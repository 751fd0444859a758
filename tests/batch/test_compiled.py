"""The kernel's cache on disk."""

from __future__ import annotations

import ast
import inspect
from typing import Any
from unittest import mock

from transformer_programs.batch import compiled, kernel


def test_a_place_that_cannot_be_written() -> None:
    """No cache then, and no failure: the function is compiled for this process alone."""
    settings = []

    def njit(**options: Any) -> Any:
        settings.append(options)

        def decorate(function: Any) -> Any:
            if options.get("cache"):
                raise RuntimeError("cannot cache function: no locator available")
            return function

        return decorate

    with mock.patch.object(compiled, "_compile", njit):
        assert compiled.entry(len) is len
    assert [options.get("cache") for options in settings] == [True, None]


def test_every_part_of_the_kernel_is_in_its_file() -> None:
    """Numba recompiles when the entry's own file changes: parts in other files would go stale."""
    tree = ast.parse(inspect.getsource(kernel))
    own = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("transformer_programs")
        for name in node.names
    }
    assert own == {"leading", "population", "trailing", "entry", "part"}
