"""What a program can do without, at a price: a variable becomes its commonest value, tables lose arguments and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from transformer_programs.passes.rebuild import rebuild
from transformer_programs.program import Constant, Finite, Node, Program, Ref, Table, Value, read_domain
from transformer_programs.simplify.view import Proposal, View

__all__ = ["removals", "removed"]


def removals(view: View) -> Iterator[Proposal]:
    """Every variable constant; every table without an argument, or with one row like another."""
    for step in reversed(view.program.steps):
        if not isinstance(step.node, Constant):
            yield f"without {step.name}", removed(view, (step.name,))
        if isinstance(step.node, Table):
            for table in _smaller(step.node, view):
                yield f"{step.name}: a smaller table", rebuild(view.program, nodes={step.name: table})


def removed(view: View, names: Sequence[Ref]) -> Program:
    """The program with variables replaced by their commonest values."""
    nodes: dict[Ref, Node] = {name: Constant(_usual(view, name)) for name in names}
    return rebuild(view.program, nodes=nodes)


def _usual(view: View, ref: Ref) -> Value:
    found = view.column(ref)
    codes = found.codes[view.inputs.mask] if found.codes.shape == view.inputs.mask.shape else found.codes
    counts = np.bincount(codes[codes >= 0])
    usual = found.values[int(counts.argmax())]
    domain = view.known[ref]
    known = isinstance(domain, Finite) and usual not in domain.values
    return domain.values[0] if known and isinstance(domain, Finite) else usual


def _smaller(table: Table, view: View) -> Iterator[Table]:
    sizes = [read_domain(read, view.known) for read in table.reads]
    cells = dict(zip(product(*sizes), table.cells))
    if len(sizes) > 1:
        for at in range(len(sizes)):
            groups: dict[tuple[Value, ...], Counter[Value]] = {}
            for key, cell in cells.items():
                groups.setdefault(key[:at] + key[at + 1 :], Counter())[cell] += 1
            usual = {key: group.most_common(1)[0][0] for key, group in groups.items()}
            rest = [size for i, size in enumerate(sizes) if i != at]
            reads = table.reads[:at] + table.reads[at + 1 :]
            yield Table(reads, tuple(usual[key] for key in product(*rest)))
    outputs = list(dict.fromkeys(table.cells))
    for old in outputs:
        for new in outputs:
            if old != new and type(old) is type(new):
                yield Table(table.reads, tuple(new if cell == old else cell for cell in table.cells))
