"""From grown features and their integer scores to a `Program`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.learn.build import Builder
from transformer_programs.learn.grow.graph import Cells, Count, Graph, Head, Input, Near, Ordered, Variable, Written
from transformer_programs.learn.grow.model import Feature
from transformer_programs.learn.scores import Scores
from transformer_programs.program import POSITIONS, TOKENS, Program, Read, Ref
from transformer_programs.tasks import Dataset

__all__ = ["program_of"]


def program_of(
    data: Dataset, graph: Graph, features: Sequence[Feature], scores: Scores, about: Sequence[tuple[str, str]] = ()
) -> Program:
    """The program that computes the features (tables first, then numbers, as `scores` has them) and scores them."""
    builder = Builder(data)
    names: dict[Variable, Ref] = {}
    numbers: dict[Variable, Ref] = {}

    def read(variable: Variable) -> Read:
        return Read(names[variable], graph.positions if graph.counts(variable) else None)

    def number(variable: Variable) -> Ref:
        """The variable as a whole number, in the order of its codes."""
        if variable not in numbers:
            text = builder.is_text(names[variable])
            codes = np.arange(graph.sizes[variable])
            numbers[variable] = builder.table([read(variable)], codes) if text else names[variable]
        return numbers[variable]

    features, scores = _untied(graph, features, scores)
    for variable in graph.closure(feature.variable for feature in features):
        match graph.nodes[variable]:
            case Input(name):
                names[variable] = {"tokens": TOKENS, "positions": POSITIONS}[name]
            case Head(query, key, rows, value):
                names[variable] = builder.closest(read(query), read(key), names[value], rows)
            case Count(query, key, rows):
                names[variable] = builder.count(read(query), read(key), rows)
            case Written(cells):
                names[variable] = builder.spelled("lower", graph.written, cells)
            case Near(offset, value):
                names[variable] = builder.near(offset, names[value])
            case Ordered(key, operator, query, same):
                agree = None if same is None else names[same]
                names[variable] = builder.ordered(number(key), operator, number(query), agree)
            case Cells(reads, cells, _, first):
                shape = tuple(graph.sizes[each] for each in reads)
                names[variable] = builder.table([read(each) for each in reads], np.array(cells).reshape(shape), first)
    tables = [feature.variable for feature in features if not feature.linear]
    linear = [feature.variable for feature in features if feature.linear]
    return builder.classify(
        scores.bias.tolist(),
        [
            *(builder.table_score(read(v), table.tolist()) for v, table in zip(tables, scores.tables)),
            *(builder.linear_score(number(v), weights.tolist()) for v, weights in zip(linear, scores.numbers)),
        ],
        about,
    )


def _untied(graph: Graph, features: Sequence[Feature], scores: Scores) -> tuple[list[Feature], Scores]:
    """The scores of tied values given to each of them."""
    read, tables = [], []
    for feature, table in zip(features, scores.tables):
        while isinstance(node := graph.nodes[feature.variable], Cells) and node.law == "tied":
            feature, table = Feature(node.reads[0]), table[np.array(node.cells)]
        read.append(feature)
        tables.append(table)
    return [*read, *features[len(tables) :]], Scores(scores.bias, tuple(tables), scores.numbers)
