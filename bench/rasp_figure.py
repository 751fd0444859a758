"""The figure of docs/rasp.md: one program, learned, read as RASP, compiled; and all three run on every input.

    python bench/rasp_figure.py                                  # writes docs/rasp.svg; about a minute
    python bench/rasp_figure.py --program programs/hist --out hist.svg --most 2000

It draws a learned program, the RASP text that `tprog show --as rasp` prints for it, and the residual stream of the
weights that `tprog compile` makes of it. Before that it runs all three on every input of the program (`--most`: on that
many random ones where there are more) and ends with 1 where any two differ.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

from transformer_programs.compiler import CompiledModel, compile_program
from transformer_programs.compiler.sampling import some_inputs
from transformer_programs.emit.listing import layers, node_text
from transformer_programs.files import load_program
from transformer_programs.program import Program, Step, Table, read_domain
from transformer_programs.program.domains import domains
from transformer_programs.rasp.cards import FAINT, INK, rectangle, text
from transformer_programs.rasp.session import Session
from transformer_programs.rasp.source import print_rasp
from transformer_programs.run.interpreter import Interpreter, Trace

WIDTH, MARGIN, GAP = 1240.0, 20.0, 20.0
COLUMNS = ((20.0, 330.0), (370.0, 440.0), (830.0, 390.0))
COLOURS = ("#3b6ea5", "#a0722a", "#3f7d4e", "#8a4b7d", "#b4555f", "#26797b", "#6d5a94", "#7a7f2e")
PLAIN, BAND = "#eef1f5", "#f5f6f8"
FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
LETTERS, LETTER, MOST_LINES = 60, 6.62, 5
"""Letters of a line of RASP, the width of one, and the most lines of one statement."""


class Figure:
    """Draws one program on one input."""

    def __init__(self, program: Program, tokens: Sequence[str], model: CompiledModel, said: str) -> None:
        self.program, self.tokens, self.model, self.said = program, tokens, model, said
        names = ["tokens", "positions", *(step.name for step in program.steps)]
        self.colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
        self.domains = domains(program)

    def svg(self) -> str:
        """The picture."""
        trace = Interpreter(self.program).trace(self.tokens)
        columns = [self._learned(trace), self._read()]
        columns.append(self._compiled(max(height for _, height in columns)))
        depth = max(height for _, height in columns)
        answer = list(map(str, trace.answer))
        titles = ("1  learned, in Transformer form", "2  read as RASP", "3  compiled to an ordinary Transformer")
        parts = []
        for (x, width), (body, _), title in zip(COLUMNS, columns, titles):
            parts += [rectangle(x, MARGIN, width, depth + 62, BAND, round=8), text(x + 14, 44, title, bold=True)]
            parts.append(f'<g transform="translate({x:g} 56)">{"".join(body)}</g>')
        foot = depth + 106
        parts += self._answers(answer, foot)
        parts.append(text(WIDTH / 2, foot + 84, self.said, bold=True, middle=True))
        height = foot + 104
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}" '
            f'viewBox="0 0 {WIDTH:g} {height:g}" font-family="{FONT}" font-size="11">\n'
            + "\n".join([rectangle(0, 0, WIDTH, height, "#ffffff"), *parts])
            + "\n</svg>\n"
        )

    # --- the three columns: elements and height -----------------------------------------------------------------

    def _learned(self, trace: Trace) -> tuple[list[str], float]:
        """A card a step: a head with what it selects on the input, a table with its cells."""
        body: list[str] = []
        y, layer = 0.0, 0
        for step in self.program.steps:
            if layers(self.program)[step.name] != layer:
                layer = layers(self.program)[step.name]
                body.append(text(14, y + 14, f"layer {layer}", fill=FAINT))
                y += 22
            drawn, height = self._step(step, trace)
            colour = self.colours[step.name]
            card = rectangle(0, 0, 302, height, "#ffffff", edge="#cfd4dc", round=4)
            stripe = rectangle(0, 0, 3, height, colour)
            body.append(f'<g transform="translate(14 {y:g})">{card}{stripe}{"".join(drawn)}</g>')
            y += height + 12
        return body, y

    def _step(self, step: Step, trace: Trace) -> tuple[list[str], float]:
        colour = self.colours[step.name]
        values = [str(value) for value in trace.columns[step.name]]
        words = [
            text(12, 18, step.name, bold=True, fill=colour),
            text(12, 33, _cut(node_text(step.node), 42), fill=FAINT),
        ]
        if isinstance(step.node, Table):
            cells, height = self._cells(step.node)
            return [*words, *cells, *self._row(values, 12, 42 + height)], 42 + height + 26
        rows = trace.matches[step.name]
        side, body = 17, []
        for j, token in enumerate(self.tokens):
            body.append(text(52 + side * (j + 0.5), 52, token[:3], fill=FAINT, middle=True))
        for i, row in enumerate(rows):
            top = 58 + side * i
            body.append(text(12, top + 12, self.tokens[i], fill=FAINT))
            for j in range(len(self.tokens)):
                body.append(rectangle(52 + side * j, top, side - 1, side - 1, colour if j in row else PLAIN))
            x = 60 + side * len(self.tokens)
            body += [rectangle(x, top, 34, side - 1, PLAIN), text(x + 17, top + 12, values[i], middle=True)]
        return [*words, *body], 58 + side * len(rows) + 10

    def _cells(self, table: Table) -> tuple[list[str], float]:
        """A table's cells: a grid for two reads, a row else."""
        wide = len(read_domain(table.reads[-1], self.domains))
        if len(table.cells) > 150:
            return [text(12, 52, f"{len(table.cells)} cells", fill=FAINT)], 16
        body = []
        for i, cell in enumerate(table.cells):
            row, column = divmod(i, wide)
            x, y = 12 + 17 * column, 42 + 15 * row
            body += [rectangle(x, y, 16, 14, PLAIN), text(x + 8, y + 11, str(cell)[:3], middle=True)]
        return body, 15.0 * (len(table.cells) // wide) + 6

    def _row(self, values: Sequence[str], x: float, y: float) -> list[str]:
        body = []
        for i, value in enumerate(values):
            body += [rectangle(x + 34 * i, y, 33, 17, PLAIN), text(x + 34 * i + 16.5, y + 12.5, value, middle=True)]
        return body

    def _read(self) -> tuple[list[str], float]:
        """The text, names in the colours of the cards; what is longer than a few lines is cut."""
        body: list[str] = []
        y = 14.0
        for line in print_rasp(self.program).splitlines():
            name = line.split(" ")[0]
            private = line.startswith(("#", "_", "load"))
            lines = wrap(line, LETTERS, subsequent_indent="    ")
            if len(lines) > MOST_LINES or line.startswith("#"):
                lines = [*lines[: 1 if line.startswith("#") else MOST_LINES], "    ..."]
            for k, shown in enumerate(lines):
                x = 14 + LETTER * (len(shown) - len(shown.lstrip()))
                if k == 0 and name in self.colours:
                    body.append(text(14, y, name, bold=True, fill=self.colours[name]))
                    shown = shown.removeprefix(name)
                    x = 14 + LETTER * (len(name) + 1)
                body.append(text(x, y, shown.strip(), fill=FAINT if private else INK))
                y += 16
            y += 8
        return body, y

    def _compiled(self, depth: float) -> tuple[list[str], float]:
        """The residual stream: a line a direction, from the half-step that writes it to the last that reads it."""
        sizes = self.model.sizes
        steps = ["embed", *(f"{what} {i + 1}" for i in range(sizes.layers) for what in ("attn", "mlp")), "unembed"]
        left, right, top = 14.0, 252.0, 46.0
        high = min(max((depth - top - 70) / sizes.width, 7.0), 18.0)
        each = (right - left) / len(steps)
        shape = f"{_many(sizes.layers, 'layer')}, {_many(sizes.heads, 'head')} each, {sizes.parameters:,} parameters"
        stream = f"residual stream of {sizes.width} directions, no layer norm"
        body = [text(14, 14, shape), text(14, 30, stream, fill=FAINT)]
        for i, step in enumerate(steps):
            body.append(rectangle(left + each * i, top, each - 1, high * sizes.width + 4, "#ffffff"))
            place = f"translate({left + each * (i + 0.4):g} {top + high * sizes.width + 16:g}) rotate(55)"
            body.append(f'<text transform="{place}" fill="{FAINT}">{step}</text>')
        for slot in self.model.residual:
            y = top + 3 + high * slot.direction
            x0, x1 = left + each * slot.born, left + each * (slot.last + 1)
            body.append(rectangle(x0 + 1, y, x1 - x0 - 3, high - 3, self._colour(slot.holds)))
        y = top
        for name, group in groupby(self.model.residual, key=lambda slot: _owner(slot.holds)):
            count = len(list(group))
            body.append(text(right + 6, y + high * count / 2 + 6, _cut(f"{name}", 18), fill=self._colour(name)))
            y += high * count
        return body, top + high * sizes.width + 66

    def _colour(self, holds: str) -> str:
        last = _owner(holds).split(" & ")[-1]
        return self.colours.get(last, "#9aa1ab")

    def _answers(self, answer: Sequence[str], y: float) -> list[str]:
        """The answer of all three on the input, below their columns."""
        frame = self.program.frame
        begin, end = len(frame.before), len(self.tokens) - len(frame.after)
        asked, shown = self.tokens[begin:end], answer[begin:end]
        parts = []
        for (x, width), how in zip(COLUMNS, ("interpreter", "RASP", "weights")):
            start = x + width / 2 - 13 * len(shown)
            parts.append(rectangle(x, y - 8, width, 64, BAND, round=8))
            parts.append(text(x + 14, y + 10, how, fill=FAINT))
            for i, (token, value) in enumerate(zip(asked, shown)):
                parts.append(text(start + 26 * i + 12, y + 16, token, fill=FAINT, middle=True))
                parts.append(rectangle(start + 26 * i, y + 24, 24, 20, "#d5e6d0"))
                parts.append(text(start + 26 * i + 12, y + 38, value, middle=True))
        for (x, width), _ in zip(COLUMNS, range(2)):
            parts.append(text(x + width + GAP / 2, y + 30, "=", bold=True, middle=True))
        return parts


def _owner(holds: str) -> str:
    """What a direction belongs to: the map says `head_1 is 3`, `head_1 in {..}`, `positions & head_1: class 1 of 9`."""
    for mark in (": ", " is ", " in {", " ("):
        holds = holds.split(mark)[0]
    return holds


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 2] + " …"


def check(program: Program, model: CompiledModel, most: int) -> tuple[list[tuple[str, ...]], int, bool]:
    """Runs all three; the inputs on which they differ, how many there were, and whether those are all."""
    frame = program.frame
    marks = {*frame.before, *frame.after}
    assert program.vocabulary is not None
    assert program.max_length is not None
    free = [token for token in program.vocabulary if token not in marks]
    longest = program.max_length - len(frame.before) - len(frame.after)
    complete = sum(len(free) ** n for n in range(1, longest + 1)) <= most
    inputs = [(*frame.before, *word, *frame.after) for word in some_inputs(free, longest, most)]
    interpreter, session = Interpreter(program), Session()
    session.sop_example = session.selector_example = list(inputs[-1])
    session.run(print_rasp(program))
    wrong = []
    for begin in range(0, len(inputs), 1000):
        block = inputs[begin : begin + 1000]
        for word, weights in zip(block, model.run(block)):
            answer = interpreter(word)
            read: Any = session.on("answer", list(word)).values  # type: ignore[union-attr]
            if answer != weights or (answer != read and answer * len(word) != read):
                wrong.append(word)
    return wrong, len(inputs), complete


def main() -> int:
    """Checks, then draws."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", default="programs/reverse")
    arguments.add_argument("--input", default="3 1 4 2 0", help="tokens of the picture, without markers")
    arguments.add_argument("--out", type=Path, default=Path("docs/rasp.svg"))
    arguments.add_argument("--most", type=int, default=50_000, help="inputs to compare on")
    options = arguments.parse_args()
    program = load_program(options.program)
    model = compile_program(program, compress=False)
    wrong, count, complete = check(program, model, options.most)
    if wrong:
        print(f"{len(wrong)} of {count} inputs differ, first {' '.join(wrong[0])}")
        return 1
    which = "every one of its" if complete else "random"
    said = f"{program.name}: interpreter = RASP = weights on {which} {count:,} inputs"
    tokens = [*program.frame.before, *options.input.split(), *program.frame.after]
    options.out.write_text(Figure(program, tokens, model, said).svg(), encoding="utf-8")
    print(f"{said}\nwritten: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
