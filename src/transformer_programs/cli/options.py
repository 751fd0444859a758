"""What the commands' argument parsers share."""

from __future__ import annotations

import argparse
import json
from typing import Any

__all__ = ["add_data", "add_json", "parser", "print_json"]


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


def print_json(value: Any) -> None:
    """One JSON object on standard output."""
    print(json.dumps(value, ensure_ascii=False))
