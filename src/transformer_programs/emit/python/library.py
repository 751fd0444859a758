"""What a printed program is made of: functions in the very text of `program.semantics` and `runtime`, less doctests.

Nothing is typed twice: a printed file holds what the interpreter runs.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from transformer_programs.emit.python import runtime
from transformer_programs.program import semantics

__all__ = ["FUNCTIONS", "IMPORTS", "function_source", "functions_of", "imports_of", "names_in"]

FUNCTIONS = (
    *("select", "among", "compare", "where", "offset", "full", "both", "either", "negate", "past", "prefer"),
    *(
        "closest",
        "neighbour",
        "width",
        "total",
        "mean",
        "largest",
        "smallest",
        "lookup",
        "spread",
        "shape",
        "split_text",
    ),
    *("classify", "decode", "add_up", "best_path", "unembed", "run"),
)
"""Every function of a printed file, in the order in which they stand there."""

IMPORTS = {
    "sys": "import sys",
    "operator": "import operator",
    "re": "import re",
    "Sequence": "from collections.abc import Sequence",
    "Callable": "from collections.abc import Callable",
    "cache": "from functools import cache",
    "reduce": "from functools import reduce",
}
"""The statement that brings each name of the standard library."""


@dataclass(frozen=True, slots=True)
class _Function:
    """The lines of a function: its head with decorators, the first line of its docstring, and what follows."""

    head: list[str]
    summary: str
    body: list[str]


@cache
def _definitions() -> dict[str, _Function]:
    """All top-level functions of the two modules."""
    found = {}
    for module in (semantics, runtime):
        text = inspect.getsource(module)
        lines = text.splitlines()
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.FunctionDef):
                start = min([statement.lineno, *(decorator.lineno for decorator in statement.decorator_list)])
                docstring, stop = statement.body[0], statement.end_lineno
                found[statement.name] = _Function(
                    lines[start - 1 : docstring.lineno - 1],
                    (ast.get_docstring(statement) or "").split("\n")[0],
                    lines[docstring.end_lineno or 0 : stop],
                )
    return found


@cache
def function_source(name: str) -> str:
    """The text of one function of the library."""
    function = _definitions()[name]
    return "\n".join([*function.head, f'    """{function.summary}"""', *function.body]) + "\n"


def functions_of(run: str) -> list[str]:
    """The texts of the functions that `run` calls and that they call, in order."""
    wanted, todo = set[str](), [run]
    while todo:
        fresh = (names_in([todo.pop()]) & set(FUNCTIONS)) - wanted - {"run"}
        wanted |= fresh
        todo += map(function_source, fresh)
    return [function_source(name) for name in FUNCTIONS if name in wanted]


def names_in(texts: Iterable[str]) -> set[str]:
    """All names that pieces of source text read."""
    nodes = (node for text in texts for node in ast.walk(ast.parse(text)))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def imports_of(names: set[str]) -> list[str]:
    """The import statements for these names, in order: plain ones first."""
    return sorted((IMPORTS[name] for name in names & IMPORTS.keys()), key=lambda line: (line.startswith("from"), line))
