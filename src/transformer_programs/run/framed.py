"""A program for users' own tokens: the frame's markers are added, and the answers at them dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformer_programs.errors import DataError
from transformer_programs.program import Program
from transformer_programs.run.interpreter import Interpreter

__all__ = ["FramedProgram", "given_words", "words_of"]


class FramedProgram:
    """Runs a program on tokens with or without its frame's markers.

    Where the first token is the first marker, the sequence is taken as it is, with one answer for every token.
    Otherwise the markers are added, and only the user's tokens are answered for.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._run = Interpreter(program)

    def __call__(self, tokens: Sequence[str]) -> list[Any]:
        """The answers; a list of one where the program is pooled.

        Raises:
            InputError: as the interpreter.
        """
        frame = self.program.frame
        if not frame.before or tuple(tokens[:1]) == frame.before[:1]:
            return self._run(tokens)
        answer = self._run(frame.around(tokens))
        return answer if self.program.pooled else answer[frame.own(len(answer))]


def words_of(program: Program, line: str) -> list[str]:
    """The words of a line, as the program reads lines; a line that begins with its first marker is words already.

    >>> from transformer_programs.program import Emit, Frame, Reading
    >>> marked = Frame(before=("<s>",), after=("</s>",))
    >>> echo = Program(name="echo", vocabulary=None, max_length=None, reading=Reading(text=True), frame=marked,
    ...                output=Emit("tokens"))
    >>> words_of(echo, "Wake me!"), words_of(echo, "<s> Wake me! </s>")
    (['Wake', 'me', '!'], ['<s>', 'Wake', 'me!', '</s>'])
    """
    words = line.split()
    return (
        words if program.frame.before and tuple(words[:1]) == program.frame.before[:1] else program.reading.split(line)
    )


def given_words(program: Program, arguments: Sequence[str]) -> list[str]:
    """The words that arguments of a command are: one each, or those of a text where the program reads texts.

    Raises:
        DataError: bytes that are no text, which come as half characters.
    """
    for number, argument in enumerate(arguments, 1):
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError as error:
            got = f"byte 0x{ord(argument[error.start]) & 0xFF:02x} at {error.start + 1}"
            raise DataError(place=f"argument {number}", got=got, expected="UTF-8 text") from error
    return words_of(program, " ".join(arguments)) if program.reading.text else list(arguments)
