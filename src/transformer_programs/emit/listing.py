"""A program as a short listing for the terminal: a line a variable, with layer, domain, what computes it, who uses it.

hist  bidirectional, at most 8 tokens of 7: <s> 0 1 2 3 4 5, framed <s> ...

   layer  variable  domain         computed by                   used by
1  1      count_1   0..8           count where tokens == tokens  table_1
2  1      table_1   1 2 3 4 5 6 7  table(count_1), 9 cells       answer
answer: table_1, one of 1 2 3 4 5 6 7
"""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.program import (
    Anything,
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Decode,
    Domain,
    Either,
    Emit,
    Finite,
    Full,
    Integers,
    Largest,
    LinearScore,
    Lookup,
    Mean,
    Negate,
    Node,
    Offset,
    Output,
    Pattern,
    Prefer,
    Program,
    Read,
    Ref,
    Relation,
    Score,
    Smallest,
    Spelled,
    Table,
    Total,
    Value,
    Width,
    domains,
    references,
    selector_of,
)

__all__ = ["layers", "node_text", "print_listing", "selector_text", "shown"]

SHOWN = 8
"""Values of a domain that are written out."""


def shown(value: object) -> str:
    r"""The text of a value; quoted where it is empty or holds blanks or characters that cannot be printed.

    >>> shown("a"), shown(2), shown("a b"), shown("\x1b[1m")
    ('a', '2', "'a b'", "'\\x1b[1m'")
    """
    text = str(value)
    return text if text and text.isprintable() and text.split() == [text] else repr(value)


def layers(program: Program) -> dict[Ref, int]:
    """The layer of every variable: heads come one layer after what they read, elementwise nodes stay in theirs.

    In the paper's Transformer a layer is heads first, then tables. `tokens` and `positions` are in layer 0; a table
    of nothing but these is in layer 1, as if after heads that nobody needs.

    >>> from transformer_programs.program import Closest, Emit, Full, Program, Step
    >>> steps = (Step("a", Closest(Full(), "tokens")), Step("b", Closest(Full(), "a")))
    >>> layers(Program(name="x", vocabulary=None, max_length=None, steps=steps, output=Emit("b")))
    {'tokens': 0, 'positions': 0, 'a': 1, 'b': 2}
    """
    found: dict[Ref, int] = {"tokens": 0, "positions": 0}
    for step in program.steps:
        deepest = max((found[ref] for ref in references(step.node)), default=0)
        found[step.name] = deepest + 1 if selector_of(step.node) is not None else max(deepest, 1)
    return found


def print_listing(program: Program) -> str:
    """The listing, with a line break at its end."""
    known, layer = domains(program), layers(program)
    users: dict[Ref, list[str]] = {}
    for step in program.steps:
        for ref in dict.fromkeys(references(step.node)):
            users.setdefault(ref, []).append(step.name)
    for ref in dict.fromkeys(references(program.output)):
        users.setdefault(ref, []).append("answer")
    rows = [("", "layer", "variable", "domain", "computed by", "used by")]
    for number, step in enumerate(program.steps, 1):
        uses = ", ".join(users.get(step.name, ["nothing"]))
        domain = _domain(known[step.name])
        rows.append((str(number), str(layer[step.name]), step.name, domain, node_text(step.node), uses))
    answer = f"answer: {_output(program.output)}, one of {_answers(program.output, known)}"
    facts = [_printable(f"{what}: {text}") for what, text in program.about]
    return "\n".join([_header(program), *facts, "", *_aligned(rows), answer]) + "\n"


def _header(program: Program) -> str:
    sight = "causal" if program.causal else "bidirectional"
    length = "any number of" if program.max_length is None else f"at most {program.max_length}"
    some = "" if program.vocabulary is None else f" of {len(program.vocabulary)}: {_some(program.vocabulary)}"
    marks = [*map(shown, program.frame.before), "...", *map(shown, program.frame.after)]
    frame = f", framed {' '.join(marks)}" if len(marks) > 1 else ""
    read = "".join(f", {note}" for note in program.reading.notes)
    return f"{_printable(program.name)}  {sight}, {length} tokens{some}{frame}{read}"


def _printable(text: str) -> str:
    """Any text on one line, with escapes for what a terminal would obey."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    aligned = []
    for row in rows:
        cells = [row[0].rjust(widths[0]), *(cell.ljust(width) for cell, width in zip(row[1:], widths[1:]))]
        aligned.append("  ".join(cells).rstrip())
    return aligned


def _domain(domain: Domain) -> str:
    match domain:
        case Finite(values):
            numbers = [value for value in values if type(value) is int]
            if len(numbers) == len(values) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
                return f"{numbers[0]}..{numbers[-1]}"
            return _some(values)
        case Integers(low, high):
            return f"{'' if low is None else low}..{'' if high is None else high}"
        case Anything():
            return "any"


def _some(values: Sequence[Value]) -> str:
    first = " ".join(map(shown, values[:SHOWN]))
    return first if len(values) <= SHOWN else f"{first} ..."


def _answers(output: Output, known: dict[Ref, Domain]) -> str:
    match output:
        case Emit(variable):
            return _domain(known[variable])
        case Classify(labels) | Decode(labels):
            return _some(labels)


def _output(output: Output) -> str:
    match output:
        case Emit(variable):
            return variable
        case Classify(scores=scores, pooled=pooled):
            return f"argmax of {'summed ' if pooled else ''}scores of {_scored(scores)}"
        case Decode(scores=scores):
            return f"best sequence of labels by scores of {_scored(scores)}"


def _scored(scores: Sequence[Score]) -> str:
    parts = [f"{score.variable} (linear)" if isinstance(score, LinearScore) else _read(score.read) for score in scores]
    return ", ".join(parts) or "nothing"


def node_text(node: Node) -> str:
    """What a node computes, in words."""
    match node:
        case Constant(value):
            return repr(value)
        case Table(reads, cells):
            return f"table({', '.join(map(_read, reads))}), {len(cells)} cells"
        case Apply(operator, arguments):
            return f"{operator}({', '.join(arguments)})"
        case Lookup(argument, keys):
            return f"dictionary({argument}), {len(keys)} keys"
        case Spelled(function, keys):
            return f"dictionary({function} of the token as written), {len(keys)} keys"
        case Width(selector):
            return f"count where {selector_text(selector)}"
        case Closest(selector, values):
            return f"{values} at the closest {selector_text(selector)}"
        case Total(selector, values):
            return f"sum of {values} where {selector_text(selector)}"
        case Mean(selector, values) | Largest(selector, values) | Smallest(selector, values):
            return f"{type(node).__name__.lower()} of {values} where {selector_text(selector)}"


def selector_text(selector: Pattern) -> str:
    """Which key positions a selector selects, in words."""
    match selector:
        case Full():
            return "anything"
        case Offset(low, high):
            return f"distance {low}" if low == high else f"distance {low}..{high}"
        case Compare(keys, operator, queries):
            return f"{keys} {operator} {queries}"
        case Relation(keys, queries, rows) if len(set(rows)) == 1:
            return f"{_read(keys)} is {' or '.join(map(shown, rows[0])) or 'nothing'}"
        case Relation(keys, queries, rows):
            return f"{_read(keys)} ~ {_read(queries)} ({sum(map(len, rows))} pairs)"
        case Prefer(keys, queries, orders) if len(set(orders)) == 1:
            return f"{_read(keys)} best of {_order(orders[0])}"
        case Prefer(keys, queries, orders):
            return f"{_read(keys)} best for {_read(queries)} ({len(set(orders))} orders)"
        case Both(left, right):
            return f"({selector_text(left)} and {selector_text(right)})"
        case Either(left, right):
            return f"({selector_text(left)} or {selector_text(right)})"
        case Negate(inner):
            return f"not {selector_text(inner)}"


def _order(order: Sequence[Sequence[Value]]) -> str:
    """Keys from best to worst, equals joined."""
    return " > ".join(" = ".join(map(shown, group)) for group in order) or "nothing"


def _read(read: Read) -> str:
    return read.variable if read.limit is None else f"min({read.variable}, {read.limit})"
