"""Averages: equal weights over the matches, the start position as the default.

Scores are 0 for matches, -SCALE/2 for the start position and at most -SCALE for the rest. Where something matches,
the matches share all but e^(-SCALE/2) of the weight, equally, so the head writes their average, negative or not;
where nothing matches the start position has it all, and holds the default.
"""

from __future__ import annotations

from transformer_programs.compiler.codes import Demands, linear
from transformer_programs.compiler.constructions.match import SCALE, Head, ValueDim, literals, scores
from transformer_programs.compiler.graph import AverageSource, Root

__all__ = ["average_head"]


def average_head(demands: Demands, root: Root) -> Head:
    """The head of an averaging root."""
    source = root.source
    assert isinstance(source, AverageSource)
    head = scores(demands, root.name, literals(source.term), start=-SCALE / 2, gap=SCALE / 2)
    head.values.append(ValueDim(linear(demands, source.values), source.default, demands.raw[root.index], 0))
    return head
