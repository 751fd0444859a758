"""Another program's modules in the graph compute what they compute there, and are taken over where they help."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.batch import exhaustive
from transformer_programs.learn.grow import Grow
from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.graph import Graph
from transformer_programs.learn.grow.offer import _Offer
from transformer_programs.program import POSITIONS, TOKENS
from transformer_programs.run import Interpreter
from transformer_programs.tasks import make_task


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_graph_computes_what_the_program_computes(data: st.DataObject) -> None:
    program = data.draw(programs(learned_only=True).filter(lambda p: p.vocabulary and p.max_length))
    tokens = data.draw(inputs(program))
    assert program.vocabulary is not None
    assert program.max_length is not None
    graph = Graph(len(program.vocabulary), program.max_length)
    offer = _Offer(graph, program)
    offer.variables()
    found = Interpreter(program).trace(tokens)
    codes = [program.vocabulary.index(token) for token in found.columns[TOKENS]]
    bank = Bank(graph, np.array([codes], np.int32), np.array([len(codes)]), program.causal)
    for ref, variable in offer.known.items():
        if ref not in (TOKENS, POSITIONS):
            assert [offer.values[ref][code] for code in bank[variable][0]] == list(found.columns[ref])


def test_every_module_of_a_learned_program_is_offered() -> None:
    task = make_task("double_hist", vocabulary_size=6, max_length=6)
    program = Grow()(task.dataset(size=250, seed=1), seed=2)
    offer = _Offer(Graph(6, 6), program)
    offer.variables()
    assert {step.name for step in program.steps} <= offer.known.keys()


def test_what_is_offered_is_taken_over() -> None:
    """One addition is enough where the right variable is there already, however deep it lies."""
    task = make_task("double_hist", vocabulary_size=6, max_length=6)
    data = task.dataset(size=250, seed=1)
    program = Grow()(data, seed=2)
    assert exhaustive(Grow(modules=1)(data, seed=2), task).sequence_accuracy < 1.0
    assert exhaustive(Grow(modules=1)(data, seed=2, offers=[program]), task).sequence_accuracy == 1.0
