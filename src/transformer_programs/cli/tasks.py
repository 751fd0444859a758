"""`tprog tasks`: the built-in tasks."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.cli.options import add_json, parser, print_json

__all__ = ["main"]


def main(argv: Sequence[str]) -> int:
    """Lists the tasks with their default sizes and one example each."""
    arguments = parser("tasks", "The built-in tasks, with exact oracles.", "  tprog tasks\n  tprog tasks --json")
    add_json(arguments)
    options = arguments.parse_args(argv)

    from transformer_programs.tasks import TASKS, make_task

    rows = []
    for name in TASKS:
        task = make_task(name)
        tokens = task.framed(task.example)
        rows.append(
            {
                "name": name,
                "summary": task.summary,
                "vocabulary_size": task.vocabulary_size,
                "max_length": task.max_length,
                "causal": task.causal,
                "inputs": task.count(),
                "example": {"tokens": list(tokens), "labels": list(task.oracle(tokens))},
            }
        )
    if options.json:
        print_json({"tasks": rows})
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("task", "what it asks", "vocabulary", "length", "inputs", "example", box=None, pad_edge=False)
    for row in rows:
        example = row["example"]
        assert isinstance(example, dict)
        answer = " ".join(label or "." for label in example["labels"])
        table.add_row(
            str(row["name"]),
            str(row["summary"]),
            str(row["vocabulary_size"]),
            str(row["max_length"]),
            f"{row['inputs']:,}",
            f"{' '.join(example['tokens'])}\n{answer}",
        )
    console = Console(markup=False, highlight=False)
    console.print(table)
    console.print("\n'.' in an example: no answer is asked there. Learn one: tprog train sort --out runs/sort")
    return 0
