"""Terminals of RASP: one regular expression, one line of text at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark import Token
from lark.lexer import Lexer

from transformer_programs.rasp.errors import Place, RaspError, Source

__all__ = ["NAMES", "NoLexer", "PlacedToken", "tokens"]

_KEYWORDS = {
    "and": "LOGIC",
    "def": "DEF",
    "draw": "DRAW",
    "else": "ELSE",
    "for": "FOR",
    "if": "IF",
    "in": "IN",
    "indicator": "FUNCTION",
    "load": "LOAD",
    "not": "NOT",
    "or": "LOGIC",
    "return": "RETURN",
    "round": "FUNCTION",
}
_SYMBOLS = {
    "%": "PERCENT",
    "(": "OPEN",
    ")": "CLOSE",
    "*": "TIMES",
    "+": "SIGN",
    ",": "COMMA",
    "-": "SIGN",
    "/": "TIMES",
    ":": "COLON",
    ";": "SEMICOLON",
    "=": "ASSIGN",
    "[": "LEFT_BRACKET",
    "]": "RIGHT_BRACKET",
    "^": "CARET",
    "{": "LEFT_BRACE",
    "}": "RIGHT_BRACE",
} | dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), "COMPARE")
# A call of these is one terminal with its bracket, so that `select` and the rest stay possible as names of variables.
_CALLS = {"aggregate": "AGGREGATE", "len": "LEN", "range": "RANGE", "select": "SELECT", "zip": "ZIP"}

NAMES = {
    **{kind: f"'{text}'" for text, kind in _SYMBOLS.items()},
    **{kind: f"'{text}'" for text, kind in _KEYWORDS.items()},
    **{kind: f"'{text}('" for text, kind in _CALLS.items()},
    "COMPARE": "a comparison",
    "FLOAT": "a number",
    "FUNCTION": "'round' or 'indicator'",
    "INTEGER": "a number",
    "LOGIC": "'and' or 'or'",
    "NAME": "a name",
    "SIGN": "'+' or '-'",
    "STRING": "a string",
    "TIMES": "'*' or '/'",
    "$END": "the end of the statement",
}
"""Terminal -> what it is called in messages."""

_PATTERN = re.compile(
    r"(?P<SKIP>[ \t\r\n\f\v]+|\#[^\r\n]*)"
    r"|(?P<FLOAT>[0-9]+\.[0-9]+)|(?P<INTEGER>[0-9]+)"
    r'|(?P<STRING>"[^"\r\n]*")'
    r"|(?P<CALL>(?:aggregate|len|range|select|zip)[ \t]*\()"
    r"|(?P<NAME>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<SYMBOL>==|!=|<=|>=|[%()*+,\-/:;=\[\]^{}<>])"
)


class PlacedToken(Token):
    """A token that knows its place."""

    place: Place


class NoLexer(Lexer):
    """Stands where lark wants a lexer: tokens are fed one by one."""

    def __init__(self, _: Any) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        """Nothing."""
        return iter(())


def tokens(text: str, source: Source, line: int) -> Iterator[PlacedToken]:
    """The tokens of one line.

    Raises:
        RaspError: a character that starts no token.

    >>> [(token.type, str(token)) for token in tokens("x = 2.5; # two", Source("console"), 1)]
    [('NAME', 'x'), ('ASSIGN', '='), ('FLOAT', '2.5'), ('SEMICOLON', ';')]
    """
    position = 0
    while position < len(text):
        match = _PATTERN.match(text, position)
        place = Place(source, line, position + 1)
        if match is None:
            quote = text[position] == '"'
            what = "a string without its closing quote" if quote else f"unexpected character {text[position]!r}"
            raise RaspError(what, kind="syntax", where=place)
        kind, word = str(match.lastgroup), match.group()
        position = match.end()
        if kind == "SKIP":
            continue
        if kind == "NAME":
            kind = _KEYWORDS.get(word, "NAME")
        elif kind == "SYMBOL":
            kind = _SYMBOLS[word]
        elif kind == "CALL":
            kind = _CALLS[word[:-1].rstrip()]
        token = PlacedToken(kind, word)
        token.place = place
        yield token
