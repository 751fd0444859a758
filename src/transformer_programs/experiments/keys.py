"""Reading a declaration, a TOML file: every key known, of its type and in its range, or an error with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Hashable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from transformer_programs.errors import ConfigError

__all__ = ["Reader", "choice", "declared", "flag", "listed", "number", "read_keys", "text", "told_apart", "whole"]

Reader = Callable[[str, Any], Any]
"""From the place of a value and the value to what it means; raises ConfigError."""


def declared(what: str, name: str, package: str, todo: str) -> dict[str, Any]:
    """What a TOML file declares: one that ships in the folder `suites` of a package, by its name, or a user's.

    Raises:
        ConfigError: there is none, it cannot be read, or it is no TOML.

    >>> declared("suite", "auto-8", "transformer_programs.experiments", "")["learner"]
    'auto'
    """
    shipped = files(package) / "suites"
    try:
        if (shipped / f"{name}.toml").is_file():
            source = (shipped / f"{name}.toml").read_text(encoding="utf-8")
        elif Path(name).is_file():
            source = Path(name).read_text(encoding="utf-8")
        else:
            known = sorted(one.name.removesuffix(".toml") for one in shipped.iterdir() if one.name.endswith(".toml"))
            raise ConfigError(place=what, got=repr(name), expected=f"a TOML file, or one of {', '.join(known)}")
        return tomllib.loads(source)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(place=name, got=f"a file that cannot be read ({error})", expected="a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(place=name, got=f"no TOML ({error})", expected=todo) from error


def read_keys(place: str, body: Any, readers: Mapping[str, Reader], needed: Sequence[str]) -> dict[str, Any]:
    """What the keys of a table say.

    Raises:
        ConfigError: no table, an unknown or a missing key, or what a reader raises.

    >>> read_keys("s.toml", {"size": 3}, {"size": whole(1)}, ["size"])
    {'size': 3}
    >>> read_keys("s.toml", {"size": "3"}, {"size": whole(1)}, ["size"])
    Traceback (most recent call last):
    transformer_programs.errors.ConfigError: s.toml, size: got '3'; expected a whole number, 1 or more
    """
    if not isinstance(body, Mapping):
        raise ConfigError(place=place, got=repr(body), expected="a table of keys and values")
    for key in body:
        if key not in readers:
            raise ConfigError(place=place, got=f"the unknown key {key!r}", expected=f"some of {', '.join(readers)}")
    missing = [key for key in needed if key not in body]
    if missing:
        raise ConfigError(place=place, got=f"no key {' and '.join(missing)}", expected=f"at least {', '.join(needed)}")
    return {key: readers[key](f"{place}, {key}", value) for key, value in body.items()}


def text(place: str, value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(place=place, got=repr(value), expected="a text")
    return value


def flag(place: str, value: Any) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise ConfigError(place=place, got=repr(value), expected="true or false")
    return value


def choice(options: Sequence[str]) -> Reader:
    """One of some texts."""

    def read(place: str, value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise ConfigError(place=place, got=repr(value), expected=f"one of {', '.join(options)}")
        return value

    return read


def whole(least: int, most: int | None = None) -> Reader:
    """A whole number."""

    def read(place: str, value: Any) -> int:
        if type(value) is not int or value < least or (most is not None and value > most):
            bounds = f"{least} or more" if most is None else f"{least} to {most}"
            raise ConfigError(place=place, got=repr(value), expected=f"a whole number, {bounds}")
        return value

    return read


def number(least: float, most: float) -> Reader:
    """A number."""

    def read(place: str, value: Any) -> float:
        if type(value) not in (int, float) or not least <= value <= most:
            raise ConfigError(place=place, got=repr(value), expected=f"a number, {least:g} to {most:g}")
        return float(value)

    return read


def listed(one: Reader, *, least: int = 0) -> Reader:
    """A list, each of its items read; items are counted from 1."""

    def read(place: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) < least:
            expected = "a list" if not least else f"a list of at least {least}"
            raise ConfigError(place=place, got=repr(value), expected=expected)
        return tuple(one(f"{place} {i}", item) for i, item in enumerate(value, 1))

    return read


def told_apart(place: str, values: Sequence[Hashable]) -> None:
    """Refuses what stands in a list twice.

    Raises:
        ConfigError: with what it is.
    """
    for i, value in enumerate(values):
        if value in values[:i]:
            raise ConfigError(place=place, got=f"{value!r} twice", expected="each once")
