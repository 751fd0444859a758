"""Damaged `program.json` files give a program that runs or one of our errors, never a traceback.

TPROG_FUZZ_EXAMPLES sets how many are tried of each of the two kinds (150 unless told).
"""

from __future__ import annotations

import copy
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from emit.handmade import HANDMADE, hist, sort
from emit.mutations import mutated
from transformer_programs.emit.python import print_python
from transformer_programs.errors import InputError, ProgramError
from transformer_programs.files import load_program
from transformer_programs.program import Program, dumps, loads
from transformer_programs.run import Interpreter

EXAMPLES = int(os.environ.get("TPROG_FUZZ_EXAMPLES", "150"))

JUNK: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**12, -(10**30), 1.5, "", "tokens", "positions", "count_1", "Width", "\ud800", "<s>"),
    *([], {}, [[]], {"is": []}, {"is": {}}, {"is": "Program"}, {"is": "Read", "variable": "tokens", "limit": -1}),
)


def places(body: Any) -> list[tuple[Any, Any]]:
    """Every container in the body with a key of it."""
    found = []
    items = body.items() if isinstance(body, dict) else enumerate(body)
    for key, value in items:
        found.append((body, key))
        if isinstance(value, (dict, list)):
            found += places(value)
    return found


def changed(body: Any, rng: random.Random) -> Any:
    """One to three values replaced by junk or by another of the file, left out, or doubled."""
    body = copy.deepcopy(body)
    for _ in range(rng.randint(1, 3)):
        there = places(body)
        if not there:
            return body
        container, key = rng.choice(there)
        other, place = rng.choice(there)
        change = rng.randrange(4)
        if change == 0:
            container[key] = copy.deepcopy(rng.choice(JUNK))
        elif change == 1:
            container[key] = copy.deepcopy(other[place])
        elif change == 2:
            del container[key]
        elif isinstance(container, list):
            container.insert(key, copy.deepcopy(other[place]))
        else:
            container[rng.choice(["odd", "is", "version"])] = copy.deepcopy(other[place])
    return body


def survives(text: str) -> bool:
    """Whether the text is a program; then it must run, and be written and read back."""
    try:
        program = loads(text, "p.json")
    except ProgramError as error:
        message = str(error)
        assert message.startswith("p.json")
        assert "\n" not in message
        assert len(message) < 2000
        message.encode()
        return False
    assert loads(dumps(program)) == program
    runs(program)
    return True


def runs(program: Program) -> None:
    tokens = list(program.vocabulary or ("a",))[: min(program.max_length or 3, 3)]
    try:
        Interpreter(program)(tokens)
    except InputError:  # open operators of RASP may fail on an input, with a message
        return
    print_python(program)


def test_values_replaced_moved_and_left_out() -> None:
    rng = random.Random(0)
    bodies = [json.loads(dumps(make())) for make in HANDMADE]
    good = sum(survives(json.dumps(changed(rng.choice(bodies), rng))) for _ in range(EXAMPLES))
    assert 0 < good < EXAMPLES / 2


def test_text_cut_and_overwritten() -> None:
    rng = random.Random(1)
    texts = [dumps(make()) for make in HANDMADE]
    good = sum(survives(mutated(rng.choice(texts), rng)) for _ in range(EXAMPLES))
    assert good < EXAMPLES / 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: got no JSON"),
        (b"[" * 100_000, "got no JSON"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"\xff\xfe", "cannot be read"),
        (b"null", "without our format mark"),
        (b'{"format": "transformer-program", "version": 2}', "got version 2; expected version 1"),
        (b'{"format": "transformer-program", "version": true}', "got version True; expected version 1"),
        (b'{"format": "transformer-program", "version": 1}', "missing"),
        (b"9" * 10_000, "got no JSON"),
    ],
)
def test_what_is_no_program(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "program.json"
    path.write_bytes(content)
    with pytest.raises(ProgramError, match=r"program\.json") as caught:
        load_program(path)
    assert message in str(caught.value)


@pytest.mark.parametrize("number", [10**7, 10**12, 10**30])
@pytest.mark.parametrize("old", ['"max_length": 8', '"limit": 7'])
def test_numbers_that_would_fill_the_memory(old: str, number: int) -> None:
    text = dumps(hist() if "limit" in old else sort())
    assert old in text
    with pytest.raises(ProgramError, match="at most"):
        loads(text.replace(old, f"{old.split(':')[0]}: {number}"))
