"""Data sets drawn from tasks: distinct, complete, split, repeatable."""

import re
from collections import Counter

import pytest

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.tasks import TASKS, make_task
from transformer_programs.tasks.sampling import draw, split


def parts(data):
    return data.train, data.validation, data.test


@pytest.mark.parametrize("name", TASKS)
def test_a_data_set_is_distinct_right_and_split(name):
    task = make_task(name)
    data = task.dataset(size=1000, seed=1)
    assert [len(part) for part in parts(data)] == [800, 100, 100]
    examples = [example for part in parts(data) for example in part]
    assert len({example.tokens for example in examples}) == 1000
    assert all(example.labels == task.oracle(example.tokens) for example in examples)
    assert (data.vocabulary, data.labels) == (task.vocabulary, task.labels)
    assert (data.max_length, data.causal, data.frame) == (task.max_length, task.causal, task.frame)


def test_the_usual_size_takes_the_paper_s_numbers():
    assert [len(part) for part in parts(make_task("hist").dataset())] == [16_000, 2_000, 2_000]


def test_a_size_beyond_the_domain_takes_the_whole_domain():
    task = make_task("sort")
    data = task.dataset(size=20_000)
    assert [len(part) for part in parts(data)] == [15_624, 1_953, 1_953]
    assert {example.tokens for part in parts(data) for example in part} == set(task.inputs())


def test_same_seed_same_data():
    task = make_task("dyck2")
    assert task.dataset(500, seed=4) == task.dataset(500, seed=4)
    assert task.dataset(500, seed=4) != task.dataset(500, seed=5)
    assert task.fresh(5, seed=1) == task.fresh(5, seed=1) != task.fresh(5, seed=2)


def test_parts_have_the_same_mix_of_lengths():
    # Short words run out first, so without a shuffle the last part would have hardly any.
    data = make_task("hist", 5, 8).dataset(2500)
    means = [sum(len(example.tokens) for example in part) / len(part) for part in parts(data)]
    assert max(means) - min(means) < 0.2


def test_lengths_are_drawn_evenly():
    lengths = Counter(len(example.tokens) for example in make_task("reverse").fresh(6000))
    assert set(lengths) == set(range(3, 9))
    assert all(800 < count < 1200 for count in lengths.values())


def test_half_of_the_brackets_start_balanced():
    # A uniform dyck2 string fails at its first bracket half of the time, one that starts balanced never does.
    labels = Counter(example.labels[1] for example in make_task("dyck2").fresh(4000))
    assert 0.2 < labels["F"] / 4000 < 0.3


def test_tokens_are_compared_not_their_text():
    # "1", "0" and "10" would be one string.
    words = [("1", "0"), ("10",), ("1",), ("0",)]
    found = draw(lambda rng: rng.choice(words), lambda: words, 4, size=4, seed=0, place="here")
    assert sorted(found) == sorted(words)


def test_a_size_close_to_the_domain_is_filled():
    common, rare = ("a",), [(str(i),) for i in range(50)]
    domain = [common, *rare]
    found = draw(lambda rng: common, lambda: domain, 51, size=20, seed=0, place="here")
    assert len(set(found)) == 20
    assert common in found


def test_impossible_draws_end_with_a_message():
    with pytest.raises(DataError, match=re.escape("here: got 1 distinct inputs in 500 draws; expected 5")):
        draw(lambda rng: ("a",), list, 10**9, size=5, seed=0, place="here")
    with pytest.raises(DataError, match="1 possible inputs"):
        make_task("sort", 4, 3).dataset()


@pytest.mark.parametrize(("size", "seed"), [(0, 0), (2, 0), (-5, 0), (10**9, 0), (100, -1)])
def test_sizes_and_seeds_out_of_range(size, seed):
    with pytest.raises(ConfigError):
        make_task("sort").dataset(size=size, seed=seed)


@pytest.mark.parametrize("count", [3, 4, 9, 10, 11, 19, 20, 101])
def test_no_part_is_empty_and_none_is_lost(count):
    found = split(range(count))
    assert [item for part in found for item in part] == list(range(count))
    assert all(found)
