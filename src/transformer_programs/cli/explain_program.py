"""What can be said of programs without an input: what their heads read, which words they tell apart."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from transformer_programs.cli.explain_circuit import free
from transformer_programs.cli.options import print_json
from transformer_programs.cli.sheet import Cell, Sheet
from transformer_programs.errors import ConfigError
from transformer_programs.explain.classes import class_features, class_pairs, class_text, word_classes
from transformer_programs.explain.reading import KINDS, draw_reads, head_reads
from transformer_programs.explain.values import shown, some
from transformer_programs.program import Program

__all__ = ["show_reads", "show_words"]

MOST_FEATURES = 15


def show_reads(programs: Sequence[Program], options: argparse.Namespace) -> None:
    """Prints what heads read by layer, and draws it where --out says."""
    if options.out is not None:
        if options.out.suffix not in (".png", ".svg", ".pdf"):
            raise ConfigError(place="--out", got=str(options.out), expected="a name ending in .png, .svg or .pdf")
        free(options.out, options.force)
    reads = head_reads(programs)
    names = ", ".join(program.name for program in programs)
    if options.out is not None:
        draw_reads(reads, options.out, f"What heads read: {names}")
    if options.json:
        print_json(
            {
                "programs": [program.name for program in programs],
                "reads": [{"layer": r.layer, "role": r.role, **dict(zip(KINDS, r.counts))} for r in reads],
            }
        )
        return
    sheet = Sheet()
    sheet.line(Cell(names, "bold"), ": share of what heads read, by layer (number of reads)")
    sheet.line()
    header = [Cell(text, "dim") for text in ("layer", "role", *KINDS)]
    rows: list[list[Cell | str]] = [
        [
            str(row.layer) if row.role == "query" else "",
            Cell(row.role, "cyan"),
            *(
                f"{100 * share:.0f} % ({count})" if count else Cell("-", "dim")
                for share, count in zip(row.shares, row.counts)
            ),
        ]
        for row in reads
    ]
    sheet.rows([header, *rows], right=range(2, 2 + len(KINDS)))
    if not reads:
        sheet.line("no heads")
    if options.out is not None:
        sheet.line(f"written: {options.out}")


def show_words(program: Program, options: argparse.Namespace) -> None:
    """Prints word classes, what speaks for a label, and which classes heads match."""
    classes, pairs = word_classes(program), class_pairs(program)
    features = None
    if options.why is not None or options.other is not None:
        if options.why is None:
            raise ConfigError(place="--not", got="no label to hold against it", expected="--why LABEL beside it")
        features = class_features(program, options.why, options.other)
    if options.json:
        print_json(
            {
                "program": program.name,
                "classes": {
                    name: [{"value": c.value, "words": list(c.words)} for c in found] for name, found in classes.items()
                },
                "pairs": [{"head": p.head, "query": p.query.value, "key": p.key.value} for p in pairs],
                "features": [
                    {"variable": f.variable, "value": f.value, "difference": f.difference, "words": list(f.words)}
                    for f in features or ()
                ],
            }
        )
        return
    sheet = Sheet()
    sheet.line(Cell(program.name, "bold"), f": {len(classes)} variables whose values are classes of words")
    if features is None:
        for name, found in classes.items():
            sheet.title(name)
            sheet.rows((Cell(shown(c.value), "cyan"), f"{len(c.words):,}", some(c.words, 10)) for c in found)
        if pairs:
            sheet.title("class against class: what heads match")
            sheet.rows((Cell(p.head, "cyan"), class_text(p.query, 4), "looks for", class_text(p.key, 4)) for p in pairs)
        return
    against = "the mean of the others" if options.other is None else shown(options.other)
    sheet.title(f"what speaks for {shown(options.why)} against {against}")
    sheet.rows(
        [
            (
                Cell(f"{f.difference:+d}", "green" if f.difference > 0 else "red"),
                Cell(f"{f.variable} is {shown(f.value)}", "cyan"),
                some(f.words, 10) if f.words else "",
            )
            for f in features[:MOST_FEATURES]
        ],
        right=(0,),
    )
    if len(features) > MOST_FEATURES:
        sheet.line(Cell(f"{len(features) - MOST_FEATURES:,} more", "dim"))
