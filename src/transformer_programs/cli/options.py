"""What the commands' argument parsers share."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformer_programs.tasks import Columns

__all__ = ["add_data", "add_json", "columns", "parser", "print_json"]


def parser(name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    """A parser that shows its examples and does not guess abbreviated flags."""
    return argparse.ArgumentParser(
        prog=f"tprog {name}",
        description=summary,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_json(arguments: argparse.ArgumentParser) -> None:
    """--json."""
    arguments.add_argument("--json", action="store_true", help="one JSON object on standard output, for machines")


def add_data(arguments: argparse.ArgumentParser) -> None:
    """The flags that say how to read a user's file."""
    group = arguments.add_argument_group("data of your own")
    group.add_argument("--data", metavar="FILE", help="JSONL, CoNLL columns, CSV or TSV; or hf:NAME")
    group.add_argument("--kind", choices=("tagging", "classification"), help="a label a token, or a label a sequence")
    group.add_argument("--format", choices=("jsonl", "conll", "csv", "tsv"), help="default: by the file's ending")
    group.add_argument("--repair", action="store_true", help="read tags I-X that go on with nothing (IOB1) as B-X")
    for what in ("tokens", "labels"):
        group.add_argument(
            f"--{what}-column",
            metavar="NAME",
            help=f"where the {what} stand: a key or a header, in CoNLL a number from 0, negative from the end",
        )


def columns(options: argparse.Namespace) -> Columns:
    """Where a user's file keeps tokens and labels."""
    from transformer_programs.tasks import Columns

    return Columns(tokens=_column(options.tokens_column), labels=_column(options.labels_column))


def _column(name: str | None) -> str | int | None:
    return int(name) if name is not None and name.removeprefix("-").isdecimal() else name


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    print(json.dumps(value, ensure_ascii=False))
