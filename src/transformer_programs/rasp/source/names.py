"""Names of variables in RASP text: the program's own, but for those that RASP keeps for itself."""

from __future__ import annotations

from transformer_programs.errors import ProgramError
from transformer_programs.program import POSITIONS, TOKENS, Ref

__all__ = ["ANSWER", "HEADER", "from_rasp", "to_rasp"]

ANSWER = "answer"
"""What the last statement computes."""
HEADER = "# program "
"""Begins the line that holds, as JSON, what RASP has no words for."""

# Words of the language, names of its library and of learned.rasp: a variable of that name gets a prefix.
_KEPT_WORDS = """
    False True aggregate and answer average both_of chosen classify classify_pooled clipped code constant contains
    count decimal def draw either_of else example examples exit extreme for full_s get has_focus if in indicator
    indices largest learned len length load load_from_location looked_up magnitude mark_first_instance
    mark_last_instance max min nearest not offset or out part past positions preferred quit quotient range related
    return round scores_of seen select select_from_first select_from_last select_next_identical selector selector_width
    set shift show smallest sort table tokens tokens_asis tokens_bool tokens_float tokens_int tokens_str total truth
    whole zip
"""
_KEPT = frozenset(_KEPT_WORDS.split())


def to_rasp(ref: Ref) -> str:
    """A variable's name in RASP.

    >>> to_rasp("tokens"), to_rasp("positions"), to_rasp("head_1"), to_rasp("len"), to_rasp("é")
    ('tokens', 'indices', 'head_1', 'v_len', 'u_c3a9')
    """
    if ref == TOKENS:
        return "tokens"
    if ref == POSITIONS:
        return "indices"
    if not ref.isascii():
        return "u_" + ref.encode("utf-8").hex()
    return f"v_{ref}" if ref in _KEPT or ref.startswith(("v_", "u_", "_")) else ref


def from_rasp(name: str) -> Ref:
    """The variable of a name in RASP.

    >>> [from_rasp(to_rasp(name)) for name in ("tokens", "positions", "head_1", "len", "é", "v_x")]
    ['tokens', 'positions', 'head_1', 'len', 'é', 'v_x']
    """
    if name == "indices":
        return POSITIONS
    if name.startswith("v_"):
        return name[2:]
    if name.startswith("u_"):
        try:
            return bytes.fromhex(name[2:]).decode("utf-8")
        except ValueError as error:
            raise ProgramError(place=name, got="that name", expected="u_ and UTF-8 in hexadecimal") from error
    return name
