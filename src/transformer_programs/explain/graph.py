"""A program as a picture: a box a variable, a line from what is read to what reads it; SVG text, no other package."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from transformer_programs.emit.listing import layers, node_text
from transformer_programs.errors import ConfigError
from transformer_programs.explain.attribution import Explanation, Head
from transformer_programs.explain.circuit import Circuit
from transformer_programs.explain.values import shown, width
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Emit,
    Program,
    Ref,
    Step,
    references,
    selector_of,
)

__all__ = ["attention_svg", "circuit_svg", "program_svg"]

ANSWER = "the answer"
BOX_WIDTH, LINE, GAP_X, GAP_Y, TOP = 190, 13, 70, 16, 56
MOST_BOXES = 400
MOST_TOKENS = 64

STYLE = """
svg { font: 11px ui-monospace, monospace; background: #fff }
text { fill: #222 } .title { font-size: 14px; font-weight: bold } .name { font-weight: bold } .dim { fill: #777 }
rect { fill: #fff; stroke: #888 } .input rect { fill: #e9f3e6; stroke: #5a8f4a }
.head rect { fill: #e8eefa; stroke: #4a6fb0 }
.answer rect { fill: #fdf1dc; stroke: #c08a20 } .out { opacity: .35 } .out rect { stroke-dasharray: 4 3 }
path { fill: none; stroke: #999; stroke-width: 1.2 } .compared { stroke-dasharray: 3 3 } .off { opacity: .25 }
.cell { fill: #f0f0f0; stroke: none } .also { fill: #b9cbe8; stroke: none } .read { fill: #3b6fb6; stroke: none }
g rect.bar { fill: #d9822b; stroke: none }
@media (prefers-color-scheme: dark) {
svg { background: #16181c } text { fill: #e4e4e4 } .dim { fill: #9a9a9a } rect { fill: #22252b; stroke: #777 }
.input rect { fill: #20301d } .head rect { fill: #1d2940 } .answer rect { fill: #3b2f16 } .cell { fill: #2a2d33 }
path { stroke: #888 } }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    name: str
    kind: str
    lines: tuple[str, ...]
    title: str
    share: float | None
    faded: bool

    @property
    def height(self) -> int:
        return LINE * (1 + len(self.lines)) + 12 + (8 if self.share is not None else 0)


def program_svg(program: Program) -> str:
    """The picture of a program, layer by layer from left to right.

    Full lines lead to what takes a value; dashed ones to a head that compares it.

    Raises:
        ConfigError: more variables than a picture can show.

    >>> from transformer_programs.program import Compare, Width
    >>> steps = (Step("count", Width(Compare("tokens", "==", "tokens"))),)
    >>> svg = program_svg(Program(name="hist", vocabulary=None, max_length=None, steps=steps, output=Emit("count")))
    >>> svg.startswith("<svg"), "count where tokens" in svg
    (True, True)
    """
    sight = "causal" if program.causal else "bidirectional"
    return _draw(program, f"{program.name}, {sight}", {}, frozenset())


def circuit_svg(circuit: Circuit) -> str:
    """The picture of a circuit in its program: what is out is faded; a bar shows what each variable matters."""
    shares = {effect.variable: effect.share for effect in circuit.effects}
    faded = {name for name, _ in circuit.out} | set(circuit.sliced)
    return _draw(circuit.whole, f"{circuit.whole.name}: {circuit.question.text}", shares, frozenset(faded), circuit)


def attention_svg(found: Explanation) -> str:
    """Where every head looks on one input: a grid a head, rows are queries; dark is read, light matches too.

    Raises:
        ConfigError: more tokens than a picture can show.
    """
    n = len(found.tokens)
    if n > MOST_TOKENS:
        raise ConfigError(place="picture", got=f"{n} tokens", expected=f"at most {MOST_TOKENS}")
    left = 8 * max(width(shown(token)) for token in found.tokens) + 12
    size = left + 16 * n + 90
    x, y = 16, TOP
    parts: list[str] = []
    for head in found.heads:
        if x > 16 and x + size > 1200:
            x, y = 16, y + 16 * n + 60
        parts += _grid(found, head, x, y, left)
        x += max(size, 7 * len(head.selects) + 60)
    title = _plain(f"{found.program.name} on {' '.join(map(shown, found.tokens))}")
    wide, high = max(x, 1200 if y > TOP else x) + 16, y + 16 * n + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'role="img" aria-label={quoteattr(title)}>\n<style>{STYLE}</style>\n'
        f'<text class="title" x="16" y="24">{escape(title)}</text>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _grid(found: Explanation, head: Head, x: int, y: int, left: int) -> Iterator[str]:
    yield f'<g transform="translate({x} {y})"><text class="name" y="0">{escape(_plain(head.name))}</text>'
    yield f'<text class="dim" y="13">{escape(_plain(head.selects))}</text>'
    for i, token in enumerate(found.tokens):
        yield f'<text x="{left - 6}" y="{31 + 16 * i}" text-anchor="end">{escape(_plain(shown(token)))}</text>'
        for j in range(len(found.tokens)):
            read = j == head.looks[i] if head.looks else j in head.matches[i]
            kind = "read" if read else "also" if j in head.matches[i] else "cell"
            if not (found.program.causal and j > i):
                yield f'<rect class="{kind}" x="{left + 16 * j}" y="{20 + 16 * i}" width="14" height="14"/>'
        value = escape(_plain(shown(head.values[i])))
        yield f'<text class="dim" x="{left + 16 * len(found.tokens) + 6}" y="{31 + 16 * i}">{value}</text>'
    yield "</g>"


def _draw(
    program: Program, title: str, shares: Mapping[Ref, float], faded: frozenset[Ref], circuit: Circuit | None = None
) -> str:
    title = _plain(title)
    if len(program.steps) > MOST_BOXES:
        got = f"a program of {len(program.steps):,} variables"
        raise ConfigError(place="picture", got=got, expected=f"at most {MOST_BOXES}", todo="draw a circuit of it")
    edges = list(_edges(program))
    if circuit is not None:
        still = set(references(circuit.program.output)) | {r for s in circuit.program.steps for r in references(s.node)}
        inputs = {TOKENS, POSITIONS} - still
        faded = faded | frozenset(inputs)
    boxes = {box.name: box for box in _boxes(program, shares, faded, {a for a, _, _ in edges})}
    ranks = _ranks(program, boxes, edges)
    places, height = _placed(ranks, boxes, edges)
    width = GAP_X * (len(ranks) - 1) + BOX_WIDTH * len(ranks) + 32
    parts = [f'<text class="title" x="16" y="24">{escape(title)}</text>', *_headings(program, ranks)]
    parts += _lines(edges, boxes, places)
    parts += [part for name in boxes for part in _box(boxes[name], *places[name])]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label={quoteattr(title)}>\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _edges(program: Program) -> Iterator[tuple[str, str, bool]]:
    """From, to, and whether it is compared rather than taken."""
    for step in program.steps:
        selector = selector_of(step.node)
        compared = set(references(selector)) if selector is not None else set()
        taken = {step.node.values} if hasattr(step.node, "values") and selector is not None else set()
        for ref in dict.fromkeys(references(step.node)):
            yield ref, step.name, ref in compared and ref not in taken
    for ref in dict.fromkeys(references(program.output)):
        yield ref, ANSWER, False


def _boxes(program: Program, shares: Mapping[Ref, float], faded: frozenset[Ref], read: set[str]) -> Iterator[_Box]:
    for ref in (TOKENS, POSITIONS):
        if ref in read:
            yield _Box(name=ref, kind="input", lines=(), title="the input", share=None, faded=ref in faded)
    for step in program.steps:
        yield _step_box(step, shares.get(step.name), step.name in faded)
    output = program.output
    if isinstance(output, Emit):
        text = output.variable
    else:
        text = ("summed " if program.pooled else "") + f"scores of {len(output.labels)} labels"
    yield _Box(name=ANSWER, kind="answer", lines=(text,), title=text, share=None, faded=False)


def _step_box(step: Step, share: float | None, faded: bool) -> _Box:
    text = node_text(step.node)
    lines = textwrap.wrap(text, 26, max_lines=3, placeholder=" ...") or [""]
    kind = "head" if selector_of(step.node) is not None else "table"
    return _Box(name=step.name, kind=kind, lines=tuple(lines), title=text, share=share, faded=faded)


def _ranks(program: Program, boxes: Mapping[str, _Box], edges: Iterable[tuple[str, str, bool]]) -> list[list[str]]:
    """The boxes by their longest way from the input."""
    depth = dict.fromkeys((TOKENS, POSITIONS), 0)
    before: dict[str, list[str]] = {}
    for a, b, _ in edges:
        before.setdefault(b, []).append(a)
    for name in (*(step.name for step in program.steps), ANSWER):
        depth[name] = 1 + max((depth[a] for a in before.get(name, ())), default=0)
    depth[ANSWER] = max(depth[name] for name in boxes)
    if any(depth[name] == depth[ANSWER] for name in boxes if name != ANSWER):
        depth[ANSWER] += 1
    ranks: list[list[str]] = [[] for _ in range(depth[ANSWER] + 1)]
    for name in boxes:
        ranks[depth[name]].append(name)
    return [rank for rank in ranks if rank]


def _placed(
    ranks: list[list[str]], boxes: Mapping[str, _Box], edges: list[tuple[str, str, bool]]
) -> tuple[dict[str, tuple[int, int]], int]:
    """Where each box stands: in its column, in the order of what it reads; and the height of all."""
    before: dict[str, list[str]] = {}
    for a, b, _ in edges:
        before.setdefault(b, []).append(a)
    heights = [sum(boxes[name].height + GAP_Y for name in rank) for rank in ranks]
    tallest = max(heights)
    middle: dict[str, float] = {}
    places: dict[str, tuple[int, int]] = {}
    for column, (rank, height) in enumerate(zip(ranks, heights)):
        sources = {name: [middle[a] for a in before.get(name, ()) if a in middle] for name in rank}
        order = sorted(rank, key=lambda name: sum(sources[name]) / len(sources[name]) if sources[name] else 0.0)
        y = TOP + (tallest - height) // 2
        for name in order:
            places[name] = (16 + column * (BOX_WIDTH + GAP_X), y)
            middle[name] = y + boxes[name].height / 2
            y += boxes[name].height + GAP_Y
    return places, tallest + TOP + 8


def _headings(program: Program, ranks: list[list[str]]) -> Iterator[str]:
    layer = layers(program)
    before = None
    for column, rank in enumerate(ranks):
        numbers = {layer[name] for name in rank if name in layer}
        text = "input" if column == 0 else f"layer {max(numbers)}" if numbers else ""
        if text and text != before:
            yield f'<text class="dim" x="{16 + column * (BOX_WIDTH + GAP_X)}" y="44">{text}</text>'
        before = text


def _lines(
    edges: Iterable[tuple[str, str, bool]], boxes: Mapping[str, _Box], places: Mapping[str, tuple[int, int]]
) -> Iterator[str]:
    for a, b, compared in edges:
        (x, y), (end_x, end_y) = places[a], places[b]
        x, y, end_y = x + BOX_WIDTH, y + boxes[a].height // 2, end_y + boxes[b].height // 2
        bend = max((end_x - x) // 2, 20)
        classes = " ".join(
            [*(["compared"] if compared else []), *(["off"] if boxes[a].faded or boxes[b].faded else [])]
        )
        attribute = f' class="{classes}"' if classes else ""
        yield f'<path{attribute} d="M{x} {y} C{x + bend} {y} {end_x - bend} {end_y} {end_x} {end_y}"/>'


def _box(box: _Box, x: int, y: int) -> Iterator[str]:
    classes = f"{box.kind} out" if box.faded else box.kind
    yield f'<g class="{classes}" transform="translate({x} {y})"><title>{escape(_plain(box.title))}</title>'
    yield f'<rect width="{BOX_WIDTH}" height="{box.height}" rx="5"/>'
    yield f'<text class="name" x="8" y="16">{escape(_plain(box.name))}</text>'
    if box.share is not None:
        yield f'<text class="dim" x="{BOX_WIDTH - 8}" y="16" text-anchor="end">{_percent(box.share)}</text>'
        bar = max(box.share * (BOX_WIDTH - 16), 1)
        yield f'<rect class="bar" x="8" y="{box.height - 9}" width="{bar:.1f}" height="4"/>'
    for number, line in enumerate(box.lines):
        yield f'<text class="dim" x="8" y="{16 + LINE * (number + 1)}">{escape(_plain(line))}</text>'
    yield "</g>"


def _percent(share: float) -> str:
    return "< 0.1 %" if 0 < share < 0.001 else f"{100 * share:.3g} %"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
