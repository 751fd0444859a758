"""Sixth stage: the arrays of weights.

The start position attends to itself alone, so what it holds does not depend on the input and is known here, layer by
layer. Each projection reads it through the start direction's row, which is set so that the start position's queries,
keys and values are exactly the ones that the constructions want, whatever else it holds by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transformer_programs.compiler.constructions.match import SCALE, Head
from transformer_programs.compiler.layout import START, Erasure
from transformer_programs.compiler.plan import Block, Plan
from transformer_programs.compiler.weights import Attention, Layer, Mlp, Weights

__all__ = ["assemble"]


@dataclass(slots=True)
class _Start:
    """The residual stream at the start position."""

    state: np.ndarray


def assemble(plan: Plan, layers: int, width: int, erasures: list[Erasure]) -> Weights:
    """All arrays, in float64."""
    graph = plan.graph
    tokens = np.zeros((graph.roots[0].size + 1, width))
    positions = np.zeros((graph.length + 1, width))
    tokens[-1, START] = 1.0
    for code in plan.embedded:
        table = tokens[:-1] if code.site == (0,) else positions[1:]
        for row, direction in enumerate(code.directions):
            if code.classes is not None:
                table[:, direction] = code.classes == row + 1
            else:
                assert code.numbers is not None
                table[:, direction] = code.numbers
    start = _Start(tokens[-1] + positions[0])
    built = []
    for layer in range(1, layers + 1):
        heads = [head for head in plan.heads if head.layer == layer]
        attention = _attention(heads, width, start)
        blocks = [block for block in plan.blocks if block.layer == layer]
        mlp = _mlp(blocks, [erasure for erasure in erasures if erasure.layer == layer], width)
        start.state = start.state + np.maximum(start.state @ mlp.into + mlp.into_bias, 0) @ mlp.out + mlp.out_bias
        built.append(Layer(attention, mlp))
    rows = [affine.resolve(width) for affine in (*plan.readout.rows, *plan.readout.faults)]
    unembed = np.stack([weights for weights, _ in rows], axis=1)
    return Weights(tokens, positions, tuple(built), unembed, np.array([constant for _, constant in rows]))


def _attention(heads: list[Head], width: int, start: _Start) -> Attention:
    size = max((max(len(head.pairs) + 1, len(head.values)) for head in heads), default=1)
    shape = (len(heads), width, size)
    query, key, value = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    biases = np.zeros((3, len(heads), size))
    out, out_bias = np.zeros((len(heads), size, width)), np.zeros(width)
    change = np.zeros(width)
    for h, head in enumerate(heads):
        last = len(head.pairs)
        for column, (asks, answers) in enumerate(head.pairs):
            query[h, :, column], biases[0, h, column] = asks.resolve(width)
            key[h, :, column], biases[1, h, column] = answers.resolve(width)
        query[h, :, last], biases[0, h, last] = head.start.resolve(width)
        wanted = np.zeros((3, size))
        wanted[0, last], wanted[1, last] = 2 * SCALE, 1.0
        for column, dim in enumerate(head.values):
            value[h, :, column], biases[2, h, column] = dim.read.resolve(width)
            wanted[2, column] = dim.start
            out[h, column, dim.code.directions[dim.row]] += dim.weight
        for i, matrix in enumerate((query, key, value)):
            matrix[h, START] += wanted[i] - (start.state @ matrix[h] + biases[i, h])
        change += wanted[2] @ out[h]
        for code, row, constant in head.constants:
            out_bias[code.directions[row]] += constant
    start.state = start.state + change + out_bias
    return Attention(query, biases[0], key, biases[1], value, biases[2], out, out_bias)


def _mlp(blocks: list[Block], erasures: list[Erasure], width: int) -> Mlp:
    into, into_bias, out = [], [], []
    out_bias = np.zeros(width)
    for block in blocks:
        for affine, outputs in block.units:
            weights, constant = affine.resolve(width)
            row = np.zeros(width)
            for code, index, weight in outputs:
                row[code.directions[index]] += weight
            into.append(weights)
            into_bias.append(constant)
            out.append(row)
        for code, index, constant in block.constants:
            out_bias[code.directions[index]] += constant
    for erasure in erasures:
        unit = np.eye(width)[erasure.direction]
        for sign in (1.0, -1.0) if erasure.signed else (1.0,):
            into.append(sign * unit)
            into_bias.append(0.0)
            out.append(-sign * unit)
    if not into:
        return Mlp(np.zeros((width, 0)), np.zeros(0), np.zeros((0, width)), out_bias)
    return Mlp(np.stack(into, axis=1), np.array(into_bias), np.stack(out), out_bias)
