"""Counts and sums: a head that also sees the start position.

With score 0 for the c matches and for the start position, and -SCALE for the rest, every one of the c + 1 positions
has weight 1 / (c + 1). The start position's value K and the matches' values v give z = (K + sum v) / (c + 1). With
v = 0 and K = 1 that is 1 / (c + 1), which determines c; nothing needs to be guaranteed about the input, since the
start position is always there, and c = 0 is an ordinary case.
"""

from __future__ import annotations

from transformer_programs.compiler.codes import Affine, Demands, linear
from transformer_programs.compiler.constructions.match import SCALE, Head, ValueDim, literals, scores
from transformer_programs.compiler.graph import CountSource, Root, SumSource

__all__ = ["count_head"]


def count_head(demands: Demands, root: Root) -> Head:
    """The head of a counting or summing root."""
    source = root.source
    assert isinstance(source, CountSource | SumSource)
    head = scores(demands, root.name, literals(source.term), start=0.0, gap=SCALE)
    code = demands.raw[root.index]
    if isinstance(source, CountSource):
        head.values.append(ValueDim(Affine(), 1.0, code, 0))
    else:
        head.values.append(ValueDim(linear(demands, source.values), source.offset, code, 0))
    return head
