"""The page in a real browser: typing, pointing, keys, comparing, stepping."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from transformer_programs.files import load_program
from transformer_programs.program import (
    Apply,
    Classify,
    Closest,
    Compare,
    Decode,
    Emit,
    Frame,
    Full,
    LinearScore,
    Prefer,
    Program,
    Read,
    Spelled,
    Step,
    Table,
    TableScore,
    Width,
    check,
)
from view.page import HERE, Open, kept


def pooled() -> Program:
    """Votes of the tokens, and of how many there are."""
    labels, tokens = ("good", "bad"), ("fine", "awful", "<unk>")
    votes = TableScore(Read("tokens"), ((3, 0), (0, 4), (0, 0)))
    steps = (Step("length", Width(Full())),)
    output = Classify(labels, (1, 0), (votes, LinearScore("length", (0, 1))), pooled=True)
    return check(Program(name="mood", vocabulary=tokens, max_length=None, steps=steps, output=output))


# --- typing ------------------------------------------------------------------------------------------------------


def test_what_is_typed_runs(opened: Open) -> None:
    page = opened(kept("sort"))
    page.type("3 1 4 1 0")
    assert page.answer() == "0 1 1 3 4"
    assert page.cell("position", position=1).text.split() == ["1", "3"]
    page.type("</s>")
    assert page.answer() == "4"


def test_a_marked_sequence_is_taken_as_it_is(opened: Open) -> None:
    page = opened(kept("hist"))
    page.type("<s> 1 1")
    assert page.answer() == "1 2 2"


def test_clicking_tokens_types_them(opened: Open) -> None:
    page = opened(kept("hist"), text="")
    assert "type at least one" in page.text("#message-0")
    for token in ("5", "5", "0"):
        page.one(f'.chips [data-token="{token}"]').click()
    assert page.one("#input-0").get_attribute("value") == "5 5 0"
    assert page.answer() == "2 2 1"


def test_an_unknown_token_is_a_message(opened: Open) -> None:
    page = opened(kept("sort"))
    page.type("3 x 1")
    assert page.text("#message-0") == "Not in the vocabulary: 'x' at position 2. The program knows <s> </s> 0 1 2 3 4"
    assert page.one("#message-0").get_attribute("role") == "alert"
    assert page.all("table.run") == [] or not page.one("table.run").is_displayed()
    page.type("3 1")
    assert not page.one("#message-0").is_displayed()
    assert page.answer() == "1 3"


def tagger() -> Program:
    """Capital letters begin or continue a name, known or not; `I` stands behind `B` or `I` only."""
    steps = (Step("shape_1", Spelled("shape", ("Xx", "X"), ("high", "high"), "low")),)
    scores = (TableScore(Read("shape_1"), ((0, 3, 4), (2, 0, 0))),)
    follows = ((0, 0, None), (0, -1, 2), (0, -1, 1))
    output = Decode(("O", "B", "I"), (0, 0, 0), scores, (0, 0, None), follows)
    return check(Program(name="tagger", vocabulary=("<unk>", "the"), max_length=None, steps=steps, output=output))


def test_spellings_and_a_best_sequence(opened: Open) -> None:
    page = opened(tagger(), text="the Rome Bern the")
    assert page.answer() == "O B I O"
    assert page.text("#answer-0 .note") == "Not in the vocabulary, read as <unk>: Rome Bern"
    page.cell("answer", position=2).click()
    shown = page.text("#inspected")
    assert "Why 'I' and not 'B', the runner-up:" in shown
    assert "label before = 'B'+2−1+3" in shown
    assert "label after = 'O'000sum+6+2+4" in shown
    page.cell("cell", name="shape_1", position=1).click()
    assert "the dictionary’s entry for the shape of the token as it is written, 'Xx'" in page.text("#inspected")
    page.type("Rome the Oslo")
    assert page.answer() == "B I I"


def test_too_many_tokens_are_a_message(opened: Open) -> None:
    page = opened(kept("sort"))
    page.put("1 " * 500)
    assert page.text("#message-0") == "These are 502 tokens, markers included; the program takes at most 8."


def test_unknown_words_are_said_where_the_program_takes_them(opened: Open) -> None:
    page = opened(pooled(), text="fine zebra fine")
    assert page.answer() == "good"
    assert page.text("#answer-0 .note") == "Not in the vocabulary, read as <unk>: zebra"


def test_five_hundred_tokens_are_shown_in_parts(opened: Open) -> None:
    page = opened(pooled())
    page.put("awful " * 500)
    assert page.answer() == "bad"
    assert page.text(".pager span") == "positions 0–47 of 500"
    assert len(page.all("thead [data-position]")) == 48
    page.one(".pager button:last-child").click()
    assert page.cell("position", position=95).text.split() == ["95", "awful"]
    page.put("fine " * 2001)
    assert "at most 2000" in page.text("#message-0")


def test_an_error_of_an_operator_is_a_message(opened: Open) -> None:
    steps = (Step("number", Apply("int", ("tokens",))),)
    page = opened(Program(name="n", vocabulary=None, max_length=None, steps=steps, output=Emit("number")), text="12 x")
    assert page.text("#message-0") == "ValueError: 'x' is no whole number."
    page.type("12 ٣ 99999999999999999999")
    assert page.answer() == "12 3 99999999999999999999"


# --- looking -----------------------------------------------------------------------------------------------------


def test_pointing_at_a_token_shows_every_variable(opened: Open) -> None:
    page = opened(kept("dyck2"), text="( { } ) }")
    page.hover(page.cell("position", position=4))
    rows = [row.text.split() for row in page.all("#inspected tbody tr")]
    program = kept("dyck2")
    assert [row[0] for row in rows] == ["tokens", "positions", *(step.name for step in program.steps)]
    assert page.text("#inspected h3") == "Position 4: ')'"
    assert "Answer here: 'T'" in page.text("#inspected")


def test_pointing_at_a_head_shows_its_attention(opened: Open) -> None:
    page = opened(kept("dyck2"), text="( { } ) }")
    page.hover(page.cell("variable", name="head_3"))
    assert len(page.all("#inspected .attention circle")) == 6
    assert "tokens at the closest head_1 == table_2" in page.text("#inspected dl")
    page.hover(page.cell("cell", name="head_3", position=4))
    assert page.text("#inspected .because") == "selects positions 0, 1; reads tokens at position 1"
    assert page.all("#inspected .attention .focus")
    assert "source" in page.cell("position", position=1).get_attribute("class")


def test_pointing_at_a_score_based_head_shows_its_orders(opened: Open) -> None:
    orders = ((("b",), ("a", "c")), (("c",), ("a",)), ())
    step = Step("head_1", Closest(Prefer(Read("tokens"), Read("tokens"), orders), "positions"))
    vocabulary, output = ("a", "b", "c"), Emit("head_1")
    program = Program(name="preferred", vocabulary=vocabulary, max_length=5, steps=(step,), output=output)
    page = opened(check(program), text="a a b b")
    assert page.answer() == "2 2 1 1"
    page.hover(page.cell("cell", name="head_1", position=2))
    assert page.text("#inspected .because") == "selects positions 0, 1; reads positions at position 1"
    page.hover(page.cell("variable", name="head_1"))
    rows = [" ".join(row.text.split()) for row in page.all("#inspected tr")]
    assert "where tokens is it prefers tokens" in rows
    assert "'a' 'b' > 'a' = 'c'" in rows
    assert "'c' nothing" in rows


def test_pointing_at_a_score_shows_what_made_it(opened: Open) -> None:
    page = opened(kept("sort"), text="3 1 4 1 0")
    page.hover(page.cell("score", label=0, position=1))
    total = int(page.cell("score", label=0, position=1).text.replace("−", "-"))
    parts = [row.text.split()[-1].replace("−", "-") for row in page.all("#inspected tbody tr")]
    assert sum(map(int, parts[:-1])) == int(parts[-1]) == total
    page.hover(page.cell("answer", position=1))
    assert page.text("#inspected p").startswith("Why '0' and not '1', the runner-up")


def test_scores_of_a_pooled_program_name_positions(opened: Open) -> None:
    page = opened(pooled(), text="awful fine awful")
    assert page.answer() == "bad"
    page.hover(page.cell("answer", position=0))
    first = [cell.text for cell in page.all("#inspected tbody tr:first-child td")]
    assert first == ["tokens = 'awful'", "0", "+4", "0", "+4"]
    # bad: 4 for each awful and 3 at each position; good: 3 for fine and the bias at each position.
    assert [cell.text for cell in page.all("#inspected tr.sum td")][2:] == ["+17", "+6", "+11"]


def test_code_graph_and_grid_point_at_each_other(opened: Open) -> None:
    page = opened(kept("dyck2"))
    page.hover(page.one('.graph [data-variable="table_5"]'))
    assert page.text(".line.on").startswith("table_5 =")
    assert {node.get_attribute("data-variable") for node in page.all(".graph .node.source")} == {"tokens", "head_3"}
    assert page.text("#inspected h3") == "table_5"
    page.hover(page.one('.code [data-variable="count_1"]'))
    assert page.text("#inspected h3") == "count_1"
    assert page.one(".graph .node.on").get_attribute("data-variable") == "count_1"


# --- keys --------------------------------------------------------------------------------------------------------


def test_the_page_is_usable_by_keyboard(opened: Open) -> None:
    from selenium.webdriver import Keys

    page = opened(kept("sort"), text="3 1 4 1 0")
    page.one("#input-0").click()
    name = "e.id || e.dataset.token || e.dataset.kind || e.dataset.variable || e.className"
    focused = f"const e = document.activeElement; return {name}"
    stops = []
    for _ in range(12):
        page.press(Keys.TAB)
        stops.append(page.browser.execute_script(focused))
    assert stops == [*"01234", "second", "back", "layer", "position", "inspector", "code", "tokens"]


def test_arrow_keys_move_in_the_grid(opened: Open) -> None:
    from selenium.webdriver import Keys

    page = opened(kept("sort"), text="3 1 4 1 0")
    page.browser.execute_script("arguments[0].focus()", page.cell("position", position=2))
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert page.text("#announce") == "count_1 at position 3 is 1: selects position 5: 1 in all"
    page.press(Keys.HOME)
    assert page.text("#announce") == "count_1: count where tokens is 0"
    page.press(Keys.END, *[Keys.ARROW_DOWN] * 30)
    assert page.text("#announce") == "answer at position 6: 4"
    assert len(page.all('table.run [tabindex="0"]')) == 1


def test_arrow_keys_move_in_the_graph(opened: Open) -> None:
    from selenium.webdriver import Keys

    page = opened(kept("hist"))
    page.browser.execute_script("arguments[0].focus()", page.one(".graph .node"))
    page.press(Keys.ARROW_DOWN)
    assert page.text("#announce").startswith("count_1: count where")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.browser.switch_to.active_element.get_attribute("aria-label") == "answer: is table_1"


def test_everything_has_a_role_and_a_name(opened: Open) -> None:
    page = opened(kept("dyck2"), kept("dyck1"))
    nameless = """
      const parts = "input, button, select, aside, section, [role=button], [role=grid], [role=img], [role=region]";
      const name = (e) => e.ariaLabel || e.labels?.length || e.textContent.trim() || e.getAttribute("aria-labelledby");
      return [...document.querySelectorAll(parts)].filter((e) => !e.closest("[hidden]") && !name(e)).length"""
    assert page.browser.execute_script(nameless) == 0
    assert page.one("html").get_attribute("lang") == "en"
    assert [
        node.get_attribute("aria-live") or node.get_attribute("role")
        for node in page.all("#announce, #comparison, #answer-0")
    ] == ["status"] * 3


# --- layers, comparisons -----------------------------------------------------------------------------------------


def test_stepping_through_the_layers(opened: Open) -> None:
    page = opened(kept("dyck2"), text="( ) }")
    seen = []
    while page.one("#back").is_enabled():
        page.one("#back").click()
        seen.append((page.text("#layer-text"), page.cell("cell", name="head_3", position=1).is_displayed()))
    assert [shown for _, shown in seen] == [True, True, False, False, False, False]
    assert seen[0][0] == "up to layer 5, which adds count_3"
    assert seen[-1][0] == "the input alone"
    assert "later" in page.one('.graph [data-variable="head_3"]').get_attribute("class")
    assert not page.one("#answer-0 .answers").is_displayed()
    page.one("#next").click()
    assert page.one("#layer").get_attribute("aria-valuetext") == "up to layer 1, which adds table_1"


def test_two_inputs_side_by_side(opened: Open) -> None:
    page = opened(kept("hist"), text="1 1 2")
    page.one("#second").click()
    page.type("1 2 2", "#input-1")
    assert (page.answer(0), page.answer(1)) == ("2 2 1", "1 2 2")
    said = "The answers differ at positions 1, 3. The first variable that differs: count_1 at position 1."
    assert page.text("#comparison") == said
    differing = [cell.get_attribute("data-position") for cell in page.all('td.differs[data-kind="answer"]')]
    assert differing == ["1", "3", "1", "3"]
    assert page.text("td.differs").endswith("(differs)")
    assert "input=1+1+2&second=1+2+2" in page.browser.current_url
    page.browser.refresh()
    assert page.text("#comparison") == said
    page.one("#second").click()
    assert page.text("#comparison") == ""


def test_two_programs_side_by_side(opened: Open) -> None:
    page = opened(kept("sort"), load_program(HERE.parent / "verify/programs/sort98.json"), text="1 1 1 2 1")
    assert (page.answer(0), page.answer(1)) == ("1 1 1 1 2", "1 1 1 2 2")
    assert page.text("#comparison") == "The answers differ at position 4."
    assert len(page.all(".program")) == 2
    page.type("1 2 3")
    assert page.text("#comparison") == "The answers are the same."
    page.hover(page.one('[data-program="1"] .graph [data-variable="alike"]'))
    assert page.text("#inspected h3").startswith("B")


def test_two_programs_of_the_same_variables_are_compared_by_them(opened: Open) -> None:
    good = kept("hist")
    table = good.steps[-1].node
    assert isinstance(table, Table)
    cells = (*table.cells[:2], "7", *table.cells[3:])
    bad = replace(good, steps=(*good.steps[:-1], Step(good.steps[-1].name, replace(table, cells=cells))))
    page = opened(good, bad, text="1 1 2")
    first = "The first variable of one name in both that differs: table_1 at position 1."
    assert page.text("#comparison") == f"The answers differ at positions 1, 2. {first}"
    assert len(page.all('td.differs[data-name="table_1"]')) == 4
    assert page.all('td.differs[data-name="count_1"]') == []


def test_frames_of_different_length_are_compared_by_the_users_tokens(opened: Open) -> None:
    def echo(before: tuple[str, ...], output: str) -> Program:
        steps = (
            Step("v", Closest(Compare("positions", "==", "positions"), "tokens")),
            Step("w", Table((Read("v"),), ("a", "b", "b"))),
        )
        frame = Frame(before)
        return check(
            Program(
                name="echo", vocabulary=("<s>", "a", "b"), max_length=9, frame=frame, steps=steps, output=Emit(output)
            )
        )

    page = opened(echo((), "v"), echo(("<s>", "<s>"), "w"), text="b a b")
    assert page.text("#comparison") == "The answers differ at position 1."
    marked = [cell.get_attribute("data-position") for cell in page.all('td.differs[data-kind="answer"]')]
    assert marked == ["1", "3"]


# --- looks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 420])
def test_it_fits_the_window_and_follows_the_theme(opened: Open, theme: str, width: int) -> None:
    page = opened(kept("dyck2"), text="( { } ) }")
    page.one(f'#theme option[value="{theme}"]').click()
    size = page.browser.get_window_size()
    try:
        page.browser.set_window_size(max(width, 500), 900)
        assert page.browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        paper = page.one("body").value_of_css_property("background-color")
        assert paper == {"light": "rgba(251, 251, 249, 1)", "dark": "rgba(21, 23, 28, 1)"}[theme]
        assert len(page.browser.get_screenshot_as_png()) > 10_000
    finally:
        page.browser.set_window_size(size["width"], size["height"])


def test_it_prints(opened: Open) -> None:
    page = opened(kept("hist"), text="1 1 2")
    assert base64.b64decode(page.browser.print_page()).startswith(b"%PDF")
