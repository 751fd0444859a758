"""The kernel compiled beside other work: it is waited for, never outlives an error, and is never needed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.batch import Batch, beside, kernel
from transformer_programs.program import Emit, Program


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing had ever been compiled."""
    monkeypatch.setattr(beside, "is_compiled", lambda: False)


def _script(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(beside, "ASK_ONE", text)


def test_what_the_other_process_does_is_waited_for(cold: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _script(monkeypatch, f"import time; time.sleep(0.5); open({str(tmp_path / 'done')!r}, 'w').close()")
    with beside.compiled_beside():
        assert not (tmp_path / "done").exists()
    assert (tmp_path / "done").exists()


def test_the_first_batch_waits_for_it(cold: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else both would compile the same, one of them for nothing."""
    _script(monkeypatch, f"import time; time.sleep(0.5); open({str(tmp_path / 'done')!r}, 'w').close()")
    with beside.compiled_beside():
        Batch(Program(name="one", vocabulary=("a",), max_length=1, output=Emit("tokens"))).predict([["a"]])
        assert (tmp_path / "done").exists()


def test_an_error_ends_the_other_process(cold: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _script(monkeypatch, f"import time; time.sleep(3); open({str(tmp_path / 'done')!r}, 'w').close()")
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), beside.compiled_beside():
        raise KeyboardInterrupt
    assert time.monotonic() - start < 2
    assert not (tmp_path / "done").exists()


def test_a_file_in_the_working_directory_is_not_imported(
    cold: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "numba.py").write_text("open('executed', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    _script(monkeypatch, "import numba")
    with beside.compiled_beside():
        pass
    assert not (tmp_path / "executed").exists()


def test_it_is_done_without_where_no_process_starts(cold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "no-such-python")
    with beside.compiled_beside():
        pass


def test_the_question_that_it_asks_compiles_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Batch, "predict", lambda self, inputs: asked.append(inputs))
    exec(beside.ASK_ONE, {})
    assert asked == [[["a"]]]


def test_a_kept_kernel_is_found_until_its_source_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Batch(Program(name="one", vocabulary=("a",), max_length=1, output=Emit("tokens"))).predict([["a"]])
    assert beside.is_compiled()
    later = tmp_path / "kernel.py"
    later.touch()
    os.utime(later, (time.time() + 60, time.time() + 60))
    monkeypatch.setattr(kernel, "__file__", str(later))
    execute: Any = kernel.execute
    assert not beside.is_compiled() or execute.stats.cache_path is None
