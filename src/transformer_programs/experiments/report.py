"""The report of a study: `report.md` with the table, what failed and how it was made; `report.svg` with the picture."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from transformer_programs import __version__
from transformer_programs.experiments.pictures import draw_study
from transformer_programs.experiments.suite import Suite
from transformer_programs.experiments.summary import Row, summarise, title
from transformer_programs.files import write_text

__all__ = ["write_report"]


def write_report(suite: Suite, rows: Sequence[Row], out: Path, *, command: str) -> None:
    """Writes both files.

    Args:
        suite: what was declared.
        rows: of the runs.
        out: where.
        command: that made them.
    """
    drawn = draw_study(rows, out / "report.svg")
    troubled = [row for row in rows if "accuracy" not in row]
    lines = [
        f"# {suite.name}",
        "",
        f"    {command}",
        "",
        f"Learner {suite.learner}"
        + (f", preset {suite.preset}" if suite.preset else "")
        + ". Accuracies are those of the "
        "discrete program: the median of the seeds; best is the run that the validation part chooses.",
        "",
        summarise(rows),
        "",
    ]
    if drawn:
        lines += ["![a point a seed](report.svg)", ""]
    if troubled:
        lines += ["Runs without a program:", ""]
        lines += [f"- {title(row)} seed {row['seed']}: {row.get('stopped') or row['failed']}" for row in troubled]
        lines += [""]
    lines += [f"transformer-programs {__version__}, Python {platform.python_version()}, {platform.machine()}.", ""]
    write_text(out / "report.md", "\n".join(lines))
