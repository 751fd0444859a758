"""The closest match, and position 0 where nothing matches.

*Order.* Among n keys a table over the two one-hot positions gives each key -rank SCALE, rank 0..n-1 in the order of
`Closest`. What does not match is lower by (n + 1) SCALE: the closest match wins by SCALE. Where all matches of a query
are known to hold one value, no order is needed.

*Nothing matches*, pattern over key positions only: the penalty of position 0 is P = (n + 1) SCALE a failed literal and
that of the others (m + 1) P for m literals. Unmatched, position 0 has at least -m P - (n - 1) SCALE, others at most
-(m + 1) P = -m P - (n + 1) SCALE: position 0 wins by 2 SCALE. Matched, it has no penalty and no advantage.

*Nothing matches*, any pattern: no single score can do this, since being matched and being position 0 are known from
different codes of the key. The start position, at -n SCALE, between matches and the rest, writes a flag e = 1; a
second head, shared by all that read the same variable, copies the one-hot value f of position 0; and the MLP adds
relu(f_c + e - 1) to class c: f_c where e = 1, and 0 where e = 0.

*Nothing matches*, and position 0 has the same value in every run (a function of the position): the start position, at
-n SCALE, holds that value itself. One head, no MLP.

*Ranks* (`Prefer`: score-based attention), R of them over one literal: a match of rank r has another -r n SCALE. Within
a rank the order keeps a match above -(r + 1) n SCALE, which the best of the next rank does not exceed, by SCALE; so
the best rank wins, and in it the closest. The lowest match has at least -(R n - 1) SCALE: start at -R n SCALE and
penalty (R n + 1) SCALE take the place of the above, with the same gaps. Where the matches of each rank hold one value,
1 stands for n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.compiler.codes import Affine, Code, Demands
from transformer_programs.compiler.constructions.copy import copied
from transformer_programs.compiler.constructions.match import (
    SCALE,
    Head,
    Scores,
    ValueDim,
    distances,
    literals,
    same_value,
    scores,
)
from transformer_programs.compiler.graph import ClosestSource, Literal, Root, Variable
from transformer_programs.compiler.patterns import at_most_one, position_keys_only

__all__ = ["closest_head", "fallback_units"]


def closest_head(demands: Demands, root: Root, codes: Sequence[Code], flag: Code | None) -> Head:
    """The head of a closest root; `flag` is where it tells that nothing matches."""
    source = root.source
    assert isinstance(source, ClosestSource)
    graph, values, term = demands.graph, source.values, source.term
    n, m = graph.length, len(term)
    if source.ranks is None:
        unordered = at_most_one(term) or same_value(term, values.site, values.codes)
        ranks = np.zeros((1, 1))
    else:
        unordered = all(_alike(term[0], source.ranks == rank, values) for rank in range(source.ranks.max() + 1))
        ranks = np.maximum(source.ranks, 0)
    reach = 1 if unordered else n
    order = [] if unordered else [distances(graph, SCALE)]
    if source.ranks is not None:
        order.append(Scores(replace(term[0], table=ranks), -float(SCALE * reach) * ranks))
        reach *= int(ranks.max()) + 1
    penalty = (reach + 1) * SCALE
    if flag is None and position_keys_only(term):
        tables = []
        for literal in term:
            table = literal.table[:, literal.key_classes]
            cost = np.where(np.arange(n) == 0, penalty, (m + 1) * penalty)
            every = Literal((1,), np.arange(n), literal.query_site, literal.query_classes, table)
            tables.append(Scores(every, np.where(table, 0.0, -cost[None, :])))
        start = -(2 * m + 3) * penalty
    else:
        tables = literals(term, penalty)
        between = flag is not None or source.default is not None
        start = -reach * SCALE if between else -2 * (m + 1) * penalty
    head = scores(demands, root.name, [*tables, *order], start, gap=SCALE)
    copied(demands, head, codes, values, tuple(range(len(values.values))), source.default)
    if flag is not None:
        head.values.append(ValueDim(Affine(), 1.0, flag, 0))
    return head


def _alike(literal: Literal, selected: np.ndarray, values: Variable) -> bool:
    """Whether of these pairs those of one query are at most one position, or provably hold one value."""
    term = (replace(literal, table=selected),)
    return at_most_one(term) or same_value(term, values.site, values.codes)


def fallback_units(
    demands: Demands, root: Root, codes: Sequence[Code], flag: Affine
) -> list[tuple[Affine, list[tuple[Code, int, float]]]]:
    """Hidden units that add the value of position 0 where the flag is 1."""
    source = root.source
    assert isinstance(source, ClosestSource)
    assert source.first is not None
    units = []
    for code in codes:
        site = (source.first.index,)
        if code.classes is not None:
            ask, classes = demands.classes(site, code.classes)
            weights = {row: [(code, row, 1.0)] for row in range(code.width)}
            labels = {row: classes == row + 1 for row in range(code.width)}
        else:
            assert code.numbers is not None
            kinds, of_kind = np.unique(code.numbers, return_inverse=True)
            ask, classes = demands.classes(site, of_kind.ravel())
            weights = {i: [(code, 0, float(kind))] for i, kind in enumerate(kinds) if kind}
            labels = {i: classes == i for i in weights}
        for i, outputs in weights.items():
            gate = Affine(flag.constant - 1.0, list(flag.terms)).plus(ask, labels[i].astype(float))
            units.append((gate, outputs))
    return units
