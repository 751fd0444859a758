"""A run directory: what was asked, how it went, the program, the report. Written atomically, resumable, never
overwritten without being asked.

    config.toml          what was asked; two runs with equal files give equal programs
    metrics.jsonl        a line a progress report
    weights.safetensors  training state of an unfinished run
    program.json         the program, the source of truth
    program.py           the program for eyes and for deployment
    report.json          accuracies, agreement, time, versions, seed; written last: the run is finished
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import tomli_w
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from transformer_programs.emit.python import print_python
from transformer_programs.errors import OutputError
from transformer_programs.files import write_text
from transformer_programs.learn.base import Progress
from transformer_programs.program import Program, dumps

__all__ = ["RunDirectory"]

SAVE_EVERY = 2.0
"""Seconds between two writes of the training state, at least."""


FILES = ("config.toml", "metrics.jsonl", "weights.safetensors", "program.json", "program.py", "report.json")
"""All that a run writes."""


class RunDirectory:
    """The session of a run that is kept.

    While it runs, `metrics.jsonl` is locked: a second process that is sent to the same directory is refused.

    Args:
        path: the directory.
        config: what was asked; must equal the config of an unfinished run found there, which is then resumed.
        force: replace whatever run is there.

    Attributes:
        resumed: whether an unfinished run goes on.
        before: seconds that it took before it was stopped, 0 for a new one.

    Raises:
        OutputError: the directory holds something else, a finished run, or a run of another config, or is in use.
    """

    def __init__(self, path: Path, config: Mapping[str, Any], *, force: bool = False) -> None:
        self.path = path
        self._config = tomli_w.dumps(_without_none(config))
        self._state: dict[str, np.ndarray] = {}
        self._saved = 0.0
        self._made = not path.exists()
        self._refuse_strangers(force)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._metrics = (path / "metrics.jsonl").open("a+", encoding="utf-8")
        except OSError as error:
            raise OutputError(
                place=str(path), got=f"a place that cannot be written ({error.strerror})", todo="choose another --out"
            ) from error
        try:
            self._lock()
            self.resumed = (path / "config.toml").exists() and not force
            if self.resumed:
                self._resume()
            else:
                self._begin()
            self.before = self._spent()
        except BaseException:
            self._metrics.close()
            raise
        self._start = time.monotonic()

    def _refuse_strangers(self, force: bool) -> None:
        path = self.path
        if path.exists() and not path.is_dir():
            raise OutputError(
                place=str(path), got="a file", expected="a directory to make", todo="choose another --out"
            )
        if not path.exists() or (path / "config.toml").exists():
            if (path / "report.json").exists() and not force:
                raise OutputError(
                    place=str(path),
                    got="a finished run",
                    expected="a new directory",
                    todo="choose another --out, or --force to replace it",
                )
            return
        # A run that was killed in its first moment may have left its empty metrics.
        if {item.name for item in path.iterdir()} - {"metrics.jsonl"}:
            raise OutputError(
                place=str(path),
                got="a directory with other files",
                expected="a new one",
                todo="choose another --out",
            )

    def _lock(self) -> None:
        if not _locked(self._metrics):
            raise OutputError(
                place=str(self.path),
                got="a directory that another process trains in",
                expected="one run at a time",
                todo="wait for it, stop it, or choose another --out",
            )

    def _begin(self) -> None:
        self._metrics.truncate(0)
        for name in FILES:
            if name != "metrics.jsonl":
                (self.path / name).unlink(missing_ok=True)
        shutil.rmtree(self.path / "__pycache__", ignore_errors=True)
        write_text(self.path / "config.toml", self._config)

    def _resume(self) -> None:
        try:
            asked = tomllib.loads((self.path / "config.toml").read_text(encoding="utf-8"))
            same = asked == tomllib.loads(self._config)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            same = False
        if not same:
            raise OutputError(
                place=str(self.path),
                got="an unfinished run of another configuration (see its config.toml)",
                expected="the same command to resume it",
                todo="choose another --out, or --force to replace it",
            )
        for name in FILES:  # what a killed process had not moved to its place yet
            for stale in self.path.glob(f".{name}.*"):
                stale.unlink(missing_ok=True)
        weights = self.path / "weights.safetensors"
        if weights.exists():
            try:
                self._state = dict(load_file(weights))
            except (SafetensorError, OSError) as error:
                raise OutputError(
                    place=str(weights), got=f"training state that cannot be read ({error})", todo="--force starts anew"
                ) from error

    def _spent(self) -> float:
        """Seconds on the last line of the metrics; a line that a killed process left half is cut off."""
        self._metrics.seek(0)
        whole, seconds = 0, 0.0
        for line in iter(self._metrics.readline, ""):
            try:
                seconds = float(json.loads(line)["seconds"])
            except (ValueError, TypeError, KeyError):
                break
            whole = self._metrics.tell()
        self._metrics.seek(whole)
        self._metrics.truncate()
        return seconds

    def report(self, progress: Progress) -> None:
        """A line of metrics.jsonl."""
        line = {
            "seconds": round(self.before + time.monotonic() - self._start, 3),
            "learner": progress.learner,
            "step": progress.step,
            "steps": progress.steps,
            "loss": progress.loss if math.isfinite(progress.loss) else None,
            "accuracy": progress.accuracy if math.isfinite(progress.accuracy) else None,
            "note": progress.note,
        }
        self._metrics.write(json.dumps(line) + "\n")
        self._metrics.flush()

    def save(self, key: str, state: Mapping[str, np.ndarray]) -> None:
        """Keeps the state of one part; written every few seconds, and when the run stops."""
        self._state = {name: array for name, array in self._state.items() if not name.startswith(f"{key}/")}
        self._state |= {f"{key}/{name}": np.array(array) for name, array in state.items()}
        if time.monotonic() - self._saved > SAVE_EVERY:
            self.flush()

    def flush(self) -> None:
        """Writes the training state now."""
        self._saved = time.monotonic()
        write_text(self.path / "weights.safetensors", save(self._state))

    def restore(self, key: str) -> Mapping[str, np.ndarray] | None:
        """The state last saved for this part, or None."""
        prefix = f"{key}/"
        found = {name.removeprefix(prefix): a for name, a in self._state.items() if name.startswith(prefix)}
        return found or None

    def finish(self, program: Program, report: Mapping[str, Any]) -> None:
        """Writes the program and, last, the report."""
        self.flush()
        write_text(self.path / "program.json", dumps(program))
        write_text(self.path / "program.py", print_python(program))
        write_text(self.path / "report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        self._metrics.close()

    def close(self) -> None:
        """Leaves an unfinished run so that it can be resumed."""
        if not self._metrics.closed:
            self.flush()
            self._metrics.close()

    def abandon(self) -> None:
        """Leaves nothing behind of a new run that came to nothing: no training state yet, so nothing to resume."""
        if self.resumed or self._state or self._metrics.closed:
            self.close()
            return
        for name in FILES:
            (self.path / name).unlink(missing_ok=True)
        self._metrics.close()
        if self._made:
            with contextlib.suppress(OSError):
                self.path.rmdir()


def _locked(file: IO[str]) -> bool:
    """Locks an open file until it is closed or its process ends; False where another process has it."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _without_none(value: Any) -> Any:
    """TOML has no null: leave such keys out."""
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value
