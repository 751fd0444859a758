"""`tprog run`: a program on tokens, or on the lines of standard input, exactly as `python program.py` does.

Flags are taken out by hand, since tokens may look like flags: after `--` everything is a token.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TextIO

from transformer_programs.errors import InputError

__all__ = ["main"]

HELP = """usage: tprog run [--json] PROGRAM [TOKEN ...]

Runs a program on the tokens, or on standard input: one sequence a line, tokens separated by spaces. A program that was
learned from running text cuts its input into words, numbers and signs, as training did.
Markers such as <s> and </s> are added where the first token is not the first marker; the answer is then for your
own tokens only.

PROGRAM   a run directory, a folder of programs/, a program.json, or a program.py of ours (read, never executed)
TOKEN     after -- even --json is a token
--json    a JSON object a sequence: tokens, answer

examples:
  tprog run programs/sort 3 1 4 1 0
  printf '3 1 2\\n0 0 4\\n' | tprog run programs/sort
  tprog run programs/hist --json 1 1 2
  tprog run runs/requests "Wake me up at 7!\""""


def main(argv: Sequence[str]) -> int:
    """Prints one answer a sequence."""
    words, literal = list(argv), []
    if "--" in words:
        cut = words.index("--")
        words, literal = words[:cut], words[cut + 1 :]
    if "-h" in words or "--help" in words:
        print(HELP)
        return 0
    as_json = "--json" in words
    words = [word for word in words if word != "--json"] + literal
    if not words:
        print("tprog run: which program? See tprog run --help", file=sys.stderr)
        return 2

    from transformer_programs.files import load_program
    from transformer_programs.run.framed import FramedProgram, given_words, words_of

    program = FramedProgram(load_program(words[0]))
    if words[1:]:
        sequences = [given_words(program.program, words[1:])]
        answers = [program(tokens) if tokens else [] for tokens in sequences]
    else:
        if sys.stdin.isatty():
            what = "text" if program.program.reading.text else "tokens separated by spaces"
            print(f"one sequence a line, {what}; Ctrl-D ends", file=sys.stderr)
        sequences = [words_of(program.program, _checked(number, line)) for number, line in enumerate(_lines(), 1)]
        answers = []
        for number, tokens in enumerate(sequences, 1):
            try:
                answers.append(program(tokens) if tokens else [])
            except InputError as error:
                raise InputError(
                    place=f"line {number}, {error.place}", got=error.got, expected=error.expected, todo=error.todo
                ) from error
    for tokens, answer in zip(sequences, answers):
        if as_json:
            print(json.dumps({"tokens": tokens, "answer": answer}, ensure_ascii=False))
        else:
            print(*answer)
    return 0


def _lines() -> TextIO:
    """Standard input; bytes that are no text come as half characters."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    return sys.stdin


def _checked(number: int, line: str) -> str:
    """The line.

    Raises:
        InputError: bytes that are no text.
    """
    for place, sign in enumerate(line, 1):
        if "\udc80" <= sign <= "\udcff":
            got = f"byte 0x{ord(sign) - 0xDC00:02x} at {place}"
            raise InputError(place=f"line {number}", got=got, expected="UTF-8 text", todo="save it as UTF-8")
    return line
