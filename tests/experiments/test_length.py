"""The length laboratory: contexts, the decoder, the interpolator, the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from transformer_programs.cli import main
from transformer_programs.errors import ConfigError
from transformer_programs.experiments.length import (
    FORMATS,
    Positions,
    Protocol,
    Size,
    complete,
    exact_match,
    initial,
    lessons,
    min_degree,
    train_decoder,
)
from transformer_programs.experiments.length.contexts import pack, placed, training_contexts
from transformer_programs.experiments.length.interpolator import all_bits, min_degree_of_cube
from transformer_programs.experiments.length.samples import START
from transformer_programs.experiments.length.summary import correlation, draw_lengths, table
from transformer_programs.experiments.length.training import weighed

# --- contexts -------------------------------------------------------------------------------------------------------


def test_the_loss_is_on_answers_and_samples_are_apart() -> None:
    contexts = pack([[([1, 9, 2], [9, 3]), ([1, 8, 2], [8, 3])]], 12, [1])
    assert contexts.tokens[0].tolist() == [0, 1, 9, 2, 9, 3, 1, 8, 2, 8, 3, 0]
    assert contexts.sample[0].tolist() == [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 0]
    assert np.flatnonzero(contexts.asked[0]).tolist() == [3, 4, 8, 9]  # the next token is of an answer


def test_prompts_weigh_what_is_asked() -> None:
    """Every token of a sample but START; none between samples."""
    contexts = pack([[([1, 9, 2], [9, 3]), ([1, 8, 2], [8, 3])]], 12, [1])
    for prompts in (0.0, 0.25):
        weights, count = weighed(contexts, prompts)[2:]
        assert np.asarray(weights)[0].tolist() == [0, prompts, prompts, 1, 1, 0, prompts, prompts, 1, 1, 0]
        assert int(count) == 4


def test_every_position_is_trained() -> None:
    contexts = training_contexts(FORMATS["sort"], np.random.default_rng(0), rows=60, positions=40, longest=5, room=10)
    assert (contexts.tokens == START).any(axis=0).sum() > 35
    assert contexts.asked.any(axis=0).sum() > 36


# --- the decoder ----------------------------------------------------------------------------------------------------

run = eqx.filter_jit(lambda model, tokens, sample: model(tokens, sample))
SMALL = {"layers": 2, "heads": 2, "width": 8, "context": 24}


@pytest.mark.parametrize("positions", list(Positions))
def test_a_logit_sees_what_came_before_in_its_sample(positions: Positions) -> None:
    model = initial(Size(**SMALL, positions=positions), 9, jax.random.key(0))
    model = jax.tree.map(lambda x: 20 * x if x.ndim == 2 else x, model)
    tokens, sample = np.full((1, 8), 4), np.array([[1, 1, 1, 2, 2, 2, 2, 2]])

    def logits(**changes: int) -> np.ndarray:
        changed = tokens.copy()
        for place, token in changes.items():
            changed[0, int(place[1:])] = token
        return np.asarray(run(model, jnp.asarray(changed), jnp.asarray(sample)))[0]

    def differs(place: int) -> list[int]:
        return np.flatnonzero(np.abs(logits(**{f"p{place}": 5}) - logits()).max(axis=1) > 1e-5).tolist()

    assert differs(1) == [1, 2]
    assert differs(4) == [4, 5, 6, 7]


@pytest.mark.parametrize(("positions", "moves"), [("learned", True), ("none", False), ("rotary", False)])
def test_only_learned_positions_are_absolute(positions: str, moves: bool) -> None:
    size = Size(**SMALL, positions=Positions(positions))
    model = initial(size, 9, jax.random.key(1))
    tokens = jnp.asarray([[4, 5, 6, 7, 4, 5, 0, 0], [0, 0, 4, 5, 6, 7, 4, 5]])
    logits = np.asarray(run(model, tokens, (tokens > 0).astype(int)))
    assert bool(np.abs(logits[0, :6] - logits[1, 2:]).max() > 1e-5) == moves


def test_positions_that_begin_as_waves_tell_neighbours_apart() -> None:
    """The same distance looks alike everywhere, and the next token is told from this one."""
    size = Size(layers=1, heads=1, width=64, context=124, deviation=0.125, waves=True)
    places = np.asarray(initial(size, 9, jax.random.key(0)).places) / 0.125
    alike = places @ places.T / 32
    assert np.allclose(np.diag(alike), 1)
    assert np.allclose(np.diag(alike, 1), alike[0, 1], atol=1e-4)
    assert alike[0, 1] < 0.7
    assert (np.triu(alike, 1) < alike[0, 1] + 1e-4).all()
    noise = initial(replace(size, waves=False), 9, jax.random.key(0))
    assert noise.places is not None
    assert not np.allclose(np.asarray(noise.places) / 0.125, places)


def test_a_decoder_learns_and_is_measured_as_it_writes() -> None:
    task, protocol = FORMATS["mode"], Protocol(longest=3, room=3, steps=60, rows=8, rate=1e-2)
    size = Size(layers=1, heads=2, width=16, context=task.size(3))
    model = train_decoder(task, size, protocol, 0)
    again = train_decoder(task, size, protocol, 0)
    same = jax.tree.map(lambda a, b: bool((a == b).all()), model, again)
    assert all(jax.tree.leaves(same))
    random = np.random.default_rng(0)
    samples = [task.sample(random, 3, 3) for _ in range(40)]
    right = sum(complete(model, size, prompt) == answer for prompt, answer in samples)
    assert right / 40 == exact_match_at_front(model, task, size, samples)
    assert right > 14  # one in five by chance


def test_the_longest_samples_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[int] = []

    def watched(*given: object, longest: int, **others: object) -> object:
        asked_for.append(longest)
        return training_contexts(*given, longest=longest, **others)  # type: ignore[arg-type]

    monkeypatch.setattr("transformer_programs.experiments.length.training.training_contexts", watched)
    size = Size(layers=1, heads=1, width=4, context=12)
    train_decoder(FORMATS["mode"], size, Protocol(longest=8, room=8, steps=4, rows=1, growth=0.5), 0)
    assert asked_for == [2, 5, 8, 8]


def exact_match_at_front(model, task, size, samples) -> float:  # type: ignore[no-untyped-def]
    """With samples at position 0, where `complete` puts them: a context of just their length."""
    length = len(samples[0][0]) + len(samples[0][1])
    return exact_match(model, task, Size(layers=1, heads=2, width=16, context=length), samples)


def test_an_answer_that_does_not_end_is_cut_by_the_context() -> None:
    size = Size(**SMALL)
    model = initial(size, 9, jax.random.key(0))
    endless = eqx.tree_at(lambda m: (m.tokens, m.last.bias), model, (model.tokens.at[5].set(9.0), jnp.ones(8)))
    assert complete(endless, size, [1, 4, 2]) == [5] * 21
    assert complete(endless, size, [1, 4, 2], at=20) == [5]
    with pytest.raises(ConfigError, match=r"prompt: got 3 tokens from position 21 on; expected fewer than the 24"):
        complete(endless, size, [1, 4, 2], at=21)


def test_lengths_beyond_the_learned_positions_are_refused() -> None:
    size = Size(**SMALL)
    sample = FORMATS["copy-distinct"].sample(np.random.default_rng(0), 11, 11)
    with pytest.raises(ConfigError, match="a sample of 25 tokens; expected at most 24, the positions of the model"):
        placed([sample], size.context, np.random.default_rng(0))
    tokens = jnp.ones((1, 25), int)
    with pytest.raises(ConfigError, match="got 25 tokens; expected at most 24: the model has no learned positions"):
        initial(size, 20, jax.random.key(0))(tokens, tokens)
    assert initial(Size(**SMALL, positions=Positions.NONE), 20, jax.random.key(0))(tokens, tokens).shape == (1, 25, 20)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: Protocol(longest=5, room=4), "room: got 4"),
        (lambda: Protocol(steps=0), "steps: got 0"),
        (lambda: Size(width=10, heads=4), "width: got 10 for 4 heads"),
        (lambda: Size(deviation=0), "deviation: got 0"),
        (lambda: Protocol(growth=2), "growth: got 2; expected a share of the steps"),
        (lambda: Protocol(prompts=-1), "prompts: got -1; expected a weight, 0 to 1"),
        (lambda: train_decoder(FORMATS["sort"], Size(context=8), Protocol(), 0), "context: got 8 positions"),
        (lambda: lessons("huge"), "--preset: got 'huge'; expected one of tiny, paper"),
        (lambda: lessons("tiny", ["sorting"]), "task: got 'sorting'; expected one of count"),
        (lambda: lessons("tiny", room=3), "--test-length: got 3; expected at least the length trained, 20"),
    ],
)
def test_settings_that_cannot_be_are_refused(act, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=message):
        act()


# --- the min-degree interpolator ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bits", "fixed"), [(3, 1), (4, 0), (5, 2), (7, 3)])
def test_the_closed_form_is_what_the_definition_gives(bits: int, fixed: int) -> None:
    every = all_bits(bits)
    seen = every[every[:, bits - fixed :].all(axis=1)]
    used, ignored = min_degree_of_cube(bits, fixed)
    assert (used, ignored) == (bits - fixed, fixed)
    found = min_degree(seen, seen.all(axis=1).astype(float))
    assert np.allclose(found(every), every[:, :used].all(axis=1))
    assert np.allclose(found.profile[:fixed], 0)


def test_no_interpolator_has_a_smaller_profile() -> None:
    """Against random others: the interpolator plus functions that vanish on the data."""
    random = np.random.default_rng(0)
    seen = all_bits(4)[random.permutation(16)[:7]]
    found = min_degree(seen, random.integers(2, size=7).astype(float))
    zero = min_degree(seen, np.zeros(7))
    assert np.allclose(zero.coefficients, 0)
    signs = 1.0 - 2.0 * (seen @ found.sets.T % 2)
    free = np.linalg.svd(signs)[2][7:]
    for _ in range(200):
        other = found.coefficients + random.normal(size=len(free)) @ free
        weights = np.bincount(found.sets.sum(axis=1), other**2)[::-1]
        first = next(i for i, (a, b) in enumerate(zip(weights, found.profile)) if abs(a - b) > 1e-9)
        assert weights[first] > found.profile[first]


def test_contradictions_are_refused() -> None:
    with pytest.raises(ConfigError, match="two values for one input"):
        min_degree(np.array([[1], [1]]), np.array([0.0, 1.0]))
    with pytest.raises(ConfigError, match="bits: got 20"):
        min_degree(np.ones((1, 20), int), np.ones(1))


# --- the study ------------------------------------------------------------------------------------------------------


def test_the_command_resumes_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["experiment", "length", "--out", str(out), "--only", "mode", "--seeds", "1", "--workers", "1"]
    command += ["--steps", "2", "--test-length", "30"]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert "| mode, learned positions | mode (12, 5) | 1 | 20 |" in printed.out
    assert "1 of 1" in printed.err
    assert "<svg" in (out / "length.svg").read_text(encoding="utf-8")
    assert "tprog experiment length" in (out / "length.md").read_text(encoding="utf-8")
    assert main([*command, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert set(row["exact match"]) == {"5", "10", "15", "20", "25", "30"}
    assert main([*command, "--steps", "3"]) == 0  # another training is another run
    assert "1 of 1 runs to do" in capsys.readouterr().err
    assert main([*command[:-1], "10"]) == 2
    assert "--test-length: got 10; expected at least the length trained, 20" in capsys.readouterr().err


def test_a_model_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["experiment", "length", "--steps", "1", "--only", "addition", "--ask"]
    assert main([*command, "0 4 + 1 7", "--json"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["prompt"] == "START 0 4 + 1 7 :"
    assert answered["ended"] == answered["answer"].endswith("END")
    for arguments, message in (
        ([*command, "0 4 + 1"], "operands of 2 and 1 digits"),
        ([*command, "0 4 + 1 7", "--only", "adition"], "task: got 'adition'; expected one of count"),
        (["experiment", "length", "--ask", "1"], "--ask: got 0 formats"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err


def test_the_table_of_short_programs(tmp_path: Path) -> None:
    rows = [
        {
            "case": f"{name}, learned positions",
            "format": name,
            "seed": seed,
            "trained to": 4,
            "exact match": {"4": 1.0, "6": reached, "8": reached / 2},
        }
        for name, reached in (("sort", 0.9), ("parity-scratchpad", 0.8), ("parity", 0.1))
        for seed in (0, 1)
    ]
    assert "| parity, learned positions | none known | 2 | 4 | 1.00 | 0.10 | 0.05 | fails |" in table(rows)
    assert correlation(rows) == (pytest.approx(-1.0), 3)
    assert correlation(rows[:4]) is None
    assert draw_lengths(rows, tmp_path / "x.svg")
    assert not draw_lengths([], tmp_path / "y.svg")


def test_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", "length", "--formats"]) == 0
    assert "addition-reversed-hints" in capsys.readouterr().out
