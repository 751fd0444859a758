"""Training a decoder on a format, and measuring it at any length: exact match of whole answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from jaxtyping import Array, Float, Int

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, TrainingError
from transformer_programs.experiments.length.contexts import Contexts, placed, training_contexts
from transformer_programs.experiments.length.model import Decoder, Size, initial
from transformer_programs.experiments.length.samples import END, Format, Sample

__all__ = ["Protocol", "complete", "exact_match", "train_decoder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How a decoder is trained.

    Args:
        longest: the greatest length trained; lengths are uniformly random from 1.
        room: the greatest length tested: the vocabulary and the context are made for it.
        steps, rows: of AdamW; contexts a step.
        rate: its learning rate, after a warm-up over a twentieth of the steps; falls along a cosine to 0.
        decay: weight decay.
        growth: the share of the steps over which the greatest length grows from 2 to `longest`.
        prompts: what a token of a prompt weighs in the loss, where one of an answer weighs 1.
    """

    longest: int = 20
    room: int = 40
    steps: int = 3000
    rows: int = 32
    rate: float = 1e-3
    decay: float = 0.01
    growth: float = 0.0
    prompts: float = 0.0

    def __post_init__(self) -> None:
        for name in ("longest", "steps", "rows"):
            at_least(name, getattr(self, name), 1)
        if self.room < self.longest:
            raise ConfigError(place="room", got=str(self.room), expected=f"at least the length trained, {self.longest}")
        if not 0 <= self.growth <= 1:
            raise ConfigError(place="growth", got=f"{self.growth:g}", expected="a share of the steps, 0 to 1")
        if not 0 <= self.prompts <= 1:
            raise ConfigError(place="prompts", got=f"{self.prompts:g}", expected="a weight, 0 to 1")

    def longest_at(self, step: int) -> int:
        """The greatest length of a step.

        >>> protocol = Protocol(longest=8, steps=100, growth=0.5)
        >>> [protocol.longest_at(step) for step in (0, 10, 25, 50, 99)]
        [2, 3, 5, 8, 8]
        """
        growing = self.growth * self.steps
        return self.longest if step >= growing else min(self.longest, 2 + int((self.longest - 1) * step / growing))


def train_decoder(
    task: Format,
    size: Size,
    protocol: Protocol,
    seed: int,
    report: Callable[[int, float], None] = lambda step, loss: None,
) -> Decoder:
    """A trained decoder: same seed and machine, same weights.

    Args:
        task: what is learned.
        size: of the model; its context must hold a sample of the length tested.
        protocol: how it is trained.
        seed: of weights and samples.
        report: told step and loss, every hundred steps.

    Raises:
        ConfigError: the context is too short.
        TrainingError: the loss is not finite.
    """
    needed = task.size(protocol.room)
    if size.context < needed:
        raise ConfigError(
            place="context",
            got=f"{size.context} positions",
            expected=f"{needed}, a sample of length {protocol.room} of {task.name}",
            todo="lengthen the context or shorten the test",
        )
    random = np.random.default_rng([seed, 1])
    model = initial(size, len(task.vocabulary(protocol.room)), jax.random.key(seed))
    warm = max(protocol.steps // 20, 1)
    schedule = optax.schedules.warmup_cosine_decay_schedule(
        0.0, protocol.rate, warm, max(protocol.steps, warm + 1), 0.0
    )
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, b2=0.98, weight_decay=protocol.decay))
    state = optimiser.init(eqx.filter(model, eqx.is_array))
    for step in range(protocol.steps):
        contexts = training_contexts(
            task,
            random,
            rows=protocol.rows,
            positions=size.context,
            longest=protocol.longest_at(step),
            room=protocol.room,
        )
        model, state, loss = _step(model, state, optimiser, weighed(contexts, protocol.prompts))
        if step % 100 == 99 or step + 1 == protocol.steps:
            if not np.isfinite(loss):
                raise TrainingError(
                    place=f"{task.name}, step {step + 1}", got="a loss that is not finite", todo="lower the rate"
                )
            report(step + 1, float(loss))
    return model


Weighed = tuple[Int[Array, "row position"], Int[Array, "row position"], Float[Array, "row target"], Int[Array, ""]]
"""Tokens, samples, what each token but the first weighs in the loss, and how many tokens are of answers."""


def weighed(contexts: Contexts, prompts: float) -> Weighed:
    """Contexts with the weights of their loss: 1 in answers, something in prompts, 0 on START and between samples."""
    tokens, sample, asked = contexts.parts
    asked, count = asked[:, :-1], asked[:, :-1].sum()
    told = (sample[:, 1:] == sample[:, :-1]) & (sample[:, 1:] > 0) & ~asked
    weights = jnp.asarray(asked + prompts * told, jnp.float32)
    return jnp.asarray(tokens), jnp.asarray(sample), weights, jnp.maximum(count, 1)


@eqx.filter_jit
def _step(model: Decoder, state: Any, optimiser: Any, given: Weighed) -> tuple[Decoder, Any, Array]:
    loss, gradient = eqx.filter_value_and_grad(_loss)(model, *given)
    updates, state = optimiser.update(gradient, state, eqx.filter(model, eqx.is_array))
    return eqx.apply_updates(model, updates), state, loss


def _loss(model: Decoder, tokens: Array, sample: Array, weights: Array, count: Array) -> Float[Array, ""]:
    """Cross-entropy, in nats: its weighed sum, divided by the number of the answers' tokens."""
    logits = model(tokens, sample)[:, :-1]
    losses = optax.losses.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:])
    return jnp.sum(weights * losses) / count


@eqx.filter_jit
def _greedy(model: Decoder, tokens: Array, sample: Array) -> Array:
    return model(tokens, sample).argmax(axis=-1)


def exact_match(model: Decoder, task: Format, size: Size, samples: list[Sample], seed: int = 0) -> float:
    """The share of samples whose whole answer, END included, is the most likely one, token by token.

    Under teacher forcing: that is also the share that greedy decoding writes right, since up to the first error both
    see the same tokens.
    """
    contexts = placed(samples, size.context, np.random.default_rng([seed, 2]))
    right = 0
    for first in range(0, len(samples), 64):
        part = Contexts(*(x[first : first + 64] for x in contexts.parts))
        guess = np.asarray(_greedy(model, jnp.asarray(part.tokens), jnp.asarray(part.sample)))
        wrong = (guess[:, :-1] != part.tokens[:, 1:]) & part.asked[:, :-1]
        right += int((~wrong.any(axis=1)).sum())
    return right / len(samples)


def complete(model: Decoder, size: Size, prompt: list[int], *, at: int = 0) -> list[int]:
    """What the model writes after a prompt, greedily, until END or the end of the context.

    An answer that never ends is cut there: its last code is not END.

    Args:
        model: a trained decoder.
        size: of it.
        prompt: codes.
        at: the position of the first token.

    Raises:
        ConfigError: the prompt leaves no position for an answer.
    """
    if at + len(prompt) >= size.context:
        raise ConfigError(
            place="prompt",
            got=f"{len(prompt)} tokens from position {at} on",
            expected=f"fewer than the {size.context} positions of the model, so that an answer has room",
            todo="train with a longer test length: the context is made for it",
        )
    tokens = np.zeros((1, size.context), np.int32)
    sample = np.zeros((1, size.context), np.int32)
    tokens[0, at : at + len(prompt)] = prompt
    end = at + len(prompt)
    sample[0, at:end] = 1
    written: list[int] = []
    while end < size.context and (not written or written[-1] != END):
        written.append(int(_greedy(model, jnp.asarray(tokens), jnp.asarray(sample))[0, end - 1]))
        tokens[0, end], sample[0, end] = written[-1], 1
        end += 1
    return written
