"""The relaxed learner end to end: it learns, resumes, repeats itself, and says what is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from transformer_programs.errors import ConfigError, DataError, TrainingError
from transformer_programs.learn.base import Progress, Quiet
from transformer_programs.learn.relaxed import PRESETS, Relaxation, Relaxed, Schedule, Shape, preset_named
from transformer_programs.learn.relaxed.learner import scaled
from transformer_programs.learn.relaxed.training import Steps, milestones
from transformer_programs.program import dumps
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, joined_vectors, load_dataset, make_task

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"

SMALL = Relaxed(
    shape=Shape(layers=1, categorical_heads=0, numerical_heads=2, categorical_tables=0, numerical_tables=1, hidden=16),
    relaxation=Relaxation(),
    schedule=Schedule(epochs=60, batch=64, rate=0.05, evaluations=6),
    restarts=1,
)


class Recorder(Quiet):
    """Keeps what a learner says; optionally breaks off, as a killed process would."""

    def __init__(self, stop_after: int = 10**9, kept: Mapping[str, Mapping[str, np.ndarray]] | None = None) -> None:
        self.said: list[Progress] = []
        self.kept = dict(kept or {})
        self.stop_after = stop_after

    def report(self, progress: Progress) -> None:
        self.said.append(progress)

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        self.kept[key] = dict(state)
        self.stop_after -= 1
        if self.stop_after == 0:
            raise KeyboardInterrupt

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        return self.kept.get(key)


@pytest.fixture(scope="module")
def hist() -> Dataset:
    return make_task("hist", 6, 5).dataset(size=340, seed=0)


@pytest.fixture(scope="module")
def session() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def program_text(hist: Dataset, session: Recorder) -> str:
    learned = SMALL.learn(hist, seed=1, session=session)
    run = Interpreter(learned.program)
    asked = right = 0
    for example in hist.test:
        for answer, label in zip(run(example.tokens), example.labels):
            asked += label is not None
            right += label is not None and answer == label
    assert right / asked > 0.9
    assert learned.agreement.differences == 0
    assert learned.agreement.inputs > 200
    assert dict(learned.program.about)["agreement with the discretised model"].startswith("0 differences")
    return dumps(learned.program)


def test_progress_is_of_the_discrete_program(program_text: str, session: Recorder) -> None:
    said = session.said
    steps = [progress.step for progress in said]
    assert steps == sorted(steps)
    assert {said[-1].steps * (i + 1) // 6 for i in range(6)} <= set(steps), "every evaluation is among them"
    assert max(progress.accuracy for progress in said) > 0.9
    assert all(np.isfinite(progress.loss) for progress in said)
    assert said[-1].loss < said[0].loss


def test_a_killed_run_resumes_to_the_same_program(hist: Dataset, program_text: str) -> None:
    killed = Recorder(stop_after=3)
    with pytest.raises(KeyboardInterrupt):
        SMALL(hist, seed=1, session=killed)
    resumed = Recorder(kept=killed.kept)
    assert dumps(SMALL(hist, seed=1, session=resumed)) == program_text
    assert resumed.said[0].step > 1, "it goes on, it does not begin again"


def test_state_of_another_shape_is_refused(hist: Dataset, session: Recorder, program_text: str) -> None:
    state = {name: array for name, array in session.kept["relaxed_0"].items() if name != "leaf_003"}
    with pytest.raises(TrainingError, match="another run"):
        SMALL(hist, seed=1, session=Recorder(kept={"relaxed_0": state}))


def test_a_loss_that_is_not_finite_stops_with_advice(hist: Dataset, session: Recorder, program_text: str) -> None:
    state = dict(session.kept["relaxed_0"])
    state["leaf_000"] = state["leaf_000"] * np.nan
    state["step"] = np.array(0)
    with pytest.raises(TrainingError, match=r"restart 1.*not finite.*schedule\.rate"):
        SMALL(hist, seed=1, session=Recorder(kept={"relaxed_0": state}))


def test_restarts_side_by_side_with_samples_clipping_and_dropout() -> None:
    data = make_task("dyck1", None, 5).dataset(size=40, seed=0)
    learner = Relaxed(
        shape=Shape(
            layers=1, categorical_heads=1, numerical_heads=0, categorical_tables=1, numerical_tables=0, hidden=4
        ),
        relaxation=Relaxation(dropout=0.1, noisy_tables=True),
        schedule=Schedule(epochs=2, batch=16, samples=2, clip=1.0, evaluations=1),
        restarts=2,
        together=2,
    )
    learned = learner.learn(data)
    assert [restart.seed for restart in learned.restarts] == [0, 1]
    assert learned.agreement.differences == 0
    first, second = (restart.discrete.scores for restart in learned.restarts)
    assert not np.array_equal(first, second)


def test_every_example_is_seen_once_an_epoch() -> None:
    steps = Steps(examples=10, schedule=Schedule(epochs=2, batch=4), seed=(0,))
    assert (steps.an_epoch, steps.count) == (3, 6)
    for epoch in range(2):
        parts = [steps.rows(step) for step in range(3 * epoch, 3 * epoch + 3)]
        seen = [row for rows, weights in parts for row, weight in zip(rows, weights) if weight]
        assert sorted(seen) == list(range(10))
    assert steps.temperature(0) == pytest.approx(3.0)
    assert steps.temperature(5) == pytest.approx(0.01)
    assert list(milestones(7, 3)) == [3, 5, 7]


def test_senseless_settings(hist: Dataset) -> None:
    for settings in (
        {"restarts": 0},
        {"together": 0},
        {"relaxation": Relaxation(dropout=1.0)},
        {"schedule": Schedule(steps=0)},
    ):
        with pytest.raises(ConfigError):
            Relaxed(**settings)
    with pytest.raises(ConfigError):
        SMALL(hist, seed=-1)
    with pytest.raises(ConfigError):
        SMALL.learn(hist, vectors=np.zeros((3, 5)))
    with pytest.raises(ConfigError, match="paper"):
        preset_named("papre")
    with pytest.raises(DataError):
        SMALL(make_data_without_examples(hist))


def make_data_without_examples(data: Dataset) -> Dataset:
    return dataclasses.replace(data, train=(), validation=(), test=())


def test_the_papers_preset() -> None:
    assert PRESETS["paper"].schedule.epochs == 250


def test_a_factored_embedding_begins_with_the_vectors_of_files(tmp_path: Path) -> None:
    data = load_dataset(EXAMPLES / "snips" / "train.jsonl", kind="classification", limit=120, min_count=1)
    rng = np.random.default_rng(0)
    files = []
    for number, dimension in enumerate((40, 60)):
        path = tmp_path / f"{number}.npz"
        np.savez(
            path, words=np.array(data.vocabulary[5:]), vectors=rng.normal(size=(len(data.vocabulary) - 5, dimension))
        )
        files.append(str(path))
    matrix = scaled(joined_vectors(",".join(files), data.vocabulary))
    assert matrix.shape == (len(data.vocabulary), 100)
    assert not matrix[:5].any()
    projected = matrix[5:] @ rng.normal(size=(100, 64)) / 10
    assert abs(projected.std() - 1) < 0.1
    schedule = Schedule(steps=3, batch=16, evaluations=1)
    shape = Shape(layers=1, categorical_heads=1, numerical_heads=0, categorical_tables=0, numerical_tables=0, hidden=4)
    small = Relaxed(shape=shape, schedule=schedule, restarts=1, vectors=",".join(files))
    plain = dataclasses.replace(small, vectors="")
    assert dumps(small(data)) == dumps(plain.learn(data, vectors=matrix).program)
    with pytest.raises(ConfigError, match="one-hot"):
        dataclasses.replace(SMALL, vectors=files[0])(make_task("hist", 6, 5).dataset(size=40))
