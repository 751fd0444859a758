"""The hard learner from data to program: learns, repeats itself, resumes, refuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from transformer_programs.errors import ConfigError, DataError, TrainingError
from transformer_programs.learn.base import Progress
from transformer_programs.learn.grow import Grow
from transformer_programs.learn.hard import Halving, Hard, Schedule, Search, Shape
from transformer_programs.learn.hard.learner import smaller
from transformer_programs.learn.hard.problem import prepare
from transformer_programs.learn.hard.restart import Restart, Run
from transformer_programs.program import Classify
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Example, Kind, make_task

QUICK = Hard(
    shape=Shape(layers=1, categorical_heads=1, counting_heads=2, categorical_tables=1, numerical_tables=1),
    schedule=Schedule(steps=150, batch=64, programs=8, snapshots=5),
    restarts=2,
    repair=Search(rounds=1, sequences=200, candidates=20, refit_steps=30),
    finalists=1,
    finish=Search(rounds=2, sequences=200, candidates=20, refit_steps=30),
    small_restarts=0,
    halving=Halving(rungs=0),
)
"""Seconds, not accuracy."""


def task_data(name: str = "double_hist") -> Dataset:
    """A task too hard for `QUICK`, so that nothing ends early."""
    return make_task(name, vocabulary_size=6, max_length=6).dataset(size=800, seed=0)


class Memory:
    """A session that keeps everything and, if told to, breaks off like a killed run."""

    def __init__(self, break_after: int | None = None) -> None:
        self.kept: dict[str, dict[str, np.ndarray]] = {}
        self.progress: list[Progress] = []
        self.break_after = break_after

    def report(self, progress: Progress) -> None:
        self.progress.append(progress)

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        self.kept[key] = {name: np.array(array) for name, array in state.items()}
        if self.break_after is not None:
            self.break_after -= 1
            if self.break_after < 0:
                raise KeyboardInterrupt

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        return self.kept.get(key)


def accuracy(program: object, data: Dataset) -> float:
    interpreter = Interpreter(program)  # type: ignore[arg-type]
    right = asked = 0
    for example in data.test:
        for got, wanted in zip(interpreter(example.tokens), example.labels):
            right += got == wanted
            asked += wanted is not None
    return right / asked


def test_it_learns_a_task_exactly() -> None:
    data = make_task("hist", vocabulary_size=6, max_length=6).dataset(size=2000, seed=0)
    session = Memory()
    program = Hard(schedule=Schedule(steps=400))(data, seed=1, session=session)
    assert accuracy(program, data) == 1.0
    assert max(step.accuracy for step in session.progress) == 1.0
    assert len(program.output.scores) <= 3  # type: ignore[union-attr]


def test_it_learns_sequence_labels() -> None:
    random = np.random.default_rng(0)
    tokens = random.integers(0, 4, (600, 6))
    examples = [
        Example(tuple("abcd"[t] for t in row), ("more" if (row == 0).sum() > (row == 1).sum() else "less",))
        for row in tokens
    ]
    data = Dataset(
        name="more",
        kind=Kind.CLASSIFICATION,
        vocabulary=tuple("abcd"),
        labels=("less", "more"),
        max_length=6,
        train=tuple(examples[:400]),
        validation=tuple(examples[400:500]),
        test=tuple(examples[500:]),
    )
    program = replace(QUICK, small_restarts=1)(data, seed=0)
    assert accuracy(program, data) == 1.0


def test_it_learns_classes_of_words() -> None:
    """A vocabulary of 90 words in three classes: what counts is the class of the word before."""
    random = np.random.default_rng(0)
    vocabulary = ("<unk>", *(f"w{i}" for i in range(90)))
    examples = []
    for _ in range(700):
        words = random.integers(1, 91, 8)
        before = np.concatenate([[0], words[:-1] % 3])
        examples.append(Example(tuple(vocabulary[w] for w in words), tuple("xyz"[b] for b in before)))
    data = Dataset(
        name="before",
        kind=Kind.TAGGING,
        vocabulary=vocabulary,
        labels=tuple("xyz"),
        max_length=8,
        train=tuple(examples[:500]),
        validation=tuple(examples[500:600]),
        test=tuple(examples[600:]),
    )
    program = Hard()(data, seed=0)
    assert accuracy(program, data) > 0.99
    assert Interpreter(program)(["w3", "never seen", "w4"])[0] == "x"


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_does_not_change_the_program(threads: int) -> None:
    data = task_data()
    assert replace(QUICK, threads=threads)(data, seed=4) == replace(QUICK, threads=2)(data, seed=4)


def test_seeds_differ() -> None:
    data = task_data()
    assert QUICK(data, seed=4) != QUICK(data, seed=5)


@pytest.mark.parametrize(
    ("rungs", "saves", "restart", "step"),
    [(0, 0, 1, 60), (0, 3, 1, 150), (0, 7, 2, 120), (2, 1, 1, 60), (2, 2, 1, 90), (2, 4, 1, 150)],
)
def test_a_run_that_is_killed_goes_on_to_the_same_program(rungs: int, saves: int, restart: int, step: int) -> None:
    data, learner = task_data(), replace(QUICK, halving=Halving(rungs=rungs, spared=0))
    whole = learner(data, seed=2)
    session = Memory(break_after=saves)
    with pytest.raises(KeyboardInterrupt):
        replace(learner, threads=1)(data, seed=2, session=session)
    assert session.kept
    session.break_after = None
    session.progress.clear()
    assert learner(data, seed=2, session=session) == whole
    first = next(progress for progress in session.progress if progress.learner == f"hard {restart}/2")
    assert first.step == step


@pytest.mark.parametrize("threads", [1, 2])
def test_only_the_best_at_each_rung_go_on(threads: int) -> None:
    session = Memory()
    halving = replace(QUICK, restarts=5, halving=Halving(rungs=1, keep=0.4, spared=0), threads=threads)
    halving(task_data(), seed=1, session=session)
    said = [step for step in session.progress if not step.note and step.learner.startswith("hard ")]
    first, later = ([step for step in said if (step.step <= 60) is early] for early in (True, False))
    best: dict[str, float] = {}
    for step in first:
        best[step.learner] = max(step.accuracy, best.get(step.learner, 0.0))
    assert len(best) == 5
    assert {step.learner for step in later} == set(sorted(best, key=best.__getitem__, reverse=True)[:2])


def test_a_smaller_shape_is_not_driven_out_by_a_larger_one() -> None:
    session = Memory()
    replace(QUICK, small_restarts=2, halving=Halving(keep=0.01, spared=0))(task_data(), seed=1, session=session)
    ended = {step.learner for step in session.progress if step.step == 150 and not step.note}
    assert len(ended) == len(smaller(QUICK.shape)) + 1


def test_spared_restarts_come_first_and_are_not_cut_short() -> None:
    session = Memory()
    learner = replace(QUICK, restarts=4, halving=Halving(rungs=1, keep=0.01, spared=2), threads=1)
    learner(task_data(), seed=1, session=session)
    last = {step.learner: step.step for step in session.progress if not step.note}
    assert sorted(last[f"hard {i}/4"] for i in (3, 4)) == [60, 150]
    assert last["hard 1/4"] == last["hard 2/4"] == 150
    names = [step.learner for step in session.progress]
    assert max(names.index("hard 1/4"), names.index("hard 2/4")) < min(names.index("hard 3/4"), names.index("hard 4/4"))


def test_what_came_after_a_rung_does_not_count_there() -> None:
    data = task_data()
    problem = prepare(data, QUICK.shape)
    restart = Restart(
        problem=problem, schedule=QUICK.schedule, repair=QUICK.repair, seed=(0, 0), name="hard 1/1", key="a"
    )
    short, long = Run(restart, Memory()), Run(restart, Memory())
    found = short.train(30, lambda: False)
    assert found is not None
    later = long.train(150, lambda: False)
    assert later is not None
    assert long.standing(30) == short.standing(150) == (found.accuracy, -found.loss)
    assert long.standing(150) == (later.accuracy, -later.loss) != long.standing(30)


def test_rungs_are_snapshots() -> None:
    schedule = Schedule(steps=100, batch=64, programs=8, snapshots=7)
    assert schedule.snapshot_steps == [14, 28, 42, 56, 70, 84, 98, 100]
    assert Halving(rungs=1).steps(schedule) == [56, 100]
    assert Halving(rungs=3).steps(Schedule(steps=2, batch=64, programs=8)) == [1, 2]
    assert Halving(rungs=0).steps(schedule) == [100]


def test_work_that_was_done_is_not_done_again() -> None:
    data = task_data()
    first = Memory()
    program = QUICK(data, seed=3, session=first)
    again = Memory()
    again.kept = first.kept
    assert QUICK(data, seed=3, session=again) == program
    assert [said.learner for said in again.progress] == ["hard, scores"], "neither steps nor searches"


def test_early_ending_does_not_depend_on_which_thread_is_first() -> None:
    data = make_task("hist", vocabulary_size=6, max_length=6).dataset(size=1000, seed=0)
    easy = replace(QUICK, schedule=Schedule(steps=300), restarts=3, small_restarts=1)
    assert easy(data, seed=0) == replace(easy, threads=1)(data, seed=0)


def test_progress_tells_of_the_discrete_program() -> None:
    session = Memory()
    QUICK(task_data(), seed=0, session=session)
    steps = [progress for progress in session.progress if progress.learner == "hard 2/2" and not progress.note]
    assert [progress.step for progress in steps] == [30, 60, 90, 120, 150]
    assert all(progress.steps == 150 for progress in steps)
    assert all(0 <= progress.accuracy <= 1 and math.isfinite(progress.loss) for progress in session.progress)
    assert any("local search" in progress.note for progress in session.progress)


def test_divergence_says_what_to_change() -> None:
    wild = replace(QUICK, schedule=replace(QUICK.schedule, score_rate=1e38))
    with pytest.raises(
        TrainingError, match=r"hard \d/2, step \d+: got a loss that is not finite; lower schedule.score_rate"
    ):
        wild(task_data(), seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "schedule.steps: got 0; expected 1 or more"),
        ({"steps": -3}, "schedule.steps: got -3; expected 1 or more"),
        ({"batch": 100, "programs": 16}, "schedule.batch: got 100 sequences for 16 programs"),
        ({"noise_start": 0.0}, "schedule.noise_start: got 0.0; expected a number greater than 0"),
        ({"rate": math.nan}, "schedule.rate: got nan"),
        ({"anneal": 0.0}, "schedule.anneal: got 0.0; expected more than 0, at most 1"),
        ({"mixed": 1.5}, "schedule.mixed: got 1.5; expected from 0 to 1"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        Schedule(**settings)  # type: ignore[arg-type]


def test_other_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"shape\.layers: got 0"):
        Shape(layers=0)
    with pytest.raises(ConfigError, match="restarts: got 0"):
        Hard(restarts=0)
    with pytest.raises(ConfigError, match=r"halving\.rungs: got -1"):
        Halving(rungs=-1)
    with pytest.raises(ConfigError, match=r"halving\.keep: got 0; expected more than 0"):
        Halving(keep=0)
    with pytest.raises(ConfigError, match=r"search\.rounds: got -1"):
        Search(rounds=-1)
    with pytest.raises(ConfigError, match="seed: got -1"):
        QUICK(task_data(), seed=-1)
    with pytest.raises(ConfigError, match=r"shape\.cardinality: got 3; expected at least 5, the vocabulary"):
        replace(QUICK, shape=Shape(cardinality=3))(task_data(), seed=0)
    with pytest.raises(ConfigError, match="shape: got no heads and no tables"):
        Shape(categorical_heads=0, counting_heads=0, categorical_tables=0, numerical_tables=0)


def test_data_without_answers_is_refused() -> None:
    data = task_data()
    silent = tuple(Example(example.tokens, (None,) * len(example.tokens)) for example in data.train)
    with pytest.raises(DataError, match="got no training answers"):
        QUICK(replace(data, train=silent))


def test_a_network_that_compiled_code_is_not_made_for_is_refused() -> None:
    with pytest.raises(ConfigError, match="variables of the network; expected at most 240"):
        replace(QUICK, shape=Shape(layers=30))(task_data())


def test_smaller_shapes_leave_something_out() -> None:
    shapes = smaller(Shape())
    assert len(set(shapes)) == len(shapes) == 4
    assert all(shape.categorical_tables == shape.numerical_tables == 0 for shape in shapes)
    tiny = Shape(layers=1, categorical_heads=0, counting_heads=2, categorical_tables=0, numerical_tables=0)
    assert smaller(tiny) == []
    tables = Shape(layers=1, categorical_heads=0, counting_heads=0, numerical_tables=0)
    assert smaller(tables) == []


def test_a_restart_begins_with_a_program() -> None:
    """An exact one is kept; of one that is spoiled what is left is used."""
    task = make_task("double_hist", vocabulary_size=6, max_length=6)
    data = task.dataset(size=400, seed=0)
    program = Grow()(data, seed=0)
    hard = replace(QUICK, restarts=1, finalists=0, threads=1)
    session = Memory()
    assert accuracy(hard(data, start=program, session=session), data) == 1
    assert list(session.kept) == []
    assert isinstance(program.output, Classify)
    spoiled = replace(program, output=replace(program.output, bias=(90, *program.output.bias[1:])))
    assert accuracy(spoiled, data) < accuracy(hard(data, start=spoiled, session=session), data)
    assert session.kept["restart-0"]["best.measures"][0] > accuracy(hard(data), data)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            {"prefix": 3, "counting_heads": 2},
            "shape.prefix: got 3; expected at most 2, as many as a layer has counting",
        ),
        ({"weights": 1, "counting_heads": 0}, "shape.weights: got 1; expected at most 0"),
        ({"sets": 5, "categorical_heads": 4, "counting_heads": 1}, "shape.sets: got 5; expected at most 4"),
        ({"ordered": 2, "categorical_heads": 0, "counting_heads": 1}, "shape.ordered: got 2; expected at most 1"),
    ],
)
def test_more_heads_of_a_kind_than_there_are(shape: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Hard(shape=Shape(**shape))
    Hard(shape=Shape(prefix=1, weights=1, sets=1, ordered=1, categorical_heads=0, counting_heads=1))
