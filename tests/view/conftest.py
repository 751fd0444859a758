from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from view.browser import chromium, missing


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; a test that asks for it is skipped where there is none."""
    if missing():
        pytest.skip(missing())
    with chromium() as driver:
        yield driver
