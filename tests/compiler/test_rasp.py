"""Programs written in RASP: the library's functions, and those shipped in examples/rasp and examples/raspl."""

from __future__ import annotations

from pathlib import Path

import pytest

from transformer_programs.compiler import compile_program
from transformer_programs.compiler.sampling import compare_with_interpreter, some_inputs
from transformer_programs.rasp.lowering import program_of
from transformer_programs.rasp.session import Session

EXAMPLES = Path(__file__).parents[2] / "examples"

LIBRARY = {
    "length": "length",
    "full": "selector_width(full_s)",
    "selector_width": "selector_width(select(tokens, tokens, ==) and not select(indices, indices, ==))",
    "has_focus": "has_focus(select(tokens, tokens, <))",
    "count": 'count(tokens, "a")',
    "contains": 'contains(tokens, "a")',
    "max": "max(indices, length - indices)",
    "min": "min(indices, length - indices)",
    "average": 'average(indicator(tokens == "a") - 2 * indices)',
    "load_from_location": "load_from_location(tokens, length - 1)",
    "shift": 'shift(tokens, 1, "-")',
    "shift_back": "shift(indices, -2, -1)",
    "mark_last_instance": 'mark_last_instance(tokens, "a")',
    "mark_first_instance": 'mark_first_instance(tokens, "a")',
    "select_from_last": 'aggregate(select_from_last(tokens, "b"), indices, -1)',
    "select_from_first": 'aggregate(select_from_first(tokens, "b"), indices, -1)',
    "sort": "sort(tokens, tokens)",
    "sort_descending": "sort(tokens, -indices)",
    "select_next_identical": "aggregate(select_next_identical(tokens), indices, -1)",
    "dictionary": "worth[tokens] + indices",
    "reverse": "aggregate(select(indices, length - indices - 1, ==), tokens)",
    "nested": "aggregate(select(indices, indices, <), aggregate(select(tokens, tokens, <), indices, -3), 7)",
    "or_over_two_pairs": "aggregate(select(tokens, tokens, ==) or select(indices, 0, ==), indices)",
    "text": '"x" if indices > 1 else tokens',
}


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("name", LIBRARY)
def test_library(name: str, causal: bool) -> None:
    session = Session()
    session.sop_example = session.selector_example = "abc"
    session.run('worth = {"a": 1, "b": -2, "c": 0};')
    session.run(f"answer = {LIBRARY[name]};")
    program = program_of(session.sop("answer").expr, name=name, vocabulary=("a", "b", "c"), max_length=5, causal=causal)
    model = compile_program(program, compress=causal)
    inputs = some_inputs(("a", "b", "c"), 5, 400)
    assert compare_with_interpreter(program, model, inputs).differences == ()


FUNCTIONS_ONLY = ("bos", "dyck")
SLOW = ("membership",)
"""Thousands of steps, a second or two each for compiling and for every few inputs of the interpreter."""
FILES = [path for path in sorted((EXAMPLES / "rasp").glob("*.rasp")) if path.stem not in FUNCTIONS_ONLY + SLOW]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_examples(path: Path) -> None:
    session = Session()
    session.run_file(path)
    example = session.sop_example
    tokens = tuple(dict.fromkeys(example))[:5] if isinstance(example, str) else ("a", "b")
    program = program_of(session.sop(session.last).expr, name=path.stem, vocabulary=tokens, max_length=4)
    model = compile_program(program)
    assert compare_with_interpreter(program, model, some_inputs(tokens, 4, 150)).differences == ()
