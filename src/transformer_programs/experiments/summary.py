"""Rows of a results file as one Markdown table: the median of the seeds beside the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

__all__ = ["finished", "groups", "measured_on", "summarise", "title"]

Row = Mapping[str, Any]


def summarise(rows: Iterable[Row]) -> str:
    """A Markdown table, one line a case and setting.

    "Best" is the run that the validation part would choose, as the paper reports (section 4.1): its accuracy on what is
    measured, which is token-level on the test part or sequence-level elsewhere.

    >>> part = {"inputs": 9, "token_accuracy": 1.0, "sequence_accuracy": 1.0}
    >>> row = {"case": "hist 8/8", "seed": 0, "measure": "sequence", "target": 1.0, "minutes": 0.2, "seconds": 3.0,
    ...        "lines": 40, "accuracy": {"validation": part, "test": part, "all_inputs": part}}
    >>> print(summarise([row]))
    | case | seeds | measured on | sequence % | token % | best | target | minutes | allowed | lines |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | hist 8/8 | 1 | all 9 inputs | 100.000 | 100.000 | 100.000 | sequence 100 | 0.05 | 0.2 | 40 |
    """
    lines = [
        "| case | seeds | measured on | sequence % | token % | best | target | minutes | allowed | lines |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(name, group) for name, group in groups(rows).items()]
    return "\n".join(lines)


def groups(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of every case and setting: one row a seed. What tells two of one title apart is added to it."""
    found: dict[str, dict[tuple[str, ...], list[Row]]] = {}
    for row in rows:
        found.setdefault(title(row), {}).setdefault(tuple(row.get("settings", ())), []).append(row)
    named = {}
    for name, kinds in found.items():
        common = set.intersection(*map(set, kinds))
        for settings, group in kinds.items():
            own = [] if len(kinds) == 1 else [setting for setting in settings if setting not in common]
            named[" ".join([name, *own])] = group
    return named


def title(row: Row) -> str:
    """Case and choices of the grid, without the seed."""
    return " ".join([row["case"], *row.get("choices", row.get("settings", ()))])


def finished(rows: Iterable[Row]) -> list[Row]:
    """Those that gave a program."""
    return [row for row in rows if "accuracy" in row]


def measured_on(row: Row) -> str:
    """The part of the report that counts: the test part for token accuracy, else the widest there is."""
    if row["measure"] == "token":
        return "test"
    return next(part for part in ("all_inputs", "fresh_samples", "test") if part in row["accuracy"])


def _line(name: str, rows: Sequence[Row]) -> str:
    good = finished(rows)
    if not good:
        row = rows[0]
        reason = f"stopped: {row['stopped']}" if "stopped" in row else f"failed: {row['failed']}"
        return f"| {name} | 0 of {len(rows)} | {_cell(reason)} | | | | | | | |"
    first = good[0]
    part = measured_on(first)
    accuracy = [row["accuracy"][part] for row in good]
    words = {"test": "test part,", "all_inputs": "all", "fresh_samples": "fresh"}[part]
    target = "" if first["target"] is None else f"{first['measure']} {100 * first['target']:g}"
    chosen = max(good, key=lambda row: row["accuracy"].get("validation", row["accuracy"][part])["token_accuracy"])
    cells = [
        name,
        f"{len(good)}" + (f" of {len(rows)}" if len(good) < len(rows) else ""),
        f"{words} {accuracy[0]['inputs']:,} inputs",
        f"{100 * median(a['sequence_accuracy'] for a in accuracy):.3f}",
        f"{100 * median(a['token_accuracy'] for a in accuracy):.3f}",
        f"{100 * chosen['accuracy'][part][first['measure'] + '_accuracy']:.3f}",
        target,
        f"{median(row['seconds'] for row in good) / 60:.2f}",
        "" if first["minutes"] is None else f"{first['minutes']:g}",
        f"{median(row['lines'] for row in good):g}",
    ]
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
