"""A printed file does what the interpreter does: imported, and run as a script."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emit.handmade import HANDMADE, hist, reverse
from strategies import NASTY, ODD, inputs, programs
from transformer_programs.emit.python import print_python
from transformer_programs.emit.python.printer import unformatted
from transformer_programs.errors import InputError
from transformer_programs.program import (
    Classify,
    Compare,
    Constant,
    Emit,
    Frame,
    LinearScore,
    Lookup,
    Program,
    Read,
    Step,
    TableScore,
    Width,
    check,
)
from transformer_programs.run import Interpreter
from transformer_programs.run.framed import FramedProgram

Run = Callable[[Sequence[str]], list[Any]]


def loaded(program: Program) -> Run:
    """`run` of the program's text, before formatting (which keeps the syntax tree)."""
    module: dict[str, Any] = {"__name__": "printed"}
    exec(compile(unformatted(program), "program.py", "exec"), module)
    return module["run"]


def outcome(run: Run, tokens: Sequence[str]) -> str:
    """The answer, spelled out, or that it is an error of the input."""
    try:
        return repr(run(tokens))
    except (InputError, ValueError):
        return "error"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.booleans())
def test_run_is_the_interpreter(data: st.DataObject, learned_only: bool) -> None:
    program = data.draw(programs(learned_only=learned_only, odd=not learned_only, partial=not learned_only))
    interpreter, run = Interpreter(program), loaded(program)
    for _ in range(4):
        tokens = data.draw(inputs(program))
        assert outcome(run, tokens) == outcome(interpreter, tokens)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_run_is_the_interpreter_on_all_short_inputs(data: st.DataObject) -> None:
    program = data.draw(programs(closed=True, odd=True))
    interpreter, run = Interpreter(program), loaded(program)
    assert program.vocabulary is not None
    for size in range(1, min(3, program.max_length or 3) + 1):
        for tokens in product(program.vocabulary, repeat=size):
            assert repr(run(tokens)) == repr(interpreter(tokens))


@pytest.mark.parametrize("make", HANDMADE)
def test_handmade_programs_run(make, tmp_path: Path) -> None:
    """From a file, as users import it."""
    program = make()
    path = tmp_path / "program.py"
    path.write_text(print_python(program), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("learned_program", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    interpreter = Interpreter(program)
    tokens = program.vocabulary
    for n in range(1, program.max_length + 1):
        for shift in range(len(tokens)):
            sequence = [tokens[(shift + i * i) % len(tokens)] for i in range(n)]
            assert module.run(sequence) == interpreter(sequence)


def test_a_printed_file_imports_nothing_but_the_standard_library() -> None:
    for make in HANDMADE:
        lines = [line for line in print_python(make()).splitlines() if "import " in line]
        allowed = {"import sys", "import operator", "from functools import cache", "from functools import reduce"}
        assert set(lines) <= allowed


@pytest.mark.parametrize("token", [*NASTY, *ODD])
def test_scores_of_any_token_are_found(token: str) -> None:
    """Tokens with blanks stand quoted among the scores, and must be found there."""
    tokens = Read("tokens")
    scores = (TableScore(tokens, ((0, 0, 5), (0, 5, 0), (5, 0, 0))),)
    program = check(
        Program(
            name="n",
            vocabulary=("a", token, "b"),
            max_length=3,
            output=Classify(("x", "y z", "w"), (0, 0, 0), scores),
        )
    )
    assert loaded(program)(["a", token, "b"]) == Interpreter(program)(["a", token, "b"]) == ["w", "y z", "x"]


# --- scripts ----------------------------------------------------------------------------------------------------


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(program: Program, *words: str, lines: str = "") -> subprocess.CompletedProcess[str]:
        path = tmp_path / "program.py"
        path.write_text(print_python(program), encoding="utf-8")
        command = [sys.executable, "-I", str(path), *words]
        return subprocess.run(command, input=lines, capture_output=True, text=True, encoding="utf-8", check=False)

    return run


def test_lines_are_framed_and_answered(script) -> None:
    done = script(reverse(), lines="0 1 2\n\n<s> 3 4 </s>\n  2   1 \n")
    program = FramedProgram(reverse())
    answers = [program(["0", "1", "2"]), [], program(["<s>", "3", "4", "</s>"]), program(["2", "1"])]
    assert answers[0] == ["2", "1", "0"]
    assert done.stdout == "".join(" ".join(answer) + "\n" for answer in answers)
    assert (done.returncode, done.stderr) == (0, "")


def test_arguments_are_one_sequence(script) -> None:
    assert script(hist(), "0", "1", "0").stdout == "2 1 2\n"


def test_a_pooled_program_prints_one_label_a_line(script) -> None:
    steps = (Step("count_1", Width(Compare("tokens", "==", "tokens"))),)
    program = check(
        Program(
            name="pooled",
            vocabulary=("<s>", "a", "b"),
            max_length=5,
            frame=Frame(("<s>",), ("<s>",)),
            steps=steps,
            output=Classify(("few", "many"), (5, 0), (LinearScore("count_1", (0, 3)),), pooled=True),
        )
    )
    framed = FramedProgram(program)
    lines = ["a", "a b", "a a a", "<s> a"]
    done = script(program, lines="\n".join(lines) + "\n")
    assert done.stdout.split("\n")[:-1] == [framed(line.split())[0] for line in lines]
    assert len(set(done.stdout.split())) == 2


def test_answers_that_are_no_texts(script) -> None:
    program = Program(name="n", vocabulary=("a",), max_length=3, steps=(), output=Emit("positions"))
    assert script(program, "a", "a").stdout == "0 1\n"
    half = Program(name="n", vocabulary=None, max_length=None, steps=(Step("c", Constant(0.5)),), output=Emit("c"))
    assert script(half, "anything", "-x").stdout == "0.5 0.5\n"


@pytest.mark.parametrize(
    ("words", "lines", "message"),
    [
        (("0", "zebra"), "", "got 3 tokens ['<s>', '0', 'zebra']; expected 1 to 8 of "),
        (tuple("01234501"), "", "got 9 tokens ['<s>', '0', '1', '2', '3', '4', '5', '0', '1']; expected 1 to 8 of "),
        ((), "0 1\n7\n0\n", "got 2 tokens ['<s>', '7']; expected 1 to 8 of "),
    ],
)
def test_bad_input_is_a_message_and_exit_code_2(script, words, lines, message) -> None:
    done = script(hist(), *words, lines=lines)
    assert done.returncode == 2
    assert done.stderr == message + "['<s>', '0', '1', '2', '3', '4', '5']\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("x y a", "unknown tokens {'y'}; known: ['a', 'b', 'x']\n"),
        (" ".join("a" * 500), "got 500 tokens; expected 1 to 64\n"),
    ],
)
def test_long_programs_say_length_and_unknown_tokens_apart(script, words, message) -> None:
    program = Program(name="n", vocabulary=("a", "b", "x"), max_length=64, output=Emit("tokens"))
    done = script(program, *words.split())
    assert (done.returncode, done.stderr) == (2, message)


def test_a_missing_key_is_a_message(script) -> None:
    steps = (Step("v", Lookup("tokens", ("a",), (1,), None)),)
    program = check(Program(name="n", vocabulary=None, max_length=None, steps=steps, output=Emit("v")))
    done = script(program, "a", "b")
    assert (done.returncode, done.stderr) == (2, "position 1: got key 'b'; expected a key of the dictionary\n")


def test_unknown_tokens_become_unk() -> None:
    program = check(
        Program(name="n", vocabulary=("a", "<unk>"), max_length=4, steps=(), output=Emit("tokens"), frame=Frame())
    )
    assert loaded(program)(["a", "zebra"]) == Interpreter(program)(["a", "zebra"]) == ["a", "<unk>"]


def test_run_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"got 0 tokens .*; expected 1 to 8"):
        loaded(hist())([])
    with pytest.raises(ValueError, match="got no tokens; expected at least one"):
        loaded(Program(name="n", vocabulary=None, max_length=None, output=Emit("tokens")))([])
