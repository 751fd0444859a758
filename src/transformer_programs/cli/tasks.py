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
    for row in rows:
        example = row["example"]
        assert isinstance(example, dict)
        answer = " ".join(label or "." for label in example["labels"])
        sizes = f"vocabulary {row['vocabulary_size']}, length {row['max_length']}, {row['inputs']:,} inputs"
        print(f"{row['name']:12} {sizes}")
        print(f"{'':12} {row['summary']}")
        print(f"{'':12} {' '.join(example['tokens'])}  ->  {answer}\n")
    print("'.' in an answer: none is asked there. Learn a task: tprog train sort --out runs/sort")
    return 0
