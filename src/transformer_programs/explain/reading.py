"""What heads read, layer by layer: tokens, positions, ones, earlier heads, tables.

Source: "Learning Transformer Programs" (NeurIPS 2023), Fig. 12, which counts for each layer and each of query, key and
value what the categorical heads read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from transformer_programs.emit.listing import layers
from transformer_programs.errors import OutputError
from transformer_programs.explain.selectors import sides
from transformer_programs.program import POSITIONS, TOKENS, Closest, Program, Ref, selector_of

__all__ = ["KINDS", "ROLES", "Reads", "draw_reads", "head_reads"]

KINDS = ("tokens", "positions", "ones", "heads", "counts", "tables")
"""What is read: an input, the constant 1 (of a count), a categorical head, a numerical head, what is elementwise."""

ROLES = ("query", "key", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What the heads of one layer read in one role.

    Args:
        layer: their depth.
        role: query, key or value.
        counts: how many reads of each kind, in the order of `KINDS`.
    """

    layer: int
    role: str
    counts: tuple[int, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """The same as shares of all reads in this layer and role."""
        total = sum(self.counts)
        return tuple(count / total if total else 0.0 for count in self.counts)


def head_reads(programs: Iterable[Program]) -> tuple[Reads, ...]:
    """What the heads of one or many programs read, by layer and role.

    A head that compares two pairs of variables reads four. A selector that looks at nothing but the distance reads
    positions, as query and as key.

    >>> from transformer_programs.program import Compare, Emit, Step, Width
    >>> steps = (
    ...     Step("count", Width(Compare("tokens", "==", "tokens"))),
    ...     Step("copy", Closest(Compare("count", "==", "positions"), "tokens")),
    ... )
    >>> program = Program(name="p", vocabulary=None, max_length=None, steps=steps, output=Emit("copy"))
    >>> for reads in head_reads([program]):
    ...     print(reads.layer, reads.role, dict(zip(KINDS, reads.counts)))
    1 query {'tokens': 1, 'positions': 0, 'ones': 0, 'heads': 0, 'counts': 0, 'tables': 0}
    1 key {'tokens': 1, 'positions': 0, 'ones': 0, 'heads': 0, 'counts': 0, 'tables': 0}
    1 value {'tokens': 0, 'positions': 0, 'ones': 1, 'heads': 0, 'counts': 0, 'tables': 0}
    2 query {'tokens': 0, 'positions': 1, 'ones': 0, 'heads': 0, 'counts': 0, 'tables': 0}
    2 key {'tokens': 0, 'positions': 0, 'ones': 0, 'heads': 0, 'counts': 1, 'tables': 0}
    2 value {'tokens': 1, 'positions': 0, 'ones': 0, 'heads': 0, 'counts': 0, 'tables': 0}
    """
    found: Counter[tuple[int, str, str]] = Counter()
    for program in programs:
        layer = layers(program)
        kinds = _kinds(program)
        for step in program.steps:
            selector = selector_of(step.node)
            if selector is None:
                continue
            at = layer[step.name]
            read = {"query": [*sides(selector, key=False)], "key": [*sides(selector, key=True)]}
            if not any(read.values()):
                read = {"query": [POSITIONS], "key": [POSITIONS]}
            for role, refs in read.items():
                found.update((at, role, kinds[ref]) for ref in refs)
            value: Ref | None = getattr(step.node, "values", None)
            found[at, "value", "ones" if value is None else kinds[value]] += 1
    return tuple(
        Reads(layer=at, role=role, counts=tuple(found[at, role, kind] for kind in KINDS))
        for at in sorted({at for at, _, _ in found})
        for role in ROLES
    )


def _kinds(program: Program) -> dict[Ref, str]:
    kinds = {TOKENS: "tokens", POSITIONS: "positions"}
    for step in program.steps:
        head = selector_of(step.node) is not None
        kinds[step.name] = ("heads" if isinstance(step.node, Closest) else "counts") if head else "tables"
    return kinds


def draw_reads(reads: Sequence[Reads], path: Path, title: str) -> None:
    """Draws the shares as stacked bars, a panel a role; the ending says how: .png, .svg or .pdf.

    Raises:
        OutputError: the place cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    panels = figure.subplots(1, len(ROLES), sharey=True)
    colours = ("#5a8f4a", "#c08a20", "#bbbbbb", "#3b6fb6", "#7fb0e6", "#a0527a")
    for panel, role in zip(panels, ROLES):
        rows = [row for row in reads if row.role == role]
        bottom = [0.0] * len(rows)
        for number, (kind, colour) in enumerate(zip(KINDS, colours)):
            shares = [100 * row.shares[number] for row in rows]
            panel.bar([str(row.layer) for row in rows], shares, bottom=bottom, label=kind, color=colour, width=0.7)
            bottom = [a + b for a, b in zip(bottom, shares)]
        panel.set_title(role)
        panel.set_xlabel("layer")
    panels[0].set_ylabel("% of reads")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.suptitle(title)
    try:
        figure.savefig(path)
    except OSError as error:
        raise OutputError(place=str(path), got=f"a place that cannot be written ({error.strerror})") from error
