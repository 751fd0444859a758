"""One HTML file: a program's code, its graph, and an interpreter that runs it in the page. It loads nothing."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from transformer_programs.emit.listing import layers, node_text
from transformer_programs.emit.python.literals import is_word
from transformer_programs.errors import ProgramError
from transformer_programs.program import (
    Classify,
    Decode,
    LinearScore,
    Lookup,
    Node,
    Output,
    Pattern,
    Prefer,
    Program,
    Relation,
    Spelled,
    Table,
)
from transformer_programs.program.traversal import selector_of
from transformer_programs.view.code import code_lines
from transformer_programs.view.graph import graph_of
from transformer_programs.view.payload import block, program_data

__all__ = ["INTERPRETER", "SCRIPTS", "page_data", "render_page", "size", "source"]

HERE = Path(__file__).parent
INTERPRETER = ("values.js", "semantics.js", "interpreter.js")
"""What runs a program; it touches no page."""

SCRIPTS = (
    *INTERPRETER,
    "dom.js",
    "model.js",
    "attention.js",
    "explain.js",
    "grid.js",
    "inspector.js",
    "compare.js",
    "panel.js",
    "page.js",
)
"""The page's code, in the order in which it stands in the page."""

MOST_SHOWN = 300_000
"""Values (cells, scores, keys) up to which a program is printed in its page; a longer text helps nobody to read."""

MOST_DRAWN = 1_500
"""Variables up to which a program is drawn."""

MOST_HELD = 20_000_000
"""Values up to which a page can hold a program at all."""

PATTERN = (2, 0, 3, 0, 1)
"""The first input: which tokens, one of them twice."""


def render_page(program: Program, other: Program | None = None, *, text: str | None = None) -> str:
    """The page of a program, or of two side by side.

    Args:
        program: what is shown.
        other: a second program, run on the same input.
        text: the input that the page opens with; by default a few tokens of the vocabulary.

    Returns:
        The text of an HTML file. Its policy forbids every load and every script but its own.

    Raises:
        ProgramError: a program of more than 20 million values.

    >>> from transformer_programs.program import Emit
    >>> page = render_page(Program(name="echo", vocabulary=("</script>",), max_length=2, output=Emit("tokens")))
    >>> page.count("</script>")  # the data's end and the code's
    2
    """
    programs = [program] if other is None else [program, other]
    for one in programs:
        if size(one) > MOST_HELD:
            raise ProgramError(
                place=one.name,
                got=f"{size(one):,} values in its tables",
                expected=f"at most {MOST_HELD:,}",
                todo="tprog run and tprog show take it",
            )
    opening = first_input(program) if text is None else text
    data = {"programs": [page_data(one) for one in programs], "input": opening, "second": opening}
    script = "".join(f"// --- {name}\n{source(name)}\n" for name in SCRIPTS)
    style = source("style.css")
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        title=" and ".join(one.name for one in programs),
        programs=[_shown(one) for one in programs],
        chips=_chips(program),
        data=Markup(block(data)),
        script=Markup(f"\n{script}"),
        style=Markup(f"\n{style}"),
        script_hash=_hash(f"\n{script}"),
        style_hash=_hash(f"\n{style}"),
    )


def source(name: str) -> str:
    """The text of one of this package's own files."""
    return (HERE / name).read_text(encoding="utf-8")


def first_input(program: Program) -> str:
    """A short input for a program, without its markers: what a page opens with.

    >>> from transformer_programs.program import Emit
    >>> first_input(Program(name="n", vocabulary=("a", "b", "c"), max_length=4, output=Emit("tokens")))
    'c a a a'
    """
    markers = {*program.frame.before, *program.frame.after, "<unk>"}
    words = ["a", "b", "c", "d", "e"] if program.vocabulary is None else program.vocabulary
    own = [token for token in words if token not in markers and is_word(token)]
    room = len(PATTERN) if program.max_length is None else program.max_length
    room -= len(program.frame.before) + len(program.frame.after)
    return " ".join(own[k % len(own)] for k in PATTERN[: max(room, 1)]) if own else ""


def size(program: Program) -> int:
    """How many values a program's tables, predicates and scores hold."""
    nodes = sum(_size(step.node) for step in program.steps)
    return nodes + _size(program.output) + len(program.vocabulary or ())


def _size(part: Node | Output) -> int:
    match part:
        case Table(cells=cells):
            return len(cells)
        case Lookup(keys=keys) | Spelled(keys=keys):
            return 2 * len(keys)
        case Classify(labels, _, scores) | Decode(labels, _, scores):
            rows = [1 if isinstance(score, LinearScore) else len(score.rows) for score in scores]
            return len(labels) * (1 + sum(rows))
    selector = None if not isinstance(part, Node) else selector_of(part)
    return 0 if selector is None else _selector_size(selector)


def _selector_size(selector: Pattern) -> int:
    if isinstance(selector, Prefer):
        return sum(1 + len(group) for order in selector.orders for group in order)
    if isinstance(selector, Relation):
        return len(selector.rows) + sum(map(len, selector.rows))
    inner = [getattr(selector, name) for name in ("left", "right", "selector") if hasattr(selector, name)]
    return sum(map(_selector_size, inner))


def page_data(program: Program) -> dict[str, Any]:
    """What the page's code knows of a program."""
    return {
        "program": program_data(program),
        "layers": layers(program),
        "described": {step.name: node_text(step.node) for step in program.steps},
    }


def _shown(program: Program) -> dict[str, Any]:
    """What the page's HTML says of a program."""
    marks = [*program.frame.before, "…", *program.frame.after]
    return {
        "name": program.name,
        "about": program.about,
        "causal": program.causal,
        "most": program.max_length,
        "tokens": None if program.vocabulary is None else len(program.vocabulary),
        "reading": ", ".join(program.reading.notes),
        "frame": " ".join(marks) if len(marks) > 1 else "",
        "variables": len(program.steps),
        "size": size(program),
        "code": code_lines(program) if size(program) <= MOST_SHOWN else None,
        "graph": graph_of(program) if len(program.steps) <= MOST_DRAWN else None,
    }


def _chips(program: Program) -> list[str]:
    """The tokens to click on: the users' own, where they are few."""
    markers = {*program.frame.before, *program.frame.after, "<unk>"}
    own = [token for token in program.vocabulary or () if token not in markers and is_word(token)]
    return own if len(own) <= 30 else []


def _hash(text: str) -> str:
    """How a Content-Security-Policy names the one script or style that it lets pass."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
