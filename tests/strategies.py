"""Hypothesis strategies: random well-formed programs, and inputs for them.

    program = data.draw(programs(learned_only=True, pooled=False))
    tokens = data.draw(inputs(program))

A program made here never fails at run time, unless it holds a `Lookup` without a default (`partial=True`).
"""

from __future__ import annotations

from hypothesis import strategies as st

from random_programs import NASTY, ODD, Maker, texts
from transformer_programs.program import Program, Reading

__all__ = ["NASTY", "ODD", "inputs", "programs", "texts"]


@st.composite
def programs(
    draw: st.DrawFn,
    *,
    learned_only: bool = False,
    causal: bool | None = None,
    pooled: bool | None = None,
    closed: bool | None = None,
    most_steps: int = 5,
    odd: bool = False,
    partial: bool = False,
    text: bool = False,
) -> Program:
    """A random well-formed program.

    Args:
        learned_only: only what learning finds: one-to-one Relation, Closest, Width, Total, Table (of whole numbers),
            Classify; a vocabulary and a maximum length.
        causal, pooled, closed (has a vocabulary): as said, or drawn where None; `pooled` says nothing where the
            output is `Emit`.
        most_steps: most variables.
        odd: tokens and labels may hold blanks or be empty.
        text: tokens may be read as they are written, words read in lower case or without their digits, and labels
            decoded as one sequence.
        partial: dictionaries without a default may occur, which end in an `InputError` for some inputs.
    """
    closed = True if learned_only else draw(st.booleans()) if closed is None else closed
    vocabulary = tuple(draw(st.lists(texts(odd), min_size=1, max_size=5, unique=True))) if closed else None
    if vocabulary and draw(st.integers(0, 4)) == 0 and "<unk>" not in vocabulary:
        vocabulary = (*vocabulary, "<unk>")
    reading = (
        Reading(lower=draw(st.booleans()), digits=draw(st.booleans()), text=draw(st.booleans()))
        if text and draw(st.booleans())
        else Reading()
    )
    vocabulary = None if vocabulary is None else tuple(dict.fromkeys(map(reading, vocabulary)))
    bounded = learned_only or draw(st.integers(0, 4)) > 0
    maker = Maker(
        draw=draw,
        learned_only=learned_only,
        odd=odd,
        partial=partial,
        text=text,
        reading=reading,
        vocabulary=vocabulary,
        max_length=draw(st.integers(1, 6)) if bounded else None,
        causal=draw(st.booleans()) if causal is None else causal,
    )
    for _ in range(draw(st.integers(0, most_steps))):
        maker.add()
    return maker.finish(pooled)


@st.composite
def inputs(draw: st.DrawFn, program: Program, most: int = 7) -> list[str]:
    """A sequence that the program takes, marked or not."""
    size = draw(st.integers(1, min(most, program.max_length or most)))
    if program.vocabulary is None:
        tokens = texts() | texts().map(str.upper)
    else:
        tokens = st.sampled_from([word for token in program.vocabulary for word in written(program, token)])
    return draw(st.lists(tokens, min_size=size, max_size=size))


def written(program: Program, token: str) -> list[str]:
    """Words that a program reads as a token."""
    return [word for word in (token, token.upper(), token.replace("0", "12")) if program.reading(word) == token]
