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

import json
import math
import shutil
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


class RunDirectory:
    """The session of a run that is kept.

    Args:
        path: the directory.
        config: what was asked; must equal the config of an unfinished run found there, which is then resumed.
        force: replace whatever run is there.

    Raises:
        OutputError: the directory holds something else, a finished run, or a run of another config.
    """

    def __init__(self, path: Path, config: Mapping[str, Any], *, force: bool = False) -> None:
        self.path = path
        self._config = tomli_w.dumps(_without_none(config))
        self._state: dict[str, np.ndarray] = {}
        self._saved = 0.0
        self.resumed = self._prepare(force)
        self._metrics = (path / "metrics.jsonl").open("a", encoding="utf-8")
        self._start = time.monotonic()

    def _prepare(self, force: bool) -> bool:
        path, config = self.path, self.path / "config.toml"
        if path.exists() and not path.is_dir():
            raise OutputError(
                place=str(path), got="a file", expected="a directory to make", todo="choose another --out"
            )
        if path.exists() and any(path.iterdir()):
            if not config.exists():
                raise OutputError(
                    place=str(path),
                    got="a directory with other files",
                    expected="a new one",
                    todo="choose another --out",
                )
            if not force:
                return self._resume(config)
            _clear(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(place=str(path), got=f"no directory can be made there ({error.strerror})") from error
        write_text(config, self._config)
        return False

    def _resume(self, config: Path) -> bool:
        if (self.path / "report.json").exists():
            raise OutputError(
                place=str(self.path),
                got="a finished run",
                expected="a new directory",
                todo="choose another --out, or --force to replace it",
            )
        try:
            same = tomllib.loads(config.read_text(encoding="utf-8")) == tomllib.loads(self._config)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            same = False
        if not same:
            raise OutputError(
                place=str(self.path),
                got="an unfinished run of another configuration (see its config.toml)",
                expected="the same command to resume it",
                todo="choose another --out, or --force to replace it",
            )
        weights = self.path / "weights.safetensors"
        if weights.exists():
            try:
                self._state = dict(load_file(weights))
            except (SafetensorError, OSError) as error:
                raise OutputError(
                    place=str(weights), got=f"training state that cannot be read ({error})", todo="--force starts anew"
                ) from error
        return True

    def report(self, progress: Progress) -> None:
        """A line of metrics.jsonl."""
        line = {
            "seconds": round(time.monotonic() - self._start, 3),
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
        self._metrics.close()
        self.flush()
        write_text(self.path / "program.json", dumps(program))
        write_text(self.path / "program.py", print_python(program))
        write_text(self.path / "report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Leaves an unfinished run so that it can be resumed."""
        if not self._metrics.closed:
            self._metrics.close()
            self.flush()


def _clear(path: Path) -> None:
    for name in ("config.toml", "metrics.jsonl", "weights.safetensors", "program.json", "program.py", "report.json"):
        (path / name).unlink(missing_ok=True)
    shutil.rmtree(path / "__pycache__", ignore_errors=True)


def _without_none(value: Any) -> Any:
    """TOML has no null: leave such keys out."""
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value
