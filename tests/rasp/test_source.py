"""Programs as RASP: read back equal, and run as RASP they compute what the interpreter does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from strategies import inputs, programs
from transformer_programs.errors import ProgramError
from transformer_programs.program import (
    Classify,
    Closest,
    Emit,
    Program,
    Read,
    Relation,
    Step,
    Table,
    Width,
    check,
    load,
)
from transformer_programs.rasp import program_from_file
from transformer_programs.rasp.parser import KEYWORDS
from transformer_programs.rasp.session import Session
from transformer_programs.rasp.source import print_rasp, read_rasp
from transformer_programs.rasp.source.names import to_rasp
from transformer_programs.run import run

ROOT = Path(__file__).parents[2]
SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much)


def printable(program: Program) -> bool:
    """Whether RASP has words for all of it: not for quotation marks, nor for the text of computed values."""
    try:
        print_rasp(program)
    except ProgramError:
        return False
    return True


def answers(text: str, tokens: list[str]) -> list[object]:
    session = Session()
    session.sop_example = session.selector_example = tokens
    session.run(text)
    return session.on("answer", tokens).values  # type: ignore[union-attr]


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_round_trip(data: st.DataObject) -> None:
    program = data.draw(programs())
    assume(printable(program))
    assert read_rasp(print_rasp(program)) == program


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_learned_programs_run_as_rasp(data: st.DataObject) -> None:
    program = data.draw(programs(learned_only=True, most_steps=3))
    assume(printable(program))
    tokens = data.draw(inputs(program, most=4))
    want = run(program, tokens)
    if isinstance(program.output, Classify) and program.output.pooled:
        want = want * len(tokens)
    assert answers(print_rasp(program), tokens) == want


@pytest.mark.parametrize("name", ["reverse", "sort_bos", "dyck2", "addition"])
def test_rasp_programs_too(name: str) -> None:
    program = program_from_file(ROOT / "examples" / "rasp" / f"{name}.rasp", name, max_length=8)
    text = print_rasp(program)
    assert read_rasp(text) == program
    word = {"dyck2": "({)(", "addition": "95+17"}.get(name, "hallo")
    assert answers(text, list(word)) == run(program, list(word))


@pytest.mark.parametrize("path", sorted(ROOT.glob("programs/*/program.json")), ids=lambda path: path.parent.name)
def test_shipped_programs_read_back(path: Path) -> None:
    program = load(path)
    if printable(program):
        assert read_rasp(print_rasp(program)) == program


def test_a_learned_program_reads_as_rasp() -> None:
    """A relation that wants one value, whatever the query, is a plain select; what is read has a name once."""
    every = (("(",),) * 2
    steps = (
        Step("opened", Width(Relation(Read("tokens"), Read("tokens"), every))),
        Step("odd", Table((Read("opened"),), (0, 1, 0, 1))),
        Step("late", Table((Read("positions"), Read("opened", 1)), ("a",) * 6)),
        Step("next", Closest(Relation(Read("odd"), Read("tokens"), ((1,), (0,))), "late")),
    )
    program = Program(name="p", vocabulary=("(", ")"), max_length=3, causal=True, steps=steps, output=Emit("next"))
    text = print_rasp(check(program))
    assert text.splitlines()[2:] == [
        'opened = selector_width(past(select(tokens, "(", ==)));',
        "_opened = [opened, range(4), False];",
        "odd = table([_opened], [0, 1, 0, 1]);",
        "_indices = [indices, [0, 1, 2], False];",
        "__opened_1 = [opened, [0, 1], True];",
        'late = table([_indices, __opened_1], ["a", "a", "a", "a", "a", "a"]);',
        "_odd = [odd, [0, 1], False];",
        '_tokens = [tokens, ["(", ")"], False];',
        "next = nearest(past(related(_odd, _tokens, [[1], [0]])), late, 3);",
        "answer = next;",
    ]
    assert read_rasp(text) == program


def test_no_variable_takes_a_name_that_rasp_keeps() -> None:
    session = Session()
    session.run('load "learned";')
    for name in (*session.environment.names(), *KEYWORDS):
        assert to_rasp(name) != name or name in ("tokens", "indices"), name
        assert to_rasp(name).isidentifier()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("# program ", "# porgram "), "no header"),
        (('"causal": false', '"causal": 3'), "damaged header"),
        (("answer = tokens;", ""), "no answer"),
        (("answer = tokens;", "answer = tokens + 1;"), "line 3"),
        (("answer = tokens;", "x = sort(tokens, tokens);\nanswer = x;"), "line 3"),
        (("answer = tokens;", "answer = nothing;"), "a read of 'nothing'"),
        (("answer = tokens;", "x = table([_tokens], [1]);\nanswer = x;"), "line 3.*a name before"),
        (("answer = tokens;", "_x = [tokens, range(9999999), False];\nanswer = tokens;"), "at most 1000000 values"),
    ],
)
def test_what_was_not_printed_is_refused(change: tuple[str, str], said: str) -> None:
    program = Program(name="echo", vocabulary=("a",), max_length=2, output=Emit("tokens"))
    with pytest.raises(ProgramError, match=said):
        read_rasp(print_rasp(program).replace(*change))


def test_what_rasp_cannot_say_is_refused() -> None:
    program = Program(name="echo", vocabulary=('"', "a"), max_length=2, output=Classify(('"',), (0,), ()))
    with pytest.raises(ProgramError, match="quotation marks"):
        print_rasp(program)
