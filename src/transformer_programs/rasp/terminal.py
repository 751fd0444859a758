"""The prompt on a terminal: editing, history, completion, colours; Ctrl-C drops a statement, Ctrl-D ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

from transformer_programs.rasp.parser import KEYWORDS
from transformer_programs.rasp.repl import Repl

__all__ = ["completions", "run_terminal"]

HISTORY = "rasp_history"
LONGEST_HISTORY = 2000


def run_terminal() -> None:
    """Runs the prompt."""
    repl = Repl(input, sys.stdout, sys.stderr, colours=not os.environ.get("NO_COLOR") and sys.stdout.isatty())
    try:
        import readline
    except ImportError:  # no line editing on this system: the prompt works without
        repl.loop()
        return
    history = _history_file()
    _set_up(readline, repl, history)
    try:
        repl.loop()
    finally:
        if history is not None:
            try:
                history.parent.mkdir(parents=True, exist_ok=True)
                readline.write_history_file(history)
            except OSError as error:
                print(f"the history was not kept: {error.strerror}", file=sys.stderr)


def completions(repl: Repl, text: str) -> list[str]:
    """The names and words that begin so.

    >>> import io
    >>> completions(Repl(input, io.StringIO()), "selector_")
    ['selector_width']
    """
    return sorted(word for word in {*repl.environment.names(), *KEYWORDS} if word.startswith(text))


def _set_up(readline: ModuleType, repl: Repl, history: Path | None) -> None:
    def complete(text: str, state: int) -> str | None:
        found = completions(repl, text)
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(' \t\n()[]{},;:+-*/%^=<>!"')
    readline.parse_and_bind("tab: complete")
    readline.set_history_length(LONGEST_HISTORY)
    if history is not None and history.is_file():
        try:
            readline.read_history_file(history)
        except OSError as error:
            print(f"the history was not read: {error.strerror}", file=sys.stderr)


def _history_file() -> Path | None:
    """Where the history is kept: the user's state folder, as the XDG convention has it."""
    state = os.environ.get("XDG_STATE_HOME")
    if state is None and "HOME" not in os.environ:
        return None
    return Path(state or Path.home() / ".local" / "state") / "transformer-programs" / HISTORY
