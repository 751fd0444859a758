"""The read-eval-print loop, over any stream of lines.

Standard output is the original's; places and carets of errors go to standard error, so that transcripts stay equal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from transformer_programs.rasp.display import Display
from transformer_programs.rasp.environment import Environment
from transformer_programs.rasp.errors import Place, RaspError, Source
from transformer_programs.rasp.evaluation import quoted
from transformer_programs.rasp.evaluator import Result
from transformer_programs.rasp.parser import Command, StatementReader
from transformer_programs.rasp.session import Session, read_text

__all__ = ["Repl", "run_stream", "stream_lines"]

RED, BLUE, PLAIN = "\033[31m", "\033[34m", "\033[0m"


class _Exit(Exception):
    """The user wants to leave."""


class Repl(Session):
    """A session that reads statements and prints what they give.

    Args:
        lines: gives the next line for a prompt, without its end; raises EOFError where there is none.
        output: gets the transcript.
        errors: gets places and carets.
        colours: whether to colour.
    """

    def __init__(
        self, lines: Callable[[str], str], output: TextIO, errors: TextIO | None = None, *, colours: bool = False
    ) -> None:
        super().__init__()
        self._lines = lines
        self._output = output
        self._errors = errors
        self._colours = colours
        self._display = Display(self, self._write)
        self._pending: list[Result | RaspError] = []

    def loop(self) -> None:
        """Reads and prints until the input ends or the user leaves."""
        self._write("RASP 0.1\n")
        self._write(f"running example is: {self.sop_example}\n")
        reader = StatementReader(Source("console"), commands=True)
        begun = False
        words = 0
        while True:
            try:
                line = self._lines((".. " if begun else ">> ") + "  " * words)
                statement = reader.feed(line)
                begun = statement is None
                words = 0 if statement is not None else words + line.split().count("def") * (not _comment(line))
                if statement is None:
                    continue
                if isinstance(statement, Command):
                    self._command(statement)
                else:
                    for result in self.execute(statement):
                        self._show(result)
            except RaspError as error:
                reader.reset()
                begun, words = False, 0
                self._report(error)
            except EOFError:
                self._write("\n")
                break
            except _Exit:
                break
            except KeyboardInterrupt:
                reader.reset()
                begun, words = False, 0
                self._write("\n")
            except RecursionError:
                self._report(RaspError("values nested too deeply", kind="wrong"))

    # --- loading files: what they name is printed at their end ----------------------------------------------------

    def load(self, file: str, environment: Environment, place: Place) -> None:
        """Runs a file's statements; one that fails is reported and skipped, as at the prompt."""
        path = self.find(file)
        self.enter(path)
        try:
            self._run_lines(path, file, self.file_environment(file, environment))
        finally:
            self.leave()
        self._dump()

    def _run_lines(self, path: Path, file: str, scope: Environment) -> None:
        reader = StatementReader(Source(str(path)), commands=True)
        for line in read_text(path, file).replace("\r\n", "\n").split("\n"):
            try:
                statement = reader.feed(line)
                if isinstance(statement, Command):
                    self._command(statement)
                elif statement is not None:
                    for result in self.execute(statement, scope):
                        if result.name is not None and result.name != "out" and not result.name.startswith("_"):
                            self._pending.append(result)
            except RaspError as error:
                if error.kind == "syntax":  # As in the original, what cannot be read is told at once.
                    self._report(error)
                else:
                    self._pending.append(error)
            except _Exit:
                return
        if reader.begun is not None:
            self._pending.append(RaspError("unfinished statement at its end", kind="syntax", where=reader.begun))

    def _dump(self) -> None:
        """Prints what loading gave; without errors each name once, at its last value."""
        pending, self._pending = self._pending, []
        if not any(isinstance(item, RaspError) for item in pending):
            last = {item.name: i for i, item in enumerate(pending) if isinstance(item, Result)}
            pending = [item for i, item in enumerate(pending) if isinstance(item, Result) and last[item.name] == i]
        display = self._display
        shown = display.sop_examples, display.selector_examples
        display.sop_examples = display.selector_examples = False
        try:
            for item in pending:
                if isinstance(item, RaspError):
                    self._report(item)
                else:
                    self._show(item)
        finally:
            display.sop_examples, display.selector_examples = shown

    # --- printing -----------------------------------------------------------------------------------------------

    def _show(self, result: Result) -> None:
        try:
            self._display.result(result)
        except RaspError as error:
            if error.kind != "ignored":
                raise
            self._paint(RED, f"\t!!statement executed, but result fails on evaluation:\n\t\t {error.message}\n")

    def _report(self, error: RaspError) -> None:
        if error.kind == "syntax":
            wanted = f" expecting {error.expected}" if error.expected else ""
            self._paint(RED, f"\t!! syntax error: {error.message}{wanted} \t-- ignoring input\n")
        elif error.kind == "unimplemented":
            self._paint(RED, "not implemented this command yet! ignoring\n")
        elif error.kind == "wrong":
            self._paint(RED, f"something went wrong: {error.message}\n")
        else:
            self._paint(RED, f"\t\t!!ignoring input:\n\t {error.message}\n")
        if self._errors is not None:
            self._output.flush()
            self._errors.write(f"{error}\n")
            self._errors.flush()

    def _command(self, command: Command) -> None:
        display = self._display
        sop, selector = command.on in ("both", "s-op"), command.on in ("both", "selector")
        match command.what:
            case "exit":
                raise _Exit
            case "set":
                self.set_example(command)
            case "show":
                if sop:
                    self._write(f"\ts-op example: {quoted(self.sop_example)}\n")
                if selector:
                    self._write(f"\tselector example: {quoted(self.selector_example)}\n")
            case "examples":
                if sop:
                    display.sop_examples = command.switch
                if selector:
                    display.selector_examples = command.switch
            case "full seq display":
                display.full = command.switch

    def tell(self, text: str) -> None:
        """Says something that is no result, beside the transcript."""
        if self._errors is not None:
            self._errors.write(f"{text}\n")

    def _write(self, text: str) -> None:
        if self._colours and text.startswith((" ", "\t")):
            text = f"{BLUE}{text[:-1]}{PLAIN}\n" if text.endswith("\n") else text
        self._output.write(text)

    def _paint(self, colour: str, text: str) -> None:
        self._output.write(f"{colour}{text[:-1]}{PLAIN}\n" if self._colours else text)


def _comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def stream_lines(stream: TextIO, output: TextIO) -> Callable[[str], str]:
    """Lines of a stream that is no terminal: the prompt is printed, the line is not."""

    def line(prompt: str) -> str:
        output.write(prompt)
        text = stream.readline()
        if not text:
            raise EOFError
        return text.rstrip("\n")

    return line


def run_stream(stream: TextIO, output: TextIO = sys.stdout, errors: TextIO | None = None) -> None:
    """The loop over a stream of lines: a file, a pipe, a string.

    >>> import io
    >>> out = io.StringIO()
    >>> run_stream(io.StringIO("indices + 1;"), out)
    >>> out.getvalue().splitlines()[-2].strip()
    'Example: out("hello") = [1, 2, 3, 4, 5] (ints)'
    """
    Repl(stream_lines(stream, output), output, errors).loop()
