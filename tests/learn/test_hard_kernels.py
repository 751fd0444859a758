"""The hard learner's compiled code against the interpreter and against brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from learn.from_python import forward_pass, given, position_scores, read_out, score_tables
from transformer_programs.learn.hard.config import Shape
from transformer_programs.learn.hard.convert import final_scores, to_program
from transformer_programs.learn.hard.forward import evaluate
from transformer_programs.learn.hard.local import PROBE
from transformer_programs.learn.hard.network import (
    GATES,
    Kind,
    Module,
    Network,
    Predicate,
    Room,
    lay_out,
    parameters,
    room,
    row_choices,
)
from transformer_programs.learn.hard.problem import Candidate, Problem, hardened, initial, prepare
from transformer_programs.learn.hard.prune import features
from transformer_programs.learn.hard.steps import steps
from transformer_programs.program import Classify, LinearScore, TableScore
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Encoded, Example
from transformer_programs.tasks import Kind as DataKind

SHAPES = [
    Shape(layers=1, categorical_heads=1, counting_heads=1, categorical_tables=0, numerical_tables=0),
    Shape(layers=2, categorical_heads=2, counting_heads=2, categorical_tables=1, numerical_tables=1),
    Shape(layers=3, categorical_heads=2, counting_heads=1, categorical_tables=1, numerical_tables=1),
    Shape(layers=2, categorical_heads=2, counting_heads=3, categorical_tables=1, counts_as_codes=False),
    Shape(layers=2, embeddings=2, cardinality=5),
    Shape(layers=4, categorical_heads=1, counting_heads=2, cardinality=4, embeddings=1),
    Shape(layers=2, categorical_heads=1, counting_heads=3, prefix=2),
    Shape(layers=2, categorical_heads=3, counting_heads=3, categorical_tables=1, sets=2, ordered=1),
    Shape(layers=2, categorical_heads=2, counting_heads=4, prefix=3, weights=3, sets=1, ordered=2),
    Shape(layers=2, counting_heads=2, embeddings=1, cardinality=5, weights=1, sets=1),
]


def random_data(kind: DataKind, causal: bool, seed: int, length: int = 7, size: int = 40) -> Dataset:
    """Sequences with random labels: what a program answers is all that matters here."""
    random = np.random.default_rng(seed)
    vocabulary, labels = ("a", "b", "c", "d", "e"), ("x", "y", "z")
    examples = []
    for _ in range(size):
        n = int(random.integers(1, length + 1))
        tokens = tuple(vocabulary[t] for t in random.integers(0, len(vocabulary), n))
        asked = n if kind is DataKind.TAGGING else 1
        answers = tuple(labels[a] for a in random.integers(0, len(labels), asked))
        if kind is DataKind.TAGGING:
            answers = tuple(None if random.random() < 0.2 else answer for answer in answers)
        examples.append(Example(tokens, answers))
    return Dataset(
        name="noise",
        kind=kind,
        vocabulary=vocabulary,
        labels=labels,
        max_length=length,
        causal=causal,
        train=tuple(examples),
        validation=(),
        test=(),
    )


def whole_theta(problem: Problem, seed: int) -> np.ndarray:
    """Random parameters whose scores are whole numbers, so that floats and integers agree exactly."""
    random = np.random.default_rng(seed)
    theta = initial(problem, random)
    net = problem.network.sizes
    theta[net.at_scores :] = random.integers(-9, 10, net.end - net.at_scores)
    theta[net.at_scores :] *= problem.mask
    return theta


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
@pytest.mark.parametrize("kind", list(DataKind))
@pytest.mark.parametrize("causal", [False, True])
def test_an_untrained_program_answers_as_the_interpreter_does(shape: Shape, kind: DataKind, causal: bool) -> None:
    for seed in range(3):
        data = random_data(kind, causal, seed)
        problem = prepare(data, shape)
        space = room(problem.network)
        candidate = hardened(problem, whole_theta(problem, seed), space)
        views = parameters(problem.network, candidate.theta)
        kept = features(problem)
        net = problem.network.sizes
        scores = _own_scores(candidate, problem, kept, views, net)
        program = to_program(problem, candidate, scores, kept)
        answers = _answers(problem, candidate, problem.train)
        interpreter = Interpreter(program)
        for row, example in enumerate(data.train):
            expected = interpreter.trace(example.tokens)
            got = [data.labels[a] for a in answers[row, : len(expected.answer)]]
            if net.pooled:
                # The kernel sums float shares; only a tie of the exact scores may fall either way.
                best = sorted(expected.scores[0])[-2:]
                assert got == expected.answer or best[0] == best[1]
            else:
                assert got == expected.answer


def _own_scores(candidate: Candidate, problem: Problem, kept: Any, views: Any, net: Any) -> Any:
    from transformer_programs.learn.scores import Scores

    finite = [v for v, number in kept if not number]
    numbers = [v for v, number in kept if number]
    return Scores(
        views.bias[: net.labels].astype(np.int64),
        tuple(views.scores[v, : net.limit + 1, : net.labels].astype(np.int64) for v in finite),
        views.linear[numbers, : net.labels].astype(np.int64),
    )


def _answers(problem: Problem, candidate: Candidate, part: Encoded) -> np.ndarray:
    network = problem.network
    answers = np.zeros(part.labels.shape, np.int32)
    evaluate(
        network.sizes, network.modules, network.far, room(network), np.ones(len(network.modules), np.uint8),
        candidate.theta, candidate.args, candidate.codes, part.tokens, part.lengths, part.labels, answers,
    )  # fmt: skip
    return answers


def test_final_scores_keep_the_accuracy_of_the_candidate() -> None:
    data = random_data(DataKind.TAGGING, False, 3, size=200)
    problem = prepare(data, SHAPES[1])
    candidate = hardened(problem, whole_theta(problem, 5), room(problem.network))
    scores = final_scores(problem, candidate, features(problem))
    program = to_program(problem, candidate, scores, features(problem))
    interpreter = Interpreter(program)
    right = asked = 0
    for example in data.train:
        for got, wanted in zip(interpreter(example.tokens), example.labels):
            right += got == wanted
            asked += wanted is not None
    assert right / asked >= candidate.accuracy
    assert all(isinstance(score, TableScore | LinearScore) for score in _output(program).scores)


def _output(program: Any) -> Classify:
    assert isinstance(program.output, Classify)
    return program.output


# --- differences ------------------------------------------------------------------------------------------------

K = 6
"""Cardinality of the small networks below: larger than any count, so that no difference is clipped."""


def small(modules: list[Module], causal: bool) -> Network:
    return lay_out(modules, cardinality=K, words=0, labels=3, positions=5, causal=causal, pooled=False)


def random_program(network: Network, random: np.random.Generator, space: Room) -> np.ndarray:
    """Draws a program into the room; returns parameters with random scores."""
    net = network.sizes
    for m, module in enumerate(network.choices):
        for gate, candidates in enumerate(module.candidates):
            space.args[3 * m + gate] = random.choice(candidates)
    space.codes[: net.rows] = random.integers(0, row_choices(network))
    theta = np.zeros(net.end, np.float32)
    views = parameters(network, theta)
    views.scores[:, :, :3] = random.normal(0, 1, (net.variables, net.lanes, 3))
    # The differences of a sum of weights are those of the number as it is read, without what lies beyond the limits.
    kinds = [(module.kind, module.weighted) for module in network.choices]
    counts = [net.base + m for m, kind in enumerate(kinds) if kind == (Kind.COUNT, False)]
    views.linear[counts, :3] = random.normal(0, 0.5, (len(counts), 3))
    return theta


def random_part(random: np.random.Generator, size: int) -> Encoded:
    lengths = random.integers(1, 6, size).astype(np.int32)
    labels = random.integers(-1, 3, (size, 5)).astype(np.int32)
    labels[np.arange(5) >= lengths[:, None]] = -1
    return Encoded(random.integers(0, K, (size, 5)).astype(np.int32), lengths, labels)


def summed_loss(network: Network, space: Room, theta: np.ndarray, part: Encoded) -> float:
    answers = np.zeros(part.labels.shape, np.int32)
    mean, _, asked, _ = evaluate(
        network.sizes, network.modules, network.far, room(network), np.ones(len(network.modules), np.uint8), theta,
        space.args, space.codes, part.tokens, part.lengths, part.labels, answers,
    )  # fmt: skip
    return float(mean) * asked


def probe(network: Network, space: Room, theta: np.ndarray, part: Encoded) -> Any:
    none = np.zeros(0, np.float32)
    steps(
        network.sizes, network.modules, network.far, space, PROBE, np.ones(len(network.modules), np.uint8),
        part.tokens, part.lengths, part.labels, theta, none, none, none, np.zeros(1, np.uint64), 0, len(part),
        np.zeros((1, 2)),
    )  # fmt: skip
    return parameters(network, space.gradient[: network.sizes.end])


HEADS = [
    Module(kind=Kind.CLOSEST),
    Module(kind=Kind.CLOSEST, prefix=True),
    Module(kind=Kind.CLOSEST, predicate=Predicate.SET),
    Module(kind=Kind.CLOSEST, predicate=Predicate.FORM, prefix=True),
    Module(kind=Kind.COUNT),
    Module(kind=Kind.COUNT, prefix=True),
    Module(kind=Kind.COUNT, weighted=True),
    Module(kind=Kind.COUNT, predicate=Predicate.SET),
    Module(kind=Kind.COUNT, predicate=Predicate.FORM),
    Module(kind=Kind.COUNT, predicate=Predicate.SET, prefix=True, weighted=True),
    Module(kind=Kind.COUNT, predicate=Predicate.FORM, weighted=True),
]
TABLE = Module(kind=Kind.TABLE)


def name_of(module: Module) -> str:
    beyond = [module.predicate.name] + ["prefix"] * module.prefix + ["weighted"] * module.weighted
    return "-".join([module.kind.name, *beyond]).lower()


@pytest.mark.parametrize("module", [*HEADS, TABLE], ids=name_of)
@pytest.mark.parametrize("causal", [False, True])
def test_differences_of_a_module_that_only_the_classifier_reads_are_exact(module: Module, causal: bool) -> None:
    random = np.random.default_rng(int(module.kind))
    gates = GATES[module.kind]
    earlier = [
        Module(kind=Kind.TABLE, candidates=((0, 1), (0, 1))),
        Module(kind=Kind.COUNT, candidates=((0, 1, 2),) * 2),
    ]
    network = small([*earlier, replace(module, candidates=((0, 1, 2, 3),) * gates)], causal)
    space = room(network)
    theta, part = random_program(network, random, space), random_part(random, 30)
    change = probe(network, space, theta, part)
    before = summed_loss(network, space, theta, part)
    m = len(earlier)
    _, first_gate, first_row, *_ = network.modules[m]
    for gate in range(gates):
        current = space.args[3 * m + gate]
        for other in range(4):
            space.args[3 * m + gate] = other
            expected = summed_loss(network, space, theta, part) - before
            got = change.gates[first_gate + gate, other] - change.gates[first_gate + gate, current]
            assert got == pytest.approx(expected, abs=2e-3)
        space.args[3 * m + gate] = current
    choices = row_choices(network)
    for row in range(first_row, network.sizes.rows, 3 if len(choices) - first_row > 20 else 1):
        current = space.codes[row]
        for other in range(choices[row]):
            space.codes[row] = other
            expected = summed_loss(network, space, theta, part) - before
            assert change.rows[row, other] - change.rows[row, current] == pytest.approx(expected, abs=2e-3)
        space.codes[row] = current


READERS = [(module, gate) for module in [*HEADS, TABLE] for gate in range(GATES[module.kind])]


@pytest.mark.parametrize(("module", "gate"), READERS, ids=lambda part: part if isinstance(part, int) else name_of(part))
@pytest.mark.parametrize("causal", [False, True])
def test_differences_of_one_value_are_exact_through_one_reader(module: Module, gate: int, causal: bool) -> None:
    """A variable that one gate reads and the classifier does not: for every position and every other code, `change`
    is what the loss does when that one value is replaced."""
    random = np.random.default_rng(10 * int(module.kind) + gate)
    candidates = tuple((2,) if g == gate else (0, 1) for g in range(GATES[module.kind]))
    reader = replace(module, candidates=candidates)
    network = small([replace(TABLE, candidates=((0, 1),) * 2), reader], causal)
    net, space = network.sizes, room(network)
    theta = random_program(network, random, space)
    parameters(network, theta).scores[2] = 0
    part = random_part(random, 12)
    for row in range(len(part)):
        one = part.take([row])
        if not (one.labels >= 0).any():
            continue
        probe(network, space, theta, one)
        n = int(one.lengths[0])
        change = space.change[: net.positions * net.variables * net.lanes].reshape(-1, net.variables, net.lanes)
        values = space.values.copy()
        before = _loss_of(network, space, theta, one, values, recompute=1)
        for i, other in itertools.product(range(n), range(K)):
            at = i * net.variable_lanes + 2
            current = values[at]
            changed = values.copy()
            changed[at] = other
            expected = _loss_of(network, space, theta, one, changed, recompute=1) - before
            active = space.active[i * net.variables + 2]
            got = change[i, 2, other] - change[i, 2, current] if active else 0.0
            assert got == pytest.approx(expected, abs=1e-4)


def _loss_of(
    network: Network, space: Room, theta: np.ndarray, part: Encoded, values: np.ndarray, recompute: int
) -> float:
    """Loss of one sequence with these values, module `recompute` computed from them."""
    net, fresh = network.sizes, room(network)
    fresh.values[:] = values
    n = int(part.lengths[0])
    todo = np.array([m == recompute for m in range(len(network.modules))], np.uint8)
    given(net, part.tokens, 0, n, fresh.values)
    forward_pass(
        net, network.modules, network.far, space.args, space.codes, part.tokens, 0, n, todo, fresh.values, fresh.raw,
        fresh.found, fresh.match,
    )  # fmt: skip
    score_tables(net, network.modules, theta, fresh.scores)
    loss = 0.0
    for i in range(n):
        if part.labels[0, i] >= 0:
            position_scores(net, network.modules, theta, fresh.scores, fresh.values, fresh.raw, i, fresh.chance, 0)
            scores = fresh.chance[:3].astype(float)
            loss += float(np.log(np.exp(scores).sum()) - scores[part.labels[0, i]])
    return loss


def test_mixed_differences_lie_between_first_order_and_exact() -> None:
    random = np.random.default_rng(8)
    network = small([Module(kind=Kind.TABLE, candidates=((0, 1),) * 2)], False)
    net, space = network.sizes, room(network)
    theta, part = random_program(network, random, space), random_part(random, 1)
    n = int(part.lengths[0])
    part.labels[0, :n] = random.integers(0, 3, n)
    probe(network, space, theta, part)

    def differences(exact: float) -> np.ndarray:
        read_out(
            net, space.turned, space.grown, space.shrunk, n, part.labels, 0, np.float32(exact), space.values,
            space.change, space.active, space.chance, space.slope, space.share,
        )  # fmt: skip
        return space.change[: n * net.variables * net.lanes].reshape(n, net.variables, net.lanes)[:, 2, :K].copy()

    first_order, mixed, exact = (differences(weight) for weight in (0, 0.25, 1))
    assert np.abs(first_order - exact).max() > 0.1
    np.testing.assert_allclose(mixed, 0.75 * first_order + 0.25 * exact, atol=1e-5)


def test_the_classifiers_gradient_is_the_derivative_of_the_loss() -> None:
    random = np.random.default_rng(7)
    network = small([Module(kind=Kind.COUNT, candidates=((0, 1),) * 2)], False)
    space = room(network)
    theta, part = random_program(network, random, space), random_part(random, 20)
    change = probe(network, space, theta, part)
    gradient = np.concatenate([change.scores.ravel(), change.linear.ravel(), change.bias])
    at, step = network.sizes.at_scores, 1e-2
    for index in random.choice(np.flatnonzero(gradient), 25, replace=False):
        up, down = theta.copy(), theta.copy()
        up[at + index] += step
        down[at + index] -= step
        slope = (summed_loss(network, space, up, part) - summed_loss(network, space, down, part)) / (2 * step)
        assert gradient[index] == pytest.approx(slope, abs=2e-3, rel=2e-3)
