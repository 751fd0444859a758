"""Names and their values: nested environments, reserved names, and the copying of a loaded file's names."""

from __future__ import annotations

from typing import Any

from transformer_programs.rasp import expression as E
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.values import Named

__all__ = ["Environment"]

TOKEN_FORMS = ("asis", "str", "int", "float", "bool")
"""What `tokens_..` reads the input as."""

_WORDS = frozenset(
    ("if", "else", "not", "and", "or", "out", "def", "return", "range", "for", "in", "zip", "len", "get")
)


def _built_in() -> dict[str, Any]:
    """The built-in values: new ones for every session, since an assignment renames them."""
    inputs = {f"tokens_{form}": Named(E.tokens(form), f"tokens_{form}") for form in TOKEN_FORMS}
    return {"True": True, "False": False, "indices": Named(E.INDICES, "indices"), **inputs}


class Environment:
    """One level of names.

    Args:
        name: what functions defined here say they come from.
        parent: where names are looked up that are not here.
        gives_to: for a loaded file: the environment that gets its names too, those beginning with `_` excepted.
    """

    def __init__(self, name: str, parent: Environment | None = None, gives_to: Environment | None = None) -> None:
        self.name = name
        self._parent = parent
        self._gives_to = gives_to
        self._built_in: dict[str, Any] = parent._built_in if parent is not None else _built_in()
        self._fixed: dict[str, Any] = {}
        self._values: dict[str, Any] = {}

    def nested(self) -> Environment:
        """An environment for a function's call, which changes nothing here."""
        return Environment(self.name + "'", self)

    def get(self, name: str) -> Any:
        """The value of a name.

        Raises:
            RaspError: it has none.
        """
        if name in self._built_in:
            return self._built_in[name]
        level: Environment | None = self
        while level is not None:
            if name in level._fixed:
                return level._fixed[name]
            if name in level._values:
                return level._values[name]
            level = level._parent
        raise RaspError(f"Error: Undefined variable: {name}")

    def set(self, name: str, value: Any) -> None:
        """Gives a name a value.

        Raises:
            RaspError: the name is reserved.
        """
        if name in _WORDS or name in self._built_in or name in self._fixed:
            raise RaspError(f"Error: Cannot set reserved name: {name}")
        self._values[name] = value
        if self._gives_to is not None and not name.startswith("_"):
            self._gives_to.set(name, value)

    def set_out(self, value: Any) -> None:
        """Keeps the last value."""
        self._values["out"] = value

    def fix(self) -> None:
        """Reserves all names that have values here: those of the library."""
        self._fixed.update(self._values)
        self._values.clear()

    def snapshot(self) -> Environment:
        """The same names and values, apart from what happens here later."""
        copy = Environment(self.name, self._parent)
        copy._built_in = self._built_in
        copy._fixed = dict(self._fixed)
        copy._values = dict(self._values)
        return copy

    def names(self) -> list[str]:
        """Every name that has a value, for completion."""
        found = set(self._built_in)
        level: Environment | None = self
        while level is not None:
            found.update(level._fixed, level._values)
            level = level._parent
        return sorted(found)
