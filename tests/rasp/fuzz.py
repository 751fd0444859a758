"""Random and mutated programs: no traceback, no hang. `python -m tests.rasp.fuzz 10000` runs many; the suite a few."""

from __future__ import annotations

import io
import random
import sys
import time
from pathlib import Path

from transformer_programs.rasp.repl import run_stream

_EXAMPLES = Path(__file__).parents[2] / "examples" / "rasp"
_PIECES = (
    *("indices", "tokens", "length", "full_s", "x", "y", "f", "1", "2", "0", "-1", "2.5", '"a"', '"hello"', "True"),
    *("+", "-", "*", "/", "%", "^", "==", "<", ">=", "!=", "and", "or", "not", "if", "else", "in", "for", "def"),
    *("(", ")", "[", "]", "{", "}", ",", ";", ":", "=", "return", "range(3)", "zip(", "len(", "round(", "indicator("),
    *("select(tokens, tokens, ==)", "select(", "aggregate(", "selector_width(", "sort(tokens, tokens)", "load", "draw"),
    *(
        "set example",
        "show example",
        "examples off",
        "#",
        "\n",
        "out",
        "count(tokens,",
        "[v for v in",
        "{v: 1 for v in",
    ),
)


def _expression(generator: random.Random, depth: int) -> str:
    """A random expression that parses, most often."""
    if depth == 0 or generator.random() < 0.2:
        return generator.choice(_PIECES[:15])
    a, b, c = (_expression(generator, depth - 1) for _ in range(3))
    operator = generator.choice(["+", "-", "*", "/", "%", "^", "==", "<", ">", "<=", ">=", "and", "or", "in"])
    return generator.choice(
        [
            f"({a} {operator} {b})",
            f"{a} {operator} {b}",
            f"({a} if {b} else {c})",
            f"not {a}",
            f"-{a}",
            f"round({a})",
            f"indicator({a})",
            f"select({a}, {b}, {generator.choice(['==', '<', '!=', '>='])})",
            f"aggregate({a}, {b}, {c})",
            f"aggregate({a}, {b})",
            f"selector_width({a})",
            f"[{a}, {b}]",
            f"{a}[{b}]",
            f"{{{a}: {b}}}",
            f"[{a} for x in {b}]",
            f"({a})({b})",
            f"{generator.choice(['max', 'shift', 'sort', 'count', 'has_focus', 'f'])}({a}, {b})",
            f"zip({a}, {b})",
            f"range({a})",
            f"len({a})",
        ]
    )


def program(generator: random.Random) -> str:
    """One random program: pieces thrown together, expressions, or a damaged example."""
    kind = generator.random()
    if kind < 0.3:
        return " ".join(generator.choices(_PIECES, k=generator.randint(1, 25))) + ";\n"
    if kind < 0.7:
        lines = ["def f(x, y) { return " + _expression(generator, 2) + "; }"]
        lines += [f"{generator.choice('xyz')} = {_expression(generator, 4)};" for _ in range(3)]
        return "\n".join(lines) + "\n"
    names = [path for path in sorted(_EXAMPLES.glob("*.rasp")) if path.stem != "membership"]
    text = generator.choice(names).read_text(encoding="utf-8").replace('load "', 'load "/nowhere/')
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(len(text))
        change = generator.choice(["", generator.choice(_PIECES), chr(generator.randrange(32, 400))])
        text = text[:place] + change + text[place + generator.randint(0, 4) :]
    return text


def fuzz(count: int, seed: int) -> tuple[float, str]:
    """Runs that many programs; the longest time, and the program that took it."""
    generator = random.Random(seed)
    slowest = (0.0, "")
    for _ in range(count):
        text = program(generator).replace("draw", "dra")
        start = time.process_time()
        run_stream(io.StringIO(text), io.StringIO(), io.StringIO())
        slowest = max(slowest, (time.process_time() - start, text))
    return slowest


if __name__ == "__main__":
    seconds, text = fuzz(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(f"slowest: {seconds:.3f} s\n{text}")
