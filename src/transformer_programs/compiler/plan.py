"""Third stage: heads, hidden units and outputs, from the last reader back to the tokens.

Going backwards, everything that reads a root is known before the root's own head or table is built, so each of them
writes only what somebody reads; what nobody reads is never built.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from transformer_programs.compiler.codes import Affine, Ask, Code, Demands, NumberAsk
from transformer_programs.compiler.constructions.average import average_head
from transformer_programs.compiler.constructions.closest import closest_head, fallback_units
from transformer_programs.compiler.constructions.copy import copy_head
from transformer_programs.compiler.constructions.count import count_head
from transformer_programs.compiler.constructions.extreme import extreme_head
from transformer_programs.compiler.constructions.match import Head
from transformer_programs.compiler.constructions.table import Axis, build_classes, build_numbers
from transformer_programs.compiler.graph import (
    AverageSource,
    ClosestSource,
    CopySource,
    CountSource,
    ExtremeSource,
    Graph,
    PositionSource,
    Root,
    SumSource,
    TableSource,
    TokenSource,
    refuse,
)
from transformer_programs.compiler.readout import Readout, read_out
from transformer_programs.program import Program

__all__ = ["Block", "Plan", "make_plan"]

Outputs = list[tuple[Code, int, float]]


@dataclass(eq=False, slots=True, kw_only=True)
class Block:
    """Hidden units that are built together.

    Args:
        units: (what is read, what is written: code, row, weight).
        constants: added to what is written.
        writes: the codes.
        margin: narrowest plateau of a step, as a fraction of the range it reads.
        after: the head whose output it completes, which has to be in the same layer.
    """

    name: str
    units: list[tuple[Affine, Outputs]]
    constants: Outputs
    writes: list[Code]
    margin: float = 0.25
    after: Head | None = None
    layer: int = 0


@dataclass(eq=False, slots=True, kw_only=True)
class Plan:
    """Everything that gets weights, without a place yet."""

    graph: Graph
    readout: Readout
    embedded: list[Code] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)


def make_plan(program: Program, graph: Graph) -> Plan:
    """The plan of a program.

    Raises:
        ProgramError: a table or an output that has no exact weights.
    """
    demands = Demands(graph)
    checks = {
        root.index: Code(site=(root.index,), name=root.name, labels=("start weight",)) for root, _ in graph.checks
    }
    readout = read_out(program, graph, demands, checks)
    plan = Plan(graph=graph, readout=readout)
    for root in reversed(graph.roots):
        for site in sorted((site for site in demands.asks if root.index in site and len(site) > 1), reverse=True):
            _tables(plan, demands, site, demands.answer(site))
        _root(plan, demands, root, checks.get(root.index))
    codes = [code for block in plan.blocks for code in block.writes]
    for head in plan.heads:
        codes += [dim.code for dim in head.values]
    plan.codes = list(dict.fromkeys([*plan.embedded, *codes]))
    plan.heads.reverse()
    plan.blocks.reverse()
    return plan


def _root(plan: Plan, demands: Demands, root: Root, check: Code | None) -> None:
    """Plans what writes a root, if anybody reads it."""
    site, source = (root.index,), root.source
    if isinstance(source, CopySource) and source.default is not None:
        zero = source.default
    else:
        zero = None
    codes = demands.answer(site, zero)
    raw = demands.raw.get(root.index)
    if not codes and raw is None and check is None:
        return
    match source:
        case TokenSource() | PositionSource():
            plan.embedded += codes
        case TableSource(variable):
            pulled = []
            known = variable.codes >= 0
            for code in codes:
                labels = code.classes if code.classes is not None else code.numbers
                assert labels is not None
                free = -1 if code.classes is not None else np.nan
                pulled.append(np.where(known, labels[np.maximum(variable.codes, 0)], free))
            for code, labels in zip(codes, pulled):
                plan.blocks.append(_block(plan, demands, variable.site, code, labels))
        case CountSource() | SumSource() | AverageSource():
            if codes and raw is None:
                demands.scalar(root)
            _tables(plan, demands, site, codes)
            make = average_head if isinstance(source, AverageSource) else count_head
            plan.heads.append(make(demands, root))
        case CopySource():
            plan.heads.append(copy_head(demands, root, codes, check))
        case ExtremeSource():
            plan.heads.append(extreme_head(demands, root, codes))
        case ClosestSource(first=first):
            flag = None if first is None else Code(site=(), name=root.name, labels=("no match",))
            head = closest_head(demands, root, codes, flag)
            plan.heads.append(head)
            if flag is not None:
                ask: Ask = NumberAsk((), None, code=flag)
                units = fallback_units(demands, root, codes, Affine().plus(ask, 1.0))
                plan.blocks.append(Block(name=root.name, units=units, constants=[], writes=list(codes), after=head))


def _tables(plan: Plan, demands: Demands, site: tuple[int, ...], codes: list[Code]) -> None:
    for code in codes:
        labels = code.classes if code.classes is not None else code.numbers
        assert labels is not None
        plan.blocks.append(_block(plan, demands, site, code, labels))


def _block(plan: Plan, demands: Demands, site: tuple[int, ...], code: Code, labels: np.ndarray) -> Block:
    """The hidden units that compute a code from the roots of a site."""
    axes: list[Axis] = []
    reads: list[Ask] = []
    number = code.classes is None
    table = labels
    for axis, index in enumerate(site):
        root = plan.graph.roots[index]
        if root.points is not None:
            axes.append(Axis(root.points, one_hot=False))
            reads.append(demands.scalar(root))
            continue
        slices = np.moveaxis(table, axis, 0).reshape(root.size, -1)
        if number:
            slices = np.where(np.isnan(slices), np.inf, slices)
        _, alike = np.unique(slices, axis=0, return_inverse=True)
        ask, first = demands.classes((index,), alike.ravel())
        states = np.array([int(np.argmax(alike.ravel() == label)) for label in first])
        table = np.take(table, states, axis=axis)
        natural = [root.states[int(state)] for state in states]
        if all(isinstance(value, (bool, int, float)) for value in natural):
            scale = np.array([float(value) for value in natural])  # type: ignore[arg-type]
        else:
            scale = states.astype(float)
        axes.append(Axis(scale, one_hot=True))
        reads.append(ask)
    layer = build_numbers(axes, table) if number else build_classes(axes, table)
    if layer is None:
        raise refuse(
            f"step {code.name!r}",
            f"a table of {table.size} combinations whose points lie too close together for float64",
            "fewer values",
            "use a smaller vocabulary or length",
        )
    units: list[tuple[Affine, Outputs]] = []
    for unit in layer.units:
        affine = Affine(unit.constant)
        for read, coefficients in zip(reads, unit.inputs):
            if np.any(coefficients):
                affine = affine.plus(read, coefficients)
        units.append((affine, [(code, row, weight) for row, weight in unit.outputs.items()]))
    constants = [(code, row, value) for row, value in layer.constants.items()]
    return Block(name=code.name, units=units, constants=constants, writes=[code], margin=layer.margin)
