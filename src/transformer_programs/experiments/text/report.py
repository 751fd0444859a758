"""What a practitioner asks next: scores per class, what is taken for what, and the features behind every error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from transformer_programs.batch import Batch
from transformer_programs.emit.python import print_python
from transformer_programs.experiments.results import Results
from transformer_programs.experiments.text.study import TextRun
from transformer_programs.experiments.work import PRINTED
from transformer_programs.files import load_program, write_text
from transformer_programs.program import Classify, Decode, Program, TableScore, domains, read_domain
from transformer_programs.run import Interpreter
from transformer_programs.tasks import Dataset, Kind

__all__ = ["errors_of", "report"]

MOST_ERRORS = 200
"""Errors that are told with their features."""

INK, FILL = "#333333", "Blues"


def report(found: Sequence[tuple[TextRun, Mapping[str, Any]]], results: Results, out: Path) -> None:
    """Writes `per_class.md`, `confusion.svg`, `errors.jsonl` and, of several shares, `curve.svg`.

    They are about the program that validation likes best. A `program.py` that is gone is printed anew.
    """
    for run, _ in found:
        place = results.folder(run)
        if not run.row.baseline and not (place / PRINTED).exists():
            write_text(place / PRINTED, print_python(load_program(place)))
    curve = sorted({run.share for run, _ in found})
    if len(curve) > 1:
        _draw_curve(found, out / "curve.svg")
    programs = [(run, row) for run, row in found if not run.row.baseline and run.share == 1]
    if not programs:
        return
    run, row = max(programs, key=lambda pair: pair[1]["validation"])
    write_text(out / "per_class.md", _per_class(run, row["per_class"]))
    program = load_program(results.folder(run))
    data = run.study.data(run.folder, run.seed)
    answers = _answers(program, data)
    _draw_confusion(data, answers, out / "confusion.svg")
    lines = (json.dumps(error, ensure_ascii=False) for error in errors_of(program, data, answers))
    write_text(out / "errors.jsonl", "".join(f"{line}\n" for line in lines))


def errors_of(program: Program, data: Dataset, answers: Sequence[Sequence[str]]) -> Iterator[dict[str, Any]]:
    """The first errors on the test part: what was said, what is right, and the features that made the difference.

    A feature is a variable with a value; its share is what it gives the wrong label beyond the right one. Shares of a
    label that was decoded as part of a sequence leave out what its neighbours allowed.
    """
    assert isinstance(program.output, Classify | Decode)
    labels = program.output.labels
    interpreter, tables = Interpreter(program), _tables(program)
    count = 0
    for example, answer in zip(data.test, answers):
        asked = [i for i, label in enumerate(example.labels) if label is not None and label != answer[i]]
        if not asked:
            continue
        columns = interpreter.trace(example.tokens).columns
        for i in asked:
            if count == MOST_ERRORS:
                return
            count += 1
            places = range(len(example.tokens)) if data.kind is Kind.CLASSIFICATION else (i,)
            yield {
                "tokens": list(example.tokens),
                "position": None if data.kind is Kind.CLASSIFICATION else i,
                "right": example.labels[i],
                "said": answer[i],
                "features": _shares(
                    tables, columns, places, labels.index(str(example.labels[i])), labels.index(answer[i])
                ),
            }


Scores = Mapping[Any, Sequence[int]]


def _tables(program: Program) -> list[tuple[str, Scores]]:
    """Of every variable that has scores those of its values."""
    assert isinstance(program.output, Classify | Decode)
    known = domains(program)
    return [
        (score.read.variable, dict(zip(read_domain(score.read, known), score.rows)))
        for score in program.output.scores
        if isinstance(score, TableScore)
    ]


def _shares(
    tables: Sequence[tuple[str, Scores]],
    columns: Mapping[str, Sequence[Any]],
    places: Sequence[int],
    good: int,
    bad: int,
) -> list[str]:
    shares: dict[str, int] = {}
    for variable, rows in tables:
        for i in places:
            value = columns[variable][i]
            name = f"{variable} is {value}"
            shares[name] = shares.get(name, 0) + rows[value][bad] - rows[value][good]
    ranked = sorted(shares.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [f"{name}: {share:+d}" for name, share in ranked[:6] if share]


def _answers(program: Program, data: Dataset) -> list[list[str]]:
    found = Batch(program).predict([example.tokens for example in data.test])
    return [[str(answer) for answer in row] for row in found]


def _per_class(run: TextRun, rows: Mapping[str, Mapping[str, float]]) -> str:
    lines = [f"{run.row.name}, seed {run.seed}", "", "| class | precision | recall | F1 | test |", "|" + " --- |" * 5]
    for name, row in rows.items():
        if isinstance(row, Mapping) and "precision" in row:
            parts = [f"{100 * row[key]:.2f}" for key in ("precision", "recall", "f1-score")]
            lines.append(f"| {name} | {' | '.join(parts)} | {row['support']:.0f} |")
    return "\n".join(lines) + "\n"


def _draw_confusion(data: Dataset, answers: Sequence[Sequence[str]], path: Path) -> None:
    import numpy as np
    from matplotlib.figure import Figure

    place = {label: i for i, label in enumerate(data.labels)}
    counts = np.zeros((len(place), len(place)), int)
    for example, answer in zip(data.test, answers):
        for label, said in zip(example.labels, answer):
            if label is not None:
                counts[place[label], place[said]] += 1
    size = 1.6 + 0.6 * len(place)
    figure = Figure(figsize=(size + 0.8, size), layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap=FILL, vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        dark = 2 * count > counts[i].sum()
        axes.text(j, i, str(count), ha="center", va="center", fontsize=7, color="white" if dark else INK)
    axes.set_xticks(range(len(place)), list(place), rotation=45, ha="right")
    axes.set_yticks(range(len(place)), list(place))
    axes.set_xlabel("said")
    axes.set_ylabel("right")
    figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_curve(found: Sequence[tuple[TextRun, Mapping[str, Any]]], path: Path) -> None:
    from statistics import median

    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(run.row.name for run, _ in found):
        points: dict[float, list[float]] = {}
        for run, row in found:
            if run.row.name == name:
                points.setdefault(run.share, []).append(100 * row["test"])
        shares = sorted(points)
        axes.plot([100 * s for s in shares], [median(points[s]) for s in shares], marker="o", label=name)
    axes.set_xlabel("% of the training part")
    axes.set_ylabel(f"test {found[0][1]['measure']}, %")
    axes.legend(frameon=False, fontsize="small")
    figure.savefig(path, format="svg", metadata={"Date": None})
