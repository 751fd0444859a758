"""Which inputs a statement is about: all words over some letters, of some lengths, between markers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from jaxtyping import Int

from transformer_programs.errors import ConfigError
from transformer_programs.program import Frame, Program
from transformer_programs.tasks import Task
from transformer_programs.tasks.words import Words

__all__ = ["Space", "TaskSpace", "WordSpace", "program_space", "task_space"]


@dataclass(frozen=True, kw_only=True)
class WordSpace:
    """All words over letters, by length, then in the order of the letters.

    Args:
        letters: in order.
        lengths: numbers of letters, ascending.
        frame: markers around every word.

    >>> space = WordSpace(letters=("a", "b"), lengths=(1, 2), frame=Frame(("<s>",)))
    >>> space.count()
    6
    >>> [space.vocabulary[i] for i in next(iter(space.blocks(2, 9)))[0]]
    ['<s>', 'a', 'a']
    """

    letters: tuple[str, ...]
    lengths: tuple[int, ...]
    frame: Frame = Frame()

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Markers, then the letters that are none."""
        return tuple(dict.fromkeys((*self.frame.before, *self.frame.after, *self.letters)))

    @property
    def longest(self) -> int:
        """Most letters."""
        return self.lengths[-1]

    def count(self) -> int:
        """How many."""
        return sum(len(self.letters) ** length for length in self.lengths)

    def blocks(self, start: int, size: int) -> Iterator[Int[np.ndarray, "sequence length"]]:
        """From number `start` on, as places in the vocabulary; a block holds words of one length."""
        index = {token: code for code, token in enumerate(self.vocabulary)}
        places = np.array([index[letter] for letter in self.letters], np.int32)
        before, after = ([index[token] for token in part] for part in (self.frame.before, self.frame.after))
        for length in self.lengths:
            total = len(self.letters) ** length
            for at in range(start, total, size):
                block = np.empty((min(size, total - at), len(before) + length + len(after)), np.int32)
                block[:, : len(before)] = before
                block[:, len(before) + length :] = after
                # Python splits the start, which may have hundreds of bits; NumPy only counts on from it.
                carry, rest = np.arange(len(block), dtype=np.int64), at
                for position in range(len(before) + length - 1, len(before) - 1, -1):
                    rest, digit = divmod(rest, len(self.letters))
                    carry, digits = np.divmod(carry + digit, len(self.letters))
                    block[:, position] = places[digits]
                yield block
            start = max(start - total, 0)

    def draw(self, rng: Random) -> tuple[str, ...]:
        """A word: a length, evenly among all lengths, then letters, evenly."""
        return self.framed(tuple(rng.choices(self.letters, k=rng.choice(self.lengths))))

    def framed(self, word: tuple[str, ...]) -> tuple[str, ...]:
        """Between its markers."""
        return self.frame.around(word)

    def word(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """Without them."""
        return tokens[self.frame.own(len(tokens))]

    def has(self, tokens: tuple[str, ...]) -> bool:
        """Whether it is one of the inputs."""
        word = self.word(tokens)
        return self.framed(word) == tokens and len(word) in self.lengths and set(word) <= set(self.letters)


@dataclass(frozen=True, kw_only=True)
class TaskSpace:
    """The inputs of a task that are not simply all words."""

    task: Task

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The task's."""
        return self.task.vocabulary

    @property
    def frame(self) -> Frame:
        """The task's."""
        return self.task.frame

    @property
    def letters(self) -> tuple[str, ...]:
        """All tokens but the markers."""
        return tuple(token for token in self.vocabulary if token not in (*self.frame.before, *self.frame.after))

    @property
    def longest(self) -> int:
        """Most tokens between the markers."""
        return self.task.max_length - len(self.frame.before) - len(self.frame.after)

    def count(self) -> int:
        """How many."""
        return self.task.count()

    def blocks(self, start: int, size: int) -> Iterator[Int[np.ndarray, "sequence length"]]:
        """From number `start` on, as places in the vocabulary; a block holds sequences of one length."""
        for block in self.task.blocks(size):
            if start < len(block):
                yield block[start:]
            start = max(start - len(block), 0)

    def draw(self, rng: Random) -> tuple[str, ...]:
        """As the task draws them."""
        return self.task.sample(rng)

    def word(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """Without its markers."""
        return tokens[self.frame.own(len(tokens))]

    def framed(self, word: tuple[str, ...]) -> tuple[str, ...]:
        """Between its markers."""
        return self.task.framed(word)

    def has(self, tokens: tuple[str, ...]) -> bool:
        """Only of the inputs themselves this can be said without enumerating them: no."""
        return False


Space = WordSpace | TaskSpace


def task_space(task: Task) -> Space:
    """All inputs of a task, in the order of `task.inputs()`."""
    if isinstance(task, Words):
        return WordSpace(letters=task.letters, lengths=tuple(task.lengths), frame=task.frame)
    return TaskSpace(task=task)


def program_space(program: Program, alphabet: tuple[str, ...] | None, longest: int | None, raw: bool) -> WordSpace:
    """All words that users may give a program.

    Args:
        program: its vocabulary without the markers of its frame gives the letters.
        alphabet: the letters, for a program that takes any token, or fewer than it takes.
        longest: most letters; None: what the program takes.
        raw: every sequence of its tokens, markers anywhere, instead of words between markers.

    Raises:
        ConfigError: no letters, or no length.
    """
    frame = Frame() if raw else program.frame
    markers = (*frame.before, *frame.after)
    letters = alphabet or tuple(token for token in program.vocabulary or () if token not in markers)
    if not letters:
        todo = "say over which tokens: --alphabet a b c"
        raise ConfigError(place=program.name, got="a program that takes any token", expected="letters", todo=todo)
    strange = [letter for letter in letters if program.vocabulary is not None and letter not in program.vocabulary]
    if strange:
        raise ConfigError(place="--alphabet", got=f"{strange[0]!r}", expected=f"tokens that {program.name} knows")
    room = None if program.max_length is None else program.max_length - len(markers)
    if longest is None and room is None:
        todo = "say up to which length: --max-length 6"
        raise ConfigError(place=program.name, got="a program of any length", expected="a length", todo=todo)
    most = min(bound for bound in (longest, room) if bound is not None)
    if most < 1:
        raise ConfigError(place="--max-length", got=str(most), expected="at least one token between the markers")
    return WordSpace(letters=letters, lengths=tuple(range(1, most + 1)), frame=frame)
