"""The prompt on a real terminal: Ctrl-C, Ctrl-D, completion, colours, history."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")
pytest.importorskip("readline")

PATIENCE = 60.0
"""Seconds after which a prompt that does not come is a failure; it comes at once on a machine that is not busy."""


class Terminal:
    """A child process on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self._rest = ""
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.environ.update({"XDG_STATE_HOME": str(folder), "TERM": "dumb"})
            os.environ.pop("NO_COLOR", None)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background was told to ignore it
            code = "import sys; from transformer_programs.cli import main; sys.exit(main(['rasp']))"
            os.execv(sys.executable, [sys.executable, "-c", code])

    def wait_for(self, text: str) -> str:
        """What is printed up to and with the text."""
        assert self._comes(text, PATIENCE), f"no {text!r} in {self._rest!r}"
        place = self._rest.index(text) + len(text)
        seen, self._rest = self._rest[:place], self._rest[place:]
        return seen

    def interrupt(self, text: str) -> None:
        """Ctrl-C, again as long as the text does not come.

        Python's line editor loses one that comes after the prompt is written and before it waits for a key.
        """
        for _ in range(int(PATIENCE)):
            self.type("\x03")
            if self._comes(text, 1.0):
                break
        self.wait_for(text)

    def _comes(self, text: str, patience: float) -> bool:
        end = time.monotonic() + patience
        while text not in self._rest:
            ready, _, _ = select.select([self._file], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return False
            self._rest += os.read(self._file, 4096).decode(errors="replace")
        return True

    def type(self, text: str) -> None:
        """Presses keys."""
        os.write(self._file, text.encode())

    def end(self) -> int:
        """The exit code, once the process ended."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_session_at_a_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    assert "running example is: hello" in terminal.wait_for(">> ")
    terminal.type("indices +\n")
    terminal.wait_for(".. ")
    terminal.interrupt(">> ")  # drops the statement, not the session
    terminal.type("nothing;\n")
    assert "\x1b[31m" in terminal.wait_for("Undefined variable: nothing")
    terminal.wait_for(">> ")
    terminal.type("selector_w\t(full_s);\n")
    terminal.wait_for("[5]*5 (ints)")
    terminal.wait_for(">> ")
    terminal.type("\x04")  # Ctrl-D
    terminal.wait_for("\n")
    assert terminal.end() == 0
    history = (tmp_path / "transformer-programs" / "rasp_history").read_text(encoding="utf-8")
    assert "selector_width(full_s);" in history
