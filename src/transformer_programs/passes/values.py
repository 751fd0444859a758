"""A table's outputs are as few as its readers tell apart, and numbered without gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from transformer_programs.passes.rebuild import Through, rebuild
from transformer_programs.passes.signatures import Signatures, signatures
from transformer_programs.program import (
    TOKENS,
    Closest,
    Domain,
    Finite,
    Program,
    Read,
    Ref,
    Table,
    Value,
    domains,
    reads,
    references,
)

__all__ = ["UNKNOWN", "copies_of", "merge_values"]

REST = "*"
"""The value for everything that has none of its own, as the learner `text` has it: one more has none."""

UNKNOWN = "<unk>"
"""A vocabulary that has it is one of words, the most frequent first; a class is named after it only if it is alone."""

OTHERS = "|..."
"""After the name of a value: it stands for others, too."""


def merge_values(program: Program) -> Program:
    """Outputs of a table that no reader tells apart become one; whole numbers are renumbered 0, 1, 2 ...

    Texts that become one say so, `rome|oslo` or `rome|...`. A class of words is still called after its first word.

    Heads copy a table's values, so their readers count, too. A table that is read as it is (compared, summed, the
    answer itself) stays.
    """
    known = domains(program)
    used = signatures(program, known)
    for step in program.steps:
        if isinstance(step.node, Table):
            names = copies_of(program, step.name)
            renamed = names and _renamed(names, used, known, _texts(program, step.node))
            if renamed:
                first = {new: old for old, new in reversed(renamed.items())}
                node = Table(step.node.reads, tuple(renamed[cell] for cell in step.node.cells))
                through = {name: Through(Read(name), first.__getitem__) for name in names or ()}
                return rebuild(program, nodes={step.name: node}, through=through)
    return program


def copies_of(program: Program, name: Ref) -> list[Ref] | None:
    """The variable and all heads that copy it, or None where one of them is read as it is."""
    names = [name]
    for step in program.steps:
        if isinstance(step.node, Closest) and step.node.values in names:
            names.append(step.name)
    for part in (*(step.node for step in program.steps), program.output):
        plain = list(references(part))
        for read in reads(part):
            plain.remove(read.variable)
        if isinstance(part, Closest) and part.values in plain:
            plain.remove(part.values)
        if any(ref in names for ref in plain):
            return None
    return names


def _renamed(
    names: list[Ref], used: Signatures, known: Mapping[Ref, Domain], words: Sequence[str]
) -> dict[Value, Value] | None:
    """A new value for each, where that changes anything."""
    domain = known[names[0]]
    assert isinstance(domain, Finite)
    values = domain.values
    groups: dict[str, list[Value]] = {}
    for i, value in enumerate(values):
        signature = repr([used[Read(name)][i] for name in names if Read(name) in used])
        groups.setdefault(signature, []).append(value)
    if all(type(value) is int for value in values):
        chosen: list[Value] = list(range(len(groups)))
    elif all(isinstance(value, str) for value in values):
        chosen = list(_called([cast(list[str], group) for group in groups.values()], words))
    else:
        chosen = [group[0] for group in groups.values()]
    renamed = {value: name for name, group in zip(chosen, groups.values()) for value in group}
    return renamed if any(old != new for old, new in renamed.items()) else None


def _texts(program: Program, table: Table) -> Sequence[str]:
    """The words that classes of a table of the token are called after, the first first."""
    if table.reads != (Read(TOKENS),) or program.vocabulary is None:
        return ()
    known = {*program.vocabulary} - {UNKNOWN}
    return tuple(cell for cell in dict.fromkeys(table.cells) if isinstance(cell, str) and cell in known)


def _called(groups: Sequence[list[str]], words: Sequence[str]) -> Sequence[str]:
    """A name for each group of texts; where it is one text, that.

    >>> _called([["a+b"], ["c+d", "e+f"], ["g", "h", "i"]], ()), _called([["!+a", "*"]], ())
    (['a+b', 'c+d|e+f', 'g|...'], ['*'])
    >>> _called([["oslo", "rome"], ["<none>", "in"]], ("rome", "in", "oslo"))
    ['rome', '<none>|in']
    """
    taken = {group[0] for group in groups if len(group) == 1}
    found = []
    for group in groups:
        name = group[0]
        if len(group) > 1:
            if set(group) <= set(words):
                name = next(word for word in words if word in group)
            elif REST in group and not words:
                name = REST
            else:
                name = "|".join(group) if len(group) == 2 else name.removesuffix(OTHERS) + OTHERS
            while name in taken:
                name += "'"
            taken.add(name)
        found.append(name)
    return found
