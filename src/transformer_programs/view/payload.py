"""Data blocks for a page: JSON that is data in whatever HTML it stands, and that keeps what JavaScript would mix up."""

from __future__ import annotations

import json
from typing import Any

from transformer_programs.program import Program, dumps

__all__ = ["block", "marked", "program_data"]

SAFE = 2**53 - 1
"""The largest whole number up to which JavaScript's numbers are exact."""


def program_data(program: Program) -> Any:
    """What `program.json` holds, with floats and whole numbers beyond 2^53 marked: JavaScript would read 1.0 as 1.

    >>> from transformer_programs.program import Constant, Emit, Program, Step
    >>> steps = (Step("x", Constant(1.0)), Step("y", Constant(2**60)))
    >>> data = program_data(Program(name="n", vocabulary=None, max_length=None, steps=steps, output=Emit("x")))
    >>> [step["node"]["value"] for step in data["steps"]]
    [{'is': 'Float', 'value': '1.0'}, {'is': 'Integer', 'value': '1152921504606846976'}]
    """
    return _marked(dumps(program))


def marked(value: Any) -> Any:
    """JSON's lists, objects and plain values with the same numbers marked.

    >>> marked([1, 1.0, "a"])
    [1, {'is': 'Float', 'value': '1.0'}, 'a']
    """
    return _marked(json.dumps(value, allow_nan=False))


def block(value: Any) -> str:
    r"""JSON that can stand in a `<script>` element: ASCII alone, and nothing that HTML could take for markup.

    >>> block("</script>\u2028")
    '"\\u003c/script\\u003e\\u2028"'
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for mark in "<>&":
        # Outside its texts JSON has none of the three, and inside them the escape means the same.
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _marked(text: str) -> Any:
    return json.loads(text, parse_float=_float, parse_int=_integer)


def _float(text: str) -> dict[str, str]:
    return {"is": "Float", "value": text}


def _integer(text: str) -> int | dict[str, str]:
    return int(text) if abs(int(text)) <= SAFE else {"is": "Integer", "value": text}
