"""Pictures are well formed and show every head; costs follow the schedule of the paper."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from transformer_programs.rasp.cost import cost
from transformer_programs.rasp.draw import draw_dot, draw_svg, draw_to_files
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.session import Session

EXAMPLES = Path(__file__).parents[2] / "examples" / "rasp"


def made(name: str) -> Session:
    session = Session()
    session.run_file(EXAMPLES / f"{name}.rasp")
    return session


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("name", "on", "heads"), [("reverse", "a<&b", 2), ("dyck2", "({})", 4), ("addition", "1+2", 6)]
)
def test_pictures(name: str, on: str, heads: int) -> None:
    session = made(name)
    svg = draw_svg(session.sop(name).expr, name, on, Evaluation(on), session.names())
    written = texts(svg)
    assert sum(text.startswith("head: ") for text in written) == heads
    layers = cost(session.sop(name).expr).layers
    assert [text for text in written if text.startswith("layer ")] == [f"layer {i + 1}" for i in range(layers)]
    # The picture ends with the result on the input.
    assert any(text.endswith(str(session.on(name, on))) for text in written)


def test_pictures_use_the_names_of_the_program() -> None:
    session = made("dyck2")
    written = texts(draw_svg(session.sop("dyck2").expr, "dyck2", "()", Evaluation("()"), session.names()))
    assert "head: select(depth, depth, ==) and select(nth, v1, ==)" in written


def test_a_long_input_is_not_drawn() -> None:
    session = made("reverse")
    with pytest.raises(RaspError, match="at most 60"):
        draw_svg(session.sop("reverse").expr, "reverse", "a" * 61, Evaluation("a" * 61), {})


def test_files_are_written(tmp_path: Path) -> None:
    session = made("reverse")
    paths = draw_to_files(session.sop("reverse").expr, "max( x )", "ab", Evaluation("ab"), {}, tmp_path)
    assert paths[0] == tmp_path / "max_x.svg"
    assert paths[0].read_text(encoding="utf-8").startswith("<svg")
    with pytest.raises(RaspError, match="cannot write"):
        draw_to_files(session.sop("reverse").expr, "x", "ab", Evaluation("ab"), {}, tmp_path / "nowhere")


def test_graphviz_adds_a_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dot = tmp_path / "dot"
    dot.write_text('#!/bin/sh\nexec cat > "$3"\n', encoding="utf-8")  # called as: dot -Tpdf -o FILE
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    session = made("reverse")
    paths = draw_to_files(session.sop("reverse").expr, "reverse", "ab", Evaluation("ab"), {}, tmp_path)
    assert [path.name for path in paths] == ["reverse.svg", "reverse.pdf"]
    assert paths[1].read_text(encoding="utf-8").startswith("digraph flow {")


def test_the_graph_for_graphviz_has_an_edge_for_every_use() -> None:
    session = made("reverse")
    dot = draw_dot(session.sop("reverse").expr, session.names())
    assert dot.count("->") == 5  # length and indices into the mirrored place, that, indices and tokens into the result


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("indices + 1", ()),
        ("length", (1,)),
        ('length + count(tokens, "a")', (1,)),
        ("selector_width(select(tokens, tokens, ==))", (2,)),
        ("has_focus(select(tokens, tokens, <))", (1,)),
        ("sort(tokens, tokens)", (2, 1)),
        ("sort(tokens, length - indices)", (1, 2, 1)),
        ("aggregate(full_s, indices) + aggregate(select(indices, 0, ==), indices)", (2,)),
        # Heads of one layer that select the same are one head.
        ("aggregate(full_s, indices) + aggregate(full_s, indices ^ 2)", (1,)),
    ],
)
def test_costs(text: str, heads: tuple[int, ...]) -> None:
    session = Session()
    session.run(f"x = {text};")
    assert cost(session.sop("x").expr).heads == heads
