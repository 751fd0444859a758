"""RASP in Python: the same values and the same Program as RASP text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from transformer_programs import rasp
from transformer_programs.program import check
from transformer_programs.rasp import aggregate, indicator, indices, length, select, selector_width, tokens, where
from transformer_programs.rasp.session import Session
from transformer_programs.run import run

EXAMPLES = Path(__file__).parents[2] / "examples" / "rasp"


def test_the_same_program_as_the_text() -> None:
    session = Session()
    session.run("a = aggregate(select(indices, length - 1 - indices, ==), tokens);")
    session.run("b = round(selector_width(select(tokens, tokens, ==) and select(indices, indices, <=)) / 2) ^ 2 % 3;")
    session.run('c = "x" if indices < 2 and not (tokens == "a") else tokens + "!";')
    session.run("d = sort(tokens, -indices);")
    same = select(tokens, tokens, "==") & select(indices, indices, "<=")
    made = {
        "a": aggregate(select(indices, length - 1 - indices, "=="), tokens),
        "b": round(selector_width(same) / 2) ** 2 % 3,
        "c": where((indices < 2) & ~(tokens == "a"), "x", tokens + "!"),
        "d": rasp.sort(tokens, -indices),
    }
    for name, sop in made.items():
        # One graph of shared nodes: equal programs are one expression.
        assert sop.expr is session.sop(name).expr
        program = check(sop.program(vocabulary=("a", "b"), max_length=5))
        assert run(program, list("abba")) == sop("abba")


def test_values_show_themselves() -> None:
    assert repr(indices) == '[0, 1, 2, 3, 4] (ints) on "hello"'
    with rasp.example([3, 4]):
        assert repr(rasp.tokens_int * 2) == "[6, 8] (ints) on [3, 4]"
    assert repr(rasp.tokens_int).startswith("an s-op that fails on 'hello'")
    assert repr(select(indices, 0, "==")).splitlines()[1] == "h | 1        "
    assert indices._repr_html_().startswith("<table><tr><td>h</td>")
    assert rasp.full_s._repr_html_().startswith("<pre>")


def test_what_python_cannot_say_is_refused() -> None:
    with pytest.raises(rasp.RaspError, match="no truth value"):
        bool(indices)
    with pytest.raises(rasp.RaspError, match="no truth value"):
        bool(rasp.full_s)
    with pytest.raises(rasp.RaspError, match="operator"):
        select(indices, indices, "=")
    with pytest.raises(rasp.RaspError, match="Expected selector"):
        aggregate(indices, indices)  # type: ignore[arg-type]


def test_more_operations() -> None:
    assert (indices != 2)("abc") == [True, True, False]
    assert rasp.contained(tokens, ["a"])("ab") == [True, False]
    assert rasp.lookup({"a": 1, "b": 2}, tokens)("ab") == [1, 2]
    assert rasp.lookup([5, 6], indices)("abc") == [5, 6, 0]
    assert tokens[-1]("abc") == ["c"] * 3
    assert (2**indices)("abc") == [1, 2, 4]
    assert (10 - indices % 2)("abc") == [10, 9, 10]
    assert indicator(tokens == "a")("ab") == [1, 0]
    assert rasp.count(tokens, "l").cost().heads == (1,)
    assert rasp.library("load_from_location", tokens, 0)("ab") == ["a", "a"]


def test_program_from_file() -> None:
    program = check(rasp.program_from_file(EXAMPLES / "sort_bos.rasp", vocabulary=("§", "a", "b"), max_length=4))
    assert run(program, ["§", "b", "a"]) == ["§", "a", "b"]
    assert program.name == "sort_bos"


def test_importing_the_embedding_imports_no_parser() -> None:
    code = "import sys, transformer_programs.rasp as r; r.indices('ab'); sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code += "\n"
    with_sort = code.replace("r.indices('ab')", "r.sort(r.tokens, r.tokens)")
    assert subprocess.run([sys.executable, "-c", with_sort], check=False).returncode == 1
