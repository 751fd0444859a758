"""The walk over prefixes counts what running every word one by one counts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import programs
from transformer_programs.batch import exhaustive
from transformer_programs.program import Frame, Program
from transformer_programs.run import Interpreter
from transformer_programs.tasks import make_task
from transformer_programs.verify.automaton import Automaton, automaton
from transformer_programs.verify.exhaustion import exhaust, on_every_input, walk_for
from transformer_programs.verify.prefix import prefix_walk
from transformer_programs.verify.prefix_code import one_to_one
from transformer_programs.verify.space import WordSpace
from verify.handmade import dyck1_program
from verify.judges import task_judge


@pytest.mark.parametrize("name", ["dyck1", "dyck2"])
def test_automaton_is_the_oracle(name: str) -> None:
    task = make_task(name, max_length=7)
    right = automaton(task)
    assert right is not None
    for tokens in task.inputs():
        state, labels = 0, [None]
        for token in tokens[1:]:
            state = right.after[state, task.letters.index(token)]
            labels.append(task.labels[right.labels[state]])
        assert tuple(labels) == task.oracle(tokens)


def _brute_force(program: Program, space: WordSpace, right: Automaton, labels: tuple[str, ...]) -> tuple:
    run, skip = Interpreter(program), len(space.frame.before)
    answers = right_answers = inputs = right_inputs = 0
    shortest: set[tuple[str, ...]] = set()
    for length in space.lengths:
        for word in product(space.letters, repeat=length):
            got = run(space.framed(word))[skip:]
            state, good = 0, []
            for letter, answer in zip(word, got):
                state = right.after[state, space.letters.index(letter)]
                good.append(str(answer) == labels[right.labels[state]])
            answers, right_answers = answers + length, right_answers + sum(good)
            inputs, right_inputs = inputs + 1, right_inputs + all(good)
            if not all(good):
                shortest.add(word[: good.index(False) + 1])
    order = sorted(shortest, key=lambda word: (len(word), [space.letters.index(letter) for letter in word]))
    return (inputs, answers, right_answers, right_inputs), order


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_walk_is_brute_force(data: st.DataObject) -> None:
    program = data.draw(programs(causal=True, pooled=False, closed=True))
    letters = data.draw(st.sets(st.sampled_from(program.vocabulary or ()), min_size=1))
    letters = tuple(sorted(letters))
    markers = data.draw(st.integers(0, 1)) if (program.max_length or 6) > 1 else 0
    most = min(program.max_length or 5, 5 if len(letters) < 4 else 3) - markers
    if most < 1:
        return
    lengths = tuple(range(data.draw(st.integers(1, most)), most + 1))
    space = WordSpace(letters=letters, lengths=lengths, frame=Frame((program.vocabulary[0],) * markers))
    labels = ("a", "b", "1", "True")
    states = 3
    after = data.draw(
        st.lists(st.integers(0, states - 1), min_size=states * len(letters), max_size=states * len(letters))
    )
    wanted = data.draw(st.lists(st.integers(0, 3), min_size=states, max_size=states))
    right = Automaton(np.array(after, np.int32).reshape(states, -1), np.array(wanted, np.int32))
    walk = prefix_walk(program, space, right, labels)
    if walk is None:
        return
    counts = walk.zero()
    if not walk.all(counts, 0, 1):
        return
    numbers, order = _brute_force(program, space, right, labels)
    assert walk.accuracy(counts) == numbers
    found = walk.failing(counts)
    by_length = [[word for word in order if len(word) == n][:8] for n in range(1, space.longest + 1)]
    assert found == [word for words in by_length for word in words]


def test_parts_add_up() -> None:
    """A space large enough for several parts; the other way of counting is the batch's."""
    task = make_task("dyck1", max_length=16)
    program = dyck1_program(16, fooled=True)
    judge = task_judge(program, task)
    walk = walk_for(judge)
    assert walk is not None
    assert len(walk.parts) > 1
    verdict = exhaust(judge)
    batch = exhaustive(program, task)
    assert verdict.inputs == batch.inputs == 2**15
    assert verdict.token_accuracy == batch.token_accuracy < 1
    assert verdict.sequence_accuracy == batch.sequence_accuracy < 1
    assert verdict.counterexamples[0].tokens == ("<s>", ")")


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_one_to_one_changes_nothing(data: st.DataObject) -> None:
    program = data.draw(programs(closed=True))
    tokens = data.draw(
        st.lists(st.sampled_from(program.vocabulary or ()), min_size=1, max_size=program.max_length or 5)
    )
    assert Interpreter(one_to_one(program))(tokens) == Interpreter(program)(tokens)


@pytest.mark.parametrize("wrong", [False, True])
def test_accuracy_on_every_input_is_that_of_running_them_all(wrong: bool) -> None:
    program, task = dyck1_program(7, fooled=wrong), make_task("dyck1", max_length=7)
    told: list[tuple[int, int]] = []
    found = on_every_input(program, task, lambda done, total: told.append((done, total)))
    assert found == exhaustive(program, task)
    assert (found.sequence_accuracy == 1) is not wrong
    assert told[-1] == (task.count(), task.count())
