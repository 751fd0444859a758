"""Discretised model == interpreter == batch == printed Python, on random untrained models of many shapes."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transformer_programs.batch import Batch
from transformer_programs.emit.python import print_python
from transformer_programs.learn.relaxed import Attention, Embedding, Shape, agreement
from transformer_programs.learn.relaxed.config import Dimensions
from transformer_programs.learn.relaxed.discrete import Discrete, discretise, rounded
from transformer_programs.learn.relaxed.extract import Extraction, extract
from transformer_programs.learn.relaxed.model import initial
from transformer_programs.program import Closest, Prefer, Program, Table, Total, Width
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Encoded, Example, Kind, encode

TOKENS = "abcde"
LABELS = ("P", "Q", "R")


@st.composite
def cases(draw: st.DrawFn) -> tuple[Dataset, Shape, int]:
    """A data set without examples, a shape for it, the seed of the parameters."""
    vocabulary = draw(st.integers(1, 4))
    length = draw(st.integers(1, 5))
    data = Dataset(
        name="untrained",
        kind=draw(st.sampled_from(Kind)),
        vocabulary=tuple(TOKENS[:vocabulary]),
        labels=LABELS[: draw(st.integers(1, 3))],
        max_length=length,
        causal=draw(st.booleans()),
        train=(),
        validation=(),
        test=(),
    )
    shape = Shape(
        layers=draw(st.integers(1, 4)),
        categorical_heads=draw(st.integers(0, 3)),
        numerical_heads=draw(st.integers(0, 3)),
        categorical_tables=draw(st.integers(0, 2)),
        numerical_tables=draw(st.integers(0, 2)),
        table_inputs=draw(st.integers(1, 2)),
        hidden=draw(st.integers(1, 8)),
        embedding=draw(st.sampled_from([Embedding.ONE_HOT, Embedding.FACTORED])),
        embedding_variables=draw(st.integers(1, 3)),
        cardinality=draw(st.integers(max(vocabulary, 2), 7)),
        sums=draw(st.booleans()),
        count_limit=draw(st.sampled_from([1, 3, 12, None])),
        attention=draw(st.sampled_from(Attention)),
    )
    return data, shape, draw(st.integers(0, 10_000))


def build(data: Dataset, shape: Shape, seed: int) -> tuple[Discrete, Program]:
    discrete = rounded(discretise(initial(Dimensions.of(data, shape), seed)))
    return discrete, extract(discrete, data)


def short_inputs(data: Dataset, seed: int, most: int = 40) -> Encoded:
    """All sequences of up to two tokens, and longer ones at random."""
    rng = np.random.default_rng(seed)
    lengths = range(1, min(2, data.max_length) + 1)
    found = [tokens for n in lengths for tokens in itertools.product(data.vocabulary, repeat=n)]
    while len(found) < most:
        found.append(tuple(rng.choice(data.vocabulary, rng.integers(1, data.max_length + 1)).tolist()))
    return encode(data, [Example(tokens, ()) for tokens in found])


def sequences(data: Dataset, inputs: Encoded) -> list[list[str]]:
    return [[data.vocabulary[c] for c in row[:n]] for row, n in zip(inputs.tokens, inputs.lengths.tolist())]


def answers(discrete: Discrete, data: Dataset, inputs: Encoded) -> list[list[str]]:
    codes = discrete.predict(inputs.tokens, inputs.lengths)
    lengths = [1 if discrete.dimensions.pooled else n for n in inputs.lengths.tolist()]
    return [[data.labels[c] for c in row[:n]] for row, n in zip(codes, lengths)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_model_interpreter_and_batch_agree(case: tuple[Dataset, Shape, int]) -> None:
    """Answers and every variable: an answer alone seldom hangs on which of two matches is nearer."""
    data, shape, seed = case
    discrete = rounded(discretise(initial(Dimensions.of(data, shape), seed)))
    extraction = Extraction(discrete, data)
    program = extraction.program()
    inputs = short_inputs(data, seed)
    assert agreement(discrete, program, data, inputs).differences == 0
    assert Batch(program).predict(sequences(data, inputs)) == answers(discrete, data, inputs)
    run = Interpreter(program)
    stream = discrete.stream(inputs.tokens, inputs.lengths)
    code = {token: i for i, token in enumerate(data.vocabulary)}
    for row, tokens in enumerate(sequences(data, inputs)):
        columns = run.trace(tokens).columns
        for name, column in (*zip(extraction.categorical, stream.codes), *zip(extraction.numbers, stream.numbers)):
            if name is not None:
                assert [code.get(x, x) for x in columns[name]] == column[row, : len(tokens)].tolist(), name


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_model_and_printed_python_agree(case: tuple[Dataset, Shape, int]) -> None:
    data, shape, seed = case
    shape = dataclasses.replace(shape, count_limit=3, cardinality=max(len(data.vocabulary), 3))
    discrete, program = build(data, shape, seed)
    inputs = short_inputs(data, seed)
    namespace: dict[str, Any] = {"__name__": "printed"}
    exec(compile(print_python(program), "program.py", "exec"), namespace)
    assert [namespace["run"](tokens) for tokens in sequences(data, inputs)] == answers(discrete, data, inputs)


@pytest.mark.parametrize("limit", [3, 7, 60, None])
def test_sums_of_sums_saturate_alike(limit: int | None) -> None:
    """Heads that count, sum the counts, sum those sums: up to 125 at length 5, read up to the limit by tables."""
    data = data_of(vocabulary=("a", "b"), max_length=5)
    shape = Shape(
        layers=3, categorical_heads=0, numerical_heads=1, categorical_tables=0, numerical_tables=2, count_limit=limit
    )
    discrete = discretise(initial(Dimensions.of(data, shape), 0))
    number_gates = np.array([[0, 1, 0, 1, 1], [1, 2, 1, 2, 2], [2, 3, 2, 3, 1]])
    discrete = rounded(
        dataclasses.replace(
            discrete,
            gates=np.zeros_like(discrete.gates),
            number_gates=number_gates,
            predicates=np.zeros_like(discrete.predicates),
        )
    )
    extraction = Extraction(discrete, data)
    program = extraction.program()
    assert [type(step.node) for step in program.steps if "table" not in step.name] == [Width, Total, Total]
    every = [tokens for n in range(1, 6) for tokens in itertools.product(data.vocabulary, repeat=n)]
    inputs = encode(data, [Example(tokens, ()) for tokens in every])
    stream = discrete.stream(inputs.tokens, inputs.lengths)
    assert max(column.max() for column in stream.numbers) == 125
    run = Interpreter(program)
    for row, tokens in enumerate(sequences(data, inputs)):
        columns = run.trace(tokens).columns
        for name, column in zip(extraction.categorical[1:], stream.codes[1:]):
            assert columns[name] == column[row, : len(tokens)].tolist(), name
    assert agreement(discrete, program, data, inputs).differences == 0


def data_of(kind: Kind = Kind.TAGGING, **changes: Any) -> Dataset:
    found = Dataset(
        name="small",
        kind=kind,
        vocabulary=("a", "b", "c"),
        labels=LABELS,
        max_length=4,
        train=(),
        validation=(),
        test=(),
    )
    return dataclasses.replace(found, **changes)


@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_node_comes_out(seed: int) -> None:
    """Otherwise the tests above could pass on programs that hold nothing."""
    shape = Shape(layers=3, categorical_heads=2, numerical_heads=2, categorical_tables=1, numerical_tables=1)
    _, program = build(data_of(), shape, seed)
    kinds = [type(step.node) for step in program.steps]
    assert kinds.count(Closest) == 6
    assert kinds.count(Width) + kinds.count(Total) == 6
    assert Total in kinds
    assert kinds.count(Table) >= 3
    _, other = build(data_of(), dataclasses.replace(shape, attention=Attention.SCORES), seed)
    heads = [step.node for step in other.steps if isinstance(step.node, Closest)]
    assert all(isinstance(head.selector, Prefer) for head in heads)
    assert len(heads) == 6


def test_a_score_based_head_reads_the_best_key_and_of_equal_ones_the_closest() -> None:
    data = data_of(max_length=5)
    shape = Shape(
        layers=1,
        categorical_heads=1,
        numerical_heads=0,
        categorical_tables=0,
        numerical_tables=0,
        attention=Attention.SCORES,
    )
    discrete = discretise(initial(Dimensions.of(data, shape), 0))
    ranks = np.zeros((1, 1, 5, 5), int)
    ranks[0, 0, :3] = [[1, 0, 1, 2, 2], [0, 1, 2, 3, 4], [1, 1, 0, 2, 2]]  # a: b, then a or c; b: a, b, c; c: c
    discrete = rounded(dataclasses.replace(discrete, gates=np.array([[0, 0, 1]]), ranks=ranks))
    inputs = encode(data, [Example(tuple("acaab"), ()), Example(tuple("acca"), ())])
    stream = discrete.stream(inputs.tokens, inputs.lengths)
    assert stream.codes[2][0].tolist() == [4, 1, 4, 4, 3]
    assert stream.codes[2][1][:4].tolist() == [1, 2, 1, 2]
    assert Interpreter(extract(discrete, data)).trace(list("acca")).columns["head_1"] == [1, 2, 1, 2]


def test_agreement_notices_a_changed_program() -> None:
    data = data_of()
    discrete, _ = build(data, Shape(layers=1), 0)
    _, other = build(data, Shape(layers=1), 1)
    inputs = short_inputs(data, 0)
    found = agreement(discrete, other, data, inputs)
    assert found.inputs == 40
    assert found.differences > 5


@pytest.mark.parametrize("kind", list(Kind))
def test_the_closest_rule(kind: Kind) -> None:
    """A head that looks for its own token: left before right, itself last, position 0 where there is none."""
    data = data_of(kind, max_length=5)
    shape = Shape(layers=1, categorical_heads=1, numerical_heads=0, categorical_tables=0, numerical_tables=0)
    discrete = discretise(initial(Dimensions.of(data, shape), 0))
    gates = np.array([[0, 0, 1]])
    predicates = np.array([[[0, 1, 4, 3, 4]]])  # a looks for a, b for b, c for what never occurs
    discrete = rounded(dataclasses.replace(discrete, gates=gates, predicates=predicates))
    inputs = encode(data, [Example(tuple("abaab"), ()), Example(tuple("bcba"), ()), Example(tuple("aaab"), ())])
    stream = discrete.stream(inputs.tokens, inputs.lengths)
    assert stream.codes[2][0].tolist() == [2, 4, 3, 2, 1]
    assert stream.codes[2][1][:4].tolist() == [2, 0, 0, 3]
    assert stream.codes[2][2][:4].tolist() == [1, 0, 1, 3]
    program = extract(discrete, data)
    trace = Interpreter(program).trace(list("abaab"))
    assert trace.columns["head_1"] == [2, 4, 3, 2, 1]
