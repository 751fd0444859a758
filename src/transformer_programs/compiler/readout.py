"""The linear unembedding, and how an answer is read off it.

    labels    one score a label, the largest wins; the first of equals, by a small constant against later ones
    values    one score a value of a finite variable, the largest wins
    number    one output, the number itself; snapped to the nearest value where the values are listed

Each combination of states in which the program itself fails adds an output that is positive only there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from transformer_programs.compiler.averages import WIDEST, narrow
from transformer_programs.compiler.codes import Affine, Code, Demands, NumberAsk, linear
from transformer_programs.compiler.graph import Graph, Linear, Variable, refuse
from transformer_programs.program import (
    Classify,
    Emit,
    LinearScore,
    Program,
    TableScore,
    Value,
    read_domain,
)
from transformer_programs.program.semantics import saturate

__all__ = ["Readout", "read_out"]


@dataclass(eq=False, slots=True, kw_only=True)
class Readout:
    """Rows of the unembedding.

    Args:
        kind: "labels", "values" or "number".
        values: the labels; the value of each row; the listed values of a number (empty where they are too many).
        rows: what is read for each output.
        pooled: answers come from the rows summed over positions.
        faults: rows after the others, and what each means when it is positive.
    """

    kind: str
    values: tuple[Value, ...]
    rows: list[Affine]
    pooled: bool = False
    faults: list[Affine] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def read_out(program: Program, graph: Graph, demands: Demands, checks: Mapping[int, Code]) -> Readout:
    """The readout of a program.

    Raises:
        ProgramError: scores or numbers that are too many or too large.
    """
    match program.output:
        case Emit(variable):
            readout = _emit(graph.variables[variable], demands)
        case Classify():
            readout = _classify(program.output, graph, demands)
    for site, cells, message in graph.faults:
        ask, failed = demands.classes(site, cells.astype(np.int64))
        readout.faults.append(Affine().plus(ask, failed.astype(float)))
        readout.messages.append(message)
    for root, message in graph.checks:
        weight = NumberAsk((root.index,), None, code=checks[root.index])
        readout.faults.append(Affine(0.95).plus(weight, -1.0))
        readout.messages.append(message)
    return readout


def _emit(variable: Variable | Linear, demands: Demands) -> Readout:
    if isinstance(variable, Linear):
        return Readout(kind="number", values=(), rows=[linear(demands, variable)])
    values = variable.values
    if not values:
        return Readout(kind="values", values=(0,), rows=[Affine(1.0)])
    numbers = np.array([float(value) if variable.numeric else 0.0 for value in values])
    whole = all(isinstance(value, int) for value in values)
    sizes = np.abs(numbers[numbers != 0])
    level = not whole and bool(sizes.max(initial=0.0) / WIDEST <= sizes.min(initial=np.inf))
    if variable.numeric and (level or narrow(map(float, values))):
        near = np.diff(np.unique(numbers)).min(initial=np.inf) < np.abs(numbers).max() / WIDEST
        listed = () if variable.bounds or near else values
        return Readout(kind="number", values=listed, rows=[linear(demands, variable)])
    if variable.bounds:
        raise refuse("output", "sums of floats of very different size", "numbers of similar size")
    ask, value_of = demands.classes(variable.site, variable.codes)
    order = [int(np.argmax(value_of == v)) if (value_of == v).any() else None for v in range(len(values))]
    rows = [
        Affine().plus(ask, (np.arange(ask.count) == c).astype(float)) if c is not None else Affine(-1.0) for c in order
    ]
    return Readout(kind="values", values=values, rows=rows)


def _classify(output: Classify, graph: Graph, demands: Demands) -> Readout:
    """Scores are integers, so a constant of less than one half in all breaks ties in favour of earlier labels."""
    count = len(output.labels)
    positions = graph.length if output.pooled else 1
    rows = [Affine(float(bias) - index / (2 * count * positions)) for index, bias in enumerate(output.bias)]
    largest = max((abs(bias) for bias in output.bias), default=0)
    for score in output.scores:
        match score:
            case TableScore(read, table):
                variable = graph.variables[read.variable]
                assert isinstance(variable, Variable)
                order = {value: i for i, value in enumerate(read_domain(read, graph.domains))}
                index = np.array([order[saturate(value, read.limit)] for value in variable.values], dtype=np.int64)
                kinds, kind_of = np.unique(np.array(table).reshape(len(table), count), axis=0, return_inverse=True)
                labels = np.where(variable.codes >= 0, kind_of.ravel()[index][variable.codes], -1)
                ask, kind = demands.classes(variable.site, labels)
                for label in range(count):
                    rows[label] = rows[label].plus(ask, kinds[kind][:, label].astype(float))
                largest += int(np.abs(kinds).max(initial=0))
            case LinearScore(ref, weights):
                variable = graph.variables[ref]
                assert isinstance(variable, Variable)
                numbers = np.array([float(value) for value in variable.values])
                number = demands.number(variable.site, np.where(variable.codes >= 0, numbers[variable.codes], np.nan))
                for label, weight in enumerate(weights):
                    if weight:
                        rows[label] = rows[label].plus(number, float(weight))
                largest += int(max(map(abs, weights), default=0) * np.abs(numbers).max(initial=0.0))
    if largest * positions > 2**40 / (count * positions):
        raise refuse(
            "output",
            f"scores up to {largest:.3g} for {count} labels at {positions} positions: ties are lost in float64",
            f"at most about 10^{int(math.log10(2**40 / (count * positions**2)))}",
        )
    return Readout(kind="labels", values=output.labels, rows=rows, pooled=output.pooled)
