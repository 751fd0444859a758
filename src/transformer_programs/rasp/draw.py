"""The computation of an s-op on an input as a picture: a band a layer, its heads with what they select, its values.

Written as SVG text without other packages; where Graphviz is installed its `dot` adds a PDF of the same flow.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformer_programs.rasp import expression as E
from transformer_programs.rasp.cards import FAINT, Card, head_card, rectangle, text, value_card
from transformer_programs.rasp.cost import selectors_of
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.formula import formula

__all__ = ["draw_dot", "draw_svg", "draw_to_files"]

LONGEST_INPUT = 60
MOST_CARDS = 80
"""A picture of more shows one head for each selector of a layer."""
WIDEST = 1080
MARGIN, GAP, BETWEEN = 16.0, 22.0, 34.0
BAND = "#f5f6f8"
FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COLOURS = ("#3b6ea5", "#b4555f", "#3f7d4e", "#a0722a", "#6d5a94", "#26797b", "#8a4b7d", "#7a7f2e")


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a card lies."""

    x: float
    y: float
    card: Card
    colour: str

    @property
    def middle(self) -> float:
        """Of its width."""
        return self.x + self.card.width / 2


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
    layers = _thinned(_layers(sop, {**names, sop: name}), sop)
    names = _all_named(layers, {**names, sop: name})
    tokens = [str(token) for token in on]
    colours = _colours(layers)
    frames: dict[E.Expr, Frame] = {}
    bands: list[tuple[int, int, float, float]] = []
    y = 52.0
    for layer, (heads, values) in enumerate(layers):
        if not heads and not values:
            continue
        top, y = y, y + 32
        for rank in _ranks(heads, values):
            cards = {
                node: (head_card if node.kind in E.HEADS else value_card)(
                    node, tokens, evaluation, names, colours[node]
                )
                for node in rank
            }
            y = _place(cards, y, frames, colours)
        y += MARGIN - BETWEEN
        bands.append((layer, len({part for head in heads for part in selectors_of(head)}), top, y))
        y += GAP
    title = f"{name} on {''.join(tokens) if isinstance(on, str) else list(on)}"
    width = max(frame.x + frame.card.width for frame in frames.values()) + 2 * MARGIN
    parts = [rectangle(0, 0, width, y, "#ffffff"), text(MARGIN, 30, title, bold=True)]
    parts += [rectangle(MARGIN, top, width - 2 * MARGIN, end - top, BAND, round=6) for _, _, top, end in bands]
    parts += _arrows(frames)
    parts += [_title(layer, count, top) for layer, count, top, _ in bands]
    parts += [f'<g transform="translate({frame.x:g} {frame.y:g})">{frame.card.body}</g>' for frame in frames.values()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{y:g}" viewBox="0 0 {width:g} {y:g}" '
        f'font-family="{FONT}" font-size="11">\n' + "\n".join(parts) + "\n</svg>\n"
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


def _thinned(layers: list[tuple[list[E.Expr], list[E.Expr]]], sop: E.Expr) -> list[tuple[list[E.Expr], list[E.Expr]]]:
    """Where there is too much to see: of the heads that select the same one, and of values what those select by."""
    if sum(len(heads) + len(values) for heads, values in layers) <= MOST_CARDS:
        return layers
    chosen = [list({head.args[0]: head for head in reversed(heads)}.values()) for heads, _ in layers]
    compared = {
        part
        for heads in chosen
        for head in heads
        for node in E.ordered(head.args[0])
        if node.kind == "compare"
        for part in node.args
    }
    kept = {*compared, sop}
    return [
        (heads, [value for value in values if value in kept or not value.args])
        for heads, (_, values) in zip(chosen, layers)
    ]


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


def _colours(layers: Iterable[tuple[list[E.Expr], list[E.Expr]]]) -> dict[E.Expr, str]:
    """A colour for everything shown; neighbours differ."""
    shown = [node for heads, values in layers for node in (*heads, *values)]
    return {node: COLOURS[i % len(COLOURS)] for i, node in enumerate(shown)}


def _ranks(heads: Sequence[E.Expr], values: Sequence[E.Expr]) -> list[list[E.Expr]]:
    """A layer's heads, and its values after what they are computed from."""
    rank: dict[E.Expr, int] = dict.fromkeys(heads, 0)
    first = 1 if heads else 0
    inside = {*heads, *values}
    for value in sorted(values, key=lambda node: node.serial):
        rank[value] = max((rank[source] + 1 for source in _sources(value, inside - {value})), default=first)
    return [[node for node in rank if rank[node] == i] for i in sorted(set(rank.values()))]


def _place(cards: Mapping[E.Expr, Card], y: float, frames: dict[E.Expr, Frame], colours: Mapping[E.Expr, str]) -> float:
    """Lays cards side by side, each near what it is computed from, in lines no wider than the picture.

    Notes the frames; returns where the next cards begin.
    """

    def wanted(node: E.Expr) -> float:
        above = [frames[source].middle for source in _sources(node, set(frames))]
        return sum(above) / len(above) if above else 0.0

    waiting = sorted(cards, key=lambda node: (wanted(node), node.serial))
    while waiting:
        line: list[E.Expr] = []
        taken = 2 * MARGIN
        while waiting and (not line or taken + cards[waiting[0]].width <= WIDEST):
            taken += cards[waiting[0]].width + GAP
            line.append(waiting.pop(0))
        x, rest = 2 * MARGIN, taken - 2 * MARGIN
        for node in line:
            card = cards[node]
            x = max(x, min(wanted(node) - card.width / 2, WIDEST - rest))
            frames[node] = Frame(x, y, card, colours[node])
            x += card.width + GAP
            rest -= card.width + GAP
        y += max(cards[node].height for node in line) + BETWEEN
    return y


def _title(layer: int, heads: int, top: float) -> str:
    title, note = ("input", "and what needs no attention") if layer == 0 else (f"layer {layer}", f"{heads} heads")
    note = "1 head" if note == "1 heads" else note
    return text(MARGIN + 12, top + 20, title, bold=True, halo=BAND) + text(
        MARGIN + 76, top + 20, note, fill=FAINT, halo=BAND
    )


def _arrows(frames: Mapping[E.Expr, Frame]) -> list[str]:
    """Arrows from what is computed to what is computed from it, in the colour of the former; they pass behind cards."""
    shown = set(frames)
    pairs = [(source, node) for node in frames for source in _sources(node, shown)]
    pairs.sort(key=lambda pair: (frames[pair[0]].middle, frames[pair[1]].middle))
    lines = []
    for source, node in pairs:
        start, end = frames[source], frames[node]
        x0 = _port(start, [b for a, b in pairs if a is source].index(node), sum(a is source for a, _ in pairs))
        x1 = _port(end, [a for a, b in pairs if b is node].index(source), sum(b is node for _, b in pairs))
        y0, y1 = start.y + start.card.height, end.y
        bend = min(max((y1 - y0) / 2, 14), 60)
        lines.append(
            f'<path d="M{x0:g} {y0:g} C{x0:g} {y0 + bend:g} {x1:g} {y1 - 4 - bend:g} {x1:g} {y1 - 4:g}" '
            f'fill="none" stroke="{start.colour}" stroke-width="1.4" opacity="0.75"/>'
            f'<path d="M{x1 - 3.5:g} {y1 - 7:g} h7 l-3.5 6 z" fill="{start.colour}"/>'
        )
    return lines


def _port(frame: Frame, i: int, n: int) -> float:
    """Where the i-th of n arrows meets a card."""
    return frame.x + frame.card.width * (i + 1) / (n + 1)


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
