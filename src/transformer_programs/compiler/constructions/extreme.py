"""Largest and smallest: the score of a match grows with the rank of its value.

With R ranks, a match of rank r has score r SCALE, the start position -SCALE, and what does not match at most
(R - 1) SCALE - (R + 1) SCALE = -2 SCALE. So the best match wins by SCALE over the next rank; matches of one rank hold
one value and may share; the start position, with the default, wins over everything that does not match.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.compiler.codes import Code, Demands
from transformer_programs.compiler.constructions.copy import copied
from transformer_programs.compiler.constructions.match import SCALE, Head, Scores, literals, scores
from transformer_programs.compiler.graph import ExtremeSource, Literal, Root

__all__ = ["extreme_head"]


def extreme_head(demands: Demands, root: Root, codes: Sequence[Code]) -> Head:
    """The head of a largest or smallest root."""
    source = root.source
    assert isinstance(source, ExtremeSource)
    values = source.values
    ranks = np.array(source.ranks, dtype=float)
    nothing = np.zeros((), dtype=np.int64)
    table = SCALE * ranks[None, :]
    order = Scores(Literal(values.site, np.maximum(values.codes, 0), (), nothing, table), table)
    penalty = SCALE * (ranks.max(initial=0.0) + 2)
    head = scores(demands, root.name, [*literals(source.term, penalty), order], -SCALE, gap=SCALE)
    copied(demands, head, codes, values, source.states, source.default)
    return head
