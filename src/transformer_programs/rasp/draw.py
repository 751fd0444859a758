"""The computation of an s-op on an input as a picture: a band a layer, its heads with what they select, its values.

Written as SVG text without other packages; where Graphviz is installed its `dot` adds a PDF of the same flow.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from transformer_programs.rasp import expression as E
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.formula import formula
from transformer_programs.rasp.values import sequence_text

__all__ = ["draw_dot", "draw_svg", "draw_to_files"]

LONGEST_INPUT = 60
CELL = 14
GAP = 16
WIDEST = 1100


def draw_svg(sop: E.Expr, name: str, on: Any, evaluation: Evaluation, names: Mapping[E.Expr, str]) -> str:
    """The picture.

    Args:
        sop: what is computed.
        name: its name.
        on: the input.
        evaluation: what expressions are on the input.
        names: names of expressions.

    Raises:
        RaspError: the input is too long to be drawn.
    """
    if len(on) > LONGEST_INPUT:
        raise RaspError(f"an input of {len(on)} to draw", expected=f"at most {LONGEST_INPUT}")
    evaluation.column(sop)
    layers = _layers(sop, {**names, sop: name})
    names = _all_named(layers, {**names, sop: name})
    tokens = [str(token) for token in on]
    y, parts = 34.0, [_text(12, 20, f"{name} on {''.join(tokens) if isinstance(on, str) else list(on)}", bold=True)]
    widest = 400.0
    frames: dict[E.Expr, Frame] = {}
    for layer, (heads, values) in enumerate(layers):
        boxes = [(head, _head_box(head, tokens, evaluation, names)) for head in heads]
        boxes += [(value, _value_box(value, evaluation, names)) for value in values]
        if not boxes:
            continue
        placed, height, right = _flow(boxes, y + 26, frames)
        title = "input and what needs no attention" if layer == 0 else f"layer {layer}"
        parts.append(
            f'<rect x="6" y="{y:g}" width="{right:g}" height="{height + 34:g}" rx="6" fill="none" stroke="#999"/>'
        )
        parts.append(_text(14, y + 17, title, bold=True))
        parts += placed
        y += height + 50
        widest = max(widest, right)
    parts = [*_arrows(frames), *parts]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{widest + 14:g}" height="{y:g}" '
        f'font-family="monospace" font-size="11">\n' + "\n".join(parts) + "\n</svg>\n"
    )


def draw_dot(sop: E.Expr, names: Mapping[E.Expr, str]) -> str:
    """The flow as a Graphviz graph: boxes for values, ellipses for heads, clusters for layers."""
    lines = ["digraph flow {", "  rankdir=LR; node [shape=box, fontname=monospace];"]
    for layer, (heads, values) in enumerate(_layers(sop, names)):
        lines.append(f'  subgraph cluster_{layer} {{ label="layer {layer}";')
        lines += [f'    n{head.serial} [shape=ellipse, label="{_quote(formula(head, names))}"];' for head in heads]
        lines += [f'    n{value.serial} [label="{_quote(formula(value, names))}"];' for value in values]
        lines.append("  }")
    shown = {node for heads, values in _layers(sop, names) for node in (*heads, *values)}
    for node in shown:
        lines += [f"  n{source.serial} -> n{node.serial};" for source in _sources(node, shown)]
    return "\n".join([*lines, "}"]) + "\n"


def draw_to_files(
    sop: E.Expr, name: str, on: Any, evaluation: Evaluation, names: Mapping[E.Expr, str], folder: Path | None = None
) -> list[Path]:
    """Writes `NAME.svg`, and `NAME.pdf` where Graphviz is installed; returns what was written."""
    stem = re.sub(r"\W+", "_", name).strip("_") or "sop"
    svg = (folder or Path()) / f"{stem}.svg"
    try:
        svg.write_text(draw_svg(sop, name, on, evaluation, names), encoding="utf-8")
    except OSError as error:
        raise RaspError(f"cannot write {svg} ({error.strerror})") from None
    written = [svg]
    if dot := shutil.which("dot"):
        pdf = svg.with_suffix(".pdf")
        graph = draw_dot(sop, {**names, sop: name})
        done = subprocess.run([dot, "-Tpdf", "-o", str(pdf)], input=graph, text=True, check=False, timeout=60)
        written += [pdf] if done.returncode == 0 else []
    return written


def _layers(sop: E.Expr, names: Mapping[E.Expr, str]) -> list[tuple[list[E.Expr], list[E.Expr]]]:
    """For each layer its heads and the other values worth showing: named ones, and what selectors compare."""
    layers: list[tuple[list[E.Expr], list[E.Expr]]] = [([], []) for _ in range(sop.layer + 1)]
    compared: set[E.Expr] = set()
    nodes = list(E.ordered(sop))
    for node in nodes:
        if node.kind == "compare":
            compared.update(node.args)
    for node in nodes:
        if node.kind in E.HEADS:
            layers[node.layer][0].append(node)
        elif node.is_selector or node.kind == "constant":
            continue
        elif node is sop or node in names or node in compared or node.kind in ("tokens", "indices"):
            layers[node.layer][1].append(node)
    return layers


def _sources(node: E.Expr, shown: set[E.Expr]) -> set[E.Expr]:
    found: set[E.Expr] = set()
    stack = list(node.args)
    seen: set[E.Expr] = set()
    while stack:
        part = stack.pop()
        if part in shown:
            found.add(part)
        elif part not in seen:
            seen.add(part)
            stack.extend(part.args)
    return found


Box = tuple[float, float, list[str]]
Frame = tuple[float, float, float, float]


def _all_named(layers: list[tuple[list[E.Expr], list[E.Expr]]], names: Mapping[E.Expr, str]) -> dict[E.Expr, str]:
    """Names for everything shown, each once: `h2` and `v5` for the second head and the fifth value without one."""
    found: dict[E.Expr, str] = {}
    taken: set[str] = set()
    counts = {"h": 0, "v": 0}
    shown = {node for heads, values in layers for node in (*heads, *values)}
    for heads, values in layers:
        for letter, nodes in (("h", heads), ("v", values)):
            for node in nodes:
                if node.kind in ("tokens", "indices"):
                    continue
                name = names.get(node, "")
                while not name or name in taken:
                    counts[letter] += 1
                    name = f"{letter}{counts[letter]}"
                found[node] = name
                taken.add(name)
    return {**{node: name for node, name in names.items() if node not in shown and node.is_selector}, **found}


def _arrows(frames: Mapping[E.Expr, Frame]) -> list[str]:
    """Lines from what is computed to what is computed from it."""
    shown = set(frames)
    lines = []
    for node, (x, y, width, _) in frames.items():
        for source in sorted(_sources(node, shown), key=lambda part: part.serial):
            from_x, from_y, from_width, from_height = frames[source]
            start_x, start_y = from_x + min(from_width, 60) / 2, from_y + from_height
            end_x = x + min(width, 60) / 2
            middle = (start_y + y) / 2
            lines.append(
                f'<path d="M{start_x:g} {start_y:g} C{start_x:g} {middle:g} {end_x:g} {middle:g} {end_x:g} {y:g}" '
                'fill="none" stroke="#ddb" stroke-width="1.5"/>'
            )
    return lines


def _head_box(head: E.Expr, tokens: Sequence[str], evaluation: Evaluation, names: Mapping[E.Expr, str]) -> Box:
    """A head: its selector, the grid of what it selects (rows are queries), its result."""
    rows = evaluation.selected(head.args[0])
    side = CELL * len(tokens)
    title = f"head: {formula(head.args[0], {k: v for k, v in names.items() if not k.is_selector})}"
    values = "" if head.kind == "width" else f"of {formula(head.args[1], names)}"
    result = f"{names.get(head, head.kind)} = {sequence_text(evaluation.column(head))}"
    parts = [_text(0, 11, title), _text(0, 25, values)]
    for j, token in enumerate(tokens):
        parts.append(_text(22 + CELL * j, 42, token[:2]))
        parts.append(_text(0, 57 + CELL * j, token[:2]))
    for i, row in enumerate(rows):
        for j in range(len(tokens)):
            fill = "#4477aa" if j in row else "#f2f2f2"
            parts.append(
                f'<rect x="{20 + CELL * j}" y="{46 + CELL * i}" width="{CELL - 1}" height="{CELL - 1}" fill="{fill}"/>'
            )
    parts.append(_text(0, 62 + side, result))
    return max(24 + side, 6.8 * max(map(len, (title, values, result)))), 68.0 + side, parts


def _value_box(value: E.Expr, evaluation: Evaluation, names: Mapping[E.Expr, str]) -> Box:
    text = formula(value, {k: v for k, v in names.items() if k is not value}, named=names)
    label = f"{names[value]} = {text}" if value in names and names[value] != text else text
    result = sequence_text(evaluation.column(value))
    return 6.8 * max(len(label), len(result)), 30.0, [_text(0, 11, label), _text(0, 26, result)]


def _flow(
    boxes: Sequence[tuple[E.Expr, Box]], top: float, frames: dict[E.Expr, Frame]
) -> tuple[list[str], float, float]:
    """Boxes side by side in rows no wider than the picture; the elements, the height and the right edge.

    Where each box lies is noted in `frames`.
    """
    x, y, row, right, parts = 14.0, top, 0.0, 0.0, []
    for node, (width, height, content) in boxes:
        if x > 14 and x + width > WIDEST:
            x, y, row = 14.0, y + row + GAP, 0.0
        parts.append(f'<g transform="translate({x:g} {y:g})">' + "".join(content) + "</g>")
        frames[node] = (x, y, width, height)
        right = max(right, x + width)
        x, row = x + width + GAP, max(row, height)
    return parts, y + row - top, right + 4


def _text(x: float, y: float, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}"{weight}>{escape(text)}</text>'


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
