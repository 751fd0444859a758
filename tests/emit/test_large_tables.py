"""Tables of two words: printed by their exceptions alone, read back, run and packed like small ones."""

from __future__ import annotations

import ast
import random
from itertools import product
from typing import Any

import pytest

from emit.test_execution import loaded
from transformer_programs.batch import Batch
from transformer_programs.emit.python import print_python, read_python, tables
from transformer_programs.emit.python.syntax import Source
from transformer_programs.errors import ProgramError
from transformer_programs.passes import simplify
from transformer_programs.program import (
    Classify,
    Closest,
    Offset,
    Program,
    Read,
    Step,
    Table,
    TableScore,
    check,
    dumps,
    loads,
)
from transformer_programs.run import Interpreter

WORDS = ("it's", '"""', "\\", "<unk>", "{x}", "a+b", "b", "a", "b+b", *(f"w{i}" for i in range(200)))


def bigrams(words: tuple[str, ...] = WORDS, seed: int = 0, share: float = 0.02) -> Program:
    """A classifier of pairs of neighbours; "a" + "b+b" and "a+b" + "b" would have one name."""
    rng = random.Random(seed)
    taken: set[str] = set()
    cells = []
    for x, y in product(words, words):
        name = f"{x}+{y}" if rng.random() < share or {x, y} <= {"a", "b", "a+b", "b+b"} else "*"
        while name != "*" and name in taken:
            name += "'"
        taken.add(name)
        cells.append(name)
    rows = tuple((rng.randint(-3, 3), 0) for _ in sorted(set(cells)))
    steps = (
        Step("word_before", Closest(Offset(-1, -1), "tokens")),
        Step("pair", Table((Read("word_before"), Read("tokens")), tuple(cells))),
    )
    output = Classify(("no", "yes"), (0, 1), (TableScore(Read("pair"), rows),), pooled=True)
    return check(Program(name="pairs", vocabulary=words, max_length=None, steps=steps, output=output))


def test_a_table_of_two_words_in_every_form() -> None:
    program = bigrams()
    text = print_python(program)
    assert "for x, *ys in" in text
    assert text.count("'\": ") + text.count('": "') < 10  # but for the few that share a name, no pair by itself
    assert text.count("\n") < 600
    read = read_python(text)
    assert read == program
    assert loads(dumps(program)) == program
    rng = random.Random(1)
    inputs = [[rng.choice(WORDS) for _ in range(rng.randint(1, 9))] for _ in range(300)]
    inputs += [["a", "b+b"], ["a+b", "b"]]
    run, interpreter, batch = loaded(program), Interpreter(program), Batch(program)
    answers = [interpreter(words) for words in inputs]
    assert [run(words) for words in inputs] == answers
    assert batch.predict(inputs) == answers
    short = Interpreter(simplify(program))
    assert [short(words) for words in inputs] == answers
    assert {"no", "yes"} == {answer for (answer,) in answers}


@pytest.mark.parametrize("seed", range(12))
def test_large_forms_mean_the_table(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MANY", 5)
    rng = random.Random(seed)
    domain = [("a", "b", "a+b", "b+b"), ("x y", "z", "a"), (0, 1, 2), ("a", "b", "c", "d", "e")]
    domains = [rng.choice(domain) for _ in range(rng.choice((2, 2, 3)))]
    keys = list(product(*domains))
    names = tables.letters(len(domains))
    cells = ["+".join(map(str, key)) if rng.random() < 0.2 else "*" for key in keys]
    if seed % 3 == 0:
        cells[0] = "odd"
    found = tables.forms(domains, cells)
    assert found
    for form in found:
        text = f"({form.literal.text}){form.access}"
        access = Source("here", {}, set()).access(ast.parse(text, mode="eval").body, names)
        for key, cell in zip(keys, cells):
            values: dict[str, Any] = dict(zip(names, key))
            assert access(values) == cell == eval(text, {}, values)


def test_more_than_a_million_cells() -> None:
    words = tuple(f"w{i}" for i in range(1100))
    program = bigrams(words, share=0.001)
    assert read_python(print_python(program)) == program
    full = tables.forms([words, words], ["a", "b"] * (len(words) ** 2 // 2))
    assert [form.access for form in full] == [".get((x, y), 'a')"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("row.split() for row in", "row.split('a') for row in", "a literal"),
        ('f"{x}+{y}"', 'f"{x}-{y}"', "a literal"),
        ("w0 ", "w0 w5 w5 ", "every key once"),
    ],
)
def test_an_edited_table(old: str, new: str, message: str) -> None:
    text = print_python(bigrams())
    start = text.index("PAIR = ")
    assert old in text[start:]
    with pytest.raises(ProgramError, match=message):
        read_python(text[:start] + text[start:].replace(old, new, 1))
