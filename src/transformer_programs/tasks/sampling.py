"""Drawing distinct inputs and splitting them: the same seed gives the same parts on every machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from random import Random
from typing import TypeVar

from transformer_programs.errors import ConfigError, DataError

__all__ = ["MAX_SIZE", "draw", "seeded", "split"]

Tokens = tuple[str, ...]
Item = TypeVar("Item")

MAX_SIZE = 10_000_000
"""Most examples of one data set: they are kept in memory."""


def seeded(seed: int) -> Random:
    """A generator of random numbers of its own.

    Raises:
        ConfigError: the seed is negative.
    """
    if seed < 0:
        raise ConfigError(place="seed", got=str(seed), expected="0 or more")
    return Random(seed)


def draw(
    sample: Callable[[Random], Tokens],
    inputs: Callable[[], Iterable[Tokens]],
    count: int,
    *,
    size: int,
    seed: int,
    place: str,
) -> list[Tokens]:
    """`size` distinct sequences (compared as tuples) in random order, or all `count` of them where there are fewer.

    Samples are drawn until enough distinct ones turned up; short sequences therefore run out first. Where only rare
    ones are left, the missing ones are taken evenly from all remaining inputs, if these are few enough to list.

    Raises:
        ConfigError: `size` or `seed` out of range.
        DataError: fewer than three inputs exist (one a part), or too many draws went by without a new one.
    """
    if not 3 <= size <= MAX_SIZE:
        raise ConfigError(place=f"{place}, size", got=str(size), expected=f"3 to {MAX_SIZE}")
    rng = seeded(seed)
    if count < 3:
        raise DataError(place=place, got=f"{count} possible inputs", expected="at least 3", todo="enlarge it")
    if size >= count:
        drawn = list(inputs())
    else:
        found: dict[Tokens, None] = {}
        for _ in range(100 * size):
            found[sample(rng)] = None
            if len(found) == size:
                break
        if len(found) < size:
            if count > MAX_SIZE:
                got = f"{len(found)} distinct inputs in {100 * size} draws"
                raise DataError(place=place, got=got, expected=str(size), todo="ask for a smaller data set")
            rest = [tokens for tokens in inputs() if tokens not in found]
            found |= dict.fromkeys(rng.sample(rest, size - len(found)))
        drawn = list(found)
    rng.shuffle(drawn)
    return drawn


def split(
    items: Sequence[Item], fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
) -> tuple[tuple[Item, ...], tuple[Item, ...], tuple[Item, ...]]:
    """Train, validation and test, in the order of the items; no part is empty.

    >>> [len(part) for part in split(range(20_000))]
    [16000, 2000, 2000]
    """
    # The epsilon keeps 0.1 * 30 = 3.0000000000000004 and its kind from depending on rounding.
    validation, test = (max(1, int(len(items) * fraction + 1e-9)) for fraction in fractions[1:])
    rest = iter(items)
    train = len(items) - validation - test
    return tuple(islice(rest, train)), tuple(islice(rest, validation)), tuple(rest)
