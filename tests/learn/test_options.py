"""Learner settings by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import pytest

from transformer_programs.errors import ConfigError
from transformer_programs.learn.auto import Auto
from transformer_programs.learn.hard import Hard
from transformer_programs.learn.options import fields, with_settings


class Way(Enum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Inner:
    layers: int = 3
    rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class Outer:
    fast: bool = False
    way: Way = Way.LEFT
    inner: Inner = field(default_factory=Inner)


def test_nested_settings_are_replaced_by_type() -> None:
    found = with_settings(Outer(), ["inner.layers=2", "inner.rate=0.5", "fast=true"])
    assert found == Outer(fast=True, inner=Inner(layers=2, rate=0.5))
    assert with_settings(found, ["inner.rate=none"]).inner.rate is None
    assert fields(found) == {"fast": True, "way": Way.LEFT, "inner.layers": 2, "inner.rate": 0.5}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("way=up", r"--set way: got 'up'; expected left or right"),
        ("fast=maybe", r"--set fast: got 'maybe'; expected true or false"),
        ("inner.rate=x", r"--set inner.rate: got 'x'; expected a number or none"),
        ("inner.lares=1", r"--set inner.lares: got no such setting; expected one of inner.layers, inner.rate$"),
        ("iner.rate=1", r"--set iner.rate: got no such setting; expected one of fast, way, inner.layers, inner.rate$"),
    ],
)
def test_what_may_be_written_is_said(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        with_settings(Outer(), [setting])


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("grow.minutes=-1", "grow.minutes: got -1.0; expected 0 or more"),
        ("hard.restarts=0", "hard.restarts: got 0; expected 1 or more"),
        ("grow.effort.values=1", "grow.effort.values: got 1; expected 2 or more"),
        ("hard.shape.layers=0", "hard.shape.layers: got 0; expected 1 or more"),
    ],
)
def test_what_a_nested_configuration_refuses_is_named_in_full(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        with_settings(Auto(), [setting])


def test_a_place_that_is_named_in_full_stays() -> None:
    with pytest.raises(ConfigError, match=r"^shape.layers: got 0"):
        with_settings(Hard(), ["shape.layers=0"])


@pytest.mark.parametrize("setting", ["layers=2", "inner=2", "inner.layers=two", "fast=3", "inner.layers", "fast.x=1"])
def test_bad_settings_are_named(setting: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        with_settings(Outer(), [setting])
