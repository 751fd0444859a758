"""Every task: its oracle against a second definition, its enumeration, and the same in arrays."""

import re
from itertools import islice, pairwise
from random import Random

import numpy as np
import pytest

from transformer_programs.errors import ConfigError
from transformer_programs.tasks import (
    TASKS,
    Dataset,
    Example,
    Kind,
    Task,
    encode,
    encoded_inputs,
    encoded_samples,
    make_task,
)

SMALL = {
    "reverse": (6, 7),
    "hist": (5, 7),
    "double_hist": (6, 6),
    "sort": (6, 7),
    "most_freq": (5, 6),
    "dyck1": (None, 9),
    "dyck2": (None, 6),
    "induction": (8, 8),
}
LARGE = {"dyck1": (None, 64), "dyck2": (None, 64), "induction": (54, 64)}


def small(name: str) -> Task:
    return make_task(name, *SMALL[name])


def number_of(word: tuple[str, ...], letter: str) -> int:
    return sum(other == letter for other in word)


def second_hist(word):
    return [str(number_of(word, letter)) for letter in word]


def second_double_hist(word):
    return [str(sum(number_of(word, b) == number_of(word, a) for b in set(word))) for a in word]


def second_most_freq(word):
    ranked = sorted(set(word), key=lambda letter: (-number_of(word, letter), word.index(letter)))
    return ranked + ["<s>"] * (len(word) - len(ranked))


def second_dyck(word):
    labels = []
    for n in range(1, len(word) + 1):
        rest, before = "".join(word[:n]), None
        while rest != before:
            before, rest = rest, re.sub(r"\(\)|\{\}", "", rest)
        labels.append("F" if re.search(r"[)}]", rest) else "P" if rest else "T")
    return labels


def second_induction(word):
    return [
        None if i % 2 else next((word[j + 1] for j in range(i - 2, -1, -2) if word[j] == word[i]), "<unk>")
        for i in range(len(word))
    ]


SECOND = {
    "reverse": lambda word: list(word[::-1]),
    "sort": lambda word: sorted(word, key=int),
    "hist": second_hist,
    "double_hist": second_double_hist,
    "most_freq": second_most_freq,
    "dyck1": second_dyck,
    "dyck2": second_dyck,
    "induction": second_induction,
}


def test_every_task_is_tested():
    assert set(TASKS) == set(SMALL) == set(SECOND)


@pytest.mark.parametrize("name", TASKS)
def test_oracle_equals_a_second_definition_on_all_inputs(name):
    task = small(name)
    given = set()
    for tokens in task.inputs():
        word = tokens[1 : len(tokens) - len(task.frame.after)]
        assert tokens == task.framed(word)
        labels = task.oracle(tokens)
        assert labels == (None, *SECOND[name](word), *(None for _ in task.frame.after))
        given.update(labels)
    # Every label can be the right one, and no other occurs.
    assert given - {None} == set(task.labels)


@pytest.mark.parametrize("name", TASKS)
def test_inputs_are_all_there_once_and_in_order(name):
    task = small(name)
    order = {token: i for i, token in enumerate(task.vocabulary)}
    keys = [(len(tokens), [order[token] for token in tokens]) for tokens in task.inputs()]
    assert all(a < b for a, b in pairwise(keys))
    assert task.count() == len(keys)
    every = set(task.inputs())
    rng = Random(3)
    sampled = {task.sample(rng) for _ in range(40 * min(len(every), 1000))}
    assert sampled <= every
    assert len(every) > 1000 or sampled == every


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("batch_size", [7, 65_536])
def test_arrays_equal_the_oracle(name, batch_size):
    task = small(name)
    batches = list(encoded_inputs(task, batch_size))
    assert max(map(len, batches)) <= batch_size
    expected = encode(as_dataset(task), examples_of(task))
    for part in ("tokens", "labels", "lengths"):
        found = np.concatenate([getattr(batch, part) for batch in batches])
        assert found.dtype == np.int32
        assert np.array_equal(found, getattr(expected, part)), part


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("size", ["usual", "large"])
def test_samples_in_arrays_equal_fresh_ones(name, size):
    task = make_task(name) if size == "usual" else make_task(name, *LARGE.get(name, (64, 64)))
    expected = encode(as_dataset(task), task.fresh(300, seed=5))
    batches = list(encoded_samples(task, 300, seed=5, batch_size=128))
    assert [len(batch) for batch in batches] == [128, 128, 44]
    for part in ("tokens", "labels", "lengths"):
        assert np.array_equal(np.concatenate([getattr(batch, part) for batch in batches]), getattr(expected, part))


@pytest.mark.parametrize("name", TASKS)
def test_large_sizes_count_exactly_and_enumerate_lazily(name):
    task = make_task(name, *LARGE.get(name, (64, 64)))
    first = list(islice(task.inputs(), 200))
    found = next(encoded_inputs(task, 200)), next(encoded_inputs(task, 100))
    vocabulary = task.vocabulary
    for batch in found:
        rows = [tuple(vocabulary[i] for i in row[:n]) for row, n in zip(batch.tokens, batch.lengths)]
        assert rows == first[: len(rows)]
    assert isinstance(task.count(), int)
    assert task.count() > 2**60


def test_counts_of_the_usual_sizes():
    words5, words6 = sum(5**n for n in range(1, 7)), sum(6**n for n in range(1, 8))
    expected = {
        "reverse": words5,
        "sort": words5,
        "hist": words6,
        "double_hist": words6,
        "most_freq": words6,
        "dyck1": 2**15,
        "dyck2": 4**15,
        "induction": 66_880,
    }
    assert (words5, words6) == (19_530, 335_922)
    assert {name: make_task(name).count() for name in TASKS} == expected
    assert sum(1 for _ in make_task("induction").inputs()) == 66_880


def test_examples_of_the_paper():
    assert make_task("reverse").oracle(("<s>", "0", "1", "1", "2", "</s>")) == (None, "2", "1", "1", "0", None)
    assert make_task("hist").oracle(("<s>", "0", "1", "1", "2")) == (None, "1", "2", "2", "1")
    assert make_task("double_hist").oracle(("<s>", "0", "1", "1", "2")) == (None, "2", "1", "1", "2")


def test_letters_beyond_nine_sort_as_numbers():
    task = make_task("sort", 20, 8)
    assert task.oracle(("<s>", "10", "9", "2", "</s>")) == (None, "2", "9", "10", None)


def test_examples_to_show_are_inputs():
    for name in TASKS:
        task = make_task(name)
        tokens = task.framed(task.example)
        assert len(task.oracle(tokens)) == len(tokens) <= task.max_length
        assert set(tokens) <= set(task.vocabulary)


@pytest.mark.parametrize(
    ("name", "vocabulary_size", "max_length", "message"),
    [
        ("sorted", None, None, "did you mean sort?"),
        ("sort", 3, None, "vocabulary size: got 3; expected 4 to"),
        ("sort", -8, None, "vocabulary size: got -8"),
        ("sort", 10**9, None, "to 1000000"),
        ("sort", None, 2, "maximum length: got 2; expected 3"),
        ("hist", None, 10**9, "to 10000"),
        ("dyck1", 8, None, "expected 4, the only one it has"),
        ("dyck2", 8, None, "expected 6, the only one it has"),
        ("induction", 9, None, "an even number"),
        ("induction", None, 9, "an even number"),
        ("induction", 100, None, "expected 4 to 54"),
    ],
)
def test_sizes_that_do_not_exist(name, vocabulary_size, max_length, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        make_task(name, vocabulary_size, max_length)


def as_dataset(task: Task) -> Dataset:
    return Dataset(
        name=task.name,
        kind=Kind.TAGGING,
        vocabulary=task.vocabulary,
        labels=task.labels,
        max_length=task.max_length,
        train=(),
        validation=(),
        test=(),
    )


def examples_of(task: Task):
    return [Example(tokens, task.oracle(tokens)) for tokens in task.inputs()]
