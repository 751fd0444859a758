"""One example of a user's file, and what every reader must make sure of."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.errors import DataError
from transformer_programs.tasks.dataset import Kind, Label

__all__ = ["MAX_TOKENS", "Columns", "Record", "choose", "make_record"]

MAX_TOKENS = 10_000
"""Most tokens in one example: more is taken for a file whose examples are not told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a file keeps tokens and labels; None: the usual names.

    Args:
        tokens: a key (JSONL), a header (CSV, TSV, Hugging Face), or a column's number from 0, negative from the end
            (CoNLL). Usual: `tokens`, `words` (ready tokens), `text`, `sentence` (text to tokenise); 0.
        labels: likewise. Usual: `labels`, `label`, `tags`, `ner_tags`; -1.
    """

    tokens: str | int | None = None
    labels: str | int | None = None

    def token_names(self) -> tuple[str, ...]:
        """Names to look for, the best first."""
        return ("tokens", "words", "text", "sentence") if self.tokens is None else (str(self.tokens),)

    def label_names(self) -> tuple[str, ...]:
        """Names to look for, the best first."""
        return ("labels", "label", "tags", "ner_tags") if self.labels is None else (str(self.labels),)


@dataclass(frozen=True, slots=True)
class Record:
    """An example.

    Args:
        line: the line (or row) where it starts.
        tokens, labels: see `Example`.
        text: whether the tokens were cut out of running text.
    """

    line: int
    tokens: tuple[str, ...]
    labels: tuple[Label, ...]
    text: bool = False


def choose(names: Sequence[str], present: Iterable[str] | Mapping[str, Any], place: str) -> str:
    """The first of the names that is there.

    Raises:
        DataError: none is.
    """
    there = list(present)
    for name in names:
        if name in there:
            return name
    shown = ", ".join(map(repr, there[:8])) + (", ..." if len(there) > 8 else "")
    todo = "name the columns where they are called otherwise"
    raise DataError(place=place, got=f"only {shown}" if there else "none", expected=" or ".join(names), todo=todo)


def make_record(
    line: int, tokens: Sequence[Any], labels: Sequence[Any], kind: Kind, place: str, text: bool = False
) -> Record:
    """A checked record: tokens and labels are words, and as many as there must be.

    Whole numbers and truth values count as words. A label that is None asks for no answer at its token.

    Raises:
        DataError: with the place.
    """
    if not tokens:
        raise DataError(place=place, got="no tokens", expected="at least one")
    if len(tokens) > MAX_TOKENS:
        todo = "split it; in CoNLL columns a blank line ends a sentence"
        raise DataError(place=place, got=f"{len(tokens)} tokens", expected=f"at most {MAX_TOKENS}", todo=todo)
    tagging = kind is Kind.TAGGING
    if tagging and len(labels) != len(tokens):
        raise DataError(place=place, got=f"{len(labels)} labels for {len(tokens)} tokens", expected="one label a token")
    words = tuple(_word(token, "token", place, inner=False) for token in tokens)
    answers = tuple(
        None if tagging and label is None else _word(label, "label", place, inner=not tagging) for label in labels
    )
    return Record(line, words, answers, text)


def _word(value: Any, what: str, place: str, *, inner: bool) -> str:
    """The value as a word. Interned: a file repeats its words many times."""
    if type(value) is str and value.isalnum():  # most words: none of what follows can be wrong with them
        return sys.intern(value)
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int):
        try:
            value = str(value)
        except ValueError:  # beyond the digits that Python converts
            value = None
    if not isinstance(value, str):
        raise DataError(place=place, got=f"a {what} {_shown(value)}", expected="a text")
    if inner:
        value = value.strip()
    parts = value.split()
    if not parts:
        raise DataError(place=place, got=f"an empty {what}", expected="a word")
    if parts != [value] and not (inner and value.isprintable()):
        todo = "put another sign in its place, such as _"
        raise DataError(place=place, got=f"white space in the {what} {_shown(value)}", expected="one word", todo=todo)
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise DataError(place=place, got=f"half a character in the {what} {value!a}", expected="Unicode text")
    return sys.intern(value)


def _shown(value: Any) -> str:
    text = ascii(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
