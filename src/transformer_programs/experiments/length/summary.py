"""What the study says: a table of short programs against generalisation, its rank correlation, a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from transformer_programs.experiments.length.formats import FORMATS

__all__ = ["correlation", "draw_lengths", "table"]

Row = Mapping[str, Any]

NO_PROGRAM = 1000
"""The length, in nodes, that a format without a known RASP-L program counts with: longer than all that have one."""


def by_case(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The finished runs of every case, in the order of the formats."""
    order = list(FORMATS)
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (order.index(row["format"]), row["case"], row["seed"])):
        if "exact match" in row:
            found.setdefault(row["case"], []).append(row)
    return found


def at(rows: Sequence[Row], times: float) -> list[float]:
    """Exact match of every seed at a multiple of the length trained, as far as it was tested."""
    found = (row["exact match"].get(str(round(row["trained to"] * times))) for row in rows)
    return [share for share in found if share is not None]


def table(rows: Iterable[Row]) -> str:
    """A Markdown table: exact match of whole answers, the median of the seeds and their spread.

    >>> exact = {"20": 1.0, "30": 0.9, "40": 0.5}
    >>> row = {"case": "mode, learned positions", "format": "mode", "seed": 0, "trained to": 20, "exact match": exact}
    >>> print(table([row]))
    | format | short program (nodes, lines) | seeds | trained to | at L | at 1.5 L | at 2 L | in the paper |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | mode, learned positions | mode (12, 5) | 1 | 20 | 1.00 | 0.90 | 0.50 | generalises |
    """
    lines = [
        "| format | short program (nodes, lines) | seeds | trained to | at L | at 1.5 L | at 2 L | in the paper |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for case, group in by_case(rows).items():
        task = FORMATS[group[0]["format"]]
        witness = task.witness
        program = "none known" if witness is None else f"{witness.name} ({witness.nodes}, {witness.lines})"
        figures = [_spread(at(group, times)) for times in (1, 1.5, 2)]
        cells = [case, program, str(len(group)), str(group[0]["trained to"]), *figures, task.expected]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values: Sequence[float]) -> str:
    """The median, and the least and greatest where they differ."""
    if not values:
        return "not tested"
    middle = f"{median(values):.2f}"
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return middle if low == high else f"{middle} ({low} to {high})"


def correlation(rows: Iterable[Row]) -> tuple[float, int] | None:
    """Spearman's rank correlation of program length and median exact match at 1.5 L, over the cases; and how many.

    Negative: the shorter the program, the further a Transformer generalises. None where there are under three cases.
    """
    groups = [group for group in by_case(rows).values() if at(group, 1.5)]
    if len(groups) < 3:
        return None
    from scipy.stats import spearmanr

    witnesses = [FORMATS[group[0]["format"]].witness for group in groups]
    nodes = [NO_PROGRAM if witness is None else witness.nodes for witness in witnesses]
    reached = [median(at(group, 1.5)) for group in groups]
    if len(set(nodes)) == 1 or len(set(reached)) == 1:
        return None
    return float(spearmanr(nodes, reached).statistic), len(nodes)


def draw_lengths(rows: Iterable[Row], path: Path) -> bool:
    """Accuracy over length, a panel a case: the median of the seeds and their whole spread, as SVG.

    Returns:
        Whether there was anything to draw.
    """
    groups = by_case(rows)
    if not groups:
        return False
    from matplotlib.figure import Figure

    across = min(len(groups), 4)
    down = -(-len(groups) // across)
    figure = Figure(figsize=(2.9 * across, 2.2 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharey=True).flatten()
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    for panel, (case, group) in zip(panels, groups.items()):
        tested = sorted(map(int, group[0]["exact match"]))
        curves = [[100 * row["exact match"][str(length)] for length in tested] for row in group]
        every = list(zip(*curves))
        panel.axvspan(0, group[0]["trained to"], color="#eef2f7")
        panel.fill_between(tested, [min(c) for c in every], [max(c) for c in every], color="#1f6feb", alpha=0.2, lw=0)
        panel.plot(tested, [median(c) for c in every], color="#1f6feb", marker="o", markersize=3)
        panel.set_title(case.replace(", ", "\n"), fontsize=8)
        panel.set_xlim(0, max(tested) + 1)
        panel.set_ylim(-4, 104)
        panel.tick_params(labelsize=7)
        panel.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("length (shaded: lengths trained)", fontsize=8)
    figure.supylabel("whole answers right, %", fontsize=8)
    figure.savefig(path, format="svg", metadata={"Date": None})
    return True
