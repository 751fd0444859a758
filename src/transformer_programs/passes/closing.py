"""A program that reads how tokens are spelled, over a closed list of words: the same answers from tables of tokens.

What `Spelled` computes is known for every word of a list. So over that list it is a table of one argument, and the
program has nothing that other executors do not know: explanations take it with the words that occur.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transformer_programs.errors import ProgramError
from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import TOKENS, Decode, Node, Program, Read, Reading, Ref, Spelled, Step, Table, spells
from transformer_programs.program.semantics import SPELLINGS

__all__ = ["close", "refuse_text"]

UNKNOWN = "<unk>"


def close(program: Program, words: Sequence[str]) -> Program:
    """A program without `Spelled` that gives the same answers on all sequences of its vocabulary and these words.

    Its vocabulary has the words, too; a new first variable says what each was to the old program.

    >>> from transformer_programs.program import Emit
    >>> step = Step("shape_1", Spelled("shape", ("X", "Xx"), ("high", "high"), "low"))
    >>> words, output = ("a", "<unk>"), Emit("shape_1")
    >>> program = Program(name="case", vocabulary=words, max_length=None, steps=(step,), output=output)
    >>> from transformer_programs.run import run
    >>> closed = close(program, ["Rome", "US"])
    >>> closed.vocabulary, run(program, ["US", "a"]), run(closed, ["US", "a"])
    (('a', '<unk>', 'Rome', 'US'), ['high', 'low'], ['high', 'low'])
    """
    if not spells(step.node for step in program.steps):
        return program
    old = program.vocabulary
    if old is None and not program.reading.plain:
        old = tuple(dict.fromkeys(map(program.reading, words)))
    vocabulary = tuple(dict.fromkeys((*(old or ()), *words)))
    if old is not None:
        program = _known(program, old, vocabulary)
    nodes: dict[Ref, Node] = {}
    for step in program.steps:
        if isinstance(step.node, Spelled):
            table, spelling = dict(zip(step.node.keys, step.node.values)), SPELLINGS[step.node.function]
            cells = tuple(table.get(spelling(word), step.node.default) for word in vocabulary)
            nodes[step.name] = Table((Read(TOKENS),), cells)
    return rebuild(replace(program, vocabulary=vocabulary, reading=Reading(text=program.reading.text)), nodes=nodes)


def _known(program: Program, old: tuple[str, ...], vocabulary: tuple[str, ...]) -> Program:
    """The program over more words, which it reads through a variable that has its own."""
    name = "known"
    while any(step.name == name for step in program.steps):
        name += "_"
    own = Table((Read(TOKENS),), old)
    program = replace(program, steps=(Step(name, own), *program.steps))
    program = rebuild(program, nodes={name: own}, same={TOKENS: name})
    inside = set(old)
    read = map(program.reading, vocabulary)
    cells = tuple(token if token in inside else UNKNOWN for token in read)
    return replace(program, steps=(Step(name, Table((Read(TOKENS),), cells)), *program.steps[1:]))


def refuse_text(program: Program, what: str) -> None:
    """For those who take programs of finite vocabularies with labels chosen one by one.

    Raises:
        ProgramError: the program reads spellings, or decodes a sequence of labels.
    """
    for step in program.steps:
        if isinstance(step.node, Spelled):
            got = f"the {step.node.function} of tokens as they are written"
            expected = f"tokens of a vocabulary: {what} would miss that unknown tokens differ"
            raise ProgramError(place=f"step {step.name!r}", got=got, expected=expected)
    if isinstance(program.output, Decode):
        expected = f"labels chosen one by one: {what} does not know a best sequence"
        raise ProgramError(place="output", got="labels decoded as one best sequence", expected=expected)
