"""Lines of the learned programs beside RASP that a person would write, all printed by our printer.

Run: python bench/human_rasp.py

The RASP is for bare digits; the learned programs also take the markers of their tasks. double_hist is given in its two
natural forms, the longer one with the average that RASP's libraries use.
"""

from __future__ import annotations

from transformer_programs.emit.python.printer import print_python
from transformer_programs.files import load_program
from transformer_programs.program import Program
from transformer_programs.rasp.embed import (
    SOp,
    aggregate,
    has_focus,
    indices,
    length,
    select,
    selector_width,
    sort,
    tokens,
)

VOCABULARY = ["0", "1", "2", "3", "4", "5", "6", "7"]

alike = select(tokens, tokens, "==")
times = selector_width(alike)
seen = alike & select(indices, indices, "<")

HUMAN: dict[str, tuple[SOp, ...]] = {
    "hist": (times,),
    "double_hist": (
        selector_width(select(times, times, "==") & select(selector_width(seen), 0, "==")),
        selector_width(select(times, times, "==") & select(~has_focus(seen), True, "==")),
    ),
    "reverse": (aggregate(select(indices, length - 1 - indices, "=="), tokens),),
    "sort": (sort(tokens, tokens),),
}


def lines(program: Program) -> int:
    """Those of the whole printed file."""
    return len(print_python(program).splitlines())


def main() -> None:
    print("| task | RASP | learned | ratio |")
    print("| --- | --- | --- | --- |")
    for name, ways in HUMAN.items():
        human = [lines(way.program(name=name, vocabulary=VOCABULARY, max_length=8)) for way in ways]
        learned = lines(load_program(f"programs/{name}"))
        print(f"| {name} 8/8 | {', '.join(map(str, human))} | {learned} | {learned / min(human):.2f} |")


if __name__ == "__main__":
    main()
