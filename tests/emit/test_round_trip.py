"""What is printed reads back to the same program, names and facts and all."""

from __future__ import annotations

import ast
import random
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emit.handmade import HANDMADE
from strategies import NASTY, ODD, programs
from transformer_programs.emit.python import print_python, read_python
from transformer_programs.emit.python.docstring import print_docstring, read_docstring
from transformer_programs.emit.python.names import RESERVED, python_name, variable_name
from transformer_programs.emit.python.printer import unformatted
from transformer_programs.emit.python.syntax import Source
from transformer_programs.emit.python.tables import forms, letters
from transformer_programs.program import (
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Either,
    Emit,
    Frame,
    LinearScore,
    Negate,
    Offset,
    Program,
    Read,
    Relation,
    Selector,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    check,
    dumps,
)

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def same(read: Program, printed: Program) -> bool:
    """Equal, and spelled alike: 1, True and 1.0 are equal in Python."""
    return read == printed and dumps(read) == dumps(printed)


@FEW
@given(st.data())
def test_the_printed_file_reads_back(data: st.DataObject) -> None:
    program = data.draw(programs(odd=True, partial=True))
    assert same(read_python(print_python(program)), program)


@MANY
@given(st.data())
def test_the_text_before_formatting_reads_back(data: st.DataObject) -> None:
    program = data.draw(programs(odd=True, partial=True, most_steps=8))
    assert same(read_python(unformatted(program)), program)


@pytest.mark.parametrize("make", HANDMADE)
def test_handmade_programs_read_back(make) -> None:
    assert same(read_python(print_python(make())), make())


@FEW
@given(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=3), st.booleans())
def test_any_facts_survive(name: str, about: list[tuple[str, str]], causal: bool) -> None:
    program = check(
        Program(name=name, vocabulary=None, max_length=None, causal=causal, output=Emit("tokens"), about=tuple(about))
    )
    assert read_python(print_python(program)) == program
    text = ast.literal_eval(print_docstring(name, tuple(about), causal))
    assert read_docstring(text, "here") == (name, tuple(about), causal)


def test_facts_that_look_like_the_printers_own_lines() -> None:
    about = (("run", "far"), ("causal", "a position sees itself and what is before it"), ("a: b", '"'), ("", " x"))
    program = Program(name='"""', vocabulary=("a",), max_length=1, output=Emit("tokens"), about=about)
    assert read_python(print_python(program)) == program


@pytest.mark.parametrize("name", ["width", "width_", "width__", "run", "sys", "tokens_", "SCORES", "zip_", "x", "été"])
def test_any_name_survives(name: str) -> None:
    steps = (Step(name, Width(Compare("tokens", "==", "tokens"))), Step("last", Closest(Offset(-1, 0), name)))
    output = Classify(("a", "b"), (0, 0), (LinearScore("last", (1, 0)), TableScore(Read(name, 1), ((0, 0), (0, 1)))))
    program = check(Program(name="n", vocabulary=("a",), max_length=3, steps=steps, output=output))
    assert read_python(print_python(program)) == program


def test_python_names_do_not_collide() -> None:
    names = [word + "_" * n for word in (*sorted(RESERVED), "free") for n in range(4)]
    printed = [python_name(name) for name in names]
    assert len(set(printed)) == len(names)
    assert [variable_name(name) for name in printed] == names
    assert not set(printed) & RESERVED


@pytest.mark.parametrize("token", [*NASTY, *ODD])
def test_any_token_survives_everywhere(token: str) -> None:
    vocabulary = ("a", token, "b")
    read = Read("tokens")
    steps = (
        Step("head_1", Closest(Relation(read, read, ((token,), (), (token, "b"))), "tokens")),
        Step("table_1", Table((read,), (token, "b", token))),
        Step("constant_1", Constant(token)),
    )
    rows = ((1, 0), (0, 0), (5, 6))
    scores = (TableScore(read, rows), TableScore(Read("table_1"), ((1, 2), (3, 4))), TableScore(read, rows))
    program = check(
        Program(
            name="n",
            vocabulary=vocabulary,
            max_length=3,
            frame=Frame((token,)),
            steps=steps,
            output=Classify((token, "b"), (1, 0), scores),
        )
    )
    assert read_python(print_python(program)) == program


def test_scores_that_normal_programs_do_not_have() -> None:
    """Twice the same variable, all zeros, a limit beside none."""
    steps = (Step("count_1", Width(Compare("tokens", "==", "tokens"))),)
    scores = (
        LinearScore("count_1", (0, 0)),
        TableScore(Read("count_1", 1), ((0, 0), (0, 0))),
        LinearScore("count_1", (1, 2)),
        TableScore(Read("count_1"), ((0, 0), (0, 0), (0, 1))),
        TableScore(Read("count_1", 1), ((1, 0), (0, 0))),
    )
    program = check(
        Program(name="n", vocabulary=("a",), max_length=2, steps=steps, output=Classify(("x", "y"), (0, 0), scores))
    )
    assert read_python(print_python(program)) == program


def test_deep_selectors_read_back() -> None:
    selector: Selector = Offset(-1, 1)
    for depth in range(60):
        selector = (Negate(selector), Both(selector, Offset(0, depth)), Either(Offset(0, 0), selector))[depth % 3]
    steps = (Step("head_1", Closest(selector, "tokens")), Step("sum_1", Total(selector, "positions")))
    program = check(Program(name="n", vocabulary=("a",), max_length=4, steps=steps, output=Emit("head_1")))
    assert read_python(print_python(program)) == program


ARITHMETIC = [
    (lambda x, y: min(x + y, 4), "[min(x + y, 4) for x, y in zip(tokens_, positions)]"),
    (lambda x, y: max(x - y, 0), "[max(x - y, 0) for x, y in zip(tokens_, positions)]"),
    (lambda x, y: x - y + 3, "[x - y + 3 for x, y in zip(tokens_, positions)]"),
]


@pytest.mark.parametrize(("rule", "line"), ARITHMETIC, ids=[line[1:14] for _, line in ARITHMETIC])
def test_tables_of_arithmetic_are_arithmetic(rule, line: str) -> None:
    """And read back as the tables that they are."""
    cells = tuple(rule(x, y) for x in range(4) for y in range(4))
    steps = (
        Step("tokens_", Closest(Offset(-1, -1), "positions")),
        Step("v", Table((Read("tokens_"), Read("positions")), cells)),
    )
    program = check(Program(name="n", vocabulary=("a",), max_length=4, steps=steps, output=Emit("v")))
    assert f"v = {line}" in print_python(program).replace("tokens__", "tokens_")
    assert read_python(print_python(program)) == program


def test_tables_near_arithmetic_are_none() -> None:
    """Half a sum never exceeds the sum, and is not its minimum with anything."""
    cells = tuple((x + y) // 2 for x in range(4) for y in range(4))
    steps = (Step("h", Closest(Offset(-1, -1), "positions")), Step("v", Table((Read("h"), Read("positions")), cells)))
    program = check(Program(name="n", vocabulary=("a",), max_length=4, steps=steps, output=Emit("v")))
    assert "min(" not in print_python(program)
    assert read_python(print_python(program)) == program


@pytest.mark.parametrize("causal", [False, True])
def test_counts_among_earlier_and_later_places_are_inline(causal: bool) -> None:
    equal = Compare("tokens", "==", "tokens")
    before = Step("before", Width(Both(equal, Offset(-3, -1))))
    after = Step(
        "after", Width(Both(Relation(Read("positions"), Read("before"), ((1,), (2,), (3,), (), ())), Offset(1, 3)))
    )
    here = Step("here", Width(Both(equal, Offset(-3, 0))))
    near = Step("near", Width(Both(equal, Offset(-2, -1))))
    steps = (before, after, here, near)
    program = check(Program(name="n", vocabulary=("a",), max_length=4, causal=causal, steps=steps, output=Emit("near")))
    text = print_python(program)
    assert "before = [tokens[:i].count(x) for i, x in enumerate(tokens)]" in text
    assert ("after = [positions[i + 1 :].count(x + 1) for i, x in enumerate(before)]" in text) != causal
    assert ("here = [tokens[: i + 1].count(x) for i, x in enumerate(tokens)]" in text) != causal
    assert "near = [" not in text
    assert read_python(text) == program


def test_keys_at_a_distance_are_arithmetic() -> None:
    rows = ((), (0,), (1,), (2,))
    steps = (Step("v", Closest(Relation(Read("positions"), Read("positions"), rows), "tokens")),)
    program = check(Program(name="n", vocabulary=("a",), max_length=4, steps=steps, output=Emit("v")))
    assert "select(positions, [x - 1 for x in positions])" in print_python(program)
    assert read_python(print_python(program)) == program


DOMAINS = ((0, 1, 2), ("a", "b", "<s>"), (1, 5), (True, False), ("a b", ""), (0,), tuple(range(40)))
CELLS = ((0, 1, 2, 3), ("a", "b", "T"), ("x y", ""), (1, "1", 2.5, True), (7,), (None, "a", 3), ((), ("a",), (1, 2)))


@pytest.mark.parametrize("seed", range(40))
def test_every_form_of_a_table_means_the_table(seed: int) -> None:
    """Python's own meaning and the reader's, for every form, whether the printer would choose it or not."""
    rng = random.Random(seed)
    domains = [rng.choice(DOMAINS) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    palette = rng.choice(CELLS if len(domains) == 1 else CELLS[:5])
    keys = list(product(*domains))
    cells = [rng.choice(palette) if rng.random() < 0.6 else palette[0] for _ in keys]
    names = letters(len(domains))
    for form in forms(domains, cells):
        text = f"({form.literal.text}){form.access}"
        access = Source("here", {}, set()).access(ast.parse(text, mode="eval").body, names)
        code = compile(text, "form", "eval")
        table = eval(form.literal.text) if form.access else None
        for key, cell in zip(keys, cells):
            values = dict(zip(names, key))
            assert repr(access(values)) == repr(cell), text
            assert repr(
                eval(code if len(keys) < 50 or not form.access else f"table{form.access}", {"table": table}, values)
            ) == repr(cell)


@pytest.mark.parametrize(
    ("key", "of"), [("x - y", lambda x, y: x - y), ("y - x", lambda x, y: y - x), ("x + y", int.__add__)]
)
def test_tables_of_a_difference_or_a_sum(key: str, of) -> None:
    domains = (tuple(range(6)), tuple(range(-1, 9)))
    keys = list(product(*domains))
    cells = ["low" if of(x, y) < 2 else "high" for x, y in keys]
    found = [form for form in forms(domains, cells) if key in form.access]
    assert found
    for form in found:
        text = f"({form.literal.text}){form.access}"
        access = Source("here", {}, set()).access(ast.parse(text, mode="eval").body, ("x", "y"))
        for (x, y), cell in zip(keys, cells):
            assert eval(text) == access({"x": x, "y": y}) == cell
    broken = [*cells[:-12], "odd", *cells[-11:]]
    assert not [form for form in forms(domains, broken) if key in form.access]


def test_a_large_vocabulary_prints_by_the_line_not_by_the_word() -> None:
    rng = random.Random(0)
    vocabulary = tuple(f"w{i}" for i in range(3000))
    tokens = Read("tokens")
    steps = (
        Step("table_1", Table((tokens,), tuple(rng.randrange(16) for _ in vocabulary))),
        Step("head_1", Closest(Relation(Read("table_1"), Read("table_1"), ((3,),) * 16), "table_1")),
    )
    rows = tuple(rng.choice(((0, 0, 0), (0, 3, 0), (5, -2, 0))) for _ in vocabulary)
    scores = (TableScore(tokens, rows), TableScore(Read("head_1"), tuple((0, i, 1) for i in range(16))))
    program = check(
        Program(
            name="words",
            vocabulary=vocabulary,
            max_length=30,
            steps=steps,
            output=Classify(("O", "B-LOC", "I-LOC"), (0, 0, 0), scores),
        )
    )
    text = print_python(program)
    assert text.count("\n") < 900  # three times 3,000 words of 5 letters fill 530 lines of 100
    assert max(map(len, text.splitlines())) <= 110
    assert read_python(text) == program


def test_sizes_that_the_project_promises() -> None:
    sizes = {make.__name__: print_python(make()).count("\n") for make in HANDMADE}
    assert sizes["double_hist"] < 423 / 2
    assert sizes["reverse"] < 713 / 2
    assert sizes["sort"] < 635 / 2
    assert sizes["dyck1"] < 892 / 2
