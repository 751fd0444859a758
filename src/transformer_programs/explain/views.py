"""Terminal views of a program: what its answer is computed from as a tree, and where its heads look as matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transformer_programs.emit.listing import layers, node_text
from transformer_programs.errors import InputError
from transformer_programs.explain.attribution import Explanation, Head, explain
from transformer_programs.explain.values import shown, width
from transformer_programs.program import POSITIONS, TOKENS, Emit, Program, Ref, references

__all__ = ["attention_text", "tree_text"]

LONGEST = 100
READ, ALSO, NONE, DEFAULT, UNSEEN = "■", "□", "·", "○", " "
LEGEND = f"{READ} read  {ALSO} matches too  {NONE} no match  {DEFAULT} read, since nothing matches"


def tree_text(program: Program, tokens: Sequence[str] = ()) -> str:
    """What the answer is computed from, as a tree; with an input also what every variable is there.

    A variable that is read in several places is shown in full at the first.

    Raises:
        InputError: the program does not take the tokens.

    >>> from transformer_programs.program import Compare, Read, Step, Table, Width
    >>> steps = (
    ...     Step("count", Width(Compare("tokens", "==", "tokens"))),
    ...     Step("label", Table((Read("count"),), ("0", "1", "2", "2"))),
    ... )
    >>> program = Program(name="p", vocabulary=("a", "b"), max_length=3, steps=steps, output=Emit("label"))
    >>> print(tree_text(program, ["a", "b", "a"]), end="")
    p on a b a
    answer: 2 1 2
    └─ label = 2 1 2  layer 1: table(count), 4 cells
       └─ count = 2 1 2  layer 1: count where tokens == tokens
          └─ tokens = a b a
    """
    found = explain(program, tokens) if tokens else None
    values = {} if found is None else {v.name: " ".join(map(shown, v.values)) for v in found.variables}
    output = program.output
    if found is not None:
        lines = [f"{program.name} on {' '.join(map(shown, found.tokens))}"]
        lines.append(f"answer: {' '.join(shown(answer.value) for answer in found.answers)}")
    else:
        kind = "the variable" if isinstance(output, Emit) else "the label with the highest score, of"
        lines = [program.name, f"answer: {kind} {', '.join(dict.fromkeys(references(output))) or 'the bias alone'}"]
    tree = _Tree(program, values)
    lines += tree.below(tuple(dict.fromkeys(references(output))), "")
    return "\n".join(lines) + "\n"


class _Tree:
    def __init__(self, program: Program, values: dict[Ref, str]) -> None:
        self._nodes = {step.name: step.node for step in program.steps}
        self._layers = layers(program)
        self._values = values
        self._seen: set[Ref] = set()

    def below(self, refs: Sequence[Ref], indent: str) -> Iterator[str]:
        for number, ref in enumerate(refs):
            last = number == len(refs) - 1
            again = ref in self._seen and ref not in (TOKENS, POSITIONS)
            self._seen.add(ref)
            yield f"{indent}{'└─' if last else '├─'} {self._line(ref, again)}"
            if ref in self._nodes and not again:
                deeper = tuple(dict.fromkeys(references(self._nodes[ref])))
                yield from self.below(deeper, indent + ("   " if last else "│  "))

    def _line(self, ref: Ref, again: bool) -> str:
        value = f" = {self._values[ref]}" if self._values else ""
        if ref not in self._nodes:
            return ref + value
        if again:
            return f"{ref} (see above)"
        return f"{ref}{value}  layer {self._layers[ref]}: {node_text(self._nodes[ref])}"


def attention_text(program: Program, tokens: Sequence[str]) -> str:
    """Where each head looks: a matrix with a row a query position and a column a key position.

    ■ is read (the closest match of a categorical head; every match of a counting one), □ matches too, · does not,
    ○ is position 0, which a categorical head reads where nothing matches.
    A causal program does not see what is to the right of a position.

    Raises:
        InputError: the program does not take the tokens, or more than 100.

    >>> from transformer_programs.program import Closest, Compare, Step
    >>> steps = (Step("same", Closest(Compare("tokens", "==", "tokens"), "positions")),)
    >>> program = Program(name="p", vocabulary=("a", "b"), max_length=3, steps=steps, output=Emit("same"))
    >>> print(attention_text(program, ["a", "b", "a"]), end="")
    p on a b a
    ■ read  □ matches too  · no match  ○ read, since nothing matches
    <BLANKLINE>
    same, layer 1: reads positions where tokens == tokens
           0 1 2
           a b a   same
      0 a  □ · ■   2
      1 b  · ■ ·   1
      2 a  ■ · □   0
    """
    found = explain(program, tokens)
    if len(found.tokens) > LONGEST:
        todo = "tprog explain lists what each position looks at"
        raise InputError(place="input", got=f"{len(found.tokens)} tokens", expected=f"at most {LONGEST}", todo=todo)
    lines = [f"{program.name} on {' '.join(map(shown, found.tokens))}"]
    if not found.heads:
        return "\n".join([*lines, "no heads: every variable is computed position by position"]) + "\n"
    lines.append(LEGEND)
    for head in found.heads:
        lines += ["", *_matrix(found, head)]
    return "\n".join(lines) + "\n"


def _matrix(found: Explanation, head: Head) -> Iterator[str]:
    """Rows are query positions; a word that is wider than a column stands at the left only."""
    what = "counts" if head.reads is None else f"{'reads' if head.looks else 'adds up'} {head.reads}"
    yield f"{head.name}, layer {head.layer}: {what} where {head.selects}"
    tokens = [shown(token) for token in found.tokens]
    n = len(tokens)
    wide = max(map(width, tokens))
    cell = max(len(str(n - 1)), wide if wide <= 4 else 1)
    number = len(str(n - 1))
    left = 2 + number + 1 + wide + 2

    def row(cells: Sequence[str], end: str = "") -> str:
        return (" ".join(text + " " * (cell - width(text)) for text in cells) + f"   {end}").rstrip()

    yield " " * left + row([str(j) for j in range(n)])
    if wide <= 4:
        yield " " * left + row(tokens, head.name)
    for i in range(n):
        name = f"  {str(i).rjust(number)} {tokens[i]}{' ' * (wide - width(tokens[i]))}  "
        yield name + row([_mark(found, head, i, j) for j in range(n)], shown(head.values[i]))


def _mark(found: Explanation, head: Head, i: int, j: int) -> str:
    if found.program.causal and j > i:
        return UNSEEN
    if head.looks:
        if j == head.looks[i]:
            return READ if head.matches[i] else DEFAULT
        return ALSO if j in head.matches[i] else NONE
    return READ if j in head.matches[i] else NONE
