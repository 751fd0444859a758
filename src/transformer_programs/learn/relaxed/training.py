"""The optimisation: Adam on the expected loss of sampled programs, several restarts side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from jaxtyping import Array, Float, Int, UInt32

from transformer_programs.errors import TrainingError
from transformer_programs.learn.relaxed.config import Relaxation, Schedule
from transformer_programs.learn.relaxed.draw import Draw
from transformer_programs.learn.relaxed.model import Batch, Model, loss, totals
from transformer_programs.tasks import Encoded

__all__ = ["Run", "Steps"]

CHUNK = 200
"""Most steps that the device does on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What differs from step to step, for one restart; a function of the seed alone, so that a run can resume.

    Args:
        examples: in the training part.
        schedule: batch and epochs.
        seed: of the restart.
    """

    examples: int
    schedule: Schedule
    seed: tuple[int, ...]

    @property
    def batch(self) -> int:
        """Sequences a step; where samples see shares of it, a multiple of their number."""
        batch, shares = min(self.schedule.batch, self.examples), self.schedule.shares
        return max(batch - batch % shares, shares)

    @property
    def an_epoch(self) -> int:
        """Steps an epoch; the last one may be short."""
        return math.ceil(self.examples / self.batch)

    @property
    def count(self) -> int:
        """Steps in all."""
        epochs = self.schedule.epochs
        return self.schedule.steps if epochs is None else epochs * self.an_epoch

    def rows(self, step: int) -> tuple[Int[np.ndarray, " batch"], Float[np.ndarray, " batch"]]:
        """The examples of a step and their weights: 0 where the last batch of an epoch is filled up."""
        epoch, place = divmod(step, self.an_epoch)
        order = _order(self.seed, epoch, self.examples)
        taken = order[place * self.batch : (place + 1) * self.batch]
        weights = np.zeros(self.batch, np.float32)
        weights[: len(taken)] = 1.0
        return np.resize(taken, self.batch).astype(np.int32), weights

    def noise(self, step: int) -> UInt32[np.ndarray, "sample 2"]:
        """Seeds of the Gumbel samples of a step."""
        rng = np.random.default_rng([*self.seed, 2, step])
        return rng.integers(0, 2**32, (self.schedule.samples, 2), dtype=np.uint32)

    def temperature(self, step: int) -> float:
        """Geometric from warm to cold."""
        return self._between(self.schedule.warm, self.schedule.cold, step)

    def loudness(self, step: int) -> float:
        """What the noise is multiplied by: geometric too, and 0 in the end where the schedule says so."""
        if self.schedule.still and step >= self.count * (1.0 - self.schedule.still):
            return 0.0
        return self._between(self.schedule.noise_start, self.schedule.noise_end, step)

    def pace(self, step: int) -> float:
        """What learning rates are multiplied by: a cosine from 1 to `decay`."""
        fallen = 0.5 * (1.0 - math.cos(math.pi * step / self.count))
        return 1.0 - (1.0 - self.schedule.decay) * fallen

    def _between(self, first: float, last: float, step: int) -> float:
        share = min(step / max(self.count - 1, 1) / self.schedule.anneal, 1.0)
        return float(first * (last / first) ** share)


@lru_cache(maxsize=64)
def _order(seed: tuple[int, ...], epoch: int, examples: int) -> Int[np.ndarray, " example"]:
    return np.random.default_rng([*seed, 1, epoch]).permutation(examples)


class _Plan(eqx.Module):
    """The inputs of some steps of some restarts."""

    rows: Int[Array, "step restart batch"]
    weights: Float[Array, "step restart batch"]
    seeds: UInt32[Array, "step restart sample 2"]
    temperatures: Float[Array, " step"]
    loudness: Float[Array, " step"]
    pace: Float[Array, " step"]


class _Rule(NamedTuple):
    """What of a schedule the compiled step knows; the rest are its inputs.

    Args:
        rate, score_rate, beta2, clip, split: as of `Schedule`.
        louder, paced: whether noise, and the learning rate, change from step to step.
    """

    rate: float
    score_rate: float
    beta2: float
    clip: float | None
    split: bool
    louder: bool
    paced: bool

    @staticmethod
    def of(schedule: Schedule) -> _Rule:
        louder = schedule.noise_start != 1.0 or schedule.noise_end != 1.0 or schedule.still > 0.0
        return _Rule(
            schedule.rate,
            schedule.rate if schedule.score_rate is None else schedule.score_rate,
            schedule.beta2,
            schedule.clip,
            schedule.shares > 1,
            louder,
            schedule.decay != 1.0,
        )


@dataclass(slots=True, eq=False)
class Run:
    """Restarts that train together, on one device, with everything stacked along a first axis.

    Args:
        models: one a restart.
        examples: the training part.
        relaxation, schedule: how.
        steps: one a restart.
    """

    models: list[Model]
    examples: Encoded
    relaxation: Relaxation
    schedule: Schedule
    steps: list[Steps]
    done: int = 0
    _state: tuple[Model, Any] = field(init=False)
    _data: Batch = field(init=False)

    def __post_init__(self) -> None:
        stacked: Model = jax.tree.map(lambda *leaves: jnp.stack(leaves), *self.models)
        self._state = (stacked, jax.vmap(_optimiser(_Rule.of(self.schedule)).init)(stacked))
        self._data = Batch(
            jnp.asarray(self.examples.tokens),
            jnp.asarray(self.examples.lengths),
            jnp.asarray(self.examples.labels),
            jnp.ones(len(self.examples)),
        )

    @property
    def count(self) -> int:
        """Steps in all."""
        return self.steps[0].count

    def advance(self, until: int) -> Float[np.ndarray, " restart"]:
        """Trains up to a step; the mean loss of the last steps of each restart.

        Raises:
            TrainingError: a loss or a parameter is not finite.
        """
        losses = np.full(len(self.models), np.nan)
        advance = _compiled(self.relaxation, _Rule.of(self.schedule))
        while self.done < until:
            stop = min(until, self.done + CHUNK)
            self._state, found = advance(self._state, self._data, self._plan(self.done, stop), stop - self.done)
            self.done = stop
            losses = np.asarray(found)
            if not np.isfinite(losses).all():
                raise TrainingError(
                    place=f"relaxed learner, restart {int(np.flatnonzero(~np.isfinite(losses))[0]) + 1}, step {stop}",
                    got="a loss or parameters that are not finite",
                    expected="numbers",
                    todo="lower schedule.rate, set schedule.clip=1, raise schedule.cold, or set shape.sums=false",
                )
        return losses

    def _plan(self, start: int, stop: int) -> _Plan:
        batch, samples = self.steps[0].batch, self.schedule.samples
        rows = np.zeros((CHUNK, len(self.steps), batch), np.int32)
        weights = np.zeros(rows.shape, np.float32)
        seeds = np.zeros((CHUNK, len(self.steps), samples, 2), np.uint32)
        temperatures, loudness, pace = np.ones((3, CHUNK), np.float32)
        for place, step in enumerate(range(start, stop)):
            for restart, steps in enumerate(self.steps):
                rows[place, restart], weights[place, restart] = steps.rows(step)
                seeds[place, restart] = steps.noise(step)
            temperatures[place] = self.steps[0].temperature(step)
            loudness[place], pace[place] = self.steps[0].loudness(step), self.steps[0].pace(step)
        return _Plan(*map(jnp.asarray, (rows, weights, seeds, temperatures, loudness, pace)))

    def model(self, restart: int) -> Model:
        """The present parameters of a restart, on the host."""
        model: Model = jax.tree.map(lambda leaf: np.asarray(leaf[restart]), self._state[0])
        return model

    def save(self) -> Mapping[str, np.ndarray]:
        """Everything that a resumed run needs, as flat arrays."""
        leaves = {f"leaf_{i:03}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(self._state))}
        return {"step": np.array(self.done), **leaves}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from what `save` gave.

        Raises:
            TrainingError: that was a run of another shape.
        """
        leaves, tree = jax.tree.flatten(self._state)
        kept = [state.get(f"leaf_{i:03}") for i in range(len(leaves))]
        arrays = [array for array, leaf in zip(kept, leaves) if array is not None and array.shape == leaf.shape]
        if len(arrays) != len(leaves) or not 0 <= int(state["step"]) <= self.count:
            raise TrainingError(
                place="relaxed learner",
                got="saved state of another run",
                expected="the settings that the run was started with",
                todo="start it in another directory",
            )
        self._state = jax.tree.unflatten(tree, [jnp.asarray(a, leaf.dtype) for a, leaf in zip(arrays, leaves)])
        self.done = int(state["step"])


def _optimiser(rule: _Rule) -> Any:
    adam = optax.adam(rule.rate, b2=rule.beta2)
    return adam if rule.clip is None else optax.chain(optax.clip_by_global_norm(rule.clip), adam)


def _with_rates(updates: Model, rule: _Rule, pace: Array) -> Model:
    """The optimiser's step with the classifier's own learning rate, and both as far down as they are."""
    if rule.score_rate != rule.rate:
        factor = rule.score_rate / rule.rate
        updates = eqx.tree_at(lambda m: (m.scores, m.number_scores), updates, replace_fn=lambda x: factor * x)
    slowed: Model = jax.tree.map(lambda x: pace * x, updates) if rule.paced else updates
    return slowed


def _shares(batch: Batch, count: int) -> Batch:
    """A batch cut into so many."""
    cut: Batch = jax.tree.map(lambda leaf: leaf.reshape(count, -1, *leaf.shape[1:]), batch)
    return cut


@lru_cache(maxsize=8)
def _compiled(relaxation: Relaxation, rule: _Rule) -> Any:
    """The function that does some steps of all restarts on the device; one for all runs with these settings."""
    optimiser = _optimiser(rule)

    def expected(model: Model, batch: Batch, seeds: Array, temperature: Array, loudness: Array) -> Array:
        def draw(seed: Array) -> Draw:
            return Draw(seed, temperature, relaxation, loudness if rule.louder else 1.0)

        if len(seeds) == 1:
            return loss(model, batch, draw(seeds[0]))
        if rule.split:
            found = jax.vmap(lambda seed, share: totals(model, share, draw(seed)))(seeds, _shares(batch, len(seeds)))
            return found[0].sum() / jnp.maximum(found[1].sum(), 1.0)
        return jax.vmap(lambda seed: loss(model, batch, draw(seed)))(seeds).mean()

    def step(
        model: Model, moments: Any, batch: Batch, seeds: Array, temperature: Array, loudness: Array, pace: Array
    ) -> tuple[Model, Any, Float[Array, ""]]:
        value, gradient = jax.value_and_grad(expected)(model, batch, seeds, temperature, loudness)
        updates, moments = optimiser.update(gradient, moments, model)
        return optax.apply_updates(model, _with_rates(updates, rule, pace)), moments, value

    def advance(state: tuple[Model, Any], data: Batch, plan: _Plan, count: Array) -> tuple[Any, Array]:
        restarts = plan.rows.shape[1]

        def body(i: Array, carried: tuple[Any, Array]) -> tuple[Any, Array]:
            (models, moments), total = carried
            rows = plan.rows[i]
            batch = Batch(data.tokens[rows], data.lengths[rows], data.labels[rows], plan.weights[i])
            inputs = (models, moments, batch, plan.seeds[i])
            now = (plan.temperatures[i], plan.loudness[i], plan.pace[i])
            if restarts == 1:
                # Without a batch axis of size 1, which costs a copy here and there.
                first, second, third, fourth = jax.tree.map(lambda leaf: leaf[0], inputs)
                found = step(first, second, third, fourth, *now)
                models, moments, value = jax.tree.map(lambda leaf: leaf[None], found)
            else:
                together = jax.vmap(step, in_axes=(0, 0, 0, 0, None, None, None))
                models, moments, value = together(*inputs, *now)
            return (models, moments), total + value

        with jax.default_matmul_precision("highest"):
            state, total = jax.lax.fori_loop(0, count, body, (state, jnp.zeros(restarts)))
        # A choice with logits that are no numbers still has an argmax: look at the parameters too.
        spoilt = sum(0.0 * leaf.reshape(restarts, -1).sum(1) for leaf in jax.tree.leaves(state[0]))
        return state, total / count + spoilt

    # The lower level compiles in two thirds of the time, to code that is as fast (measured).
    options = {"xla_backend_optimization_level": 1} if jax.default_backend() == "cpu" else None
    return jax.jit(advance, donate_argnums=0, compiler_options=options)


def milestones(count: int, evaluations: int) -> Iterator[int]:
    """Steps at which the discrete program is measured, the last one included."""
    yield from sorted({math.ceil(count * (i + 1) / evaluations) for i in range(min(evaluations, count))})
