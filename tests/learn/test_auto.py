"""`auto`: which learners it tries, what it keeps, and that work which was done is not done again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from transformer_programs.batch import evaluate
from transformer_programs.learn.auto import Auto
from transformer_programs.learn.base import QUIET, Quiet, Session
from transformer_programs.learn.refine import Refine
from transformer_programs.learn.train import percent
from transformer_programs.program import Classify, Program, Read, TableScore
from transformer_programs.run import run
from transformer_programs.tasks import Dataset, make_task


class Guess:
    """A learner that always gives one label."""

    def __init__(self, label: int) -> None:
        self.label, self.calls = label, 0

    def __call__(
        self, data: Dataset, *, seed: int = 0, session: Session = QUIET, start: Program | None = None
    ) -> Program:
        self.calls += 1
        bias = tuple(int(i == self.label) for i in range(len(data.labels)))
        nothing = ((0,) * len(data.labels),) * len(data.vocabulary)
        return Program(
            name="guess",
            vocabulary=data.vocabulary,
            max_length=data.max_length,
            frame=data.frame,
            output=Classify(data.labels, bias, (TableScore(Read("tokens"), nothing),)),
        )


class Memory(Quiet):
    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, np.ndarray]] = {}

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        self.kept[key] = dict(state)

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        return self.kept.get(key)


def test_the_better_is_kept_and_said_and_not_learned_again() -> None:
    data = make_task("hist", vocabulary_size=5, max_length=5).dataset(size=100, seed=0)
    bad, good = Guess(3), Guess(0)
    auto = Auto(grow=bad, hard=good, refine=Refine(minutes=0))  # type: ignore[arg-type]
    session = Memory()
    program = auto(data, session=session)
    assert set(run(program, data.test[0].tokens)) == {data.labels[0]}
    about = dict(program.about)
    assert about["kept"] == "hard"
    assert f"hard {percent(evaluate(program, data, data.validation).token_accuracy)} of answers" in about["tried"]
    assert auto(data, session=session) == program
    assert (bad.calls, good.calls) == (1, 1)


def test_of_equals_on_validation_the_one_that_is_right_more_often_in_training() -> None:
    """Before lines are counted: here both have as many, and the first would be kept."""
    data = make_task("hist", vocabulary_size=5, max_length=5).dataset(size=100, seed=0)
    data = replace(data, validation=data.validation[:1])
    answers = [label for example in data.validation for label in example.labels if label is not None]
    absent = [i for i, label in enumerate(data.labels) if label not in answers]
    share = {i: evaluate(Guess(i)(data), data, data.train).token_accuracy for i in absent}
    worse, better = min(share, key=lambda i: share[i]), max(share, key=lambda i: share[i])
    assert share[worse] < share[better]
    auto = Auto(grow=Guess(worse), hard=Guess(better), refine=Refine(minutes=0))  # type: ignore[arg-type]
    assert dict(auto(data).about)["kept"] == "hard"
    auto = Auto(grow=Guess(better), hard=Guess(worse), refine=Refine(minutes=0))  # type: ignore[arg-type]
    assert dict(auto(data).about)["kept"] == "grow"


def test_words_go_to_the_learner_of_text_first() -> None:
    few = make_task("sort").dataset(size=20)
    words = replace(few, vocabulary=tuple(f"w{i}" for i in range(200)))
    assert [name for name, _ in Auto(starts=False)._learners(few, [])] == ["grow", "hard"]
    assert [name for name, _ in Auto(starts=False)._learners(words, [])] == ["text", "grow", "hard"]


def test_what_is_left_wrong_is_refined() -> None:
    """Scores that the program has, but that are all nothing, are fitted."""
    data = make_task("sort", vocabulary_size=6, max_length=6).dataset(size=110, seed=0)
    auto = Auto(grow=Guess(1), hard=Guess(0))  # type: ignore[arg-type]
    session = Memory()
    program = auto(data, session=session)
    assert dict(program.about)["kept"] == "refine"
    guess = Guess(0)(data)
    assert (
        evaluate(program, data, data.validation).token_accuracy > evaluate(guess, data, data.validation).token_accuracy
    )
    assert auto(data, session=session) == program


def test_each_takes_up_what_the_other_found() -> None:
    """`hard` begins with a restart from `grow`'s program, and `grow` begins again with `hard`'s modules, in a state of
    its own."""
    data = make_task("sort", vocabulary_size=5, max_length=5).dataset(size=60, seed=0)
    seen: dict[str, Program] = {}

    class Starter(Guess):
        def __call__(self, data: Dataset, *, start: Program, **rest: Any) -> Program:  # type: ignore[override]
            seen["start"] = start
            return super().__call__(data, **rest)

    class Taker(Guess):
        def __call__(self, data: Dataset, *, offers: Sequence[Program] = (), **rest: Any) -> Program:
            rest["session"].save("grow", {"label": np.array(len(offers))})
            for program in offers:
                seen["offer"] = program
            return super().__call__(data, **rest)

    grow, hard, session = Taker(1), Starter(0), Memory()
    auto = Auto(grow=grow, hard=hard, refine=Refine(minutes=0), starts=True, offers=True)  # type: ignore[arg-type]
    program = auto(data, session=session)
    assert seen["start"].output == Guess(1)(data).output
    assert seen["offer"].output == Guess(0)(data).output
    assert grow.calls == 2
    assert (session.kept["grow"]["label"], session.kept["again-grow"]["label"]) == (0, 1)
    assert "grow again" in dict(program.about)["tried"]
    assert auto(data, session=session) == program
    assert grow.calls == 2
