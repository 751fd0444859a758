"""Settings shared by all layers: bounds that keep a mistake from filling the memory."""

from __future__ import annotations

from transformer_programs.errors import ConfigError

__all__ = ["MAX_VOCABULARY", "at_least"]

MAX_VOCABULARY = 1_000_000
"""Most tokens a vocabulary may have."""


def at_least(flag: str, value: int | float, low: int | float) -> None:
    """Raises ConfigError where a setting is below its least value.

    >>> at_least("--steps", 3, 1)
    """
    if not value >= low:
        raise ConfigError(place=flag, got=str(value), expected=f"{low} or more")
