"""From a discrete candidate to a `Program`: its modules as nodes, its classifier as whole-number scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from transformer_programs.learn.build import Builder
from transformer_programs.learn.hard.general import compares
from transformer_programs.learn.hard.network import Kind, Module, Predicate, parameters, room
from transformer_programs.learn.hard.problem import Candidate, Problem
from transformer_programs.learn.hard.prune import Feature
from transformer_programs.learn.hard.sweeps import fill, record
from transformer_programs.learn.scores import Design, Features, Scores, compress, correct, fit, predict, separate, whole
from transformer_programs.program import POSITIONS, TOKENS, Program, Read
from transformer_programs.tasks import Encoded

__all__ = ["Columns", "computed", "final_scores", "predicted", "to_program"]


FIT_STEPS = 60
"""L-BFGS steps of the logistic fit."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Columns:
    """What a candidate computes on a part of the data.

    Args:
        codes: of every variable, clipped as they are read.
        raw: the counts before clipping (0 for other variables).
        labels, lengths: of the part.
    """

    codes: Int[np.ndarray, "sequence position variable"]
    raw: Int[np.ndarray, "sequence position variable"]
    labels: Int[np.ndarray, "sequence answer"]
    lengths: Int[np.ndarray, " sequence"]


def computed(problem: Problem, candidate: Candidate, part: Encoded) -> Columns:
    """Runs a candidate."""
    network = problem.network
    net, space, kept = network.sizes, room(network), record(network, len(part))
    fill(
        net, network.modules, network.far, candidate.args, candidate.codes, candidate.theta, space.scores, space.found,
        space.match, space.share, np.ones(len(network.modules), np.uint8), part.tokens, part.lengths, part.labels,
        np.arange(len(part)), *kept,
    )  # fmt: skip
    width = net.positions * net.variable_lanes
    shape = (len(part), net.positions, net.variable_lanes)
    codes, raw = (array[:, :width].reshape(shape)[:, :, : net.variables] for array in (kept.values, kept.raw))
    return Columns(codes=codes, raw=raw, labels=part.labels, lengths=part.lengths)


def final_scores(problem: Problem, candidate: Candidate, kept: Sequence[Feature]) -> Scores:
    """Whole-number scores of these features.

    Where the candidate is perfect: scores that separate all answers of the training and validation part, with a margin.
    Else the candidate's own or a logistic fit to the training part that starts from them, whichever is right more
    often on the validation part, and on the training part where that is equal.
    """
    train, validation = (_design(problem, candidate, part, kept) for part in (problem.train, problem.validation))
    finite, numbers = _split(kept)
    ordered = [i for i, v in enumerate(finite) if v == 0 or _is_count(problem, v)]
    if candidate.perfect:
        both = _design(problem, candidate, _both(problem), kept)
        apart = separate(both, smooth=ordered)
        if apart is not None:
            return whole(apart, both)
    own = _start(problem, candidate, finite, numbers)
    tried = [whole(own, train), whole(fit(train, own, smooth=ordered, steps=FIT_STEPS)[0], train)]
    return max(tried, key=lambda scores: (correct(validation, scores), correct(train, scores)))


def predicted(
    problem: Problem, candidate: Candidate, part: Encoded, kept: Sequence[Feature], scores: Scores
) -> Int[np.ndarray, " answer"]:
    """The candidate's own answers with these scores, one wherever one is asked."""
    design = _design(problem, candidate, part, kept)
    return predict(design, scores)[design.item[design.item >= 0]]


def _design(problem: Problem, candidate: Candidate, part: Encoded, kept: Sequence[Feature]) -> Design:
    net = problem.network.sizes
    finite, numbers = _split(kept)
    columns = computed(problem, candidate, part)
    visible = np.arange(net.positions) < columns.lengths[:, None]
    return compress(
        Features(
            codes=columns.codes[visible][:, finite].astype(np.int32),
            sizes=(net.limit + 1,) * len(finite),
            numbers=columns.raw[visible][:, numbers].astype(np.int32),
            labels=columns.labels[:, 0] if net.pooled else columns.labels[visible],
            groups=np.nonzero(visible)[0] if net.pooled else None,
        ),
        net.labels,
    )


def to_program(
    problem: Problem,
    candidate: Candidate,
    scores: Scores,
    kept: Sequence[Feature],
    about: Sequence[tuple[str, str]] = (),
) -> Program:
    """The candidate as a program.

    Args:
        problem, candidate: what was learned.
        scores, kept: from `final_scores`, and the features they are of.
        about: facts for the printed program.
    """
    net, data = problem.network.sizes, problem.data
    builder = Builder(data)
    limit = net.limit
    finite, numbers = _split(kept)
    reads = [Read(POSITIONS, limit if data.max_length - 1 > limit else None)]
    if not net.words:
        reads.append(Read(TOKENS))
    lanes = net.lanes
    for m, (module, first) in enumerate(zip(problem.network.choices, problem.network.modules[:, 2])):
        a, b, c = (int(v) for v in candidate.args[3 * m : 3 * m + 3])
        rows = candidate.codes[first:].astype(int)
        match module.kind:
            case Kind.CLOSEST:
                name = builder.closest(reads[a], reads[b], reads[c].variable, _predicate(module, rows, lanes))
                reads.append(Read(name, reads[c].limit))
            case Kind.COUNT:
                matches = _predicate(module, rows, lanes)
                if module.weighted:
                    added = candidate.codes[problem.network.modules[m, 6] :][: len(data.vocabulary)].astype(int)
                    summed = builder.table([Read(TOKENS)], added, first=-1)
                    name = builder.total(reads[a], reads[b], summed, matches, prefix=module.prefix)
                else:
                    name = builder.count(reads[a], reads[b], matches, prefix=module.prefix)
                reads.append(Read(name, limit))
            case Kind.TABLE:
                cells = rows[: lanes * lanes].reshape(lanes, lanes)
                reads.append(Read(builder.table([reads[a], reads[b]], cells)))
            case Kind.WORD:
                reads.append(Read(builder.table([Read(TOKENS)], rows[: len(data.vocabulary)])))
    tables = [builder.table_score(reads[v], table.tolist()) for v, table in zip(finite, scores.tables) if table.any()]
    weights = [
        builder.linear_score(reads[v].variable, row.tolist()) for v, row in zip(numbers, scores.numbers) if row.any()
    ]
    return builder.classify(scores.bias.tolist(), [*tables, *weights], tuple(about))


def _predicate(module: Module, rows: np.ndarray, lanes: int) -> list[list[int]]:
    """The key codes that match each query code."""
    every = range(lanes)
    match module.predicate:
        case Predicate.ONE:
            return [[int(rows[query])] for query in every]
        case Predicate.SET:
            return [[key for key in every if rows[query * lanes + key]] for query in every]
        case Predicate.FORM:
            return [[key for key in every if compares(int(rows[0]), query, key)] for query in every]


def _split(kept: Sequence[Feature]) -> tuple[list[int], list[int]]:
    return [v for v, number in kept if not number], [v for v, number in kept if number]


def _both(problem: Problem) -> Encoded:
    train, validation = problem.train, problem.validation
    if train is validation:
        return train
    return Encoded(
        np.concatenate([train.tokens, validation.tokens]),
        np.concatenate([train.lengths, validation.lengths]),
        np.concatenate([train.labels, validation.labels]),
    )


def _is_count(problem: Problem, variable: int) -> bool:
    module = variable - problem.network.sizes.base
    return module >= 0 and problem.network.choices[module].kind is Kind.COUNT


def _start(problem: Problem, candidate: Candidate, finite: Sequence[int], numbers: Sequence[int]) -> Scores:
    net = problem.network.sizes
    views = parameters(problem.network, candidate.theta.astype(float))
    return Scores(
        views.bias[: net.labels],
        tuple(views.scores[v, : net.limit + 1, : net.labels] for v in finite),
        views.linear[list(numbers), : net.labels],
    )
