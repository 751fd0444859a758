from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import programs
from transformer_programs.emit.listing import layers, print_listing
from transformer_programs.program import (
    Closest,
    Emit,
    Full,
    Program,
    Read,
    Step,
    Table,
    Width,
    check,
    references,
    selector_of,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_variable_has_its_line(data: st.DataObject) -> None:
    program = data.draw(programs(odd=True))
    lines = print_listing(program).splitlines()
    assert len(lines) == 1 + len(program.about) + 1 + 1 + len(program.steps) + 1
    for number, step in enumerate(program.steps, 1):
        assert any(line.split()[:3:2] == [str(number), step.name] for line in lines)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_layers_follow_what_is_read(data: st.DataObject) -> None:
    program = data.draw(programs())
    found = layers(program)
    for step in program.steps:
        for ref in references(step.node):
            assert found[step.name] >= found[ref] + (selector_of(step.node) is not None)


def test_layers_users_and_domains() -> None:
    steps = (
        Step("count_1", Width(Full())),
        Step("table_1", Table((Read("count_1", 1), Read("tokens")), ("x", "y", "x", "x"))),
        Step("head_1", Closest(Full(), "table_1")),
    )
    program = check(Program(name="n", vocabulary=("a", "b"), max_length=4, steps=steps, output=Emit("head_1")))
    text = print_listing(program)
    assert layers(program) == {"tokens": 0, "positions": 0, "count_1": 1, "table_1": 1, "head_1": 2}
    assert "n  bidirectional, at most 4 tokens of 2: a b" in text
    rows = [line.split("  ") for line in text.splitlines()]
    assert [cell.strip() for cell in rows[4] if cell.strip()] == [
        "2",
        "1",
        "table_1",
        "x y",
        "table(min(count_1, 1), tokens), 4 cells",
        "head_1",
    ]
    assert text.endswith("answer: head_1, one of x y\n")
