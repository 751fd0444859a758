"""Program <-> JSON, versioned. Loading never executes anything and checks everything it reads."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Any

from transformer_programs.errors import ProgramError
from transformer_programs.program import nodes
from transformer_programs.program.check import check
from transformer_programs.program.packed import check_sizes, pack, unpack
from transformer_programs.program.program import Frame, Program, Reading, Step

__all__ = ["FORMAT", "VERSION", "dumps", "load", "loads"]

FORMAT = "transformer-program"
VERSION = 1

_CLASSES: dict[str, type] = {
    name: getattr(nodes, name) for name in nodes.__all__ if dataclasses.is_dataclass(getattr(nodes, name))
} | {"Program": Program, "Step": Step, "Frame": Frame, "Reading": Reading}
_FIELDS = {name: typing.get_type_hints(cls, {**vars(nodes), **_CLASSES}) for name, cls in _CLASSES.items()}


def dumps(program: Program) -> str:
    """The program as JSON text that `loads` reads back to an equal program; one step a line.

    >>> from transformer_programs.program import Emit, Program
    >>> echo = Program(name="echo", vocabulary=("a",), max_length=2, output=Emit("tokens"))
    >>> loads(dumps(echo)) == echo
    True
    """
    body = _encode(program)
    lines = [f'"format": "{FORMAT}"', f'"version": {VERSION}']
    for key, value in body.items():
        if key == "is" or (key == "reading" and program.reading == Reading()):
            continue
        if key == "steps" and value:
            steps = ",\n    ".join(_text(step) for step in value)
            lines.append(f'"steps": [\n    {steps}\n  ]')
        else:
            lines.append(f"{json.dumps(key)}: {_text(value)}")
    return "{\n  " + ",\n  ".join(lines) + "\n}\n"


def loads(text: str, place: str = "program.json") -> Program:
    """The program in a JSON text.

    Raises:
        ProgramError: the text is no JSON, of another format or version, or not a well-formed program.
    """
    try:
        body = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = f"{place} line {error.lineno}" if isinstance(error, json.JSONDecodeError) else place
        raise ProgramError(place=where, got=f"no JSON ({error})", expected="a program written by tprog") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ProgramError(place=place, got="JSON without our format mark", expected=f'"format": "{FORMAT}"')
    if type(body.get("version")) is not int or body["version"] != VERSION:
        raise ProgramError(
            place=place,
            got=f"version {_show(body.get('version'))}",
            expected=f"version {VERSION}",
            todo="use the release that wrote it, or train again",
        )
    body = {"reading": _encode(Reading()), **body}  # a file without it: words as they are written
    body = {key: value for key, value in body.items() if key not in ("format", "version")}
    check_sizes(body.get("steps"), place)
    try:
        program = _decode({"is": "Program", **body}, Program, place)
        return check(program)
    except RecursionError as error:
        raise ProgramError(place=place, got="selectors nested too deeply", expected="fewer levels") from error
    except ProgramError as error:
        if error.place.startswith(place):
            raise
        raise ProgramError(
            place=f"{place}: {error.place}", got=error.got, expected=error.expected, todo=error.todo
        ) from error


def load(path: Path) -> Program:
    """The program in a JSON file.

    Raises:
        ProgramError: the file cannot be read or does not hold a program.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(
            place=str(path), got=f"a file that cannot be read ({error})", expected="a program"
        ) from error
    return loads(text, str(path))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _encode(value: Any) -> Any:
    if isinstance(value, nodes.Table) and (packed := pack(value.cells)) is not None:
        return {"is": "Table", "reads": _encode(value.reads), "cells": packed}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if isinstance(value, Reading) and not value.text:
            del fields["text"]  # stands in the file only where it is set
        return {"is": type(value).__name__, **fields}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return value


def _decode(value: Any, hint: Any, place: str) -> Any:
    """`value` as the type `hint`, or an error that says where it differs."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(value, arguments, place)
    if origin is tuple and isinstance(value, tuple):
        return value  # an unpacked table: JSON itself has no tuples
    if origin is tuple:
        if not isinstance(value, list):
            raise ProgramError(place=place, got=_show(value), expected="a list")
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            if set(map(type, value)) <= set(typing.get_args(arguments[0]) or arguments[:1]):
                return tuple(value)  # numbers and texts, as they should be
            return tuple(_decode(item, arguments[0], f"{place}[{i}]") for i, item in enumerate(value))
        if len(value) != len(arguments):
            raise ProgramError(place=place, got=f"{len(value)} items", expected=str(len(arguments)))
        return tuple(_decode(item, kind, f"{place}[{i}]") for i, (item, kind) in enumerate(zip(value, arguments)))
    if dataclasses.is_dataclass(hint):
        return _decode_union(value, (hint,), place)
    if hint is type(None):
        hint = types.NoneType
    if type(value) is not hint:
        raise ProgramError(place=place, got=_show(value), expected=getattr(hint, "__name__", str(hint)))
    return value


def _decode_union(value: Any, kinds: tuple[Any, ...], place: str) -> Any:
    names = {kind.__name__ for kind in kinds if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
    if not names:
        for kind in kinds:
            if type(value) is kind:
                return value
            if typing.get_origin(kind) is tuple and isinstance(value, list):
                return _decode(value, kind, place)
        expected = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
        raise ProgramError(place=place, got=_show(value), expected=expected)
    if not isinstance(value, dict) or not isinstance(value.get("is"), str) or value["is"] not in names:
        got = f'"is": {_show(value.get("is"))}' if isinstance(value, dict) else _show(value)
        raise ProgramError(place=place, got=got, expected=f'an object with "is" one of {", ".join(sorted(names))}')
    name = value["is"]
    hints = _FIELDS[name]
    if name == "Reading":
        value = {"text": False, **value}
    if set(value) - {"is"} != set(hints):
        odd = sorted(set(value) - {"is"} ^ set(hints)) or ["?"]
        raise ProgramError(place=place, got=f"{name} with odd or missing {', '.join(odd)}", expected=", ".join(hints))
    if name == "Table" and isinstance(value["cells"], dict):
        value = value | {"cells": unpack(value["cells"], f"{place}.cells")}
    return _CLASSES[name](**{key: _decode(value[key], hint, f"{place}.{key}") for key, hint in hints.items()})


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
