"""A few hundred random and mutated programs; `tests/rasp/fuzz.py` runs as many as one likes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz import fuzz


def test_random_programs_end_without_a_traceback() -> None:
    fuzz(300, seed=7)
