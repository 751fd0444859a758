"""From lines of text to statements and commands.

Statements are read a line at a time, as they are typed: a line may leave a statement unfinished, and an error is
reported at the first token that cannot be right. Every token is fed once, so reading is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedToken

from transformer_programs.rasp import syntax
from transformer_programs.rasp.errors import Place, RaspError, Source
from transformer_programs.rasp.lexer import NAMES, NoLexer, PlacedToken, tokens

__all__ = ["KEYWORDS", "Command", "Parsed", "StatementReader", "statements"]

KEYWORDS = (
    *("aggregate", "and", "def", "draw", "else", "example", "examples", "exit", "for", "if", "in", "indicator", "len"),
    *("load", "not", "or", "quit", "range", "return", "round", "select", "selector", "set", "show", "zip"),
)
"""Words of the language, for completion."""

LONGEST_LINE = 1_000_000
LARGEST_NUMBER = 400
"""Most digits of a number in a program."""


@dataclass(frozen=True, slots=True)
class Command:
    """A statement of the read-eval-print loop only.

    Args:
        what: `set`, `show`, `examples`, `full seq display` or `exit`.
        on: `both`, `s-op` or `selector`.
        switch: whether something is switched on.
        value: the new example.
    """

    what: str
    on: str = "both"
    switch: bool = False
    value: syntax.Expression | None = None


Parsed: TypeAlias = syntax.Statement | Command

_COMMAND = re.compile(
    r"\s*(?:(?P<set>set)\s+(?:(?P<set_on>s-op|selector)\s+)?example\b(?P<value>.*)"
    r"|(?P<show>show)\s+(?:(?P<show_on>s-op|selector)\s+)?example"
    r"|(?:(?P<examples_on>s-op|selector)\s+)?(?P<examples>examples)\s+(?P<examples_switch>on|off)"
    r"|(?P<display>full seq display)\s+(?P<display_switch>on|off)"
    r"|(?P<exit>(?:exit|quit)(?:\(\))?))\s*(?:\#.*)?$",
    re.DOTALL,
)


class StatementReader:
    """Reads statements line by line.

    Args:
        source: what the places of errors name; its lines are filled while reading.
        commands: whether commands of the read-eval-print loop are known.

    >>> reader = StatementReader(Source("console"))
    >>> reader.feed("x = indices +"), type(reader.feed("1;")).__name__
    (None, 'Assign')
    """

    def __init__(self, source: Source, *, commands: bool = False) -> None:
        self.source = source
        self._commands = commands
        self.reset()

    def reset(self) -> None:
        """Forgets an unfinished statement."""
        self._parser: Any = None
        self._seen: list[PlacedToken] = []
        self._set: str = ""
        self._depth = 0
        self.begun: Place | None = None

    def feed(self, line: str) -> Parsed | None:
        """The statement that the line completes; None where it is not finished yet.

        Raises:
            RaspError: a token that cannot stand where it stands; what was read of the statement is dropped.
        """
        try:
            return self._feed(line)
        except RaspError:
            self.reset()
            raise

    def _feed(self, line: str) -> Parsed | None:
        number = len(self.source.lines) + 1
        if len(line) > LONGEST_LINE:
            self.source.lines.append("")
            where = Place(self.source, number, 1)
            raise RaspError(f"a line of {len(line)} characters", where=where, expected=f"at most {LONGEST_LINE}")
        self.source.lines.append(line)
        if line.lstrip().startswith("#"):
            return None
        start = 0
        if self.begun is None and self._commands and (match := _COMMAND.match(line)):
            if not match["set"]:
                return _command(match)
            self._set = match["set_on"] or "both"
            start = match.start("value")
        for token in tokens(" " * start + line[start:], self.source, number):
            self._push(token)
        if self._set:
            return self._example(number)
        if not self._seen or self._depth > 0:
            return None
        last, first = self._seen[-1].type, self._seen[0].type
        if last != "SEMICOLON" and not (last == "RIGHT_BRACE" and first in ("DEF", "FOR")):
            return None
        return self._finish(self._seen[-1].place)

    def _push(self, token: PlacedToken) -> None:
        if self._parser is None:
            self._parser = _grammar().parse_interactive("")
            self.begun = token.place
        before = self._seen[-1] if self._seen else None
        if before is not None and self._depth == 0 and before.type == "SEMICOLON" and not self._set:
            raise RaspError("a second statement on the line", kind="syntax", where=token.place, expected="one a line")
        self._give(token, token.place)
        self._seen.append(token)
        if token.type in _OPENING:
            self._depth += 1
        elif token.type in _CLOSING:
            self._depth -= 1

    def _give(self, token: Token, place: Place) -> None:
        try:
            self._parser.feed_token(token)
        except UnexpectedToken as error:
            got = "the end" if token.type == "$END" else f"'{token}'"
            if self._set and token.type == "SEMICOLON":
                got += " (commands take none)"
            wanted = sorted({NAMES[name] for name in error.expected}) if error.expected else []
            raise RaspError(
                f"unexpected {got}", kind="syntax", where=place, expected=_one_of(wanted), todo=""
            ) from None

    def _finish(self, place: Place) -> syntax.Statement:
        try:
            tree = self._parser.feed_eof()
        except UnexpectedToken:
            raise RaspError("unfinished statement", kind="syntax", where=place) from None
        self.reset()
        statement: syntax.Statement = tree.children[0]
        return statement

    def _example(self, number: int) -> Command | None:
        """The command that sets an example, if its value is complete: it has no semicolon to tell."""
        if not self._seen:
            self.begun = self.begun or Place(self.source, number, 1)
            return None
        if self._seen[-1].type == "SEMICOLON":
            raise RaspError(
                "unexpected ';'", kind="syntax", where=self._seen[-1].place, expected="nothing: commands take none"
            )
        if self._depth > 0:
            return None
        probe = self._parser.copy(deepcopy_values=False)
        try:
            probe.feed_token(Token("SEMICOLON", ";"))
        except UnexpectedToken:
            return None
        which = self._set
        self._parser.feed_token(Token("SEMICOLON", ";"))
        statement = self._finish(self._seen[-1].place)
        if not isinstance(statement, syntax.Evaluate):
            raise RaspError("that is no value", kind="syntax", where=statement.place, expected="an example")
        return Command("set", which, value=statement.value)


_OPENING = frozenset({"OPEN", "LEFT_BRACKET", "LEFT_BRACE", "SELECT", "AGGREGATE", "RANGE", "ZIP", "LEN"})
_CLOSING = frozenset({"CLOSE", "RIGHT_BRACKET", "RIGHT_BRACE"})


def statements(text: str, name: str, *, library: bool = False) -> Iterator[Parsed]:
    """The statements and commands of a file; stops at the first error.

    Raises:
        RaspError: one of them cannot be read.
    """
    reader = StatementReader(Source(name, library=library), commands=True)
    # Other marks that end lines for Python may stand in strings.
    for line in text.replace("\r\n", "\n").split("\n"):
        statement = reader.feed(line)
        if statement is not None:
            yield statement
    if reader.begun is not None:
        raise RaspError("unfinished statement at the end of the file", kind="syntax", where=reader.begun)


def _command(match: re.Match[str]) -> Command:
    if match["show"]:
        return Command("show", match["show_on"] or "both")
    if match["examples"]:
        return Command("examples", match["examples_on"] or "both", match["examples_switch"] == "on")
    if match["display"]:
        return Command("full seq display", switch=match["display_switch"] == "on")
    return Command("exit")


def _one_of(names: Sequence[str]) -> str:
    if len(names) > 8:
        return "an expression" if "a name" in names else "an operator or ';'" if "';'" in names else ""
    return " or ".join(names)


@cache
def _grammar() -> Lark:
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer=NoLexer, transformer=_Build(), maybe_placeholders=True)


class _Build(Transformer):
    """Grammar rule -> syntax node. Called bottom-up while parsing, so depth costs no recursion."""

    def evaluate(self, c: list[Any]) -> Any:
        return syntax.Evaluate(c[0].place, c[0])

    def names(self, c: list[Any]) -> Any:
        return tuple(str(token) for token in c[::2])

    def expressions(self, c: list[Any]) -> Any:
        return tuple(c[::2])

    def statements(self, c: list[Any]) -> Any:
        return tuple(c)

    def assign(self, c: list[Any]) -> Any:
        return syntax.Assign(c[1].place, c[0], c[2])

    def draw(self, c: list[Any]) -> Any:
        return syntax.Draw(c[0].place, c[2], c[4])

    def load(self, c: list[Any]) -> Any:
        return syntax.Load(c[0].place, str(c[1])[1:-1])

    def function(self, c: list[Any]) -> Any:
        return syntax.Function(c[0].place, str(c[1]), c[3] or (), c[6], c[8])

    def loop(self, c: list[Any]) -> Any:
        return syntax.Loop(c[0].place, c[1], c[3], c[5])

    def contains(self, c: list[Any]) -> Any:
        return syntax.Contains(c[1].place, c[0], c[2])

    def ternary(self, c: list[Any]) -> Any:
        return syntax.Ternary(c[1].place, c[0], c[2], c[4])

    def binary(self, c: list[Any]) -> Any:
        if c[1] == "!=":
            raise RaspError(
                "unexpected '!='", kind="syntax", where=c[1].place, expected="not (a == b): values have none"
            )
        return syntax.Binary(c[1].place, str(c[1]), c[0], c[2])

    def unary(self, c: list[Any]) -> Any:
        return syntax.Unary(c[0].place, str(c[0]), c[1] if len(c) == 2 else c[2])

    def index(self, c: list[Any]) -> Any:
        return syntax.Index(c[1].place, c[0], c[2])

    def call(self, c: list[Any]) -> Any:
        return syntax.Call(c[0].place, c[0], c[2] or ())

    def bracketed(self, c: list[Any]) -> Any:
        return c[1]

    def name(self, c: list[Any]) -> Any:
        return syntax.Name(c[0].place, str(c[0]))

    def integer(self, c: list[Any]) -> Any:
        if len(c[0]) > LARGEST_NUMBER:
            raise RaspError(f"a number of {len(c[0])} digits", where=c[0].place, expected=f"at most {LARGEST_NUMBER}")
        return syntax.Literal(c[0].place, int(c[0]))

    def float(self, c: list[Any]) -> Any:
        value = float(c[0])
        if value == float("inf"):
            raise RaspError("a number too large for a float", where=c[0].place)
        return syntax.Literal(c[0].place, value)

    def string(self, c: list[Any]) -> Any:
        return syntax.Literal(c[0].place, str(c[0])[1:-1])

    def select(self, c: list[Any]) -> Any:
        return syntax.Select(c[0].place, c[1], c[3], str(c[5]))

    def aggregate(self, c: list[Any]) -> Any:
        return syntax.Aggregate(c[0].place, c[1], c[3], c[5])

    def range(self, c: list[Any]) -> Any:
        return syntax.Range(c[0].place, c[1])

    def zip(self, c: list[Any]) -> Any:
        return syntax.Zip(c[0].place, c[1])

    def length(self, c: list[Any]) -> Any:
        return syntax.Length(c[0].place, c[1])

    def listing(self, c: list[Any]) -> Any:
        return syntax.Listing(c[0].place, c[1] or ())

    def comprehension(self, c: list[Any]) -> Any:
        return syntax.Comprehension(c[0].place, c[1], c[3], c[5])

    def pair(self, c: list[Any]) -> Any:
        return (c[0], c[2])

    def dictionary(self, c: list[Any]) -> Any:
        return syntax.Dictionary(c[0].place, tuple(item for item in c if isinstance(item, tuple)))

    def dictionary_comprehension(self, c: list[Any]) -> Any:
        return syntax.DictionaryComprehension(c[0].place, c[1], c[3], c[5], c[7])
