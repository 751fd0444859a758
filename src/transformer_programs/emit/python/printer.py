"""A program as a Python file: the program first, then the functions that it is made of, then the script."""

from __future__ import annotations

from collections.abc import Iterator

from transformer_programs.emit.python import library
from transformer_programs.emit.python.body import Body
from transformer_programs.emit.python.docstring import print_docstring
from transformer_programs.emit.python.literals import WIDTH
from transformer_programs.emit.python.operators import WRITTEN
from transformer_programs.emit.python.script import checks, script_source, vocabulary_source
from transformer_programs.program import Classify, Decode, Domain, Emit, Finite, Integers, Program, domains, spells

__all__ = ["format_python", "print_python", "printed_lines", "unformatted"]


def print_python(program: Program) -> str:
    """The program as the text of a Python file that needs nothing but the standard library.

    `read_python` reads it back to an equal program. The file can be imported (`run(tokens)`) and run as a script.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count_1"))
    >>> text = print_python(hist)
    >>> print(text[text.index("def run"):text.index("if __name__")].strip())
    def run(tokens: list[str]) -> list[int]:
        if not (0 < len(tokens) <= 4 and {*tokens} <= {*VOCABULARY}):
            raise ValueError(f"got {len(tokens)} tokens {tokens[:20]}; expected 1 to 4 of {VOCABULARY}")
        count_1 = [tokens.count(x) for x in tokens]
        return count_1
    """
    return format_python(unformatted(program))


def format_python(text: str) -> str:
    """The text as black formats it."""
    import black

    return black.format_str(text, mode=black.Mode(line_length=WIDTH, magic_trailing_comma=False))


def unformatted(program: Program) -> str:
    """The text of the file before formatting."""
    return "\n".join(_statements(program)) + "\n"


def printed_lines(program: Program) -> int:
    """The lines of the printed program that depend on it, found without formatting: tables, body and functions.

    Good enough to choose between two forms of a program: a line that is broken in two counts as four.
    """
    body = Body(program)
    run = "def run():\n" + "".join(f"    {line}\n" for line in body.lines)
    return body.height + sum(text.count("\n") + 2 for text in library.functions_of(run))


def _statements(program: Program) -> Iterator[str]:
    body = Body(program)
    head = f"def run(tokens: list[str]) -> list[{_answer(program)}]:\n"
    written = [f"{WRITTEN} = tokens"] if spells(step.node for step in program.steps) else []
    lines = [*written, *checks(program.vocabulary, program.max_length, program.reading).split("\n"), *body.lines]
    run = head + "".join(f"    {line}\n" for line in lines)
    main = script_source(program)
    functions = library.functions_of(run + main)
    yield print_docstring(program.name, program.about, program.causal, program.reading.text)
    yield from library.imports_of(library.names_in([run, *functions, main]))
    if program.vocabulary is not None:
        yield f"VOCABULARY = {vocabulary_source(program.vocabulary)}"
    for literal, name in body.constants.items():
        yield f"{name} = {literal}"
    yield run
    yield from functions
    yield main


def _answer(program: Program) -> str:
    match program.output:
        case Emit(variable):
            return _type_of(domains(program)[variable])
        case Classify() | Decode():
            return "str"


def _type_of(domain: Domain) -> str:
    match domain:
        case Integers():
            return "int"
        case Finite(values) if len({type(value) for value in values}) == 1:
            return type(values[0]).__name__
        case _:
            return "object"
