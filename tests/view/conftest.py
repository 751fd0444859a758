from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from transformer_programs.program import Program
from view.browser import chromium, missing
from view.page import Open, Page, rendered


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; a test that asks for it is skipped where there is none."""
    if missing():
        pytest.skip(missing())
    with chromium() as driver:
        yield driver


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Open:
    """Opens the page of programs; at the end nothing may stand in the browser's log."""

    def open_page(*programs: Program, text: str | None = None) -> Page:
        path = tmp_path / "page.html"
        path.write_bytes(rendered(*programs))
        browser.get("about:blank")
        browser.get(path.as_uri() + ("" if text is None else f"#input={quote(text)}"))
        page = Page(browser)
        assert page.complaints() == []
        assert page.one("html").get_attribute("data-ready") == "true"
        return page

    return open_page
