"""The loop's standard output, to the letter."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from transformer_programs.rasp.repl import Repl, run_stream
from transformer_programs.rasp.terminal import completions

OWN = sorted((Path(__file__).parent / "transcripts").glob("*.in"))
ORIGINAL = sorted((Path(__file__).parents[3] / "shared" / "cases" / "rasp-repl").glob("*.in"))


def transcript(text: str) -> str:
    output = io.StringIO()
    run_stream(io.StringIO(text), output)
    return output.getvalue()


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_own_transcripts(path: Path) -> None:
    assert transcript(path.read_text(encoding="utf-8")) == path.with_suffix(".out").read_text(encoding="utf-8")


@pytest.mark.skipif(not ORIGINAL, reason="the original's transcripts are not here")
@pytest.mark.parametrize("path", ORIGINAL, ids=lambda path: path.stem)
def test_transcripts_of_the_original(path: Path) -> None:
    got = transcript(path.read_text(encoding="utf-8")).splitlines()
    want = path.with_suffix(".out").read_text(encoding="utf-8").splitlines()
    if path.stem.startswith("05"):
        # The wording of syntax errors may differ; where they are, and everything else, may not.
        got = ["syntax" if "!! syntax error" in line else line for line in got]
        want = ["syntax" if "!! antlr exception" in line else line for line in want]
    assert got == want


def test_places_of_errors_go_to_the_other_stream() -> None:
    output, errors = io.StringIO(), io.StringIO()
    run_stream(io.StringIO("x = 1;\ny = indices + nothing;\n"), output, errors)
    assert "line 2" not in output.getvalue()
    assert errors.getvalue() == (
        "console line 2, column 15: Error: Undefined variable: nothing\n  y = indices + nothing;\n                ^\n"
    )


def test_an_interrupt_drops_the_statement() -> None:
    typed = iter(["x = (1,", KeyboardInterrupt, "2;", EOFError])

    def line(_: str) -> str:
        item = next(typed)
        if isinstance(item, str):
            return item
        raise item

    output = io.StringIO()
    Repl(line, output).loop()
    assert output.getvalue().endswith("\n    value: out =  2\n\n")


def test_colours_only_where_asked() -> None:
    def run(colours: bool) -> str:
        lines = iter(["nothing;", "indices;"])

        def line(_: str) -> str:
            try:
                return next(lines)
            except StopIteration:
                raise EOFError from None

        output = io.StringIO()
        Repl(line, output, colours=colours).loop()
        return output.getvalue()

    assert "\033" not in run(False)
    assert "\033[31m" in run(True)


def test_completion() -> None:
    repl = Repl(input, io.StringIO())
    assert "select_from_first" in completions(repl, "select")
    assert completions(repl, "zzz") == []


def test_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("inner.rasp").write_text("b = 7;\n_b = 8;\n", encoding="utf-8")
    Path("outer.rasp").write_text(
        'a = indices + 1;\na = indices + 2;\nload "inner";\n_c = 3;\nc = b + _c;\na("hello");\n', encoding="utf-8"
    )
    got = transcript('load "outer";\na;\nb;\nc;\n_c;\n_b;\n').splitlines()
    assert got[2:] == [
        ">>      s-op: a",
        "    value: b =  7",
        "    value: c =  10",
        ">>      s-op: a",
        ' \t Example: a("hello") = [2, 3, 4, 5, 6] (ints)',
        ">>     value: b =  7",
        ">>     value: c =  10",
        ">> \t\t!!ignoring input:",
        "\t Error: Undefined variable: _c",
        ">> \t\t!!ignoring input:",
        "\t Error: Undefined variable: _b",
        ">> ",
    ]


def test_errors_in_a_loaded_file_say_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.rasp").write_text("a = 1;\nb = nothing;\nc = 3;\n", encoding="utf-8")
    output, errors = io.StringIO(), io.StringIO()
    run_stream(io.StringIO('load "bad";\nc;\n'), output, errors)
    assert "bad.rasp line 2, column 5" in errors.getvalue()
    assert "value: c =  3" in output.getvalue()


def test_what_cannot_be_read_in_a_file_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the original: other errors wait until the file is loaded; only they make every value be told."""
    monkeypatch.chdir(tmp_path)
    Path("bad.rasp").write_text("a = 1;\nb = (;\na = 2;\n", encoding="utf-8")
    assert [line.strip() for line in transcript('load "bad";\n').splitlines()[2:]] == [
        ">> \t!! syntax error: unexpected ';' expecting an expression \t-- ignoring input",
        "value: a =  2",
        ">>",
    ]


def test_a_list_equals_no_token() -> None:
    assert "[F]*5 (bools)" in transcript("tokens == [1];\n")


def test_a_load_cycle_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.rasp").write_text('load "two";\n', encoding="utf-8")
    Path("two.rasp").write_text('load "one";\nafter = 1;\n', encoding="utf-8")
    got = transcript('load "one";\nafter;\n')
    assert "the files load one another: one.rasp -> two.rasp -> one.rasp" in got
    assert "value: after =  1" in got
