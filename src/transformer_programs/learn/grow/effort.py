"""How hard growing looks."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.config import at_least

__all__ = ["Effort"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to look.

    Args:
        sample: most sequences that candidates are scored on.
        tokens: about the most tokens in them.
        glance: tokens of them that a first look is taken at.
        damping: lambda of the gain.
        penalty: L2 weight of the scores.
        values: most outputs of a learned table.
        thrift: how many times its price in nats a part must gain.
        matched: most variables that heads match on, at the query and at the key each.
        ahead: how many of the best candidates are judged with the best that could follow them; 1: none, each by itself.
        threads: how many at once.
    """

    sample: int = 2000
    tokens: int = 32_000
    glance: int = 2500
    damping: float = 3.0
    penalty: float = 0.1
    values: int = 16
    thrift: float = 1.0
    matched: int = 24
    ahead: int = 1
    threads: int = 2

    def __post_init__(self) -> None:
        for name in ("sample", "tokens", "glance", "matched", "ahead", "threads"):
            at_least(f"effort.{name}", getattr(self, name), 1)
        at_least("effort.values", self.values, 2)
        for name in ("damping", "penalty", "thrift"):
            at_least(f"effort.{name}", getattr(self, name), 0)
