"""Everything that can run a program, as functions from a program to a function from tokens to answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from transformer_programs.batch import Batch, Path
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.passes import simplify
from transformer_programs.program import Classify, Decode, Emit, Program, dumps, loads
from transformer_programs.program import semantics as S
from transformer_programs.run import Interpreter, run

__all__ = ["EXECUTORS", "Executor", "answers_of", "exact"]

Executor = Callable[[Program], Callable[[Sequence[Sequence[str]]], list[list[Any]]]]


def one_by_one(make: Callable[[Program], Callable[[Sequence[str]], list[Any]]]) -> Executor:
    """An executor of many sequences from one of a single sequence."""

    def executor(program: Program) -> Callable[[Sequence[Sequence[str]]], list[list[Any]]]:
        execute = make(program)
        return lambda sequences: [list(execute(tokens)) for tokens in sequences]

    return executor


def trace(program: Program) -> Callable[[Sequence[str]], list[Any]]:
    """The answer as the trace's own parts imply it."""

    def execute(tokens: Sequence[str]) -> list[Any]:
        kept = Interpreter(program).trace(tokens)
        match program.output:
            case Emit(variable):
                return list(kept.columns[variable])
            case Classify(labels=labels):
                return [labels[S.argmax(row)] for row in kept.scores]
            case Decode(labels=labels, first=first, follows=follows):
                return [labels[o] for o in S.best_path(kept.scores, first, follows)]

    return execute


@lru_cache(maxsize=4)
def _text(program: Program, spelling: str) -> str:
    return print_python(program)


def text(program: Program) -> str:
    """The printed program, made once; 0.0 and -0.0 are equal and printed differently."""
    return _text(program, repr(program))


def printed(program: Program) -> Callable[[Sequence[str]], list[Any]]:
    """The printed file, executed as a module would be."""
    module: dict[str, Any] = {"__name__": "printed"}
    exec(compile(text(program), "program.py", "exec"), module)
    return module["run"]


def batch(*paths: Path) -> Executor:
    """`batch` over some of its paths, the interpreter standing in for what they do not take."""
    return lambda program: Batch(program, paths=(*paths, Path.INTERPRETER)).predict


EXECUTORS: Mapping[str, Executor] = {
    "interpreter": one_by_one(lambda program: lambda tokens: run(program, tokens)),
    "trace": one_by_one(trace),
    "batch kernel": batch(Path.KERNEL),
    "batch columns": batch(Path.COLUMNS),
    "printed Python": one_by_one(printed),
    "printed Python, read back": one_by_one(lambda program: Interpreter(read_python(text(program)))),
    "JSON, read back": one_by_one(lambda program: Interpreter(loads(dumps(program)))),
    "simplified": one_by_one(lambda program: Interpreter(simplify(program))),
}


def exact(answers: list[list[Any]]) -> list[list[tuple[str, str]]]:
    """Answers with their types, so that 1, 1.0 and True differ."""
    return [[(type(value).__name__, repr(value)) for value in answer] for answer in answers]


def answers_of(program: Program, sequences: Sequence[Sequence[str]]) -> dict[str, list[list[tuple[str, str]]]]:
    """What every executor answers."""
    return {name: exact(executor(program)(sequences)) for name, executor in EXECUTORS.items()}
