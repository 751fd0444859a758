"""Values: RASP programs against plain Python on random inputs, and evaluation against the program it is lowered to."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transformer_programs.program import check, dumps, loads
from transformer_programs.rasp import expression as E
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.evaluation import Evaluation
from transformer_programs.rasp.lowering import program_of
from transformer_programs.rasp.session import Session
from transformer_programs.rasp.values import Sequenced
from transformer_programs.run import run


def values(text: str, on: Any, name: str = "x") -> list[Any]:
    session = Session()
    session.sop_example = on
    session.run(text)
    found = session.on(name, on)
    assert isinstance(found, Sequenced)
    return found.values


def oracle_first(word: str, letter: str) -> list[bool]:
    return [i == word.find(letter) for i in range(len(word))]


def oracle_last(word: str, letter: str) -> list[bool]:
    return [i == word.rfind(letter) for i in range(len(word))]


def oracle_next(word: str) -> list[int]:
    return [word.find(letter, i + 1) for i, letter in enumerate(word)]


ORACLES = {
    'x = count(tokens, "a");': lambda w: [w.count("a")] * len(w),
    'x = contains(tokens, "b");': lambda w: ["b" in w] * len(w),
    "x = max(indices, 2);": lambda w: [max(i, 2) for i in range(len(w))],
    "x = min(indices, length / 2);": lambda w: [min(i, len(w) / 2) for i in range(len(w))],
    "x = average(indices);": lambda w: [(len(w) - 1) / 2 if len(w) > 1 else 0] * len(w),
    "x = load_from_location(tokens, 0);": lambda w: [w[0]] * len(w),
    'x = shift(tokens, 2, "_");': lambda w: list(("__" + w)[: len(w)]),
    'x = shift(tokens, -1, "_");': lambda w: list(w[1:] + "_"),
    'x = mark_first_instance(tokens, "a");': lambda w: oracle_first(w, "a"),
    'x = mark_last_instance(tokens, "a");': lambda w: oracle_last(w, "a"),
    'x = aggregate(select_from_last(tokens, "a"), indices, -1);': lambda w: [w.rfind("a")] * len(w),
    'x = aggregate(select_from_first(tokens, "a"), indices, -1);': lambda w: [w.find("a")] * len(w),
    "x = sort(tokens, tokens);": lambda w: sorted(w),
    "x = sort(indices, tokens);": lambda w: sorted(range(len(w)), key=lambda i: (w[i], i)),
    "x = aggregate(select_next_identical(tokens), indices, -1);": oracle_next,
    "x = selector_width(select(tokens, tokens, ==) and select(indices, indices, <));": lambda w: [
        w[:i].count(letter) for i, letter in enumerate(w)
    ],
    "x = has_focus(select(tokens, tokens, ==) and select(indices, indices, >));": lambda w: [
        letter in w[i + 1 :] for i, letter in enumerate(w)
    ],
}


@pytest.mark.parametrize("text", ORACLES)
def test_library_against_python(text: str) -> None:
    generator = random.Random(0)
    for _ in range(30):
        word = "".join(generator.choices("abc", k=generator.randint(1, 9)))
        got = values(text, word)
        assert got == ORACLES[text](word), word


def test_the_count_of_the_library_is_what_its_body_says() -> None:
    """`selector_width` is a node; its body in RASP is the definition it must agree with."""
    body = """def slow(sel) {
        first = select(indices, 0, ==);
        return round(1 / aggregate(sel or first, indicator(indices == 0)) - 1 + aggregate(sel and first, 1, 0));
    }"""
    session = Session()
    session.run(body.replace("\n", " "))
    for selector in ("full_s", "select(tokens, tokens, ==)", "select(indices, indices, <)", "select(indices, 0, ==)"):
        session.run(f"a = selector_width({selector});")
        session.run(f"b = slow({selector});")
        for word in ("a", "abba", "banana" * 5):
            assert str(session.on("a", word)) == str(session.on("b", word))


# --- random expressions ------------------------------------------------------------------------------------------


@st.composite
def sops(draw: st.DrawFn, depth: int = 3) -> E.Expr:
    """Random whole-number s-ops; no division, so that nothing fails."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([E.INDICES, E.constant(2), E.constant(-1), E.width(E.FULL), E.constant(0.5)]))
    kind = draw(st.sampled_from(["apply", "if", "mean", "width", "lookup"]))
    if kind == "apply":
        return E.apply(
            draw(st.sampled_from(["+", "-", "*", "<", "==", "max"])), draw(sops(depth - 1)), draw(sops(depth - 1))
        )
    if kind == "if":
        return E.apply("if", E.as_bool(draw(sops(depth - 1))), draw(sops(depth - 1)), draw(sops(depth - 1)))
    if kind == "lookup":
        tokens = E.tokens("str")
        return E.lookup(tokens, ("a", "b"), (1, -2), 5, "dict")
    selector = draw(selectors(depth - 1))
    return (
        E.width(selector)
        if kind == "width"
        else E.head("mean", selector, E.apply("+", E.constant(0), draw(sops(depth - 1))), 3)
    )


@st.composite
def selectors(draw: st.DrawFn, depth: int) -> E.Expr:
    kind = draw(st.sampled_from(["compare", "same", "both", "either", "negate"]))
    if depth == 0 or kind == "compare":
        return E.compare(
            draw(sops(max(depth, 0))), draw(st.sampled_from(["<", "==", "!=", ">="])), draw(sops(max(depth, 0)))
        )
    if kind == "same":
        return E.compare(E.tokens("str"), "==", E.tokens("str"))
    if kind == "negate":
        return E.select_not(draw(selectors(depth - 1)))
    join = E.select_and if kind == "both" else E.select_or
    return join(draw(selectors(depth - 1)), draw(selectors(depth - 1)))


@settings(max_examples=80, deadline=None)
@given(sops(), st.text("abc", min_size=1, max_size=5), st.booleans())
def test_evaluation_is_the_run_of_the_program(sop: E.Expr, word: str, causal: bool) -> None:
    program = program_of(sop, causal=causal)
    assert check(program) is program
    assert loads(dumps(program)) == program
    got = Evaluation(word, causal=causal).column(sop)
    want = run(program, list(word))
    assert [(type(a), a) for a in got] == [(type(a), a) for a in want]


def test_shared_parts_are_one_step() -> None:
    session = Session()
    session.run("x = indices;")
    for _ in range(60):
        session.run("x = x + x;")
    program = program_of(session.sop("x").expr)
    assert len(program.steps) == 60
    assert run(program, ["a", "b"]) == [0, 2**60]


def test_long_expressions_need_no_recursion() -> None:
    session = Session()
    session.run("x = " + " + ".join(["indices"] * 10_000) + ";")
    session.run("y = " + "(" * 5_000 + "indices" + ")" * 5_000 + ";")
    session.run("z = " + "not " * 5_000 + "indices;")
    program = program_of(session.sop("x").expr)
    assert run(program, list("ab")) == [0, 10_000]
    assert session.on("y", "ab").values == [0, 1]
    assert session.on("z", "ab").values == [False, True]


def test_long_selectors_need_no_recursion() -> None:
    session = Session()
    session.run("x = selector_width(" + " or ".join(f"select(indices, {i}, ==)" for i in range(600)) + ");")
    assert session.on("x", "abc").values == [3, 3, 3]
    assert run(program_of(session.sop("x").expr), list("abc")) == [3, 3, 3]


def test_ten_thousand_tokens_are_linear_without_a_selector() -> None:
    session = Session()
    session.run('x = "v" if tokens in ["a", "e"] else "c";')
    session.run('y = length + count(tokens, "a");')
    word = "ab" * 5_000
    assert session.on("x", word).values == ["v", "c"] * 5_000
    assert session.on("y", word).values == [15_000] * 10_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (1 + 2;", "unexpected ';'"),
        ("x = [1, 2;", "unexpected ';'"),
        ("x = nothing;", "Undefined variable: nothing"),
        ("x = select(indices, indices, <) + 1;", "Cannot apply + to selector"),
        ("x = 1 / 0;", "division by zero"),
        ("x = 1 / indices;", "division by zero"),
        ("def f(a) { return f(a); } ", ""),
        ("x = aggregate(indices, indices);", "Expected selector"),
        ("x = 9 ^ 9 ^ 9 ^ 9 ^ 9;", "too large"),
        ("x = indices * 10 ^ 3000 * 10 ^ 3000;", "too large"),
        ("x = range(10000000);", "too long"),
        ('x = "a" * 100000000;', "too long"),
        ("x = " + "9" * 500 + ";", "500 digits"),
        ("x = (-1) ^ 0.5;", "not a real number"),
        ('x = "abc;', "closing quote"),
        ("x = @;", "character '@'"),
        ("x = {[1]: 2};", "keys can only be atoms"),
        ("for i in range(1000) { for j in range(1000) { k = 1; } }", "steps"),
        ("x = 5(1);", "can be called"),
        ("x = {1: 2}[indices + 5];", "not in dict"),
        ("a, b, c = [1, 2];", "expected 3 values"),
        ('load "no such file";', "could not find file"),
    ],
)
def test_bad_programs(text: str, said: str) -> None:
    session = Session()
    if not said:
        session.run(text)
        text, said = "x = f(1);", "calls deep"
    with pytest.raises(RaspError) as caught:
        session.run(text)
    assert said in str(caught.value)
    assert "line 1, column" in str(caught.value)


def test_a_large_file_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "large.rasp"
    path.write_text("x = 1;\n" * 1_500_000, encoding="utf-8")
    with pytest.raises(RaspError, match="10500000 bytes; expected at most"):
        Session().run_file(path)


def test_a_long_line_is_refused() -> None:
    with pytest.raises(RaspError, match="a line of 2000006 characters; expected at most"):
        Session().run("x = 1" + "+1" * 1_000_000 + ";")


def test_an_unfinished_file_says_where_it_began(tmp_path: Any) -> None:
    path = tmp_path / "open.rasp"
    path.write_text("x = 1;\ndef f(a) {\n y = 2;\n", encoding="utf-8")
    with pytest.raises(RaspError, match=r"open.rasp line 2, column 1: unfinished statement"):
        Session().run_file(path)


def test_long_inputs_are_attended_to_in_blocks() -> None:
    """The same values as on the whole pattern, which is kept for short inputs only."""
    text = """x = aggregate(select(tokens, tokens, ==) and not select(indices, 700, <), indices, -1);
    y = selector_width((select(tokens, "a", ==) or select(indices, indices, ==)) and full_s);
    z = sort(tokens, tokens);"""
    session = Session()
    for line in text.splitlines():
        session.run(line)
    word = "".join(random.Random(5).choices("abc", k=1203))
    assert session.on("z", word).values == sorted(word)
    assert session.on("y", word).values == [word.count("a") + (letter != "a") for letter in word]
    places = {letter: [i for i in range(700, 1203) if word[i] == letter] for letter in "abc"}
    assert session.on("x", word).values == [sum(places[letter]) / len(places[letter]) for letter in word]
