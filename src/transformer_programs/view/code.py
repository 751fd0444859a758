"""The printed Python as lines of coloured pieces, each line knowing which variable it computes."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from transformer_programs.emit.python import print_python
from transformer_programs.emit.python.names import python_name
from transformer_programs.program import Program, Ref
from transformer_programs.view.graph import ANSWER

__all__ = ["Line", "Piece", "code_lines"]

KINDS: Mapping[int, str] = {tokenize.STRING: "text", tokenize.NUMBER: "number", tokenize.COMMENT: "comment"}
"""How tokens of the text are coloured; keywords and variables come by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a line in one colour: text, number, comment, keyword, variable, or none."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of code; `variable` where it belongs to the statement that computes one, or to the answer."""

    pieces: tuple[Piece, ...]
    variable: Ref | None = None


def code_lines(program: Program) -> list[Line]:
    """The lines of the program as `print_python` prints it.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count_1"))
    >>> count, answer = [line for line in code_lines(hist) if line.variable in ("count_1", "@answer")]
    >>> "".join(piece.text for piece in answer.pieces)
    '    return count_1'
    >>> [piece.text for piece in count.pieces if piece.kind == "variable"][0]
    'count_1'
    """
    text = print_python(program)
    names = {python_name(name): name for name in ("tokens", "positions", *(step.name for step in program.steps))}
    first, last, owners = _statements(text, names)
    lines = text.splitlines()
    marks: list[list[tuple[int, int, str]]] = [[] for _ in lines]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = KINDS.get(token.type, "")
        if token.type == tokenize.NAME:
            own = token.string in names and first <= token.start[0] <= last
            kind = "keyword" if keyword.iskeyword(token.string) else "variable" if own else ""
        if kind:
            for row in range(token.start[0], token.end[0] + 1):
                begin = token.start[1] if row == token.start[0] else 0
                end = token.end[1] if row == token.end[0] else len(lines[row - 1])
                marks[row - 1].append((begin, end, kind))
    return [
        Line(pieces=tuple(_pieces(line, found)), variable=owners.get(number))
        for number, (line, found) in enumerate(zip(lines, marks), 1)
    ]


def _statements(text: str, names: Mapping[str, Ref]) -> tuple[int, int, dict[int, Ref]]:
    """The first and the last line of `run`, and for lines in it the variable that their statement computes."""
    owners: dict[int, Ref] = {}
    for function in ast.parse(text).body:
        if isinstance(function, ast.FunctionDef) and function.name == "run":
            for statement in function.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)]) if name in names:
                        owner: Ref | None = names[name]
                    case ast.Return():
                        owner = ANSWER
                    case _:
                        owner = None
                if owner is not None and statement.end_lineno is not None:
                    owners |= dict.fromkeys(range(statement.lineno, statement.end_lineno + 1), owner)
            assert function.end_lineno is not None
            return function.lineno, function.end_lineno, owners
    raise AssertionError("a printed program has a function run")


def _pieces(line: str, marks: Sequence[tuple[int, int, str]]) -> Iterator[Piece]:
    at = 0
    for begin, end, kind in marks:
        if at < begin:
            yield Piece(text=line[at:begin])
        yield Piece(text=line[begin:end], kind=kind)
        at = end
    if at < len(line):
        yield Piece(text=line[at:])
