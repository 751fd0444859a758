"""A data set and a shape made ready for the compiled code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.hard.config import Shape
from transformer_programs.learn.hard.forward import evaluate
from transformer_programs.learn.hard.network import (
    Kind,
    Module,
    Network,
    Predicate,
    Room,
    lay_out,
    parameters,
    row_choices,
)
from transformer_programs.learn.hard.sampling import harden
from transformer_programs.tasks import Dataset, Encoded, encode
from transformer_programs.tasks import Kind as DataKind

__all__ = ["Candidate", "Problem", "hardened", "inclined", "initial", "learned", "measured", "prepare"]

EMBEDDED_CARDINALITY = 32

LEAN = 5.0
"""With noise 1 and eight choices a draw takes nineteen times of twenty the one that is so far ahead."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Problem:
    """What every restart shares.

    Args:
        data: where it came from.
        network: what is learned.
        mask: 1 for each parameter of the classifier that is learned, 0 for the others; `theta[at_scores:]`.
        train, validation: the parts as integers.
    """

    data: Dataset
    network: Network
    mask: Float[np.ndarray, " score"]
    train: Encoded
    validation: Encoded


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Candidate:
    """A discrete program and how it does.

    Args:
        args: the variable each gate chose, three a module.
        codes: the code each row chose.
        theta: parameters; of them only the classifier's matter here.
        accuracy: share of the validation answers that are right.
        loss: mean cross-entropy of the validation answers.
        perfect: whether it is right on all of the training and validation part.
    """

    args: UInt8[np.ndarray, " module_gate"]
    codes: UInt8[np.ndarray, " row"]
    theta: Float[np.ndarray, " parameter"]
    accuracy: float
    loss: float
    perfect: bool

    def better(self, other: Candidate | None) -> bool:
        """Whether this one is to be kept rather than the other."""
        return other is None or (self.perfect, self.accuracy, -self.loss) > (other.perfect, other.accuracy, -other.loss)


def prepare(data: Dataset, shape: Shape) -> Problem:
    """The problem of learning a program of this shape.

    Raises:
        DataError: no training answers.
        ConfigError: more than the compiled code is made for.
    """
    train, validation = encode(data, data.train), encode(data, data.validation)
    if not (train.labels >= 0).any():
        raise DataError(place=data.name, got="no training answers", expected="labelled examples")
    if not (validation.labels >= 0).any():
        validation = train
    words = len(data.vocabulary) if shape.embeddings else 0
    natural = EMBEDDED_CARDINALITY if words else max(len(data.vocabulary), data.max_length, 2)
    cardinality = shape.cardinality or natural
    if cardinality < len(data.vocabulary) and not words:
        raise ConfigError(
            place="shape.cardinality",
            got=str(cardinality),
            expected=f"at least {len(data.vocabulary)}, the vocabulary",
            todo="or shape.embeddings of 1 or more",
        )
    network = lay_out(
        modules_of(shape, words > 0),
        cardinality=cardinality,
        words=words,
        labels=len(data.labels),
        positions=data.max_length,
        causal=data.causal,
        pooled=data.kind is DataKind.CLASSIFICATION,
    )
    return Problem(
        data=data,
        network=network,
        mask=learned(network, shape.counts_as_codes),
        train=train,
        validation=validation,
    )


def modules_of(shape: Shape, words: bool) -> list[Module]:
    """The modules in order, with what each gate may choose."""
    modules: list[Module] = []
    base = 1 if words else 2
    finite, counts = list(range(base)), list[int]()

    def add(kind: Kind, times: int, gates: int, candidates: list[int]) -> list[int]:
        if gates and not candidates:
            return []
        first = base + len(modules)
        choices = (tuple(candidates),) * gates
        modules.extend(Module(kind=kind, candidates=choices, **_extended(shape, kind, i, times)) for i in range(times))
        return list(range(first, first + times))

    if words:
        finite += add(Kind.WORD, shape.embeddings, 0, [])
    for _ in range(shape.layers):
        seen = sorted(finite + counts) if shape.counts_as_codes else list(finite)
        values = add(Kind.CLOSEST, shape.categorical_heads, 3, seen)
        counts += add(Kind.COUNT, shape.counting_heads, 2, seen)
        finite += values
        seen = sorted(finite + counts) if shape.counts_as_codes else list(finite)
        tables = add(Kind.TABLE, shape.categorical_tables, 2, seen)
        finite += tables + add(Kind.TABLE, shape.numerical_tables, 2, counts)
    return modules


def _extended(shape: Shape, kind: Kind, index: int, heads: int) -> dict[str, Any]:
    """What is beyond the paper's class in one of so many heads of a kind."""
    if kind not in (Kind.CLOSEST, Kind.COUNT):
        return {}
    predicate = Predicate.SET if index < shape.sets else Predicate.ONE
    found: dict[str, Any] = {"predicate": Predicate.FORM if index >= heads - shape.ordered else predicate}
    if kind is Kind.COUNT:
        found |= {"prefix": index < shape.prefix, "weighted": index >= heads - shape.weights}
    return found


def learned(network: Network, counts_as_codes: bool) -> Float[np.ndarray, " score"]:
    """1 for each parameter of the classifier that may be learned (`Problem.mask`)."""
    net = network.sizes
    mask = np.zeros(net.end, np.float32)
    views = parameters(network, mask)
    counts = [net.base + m for m, module in enumerate(network.choices) if module.kind is Kind.COUNT]
    views.scores[:, : net.limit + 1, : net.labels] = 1
    if not counts_as_codes:
        views.scores[counts] = 0
    views.linear[counts, : net.labels] = 1
    views.bias[: net.labels] = 1
    return mask[net.at_scores :].copy()


def initial(problem: Problem, random: np.random.Generator) -> Float[np.ndarray, " parameter"]:
    """Logits from N(0, 1 / number of choices), scores from N(0, 1 / number of labels), choices not allowed at -inf."""
    net = problem.network.sizes
    theta = np.zeros(net.end, np.float32)
    views = parameters(problem.network, theta)
    views.gates[:] = -np.inf
    views.rows[:] = -np.inf
    gate = 0
    for module in problem.network.choices:
        for candidates in module.candidates:
            views.gates[gate, list(candidates)] = random.normal(0, len(candidates) ** -0.5, len(candidates))
            gate += 1
    choices = net.limit + 1
    views.rows[:, :choices] = random.normal(0, choices**-0.5, (net.rows, choices))
    fewer = row_choices(problem.network)
    views.rows[np.arange(net.lanes) >= fewer[:, None]] = -np.inf
    views.rows[:] *= np.sqrt(choices / fewer, dtype=np.float32)[:, None]
    theta[net.at_scores :] = random.normal(0, net.labels**-0.5, net.end - net.at_scores) * problem.mask
    views.bias[:] = 0
    return theta


def inclined(problem: Problem, start: Candidate, random: np.random.Generator) -> Float[np.ndarray, " parameter"]:
    """As `initial`, but with the scores of a program and the logits of its choices raised by `LEAN`."""
    net, theta = problem.network.sizes, initial(problem, random)
    views = parameters(problem.network, theta)
    chosen = [
        start.args[3 * m + g] for m, module in enumerate(problem.network.choices) for g in range(len(module.candidates))
    ]
    views.gates[np.arange(net.gates), chosen] += LEAN
    views.rows[np.arange(net.rows), start.codes[: net.rows]] += LEAN
    theta[net.at_scores :] = start.theta[net.at_scores :]
    return theta


def hardened(problem: Problem, theta: np.ndarray, space: Room) -> Candidate:
    """The program of the largest logits, measured."""
    network = problem.network
    harden(network.sizes, network.modules, theta, space.ladder, np.zeros(1, np.uint64), space.args, space.codes)
    return measured(problem, space.args.copy(), space.codes.copy(), theta.copy(), space)


def measured(problem: Problem, args: np.ndarray, codes: np.ndarray, theta: np.ndarray, space: Room) -> Candidate:
    """A program with its validation accuracy; on the training part only where that is 1."""
    loss, accuracy = _run(problem, args, codes, theta, problem.validation, space)
    perfect = accuracy == 1 and _run(problem, args, codes, theta, problem.train, space)[1] == 1
    return Candidate(args=args, codes=codes, theta=theta, accuracy=accuracy, loss=loss, perfect=perfect)


def _run(
    problem: Problem, args: np.ndarray, codes: np.ndarray, theta: np.ndarray, part: Encoded, space: Room
) -> tuple[float, float]:
    """Mean loss, share of right answers."""
    network = problem.network
    answers = np.zeros(part.labels.shape, np.int32)
    loss, right, asked, _ = evaluate(
        network.sizes,
        network.modules,
        network.far,
        space,
        np.ones(len(network.modules), np.uint8),
        theta,
        args,
        codes,
        part.tokens,
        part.lengths,
        part.labels,
        answers,
    )
    return float(loss), right / max(asked, 1)
