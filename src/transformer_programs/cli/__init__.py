"""The command `tprog`: one file a command, heavy imports inside the command. Layer 7.

Errors of ours end with exit code 2 and one message; Ctrl-C with 130 and nothing lost; `verify`-like findings with 1.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence

from transformer_programs.errors import TransformerProgramError

__all__ = ["main"]

COMMANDS = {
    "tasks": "list the built-in tasks",
    "train": "learn a program from a task or a file",
    "run": "run a program on tokens, or on lines of standard input",
    "eval": "measure a program on a task or a file",
    "show": "print a program",
    "explain": "say why a program answers what it answers",
    "view": "write a page that shows and runs a program",
    "simplify": "make a program shorter: equal on every input, or at a stated price",
    "refine": "make a program right more often, then shorter; never worse",
    "verify": "prove a program right on every input, or find the smallest where it is not",
    "rasp": "the RASP language: a prompt, or a file",
    "experiment": "run a declared study",
    "sweep": "run a declared study on all cores or on a cluster",
    "compile": "turn a program into the weights of an ordinary Transformer",
}
"""Command -> summary; the module of the same name has `main(argv) -> exit code`."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Why what is printed cannot be written. Files that cannot be are told by those who write them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    try:
        try:
            return _run(list(sys.argv[1:] if argv is None else argv))
        finally:
            if sys.stdout is not None:  # a closed one
                sys.stdout.flush()  # here, where it can be told that there is no room, not when Python ends
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        if error.errno not in NO_ROOM or error.filename is not None:
            raise
        _discard_output()
        print(f"tprog: standard output: got a place that cannot be written ({error.strerror})", file=sys.stderr)
        return 2


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if arguments[0] == "--version":
        from transformer_programs import __version__

        print(f"tprog {__version__}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"tprog: no command {name!r}; there are: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        code: int = importlib.import_module(f"{__name__}.{name}").main(rest)
        return code
    except TransformerProgramError as error:
        print(f"tprog {name}: {error}", file=sys.stderr)
        return 2
    except MemoryError as error:
        what = f" ({error})" if str(error) else ""
        print(f"tprog {name}: got more than the memory holds{what}; give it fewer or smaller examples", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\ntprog {name}: stopped", file=sys.stderr)
        return 130


def _discard_output() -> None:
    """What is still to be written when Python ends goes nowhere, without a complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _overview() -> str:
    lines = ["usage: tprog COMMAND ...", "", "Learn Transformer Programs; read, run and measure them.", ""]
    lines += [f"  {name:8} {summary}" for name, summary in COMMANDS.items()]
    lines += [
        "",
        "examples:",
        "  tprog train sort --out runs/sort",
        "  tprog run runs/sort 3 1 4 1 0",
        "  tprog show runs/sort --as python",
        "",
        "'tprog COMMAND --help' says more; every command takes --json.",
    ]
    return "\n".join(lines)
