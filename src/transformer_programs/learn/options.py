"""Learner settings by name: `layers=2` on the command line to a field of a frozen configuration."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Container, Sequence
from enum import Enum
from typing import Any, TypeVar

from transformer_programs.errors import ConfigError, TransformerProgramError

__all__ = ["fields", "with_settings"]

Config = TypeVar("Config")


def fields(config: Any, prefix: str = "") -> dict[str, Any]:
    """Every setting of a configuration with its value; nested ones joined by dots."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            found |= fields(value, f"{prefix}{field.name}.")
        else:
            found[prefix + field.name] = value
    return found


def with_settings(config: Config, settings: Sequence[str]) -> Config:
    """The configuration with `NAME=VALUE` settings replaced.

    Raises:
        ConfigError: a setting without `=`, an unknown name, or a value of another type.
        TransformerProgramError: as the configuration, with the place as a setting would name it: `grow.minutes`.
    """
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(place=f"--set {setting}", got="no '='", expected="NAME=VALUE")
        try:
            config = _replace(config, name.split("."), text, name)
        except TransformerProgramError as error:
            place = _place(error.place, name, fields(config))
            raise type(error)(place=place, got=error.got, expected=error.expected, todo=error.todo) from error
    return config


def _place(place: str, name: str, known: Container[str]) -> str:
    """Where a nested configuration says `minutes`, and the setting was of `grow`: `grow.minutes`."""
    *above, _ = name.split(".")
    for depth in range(len(above), 0, -1):
        if (full := ".".join([*above[:depth], place])) in known:
            return full
    return place


def _replace(config: Any, path: list[str], text: str, name: str) -> Any:
    head, *rest = path
    names = {field.name for field in dataclasses.fields(config)}
    if head not in names or (rest and not dataclasses.is_dataclass(getattr(config, head))):
        known = ", ".join(fields(config, name.removesuffix(".".join(path))))
        raise ConfigError(place=f"--set {name}", got="no such setting", expected=f"one of {known}")
    if rest:
        return dataclasses.replace(config, **{head: _replace(getattr(config, head), rest, text, name)})
    hint = typing.get_type_hints(type(config))[head]
    return dataclasses.replace(config, **{head: _parse(text, hint, name)})


def _parse(text: str, hint: Any, name: str) -> Any:
    kinds = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    for kind in kinds:
        if kind is type(None) and text.lower() == "none":
            return None
        if kind is bool and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind in (int, float, str):
            try:
                return kind(text)
            except ValueError:
                continue
        if isinstance(kind, type) and issubclass(kind, Enum):
            for member in kind:
                if text.lower() in (member.name.lower(), str(member.value).lower()):
                    return member
    raise ConfigError(place=f"--set {name}", got=repr(text), expected=" or ".join(map(_wanted, kinds)))


WANTED = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", type(None): "none"}


def _wanted(kind: Any) -> str:
    """What may be written for a value of a type."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(str(member.value) for member in kind)
    return WANTED.get(kind, str(kind))
