"""The rows of a study of text as a Markdown table, beside the paper's figures and the targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from transformer_programs.experiments.text.study import TextRun

__all__ = ["table"]


def table(found: Iterable[tuple[TextRun, Mapping[str, Any]]]) -> str:
    """A line a row: over the seeds the median (least to greatest), then the seed that validation likes best."""
    groups: dict[str, list[tuple[TextRun, Mapping[str, Any]]]] = {}
    for run, row in found:
        name = run.row.name if run.share == 1 else f"{run.row.name}, {100 * run.share:g} % of training"
        groups.setdefault(name, []).append((run, row))
    if not groups:
        return "nothing was run"
    whole = any("test_whole" in row for group in groups.values() for _, row in group)
    measure = next(row["measure"] for group in groups.values() for _, row in group)
    heads = ["row", "seeds", f"validation {measure}", f"test {measure}", "test, best on validation"]
    heads += ["whole test"] * whole + ["published", "target", "CPU s"]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for name, group in groups.items():
        run, best = max(group, key=lambda pair: pair[1]["validation"])
        target = _number(run.row.target)
        cells = [
            name,
            str(len(group)),
            _spread([row["validation"] for _, row in group]),
            _spread([row["test"] for _, row in group]),
            _percent(best["test"]),
        ]
        if whole:
            known = [row["test_whole"] for _, row in group if "test_whole" in row]
            cells.append(_spread(known) if known else "")
            if run.row.target_whole is not None:
                target += f", whole {run.row.target_whole:g}"
        cells += [_number(run.row.published), target, f"{median(row['cpu_seconds'] for _, row in group):.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    note = _left_out(group[0] for group in groups.values())
    return "\n".join([*lines, *(["", note] if note else [])])


def _left_out(found: Iterable[tuple[TextRun, Mapping[str, Any]]]) -> str:
    """How many sentences are longer than the study takes, if it has a limit."""
    run, row = next(iter(found))
    if "left_out" not in row:
        return ""
    counts = ", ".join(f"{part} {count:,}" for part, count in row["left_out"].items())
    return f"Sentences of more than {run.study.max_length} words are left out: {counts}; the whole test has all."


def _spread(values: Sequence[float]) -> str:
    """The median, and between brackets the least and the greatest where they differ.

    >>> _spread([0.5, 0.25, 0.75]), _spread([0.5])
    ('50.00 (25.00 to 75.00)', '50.00')
    """
    middle = _percent(median(values))
    return middle if min(values) == max(values) else f"{middle} ({_percent(min(values))} to {_percent(max(values))})"


def _percent(value: float) -> str:
    return f"{100 * value:.2f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
