"""The pictures of a study: accuracy and time of every run, a point a seed, beside the target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.experiments.summary import Row, finished, groups, measured_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_study"]

INK, POINT, TARGET = "#333333", "#1f6feb", "#d1242f"


def draw_study(rows: Sequence[Row], path: Path) -> bool:
    """Writes the picture as SVG: what was got wrong on the left, minutes on the right, both logarithmic.

    Returns:
        Whether there was anything to draw.
    """
    named = {name: good for name, group in groups(rows).items() if (good := finished(group))}
    if not named:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 1.2 + 0.34 * len(named)), layout="constrained")
    wrong, time = figure.subplots(1, 2, sharey=True)
    for place, good in enumerate(named.values()):
        errors = [_wrong(row) for row in good]
        _points(wrong, [max(error, FLOOR) for error in errors], place)
        _points(time, [row["seconds"] / 60 for row in good], place)
        _limit(wrong, None if good[0]["target"] is None else max(100 * (1 - good[0]["target"]), FLOOR), place)
        _limit(time, good[0]["minutes"], place)
    _axis(wrong, f"% wrong ({_measures(named)}; the left edge is none)")
    _axis(time, "minutes")
    wrong.set_xlim(FLOOR * 0.8, 120)
    wrong.set_yticks(range(len(named)), list(named))
    wrong.invert_yaxis()
    figure.suptitle("a point a seed; red: the target, the time allowed", fontsize="small", color=INK)
    figure.savefig(path, format="svg", metadata={"Date": None})
    return True


FLOOR = 1e-4
"""Per cent: what is drawn for no error at all."""


def _wrong(row: Row) -> float:
    part = row["accuracy"][measured_on(row)]
    return 100 * (1 - float(part[row["measure"] + "_accuracy"]))


def _measures(named: dict[str, list[Any]]) -> str:
    return " or ".join(dict.fromkeys(f"{rows[0]['measure']}s" for rows in named.values()))


def _points(axes: Axes, values: Sequence[float], place: int) -> None:
    axes.plot(values, [place] * len(values), "o", color=POINT, alpha=0.6, markersize=6)


def _limit(axes: Axes, value: float | None, place: int) -> None:
    if value is not None:
        axes.plot([value] * 2, [place - 0.35, place + 0.35], color=TARGET, linewidth=1.5)


def _axis(axes: Axes, label: str) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(label, color=INK)
    axes.grid(axis="x", color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
