"""Rows of before that a study does not take up again, and why: other files, other settings, an earlier version."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from transformer_programs.experiments.results import Results
from transformer_programs.experiments.work import Job, Row

__all__ = ["told_earlier"]


def told_earlier(runs: Sequence[Job], results: Results) -> list[str]:
    """A line for every run that is done although a row of the same name, seed and share is kept."""
    wanted = {run.key[2] for run in runs}
    kept: dict[Hashable, tuple[str, ...]] = {}
    for row in results.rows():
        settings = tuple(row.get("settings", ()))
        if settings not in wanted:
            kept[_place(row)] = settings
    found = []
    for run in runs:
        there = kept.get(_place(run.begun()))
        if run in results or there is None:
            continue
        new = ", ".join(setting for setting in run.key[2] if setting not in there)
        if not any(" sha256:" in setting or setting.startswith("learner=") for setting in there):
            why = "of an earlier version, which did not keep all that it depends on"
        else:
            why = f"of other files or settings (now {new})" if new else "of other files or settings"
        found.append(f"{run.title}: done anew; the row that is kept is {why}")
    return found


def _place(row: Row) -> Hashable:
    """What two rows have in common of which one is done anew; rows of earlier versions had their choices alone."""
    before: Sequence[str] = () if "share" in row else row.get("settings", ())
    choices = row.get("choices", before)
    return row["suite"], row["case"], row["seed"], row.get("share", 1.0), tuple(choices)
