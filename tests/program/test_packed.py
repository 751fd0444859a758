"""Large tables in `program.json`: what is packed reads back, what is no packing is refused, none fills the memory."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from transformer_programs.errors import ProgramError
from transformer_programs.program import Emit, Program, Read, Step, Table, check, dumps, loads
from transformer_programs.program.packed import LEAST, pack, unpack


def table_of(cells: tuple[Any, ...], words: int = 100) -> Program:
    vocabulary = tuple(f"w{i}" for i in range(words))
    pairs = Step("pairs", Table((Read("tokens"), Read("tokens")), cells))
    return check(Program(name="p", vocabulary=vocabulary, max_length=4, steps=(pairs,), output=Emit("pairs")))


@pytest.mark.parametrize("palette", [("*", "a", "b c"), (0, 1, 7), (False, True), (0.5, 2.0), ("*",)])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.6])
def test_packed_or_not_the_file_reads_back(palette: tuple[Any, ...], share: float) -> None:
    rng = random.Random(0)
    cells = tuple(rng.choice(palette) if rng.random() < share else palette[0] for _ in range(10_000))
    program = table_of(cells)
    text = dumps(program)
    read = loads(text)
    assert read == program
    assert list(map(repr, read.steps[0].node.cells)) == list(map(repr, cells))  # type: ignore[union-attr]
    if share < 0.2:
        assert '"most"' in text
        assert len(text) < 8_000


def test_numbers_and_truth_values_are_not_mixed_up() -> None:
    assert pack([1] * LEAST + [True]) is None
    assert pack([0] * (LEAST - 1)) is None
    assert unpack({"size": 3, "most": 1, "others": [[True, 1]]}, "") == (1, True, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 10_001}, "10001 cells; expected 10000"),
        ({"size": 10**12}, "tables of 1,000,000,000,000 cells; expected at most 50,000,000"),
        ({"size": 10_000_001}, "expected a number up to 10,000,000"),
        ({"size": True}, "size: got True"),
        ({"size": -1}, "size: got -1"),
        ({"size": "10000"}, "size: got '10000'"),
        ({"most": None}, "most: got None; expected a bool, a number or a text"),
        ({"most": ["*"]}, "most: got ['*']"),
        ({"others": {}}, "got an object with most, others, size"),
        ({"odd": 1}, "got an object with most, odd, others, size"),
        ({"others": [["a"]]}, "others[0]: got ['a']; expected a value and its places"),
        ({"others": [7]}, "others[0]: got 7"),
        ({"others": [[["a"], 1]]}, "others[0][0]: got ['a']"),
        ({"others": [["a", 1.0]]}, "others[0]: got 1.0; expected a place from 0 to 9999"),
        ({"others": [["a", True]]}, "others[0]: got True"),
        ({"others": [["a", 10_000]]}, "others[0]: got 10000"),
        ({"others": [["a", -1]]}, "others[0]: got -1"),
        ({"others": [["a", 1], ["b", 1]]}, "others[1]: got 1; expected a place from 0 to 9999, each once"),
    ],
)
def test_what_is_no_packed_table(change: dict[str, Any], message: str) -> None:
    body = json.loads(dumps(table_of(("*",) * 9_990 + ("a",) * 10)))
    body["steps"][0]["node"]["cells"] |= change
    with pytest.raises(ProgramError) as caught:
        loads(json.dumps(body))
    assert message in str(caught.value)


def test_many_large_tables_do_not_fill_the_memory() -> None:
    body = json.loads(dumps(table_of(("*",) * 10_000)))
    node = body["steps"][0]["node"]
    node["cells"]["size"] = 10_000_000
    body["steps"] = [{"is": "Step", "name": f"t{i}", "node": node} for i in range(1000)]
    with pytest.raises(ProgramError, match="tables of 10,000,000,000 cells"):
        loads(json.dumps(body))
