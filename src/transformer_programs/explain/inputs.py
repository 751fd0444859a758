"""The inputs that a statement is about: of a task, of a file, or every word over a program's tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from jaxtyping import Bool, Int

from transformer_programs.batch import Answers, Batch
from transformer_programs.batch.columns import Column, Columns, Ready
from transformer_programs.errors import ConfigError, ProgramError
from transformer_programs.explain.values import framed
from transformer_programs.program import Program, Reading, Ref, Value, spells
from transformer_programs.run import UNKNOWN
from transformer_programs.tasks import Dataset, Encoded, Kind, Task, encode, encoded_inputs, encoded_samples
from transformer_programs.verify.space import WordSpace, program_space

__all__ = [
    "EVERY",
    "SAMPLES",
    "Block",
    "Inputs",
    "data_inputs",
    "every_input",
    "given_inputs",
    "same_kind",
    "seen_as",
    "task_inputs",
]

EVERY = 50_000
"""Up to so many inputs all of them are taken, beyond that a sample."""

SAMPLES = 20_000

MOST_PATTERN_CELLS = 1 << 21


Found = tuple[Int[np.ndarray, "row answer"], Sequence[Value]]
"""Answers as integers, and what they stand for."""

Block = tuple[Int[np.ndarray, " row"], Columns, Found]
"""Inputs of one length: their numbers, everything computed on them, the answers."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Inputs:
    """Encoded inputs, and what is asked about them.

    Args:
        what: in words, such as "every input of task sort".
        complete: whether these are all that there are.
        vocabulary: what the integers in `tokens` stand for.
        tokens: padded; the padding is never read.
        lengths: number of tokens.
        asked: where an answer is asked: one a position, or one column in all where the program is pooled.
        labels: what the integers in `expected` stand for.
        expected: the right labels, -1 where none is asked; None where nobody knows them.
    """

    what: str
    complete: bool
    vocabulary: tuple[str, ...]
    tokens: Int[np.ndarray, "sequence position"]
    lengths: Int[np.ndarray, " sequence"]
    asked: Bool[np.ndarray, "sequence answer"]
    labels: tuple[str, ...] = ()
    expected: Int[np.ndarray, "sequence answer"] | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: np.ndarray, what: str | None = None) -> Inputs:
        """These inputs only."""
        return replace(
            self,
            what=self.what if what is None else what,
            complete=False,
            tokens=self.tokens[rows],
            lengths=self.lengths[rows],
            asked=self.asked[rows],
            expected=None if self.expected is None else self.expected[rows],
        )

    def containing(self, tokens: Sequence[str]) -> Inputs:
        """The inputs that hold all of these tokens.

        Raises:
            ConfigError: a token that no input can hold, or none that holds them all.
        """
        keep = np.ones(len(self), bool)
        inside = np.arange(self.tokens.shape[1]) < self.lengths[:, None]
        for token in tokens:
            if token not in self.vocabulary:
                raise ConfigError(place="--with", got=f"token {token!r}", expected="a token of the inputs")
            keep &= ((self.tokens == self.vocabulary.index(token)) & inside).any(axis=1)
        if not keep.any():
            raise ConfigError(place="--with", got=" ".join(tokens), expected="tokens that some input holds together")
        return self.take(np.nonzero(keep)[0], f"{self.what} that hold {' '.join(tokens)}")

    def sequence(self, row: int) -> tuple[str, ...]:
        """One of them as tokens."""
        return tuple(self.vocabulary[code] for code in self.tokens[row, : self.lengths[row]].tolist())

    def right(self, row: int) -> tuple[str | None, ...]:
        """Its right labels; None where none is asked."""
        assert self.expected is not None
        codes = self.expected[row, : max(int(self.lengths[row]), 1)].tolist()
        return tuple(self.labels[code] if code >= 0 else None for code in codes)

    def answers(self, program: Program) -> Answers:
        """What a program answers, by the fastest path."""
        return Batch(program).run(self.tokens, self.lengths, self.vocabulary)

    def wrong(self, program: Program) -> Bool[np.ndarray, "sequence answer"]:
        """Where a program's answer is asked and is not the right one.

        Raises:
            ConfigError: nobody knows the right ones.
        """
        if self.expected is None:
            todo = "name a task or a file with labels: --task NAME or --data FILE"
            raise ConfigError(place="errors", got=self.what, expected="inputs with right answers", todo=todo)
        found = self.answers(program)
        index = {label: code for code, label in enumerate(self.labels)}
        meaning = np.array([*(index.get(str(value), -2) for value in found.values), -2], np.int32)
        wrong: np.ndarray = self.asked & (meaning[found.codes] != self.expected)
        return wrong

    def blocks(
        self, program: Program, replaced: Callable[[np.ndarray, int], Mapping[Ref, Column]] | None = None
    ) -> Iterator[Block]:
        """The inputs by length, with every variable of the program computed.

        Args:
            replaced: for rows and their length, columns of variables that are not to be computed.

        Raises:
            ProgramError: the program fails on one of the inputs.
        """
        seen, ready = tuple(seen_as(program, self.vocabulary)), Ready(program)
        for n in np.unique(self.lengths).tolist():
            (group,) = np.nonzero(self.lengths == n)
            for rows in np.array_split(group, -(-len(group) * n * n // MOST_PATTERN_CELLS)):
                tokens = self.tokens[rows, :n]
                instead = replaced(rows, n) if replaced else None
                columns = Columns(program, seen, tokens, instead, (tokens.astype(np.int64), self.vocabulary), ready)
                try:
                    found = columns.answers()
                except Exception as error:
                    got = f"{type(error).__name__}: {error}"
                    todo = "a program that can fail is explained one input at a time"
                    raise ProgramError(place=program.name, got=got, expected="no failure", todo=todo) from error
                yield rows, columns, found


def task_inputs(task: Task, samples: int | None = None, seed: int = 0) -> Inputs:
    """Every input of a task where there are at most `samples` (unless told otherwise 50,000), else a sample of 20,000.

    >>> from transformer_programs.tasks import make_task
    >>> found = task_inputs(make_task("sort"))
    >>> found.what, found.complete, found.sequence(5), found.right(5)
    ('every input of task sort (19,530)', True, ('<s>', '0', '0', '</s>'), (None, '0', '0', None))
    """
    count = task.count()
    complete = count <= (EVERY if samples is None else samples)
    if complete:
        parts = list(encoded_inputs(task))
    else:
        parts = list(encoded_samples(task, SAMPLES if samples is None else samples, seed))
    size = sum(map(len, parts))
    what = f"every input of task {task.name} ({size:,})" if complete else f"{size:,} random inputs of task {task.name}"
    whole = Encoded(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("tokens", "lengths", "labels")))
    return _encoded(what, complete, task.vocabulary, task.labels, whole)


def seen_as(program: Program, words: Sequence[str]) -> Iterator[str]:
    """What each word is to a program: what it is read as or, where its vocabulary has that not, `<unk>`.

    >>> from transformer_programs.program import Emit
    >>> program = Program(name="p", vocabulary=("a", "<unk>"), max_length=3, output=Emit("tokens"))
    >>> list(seen_as(program, ["a", "Rome"]))
    ['a', '<unk>']
    """
    read = list(map(program.reading, words))
    known = set(read if program.vocabulary is None else program.vocabulary)
    return (UNKNOWN if token not in known and UNKNOWN in known else token for token in read)


def data_inputs(data: Dataset, name: str) -> Inputs:
    """The test part of a data set, as `load_examples` reads it from a file; words stay as they are written."""
    words = dict.fromkeys(token for example in data.test for token in example.tokens)
    data = replace(data, vocabulary=tuple(dict.fromkeys((*data.vocabulary, *words))), reading=Reading())
    return _encoded(
        f"the {len(data.test):,} examples of {name}", False, data.vocabulary, data.labels, encode(data, data.test)
    )


def _encoded(what: str, complete: bool, vocabulary: tuple[str, ...], labels: tuple[str, ...], part: Encoded) -> Inputs:
    return Inputs(
        what=what,
        complete=complete,
        vocabulary=vocabulary,
        tokens=part.tokens,
        lengths=part.lengths,
        asked=part.labels >= 0,
        labels=labels,
        expected=part.labels,
    )


def every_input(program: Program, samples: int | None = None, seed: int = 0) -> Inputs:
    """Every word over the program's tokens, between its markers, or a sample where there are too many.

    Args:
        samples: as for `task_inputs`; a program of any length takes words of up to 6 tokens here.

    Raises:
        ConfigError: a program that takes any token, or reads how tokens are spelled.
    """
    if spells(step.node for step in program.steps):
        todo = "name inputs: --data FILE, or INPUT"
        got = f"{program.name}, which reads how tokens are spelled, unknown ones too"
        raise ConfigError(place="inputs", got=got, expected="a program whose inputs can be listed", todo=todo)
    longest = 6 if program.max_length is None else None
    space: WordSpace = program_space(program, None, longest, raw=False)
    complete = space.count() <= (EVERY if samples is None else samples)
    if complete:
        blocks = [block for length in space.lengths for block in replace(space, lengths=(length,)).blocks(0, 1 << 20)]
        lengths = np.concatenate([np.full(len(block), block.shape[1], np.int32) for block in blocks])
        tokens = np.zeros((len(lengths), blocks[-1].shape[1]), np.int32)
        at = 0
        for block in blocks:
            tokens[at : at + len(block), : block.shape[1]] = block
            at += len(block)
        return _asked(program, f"every input ({len(lengths):,})", True, space.vocabulary, tokens, lengths)
    from random import Random

    rng, index = Random(seed), {token: code for code, token in enumerate(space.vocabulary)}
    drawn = (tuple(index[token] for token in space.draw(rng)) for _ in iter(int, 1))
    words = list(islice(drawn, SAMPLES if samples is None else samples))
    return _words(program, f"{len(words):,} random inputs", space.vocabulary, words)


def given_inputs(program: Program, sequences: Sequence[Sequence[str]]) -> Inputs:
    """These inputs, markers added where they lack them.

    Raises:
        InputError: one that the program does not take.
    """
    from transformer_programs.run import admit

    whole = [framed(program, tokens)[0] for tokens in sequences]
    for tokens in whole:
        admit(program, tokens)
    vocabulary = tuple(dict.fromkeys((*(program.vocabulary or ()), *(token for tokens in whole for token in tokens))))
    index = {token: code for code, token in enumerate(vocabulary)}
    what = "this input" if len(whole) == 1 else f"{len(whole):,} inputs"
    return _words(program, what, vocabulary, [tuple(index[token] for token in tokens) for tokens in whole])


def _words(program: Program, what: str, vocabulary: tuple[str, ...], words: Sequence[tuple[int, ...]]) -> Inputs:
    lengths = np.array([len(word) for word in words], np.int32)
    tokens = np.zeros((len(words), int(lengths.max())), np.int32)
    inside = np.arange(tokens.shape[1]) < lengths[:, None]
    tokens[inside] = [code for word in words for code in word]
    return _asked(program, what, False, vocabulary, tokens, lengths)


def _asked(
    program: Program, what: str, complete: bool, vocabulary: tuple[str, ...], tokens: np.ndarray, lengths: np.ndarray
) -> Inputs:
    """An answer is asked at every token of the user's own."""
    if program.pooled:
        asked = np.ones((len(lengths), 1), bool)
    else:
        before, after = len(program.frame.before), len(program.frame.after)
        place = np.arange(tokens.shape[1])
        asked = (place >= before) & (place < lengths[:, None] - after)
    return Inputs(what=what, complete=complete, vocabulary=vocabulary, tokens=tokens, lengths=lengths, asked=asked)


def same_kind(program: Program, kind: Kind) -> None:
    """Raises ConfigError where one answer a sequence meets one a token."""
    if program.pooled != (kind is Kind.CLASSIFICATION):
        own = "one answer a sequence" if program.pooled else "one answer a token"
        raise ConfigError(place=program.name, got=own, expected=f"a program for {kind.value}")
