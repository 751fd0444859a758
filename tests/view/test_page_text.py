"""The page in a real browser: any run can be inspected, and text that looks like markup stays text."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.program import Classify, Closest, Compare, Program, Read, Step, Table, TableScore, check
from transformer_programs.view.page import page_data
from transformer_programs.view.payload import block
from view.page import Open, kept

EXAMPLES = int(os.environ.get("TPROG_FUZZ_EXAMPLES", "60"))
NASTY = (
    "</script>",
    "<script>alert(1)</script>",
    "<!--",
    "<img src=x onerror=alert(1)>",
    "'\"`&amp;",
    "\u2028",
    "]]>",
    "é🙂",
)

ODD = ("<i>", "</dd><s>")


# --- anything at all ---------------------------------------------------------------------------------------------


def test_every_part_of_any_run_can_be_inspected(opened: Open) -> None:
    """What the inspector makes of every cell of random runs is a title, a sentence and something below."""
    cases: list[dict[str, Any]] = []

    @seed(7)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        program = data.draw(programs(odd=True, text=data.draw(st.booleans())))
        cases.append(page_data(program) | {"tokens": data.draw(inputs(program))})

    collect()
    page = opened(kept("hist"))
    inspect_all = """
      let cells = 0;
      for (const data of readProgram(arguments[0])) {
        const panel = new Panel(0, new Model(data), () => {}, () => {});
        panel.take(JSON.stringify(data.tokens), "");
        if (!panel.run.trace) continue; // its frame makes the input too long
        for (const cell of panel.node.querySelectorAll("[data-kind]")) {
          const { title, says, body } = viewOf(subjectOf(cell, panel));
          if ([textOf(title), says, textOf(body)].includes("")) throw new Error(cell.outerHTML);
          cells += 1;
        }
      }
      return cells"""
    assert page.browser.execute_script(inspect_all, block(cases)) > 10 * len(cases)
    assert page.complaints() == []


# --- text is never markup ----------------------------------------------------------------------------------------


def test_tokens_are_data(opened: Open) -> None:
    """Tokens, labels, names and facts that look like markup, everywhere a page shows them."""
    size = len(NASTY)
    rows = tuple(tuple(int(i == j) for j in range(size)) for i in range(size))
    steps = (
        Step("same", Closest(Compare("tokens", "==", "tokens"), "tokens")),
        Step("table", Table((Read("tokens"),), NASTY[::-1])),
    )
    output = Classify(NASTY, (0,) * size, (TableScore(Read("same"), rows),))
    program = check(
        Program(
            name="</title><b>x",
            vocabulary=NASTY,
            max_length=9,
            steps=steps,
            output=output,
            about=(ODD,),
        )
    )
    page = opened(program)
    page.put(json.dumps(NASTY))
    assert page.browser.title == "</title><b>x · transformer program"
    spelled = [
        f"'{token}'" if " " in token else token if token.isprintable() else json.dumps(token, ensure_ascii=False)
        for token in NASTY
    ]
    shown = [
        page.cell("position", position=i).find_element("css selector", "bdi").get_attribute("textContent")
        for i in range(size)
    ]
    assert shown == spelled
    for kind in ("position", "cell", "score", "answer", "variable", "label"):
        page.hover(page.one(f'[data-kind="{kind}"]'))
    foreign = "return document.querySelectorAll('img, b, i, s, body script:not(#data):not(:last-of-type)').length"
    assert page.browser.execute_script(foreign) == 0
    assert page.complaints() == []
    answers = page.browser.execute_script("return panels[0].run.trace.answer")
    assert answers == list(NASTY)


def test_nothing_is_loaded_and_nothing_else_runs(opened: Open) -> None:
    page = opened(kept("sort"))
    assert page.browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    page.browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.evil = 1'; document.body.append(s)"
    )
    page.browser.execute_script("const i = new Image(); i.src = 'http://localhost:9/x.png'; document.body.append(i)")
    assert page.browser.execute_script("return window.evil") is None
    assert len([text for text in page.complaints() if "Content Security Policy" in text]) == 2
