"""Python literals, with the number of lines that they take once formatted, so that the shorter form can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from transformer_programs.program import Value

__all__ = ["WIDTH", "Atom", "Block", "Group", "Literal", "block", "filled", "is_word", "mapping", "text_of", "tuple_of"]

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Atom:
    """Text that stays on one line."""

    text: str

    def lines(self, indent: int) -> int:
        """Always one."""
        return 1


@dataclass(frozen=True, slots=True)
class Group:
    """Brackets around items: on one line where it fits, else one item a line.

    Args:
        left, right: the brackets.
        keys: what stands before each item, "" or as in "1: ".
        items: the items.
    """

    left: str
    right: str
    keys: tuple[str, ...]
    items: tuple[Literal, ...]

    @property
    def text(self) -> str:
        """The literal on one line."""
        comma = "," if self.left == "(" and len(self.items) == 1 else ""
        return self.left + ", ".join(k + item.text for k, item in zip(self.keys, self.items)) + comma + self.right

    def lines(self, indent: int) -> int:
        """Lines it takes from a column on."""
        if indent + len(self.text) <= WIDTH or not self.items:
            return 1
        inner = (indent // 4 + 1) * 4
        return 2 + sum(item.lines(inner + len(key) + 1) for key, item in zip(self.keys, self.items))


@dataclass(frozen=True, slots=True)
class Block:
    """Text that takes several lines wherever it stands."""

    text: str
    height: int

    def lines(self, indent: int) -> int:
        """Its own."""
        return self.height


Literal: TypeAlias = Atom | Group | Block


def text_of(value: Value | tuple[Value | tuple[Value, ...], ...] | None) -> Literal:
    """A value, several or groups of them in a tuple, or None."""
    if isinstance(value, tuple):
        return tuple_of([text_of(item) for item in value])
    return Atom(repr(value))


def tuple_of(items: Sequence[Literal]) -> Literal:
    """A tuple."""
    return Group("(", ")", ("",) * len(items), tuple(items))


def mapping(pairs: Iterable[tuple[str, Literal]]) -> Literal:
    """A dictionary; the keys are text already."""
    pairs = tuple(pairs)
    return Group("{", "}", tuple(f"{key}: " for key, _ in pairs), tuple(item for _, item in pairs))


def is_word(text: str) -> bool:
    """Whether the text is one word: `str.split` keeps it whole.

    >>> is_word("a"), is_word("a b"), is_word("")
    (True, False, False)
    """
    return text.split() == [text]


def filled(words: Iterable[str], width: int) -> Iterator[str]:
    """The words in lines of at most `width` columns, or of one word.

    >>> list(filled(["a", "bc", "d"], 4))
    ['a bc', 'd']
    """
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = ""
        line += f" {word}" if line else word
    if line:
        yield line


def block(lines: Iterable[str]) -> str:
    """A triple-quoted string that starts with a line break and holds these lines, indented by four blanks."""
    return '"""\n' + "".join(f"    {_escaped(line)}\n" for line in lines) + '"""'


def _escaped(line: str) -> str:
    safe = line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return safe if safe.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in safe)
