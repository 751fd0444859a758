"""The page cuts running text as Python does: every character there is, and what a user types."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

from transformer_programs.program import Emit, Frame, Program, Reading
from transformer_programs.program.semantics import split_text
from transformer_programs.view import render_page
from view.page import Page
from view.test_interpreter import open_page

BLOCK = 2000


def test_every_character(browser: Any, tmp_path: Path) -> None:
    signs = [chr(i) for i in range(0x110000) if unicodedata.category(chr(i)) not in ("Cn", "Cs", "Co")]
    lines = ["Don't wake me at 10:30, O.K.? 1,000.5x 4x4 it’s 3.14.15"]
    for start in range(0, len(signs), BLOCK):
        lines.append("".join(f"a{sign}1{sign} " for sign in signs[start : start + BLOCK]))
    open_page(browser, tmp_path, [])
    for line in lines:
        words = browser.execute_script("return splitText(arguments[0])", line)
        assert words == split_text(line)


def test_what_is_typed_is_cut(browser: Any, tmp_path: Path) -> None:
    marked = Frame(("<s>",), ("</s>",))
    for text, shown in ((True, "Wake me , it ’ s 7 !"), (False, "Wake me, it ’ s 7!")):
        program = Program(
            name="echo",
            vocabulary=None,
            max_length=None,
            reading=Reading(text=text),
            frame=marked,
            output=Emit("tokens"),
        )
        file = tmp_path / "page.html"
        file.write_text(render_page(program), encoding="utf-8")
        browser.get(file.as_uri())
        page = Page(browser)
        page.type("Wake me, it ’ s 7!")
        assert page.answer() == shown
        page.type("<s> Wake me! </s>")
        assert page.answer() == "<s> Wake me! </s>"
