"""A program as a Python file: the program first, then the functions that it is made of, then the script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transformer_programs.emit.python import library
from transformer_programs.emit.python.body import Body
from transformer_programs.emit.python.docstring import print_docstring
from transformer_programs.emit.python.literals import WIDTH, block, filled, is_word
from transformer_programs.program import Classify, Domain, Emit, Finite, Frame, Integers, Program, domains

__all__ = ["format_python", "main_source", "print_python", "printed_lines", "unformatted", "vocabulary_kind"]


def print_python(program: Program) -> str:
    """The program as the text of a Python file that needs nothing but the standard library.

    `read_python` reads it back to an equal program. The file can be imported (`run(tokens)`) and run as a script.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count_1"))
    >>> text = print_python(hist)
    >>> print(text[text.index("def run"):text.index("def select")].strip())
    def run(tokens: list[str]) -> list[int]:
        tokens = admit(tokens)
        count_1 = width(select(tokens, tokens))
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


def main_source(frame: Frame, pooled: bool) -> str:
    """The part of the file that runs it as a script."""
    before, after = ([repr(token) for token in marks] for marks in (frame.before, frame.after))
    lines = ["print(*(words and run(words)))"]
    if before:
        marked = f"[{', '.join([*before, '*words', *after])}]"
        own = "" if pooled else f"[{len(before)}:{-len(after) if after else ''}]"
        lines = [f"if words[:1] in ([], [{before[0]}]):", f"    {lines[0]}", "else:", f"    print(*run({marked}){own})"]
    answer = "\n            ".join(lines)
    return f"""
if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            {answer}
    except (ArithmeticError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
"""


def vocabulary_kind(vocabulary: tuple[str, ...] | None) -> str:
    """Which check of the tokens the program needs (`library.admit_source`)."""
    return "taken" if vocabulary is None else "mapped" if "<unk>" in vocabulary else "listed"


def _statements(program: Program) -> Iterator[str]:
    body = Body(program)
    run = f"def run(tokens: list[str]) -> list[{_answer(program)}]:\n" + "".join(f"    {x}\n" for x in body.lines)
    functions = library.functions_of(run)
    admit = library.admit_source(program.max_length is not None, vocabulary_kind(program.vocabulary))
    main = main_source(program.frame, isinstance(program.output, Classify) and program.output.pooled)
    yield print_docstring(program.name, program.about, program.causal)
    yield from library.imports_of(library.names_in([run, *functions, admit, main]))
    if program.vocabulary is not None:
        yield f"VOCABULARY = {_set_of(program.vocabulary)}"
    if program.max_length is not None:
        yield f"MAX_LENGTH = {program.max_length}"
    for literal, name in body.constants.items():
        yield f"{name} = {literal}"
    yield run
    yield from functions
    yield admit
    yield main


def _answer(program: Program) -> str:
    match program.output:
        case Emit(variable):
            return _type_of(domains(program)[variable])
        case Classify():
            return "str"


def _type_of(domain: Domain) -> str:
    match domain:
        case Integers():
            return "int"
        case Finite(values) if len({type(value) for value in values}) == 1:
            return type(values[0]).__name__
        case _:
            return "object"


def _set_of(vocabulary: Sequence[str]) -> str:
    """The set of the tokens, in order: words in one text, tokens that are none by themselves."""
    runs: list[list[str]] = []
    for token in vocabulary:
        if is_word(token) and runs and is_word(runs[-1][-1]):
            runs[-1].append(token)
        else:
            runs.append([token])
    if len(runs) == 1 and is_word(runs[0][0]):
        return f"set({_words(runs[0])}.split())"
    parts = [f"*{_words(run)}.split()" if is_word(run[0]) else repr(run[0]) for run in runs]
    return f"{{{', '.join(parts)}}}"


def _words(words: Sequence[str]) -> str:
    line = repr(" ".join(words))
    return line if len(line) <= WIDTH - 25 else block(filled(words, WIDTH - 4))
