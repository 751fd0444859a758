"""Text for people: titles, aligned rows and trees; coloured on a terminal, plain where it is piped."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transformer_programs.explain.values import width

__all__ = ["Cell", "Sheet"]

PLAIN_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text and its style in rich's words, such as "bold" or "dim"; data is never markup."""

    text: str
    style: str = ""


Line = Sequence[Cell | str]


class Sheet:
    """Prints line by line.

    Args:
        colour: None: where standard output is a terminal.
    """

    def __init__(self, colour: bool | None = None) -> None:
        self._console = None
        self.width = PLAIN_WIDTH
        if sys.stdout.isatty() if colour is None else colour:
            from rich.console import Console

            self._console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
            self.width = max(shutil.get_terminal_size().columns, 40)

    def line(self, *cells: Cell | str) -> None:
        """One line."""
        parts = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
        if self._console is None:
            print("".join(part.text for part in parts).rstrip())
            return
        from rich.text import Text

        text = Text()
        for part in parts:
            text.append(part.text, part.style)
        text.rstrip()
        self._console.print(text)

    def title(self, text: str) -> None:
        """A blank line and a heading."""
        self.line()
        self.line(Cell(text, "bold"))

    def rows(self, rows: Iterable[Line], right: Sequence[int] = (), gap: int = 2) -> None:
        """Rows of cells, aligned by column.

        Args:
            right: columns whose cells stand at the right.
            gap: blanks between columns.
        """
        table = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
        count = max(map(len, table), default=0)
        widths = [max((width(row[i].text) for row in table if i < len(row)), default=0) for i in range(count)]
        for row in table:
            cells: list[Cell] = []
            for i, cell in enumerate(row):
                space = " " * (widths[i] - width(cell.text))
                padded = space + cell.text if i in right else cell.text + space
                cells += [Cell(padded, cell.style), Cell(" " * gap)]
            self.line(*cells)

    def blocks(self, names: Sequence[Cell | str], columns: Sequence[Line]) -> None:
        """A wide table: names at the left, one column a position, broken into blocks that fit the width."""
        heads = [cell if isinstance(cell, Cell) else Cell(cell) for cell in names]
        left = max(width(cell.text) for cell in heads) + 2
        cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in column] for column in columns]
        sizes = [max(width(cell.text) for cell in column) + 1 for column in cells]
        start = 0
        while start < len(cells):
            end, used = start + 1, left + sizes[start]
            while end < len(cells) and used + sizes[end] <= self.width:
                used += sizes[end]
                end += 1
            if start:
                self.line()
            for number, head in enumerate(heads):
                space = " " * (left - width(head.text))
                row = [Cell(head.text + space, head.style)]
                for column, size in zip(cells[start:end], sizes[start:end]):
                    cell = column[number]
                    row.append(Cell(cell.text + " " * (size - width(cell.text)), cell.style))
                self.line(*row)
            start = end
