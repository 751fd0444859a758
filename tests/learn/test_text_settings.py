"""Settings of the learner `text` that cannot be: told before anything is fitted, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from transformer_programs.cli import main

TAGS = "Oslo B-LOC\nis O\ncold O\n\nit O\nrains O\n\n" * 10
REQUESTS = "text,label\nwake me,alarm\nplay jazz,song\n" * 10


@pytest.mark.parametrize("kind", ["tagging", "classification"])
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("reach=-1", "reach: got -1; expected 0 or more"),
        ("frequent=-5", "frequent: got -5; expected 0 or more"),
        ("pairs=-5", "pairs: got -5; expected 0 or more"),
        ("words=-5", "words: got -5; expected 1 or more"),
        ("words=0", "words: got 0; expected 1 or more"),
        ("draw=-3", "draw: got -3.0; expected 0 or more"),
        ("draw=nan", "draw: got nan; expected 0 or more"),
        ("draw=inf", "draw: got inf; expected a finite number, 0 or more"),
        ("classes=0", "classes: got '0'; expected 100 (clusters), 4x32"),
        ("classes=32q", "classes: got '32q'; expected 100 (clusters), 4x32"),
    ],
)
def test_a_setting_that_cannot_be(
    kind: str, setting: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _refused(kind, setting, message, tmp_path, capsys)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("scope=not", "scope: got 'not' for tagging; expected it for classification only; leave it out"),
        ("opening=true", "opening: got 'true' for tagging; expected it for classification only; leave it out"),
        ("features=shape,unseen", "features: got unseen; expected classification with word vectors"),
    ],
)
def test_a_setting_that_tagging_would_pass_over(
    setting: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _refused("tagging", setting, message, tmp_path, capsys)


def _refused(kind: str, setting: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / ("d.conll" if kind == "tagging" else "d.csv")
    file.write_text(TAGS if kind == "tagging" else REQUESTS)
    out = folder / "run"
    flags = ["--learner", "text", "--data", str(file), "--kind", kind, "--set", setting, "--out", str(out)]
    assert main(["train", *flags]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert list(folder.iterdir()) == [file]
