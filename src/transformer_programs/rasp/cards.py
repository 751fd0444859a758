"""The parts of a picture: a card for each value and each head, as SVG text; no other packages.

A value is its name, its formula, and a cell a position. A head is a grid, a row for each query position and a column
for each key position: above it stand the values at the keys, to its right what each row gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any
from xml.sax.saxutils import escape

from transformer_programs.rasp import expression as E
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.formula import formula
from transformer_programs.rasp.values import describe, sequence_text, small

__all__ = ["FAINT", "Card", "head_card", "rectangle", "text", "value_card"]

LETTER = 6.7
"""Width of a letter, in pixels at 11 pixels a line."""
LINE = 15
PAD = 10
CELL = 18
WIDEST_CELLS = 900
WIDEST_TEXT = 66
INK, FAINT, TRUE, PLAIN = "#22272e", "#6b7280", "#d5e6d0", "#eef1f5"


@dataclass(frozen=True, slots=True)
class Card:
    """A part of the picture, drawn from its own upper left corner.

    Args:
        width, height: in pixels.
        body: SVG elements.
    """

    width: float
    height: float
    body: str


def text(
    x: float, y: float, words: str, *, bold: bool = False, fill: str = INK, middle: bool = False, halo: str = ""
) -> str:
    """A line of text; `y` is its foot. A halo keeps it readable where lines pass below it."""
    style = (' font-weight="bold"' if bold else "") + (' text-anchor="middle"' if middle else "")
    style += f' stroke="{halo}" stroke-width="5" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    return f'<text x="{x:g}" y="{y:g}" fill="{fill}"{style}>{escape(words)}</text>'


def rectangle(x: float, y: float, width: float, height: float, fill: str, *, edge: str = "none", round: int = 0) -> str:
    """A rectangle."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round}" fill="{fill}" stroke="{edge}"/>'
    )


def value_card(
    value: E.Expr, tokens: Sequence[str], evaluation: Evaluation, names: Mapping[E.Expr, str], colour: str
) -> Card:
    """An elementwise value: name, formula, values."""
    name = names.get(value)
    what = formula(value, {k: v for k, v in names.items() if k is not value}, named=names)
    lines = [what] if name is None or name == what else [name, *_wrapped(f"= {what}")]
    values = evaluation.column(value)
    body, width, y = _lines(lines, colour)
    cells, wide, high = _cells(tokens, values, y)
    return _framed("value", [*body, *cells], max(width, wide), y + high, colour)


def head_card(
    head: E.Expr, tokens: Sequence[str], evaluation: Evaluation, names: Mapping[E.Expr, str], colour: str
) -> Card:
    """A head: name, selector, what it reads, the grid of what it selects, and what comes out."""
    selector = head.args[0]
    title = names.get(head, head.kind)
    where = formula(selector, {k: v for k, v in names.items() if not k.is_selector})
    lines = [title, *_wrapped(where)]
    read: Sequence[Any] = ()
    if head.kind == "width":
        lines += ["how many are selected" + ("" if selector is E.FULL else ", by two heads")]
    else:
        kind = {"mean": "average", "largest": "largest", "smallest": "smallest"}[head.kind]
        default = "" if head.data in (0, None) else f", else {describe(head.data)}"
        lines += _wrapped(f"{kind} of {formula(head.args[1], names)}{default}")
        read = evaluation.column(head.args[1])
    body, width, y = _lines(lines, colour)
    grid, wide, high = _grid(tokens, read, evaluation.selected(selector), evaluation.column(head), y, colour)
    return _framed("head", [*body, *grid], max(width, wide), y + high, colour)


def _wrapped(words: str) -> list[str]:
    return wrap(words, WIDEST_TEXT, break_long_words=False, break_on_hyphens=False) or [words]


def _lines(lines: Sequence[str], colour: str) -> tuple[list[str], float, float]:
    """The title and what follows it: elements, width, and where the next thing begins."""
    body = [
        text(PAD, PAD + 9 + LINE * i, line, bold=i == 0, fill=colour if i == 0 else FAINT)
        for i, line in enumerate(lines)
    ]
    return body, 2 * PAD + LETTER * max(map(len, lines)), PAD + LINE * len(lines)


def _cells(tokens: Sequence[str], values: Sequence[Any], y: float) -> tuple[list[str], float, float]:
    """A cell a position, the tokens above; where they would be too wide, lines of text."""
    shown = [small(value) for value in values]
    heads = [token[:4] for token in tokens]
    side = max(CELL, *(LETTER * len(cell) + 7 for cell in (*shown, *heads)))
    if side * len(shown) > WIDEST_CELLS:
        lines = wrap(sequence_text(values), 2 * WIDEST_TEXT)
        body = [text(PAD, y + 12 + LINE * i, line) for i, line in enumerate(lines)]
        return body, 2 * PAD + LETTER * max(map(len, lines)), LINE * len(lines) + PAD
    body = []
    for i, (token, cell, value) in enumerate(zip(heads, shown, values)):
        x = PAD + side * i
        body.append(text(x + side / 2 - 0.5, y + 11, token, fill=FAINT, middle=True))
        body.append(rectangle(x, y + 15, side - 1, CELL - 1, TRUE if value is True else PLAIN))
        body.append(text(x + side / 2 - 0.5, y + 28, cell, middle=True))
    return body, 2 * PAD + side * len(shown), 15 + CELL + PAD


def _grid(
    tokens: Sequence[str],
    read: Sequence[Any],
    rows: Sequence[Sequence[int]],
    results: Sequence[Any],
    y: float,
    colour: str,
) -> tuple[list[str], float, float]:
    """Keys across, queries down, the values read above, the results at the right."""
    heads = [token[:4] for token in tokens]
    above = [small(value) for value in read]
    if LETTER * max(map(len, above), default=0) * len(above) > WIDEST_CELLS:
        above = []
    side = max(CELL - 2, *(LETTER * len(cell) + 5 for cell in (*above, *heads)))
    left = PAD + LETTER * max(map(len, heads)) + 8
    body = []
    for j, cell in enumerate(above):
        body.append(text(left + side * (j + 0.5), y + 11, cell, middle=True))
    y += LINE if above else 0
    right = left + side * len(tokens) + 8
    shown = [small(value) for value in results]
    wide = max(CELL, *(LETTER * len(cell) + 7 for cell in shown))
    for j, token in enumerate(heads):
        body.append(text(left + side * (j + 0.5), y + 11, token, fill=FAINT, middle=True))
    for i, (token, row) in enumerate(zip(heads, rows)):
        top = y + 16 + CELL * i
        chosen = set(row)
        body.append(text(PAD, top + 12, token, fill=FAINT))
        for j in range(len(tokens)):
            fill = colour if j in chosen else PLAIN
            body.append(rectangle(left + side * j, top, side - 1, CELL - 1, fill))
        body.append(rectangle(right, top, wide, CELL - 1, TRUE if results[i] is True else PLAIN))
        body.append(text(right + wide / 2, top + 12.5, shown[i], middle=True))
    return body, right + wide + PAD, (LINE if above else 0) + 16 + CELL * len(tokens) + PAD


def _framed(kind: str, body: Sequence[str], width: float, height: float, colour: str) -> Card:
    """A white card with a stripe of its colour: what lies behind does not shine through."""
    frame = rectangle(0, 0, width, height, "#ffffff", edge="#cfd4dc", round=4)
    stripe = rectangle(0, 0, 3, height, colour, round=1)
    return Card(width, height, f'<g class="{kind}">{frame}{stripe}{"".join(body)}</g>')
