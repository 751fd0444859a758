"""The page's interpreter and ours: the same columns, matches, scores and answers, in a real browser.

All cases of a test run in one page. TPROG_FUZZ_EXAMPLES sets how many random programs are tried (200 unless told).
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contract.test_executors import LENGTH_FREE, all_inputs, learned, positions_of_b
from strategies import inputs, programs, texts
from transformer_programs.errors import InputError
from transformer_programs.files import load_program
from transformer_programs.program import (
    Apply,
    Classify,
    Compare,
    Constant,
    Emit,
    Full,
    Largest,
    LinearScore,
    Program,
    Read,
    Smallest,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    check,
)
from transformer_programs.program.semantics import OPERATORS, SPELLINGS
from transformer_programs.run import Interpreter
from transformer_programs.run.interpreter import WRITTEN
from transformer_programs.view.page import INTERPRETER, source
from transformer_programs.view.payload import block, marked, program_data

EXAMPLES = int(os.environ.get("TPROG_FUZZ_EXAMPLES", "200"))
FOLDERS = sorted(path.parent for path in (Path(__file__).parents[2] / "programs").glob("*/program.json"))

Case = tuple[Program, list[Sequence[str]]]


def spelled(values: Sequence[Any]) -> list[list[str]]:
    return [[type(value).__name__, str(value)] for value in values]


def outcome(interpreter: Interpreter, tokens: Sequence[str]) -> dict[str, Any]:
    """What our interpreter computes, or the name of the error it ends with."""
    try:
        trace = interpreter.trace(tokens)
        return {
            "columns": {name: spelled(column) for name, column in trace.columns.items() if name != WRITTEN},
            "matches": dict(trace.matches),
            "scores": [[str(score) for score in row] for row in trace.scores],
            "answer": spelled(trace.answer),
        }
    except (InputError, ArithmeticError, TypeError, ValueError) as error:
        return {"error": type(error).__name__}


def open_page(browser: Any, tmp_path: Path, data: Any) -> None:
    """A page that holds cases, the page's interpreter and `cases.js`."""
    parts = [*map(source, INTERPRETER), (Path(__file__).parent / "cases.js").read_text(encoding="utf-8")]
    held = f'<script type="application/json" id="cases">{block(data)}</script>'
    page = tmp_path / "cases.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{held}<script>{''.join(parts)}</script>", encoding="utf-8")
    browser.get(page.as_uri())


def differences(browser: Any, tmp_path: Path, cases: list[Case]) -> list[Any]:
    """The first runs that the page computes otherwise."""
    data = []
    for program, sequences in cases:
        interpreter = Interpreter(program)
        runs = [{"tokens": list(tokens), "expected": outcome(interpreter, tokens)} for tokens in sequences]
        data.append({"program": program_data(program), "runs": runs})
    open_page(browser, tmp_path, data)
    found: list[Any] = browser.execute_script("return differentRuns()")
    return found


def some_inputs(program: Program, most: int) -> list[Sequence[str]]:
    """The shortest inputs, all of them up to a number, marked as the program wants them."""
    assert program.vocabulary is not None
    before, after = program.frame.before, program.frame.after
    own = [token for token in program.vocabulary if token not in (*before, *after)]
    longest = (program.max_length or 4) - len(before) - len(after)
    bare = (tokens for n in range(1, longest + 1) for tokens in product(own, repeat=n))
    return [(*before, *tokens, *after) for tokens in islice(bare, most)]


def test_every_shipped_program(browser: Any, tmp_path: Path) -> None:
    cases = [(load_program(folder), some_inputs(load_program(folder), 400)) for folder in FOLDERS]
    assert sum(len(sequences) for _, sequences in cases) > 2500
    assert differences(browser, tmp_path, cases) == []


def test_random_programs(browser: Any, tmp_path: Path) -> None:
    cases: list[Case] = []

    @seed(4)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        program = data.draw(programs(odd=True, partial=True, text=data.draw(st.booleans())))
        words = inputs(program)
        if program.vocabulary is not None and "<unk>" in program.vocabulary:
            words = st.lists(texts(), min_size=1, max_size=program.max_length or 7)
        cases.append((program, data.draw(st.lists(words, min_size=2, max_size=5))))

    collect()
    assert len(cases) >= EXAMPLES / 2
    assert differences(browser, tmp_path, cases) == []


def limited() -> Program:
    """A sum that may be negative or large, read through a limit."""
    steps = (
        Step("weight", Table((Read("tokens"),), (-1, 1, 3))),
        Step("sum", Total(Full(), "weight")),
        Step("table", Table((Read("sum", 2),), ("low", "one", "high"))),
    )
    scores = (TableScore(Read("sum", 1), ((0, 1), (1, 0))), LinearScore("sum", (0, -1)))
    output = Classify(("x", "y"), (0, 0), scores)
    return check(Program(name="limited", vocabulary=("a", "b", "c"), max_length=4, steps=steps, output=output))


def sparse() -> Program:
    """A table of pairs that program.json holds by its exceptions."""
    words = tuple(f"w{i}" for i in range(400))
    cells = tuple({41: 2.5, 700: 0.5, 1199: 2.5}.get(cell, 0.0) for cell in range(1200))
    steps = (Step("pair", Table((Read("tokens"), Read("positions")), cells)),)
    return check(Program(name="sparse", vocabulary=words, max_length=3, steps=steps, output=Emit("pair")))


def equals() -> Program:
    """Values of several kinds in one table, and equal values of different kinds, of which the first counts."""
    steps = (
        Step("mixed", Table((Read("tokens"),), ("z", 2, "10"))),
        Step("again", Table((Read("mixed"),), ("two", "ten", "letter"))),
        Step("whole", Constant(1)),
        Step("truth", Constant(True)),
        Step("is_first", Table((Read("tokens"),), (True, False, False))),
        Step("either", Apply("if", ("is_first", "whole", "truth"))),
        Step("largest", Largest(Full(), "either", 0)),
        Step("smallest", Smallest(Full(), "either", 0)),
        Step("sum", Apply("-", ("largest", "smallest"))),
        Step("big", Constant(2**53)),
        Step("big_float", Constant(2.0**53)),
        Step("count", Width(Compare("big", "==", "big_float"))),
    )
    return check(
        Program(name="equals", vocabulary=("a", "b", "c"), max_length=None, steps=steps, output=Emit("largest"))
    )


def test_every_input_of_programs_made_for_corners(browser: Any, tmp_path: Path) -> None:
    """Every pattern of matches seen from every position; limits that bite; every kind of head on longer inputs."""
    flags = list(product([False, True], repeat=3))
    cases: list[Case] = [(learned(*flag), all_inputs(("a", "b", "c"), 3)) for flag in flags]
    cases += [(positions_of_b(causal, 6), all_inputs(("a", "b"), 6)) for causal in (False, True)]
    cases += [(program, all_inputs(("a", "b", "c"), 4)) for program in (limited(), equals())]
    cases += [(sparse(), [["w13", "w14", "w399"], ["w233", "w233", "w13"], ["w399"]])]
    longer = [["ab"[i * i // 7 % 2] for i in range(n)] for n in (1, 2, 17, 90)]
    for name, (steps, output) in LENGTH_FREE.items():
        parts = {"name": name, "vocabulary": ("a", "b"), "max_length": None, "steps": tuple(steps), "output": output}
        cases += [(check(Program(**parts, causal=causal)), longer) for causal in (False, True)]
    assert differences(browser, tmp_path, cases) == []


def test_spellings_of_every_character(browser: Any, tmp_path: Path) -> None:
    """Every character that this Python knows, alone and in a word, as every spelling; texts of several."""
    known = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    words = ["", "McDonald's", "1990-91", "U.S.", "ΣΑΣ", "İx", "e\u0301A1", "🙂🙂🙂🙂🙂", "ǅa"]
    open_page(browser, tmp_path, {})
    script = "return arguments[1].map((token) => SPELLINGS[arguments[0]](token))"
    for name in ("shape", "lower"):
        found = browser.execute_script(script, name, known)
        wrong = [c for c, got in zip(known, found) if got != SPELLINGS[name](c)]
        assert wrong == []
    for name, spelling in SPELLINGS.items():
        assert browser.execute_script(script, name, words) == [spelling(word) for word in words]


VALUES: tuple[bool | int | float | str, ...] = (
    True, False, 0, 1, -1, 2, -2, 3, 7, -7, 10, 2**31,
    2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 10**25, -(10**25), 3**400,
    0.0, -0.0, 0.1, -0.5, 0.5, 1.5, 2.5, -2.5, 1.0, 3.0, -7.0, 7.25,
    1e-9, 1e-5, 1e15, 1e16, 123456789.125, 1e300, -1e300, 2.0**53, 5e-324,
    "", "a", "b", "ab", "é", "日本", "🙂", "\uffff", "\ud83d", "\ud83dz",
    " 12 ", "-3", "1_000", "٣", "1.5", "1e3", "inf", "nan", "x1",
)  # fmt: skip


def pairs(arguments: int) -> list[tuple[int, ...]]:
    """Which values an operator is tried on, as indices."""
    indices = range(len(VALUES))
    if arguments == 3:
        return [(i, (i * 7 + 1) % len(VALUES), (i * 5 + 2) % len(VALUES)) for i in indices]
    return list(product(indices, repeat=arguments))


def arguments_of(operator: str) -> int:
    if operator == "if":
        return 3
    return 1 if operator in ("not", "neg", "round", "int", "float", "str", "bool", "indicator", "abs") else 2


def hard_for_a_page(operator: str, pair: Sequence[int]) -> bool:
    """Powers that fill a memory, powers of fractions (the last digit is the C library's), and % on text."""
    a, b = VALUES[pair[0]], VALUES[pair[-1]]
    if operator == "%":
        return isinstance(a, str)
    if operator == "*":
        return (isinstance(a, str) and isinstance(b, int) and b > 99) or (
            isinstance(b, str) and isinstance(a, int) and a > 99
        )
    if operator != "^" or isinstance(a, str) or isinstance(b, str):
        return False
    fractional = not float(a).is_integer() or not float(b).is_integer()
    return abs(b) > 50 or fractional or abs(a) > 10**30


def applied(operator: str, indices: Sequence[int]) -> list[str]:
    """The kind and the text of an operator's result, or the name of its error."""
    try:
        result = OPERATORS[operator](*(VALUES[i] for i in indices))
        return ["complex"] if isinstance(result, complex) else [type(result).__name__, str(result)]
    except (ArithmeticError, MemoryError, TypeError, ValueError) as error:
        return [type(error).__name__]


def test_every_operator_on_every_pair_of_values(browser: Any, tmp_path: Path) -> None:
    cases = [
        (operator, indices, applied(operator, indices))
        for operator in OPERATORS
        for indices in pairs(arguments_of(operator))
        if not hard_for_a_page(operator, indices)
    ]
    cases = [case for case in cases if case[2] != ["complex"]]
    assert len(cases) > 50_000
    open_page(browser, tmp_path, {"values": marked(VALUES), "tries": cases})
    assert browser.execute_script("return differentResults()") == []
