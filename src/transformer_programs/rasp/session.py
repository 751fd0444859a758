"""A session: the environment, the library, the running examples, loaded files. The REPL and embeddings stand on it."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from transformer_programs.rasp import expression as E
from transformer_programs.rasp import operations, syntax
from transformer_programs.rasp.environment import Environment
from transformer_programs.rasp.errors import Place, RaspError
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.evaluator import Result, execute
from transformer_programs.rasp.parser import Command, Parsed, statements
from transformer_programs.rasp.values import Function, Matrix, Named, Sequenced, describe, evaluate

__all__ = ["Session", "read_text"]

LARGEST_FILE = 4_000_000
"""Most bytes of a program."""
LONGEST_CHECK = 300
"""Selectors are tried on running examples up to this length: trying one costs its square."""
KEPT_INPUTS = 4
MODULES = Path(__file__).with_name("modules")
"""Files that come with the language; those of the user are found first."""

# Functions of the library say that they come from here: transcripts of the original print this name.
LIBRARY = "RASP_support/rasplib"


class Session:
    """Names, values and examples of one RASP session.

    >>> session = Session()
    >>> session.run('back = aggregate(select(indices, length - 1 - indices, ==), tokens);')
    >>> print(session.on("back", "stressed"))
    [d, e, s, s, e, r, t, s] (strings)
    """

    def __init__(self, *, causal: bool = False) -> None:
        self.causal = causal
        self.environment = Environment("console")
        self.sop_example: Any = "hello"
        self.selector_example: Any = "hello"
        self.last = "out"
        self._notes: WeakKeyDictionary[E.Expr, str] = WeakKeyDictionary()
        self._inputs: OrderedDict[Any, Evaluation] = OrderedDict()
        self._loading: list[Path] = []
        self._folders: list[Path] = []
        self._load_library()
        self._base = self.environment.snapshot()

    def _load_library(self) -> None:
        library = Environment(LIBRARY, self.environment, gives_to=self.environment)
        library.set("full_s", operations.full())
        for statement in _library():
            assert not isinstance(statement, Command)
            execute(statement, library, self)
            if isinstance(statement, syntax.Function) and statement.name == "selector_width":
                library.set("selector_width", Function(statement.name, library, statement, operations.selector_width))
        self.environment.fix()
        self._notes.clear()
        tokens = self.environment.get("tokens_str")
        tokens.rename("tokens")
        self.environment.set("tokens", tokens)

    # --- running ------------------------------------------------------------------------------------------------

    def execute(self, statement: syntax.Statement, environment: Environment | None = None) -> list[Result]:
        """Runs one statement, at the top or in a file's environment.

        Raises:
            RaspError: with its place.
        """
        return execute(statement, environment or self.environment, self)

    def run(self, text: str, name: str = "program") -> None:
        """Runs the statements of a text; the first error ends it.

        Raises:
            RaspError: with its place.
        """
        for statement in statements(text, name):
            self._run(statement, self.environment)

    def _run(self, statement: Parsed, environment: Environment) -> None:
        """One statement or command of a file; of the commands those that set examples matter here."""
        if not isinstance(statement, Command):
            for result in self.execute(statement, environment):
                if isinstance(result.value, Named) and environment is self.environment:
                    self.last = result.name or self.last
        elif statement.what == "set":
            self.set_example(statement)

    def set_example(self, command: Command) -> None:
        """Runs a `set example` command.

        Raises:
            RaspError: the value is no string, list or dictionary.
        """
        example = self.example_of(command)
        if command.on in ("both", "s-op"):
            self.sop_example = example
        if command.on in ("both", "selector"):
            self.selector_example = example

    def run_file(self, path: Path) -> None:
        """Runs the statements of a file at the top; files that it loads are looked for beside it too.

        Raises:
            RaspError: the file cannot be read, or a statement fails: with file, line and column.
        """
        self._folders.append(path.parent)
        text = read_text(path, str(path))
        self._loading.append(path.resolve())
        try:
            self.run(text, str(path))
        finally:
            self._loading.pop()

    def load(self, file: str, environment: Environment, place: Place) -> None:
        """Runs a file's statements in an environment of its own, which gives its names on. An error ends it."""
        path = self.find(file)
        with_file = Environment(file, self._base, gives_to=environment)
        self.enter(path)
        try:
            for statement in statements(read_text(path, file), str(path)):
                self._run(statement, with_file)
        finally:
            self.leave()

    def find(self, file: str) -> Path:
        """The path of a file that is to be loaded.

        Raises:
            RaspError: there is none.
        """
        loading = (path.parent for path in reversed(self._loading))
        for folder in (Path(), *reversed(self._folders), *loading, MODULES):
            path = folder / f"{file}.rasp"
            if path.is_file():
                return path
        raise RaspError(f"could not find file: {file}.rasp")

    def enter(self, path: Path) -> None:
        """Notes that a file is being loaded.

        Raises:
            RaspError: it is being loaded already.
        """
        real = path.resolve()
        if real in self._loading:
            ring = " -> ".join(p.name for p in (*self._loading[self._loading.index(real) :], real))
            raise RaspError(f"the files load one another: {ring}")
        self._loading.append(real)

    def leave(self) -> None:
        """Notes that the file is loaded."""
        self._loading.pop()

    def file_environment(self, file: str, gives_to: Environment) -> Environment:
        """The environment in which a loaded file's statements run."""
        return Environment(file, self._base, gives_to=gives_to)

    def example_of(self, command: Command) -> Any:
        """The value of a `set example` command.

        Raises:
            RaspError: it is no string, list or dictionary.
        """
        assert command.value is not None
        result = self.execute(syntax.Evaluate(command.value.place, command.value))[0]
        if not isinstance(result.value, (str, list, dict)):
            raise RaspError(f"example not iterable: {describe(result.value)}", where=command.value.place)
        return result.value

    # --- values -------------------------------------------------------------------------------------------------

    def value(self, name: str) -> Any:
        """The value of a name.

        Raises:
            RaspError: it has none.
        """
        return self.environment.get(name)

    def sop(self, name: str) -> Named:
        """The s-op of a name.

        Raises:
            RaspError: it has none, or is something else.
        """
        value = self.value(name)
        if not operations.is_sop(value):
            raise RaspError(f"{name} is a {operations.type_name(value)}", expected="the name of an s-op")
        return value  # type: ignore[no-any-return]

    def on(self, name: str, tokens: Any) -> Sequenced | Matrix:
        """A named s-op or selector on an input."""
        return self.evaluate(self.value(name), tokens)

    def evaluate(self, value: Named, on: Any) -> Sequenced | Matrix:
        """An s-op or selector on an input; what was computed on the last few inputs is kept.

        Raises:
            RaspError: the input is empty, or an operation fails on it.
        """
        return evaluate(value, on, self._evaluation(on))

    def check(self, value: Named, examples: list[Any]) -> None:
        """Tries a value on the input it is called with, or else on the running example.

        Raises:
            RaspError: it fails on both.
        """
        first: RaspError | None = None
        for example in (*reversed(examples), self.sop_example):
            if value.is_selector and len(example) > LONGEST_CHECK:
                return
            try:
                self.evaluate(value, example)
            except RaspError as error:
                first = first or error
            else:
                return
        assert first is not None
        raise first

    def draw(self, value: Named, on: Any) -> Sequenced:
        """Draws the computation of an s-op on an input into a file, `NAME.svg`."""
        from transformer_programs.rasp.draw import draw_to_files

        on = self.sop_example if on is None else on
        result = self.evaluate(value, on)
        assert isinstance(result, Sequenced)
        for path in draw_to_files(value.expr, value.name, on, self._evaluation(on), self.names()):
            self.tell(f"drawn: {path}")
        return result

    def tell(self, text: str) -> None:
        """Says something that is no result; the loop at the prompt prints it."""

    def note(self, name: str, value: Named) -> None:
        """Notes a name, for drawings and for the variables of Programs."""
        if value.expr.args or value.expr not in self._notes:
            self._notes[value.expr] = name

    def names(self) -> dict[E.Expr, str]:
        """The names of s-ops and selectors, those inside functions too; of several names of one, the last."""
        found = dict(self._notes)
        for name in self.environment.names():
            value = self.environment.get(name)
            if isinstance(value, Named):
                found[value.expr] = name
        return found

    def _evaluation(self, on: Any) -> Evaluation:
        if not len(on):
            raise RaspError(f"RASP sequences/selectors expect non-empty iterables, got: {on}")
        atoms = list(on)
        key = (type(on), tuple(map(type, atoms)), tuple(map(repr, atoms)))
        found = self._inputs.get(key)
        if found is None:
            found = self._inputs[key] = Evaluation(atoms, causal=self.causal)
            if len(self._inputs) > KEPT_INPUTS:
                self._inputs.popitem(last=False)
        self._inputs.move_to_end(key)
        return found


def read_text(path: Path, name: str) -> str:
    """The text of a program file.

    Raises:
        RaspError: it cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise RaspError(f"{name} has {size} bytes", expected=f"at most {LARGEST_FILE}")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RaspError(f"could not read file: {name} ({error.strerror})") from None
    except UnicodeDecodeError:
        raise RaspError(f"could not read file: {name} (it is no UTF-8 text)") from None


@cache
def _library() -> tuple[Parsed, ...]:
    text = Path(__file__).with_name("library.rasp").read_text(encoding="utf-8")
    return tuple(statements(text, "library.rasp", library=True))
