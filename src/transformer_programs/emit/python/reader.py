"""A printed program back to a `Program`: the mirror of `printer`. The file is parsed, never executed."""

from __future__ import annotations

import ast
import dataclasses
import warnings

from transformer_programs.emit.python import library
from transformer_programs.emit.python.docstring import read_docstring
from transformer_programs.emit.python.lines import Lines
from transformer_programs.emit.python.operators import READINGS, WRITTEN
from transformer_programs.emit.python.script import UNKNOWN, reading_source, script_source
from transformer_programs.emit.python.syntax import Source, fit
from transformer_programs.errors import ProgramError
from transformer_programs.program import Classify, Frame, Program, Reading, check

__all__ = ["read_python"]

TYPES = ("bool", "float", "int", "object", "str")


def read_python(text: str, place: str = "program.py") -> Program:
    """The program in the text of a Python file that `print_python` wrote.

    Values may have been edited by hand, as long as every piece keeps its form.

    Args:
        text: of the file.
        place: its name, for messages.

    Raises:
        ProgramError: with line, what stands there, and what a printed program has there.

    >>> from transformer_programs.emit.python import print_python
    >>> from transformer_programs.program import Emit
    >>> echo = Program(name="echo", vocabulary=("a", "b"), max_length=4, output=Emit("tokens"))
    >>> read_python(print_python(echo)) == echo
    True
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in a damaged file: the errors below say enough
            tree = ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise ProgramError(place=f"{place} line {error.lineno or 1}", got=error.msg, expected="Python") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProgramError(place=place, got=f"no Python ({error})", expected="a program written by tprog") from error
    try:
        return _File(tree, place).program()
    except RecursionError as error:
        raise ProgramError(place=place, got="expressions nested too deeply", expected="fewer levels") from error


class _File:
    """The statements of the file, sorted by kind."""

    def __init__(self, tree: ast.Module, place: str) -> None:
        self.place = place
        statements = list(tree.body)
        self.docstring = _docstring(statements.pop(0) if statements else None, place)
        constants: dict[str, ast.expr] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        self.imports: list[ast.stmt] = []
        self.main: ast.stmt | None = None
        self.source = Source(place, constants, set())
        for statement in statements:
            if self.main is not None:
                raise self.source.error(statement, "the end of the file")
            match statement:
                case ast.Import() | ast.ImportFrom():
                    self.imports.append(statement)
                case ast.Assign([ast.Name(name)], value) if name not in constants:
                    constants[name] = value
                case ast.FunctionDef(name) if name not in self.functions:
                    self.functions[name] = statement
                case ast.If():
                    self.main = statement
                case _:
                    raise self.source.error(statement, "an import, a constant, a function or the script, each once")

    def program(self) -> Program:
        name, about, causal = read_docstring(self.docstring, self.place)
        constants = self.source.constants
        vocabulary = None
        if "VOCABULARY" in constants:
            vocabulary = _vocabulary(self.source, constants["VOCABULARY"])
        self.source.used.add("VOCABULARY")
        run = self.functions.get("run")
        if run is None or self.main is None:
            raise ProgramError(place=self.place, got="no function `run` or no script", expected="both, as printed")
        if fit(f"{WRITTEN} = tokens", run.body[0]) is not None and len(run.body) > 1:
            run = ast.copy_location(ast.FunctionDef(run.name, run.args, run.body[1:], [], run.returns), run)
        max_length = _max_length(run)
        header = Program(
            name=name,
            vocabulary=vocabulary,
            max_length=max_length,
            causal=causal,
            reading=dataclasses.replace(_reading(run), text=_cuts_text(self.main)),
            frame=self._frame(),
            output=Classify((), (), ()),
            about=about,
        )
        _check_signature(self.source, run)
        program = Lines(self.source, header).read(run)
        self._check_frame(program)
        for constant in constants.keys() - self.source.used:
            raise self.source.error(constants[constant], f"a use of {constant}")
        try:
            return check(program)
        except ProgramError as error:
            raise ProgramError(
                place=f"{self.place}: {error.place}", got=error.got, expected=error.expected, todo=error.todo
            ) from error

    def _frame(self) -> Frame:
        """The markers in the script, as in `run(["<s>", *words, "</s>"])`."""
        assert self.main is not None
        for node in ast.walk(self.main):
            match node:
                case ast.Call(ast.Name("run"), [ast.List(elements)], []):
                    marks = [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]
                    stars = [i for i, element in enumerate(elements) if isinstance(element, ast.Starred)]
                    if len(marks) + 1 == len(elements) and len(stars) == 1:
                        return Frame(tuple(marks[: stars[0]]), tuple(marks[stars[0] :]))
        return Frame()

    def _check_frame(self, program: Program) -> None:
        """All that is the same in every printed program must be the very text that this release prints."""
        self._check_same(self.main, script_source(program))
        defined = {*self.functions, *self.source.constants}
        for name, function in self.functions.items():
            if name in library.FUNCTIONS and name != "run":
                self._check_same(function, library.function_source(name))
            elif name != "run":
                raise self.source.error(function, f"one of the functions {', '.join(library.FUNCTIONS)}")
        for statement in self.imports:
            if not any(fit(text, statement) is not None for text in library.IMPORTS.values()):
                raise self.source.error(statement, " or ".join(library.IMPORTS.values()))
            if isinstance(statement, ast.Import | ast.ImportFrom):
                defined |= {alias.name for alias in statement.names}
        wanted = {"run", *library.IMPORTS, *library.FUNCTIONS}
        for part in (*self.functions.values(), self.main):
            for node in ast.walk(part) if part is not None else ():
                if isinstance(node, ast.Name) and node.id in wanted - defined:
                    raise self.source.error(node, f"a definition of {node.id} in the file")

    def _check_same(self, statement: ast.stmt | None, text: str) -> None:
        expected = ast.parse(text).body[0]
        if statement is not None and ast.dump(statement) != ast.dump(expected):
            raise self.source.error(statement, "what this release prints; print it again from program.json")


def _docstring(statement: ast.stmt | None, place: str) -> str:
    match statement:
        case ast.Expr(ast.Constant(str(text))):
            return text
    raise ProgramError(place=f"{place} line 1", got="no docstring", expected="a program written by tprog")


def _max_length(run: ast.FunctionDef) -> int | None:
    """The bound in the check of the tokens, `0 < len(tokens) <= 8`."""
    for node in ast.walk(run.body[0]):
        if (found := fit("0 < len(tokens) <= _MOST", node)) and isinstance(found["_MOST"], ast.Constant):
            return found["_MOST"].value if type(found["_MOST"].value) is int else None
    return None


def _reading(run: ast.FunctionDef) -> Reading:
    """How words become tokens, as the statement after the check of the length says."""
    for lower, digits in READINGS:
        reading = Reading(lower=lower, digits=digits)
        if len(run.body) > 1 and ast.dump(run.body[1]) == ast.dump(ast.parse(reading_source(reading)).body[0]):
            return reading
    return Reading()


def _cuts_text(main: ast.stmt) -> bool:
    """Whether the script cuts lines as running text."""
    return any(isinstance(node, ast.Name) and node.id == "split_text" for node in ast.walk(main))


def _vocabulary(source: Source, node: ast.expr) -> tuple[str, ...]:
    """`"a b".split()`, or a list of texts and spread words; a set of them where `<unk>` is one."""
    spread = fit("set(_TEXT.split())", node)
    if found := spread or fit("_TEXT.split()", node):
        tokens = source.text(found["_TEXT"]).split()
    elif isinstance(node, ast.Set | ast.List):
        tokens = []
        for element in node.elts:
            if isinstance(element, ast.Starred) and (found := fit("_TEXT.split()", element.value)):
                tokens += source.text(found["_TEXT"]).split()
            else:
                tokens.append(source.text(element))
    else:
        raise source.error(node, 'the tokens, as in "a b c".split()')
    if (spread is not None or isinstance(node, ast.Set)) != (UNKNOWN in tokens):
        raise source.error(node, f"a set where {UNKNOWN} is a token, else a list")
    return tuple(tokens)


def _check_signature(source: Source, run: ast.FunctionDef) -> None:
    for kind in TYPES:
        expected = ast.parse(f"def run(tokens: list[str]) -> list[{kind}]: pass").body[0]
        assert isinstance(expected, ast.FunctionDef)
        expected.body = run.body
        if ast.dump(expected) == ast.dump(run):
            return
    raise source.error(run, "def run(tokens: list[str]) -> list[...], with the type of the answers")
