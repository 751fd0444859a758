"""Word classes: which words a program tells apart, and which classes speak for one label against another.

A table that reads nothing but tokens is an embedding: its values are classes of words. A head that copies such a
variable has classes of words as its values, too; so have tables of one of these.

Source: "Learning Transformer Programs" (NeurIPS 2023), Figs. 7 and 13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.errors import ConfigError, InputError
from transformer_programs.explain.selectors import relations
from transformer_programs.explain.values import shown, some
from transformer_programs.program import (
    TOKENS,
    Closest,
    Emit,
    Program,
    Ref,
    Relation,
    Table,
    TableScore,
    domains,
    read_domain,
    selector_of,
)

__all__ = ["ClassFeature", "ClassPair", "WordClass", "class_features", "class_pairs", "word_classes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordClass:
    """One value of a variable and the words that have it.

    Args:
        variable: an embedding, or a head that copies one.
        value: the class.
        words: in the vocabulary's order, where that is by frequency the most frequent first.
    """

    variable: Ref
    value: Any
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFeature:
    """What one class adds to the score of a label more than to that of another.

    Args:
        variable, value: the feature.
        difference: the label's score less the other's.
        words: of the class; empty where the variable is no class of words.
    """

    variable: Ref
    value: Any
    difference: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPair:
    """Two classes that a head matches.

    Args:
        head: whose predicate it is.
        query, key: the classes' words, at the query and at the key position.
    """

    head: Ref
    query: WordClass
    key: WordClass


def word_classes(program: Program) -> dict[Ref, tuple[WordClass, ...]]:
    """The classes of words of every variable that has some, the largest classes last.

    >>> from transformer_programs.program import Emit, Offset, Read, Step
    >>> kind = Table((Read("tokens"),), ("verb", "noun", "noun"))
    >>> steps = (Step("kind", kind), Step("before", Closest(Offset(-1, -1), "kind")))
    >>> program = Program(
    ...     name="p", vocabulary=("runs", "dog", "cat"), max_length=3, steps=steps, output=Emit("before"),
    ... )
    >>> {name: [(c.value, c.words) for c in found] for name, found in word_classes(program).items()}["before"]
    [('verb', ('runs',)), ('noun', ('dog', 'cat'))]
    """
    if program.vocabulary is None:
        return {}
    known = domains(program)
    letters: dict[Any, tuple[str, ...]] = {word: (word,) for word in program.vocabulary}
    meaning: dict[Ref, dict[Any, tuple[str, ...]]] = {}
    for step in program.steps:
        node = step.node
        if isinstance(node, Table) and len(node.reads) == 1:
            read = node.reads[0]
            words = letters if read.variable == TOKENS else meaning.get(read.variable)
            if words is not None:
                groups: dict[Any, list[str]] = {}
                for value, cell in zip(read_domain(read, known), node.cells):
                    groups.setdefault(cell, []).extend(words.get(value, ()))
                meaning[step.name] = {value: tuple(found) for value, found in groups.items()}
        elif isinstance(node, Closest) and node.values in meaning:
            meaning[step.name] = meaning[node.values]
    return {
        name: tuple(
            WordClass(variable=name, value=value, words=words)
            for value, words in sorted(classes.items(), key=lambda entry: len(entry[1]))
        )
        for name, classes in meaning.items()
    }


def class_features(program: Program, label: str, other: str | None = None) -> tuple[ClassFeature, ...]:
    """The features with the largest difference between two labels, with the words they stand for.

    Args:
        other: None: the mean of all other labels, rounded down.

    Raises:
        ConfigError: a program without scores.
        InputError: no such label.
    """
    output = program.output
    if isinstance(output, Emit):
        raise ConfigError(place=program.name, got="no scores", expected="a program that chooses among labels by scores")
    for name in (label, other):
        if name is not None and name not in output.labels:
            raise InputError(place="label", got=repr(name), expected=f"one of {some(output.labels, 20)}")
    at = output.labels.index(label)
    rest = [o for o in range(len(output.labels)) if o != at] if other is None else [output.labels.index(other)]
    known = domains(program)
    classes = {name: {repr(c.value): c.words for c in found} for name, found in word_classes(program).items()}
    found = []
    for score in output.scores:
        if not isinstance(score, TableScore):
            continue
        for value, row in zip(read_domain(score.read, known), score.rows):
            difference = row[at] - sum(row[o] for o in rest) // max(len(rest), 1)
            variable = score.read.variable
            words = (str(value),) if variable == TOKENS else classes.get(variable, {}).get(repr(value), ())
            if difference:
                found.append(ClassFeature(variable=variable, value=value, difference=difference, words=words))
    return tuple(sorted(found, key=lambda feature: -abs(feature.difference)))


def class_pairs(program: Program) -> tuple[ClassPair, ...]:
    """Class against class: which classes the heads match, where both sides of a predicate are classes of words."""
    known = domains(program)
    classes = {name: {repr(c.value): c for c in found} for name, found in word_classes(program).items()}
    found = []
    for step in program.steps:
        selector = selector_of(step.node)
        for relation in relations(selector) if selector is not None else ():
            found += _pairs(step.name, relation, classes, read_domain(relation.queries, known))
    return tuple(found)


def _pairs(
    head: Ref, relation: Relation, classes: Mapping[Ref, Mapping[str, WordClass]], queries: Sequence[Any]
) -> list[ClassPair]:
    left, right = classes.get(relation.queries.variable), classes.get(relation.keys.variable)
    if left is None or right is None:
        return []
    return [
        ClassPair(head=head, query=left[repr(query)], key=right[repr(key)])
        for query, keys in zip(queries, relation.rows)
        for key in keys
        if repr(query) in left and repr(key) in right
    ]


def class_text(found: WordClass, most: int = 8) -> str:
    """A class in words: its value, how many words, the first of them."""
    return f"{shown(found.value)} ({len(found.words):,} words: {some(found.words, most)})"
