"""What a program does on many inputs, on the terminal: coverage, errors."""

from __future__ import annotations

import argparse
from typing import Any

from transformer_programs.cli.options import print_json
from transformer_programs.cli.sheet import Cell, Sheet
from transformer_programs.errors import ConfigError
from transformer_programs.explain.coverage import Coverage, RowTable, coverage
from transformer_programs.explain.failures import Failures, Repair, Suspect, failures
from transformer_programs.explain.inputs import Inputs, data_inputs, every_input, given_inputs, same_kind, task_inputs
from transformer_programs.explain.paths import FailingPath, failing_paths
from transformer_programs.explain.values import runs, shown, some
from transformer_programs.program import Program

__all__ = ["show_coverage", "show_errors", "the_inputs"]

MOST_SUSPECTS = 8
MOST_PATHS = 8
MOST_UNUSED = 6


def the_inputs(options: argparse.Namespace, program: Program, tokens: list[str]) -> Inputs:
    """The inputs that the flags name; every input of the program where they name none.

    Raises:
        TransformerProgramError: flags that do not go together, no such task, a file that cannot be used.
    """
    named = [flag for flag in ("task", "data") if getattr(options, flag) is not None] + (["INPUT"] if tokens else [])
    if len(named) > 1:
        raise ConfigError(place="inputs", got=" and ".join(named), expected="one of --task, --data and INPUT")
    if options.data is not None:
        if options.kind is None:
            raise ConfigError(place="--kind", got="nothing", expected="tagging or classification")
        from transformer_programs.tasks import load_examples

        data = load_examples(options.data, program, kind=options.kind, format=options.format, repair=options.repair)
        same_kind(program, data.kind)
        found = data_inputs(data, options.data)
    elif options.task is not None:
        from transformer_programs.tasks import Kind, task_for

        same_kind(program, Kind.TAGGING)
        found = task_inputs(task_for(options.task, program), options.samples, options.seed)
    elif tokens:
        found = given_inputs(program, [tokens])
    else:
        found = every_input(program, options.samples, options.seed)
    return found.containing(options.holding) if options.holding else found


def show_coverage(program: Program, inputs: Inputs, *, json: bool) -> None:
    """Prints which rows are ever used."""
    found = coverage(program, inputs)
    if json:
        print_json({"program": program.name, "inputs": inputs.what, "tables": [_table(t) for t in found.tables]})
        return
    sheet = Sheet()
    sheet.line(Cell(program.name, "bold"), f" on {inputs.what}: {found.used:,} of {found.rows:,} table rows are used")
    sheet.line()
    header = [Cell(text, "dim") for text in ("table", "of", "rows", "used", "branches", "used", "never used")]
    sheet.rows([header, *(_coverage_row(table) for table in found.tables)], right=(2, 3, 4, 5))
    if found.used < found.rows:
        sheet.line()
        sheet.line(Cell(_unused_meaning(found), "dim"))


def _unused_meaning(found: Coverage) -> str:
    if found.inputs.complete:
        return "that was all inputs: none of them can reach the rows never used"
    return "a row that these inputs never use says nothing about others"


def _coverage_row(table: RowTable) -> list[Cell | str]:
    used = int((table.used > 0).sum())
    taken, branches = table.branches
    unused = table.unused()
    texts = _unused(table, unused)
    more = f"; {len(texts) - MOST_UNUSED:,} more of them" if len(texts) > MOST_UNUSED else ""
    return [
        Cell(table.variable if table.kind != "predicate" else f"{table.variable} (predicate)", "cyan"),
        ", ".join(read.variable for read in table.reads),
        f"{len(table):,}",
        Cell(f"{used:,}", "" if used == len(table) else "yellow"),
        str(branches),
        Cell(str(taken), "" if taken == branches else "yellow"),
        Cell("; ".join(texts[:MOST_UNUSED]) + more, "dim"),
    ]


def _unused(table: RowTable, rows: list[int]) -> list[str]:
    """Rows in words, those that differ in the last argument only together."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        *first, last = table.key(row)
        groups.setdefault(tuple(first), []).append(last)
    texts = []
    for first_values, lasts in groups.items():
        numbers = all(type(value) is int for value in lasts)
        values = (*map(shown, first_values), runs(lasts) if numbers else some(lasts))
        texts.append(", ".join(f"{read.variable} {value}" for read, value in zip(table.reads, values)))
    return texts


def _table(table: RowTable) -> dict[str, Any]:
    return {
        "variable": table.variable,
        "kind": table.kind,
        "reads": [read.variable for read in table.reads],
        "rows": [
            {"key": list(table.key(row)), "value": table.values[row], "used": int(table.used[row])}
            for row in range(len(table))
        ],
    }


def show_errors(program: Program, inputs: Inputs, *, json: bool) -> int:
    """Prints where errors come from; returns 1 where there are any."""
    found = failures(program, inputs)
    paths = failing_paths(program, inputs, found.wrong)
    wrong = len(found.rows)
    if json:
        print_json(
            {
                "program": program.name,
                "inputs": inputs.what,
                "count": len(inputs),
                "wrong": wrong,
                "suspects": [_suspect(suspect) for suspect in found.suspects],
                "repairs": [
                    {
                        **_suspect(repair.suspect),
                        "instead": repair.instead,
                        "mended": repair.mended,
                        "broken": repair.broken,
                    }
                    for repair in found.repairs
                ],
                "paths": [
                    {
                        "hops": list(path.hops),
                        "answers": path.answers,
                        "inputs": path.inputs,
                        "examples": [
                            {"tokens": list(e.tokens), "position": e.position, "got": e.got, "right": e.right}
                            for e in path.examples
                        ],
                    }
                    for path in paths
                ],
            }
        )
        return 1 if wrong else 0
    sheet = Sheet()
    sheet.line(Cell(program.name, "bold"), f" on {inputs.what}: {wrong:,} of {len(inputs):,} wrong")
    if wrong:
        _paths(sheet, paths)
        _suspects(sheet, found)
        _repairs(sheet, found.repairs)
    return 1 if wrong else 0


def _suspect(suspect: Suspect) -> dict[str, Any]:
    return {
        "variable": suspect.table.variable,
        "kind": suspect.table.kind,
        "reads": [read.variable for read in suspect.table.reads],
        "key": list(suspect.table.key(suspect.row)),
        "value": suspect.table.values[suspect.row],
        "used": suspect.used,
        "wrong": suspect.wrong,
    }


def _paths(sheet: Sheet, paths: tuple[FailingPath, ...]) -> None:
    sheet.title("wrong answers by the path that led to them")
    for path in paths[:MOST_PATHS]:
        sheet.line(Cell(f"{path.answers:,} in {path.inputs:,} inputs", "bold"), ": ", Cell(path.hops[0], "cyan"))
        for hop in path.hops[1:]:
            sheet.line("  <- ", Cell(hop, "cyan"))
        for example in path.examples:
            where = "" if example.position is None else f" at {example.position}"
            sheet.line(
                "     ", " ".join(map(shown, example.tokens)),
                Cell(f"  {shown(example.got)}{where}, right is {shown(example.right)}", "dim"),
            )  # fmt: skip
    if len(paths) > MOST_PATHS:
        rest = paths[MOST_PATHS:]
        sheet.line(Cell(f"{len(rest):,} more paths with {sum(path.answers for path in rest):,} answers", "dim"))


def _suspects(sheet: Sheet, found: Failures) -> None:
    sheet.title("rows that wrong answers were computed from, the most suspicious first")
    header = [Cell(text, "dim") for text in ("row", "says", "inputs", "wrong")]
    rows: list[list[Cell | str]] = [
        [Cell(suspect.text, "cyan"), suspect.table.value(suspect.row), f"{suspect.used:,}", f"{suspect.wrong:,}"]
        for suspect in found.suspects[:MOST_SUSPECTS]
    ]
    sheet.rows([header, *rows], right=(2, 3))


def _repairs(sheet: Sheet, repairs: tuple[Repair, ...]) -> None:
    sheet.title("what one other row would do, run on all these inputs")
    if not repairs:
        sheet.line("no single row that was tried mends more inputs than it breaks")
    sheet.rows(
        [
            Cell(repair.suspect.text, "cyan"),
            f"{repair.suspect.table.value(repair.suspect.row)} -> {_instead(repair.instead)}",
            Cell(f"mends {repair.mended:,}", "green"),
            Cell(f"breaks {repair.broken:,}", "red" if repair.broken else ""),
        ]
        for repair in repairs
    )


def _instead(value: Any) -> str:
    return (some(value) or "nothing") if isinstance(value, tuple) else shown(value)
