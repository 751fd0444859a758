"""Rows of a results file as one Markdown table: the median of the seeds beside the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

__all__ = ["summarise"]


def summarise(rows: Iterable[Mapping[str, Any]]) -> str:
    """A Markdown table, one line a case.

    >>> part = {"inputs": 9, "token_accuracy": 1.0, "sequence_accuracy": 1.0}
    >>> row = {"case": "hist 8/8", "seed": 0, "measure": "sequence", "target": 1.0, "minutes": 0.2, "seconds": 3.0,
    ...        "lines": 40, "accuracy": {"test": part, "all_inputs": part}}
    >>> print(summarise([row]))
    | case | seeds | measured on | sequence % | token % | target | minutes | allowed | lines |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | hist 8/8 | 1 | all 9 inputs | 100.000 | 100.000 | sequence 100 | 0.05 | 0.2 | 40 |
    """
    cases: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        cases.setdefault(row["case"], []).append(row)
    lines = [
        "| case | seeds | measured on | sequence % | token % | target | minutes | allowed | lines |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(case, group) for case, group in cases.items()]
    return "\n".join(lines)


def _line(case: str, rows: list[Mapping[str, Any]]) -> str:
    good = [row for row in rows if "failed" not in row]
    if not good:
        return f"| {case} | {len(rows)} | failed: {rows[0]['failed']} | | | | | | |"
    first = good[0]
    part = (
        "test"
        if first["measure"] == "token"
        else next(p for p in ("all_inputs", "fresh_samples", "test") if p in first["accuracy"])
    )
    accuracy = [row["accuracy"][part] for row in good]
    words = {"test": "test part,", "all_inputs": "all", "fresh_samples": "fresh"}[part]
    target = "" if first["target"] is None else f"{first['measure']} {100 * first['target']:g}"
    cells = [
        case,
        f"{len(good)}" + (f" of {len(rows)}" if len(good) < len(rows) else ""),
        f"{words} {accuracy[0]['inputs']:,} inputs",
        f"{100 * median(a['sequence_accuracy'] for a in accuracy):.3f}",
        f"{100 * median(a['token_accuracy'] for a in accuracy):.3f}",
        target,
        f"{median(row['seconds'] for row in good) / 60:.2f}",
        "" if first["minutes"] is None else f"{first['minutes']:g}",
        f"{median(row['lines'] for row in good):g}",
    ]
    return "| " + " | ".join(cells) + " |"
