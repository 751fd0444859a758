"""Random tests draw the same examples in every run, so that CI judges the commit; `make fuzz` draws new ones."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("fuzz", print_blob=True)
settings.load_profile("same")
