"""The page as text: what holds without a browser."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from transformer_programs.cli import main
from transformer_programs.emit.python import print_python
from transformer_programs.errors import ProgramError
from transformer_programs.files import load_program
from transformer_programs.program import Emit, Lookup, Program, Read, Step, Table, check
from transformer_programs.view import page as pages
from transformer_programs.view import render_page
from transformer_programs.view.code import code_lines
from transformer_programs.view.graph import graph_of

PROGRAMS = Path(__file__).parents[2] / "programs"
FOLDERS = sorted(path.parent for path in PROGRAMS.glob("*/program.json"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_code_shown_is_the_printed_program(folder: Path) -> None:
    program = load_program(folder)
    text = "\n".join("".join(piece.text for piece in line.pieces) for line in code_lines(program))
    assert text + "\n" == print_python(program)
    owners = {line.variable for line in code_lines(program)} - {None, "tokens", "positions"}
    assert owners == {"@answer", *(step.name for step in program.steps)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_boxes_lie_apart_and_below_what_they_read(folder: Path) -> None:
    graph = graph_of(load_program(folder))
    width, height = graph.box
    for a, b in combinations(graph.vertices, 2):
        assert abs(a.x - b.x) >= width or abs(a.y - b.y) >= height, (a.name, b.name)
    assert all(0 < v.x < v.x + width < graph.width and 0 < v.y < v.y + height < graph.height for v in graph.vertices)
    y = {vertex.name: vertex.y for vertex in graph.vertices}
    assert all(y[edge.source] < y[edge.target] for edge in graph.edges)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_lines_run_behind_no_box_but_their_own(folder: Path) -> None:
    graph = graph_of(load_program(folder))
    boxes = {vertex.name: vertex for vertex in graph.vertices}
    for edge in graph.edges:
        lane = re.search(r"L(-?\d+),", edge.path)
        if lane:
            x, own = int(lane[1]), (edge.source, edge.target)
            between = [v for v in boxes.values() if boxes[own[0]].y < v.y < boxes[own[1]].y]
            assert all(not v.x < x < v.x + graph.box[0] for v in between), edge


def test_a_page_refers_to_nothing_outside() -> None:
    text = render_page(load_program(PROGRAMS / "sort"))
    assert re.findall(r"\b(?:src|href)=\"([^\"]*)\"", text) == ["#run"]
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|import\(|eval\(|innerHTML", text) == []
    assert set(re.findall(r"https?://[^\"\s]*", text)) == {"http://www.w3.org/2000/svg"}


def test_no_file_of_the_page_can_end_its_element() -> None:
    for name in (*pages.SCRIPTS, "style.css"):
        assert "</" not in pages.source(name), name


def test_a_variable_may_be_called_answer() -> None:
    steps = (Step("answer", Table((Read("tokens"),), (1, 2))),)
    program = check(Program(name="x", vocabulary=("a", "b"), max_length=2, steps=steps, output=Emit("answer")))
    assert [vertex.name for vertex in graph_of(program).vertices] == ["tokens", "answer", "@answer"]


def test_a_program_of_many_values_is_shown_without_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_SHOWN", 500)
    keys = tuple(map(str, range(400)))
    steps = (Step("x", Lookup("tokens", keys, keys, "?")),)
    text = render_page(Program(name="big", vocabulary=None, max_length=None, steps=steps, output=Emit("x")))
    assert "too long to read in a page" in text
    assert 'class="graph"' in text


def test_a_program_that_no_page_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_HELD", 100)
    with pytest.raises(ProgramError, match=r"sort: got \d+ values in its tables; expected at most 100; tprog run"):
        render_page(load_program(PROGRAMS / "sort"))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "hist.html"
    assert main(["view", str(PROGRAMS / "hist"), "--out", str(out), "--input", "5 5"]) == 0
    assert capsys.readouterr().out == f"{out}: {len(out.read_bytes()) / 1000:,.0f} kB; open it in a browser\n"
    assert '"input":"5 5"' in out.read_text(encoding="utf-8")
    assert main(["view", str(PROGRAMS / "hist"), "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"tprog view: {out}: got a file that exists; use --force to write over it\n"
    sort = str(PROGRAMS / "sort")
    assert main(["view", str(PROGRAMS / "hist"), sort, "--out", str(out), "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"programs": ["hist", "sort"], "out": str(out), "bytes": len(out.read_bytes())}


def test_what_the_command_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page.html"
    other = tmp_path / "other.json"
    other.write_text("{}", encoding="utf-8")
    assert main(["view", str(other), "--out", str(out)]) == 2
    assert "JSON without our format mark" in capsys.readouterr().err
    assert main(["view", str(PROGRAMS / "hist"), str(tmp_path / "none"), "--out", str(out)]) == 2
    assert "no such file or directory" in capsys.readouterr().err
    assert main(["view", str(PROGRAMS / "hist"), "--out", str(tmp_path / "no" / "page.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not out.exists()
