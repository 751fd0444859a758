"""Learners: data in, discrete program out. Layer 4."""

from __future__ import annotations

from transformer_programs.errors import ConfigError
from transformer_programs.learn.base import Learner

__all__ = ["LEARNERS", "learner_named"]

LEARNERS = ("any-length", "auto", "grow", "hard", "relaxed", "text")


def learner_named(name: str, *, preset: str | None = None) -> Learner:
    """A learner with its default settings; imports only what that learner needs.

    Args:
        name: one of LEARNERS.
        preset: a named recipe: of `relaxed` such as paper, of `hard` A, F or G.

    Raises:
        ConfigError: no such learner or preset.
    """
    if name == "relaxed":
        from transformer_programs.learn.relaxed import Relaxed, preset_named

        return preset_named(preset) if preset else Relaxed()
    if preset is not None and name != "hard":
        raise ConfigError(place="--preset", got=f"{preset!r} for the learner {name}", expected="a learner with presets")
    if name == "hard":
        from transformer_programs.learn.hard import RECIPE_A, RECIPE_F, RECIPE_G, Hard

        recipes = {"A": RECIPE_A, "F": RECIPE_F, "G": RECIPE_G}
        if preset is None:
            return Hard()
        if preset not in recipes:
            raise ConfigError(place="--preset", got=repr(preset), expected="A, F or G for the learner hard")
        return Hard(schedule=recipes[preset])
    if name == "grow":
        from transformer_programs.learn.grow import Grow

        return Grow()
    if name == "text":
        from transformer_programs.learn.text import Text

        return Text()
    if name == "any-length":
        from transformer_programs.learn.anylength import AnyLength

        return AnyLength()
    if name == "auto":
        from transformer_programs.learn.auto import Auto

        return Auto()
    raise ConfigError(place="--learner", got=repr(name), expected=", ".join(LEARNERS))
