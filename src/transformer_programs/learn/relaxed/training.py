"""The optimisation: Adam on the expected loss of sampled programs, several restarts side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from jaxtyping import Array, Float, Int, UInt32

from transformer_programs.errors import TrainingError
from transformer_programs.learn.relaxed.config import Relaxation, Schedule
from transformer_programs.learn.relaxed.draw import Draw
from transformer_programs.learn.relaxed.model import Batch, Model, loss
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
        """Sequences a step."""
        return min(self.schedule.batch, self.examples)

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
        share = step / max(self.count - 1, 1)
        return float(self.schedule.warm * (self.schedule.cold / self.schedule.warm) ** share)


@lru_cache(maxsize=64)
def _order(seed: tuple[int, ...], epoch: int, examples: int) -> Int[np.ndarray, " example"]:
    return np.random.default_rng([*seed, 1, epoch]).permutation(examples)


class _Plan(eqx.Module):
    """The inputs of some steps of some restarts."""

    rows: Int[Array, "step restart batch"]
    weights: Float[Array, "step restart batch"]
    seeds: UInt32[Array, "step restart sample 2"]
    temperatures: Float[Array, " step"]


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
        self._state = (stacked, jax.vmap(_optimiser(self.schedule.rate, self.schedule.clip).init)(stacked))
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
        advance = _compiled(self.relaxation, self.schedule.rate, self.schedule.clip)
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
        temperatures = np.ones(CHUNK, np.float32)
        for place, step in enumerate(range(start, stop)):
            for restart, steps in enumerate(self.steps):
                rows[place, restart], weights[place, restart] = steps.rows(step)
                seeds[place, restart] = steps.noise(step)
            temperatures[place] = self.steps[0].temperature(step)
        return _Plan(jnp.asarray(rows), jnp.asarray(weights), jnp.asarray(seeds), jnp.asarray(temperatures))

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


def _optimiser(rate: float, clip: float | None) -> Any:
    adam = optax.adam(rate)
    return adam if clip is None else optax.chain(optax.clip_by_global_norm(clip), adam)


@lru_cache(maxsize=8)
def _compiled(relaxation: Relaxation, rate: float, clip: float | None) -> Any:
    """The function that does some steps of all restarts on the device; one for all runs with these settings."""
    optimiser = _optimiser(rate, clip)

    def expected(model: Model, batch: Batch, seeds: Array, temperature: Array) -> Array:
        if len(seeds) == 1:
            return loss(model, batch, Draw(seeds[0], temperature, relaxation))
        return jax.vmap(lambda seed: loss(model, batch, Draw(seed, temperature, relaxation)))(seeds).mean()

    def step(
        model: Model, moments: Any, batch: Batch, seeds: Array, temperature: Array
    ) -> tuple[Model, Any, Float[Array, ""]]:
        value, gradient = jax.value_and_grad(expected)(model, batch, seeds, temperature)
        updates, moments = optimiser.update(gradient, moments, model)
        return optax.apply_updates(model, updates), moments, value

    def advance(state: tuple[Model, Any], data: Batch, plan: _Plan, count: Array) -> tuple[Any, Array]:
        restarts = plan.rows.shape[1]

        def body(i: Array, carried: tuple[Any, Array]) -> tuple[Any, Array]:
            (models, moments), total = carried
            rows = plan.rows[i]
            batch = Batch(data.tokens[rows], data.lengths[rows], data.labels[rows], plan.weights[i])
            inputs = (models, moments, batch, plan.seeds[i])
            if restarts == 1:
                # Without a batch axis of size 1, which costs a copy here and there.
                first, second, third, fourth = jax.tree.map(lambda leaf: leaf[0], inputs)
                found = step(first, second, third, fourth, plan.temperatures[i])
                models, moments, value = jax.tree.map(lambda leaf: leaf[None], found)
            else:
                models, moments, value = jax.vmap(step, in_axes=(0, 0, 0, 0, None))(*inputs, plan.temperatures[i])
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
