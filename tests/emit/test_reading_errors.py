"""What is no printed program ends in a `ProgramError` with the line, whatever it is; and nothing is executed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from emit.handmade import HANDMADE, double_hist, dyck1, hist, sort
from emit.mutations import mutated
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.errors import ProgramError
from transformer_programs.passes import simplify
from transformer_programs.program import Closest, Compare, Emit, Offset, Program, Step
from transformer_programs.run import Interpreter


def broken(program: Program, old: str, new: str) -> str:
    """The message for the printed text with one piece replaced."""
    text = print_python(program)
    assert text.count(old) >= 1, old
    with pytest.raises(ProgramError) as caught:
        read_python(text.replace(old, new, 1), "p.py")
    return str(caught.value)


def shifted() -> Program:
    """The token to the left, in a causal program; and the closest one before."""
    steps = (
        Step("head_1", Closest(Offset(-1, -1), "tokens")),
        Step("head_2", Closest(Compare("tokens", "==", "head_1"), "tokens")),
    )
    return Program(name="n", vocabulary=("a", "b"), max_length=4, causal=True, steps=steps, output=Emit("head_2"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.py line 1: got no docstring"),
        ("import os\n", "p.py line 1: got no docstring"),
        ("x = (\n", "p.py line 1: got '(' was never closed; expected Python"),
        ("\x00", "p.py"),
        ('"""a"""\n', "p.py line 1: got another docstring"),
        ("(" * 5000, "p.py"),
        ("-" * 100_000 + "1", "p.py"),
    ],
)
def test_no_program_at_all(text: str, message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        read_python(text, "p.py")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("make", "old", "new", "message"),
    [
        (hist, "import sys", "import os", "got import os; expected import sys or"),
        (hist, "[tokens.count(", "[tokens.index(", "expected a literal"),
        (hist, "[tokens.count(", "[tokenz.count(", "got tokenz; expected a variable computed above"),
        (shifted, "values[min(js", "values[max(js", "expected what this release prints"),
        (hist, "{*tokens} <=", "{*tokens} >=", "expected the check of the tokens, if not (0 <"),
        (shifted, "[:1] + tokens[:-1]", "[:1] + positions[:-1]", "expected one variable, shifted by a place"),
        (hist, "sys.exit(2)", "sys.exit(3)", "expected what this release prints"),
        (hist, "<= 8", "<= 'x'", "expected the check of the tokens, if not tokens:"),
        (hist, "<= 8", "<= 9", "expected the check of the tokens, if not (0 < len(tokens) <= 9"),
        (hist, "VOCABULARY = ", "SECRET = 1\nVOCABULARY = ", "got 1; expected a use of SECRET"),
        (hist, '"<s> 0 1 2 3 4 5".split()', '{"<s>", "0"}', "expected a set where <unk> is a token, else a list"),
        (hist, '"<s> 0 1 2', '"<s> 0 0 2', "vocabulary: got no or repeated tokens"),
        (hist, "5  count_7 7", "5  count_7 9", "expected values of count_7 other than 9"),
        (hist, "5  count_7 7", "z  count_7 7", "line 19: got 0 0 0 0 0 0 z count_7 7; expected 7 whole numbers"),
        (hist, "min(x, 7)", "min(x, y)", "expected a variable computed above"),
        (hist, "learned: by hand", "learned", "line 3: got 'learned'; expected a fact"),
        (hist, "-> list[str]:\n    if", "-> list[Sheep]:\n    if", "expected def run(tokens: list[str])"),
        (double_hist, "TABLE_1.get(x, {})", "TABLE_1[x]", "expected a table that has a value for 0, 0"),
        (double_hist, "count_1_4 = [min(x, 4)", "count_1_4 = [min(x, 99999999)", "expected tables of at most"),
        (dyck1, "tokens[: i + 1].count(", "tokens.count(", "expected a literal"),
        (shifted, "closest(past(", "closest((", "expected past(...), since the program is causal"),
        (sort, "* count_1", "* count_9", "got count_9; expected a variable computed above"),
    ],
)
def test_the_message_says_line_found_and_expected(make, old: str, new: str, message: str) -> None:
    text = broken(make(), old, new)
    assert text.startswith("p.py")
    assert message in text


def test_nothing_is_executed(tmp_path) -> None:
    mark = tmp_path / "mark"
    text = print_python(hist()).replace('"<s> 0 1', f'open({str(mark)!r}, "w") and "<s> 0 1')
    with pytest.raises(ProgramError):
        read_python(text)
    assert not mark.exists()


def test_edited_values_are_read() -> None:
    """Editing a score by hand is fine: the text stays what it means."""
    text = print_python(simplify(sort())).replace("21  28  positions 4", "21  99  positions 4")
    program = read_python(text)
    assert program != simplify(sort())
    module: dict[str, Any] = {"__name__": "edited"}
    exec(compile(text, "program.py", "exec"), module)
    tokens = ["<s>", "3", "1", "2", "0", "1", "</s>"]
    assert module["run"](tokens) == Interpreter(program)(tokens) != Interpreter(sort())(tokens)


def test_damaged_files_never_end_in_a_traceback() -> None:
    """300 here; 10,000 were run once (docs)."""
    texts = [print_python(make()) for make in HANDMADE]
    rng = random.Random(0)
    read = 0
    for _ in range(300):
        text = mutated(rng.choice(texts), rng)
        try:
            program = read_python(text)
        except ProgramError:
            continue
        read += 1
        assert read_python(print_python(program)) == program if read < 5 else True
    assert 0 < read < 100
