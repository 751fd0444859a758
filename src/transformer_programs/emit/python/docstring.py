"""The docstring of a printed program: its name and task, what is known about it, and how to run it.

    sort: the letters in order

    learned: grow, seed 0
    causal: a position sees itself and what is before it
    run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line

A fact that would not survive as a plain line stands in JSON's quotes.
"""

from __future__ import annotations

import json

from transformer_programs.errors import ProgramError

__all__ = ["print_docstring", "read_docstring"]

CAUSAL = "causal: a position sees itself and what is before it"
TASK = "task"
"""The fact that stands beside the name, where it comes first."""

RUN = "run: python program.py TOKEN ...  or  python program.py < LINES, one sequence a line"
RUN_TEXT = "run: python program.py TEXT  or  python program.py < LINES, one text a line"
"""The same where lines are running text."""


def print_docstring(name: str, about: tuple[tuple[str, str], ...], causal: bool, text: bool = False) -> str:
    """The literal, quotes included. `text`: lines are running text."""
    title, facts = _plain(name, key=True), list(about)
    if facts and facts[0][0] == TASK:
        title += f": {_plain(facts.pop(0)[1])}"
    lines = [f"{_plain(what, key=True)}: {_plain(text)}" for what, text in facts]
    lines = [title, "", *lines, *([CAUSAL] if causal else []), RUN_TEXT if text else RUN]
    literal = "\n".join(lines).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{literal}"""'


def read_docstring(text: str, place: str) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    """The name, the facts and whether the program is causal.

    Raises:
        ProgramError: a line is none that `print_docstring` writes.
    """
    lines = text.strip().split("\n")
    if len(lines) < 3 or lines[1] or lines[-1] not in (RUN, RUN_TEXT):
        raise ProgramError(place=f"{place} line 1", got="another docstring", expected=f"a name, facts, and {RUN!r}")
    facts = lines[2:-1]
    causal = bool(facts) and facts[-1] == CAUSAL
    name, task = _title(lines[0], f"{place} line 1")
    about = [(TASK, task)] if task is not None else []
    for number, line in enumerate(facts[:-1] if causal else facts, 3):
        what, rest = _read(line, f"{place} line {number}", ": ")
        about.append((what, _read(rest, f"{place} line {number}", "")[0]))
    return name, tuple(about), causal


def _title(line: str, place: str) -> tuple[str, str | None]:
    """The name, and the task where the line says it."""
    try:
        name, rest = _read(line, place, ": ")
    except ProgramError:
        return _read(line, place, "")[0], None
    return name, _read(rest, place, "")[0]


def _plain(text: str, key: bool = False) -> str:
    """The text itself where a line of a docstring keeps it, else as JSON."""
    keeps = (
        text.isprintable() and text.strip() == text and text and not text.startswith('"') and not text.endswith("\\")
    )
    if keeps and not (key and (":" in text or text in ("causal", "run"))):
        return text
    return json.dumps(text)


def _read(line: str, place: str, end: str) -> tuple[str, str]:
    """A text at the start of a line, up to `end`, and what follows."""
    if not line.startswith('"'):
        text, found, rest = line.partition(end) if end else (line, "", "")
        if found == end:
            return text, rest
    else:
        try:
            text, stop = json.JSONDecoder().raw_decode(line)
        except (ValueError, RecursionError):
            text, stop = None, 0
        if isinstance(text, str) and line[stop:].startswith(end) and (end or stop == len(line)):
            return text, line[stop + len(end) :]
    raise ProgramError(place=place, got=repr(line[:60]), expected="a fact, as in learned: grow")
