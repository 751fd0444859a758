"""Accuracy and time of `auto` over size: a table, and docs/images/sizes.svg, from the rows in results/.

Run: python bench/size_curve.py
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parent.parent
TASKS = ("hist", "double_hist", "sort", "reverse")
SIZES = (8, 16, 32, 64)
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700")


def main() -> None:
    """Reads, prints, draws."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for size in SIZES:
        for line in (ROOT / "results" / f"auto-{size}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["task"]["name"] in TASKS:
                found.setdefault((row["task"]["name"], size), []).append(row)
    print("| task | " + " | ".join(f"{size}/{size}" for size in SIZES) + " |")
    print("| --- |" + " --- |" * len(SIZES))
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    wrong, time = figure.subplots(1, 2)
    for task, colour in zip(TASKS, COLOURS):
        rows = {size: found[task, size] for size in SIZES if (task, size) in found}
        cells = [_cell(rows[size]) if size in rows else "" for size in SIZES]
        print(f"| {task} | " + " | ".join(cells) + " |")
        wrong.plot([*rows], [100 * median(map(_right, each)) for each in rows.values()], "o-", color=colour, label=task)
        for size, each in rows.items():
            time.plot([size] * len(each), [row["seconds"] for row in each], "o", color=colour, alpha=0.4, markersize=4)
        time.plot([*rows], [median(row["seconds"] for row in each) for each in rows.values()], color=colour)
    wrong.axhline(99, color="#888888", linestyle="--", linewidth=1)
    wrong.set_ylim(98.5, 100.1)
    wrong.set_ylabel("% of sequences right, median of the seeds")
    time.set_yscale("log")
    time.set_ylabel("seconds, a point a seed")
    for axes in (wrong, time):
        axes.set_xscale("log", base=2)
        axes.set_xticks(SIZES, [str(size) for size in SIZES])
        axes.set_xlabel("vocabulary and length")
        axes.spines[["top", "right"]].set_visible(False)
    wrong.legend(fontsize="small", loc="lower left")
    figure.savefig(ROOT / "docs" / "images" / "sizes.svg", format="svg", metadata={"Date": None})


def _right(row: dict[str, Any]) -> float:
    part = row["accuracy"].get("all_inputs") or row["accuracy"]["fresh_samples"]
    return float(part["sequence_accuracy"])


def _cell(rows: list[dict[str, Any]]) -> str:
    low, high = min(row["seconds"] for row in rows), max(row["seconds"] for row in rows)
    return f"{100 * median(map(_right, rows)):.6g} %, {low:.1f} to {high:.1f} s"


if __name__ == "__main__":
    main()
