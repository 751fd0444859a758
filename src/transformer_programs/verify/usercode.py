"""A user's own Python function as a specification: loaded only where the user says so."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformer_programs.errors import ConfigError, DataError
from transformer_programs.verify.judge import Check

__all__ = ["check_from", "is_function", "load_function"]


def is_function(text: str) -> bool:
    """Whether it names a function: FILE.py:NAME."""
    path, colon, name = text.rpartition(":")
    return bool(colon) and path.endswith(".py") and name.isidentifier()


def load_function(text: str, *, allowed: bool) -> Callable[..., Any]:
    """The function FILE.py:NAME; the file is executed.

    Raises:
        ConfigError: not allowed, or no such function.
        DataError: the file raises.
    """
    file, _, name = text.rpartition(":")
    if not allowed:
        todo = "it would be executed: say --allow-code if you trust it"
        raise ConfigError(place=text, got="a Python file", expected="--allow-code beside it", todo=todo)
    path = Path(file)
    spec = importlib.util.spec_from_file_location("specification", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ConfigError(place=file, got="no such file", expected="a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise DataError(place=file, got=f"{type(error).__name__}: {error}", expected="a file that runs") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ConfigError(place=text, got=f"no function {name!r} in the file", expected="a function of its top level")
    return function  # type: ignore[no-any-return]


def check_from(function: Callable[..., Any], name: str) -> Check:
    """The function as a claim: called with the tokens between the markers and the answers there, both as lists.

    What it raises, or an answer other than true or false, becomes a DataError that names the input.
    """

    def check(word: Sequence[str], answers: Sequence[str]) -> bool:
        place = f"{name} on {' '.join(word)}"
        try:
            kept = function([*word], [*answers])
        except Exception as error:
            got = f"{type(error).__name__}: {error}"
            raise DataError(place=place, got=got, expected="True or False: a specification must not raise") from error
        if not isinstance(kept, bool):
            raise DataError(place=place, got=repr(kept)[:60], expected="True or False")
        return kept

    return check
