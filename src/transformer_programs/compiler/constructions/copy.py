"""Copies: the class of the one value that all matches hold.

A one-hot value averaged over matches that hold the same value is that value. Scores are as for averages, so where
nothing matches the start position writes the class of the default.

*Checked* copies serve averages of text, which have a meaning only where at most one position matches. There the start
position has score 0: with c matches the head writes the average times c / (c + 1), here doubled. One match gives a
clean class; none gives class 0, which is the default's; and the start position's own weight, doubled, is 2, 1 or at
most 2/3 for none, one or several matches, so the program's failure is seen and reported.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.compiler.codes import Affine, Code, Demands
from transformer_programs.compiler.constructions.match import SCALE, Head, ValueDim, literals, scores
from transformer_programs.compiler.graph import CopySource, Root, Variable

__all__ = ["copied", "copy_head"]


def copy_head(demands: Demands, root: Root, codes: Sequence[Code], check: Code | None) -> Head:
    """The head of a copying root; `check` is where a checked copy tells whether several positions match."""
    source = root.source
    assert isinstance(source, CopySource)
    level = 0.0 if source.checked else -SCALE / 2
    head = scores(demands, root.name, literals(source.term), level, gap=SCALE if source.checked else SCALE / 2)
    default = 0 if source.default is None else source.default
    copied(demands, head, codes, source.values, source.states, default, weight=2.0 if source.checked else 1.0)
    if check is not None:
        head.values.append(ValueDim(Affine(), 1.0, check, 0, weight=2.0))
    return head


def copied(
    demands: Demands,
    head: Head,
    codes: Sequence[Code],
    values: Variable,
    states: tuple[int, ...],
    default: int | None,
    weight: float = 1.0,
) -> None:
    """Adds the value dimensions that write a value into the codes; `default` is the start position's state.

    Everything is written relative to class 0 or to the default's number, so a doubled copy stays exact.
    """
    state_of = np.where(values.codes >= 0, np.array(states)[values.codes], -1)
    for code in codes:
        if code.classes is not None:
            labels = np.where(state_of >= 0, code.classes[state_of], -1)
            ask, classes = demands.classes(values.site, labels)
            for row in range(code.width):
                start = 0.0 if default is None or weight != 1.0 else float(code.classes[default] == row + 1)
                read = Affine().plus(ask, (classes == row + 1).astype(float))
                head.values.append(ValueDim(read, start, code, row, weight))
        else:
            assert code.numbers is not None
            numbers = np.where(state_of >= 0, code.numbers[state_of], np.nan)
            base = 0.0 if default is None else float(code.numbers[default])
            read = Affine(-base).plus(demands.number(values.site, numbers), 1.0)
            head.values.append(ValueDim(read, 0.0, code, 0, weight))
            if base:
                head.constants.append((code, 0, base))
