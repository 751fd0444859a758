"""A module imports only from its own layer and those below; layers 0 to 2 need the standard library alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import transformer_programs

SOURCE = Path(transformer_programs.__file__).parent
NAME = "transformer_programs"

LAYERS: Mapping[str, int] = {
    "errors": 0,
    "config": 0,
    "program": 1,
    "run": 2,
    "passes": 2,
    "emit": 2,
    "files": 2,
    "rasp": 2,
    "__init__": 2,
    "batch": 3,
    "tasks": 3,
    "verify": 3,
    "compiler": 3,
    "learn": 4,
    "simplify": 4,
    "explain": 5,
    "view": 5,
    "experiments": 6,
    "cli": 7,
    "__main__": 7,
}
"""Of docs/design.md. The package's own `__init__` offers the program and the interpreter."""

ALLOWED: Mapping[str, frozenset[str]] = {"emit": frozenset({"black"}), "rasp": frozenset({"lark"})}
"""Third parties of the layers that otherwise have none."""

LAZY = frozenset({"black"})
"""Those of them that a function imports when it is called, never a module when it is imported."""


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Full names of all modules a file imports, and whether it does so when it is itself imported."""
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(file.read_text(encoding="utf-8")), True)]
    while waiting:
        node, eager = waiting.pop()
        eager = eager and not isinstance(node, (ast.FunctionDef, ast.Lambda))
        waiting += ((child, eager) for child in ast.iter_child_nodes(node))
        match node:
            case ast.Import(names):
                yield from ((name.name, eager) for name in names)
            case ast.ImportFrom(str(module), names, 0):
                full = [f"{module}.{name.name}" for name in names] if module == NAME else [module]
                yield from ((name, eager) for name in full)
            case ast.ImportFrom():
                yield f"{NAME}.relative", eager


def package(name: str) -> str:
    """The package of ours that a module's name is in."""
    part = name.removeprefix(f"{NAME}.").split(".")[0]
    return part if (SOURCE / part).is_dir() or (SOURCE / f"{part}.py").exists() or part == "relative" else "__init__"


def packages(source: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(source.rglob("*.py")):
        yield file.relative_to(source).parts[0].removesuffix(".py"), file


def wrong_imports(source: Path) -> list[str]:
    """Every import that goes to a higher layer, to another package in a circle, or to a forbidden third party."""
    found = []
    graph: dict[str, set[str]] = {}
    for own, file in packages(source):
        place = file.relative_to(source)
        if own not in LAYERS:
            found.append(f"{place}: package {own} has no layer")
            continue
        for name, eager in imports(file):
            top = name.split(".")[0]
            if top == NAME:
                other = package(name)
                if LAYERS.get(other, 99) > LAYERS[own]:
                    found.append(f"{place}: layer {LAYERS[own]} imports {name}")
                elif other != own and other != "__init__":
                    graph.setdefault(own, set()).add(other)
            elif top not in sys.stdlib_module_names and LAYERS[own] <= 2 and top not in ALLOWED.get(own, ()):
                found.append(f"{place}: layer {LAYERS[own]} imports {name}")
            elif top in LAZY and eager:
                found.append(f"{place}: imports {name} before it is needed")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append(f"packages in a circle: {error.args[1]}")
    return found


def test_layers_are_kept() -> None:
    assert wrong_imports(SOURCE) == []


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("program/nodes.py", "import numpy\n", "layer 1 imports numpy"),
        (
            "run/fast.py",
            "def f():\n    from transformer_programs.batch import Batch\n",
            "imports transformer_programs.batch",
        ),
        ("tasks/a.py", "from transformer_programs.cli import main\n", "imports transformer_programs.cli"),
        ("tasks/b.py", "from transformer_programs import learn\n", "imports transformer_programs.learn"),
        ("tasks/c.py", "from ..learn import base\n", "imports transformer_programs.relative"),
        ("emit/d.py", "import black\n", "imports black before it is needed"),
        ("novel/e.py", "", "package novel has no layer"),
    ],
)
def test_that_test_can_fail(tmp_path: Path, file: str, text: str, message: str) -> None:
    path = tmp_path / file
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    (problem,) = wrong_imports(tmp_path)
    assert message in problem


def test_that_circles_are_found(tmp_path: Path) -> None:
    for own, other in (("batch", "tasks"), ("tasks", "batch")):
        (tmp_path / own).mkdir()
        (tmp_path / own / "a.py").write_text(f"from transformer_programs.{other} import x\n", encoding="utf-8")
    (problem,) = wrong_imports(tmp_path)
    assert "circle" in problem


BLOCKED = """
import importlib, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in {"transformer_programs", *ALLOWED} and top not in sys.stdlib_module_names:
            raise ImportError(f"{name} is blocked")

ALLOWED = sys.argv[1].split()
sys.meta_path.insert(0, Blocker())
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


def import_blocked(*modules: str, allowed: str = "") -> str:
    """What goes wrong when a new process without third parties imports the modules: its last line, or nothing."""
    command = [sys.executable, "-c", BLOCKED, allowed, *modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2]


def modules_of(*owners: str) -> list[str]:
    found = []
    for own, file in packages(SOURCE):
        if own in owners:
            dotted = ".".join(file.relative_to(SOURCE).with_suffix("").parts)
            found.append(f"{NAME}.{dotted}".removesuffix(".__init__"))
    return found


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_low_layers_import_without_third_parties(layer: int) -> None:
    modules = modules_of(*(own for own in LAYERS if LAYERS[own] == layer and own != "rasp"))
    assert modules
    assert import_blocked(*modules) == ""


def test_rasp_needs_its_parser_alone() -> None:
    assert import_blocked(*modules_of("rasp"), allowed="lark") == ""


def test_that_blocking_can_fail() -> None:
    assert "is blocked" in import_blocked(f"{NAME}.batch")


def test_a_learned_program_runs_without_third_parties() -> None:
    """What `tprog run` imports: it starts fast because none of it is heavy."""
    assert import_blocked(f"{NAME}.files", f"{NAME}.run", f"{NAME}.cli.run") == ""
