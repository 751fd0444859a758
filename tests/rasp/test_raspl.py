"""RASP-L: the rules, the library against Python, the programs against oracles, streams against the interpreter."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from raspl_oracles import FOLDER, TASKS, wrong
from test_language import sops

from transformer_programs.rasp import expression as E
from transformer_programs.rasp.errors import RaspError
from transformer_programs.rasp.lowering import program_of
from transformer_programs.rasp.raspl import RaspLSession, Stream, generate, size
from transformer_programs.rasp.raspl.command import lines_of
from transformer_programs.run import run


@pytest.mark.parametrize("name", TASKS)
def test_programs_against_oracles(name: str) -> None:
    assert wrong(name, 25, seed=3) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x = tokens * 0.5;", "float"),
        ("x = tokens / 2;", "float"),
        ("x = aggregate(select(tokens, tokens, ==), tokens) + 1;", "float"),
        ("x = tokens ^ -1;", "float"),
        ("x = tokens_str;", "text"),
        ('x = "a" if tokens == 1 else "b";', "text"),
        ("x = indices * 2;", "index arithmetic"),
        ("x = indices + 2;", "index arithmetic"),
        ("x = indices + tokens;", "index arithmetic"),
        ("x = -indices;", "index arithmetic"),
        ("x = indices % 2 == 0;", "index arithmetic"),
        ("x = indices == tokens;", "index arithmetic"),
        ("x = indices == 5;", "index arithmetic"),
        ("x = [1, 2, 3][indices];", "index arithmetic"),
        ("x = aggr_mean(full_s, indices);", "index arithmetic"),
        ("x = tokens if indices == 0 else indices;", "index arithmetic"),
        ("x = firsts(tokens, tokens) * 2;", "index arithmetic"),
        ("x = length;", "non-causal"),
        ("x = tokens[-1];", "non-causal"),
        ("x = aggr_max(select(indices, indices, >), tokens);", "non-causal"),
        ("x = index_select(tokens, indices + 1);", "non-causal"),
        ("x = kqv(indices, indices, tokens, gt);", "non-causal"),
        ("x = sel_width(not select(indices, indices, <=));", "non-causal"),
        ("x = shift_right(tokens, -1);", "non-causal"),
        ("x = tokens + 128;", "8-bit overflow"),
        ("x = tokens * 0 + 127 + 1;", "8-bit overflow"),
        ("x = full(tokens, 100) + 100;", "8-bit overflow"),
        ("x = full(tokens, -128) - 1;", "8-bit overflow"),
        ("x = kqv(tokens, tokens, tokens, where);", "predicate"),
        ('x = kqv(tokens, tokens, tokens, equals, "a");', "text"),
        ("x = aggr_max(full_s, tokens, 200);", "8-bit overflow"),
        ("x = [1, 2.5][tokens];", "float"),
        ('x = kqv(tokens, tokens, tokens, equals, 0, "sum");', "reduction"),
    ],
)
def test_refused(text: str, rule: str) -> None:
    with pytest.raises(RaspError) as caught:
        RaspLSession().run(text)
    assert rule in str(caught.value)
    assert "line 1, column" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "x = indices + 1 > indices;",
        "x = indices == 0;",
        "x = firsts(tokens, tokens) - 1 - 1;",
        "x = index_select(tokens, indices - 1);",
        "x = tokens + 127;",
        "x = (tokens + 1) % 10;",
        'x = kqv(indices, indices, tokens, leq, 0, "min");',
    ],
)
def test_accepted(text: str) -> None:
    RaspLSession().run(text)


def prefixes(tokens: list[int]) -> list[list[int]]:
    return [tokens[: i + 1] for i in range(len(tokens))]


def extreme_at(part: list[int], value: int) -> int:
    return max(i for i, token in enumerate(part) if token == value)


def induct(part: list[int], offset: int) -> int:
    query = part[-1]
    found = [i for i in range(len(part) - offset) if part[i] == query]
    return part[found[0] + offset] if found else 0


def mode_of(part: list[int]) -> int:
    counts = [part[: i + 1].count(token) for i, token in enumerate(part)]
    return part[max(i for i, count in enumerate(counts) if count == max(counts))]


LIBRARY = {
    "full(tokens, 7)": lambda p: 7,
    "tok_map(tokens, double)": lambda p: p[-1] * 2,
    "seq_map(tokens, shift_right(tokens, 1), plus)": lambda p: p[-1] + (p[-2] if len(p) > 1 else 0),
    "sel_width(select(tokens, tokens, ==))": lambda p: p.count(p[-1]),
    "aggr_mean(full_s, tokens)": lambda p: int(sum(p) / len(p)),
    "aggr_mean(select(tokens, tokens, <), tokens, -3)": lambda p: (
        int(sum(less) / len(less)) if (less := [t for t in p if t < p[-1]]) else -3
    ),
    "aggr_max(select(tokens, tokens, <), tokens, -3)": lambda p: max([t for t in p if t < p[-1]], default=-3),
    'aggr(full_s, tokens, 0, "min")': min,
    'kqv(tokens, tokens, tokens, gt, 9, "min")': lambda p: min([t for t in p if t > p[-1]], default=9),
    "shift_right(tokens, 2, -5)": lambda p: p[-3] if len(p) > 2 else -5,
    "cumsum(tokens > 0)": lambda p: sum(t > 0 for t in p),
    "where(tokens > 0, tokens, -1)": lambda p: p[-1] if p[-1] > 0 else -1,
    "mask(tokens, tokens > 1)": lambda p: p[-1] if p[-1] > 1 else 0,
    "maximum(tokens)": max,
    "minimum(tokens)": min,
    "argmax(tokens)": lambda p: extreme_at(p, max(p)),
    "argmin(tokens)": lambda p: extreme_at(p, min(p)),
    "num_prev(tokens, full(tokens, 1))": lambda p: p.count(1),
    "has_seen(tokens, full(tokens, 2))": lambda p: int(2 in p),
    "firsts(tokens, full(tokens, 2))": lambda p: p.index(2) if 2 in p else -1,
    "lasts(tokens, full(tokens, 2))": lambda p: extreme_at(p, 2) if 2 in p else -1,
    "index_select(tokens, lasts(tokens, full(tokens, 2)) - 1, -9)": lambda p: (
        p[extreme_at(p, 2) - 1] if 2 in p and extreme_at(p, 2) > 0 else -9
    ),
    "first_true(tokens == 2)": lambda p: p.index(2) if 2 in p else -1,
    "mode(tokens)": mode_of,
    "binary_mode(indicator(tokens > 1))": lambda p: int(sum(t > 1 for t in p) > sum(t <= 1 for t in p)),
    "induct(tokens, tokens, 1)": lambda p: induct(p, 1),
    "induct_kqv(tokens, tokens, tokens, 2)": lambda p: induct(p, 2),
    "induct_prev(tokens, tokens, -1)": lambda p: p[p.index(p[-1]) - 1] if p.index(p[-1]) > 0 else 0,
    "equals(tokens, 1) + leq(tokens, 1) + lt(tokens, 1) + geq(tokens, 1) + gt(tokens, 1)": lambda p: sum(
        (p[-1] == 1, p[-1] <= 1, p[-1] < 1, p[-1] >= 1, p[-1] > 1)
    ),
}


@pytest.mark.parametrize("text", LIBRARY)
def test_library_against_python(text: str) -> None:
    session = RaspLSession()
    session.run("def double(a) { return a * 2; } ")
    session.run("def plus(a, b) { return a + b; } ")
    session.run(f"x = {text};")
    generator = random.Random(4)
    for _ in range(40):
        tokens = generator.choices(range(-1, 4), k=generator.randint(1, 9))
        want = [LIBRARY[text](part) for part in prefixes(tokens)]
        assert session.on("x", tokens).values == want, tokens
        stream = Stream(session.sop("x").expr)
        assert [stream.push(token) for token in tokens] == want, tokens


@settings(max_examples=60, deadline=None)
@given(sops(), st.text("abc", min_size=1, max_size=6))
def test_a_stream_is_the_causal_run_of_the_program(sop: E.Expr, word: str) -> None:
    stream = Stream(sop)
    got = [stream.push(token) for token in word]
    assert got == run(program_of(sop, causal=True), list(word))
    # What comes later changes nothing: a stream is a run on every prefix.
    assert got[:1] == run(program_of(sop, causal=True), list(word[:1]))


def test_overflow_while_running() -> None:
    session = RaspLSession()
    session.run("next = tokens + tokens;")
    sop = session.sop("next").expr
    with pytest.raises(RaspError, match="8-bit overflow: 200 at position 0"):
        generate(sop, [100], end=-2, longest=3)
    with pytest.raises(RaspError, match="no end after 3 tokens"):
        generate(sop, [0], end=-2, longest=3)
    with pytest.raises(RaspError, match="an empty prompt"):
        generate(sop, [], end=-2, longest=3)


def test_length_of_programs() -> None:
    session = RaspLSession()
    session.run_file(FOLDER / "copy.rasp")
    short = session.sop("next").expr
    assert lines_of(FOLDER / "copy.rasp") == 4
    session.run_file(FOLDER / "addition_forward.rasp")
    assert size(short) < size(session.sop("next").expr)
