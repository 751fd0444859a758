"""The Program: the one thing that every part of the package reads or writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from transformer_programs.program.nodes import Classify, Emit, Node, Output, Ref
from transformer_programs.program.semantics import read_word, split_text

__all__ = ["Frame", "Program", "Reading", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One named variable of the residual stream and the node that computes it."""

    name: Ref
    node: Node


@dataclass(frozen=True, slots=True)
class Frame:
    """Marker tokens that surround the user's tokens, such as `<s>` and `</s>`.

    A program always sees the marked sequence. The command line and the printed script add the markers where the
    first token is not `before` already, and then answer for the user's own tokens only.
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def around(self, tokens: Iterable[str]) -> tuple[str, ...]:
        """The tokens between the markers.

        >>> Frame(before=("<s>",), after=("</s>",)).around("ab")
        ('<s>', 'a', 'b', '</s>')
        """
        return (*self.before, *tokens, *self.after)

    def own(self, size: int) -> slice:
        """Where among `size` marked tokens those of the user stand.

        >>> ["<s>", "a", "b", "</s>"][Frame(before=("<s>",), after=("</s>",)).own(4)]
        ['a', 'b']
        """
        return slice(len(self.before), size - len(self.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a line becomes words, and a word as it is written a token of the vocabulary. `Spelled` reads the word itself.

    Args:
        lower: it is lower-cased.
        digits: "0" stands for every run of digits, so that numbers share their entries in tables.
        text: lines are running text, cut into numbers, words and signs; otherwise blanks stand between words. A
            program is given words: only the command line, the printed script and the page cut lines.

    >>> Reading(lower=True, digits=True)("B2B-1999"), Reading()("B2B-1999")
    ('b0b-0', 'B2B-1999')
    >>> Reading(text=True).split("Wake me!"), Reading().split("Wake me!")
    (['Wake', 'me', '!'], ['Wake', 'me!'])
    """

    lower: bool = False
    digits: bool = False
    text: bool = False

    def __call__(self, word: str) -> str:
        """The token; a token is read as itself."""
        return read_word(word, self.lower, self.digits)

    def split(self, line: str) -> list[str]:
        """The words of a line."""
        return split_text(line) if self.text else line.split()

    @property
    def plain(self) -> bool:
        """Whether every word is a token as it is written."""
        return not (self.lower or self.digits)

    @property
    def notes(self) -> tuple[str, ...]:
        """What it does, in words."""
        asked = (
            (self.text, "lines cut into words, numbers and signs"),
            (self.lower, "words read in lower case"),
            (self.digits, 'every run of digits read as "0"'),
        )
        return tuple(words for flag, words in asked if flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A Transformer Program: typed, immutable, total and finite by construction.

    Args:
        name: of the task or the file, a Python identifier or words joined by `-`.
        vocabulary: every token the program takes, in order; None: any token. `<unk>` stands for unknown ones.
        max_length: most tokens in a sequence; None: length-free (no table reads `positions`).
        causal: whether a position sees only itself and what is before it.
        reading: how words become tokens, before they are looked up in the vocabulary.
        frame: marker tokens around the user's own.
        steps: the variables in order; each reads `tokens`, `positions` and earlier ones.
        output: how the answer is read off.
        about: facts to print at the top: pairs (what, text), such as ("learned", "grow, seed 0").
    """

    name: str
    vocabulary: tuple[str, ...] | None
    max_length: int | None
    causal: bool = False
    reading: Reading = Reading()
    frame: Frame = Frame()
    steps: tuple[Step, ...] = ()
    output: Output
    about: tuple[tuple[str, str], ...] = ()

    @property
    def pooled(self) -> bool:
        """Whether it answers once a sequence, not once a position."""
        return isinstance(self.output, Classify) and self.output.pooled

    def up_to(self, ref: Ref) -> Program:
        """A program that computes no more than one variable and answers with it, at markers too.

        >>> echo = Program(name="echo", vocabulary=None, max_length=None, output=Emit("tokens"))
        >>> echo.up_to("positions").output
        Emit(variable='positions')
        """
        end = next((i + 1 for i, step in enumerate(self.steps) if step.name == ref), 0)
        return replace(self, frame=Frame(), steps=self.steps[:end], output=Emit(ref), about=())
