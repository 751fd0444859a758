"""Learners: data in, discrete program out. Layer 4."""

from __future__ import annotations

from transformer_programs.errors import ConfigError
from transformer_programs.learn.base import Learner

__all__ = ["LEARNERS", "learner_named"]

LEARNERS = ("auto", "grow", "hard", "relaxed")


def learner_named(name: str, *, preset: str | None = None) -> Learner:
    """A learner with its default settings; imports only what that learner needs.

    Args:
        name: one of LEARNERS.
        preset: of `relaxed` or `hard`: a named recipe.

    Raises:
        ConfigError: no such learner or preset.
    """
    if name == "relaxed":
        from transformer_programs.learn.relaxed import Relaxed, preset_named

        return preset_named(preset) if preset else Relaxed()
    if preset is not None and name != "hard":
        raise ConfigError(place="--preset", got=f"{preset!r} for the learner {name}", expected="a learner with presets")
    if name == "hard":
        from transformer_programs.learn.hard import Hard
        from transformer_programs.learn.hard import preset_named as hard_preset

        return hard_preset(preset) if preset else Hard()
    if name == "grow":
        from transformer_programs.learn.grow import Grow

        return Grow()
    if name == "auto":
        from transformer_programs.learn.auto import Auto

        return Auto()
    raise ConfigError(place="--learner", got=repr(name), expected=", ".join(LEARNERS))
