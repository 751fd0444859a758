"""What one forward pass needs besides the parameters: noise, temperature, and what is soft."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from transformer_programs.learn.relaxed.algebra import choose, draw, fence
from transformer_programs.learn.relaxed.config import Relaxation, Sampling
from transformer_programs.learn.relaxed.noise import counted, gumbel, uniform

__all__ = ["Draw"]


class Draw(eqx.Module):
    """One Gumbel sample of the program distribution p(theta | Phi) (paper, section 3.4).

    Args:
        seed: of the step.
        temperature: of every choice in it.
        relaxation: what is soft, and where noise enters.
        noise: what the Gumbel noise is multiplied by.
    """

    seed: UInt32[Array, "2"]
    temperature: Float[Array, ""]
    relaxation: Relaxation = eqx.field(static=True)
    noise: Float[Array, ""] | float = 1.0

    @property
    def one(self) -> Float[Array, ""]:
        """1, computed from the temperature so that a compiler cannot know it: see `algebra.fence`."""
        return jnp.where(self.temperature > 0.0, 1.0, jnp.nan)

    def choose(
        self, site: int, logits: Array, *, axis: int, noisy: bool = True, index: Int[Array, "..."] | None = None
    ) -> Array:
        """A relaxed one-hot choice along an axis: Gumbel-softmax, or plain softmax where not noisy.

        Args:
            site: which choice of the step; every choice has its own.
            logits: of the alternatives; -inf or a very negative number for what cannot be chosen.
            axis: of the alternatives.
            noisy: whether Gumbel noise is added.
            index: where the same choice occurs several times: equal noise for equal indices.
        """
        sampling = self.relaxation.sampling
        if noisy:
            noise = self.noise * gumbel(self.seed, site, counted(logits.shape) if index is None else index)
            if sampling is Sampling.HARD:
                return fence(draw(axis, logits, noise, self.temperature), self.one)
            logits = logits + noise
        return fence(choose(axis, sampling is not Sampling.SOFT, logits, self.temperature), self.one)

    def drop(self, site: int, x: Array) -> Array:
        """Dropout: a share of the entries set to 0, the others scaled up."""
        rate = self.relaxation.dropout
        if rate == 0.0:
            return x
        return jnp.where(uniform(self.seed, site, counted(x.shape)) >= rate, x / (1.0 - rate), 0.0)
