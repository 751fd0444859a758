"""The page as tests see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from transformer_programs.files import load_program
from transformer_programs.program import Program
from transformer_programs.view import render_page

HERE = Path(__file__).parent

Open = Callable[..., "Page"]


class Page:
    """A page in the browser, and what tests do to it."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def one(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return self.browser.find_elements("css selector", selector)

    def text(self, selector: str) -> str:
        """What a reader hears: text that is there, seen or not."""
        return " ".join(self.one(selector).get_attribute("textContent").split())

    def type(self, text: str, field: str = "#input-0") -> None:
        """As typing does: a character after another."""
        box = self.one(field)
        box.clear()
        box.send_keys(text)

    def put(self, text: str) -> None:
        """As pasting does."""
        script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
        self.browser.execute_script(script, self.one("#input-0"), text)

    def cell(self, kind: str, **data: object) -> Any:
        return self.one(f'[data-kind="{kind}"]' + "".join(f'[data-{key}="{value}"]' for key, value in data.items()))

    def answer(self, number: int = 0) -> str:
        return self.text(f"#answer-{number} .answers")

    def hover(self, node: Any) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.browser, duration=0).move_to_element(node).perform()

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.browser, duration=0).send_keys(*keys).perform()

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]


@cache
def rendered(*programs: Program) -> bytes:
    return render_page(*programs).encode("utf-8", "xmlcharrefreplace")


@cache
def kept(name: str) -> Program:
    """A program as it was once shipped; kept here, since tests know its variables."""
    return load_program(HERE / "programs" / f"{name}.json")
