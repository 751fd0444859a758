"""Growing whole programs: exact on all inputs, the same every time, and small where there is nothing to find."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from transformer_programs.batch import evaluate, exhaustive
from transformer_programs.errors import ConfigError
from transformer_programs.learn.base import Progress, Quiet
from transformer_programs.learn.grow import Grow, growth, pool, recall
from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.candidates import Candidate
from transformer_programs.learn.grow.effort import Effort
from transformer_programs.learn.grow.fits import Confirmed
from transformer_programs.learn.grow.graph import TOKENS, Graph
from transformer_programs.learn.grow.growth import SMALL, Growth, Step
from transformer_programs.learn.grow.model import Examples, Feature
from transformer_programs.learn.text import Text
from transformer_programs.passes import simplify
from transformer_programs.program import Compare, LinearScore, Relation, Width, dumps, selector_of
from transformer_programs.tasks import Dataset, Example, Kind, encode, make_task


@pytest.mark.parametrize(
    ("name", "vocabulary", "length"), [("hist", 6, 6), ("reverse", 6, 6), ("induction", 8, 6), ("double_hist", 5, 6)]
)
def test_exact_on_all_inputs(name: str, vocabulary: int, length: int) -> None:
    """From two hundred examples, of thousands of inputs."""
    task = make_task(name, vocabulary_size=vocabulary, max_length=length)
    program = Grow()(task.dataset(size=250, seed=1), seed=2)
    assert exhaustive(simplify(program), task).sequence_accuracy == 1.0


def test_comparisons_stand_for_sums_of_counts() -> None:
    """Written out, the program has one-to-one predicates only, and answers every input alike."""
    task = make_task("most_freq", vocabulary_size=5, max_length=5)
    data = task.dataset(size=250, seed=1)
    short, long = (Grow(written_out=choice)(data, seed=2) for choice in (False, True))
    assert any(isinstance(selector_of(step.node), Compare) for step in short.steps)
    for step in long.steps:
        selector = selector_of(step.node)
        assert selector is None or isinstance(selector, Relation)
        assert selector is None or all(len(row) <= 1 for row in selector.rows)
    assert exhaustive(short, task) == exhaustive(long, task)
    assert exhaustive(short, task).sequence_accuracy == 1.0


def test_a_count_that_no_example_has() -> None:
    """Three letters alike are answered by their number although the examples have no such sequence."""
    task = make_task("hist", vocabulary_size=5, max_length=5)
    data = task.dataset(size=200, seed=1)
    few = [e for e in (*data.train, *data.validation) if "4" not in e.labels]
    data = dataclasses.replace(data, train=tuple(few), validation=())
    assert exhaustive(simplify(Grow()(data)), task).sequence_accuracy == 1.0


def test_same_seed_same_program() -> None:
    data = make_task("hist", vocabulary_size=5, max_length=5).dataset(size=100, seed=0)
    assert dumps(Grow()(data, seed=3)) == dumps(Grow()(data, seed=3))


def _noise(causal: bool) -> Dataset:
    random = np.random.default_rng(0)
    examples = tuple(
        Example(tokens=tuple(random.choice(["a", "b"], 6)), labels=tuple(random.choice(["x", "y"], 6)))
        for _ in range(120)
    )
    return Dataset(
        name="noise",
        kind=Kind.TAGGING,
        vocabulary=("a", "b"),
        labels=("x", "y"),
        max_length=6,
        causal=causal,
        train=examples[:100],
        validation=examples[100:],
        test=(),
    )


@pytest.mark.parametrize("causal", [False, True])
def test_noise_is_not_learned(causal: bool) -> None:
    """Where there is nothing to find, nothing pays for itself and the program stays small."""
    data = _noise(causal)
    program = simplify(Grow()(data))
    assert len(program.steps) <= 3
    assert evaluate(program, data, data.train).token_accuracy < 0.7


class Memory(Quiet):
    """Keeps states; breaks off after some of them, as a killed process would."""

    def __init__(self, break_after: int = 10**9) -> None:
        self.kept: dict[str, dict[str, np.ndarray]] = {}
        self.left = break_after
        self.said: list[str] = []

    def report(self, progress: Progress) -> None:
        self.said.append(progress.note)

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        self.kept[key] = {name: array.copy() for name, array in state.items()}
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        return self.kept.get(key)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("most_freq", Grow()),
        ("double_hist", Grow(patience=1)),
        ("double_hist", Grow(beam=2, counting=False, modules=3)),
        ("double_hist", Grow(revise=True, counting=False, modules=3)),
    ],
)
def test_a_run_that_is_killed_goes_on_to_the_same_program(
    name: str, settings: Grow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where growing begins again, looking ahead, too; and with several growths, and parts looked at again."""
    data = make_task(name, vocabulary_size=6, max_length=6).dataset(size=100, seed=0)
    looked = []
    monkeypatch.setattr(Growth, "ranked", lambda growth, look=Growth.ranked: looked.append(1) or look(growth))
    monkeypatch.setattr(recall, "revised", lambda growth, look=recall.revised: looked.append(1) or look(growth))
    whole = Memory()
    program = settings(data, seed=1, session=whole)
    looks = len(looked)
    assert looks > 2
    assert ("begun again, looking ahead" in whole.said) == (settings.patience == 1)
    assert any(note.endswith(", 2 of 2") for note in whole.said) == (settings.beam == 2)
    session = Memory(break_after=looks - 1)
    with pytest.raises(KeyboardInterrupt):
        settings(data, seed=1, session=session)
    looked.clear()
    session.said.clear()
    assert settings(data, seed=1, session=session) == program
    assert session.said == whole.said
    assert len(looked) == 1, "what was found is not looked for again"


def test_what_was_found_in_time_is_there_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run killed after its minutes, while it was pruning, goes on with all that it had found."""
    data = make_task("double_hist", vocabulary_size=6, max_length=6).dataset(size=100, seed=0)
    clock = itertools.count(0.0, 40.0)
    monkeypatch.setattr(recall, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    grow = Grow(minutes=1.0, counting=False)
    whole, session = Memory(), Memory(break_after=1)
    program = grow(data, seed=1, session=whole)
    assert sum(note.startswith("added") for note in whole.said) == 1
    with pytest.raises(KeyboardInterrupt):
        grow(data, seed=1, session=session)
    assert grow(data, seed=1, session=session) == program


@pytest.mark.parametrize(
    ("after", "chosen"),
    [
        ({}, "best"),  # nothing follows either: the best by itself
        ({"second": ("best", 5.0, False)}, "second"),
        ({"second": ("best", 5.0, False), "best": ("second", 7.0, False)}, "best"),
        ({"second": ("third", 0.1, True), "best": ("second", 7.0, False)}, "second"),  # a solution follows
        ({"third": ("best", 99.0, True)}, "best"),  # the third is not looked behind
    ],
)
def test_looking_ahead(after: dict[str, tuple[str, float, bool]], chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the two best additions the one that is worth most with what could follow it."""
    data = make_task("hist", vocabulary_size=4, max_length=4).dataset(size=60, seed=0)
    train = encode(data, data.train)
    graph = Graph(len(data.vocabulary), data.max_length)
    examples = Examples.of(Bank.of(graph, train, data.causal), train.labels, False, len(data.labels))
    features = dict(zip(("best", "second", "third"), map(Feature, pool.constant_counts(graph, TOKENS))))
    names = {feature: name for name, feature in features.items()}

    def found(name: str, worth: float, solves: bool = False) -> Confirmed:
        return Confirmed(Candidate((features[name],), worth, 1.0, name), worth, solves)

    class Script:
        def __init__(self, growth: Growth) -> None:
            self.have = [names[feature] for feature in growth.features]

        def ranked(self) -> list[Confirmed]:
            if not self.have:
                return [found("best", 3.0), found("second", 2.0), found("third", 1.0)]
            return [found(*after[self.have[-1]])] if self.have[-1] in after else []

    monkeypatch.setattr(growth, "Step", Script)
    grown = Growth(graph, examples, Effort(ahead=2), 0)
    assert grown.ranked()[0].candidate.note == chosen


def test_neighbours_of_a_large_quantity_are_looked_at() -> None:
    """The depth of brackets in 32 places has 65 values; what it was one place before leads to the partner."""
    data = make_task("dyck2", max_length=32).dataset(size=60, seed=0)
    train = encode(data, data.train)
    graph = Graph(len(data.vocabulary), data.max_length)
    bank = Bank.of(graph, train, data.causal)
    examples = Examples.of(bank, train.labels, False, len(data.labels))
    opened, closed = (pool.constant_counts(graph, TOKENS)[i] for i in (1, 2))
    depth = pool.law(graph, "difference", opened, closed)
    assert graph.sizes[depth] > SMALL
    step = Step(Growth(graph, examples, Effort(), 0, [Feature(depth)]))
    before = pool.neighbours(graph, data.causal, depth)
    assert set(before) <= set(step.around)


def test_categorical_variables_only() -> None:
    """Without counts, as in the paper's Table 3, reverse is exact all the same, and no head counts."""
    task = make_task("reverse", vocabulary_size=6, max_length=6)
    program = Grow(counting=False)(task.dataset(size=250, seed=1), seed=2)
    assert exhaustive(simplify(program), task).sequence_accuracy == 1.0
    hist = Grow(counting=False, modules=3)(make_task("hist", vocabulary_size=5, max_length=5).dataset(size=200, seed=1))
    assert not any(isinstance(step.node, Width) for step in (*program.steps, *hist.steps))
    assert not any(isinstance(score, LinearScore) for score in hist.output.scores)  # type: ignore[union-attr]


def test_quantities_that_no_example_has_go_with_the_nearest() -> None:
    """Classes of a count: more than two never occur and are taken for two; a marker without answers is a class."""
    labels = ("n", "y")
    words = ["aa", "ab", "ba", "bb"] * 10
    train = tuple(Example(("<s>", *word), (None, *(labels[word.count("b") // 2] for _ in word))) for word in words)
    data = dataclasses.replace(
        _noise(False), vocabulary=("<s>", "a", "b"), labels=labels, max_length=5, train=train, validation=()
    )
    encoded = encode(data, data.train)
    graph = Graph(len(data.vocabulary), data.max_length)
    count = pool.constant_counts(graph, TOKENS)[2]
    bank = Bank.of(graph, encoded, False)
    step = Step(Growth(graph, Examples.of(bank, encoded.labels, False, 2), Effort(), 0))
    for variable in step.search.classes(count, 16):
        cells = graph.nodes[variable].cells  # type: ignore[union-attr]
        assert cells[2:] == (cells[2],) * (graph.positions - 1)
        assert cells[0] != cells[2]
    assert step.search.classes(count, 16)
    for variable in step.search.classes(TOKENS, 16):
        cells = graph.nodes[variable].cells  # type: ignore[union-attr]
        assert cells[0] not in cells[1:]


@pytest.mark.parametrize("name", ["reverse", "double_hist"])
def test_a_rough_look_first_finds_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many candidates there are, the right ones are among those that a rough look finds promising."""
    looked = []
    promising = Step._promising
    monkeypatch.setattr(growth, "MANY", 20)
    monkeypatch.setattr(growth, "PROMISING", 20)
    monkeypatch.setattr(Step, "_promising", lambda step, trials: looked.append(1) or promising(step, trials))
    task = make_task(name, vocabulary_size=6, max_length=6)
    program = Grow()(task.dataset(size=250, seed=1), seed=2)
    assert looked
    assert exhaustive(simplify(program), task).sequence_accuracy == 1.0


@pytest.mark.parametrize("learner", [Grow(modules=1), Text(steps=1)])
def test_matrices_are_multiplied_by_one_core(learner: Grow | Text) -> None:
    """The order of additions, and so the program, would depend on how many cores there are."""
    data = make_task("induction", vocabulary_size=6, max_length=6).dataset(size=80, seed=0)
    threads: list[int] = []

    class Look(Quiet):
        def report(self, progress: Progress) -> None:
            threads.extend(pool["num_threads"] for pool in threadpool_info())

    learner(data, seed=0, session=Look())
    assert threads
    assert set(threads) == {1}


@pytest.mark.parametrize(
    ("setting", "value"), [("ahead", 0), ("threads", 0), ("sample", -1), ("values", 1), ("damping", -0.5)]
)
def test_effort_that_cannot_be_is_refused(setting: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"effort\.{setting}: got {value}; expected \d or more"):
        Effort(**{setting: value})
    with pytest.raises(ConfigError, match="patience: got -1; expected 0 or more"):
        Grow(patience=-1)
    with pytest.raises(ConfigError, match="beam: got 0; expected 1 or more"):
        Grow(beam=0)
