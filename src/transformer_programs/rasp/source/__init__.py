"""Any Program as RASP text, and back to the same Program. The text is RASP: it runs with `learned.rasp` beside it."""

from transformer_programs.rasp.source.printer import print_rasp
from transformer_programs.rasp.source.reader import read_rasp

__all__ = ["print_rasp", "read_rasp"]
