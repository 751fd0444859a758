"""Rows of before that a study does not take up again, and why: other files, other settings, an earlier version."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.experiments.results import Results
from transformer_programs.experiments.text.study import TextRun

__all__ = ["told_earlier"]


def told_earlier(runs: Sequence[TextRun], results: Results) -> list[str]:
    """A line for every run that is done although a row of the same name, seed and share is kept."""
    kept: dict[tuple[object, ...], tuple[str, ...]] = {}
    for row in results.rows():
        kept[row["suite"], row["case"], row["seed"], row.get("share", 1.0)] = tuple(row.get("settings", ()))
    found = []
    for run in runs:
        there = kept.get((run.study.name, run.row.name, run.seed, run.share))
        if run in results or there is None or there == run.settings:
            continue
        if any(" sha256:" in setting for setting in there):
            new = ", ".join(setting for setting in run.settings if setting not in there)
            why = f"of other files or settings (now {new})" if new else "of other files or settings"
        else:
            why = "of an earlier version, which kept no digests of its files"
        found.append(f"{run.title}: done anew; the row that is kept is {why}")
    return found
