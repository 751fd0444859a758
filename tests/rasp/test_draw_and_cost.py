"""Pictures are well formed and show every head; costs follow the schedule of the paper."""

from __future__ import annotations

import re
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


SVG = "{http://www.w3.org/2000/svg}"


def parts(svg: str, kind: str) -> list[list[str]]:
    """The texts of each card of a kind, its name first."""
    return [
        [text.text or "" for text in group.iter(f"{SVG}text")]
        for group in ET.fromstring(svg).iter(f"{SVG}g")
        if group.get("class") == kind
    ]


@pytest.mark.parametrize(
    ("name", "on", "heads"), [("reverse", "a<&b", 2), ("dyck2", "({})", 4), ("addition", "1+2", 6)]
)
def test_pictures(name: str, on: str, heads: int) -> None:
    session = made(name)
    svg = draw_svg(session.sop(name).expr, name, on, Evaluation(on), session.names())
    assert len(parts(svg, "head")) == heads
    price = cost(session.sop(name).expr)
    written = [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert [text for text in written if text.startswith("layer ")] == [f"layer {i + 1}" for i in range(price.layers)]
    assert [int(text.split()[0]) for text in written if re.fullmatch(r"\d+ heads?", text)] == list(price.heads)
    # The last card is the result on the input: of a head what its rows give, of a value its cells.
    last = next(card for card in (*parts(svg, "head"), *parts(svg, "value")) if card[0] == name)
    values = [str(value) for value in session.on(name, on).values]  # type: ignore[union-attr]
    cells = last[-2 * len(values) :]  # Each row of a head ends with its result, as each value's cell follows its token.
    assert cells[1::2] == values


def test_pictures_use_the_names_of_the_program() -> None:
    session = made("dyck2")
    svg = draw_svg(session.sop("dyck2").expr, "dyck2", "()", Evaluation("()"), session.names())
    partner = next(card for card in parts(svg, "head") if card[0] == "partner")
    assert partner[1:3] == ["select(depth, depth, ==) and select(nth, v1, ==)", 'average of tokens, else "?"']


def test_cards_do_not_lie_on_one_another() -> None:
    session = made("addition")
    svg = draw_svg(session.sop("addition").expr, "addition", "12+9", Evaluation("12+9"), session.names())
    boxes = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        if group.get("transform"):
            x, y = map(float, group.get("transform", "")[10:-1].split())
            frame = group[0][0]
            boxes.append((x, y, x + float(frame.get("width", 0)), y + float(frame.get("height", 0))))
    assert len(boxes) > 10
    for i, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:i]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_a_large_program_shows_each_selector_once() -> None:
    session = made("membership")
    on = "a<A,a<A?"
    svg = draw_svg(session.sop("membership").expr, "membership", on, Evaluation(on), session.names())
    assert len(parts(svg, "head")) == sum(cost(session.sop("membership").expr).heads)
    assert len(svg) < 1_000_000


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
