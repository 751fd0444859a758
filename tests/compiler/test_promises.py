"""One check for each thing that the compiler promises: what Tracr compiles, and what Tracr does not.

Each program is compared with the interpreter on every input up to its length, with and without compression.
"""

from __future__ import annotations

import pytest

from transformer_programs.compiler import compile_program
from transformer_programs.compiler.sampling import compare_with_interpreter, some_inputs
from transformer_programs.program import (
    Apply,
    Both,
    Closest,
    Compare,
    Constant,
    Either,
    Full,
    Lookup,
    Mean,
    Negate,
    Node,
    Offset,
    Program,
    Read,
    Relation,
    Selector,
    Table,
    Total,
    Width,
)

from .library import program

SAME = Compare("tokens", "==", "tokens")
BEFORE = Compare("positions", "<", "positions")
NEVER = Both(SAME, Negate(SAME))
VALUE: dict[str, Node] = {"value": Table((Read("tokens"),), (-3, 1, 4))}
LENGTH: dict[str, Node] = {"length": Width(Full())}


def made(steps: dict[str, Node], output: str = "out", length: int = 4, causal: bool = False) -> Program:
    return program("p", steps, output, "abc", length, causal)


def width(selector: Selector) -> Program:
    return made({"out": Width(selector)})


def _odd_pairs() -> Relation:
    """Any function of key and query: here whether their numbers add up to an odd one."""
    values = ("a", "b", "c")
    rows = tuple(tuple(key for j, key in enumerate(values) if (i + j) % 2) for i in range(3))
    return Relation(Read("tokens"), Read("tokens"), rows)


def _numbers() -> dict[str, Node]:
    return {"x": Width(SAME), "two": Constant(2), "twice": Apply("*", ("x", "two")), "three": Constant(3)}


TRACR = {
    "tokens": made({}, "tokens"),
    "indices": made({}, "positions"),
    "map": made({"out": Lookup("tokens", ("a", "c"), (True, 7), False)}),
    "map of a map": made({**VALUE, "bool": Apply("bool", ("value",)), "out": Apply("not", ("bool",))}),
    "sequence map": made({**_numbers(), "out": Apply("+", ("x", "positions"))}),
    "linear sequence map": made(
        {
            **_numbers(),
            "part": Apply("*", ("positions", "three")),
            "out": Apply("-", ("twice", "part")),
        }
    ),
    "n-ary map": made({**_numbers(), "flag": Apply("<", ("x", "two")), "out": Apply("if", ("flag", "x", "positions"))}),
    "full": width(Full()),
    "selector width": width(SAME),
    "aggregate of a category": made({"out": Mean(Offset(-1, -1), "tokens", "a")}),
    "aggregate of a number": made({**VALUE, "out": Mean(BEFORE, "value", 0)}),
    **{
        f"select {operator}": width(Compare("tokens", operator, "tokens"))
        for operator in ("==", "!=", "<", "<=", ">", ">=")
    },
    "select true": width(Full()),
    "select false": width(Negate(Full())),
    "select any function": width(_odd_pairs()),
    "and of selectors": width(Both(Compare("tokens", "<=", "tokens"), Compare("tokens", ">=", "tokens"))),
    "or of selectors": width(Either(SAME, Compare("tokens", "<", "tokens"))),
    "not of a selector": width(Negate(SAME)),
    "causal": made({"out": Width(SAME)}, causal=True),
    "count_less_freq": made({"n": Width(SAME), "out": Width(Compare("n", "<", "n"))}),
    "count": made(
        {
            "a": Constant("a"),
            "is_a": Apply("==", ("tokens", "a")),
            "hit": Apply("indicator", ("is_a",)),
            "out": Total(Full(), "hit"),
        }
    ),
}
"""What Tracr has."""

BEYOND = {
    "average of a category": made({**VALUE, "out": Mean(Full(), "value", 0)}),
    "average with empty rows": made({**VALUE, "out": Mean(BEFORE, "value", -7)}),
    "nested averages with empty rows": made(
        {**VALUE, "first": Mean(BEFORE, "value", -7), "out": Mean(Compare("tokens", "<", "tokens"), "first", 0.5)}
    ),
    "negative numbers": made({**VALUE, "out": Mean(Compare("tokens", "<=", "tokens"), "value", 0)}),
    "shift with a filler": made({"out": Mean(Offset(-2, -2), "tokens", "none")}),
    "a selector that selects nothing": made({"out": Mean(NEVER, "positions", -1)}),
    "a count of nothing": width(NEVER),
    "a width over an aggregate": made(
        {"previous": Mean(Offset(-1, -1), "tokens", "a"), "out": Width(Compare("previous", "==", "tokens"))}
    ),
    "a width over a width": made({"n": Width(SAME), "out": Width(Compare("n", ">=", "positions"))}),
    "a variable with itself": made({"out": Apply("*", ("positions", "positions"))}),
    "and over different keys and queries": width(Both(SAME, BEFORE)),
    "or over different keys and queries": width(Either(SAME, BEFORE)),
    "not over different keys and queries": width(Negate(Either(SAME, BEFORE))),
    "and of average": made({**VALUE, "out": Mean(Both(SAME, BEFORE), "value", 0)}),
    "length as a primitive": made(LENGTH, "length"),
    "a program that ignores its tokens": made({**LENGTH, "out": Apply("-", ("length", "positions"))}),
    "closest match": made({"out": Closest(Both(SAME, BEFORE), "positions")}),
    "closest match without a match": made(
        {"out": Closest(Relation(Read("tokens"), Read("tokens"), ((), (), ("a",))), "tokens")}
    ),
    "a sum without averaging": made({**VALUE, "out": Total(Compare("tokens", "<=", "tokens"), "value")}),
    "padding": width(Compare("positions", ">=", "positions")),
}
"""What fails there, or is asked for."""

PROMISES = {**TRACR, **BEYOND}


@pytest.mark.parametrize("name", PROMISES)
def test_compiles_exactly(name: str) -> None:
    made = PROMISES[name]
    for compress in (False, True):
        model = compile_program(made, compress=compress)
        # Rows of all lengths in one batch: padding that were seen would change the answers.
        inputs = some_inputs("abc", model.config.max_length, 20_000)
        assert compare_with_interpreter(made, model, inputs).differences == ()
