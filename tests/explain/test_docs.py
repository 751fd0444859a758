"""Every output in docs/explain.md is what the command prints. `python tests/explain/test_docs.py` writes them anew."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from transformer_programs.cli import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "explain.md"
PROGRAM = "the circuit as a program"
BLOCK = re.compile(r"```\n(\$ tprog .*?)```\n", re.DOTALL)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of ours that needs no file of another, and the output below it."""
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("tprog ") and ">" not in command and "sort100" not in command:
                yield command, output


def printed(command: str, place: Path) -> str:
    """What it prints; a directory to write lies in `place`."""
    words = shlex.split(command)[1:]
    if "--out" in words:
        name = words[words.index("--out") + 1]
        words[words.index("--out") + 1] = str(place / name)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        main(words)
    return out.getvalue().replace(f"{place}{os.sep}", "")


@pytest.mark.parametrize(("command", "output"), list(commands(DOCS.read_text(encoding="utf-8"))))
def test_output(command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    got, _, _ = printed(command, tmp_path).partition(PROGRAM)  # how short a circuit gets is for tests of passes
    assert got.rstrip() == output.partition(PROGRAM)[0].rstrip()


def test_the_debugging_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["show", "tests/verify/programs/sort98.json"]) == 0
    script = tmp_path / "sort98.py"
    text = capsys.readouterr().out
    script.write_text(text, encoding="utf-8")
    (block,) = (b for b in BLOCK.findall(DOCS.read_text(encoding="utf-8")) if "(Pdb)" in b)
    typed = [line.removeprefix("(Pdb) ") for line in block.splitlines() if line.startswith("(Pdb)")]
    shown = [line for line in block.splitlines() if line.startswith("[")]
    command = [sys.executable, "-m", "pdb", str(script), "1", "1", "1", "2", "1"]
    session = subprocess.run(command, input="\n".join(typed), capture_output=True, text=True, check=False, timeout=60)
    assert [
        line.removeprefix("(Pdb) ") for line in session.stdout.splitlines() if "[" in line and "Pdb" in line
    ] == shown
    mended = tmp_path / "sort100.py"
    mended.write_text("".join(line for line in text.splitlines(True) if "odd rule" not in line), encoding="utf-8")
    assert main(["verify", str(mended), "--task", "sort"]) == 0
    assert "100 % of 19,530 inputs" in capsys.readouterr().out


if __name__ == "__main__":
    import tempfile

    os.chdir(ROOT)
    source = Path(sys.argv[1] if sys.argv[1:] else DOCS).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for number, (command, output) in enumerate(list(commands(source))):
            place = Path(folder) / str(number)
            place.mkdir()
            source = source.replace(f"$ {command}\n{output}", f"$ {command}\n{printed(command, place)}", 1)
    DOCS.write_text(source, encoding="utf-8")
