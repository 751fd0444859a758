"""What the read-eval-print loop prints, to the letter of the original's transcripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from transformer_programs.rasp.evaluation import quoted, sequence_type
from transformer_programs.rasp.evaluator import Result
from transformer_programs.rasp.session import Session
from transformer_programs.rasp.values import Function, Matrix, Named, Sequenced

__all__ = ["Display"]


@dataclass(slots=True)
class Display:
    """Prints results.

    Args:
        session: whose running examples are shown.
        write: takes each piece of text.
        sop_examples: whether s-ops are shown on the running example.
        selector_examples: whether selectors are.
        full: whether sequences are shown below their inputs.
    """

    session: Session
    write: Callable[[str], object]
    sop_examples: bool = True
    selector_examples: bool = True
    full: bool = False
    _quiet: list[tuple[bool, bool]] = field(default_factory=list)

    def result(self, result: Result) -> None:
        """Prints what a statement gave."""
        if result.name is not None:
            self.named(result.name, result.value)
        elif isinstance(result.value, Matrix):
            self.write("\t = \n")
            self._grid(result.value, "")
        elif isinstance(result.value, Sequenced):
            if self.full:
                self.write("\t = ")
                self._table(result.value.on, result.value, "", "")
            else:
                self.write(f"\t =  {result.value}\n")

    def named(self, name: str | None, value: Any, tabs: int = 0, before: str = "") -> None:
        """Prints a value and its name; inside lists and dictionaries indented, and `before` it the key."""
        pad = "\t" * tabs
        if isinstance(value, Named):
            self._lazy(name or value.name, value, pad, before)
        elif isinstance(value, Function):
            self.write(f"{pad} {before}    {value}\n")
        elif isinstance(value, (list, dict)):
            self._container(name, value, tabs, before)
        else:
            label = f"{name} = " if name is not None else ""
            self.write(f"{pad}    value: {label} {quoted(value)}\n")

    def _lazy(self, name: str, value: Named, pad: str, before: str) -> None:
        self.write(f"{pad} {before}    {'selector' if value.is_selector else 's-op'}: {name}\n")
        if value.is_selector:
            if self.selector_examples:
                self.write(f"{pad} \t Example:\n")
                on = self.session.selector_example
                found = self.session.evaluate(value, on)
                assert isinstance(found, Matrix)
                self._grid(found, pad)
        elif self.sop_examples:
            on = self.session.sop_example
            called = f"{name}({quoted(on)}) ="
            if self.full:
                self.write(f"{pad} \t Example:")
                found = self.session.evaluate(value, on)
                assert isinstance(found, Sequenced)
                # The original shows the selectors' example above an s-op's values.
                self._table(self.session.selector_example, found, pad, called)
            else:
                self.write(f"{pad} \t Example: {called} {self.session.evaluate(value, on)}\n")

    def _container(self, name: str | None, value: list[Any] | dict[Any, Any], tabs: int, before: str) -> None:
        pad = "\t" * tabs
        kind = "list" if isinstance(value, list) else "dict"
        label = f"   {kind}: " + (f"{name} = " if name is not None else "")
        self.write(f"{pad} {before} {label}")
        parts = value if isinstance(value, list) else list(value.values())
        if not any(isinstance(part, (list, dict, Named)) for part in parts):
            self.write(f"{_flat(value)}\n")
            return
        brackets = "[]" if kind == "list" else "{}"
        self.write(f"{pad} {brackets[0]}\n")
        if isinstance(value, list):
            for part in value:
                self.named(None, part, tabs + 2)
        else:
            for key, part in value.items():
                self.named(None, part, tabs + 3, f"{quoted(key)} : ")
        self.write(f"{pad}{' ' * (len(label) + 2)}{brackets[1]}\n")

    def _grid(self, matrix: Matrix, pad: str) -> None:
        lines = matrix.lines()
        self.write(f"{pad} \t\t\t{next(lines)}\n")
        for line in lines:
            self.write(f"{pad} \t\t\t {line}\n")

    def _table(self, on: Any, found: Sequenced, pad: str, called: str) -> None:
        """Values below their inputs; where all are equal, on the line begun."""
        if len(set(found.values)) == 1:
            self.write(f" {called} {found} [skipped full display: identical values]\n")
            return
        self.write("\n")
        above, below = list(map(str, _marks(list(on)))), list(map(str, _marks(found.values)))
        wide = max(map(len, above + below))
        for label, cells, kind in (("input:  ", above, "string"), ("output: ", below, sequence_type(found.values))):
            self.write(f"{pad} \t\t{label} {' '.join(cell.rjust(wide) for cell in cells)} \t ({kind}s)\n")


def _flat(value: list[Any] | dict[Any, Any]) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_item(part)}" for key, part in value.items()) + "}"
    return "[" + ", ".join(map(_item, value)) + "]"


def _item(value: Any) -> str:
    return str(value) if isinstance(value, (Function, Sequenced, Matrix)) else repr(value)


def _marks(values: list[Any]) -> Iterator[Any]:
    """Bools as T and F, of which the more frequent is left out."""
    if not isinstance(values[0], bool):
        yield from values
        return
    true, false = values.count(True), values.count(False)
    for value in values:
        yield ("T" if true <= false else "") if value else ("F" if false <= true else "")
