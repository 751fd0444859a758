"""Where a program's variables stand in its picture: layers from top to bottom, heads above the tables that read them.

Boxes stand in columns. A line to the next row is a curve; a longer one runs down between two columns, behind no box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from transformer_programs.emit.listing import layers, node_text
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Classify,
    Closest,
    Decode,
    Emit,
    Program,
    Ref,
    references,
    selector_of,
)

__all__ = ["ANSWER", "Band", "Edge", "Graph", "Vertex", "graph_of"]

WIDTH, HEIGHT, GAP, DROP, GUTTER, MARGIN = 164, 46, 20, 34, 26, 10
"""Of a box: its size, the space beside and below it. The gutter holds the names of the layers."""

ACROSS = 4
"""Boxes in a row."""

NAME, WORDS = 17, 24
"""Characters of a variable's name and of its description that fit in a box."""

ANSWER = "@answer"
"""The name of the answer among variables: no identifier, so that none can have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertex:
    """A box: a variable or the answer; `layer` is a number, or "answer"."""

    name: Ref
    title: str
    kind: str
    layer: str
    about: str
    x: int
    y: int
    short_title: str
    short_about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One variable reads another; `path` is the curve between their boxes, in SVG's words."""

    source: Ref
    target: Ref
    layer: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The strip behind a layer's boxes."""

    title: str
    y: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The picture, in SVG's units."""

    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
    bands: tuple[Band, ...]
    width: int
    height: int
    box: tuple[int, int] = (WIDTH, HEIGHT)


def graph_of(program: Program) -> Graph:
    """The picture of a program.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count_1"))
    >>> [(vertex.name, vertex.layer) for vertex in graph_of(hist).vertices]
    [('tokens', '0'), ('count_1', '1'), ('@answer', 'answer')]
    """
    reads = {step.name: tuple(dict.fromkeys(references(step.node))) for step in program.steps}
    reads[ANSWER] = tuple(dict.fromkeys(references(program.output)))
    rows = _rows(program, reads)
    wide = max(len(row) for _, row in rows)
    places: dict[Ref, Place] = {}
    for number, (_, row) in enumerate(rows):
        places |= {name: Place(row=number, column=column) for name, column in _columns(row, wide, reads, places)}
    layer_of = {name: str(layer) for layer, row in rows for name in row}
    about = _abouts(program)
    vertices = tuple(_vertex(name, layer_of[name], *about[name], place) for name, place in places.items())
    edges = tuple(
        Edge(source=source, target=name, layer=layer_of[name], path=_path(places[source], places[name], number, wide))
        for name, sources in reads.items()
        for number, source in enumerate(sources)
    )
    return Graph(
        vertices=vertices,
        edges=edges,
        bands=tuple(_bands([str(layer) for layer, _ in rows])),
        width=2 * MARGIN + GUTTER + wide * (WIDTH + GAP),
        height=2 * MARGIN + len(rows) * (HEIGHT + DROP) - DROP,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Row and column of a box."""

    row: int
    column: int

    @property
    def corner(self) -> tuple[int, int]:
        """The upper left corner."""
        return MARGIN + GUTTER + self.column * (WIDTH + GAP), MARGIN + self.row * (HEIGHT + DROP)


def _rows(program: Program, reads: Mapping[Ref, Sequence[Ref]]) -> list[tuple[int | str, list[Ref]]]:
    """The variables row by row: by layer, in a layer by the longest way from its heads, cut to what fits across."""
    layer = layers(program)
    depth: dict[Ref, int] = {TOKENS: 0, POSITIONS: 0}
    for step in program.steps:
        same = [depth[ref] + 1 for ref in reads[step.name] if layer[ref] == layer[step.name]]
        is_head = selector_of(step.node) is not None
        depth[step.name] = max(same, default=0 if is_head else 1)
    used = {ref for refs in reads.values() for ref in refs}
    groups: dict[tuple[int, int], list[Ref]] = {(0, 0): [name for name in (TOKENS, POSITIONS) if name in used]}
    for step in program.steps:
        groups.setdefault((layer[step.name], depth[step.name]), []).append(step.name)
    rows: list[tuple[int | str, list[Ref]]] = [
        (key[0], names[i : i + ACROSS]) for key, names in sorted(groups.items()) for i in range(0, len(names), ACROSS)
    ]
    return [*rows, ("answer", [ANSWER])]


def _columns(
    row: Sequence[Ref], wide: int, reads: Mapping[Ref, Sequence[Ref]], places: Mapping[Ref, Place]
) -> Iterator[tuple[Ref, int]]:
    """A column for each variable of a row, as near as may be below what it reads."""

    def wish(name: Ref) -> float:
        above = [places[source].column for source in reads.get(name, ()) if source in places]
        return sum(above) / len(above) if above else (wide - 1) / 2

    ordered = sorted(row, key=wish)
    choices = combinations(range(wide), len(row))
    best = min(choices, key=lambda columns: sum((wish(name) - c) ** 2 for name, c in zip(ordered, columns)))
    yield from zip(ordered, best)


def _path(source: Place, target: Place, number: int, wide: int) -> str:
    """From the lower edge of one box to the upper edge of another; past other rows in the gap beside a column."""
    (x, y), (u, v) = source.corner, target.corner
    x, y, u = x + WIDTH // 2, y + HEIGHT, u + WIDTH // 2
    bend = DROP // 2
    if target.row == source.row + 1:
        return f"M{x},{y} C{x},{y + bend} {u},{v - bend} {u},{v}"
    right = target.column > source.column or (target.column == source.column and source.column < wide - 1)
    lane = source.corner[0] + (WIDTH + GAP // 2 if right else -GAP // 2) + (number % 5 - 2) * 2
    turn = f"M{x},{y} C{x},{y + bend} {lane},{y + bend // 2} {lane},{y + DROP}"
    return f"{turn} L{lane},{v - DROP} C{lane},{v - bend // 2} {u},{v - bend} {u},{v}"


def _bands(row_layers: Sequence[str]) -> Iterator[Band]:
    """One strip for neighbouring rows of one layer."""
    at = 0
    for layer, group in groupby(row_layers):
        count = len(list(group))
        title = {"0": "input", "answer": "answer"}.get(layer, f"layer {layer}")
        y = MARGIN + at * (HEIGHT + DROP) - DROP // 4
        yield Band(title=title, y=y, height=count * (HEIGHT + DROP) - DROP // 2)
        at += count


def _vertex(name: Ref, layer: str, kind: str, about: str, place: Place) -> Vertex:
    title = "answer" if name == ANSWER else name
    return Vertex(
        name=name,
        title=title,
        kind=kind,
        layer=layer,
        about=about,
        x=place.corner[0],
        y=place.corner[1],
        short_title=_cut(title, NAME),
        short_about=_cut(about, WORDS),
    )


def _abouts(program: Program) -> dict[Ref, tuple[str, str]]:
    """For each variable how it is coloured and what computes it, in words."""
    found = {TOKENS: ("input", "the input"), POSITIONS: ("input", "0, 1, 2, …")}
    for step in program.steps:
        selects = selector_of(step.node) is not None
        kind = "head" if isinstance(step.node, Closest) else "count" if selects else "table"
        found[step.name] = (kind, node_text(step.node))
    match program.output:
        case Classify(labels):
            found[ANSWER] = ("answer", f"the best of {' '.join(labels)}")
        case Decode(labels):
            found[ANSWER] = ("answer", f"the best sequence of {' '.join(labels)}")
        case Emit(variable):
            found[ANSWER] = ("answer", f"is {variable}")
    return found


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
