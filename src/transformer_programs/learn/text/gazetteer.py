"""A user's list of words and runs of words as a variable: whether a token is part of an entry, and where in it.

Entries of one word are one dictionary (`Spelled`). Longer ones are read by an automaton unrolled over their words, a
relative-position head and a table a word: `run_k` is the state after k words that end here, where states with the same
continuations are one, and so are words that lead to the same states. `end_k` is the length of the longest entry that
ends here, and k more tables carry it to the left, to the tokens that it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import product
from pathlib import Path

import numpy as np

from transformer_programs.errors import DataError
from transformer_programs.learn.text.variables import Near, Pair, Variable, Written
from transformer_programs.tasks.lines import numbered_lines

__all__ = ["MOST_WORDS", "gazetteer"]

MOST_WORDS = 8
"""Most words of an entry: each is one more head."""

MOST_CELLS = 1_000_000
"""Most cells of the tables that entries of several words need."""

LISTED, UNLISTED = "listed", "unlisted"

NOWHERE = ""
"""The state where no entry goes on; no word is empty."""

Entry = tuple[str, ...]


def gazetteer(name: str, file: Path, split: Callable[[str], list[str]] = str.split) -> Variable:
    """The variable of a file, an entry a line, in whatever case.

    Its values are `unlisted` and `listed`; with entries of several words `listed_1`, `listed_2`, ...: which word of an
    entry the token is, of the longest where they overlap.

    Args:
        name: of the variable.
        file: of the entries; empty lines are passed over.
        split: from a line to its words.

    Raises:
        DataError: no entries, one that is too long, or too many of several words.
    """
    entries = _read(file, split)
    single = {entry[0]: LISTED for entry in entries if len(entry) == 1}
    if len(single) == len(entries):
        return Written.of(name, "lower", single, UNLISTED)
    automaton = _Automaton(entries)
    cells = sum((len(before) + 1) * (len(set(words.values())) + 1) for before, words in automaton.levels)
    if cells > MOST_CELLS:
        got = f"entries of several words that need tables of {cells:,} cells"
        todo = "list fewer of them, or the words that tell most, one a line"
        raise DataError(place=str(file), got=got, expected=f"at most {MOST_CELLS:,}", todo=todo)
    end: Variable = Written.of(f"{name}_end", "lower", dict.fromkeys(single, "1"), "0")
    run: Variable = Written.of(f"{name}_run", "lower", automaton.first, NOWHERE)
    for k, (_, words) in enumerate(automaton.levels, 2):
        word = Written.of(f"{name}_word{k}", "lower", words, NOWHERE)
        run = _joined(f"{name}_run{k}", Near.at(run, -1), word, automaton.step(k))
        end = _joined(f"{name}_end{k}", end, run, automaton.longest(k))
    covered: Variable = end
    for k in range(len(automaton.levels), 1, -1):
        covered = _joined(f"{name}_left{k}", end, Near.at(covered, 1), _covering)
    return _joined(name, end, Near.at(covered, 1), lambda here, after: _said(_covering(here, after)))


def _covering(here: str, after: str) -> str:
    """How many words of an entry are read at a token: of one that ends here, or of one that goes on after it."""
    return str(max(int(here), int(after) - 1))


def _said(words: str) -> str:
    return UNLISTED if words == "0" else f"{LISTED}_{words}"


def _read(file: Path, split: Callable[[str], list[str]]) -> set[Entry]:
    entries = set()
    for number, line in numbered_lines(file):
        entry = tuple(split(line.lower()))
        if len(entry) > MOST_WORDS:
            place, todo = f"{file}, line {number}", "shorten it; an entry is a line"
            raise DataError(place=place, got=f"{len(entry)} words", expected=f"at most {MOST_WORDS}", todo=todo)
        if entry:
            entries.add(entry)
    if not entries:
        raise DataError(place=str(file), got="no entries", expected="a list, an entry a line", todo="or leave it out")
    return entries


class _Automaton:
    """The entries as a minimal automaton: its states by the number of words read, its words by what they do there.

    Attributes:
        first: of every word that begins an entry of several, the state after it.
        levels: for every further word the states before it, and of the words that stand there their classes.
    """

    def __init__(self, entries: Collection[Entry]) -> None:
        self._ids: dict[tuple[bool, frozenset[tuple[str, int]]], int] = {}
        self._nodes: list[tuple[bool, dict[str, int]]] = []
        root = self._node(entries)
        begun = {word: state for word, state in self._nodes[root][1].items() if self._nodes[state][1]}
        names = {state: word for word, state in sorted(begun.items(), reverse=True)}
        self.first = {word: names[state] for word, state in begun.items()}
        self.levels: list[tuple[tuple[str, ...], dict[str, str]]] = []
        self._after: list[dict[tuple[str, str], str]] = []
        self._final: list[set[str]] = []
        while any(self._nodes[state][1] for state in names):
            names = self._level(names)

    def step(self, k: int) -> Callable[[str, str], str]:
        """From the state after k - 1 words and the k-th word to the state after it."""
        after = self._after[k - 2]
        return lambda state, word: after.get((state, word), NOWHERE)

    def longest(self, k: int) -> Callable[[str, str], str]:
        """From the length of a shorter entry that ends here and the state after k words to that of the longest."""
        final = self._final[k - 2]
        return lambda shorter, state: str(k) if state in final else shorter

    def _node(self, entries: Collection[Entry]) -> int:
        """The state from which these entries follow; states with the same ones are one."""
        rest: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry:
                rest.setdefault(entry[0], []).append(entry[1:])
        follows = {word: self._node(entries) for word, entries in rest.items()}
        key = (() in entries, frozenset(follows.items()))
        if key not in self._ids:
            self._ids[key] = len(self._nodes)
            self._nodes.append((() in entries, follows))
        return self._ids[key]

    def _level(self, names: dict[int, str]) -> dict[int, str]:
        """One word more: adds to `levels`; the states after it with their names, the first prefix that leads there."""
        steps = sorted((name, word, to) for at, name in names.items() for word, to in self._nodes[at][1].items())
        does: dict[str, frozenset[tuple[str, int]]] = {}
        for name, word, to in steps:
            does[word] = does.get(word, frozenset()) | {(name, to)}
        alike: dict[frozenset[tuple[str, int]], str] = {}
        words = {word: alike.setdefault(does[word], word) for word in sorted(does)}
        after: dict[int, str] = {}
        taken: set[str] = set()
        for name, word, to in steps:
            if to not in after:
                prefix = f"{name}+{word}"
                while prefix in taken:  # words may have a + in them
                    prefix += "'"
                taken.add(prefix)
                after[to] = prefix
        self.levels.append((tuple(names.values()), words))
        self._after.append({(name, words[word]): after[to] for name, word, to in steps})
        self._final.append({name for to, name in after.items() if self._nodes[to][0]})
        return after


def _joined(name: str, left: Variable, right: Variable, function: Callable[[str, str], str]) -> Pair:
    """A table of two variables that a function fills."""
    cells = [function(*pair) for pair in product(left.values, right.values)]
    values = tuple(sorted(set(cells)))
    place = {value: i for i, value in enumerate(values)}
    return Pair(name, values, left, right, np.array([place[cell] for cell in cells], np.int64))
