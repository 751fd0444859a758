"""Classes of words have names: each is called after its first word in the vocabulary, which is its most frequent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

from transformer_programs.passes.rebuild import Through, rebuild
from transformer_programs.passes.values import UNKNOWN, copies_of
from transformer_programs.program import TOKENS, Node, Program, Read, Spelled, Table, Value

__all__ = ["has_words", "is_class", "name_classes"]

NONE = "<none>"
"""The class of all words that are not written down, among them the unknown ones."""


def name_classes(program: Program) -> Program:
    """Tables over single words, and spellings of whole words, whose values are mere numbers get words for values.

    Only where no one reads the numbers as numbers: no sum, comparison, weight, or answer.

    >>> from transformer_programs.program import Classify, Step, TableScore
    >>> table, score = Table((Read("tokens"),), (0, 1, 0, 1)), TableScore(Read("table_1"), ((0, 1), (1, 0)))
    >>> words, output = ("<unk>", "in", "Rome", "of"), Classify(("x", "y"), (0, 0), (score,), False)
    >>> program = Program(name="t", vocabulary=words, max_length=3, steps=(Step("table_1", table),), output=output)
    >>> print(name_classes(program).steps[0].node.cells)
    ('Rome', 'in', 'Rome', 'in')
    """
    for step in program.steps if has_words(program) else ():
        match step.node:
            case Table(_, cells) if is_class(step.node):
                named = _names(program.vocabulary or (), cells)
            case Spelled("word" | "lower", words, cells, default):
                named = _names(words, cells) | {default: NONE}
            case _:
                continue
        copies = copies_of(program, step.name)
        old: dict[Value, Value] = {name: value for value, name in named.items()}
        if not all(type(value) is int for value in named) or copies is None or not 1 < len(named) == len(old):
            continue
        through = {name: Through(Read(name), old.__getitem__) for name in copies}
        program = rebuild(program, nodes={step.name: _with(step.node, named)}, through=through)
    return program


def _with(node: Table | Spelled, named: Mapping[Value, str]) -> Table | Spelled:
    """The node with names for its values; spellings of one class together, those of the default left out."""
    if isinstance(node, Table):
        return Table(node.reads, tuple(named[cell] for cell in node.cells))
    groups: dict[str, list[str]] = {}
    for word, cell in zip(node.keys, node.values):
        if cell != node.default:
            groups.setdefault(named[cell], []).append(word)
    keys = tuple(word for words in groups.values() for word in words)
    return Spelled(
        node.function, keys, tuple(name for name, words in groups.items() for _ in words), named[node.default]
    )


def has_words(program: Program) -> bool:
    """Whether the vocabulary is one of words."""
    return program.vocabulary is not None and UNKNOWN in program.vocabulary


def is_class(node: Node) -> TypeGuard[Table]:
    """Whether a node is a table over single words."""
    return isinstance(node, Table) and node.reads == (Read(TOKENS),)


def _names(words: tuple[str, ...], cells: tuple[Value, ...]) -> dict[Value, str]:
    """The first word of each class."""
    found: dict[Value, str] = {}
    for word, cell in zip(words, cells):
        if found.get(cell, UNKNOWN) == UNKNOWN:
            found[cell] = word
    return found
