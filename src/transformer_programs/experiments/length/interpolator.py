"""The min-degree interpolator (Abbe et al., 2023), and where it goes wrong (Zhou et al., ICLR 2024, section 4.1).

A function of n bits is a sum of characters, f(x) = sum over sets S of c_S * product over i in S of (1 - 2 x_i). Its
degree profile is (W_n, .., W_0), W_d the sum of c_S^2 over the sets of size d. Of all functions that agree with the
training data, the min-degree interpolator has the least degree profile, compared from W_n down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from transformer_programs.errors import ConfigError

__all__ = ["MOST_BITS", "Bits", "MinDegree", "all_bits", "conjunction_inputs", "min_degree", "min_degree_of_cube"]

MOST_BITS = 11
"""2^11 unknowns: beyond, the linear algebra takes minutes."""

Bits = Int[np.ndarray, "input bit"]


@dataclass(frozen=True, slots=True)
class MinDegree:
    """A function of bits by its coefficients.

    Args:
        sets: for every coefficient which bits its character is of.
        coefficients: c_S.
    """

    sets: Bits
    coefficients: Float[np.ndarray, " set"]

    def __call__(self, inputs: Bits) -> Float[np.ndarray, " input"]:
        """Its values."""
        return np.asarray(_characters(inputs, self.sets) @ self.coefficients)

    @property
    def profile(self) -> tuple[float, ...]:
        """W_n, .., W_0."""
        degree = self.sets.sum(axis=1)
        weights = np.bincount(degree, self.coefficients**2, minlength=self.sets.shape[1] + 1)
        return tuple(float(w) for w in weights[::-1])


def min_degree(inputs: Bits, values: Float[np.ndarray, " input"]) -> MinDegree:
    """The min-degree interpolator of some inputs and values, from its definition.

    The functions that agree with the data are an affine space; the least W_n is a least-squares problem in it, whose
    solutions are an affine space again, in which W_(n-1) is made least, and so on down.

    Raises:
        ConfigError: more than 11 bits, or values that no function has.

    >>> both = np.array([[0, 1], [1, 1]])
    >>> f = min_degree(both, np.array([0.0, 1.0]))  # the second bit never varies
    >>> f(np.array([[1, 0], [0, 0]])).round(6).tolist()
    [1.0, 0.0]
    """
    bits = inputs.shape[1]
    if bits > MOST_BITS:
        raise ConfigError(
            place="bits", got=str(bits), expected=f"at most {MOST_BITS}", todo="min_degree_of_cube has a closed form"
        )
    sets = all_bits(bits)
    system = _characters(inputs, sets)
    found = np.linalg.lstsq(system, values, rcond=None)[0]
    if not np.allclose(system @ found, values, atol=1e-8):
        raise ConfigError(place="values", got="two values for one input", expected="a function")
    free = _null_space(system)
    degree = sets.sum(axis=1)
    for d in range(bits, -1, -1):
        rows = free[degree == d]
        if not free.shape[1]:
            break
        found = found - free @ np.linalg.lstsq(rows, found[degree == d], rcond=None)[0]
        free = free @ _null_space(rows)
    return MinDegree(sets, found)


def min_degree_of_cube(bits: int, fixed: int) -> tuple[int, int]:
    """The closed form for the conjunction of all bits where training has every input whose last bits are 1.

    Proof. On such inputs the character of S + T, T among the fixed bits, is that of S but for its sign. So a function
    agrees with the data if and only if, for every S among the free bits, the signed sum of c_(S+T) over all T is the
    coefficient of S in the conjunction of the free bits. T = {} can carry that whole sum at the least degree, |S|; a
    share given to another T stands at a higher degree, where the weight can be 0 instead. So, from the top degree down,
    every share with T not empty is 0, and the interpolator is the conjunction of the free bits. (Tests compare it with
    `min_degree` at small sizes.)

    Args:
        bits: of the input.
        fixed: the last so many are always 1 in training.

    Returns:
        how many bits it is the conjunction of, and how many it ignores.
    """
    if not 0 <= fixed < bits:
        raise ConfigError(place="fixed", got=str(fixed), expected=f"0 to {bits - 1}")
    return bits - fixed, fixed


def conjunction_inputs(
    random: np.random.Generator, count: int, bits: int, among: Sequence[int], always: Sequence[int] = ()
) -> Bits:
    """Inputs for the conjunction, the paper's way: half have exactly one 0, half are all 1 or have several.

    Args:
        random: draws.
        count: how many.
        bits: of each.
        among: where zeros may be.
        always: where at least one zero is.
    """
    inputs = np.ones((count, bits), np.int64)
    for row in inputs:
        kind = random.random()
        if kind < 0.5:
            row[random.choice(always or among)] = 0
        elif kind < 0.75 or always:
            row[list(among)] = random.integers(2, size=len(among))
            if always and row[list(always)].all():
                row[random.choice(always)] = 0
    return inputs


def all_bits(bits: int) -> Bits:
    """All inputs of so many bits; also all sets of them."""
    return (np.arange(2**bits)[:, None] >> np.arange(bits)) & 1


def _characters(inputs: Bits, sets: Bits) -> Float[np.ndarray, "input set"]:
    return np.asarray(1.0 - 2.0 * (inputs @ sets.T % 2))


def _null_space(matrix: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "column free"]:
    """An orthonormal basis of what the matrix takes to 0."""
    if not matrix.size:
        return np.eye(matrix.shape[1])
    _, sizes, right = np.linalg.svd(matrix)
    return np.asarray(right[int((sizes > 1e-9 * max(sizes[0], 1)).sum()) :].T)
