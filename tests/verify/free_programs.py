"""Random length-free programs of the nodes that proofs for all lengths know."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from transformer_programs.program import (
    Apply,
    Both,
    Closest,
    Compare,
    Constant,
    Either,
    Emit,
    Frame,
    Full,
    Largest,
    Negate,
    Node,
    Offset,
    Program,
    Read,
    Relation,
    Selector,
    Smallest,
    Step,
    Table,
    Total,
    Value,
    Width,
    check,
)

__all__ = ["FRAME", "LETTERS", "VOCABULARY", "Maker", "free_programs"]

FRAME = Frame(("<s>",), ("</s>",))
LETTERS = ("a", "b", "c")
VOCABULARY = ("<s>", "</s>", *LETTERS)


class Maker:
    """Random length-free programs of the nodes that proofs know, with the kind of each variable."""

    def __init__(self, draw: st.DrawFn, causal: bool) -> None:
        self.draw, self.causal = draw, causal
        self.kinds = {"tokens": "text", "positions": "whole"}
        self.finite = {"tokens": VOCABULARY}
        self.counts: list[str] = []
        self.steps: list[Step] = []

    def of(self, kind: str) -> str:
        return self.draw(st.sampled_from([name for name, own in self.kinds.items() if own == kind]))

    def add(self) -> None:
        makers: list[Callable[[], tuple[Node, str]]] = [self.table, self.head, self.head, self.arithmetic]
        node, kind = self.draw(st.sampled_from(makers))()
        name = f"v{len(self.steps)}"
        self.steps.append(Step(name, node))
        self.kinds[name] = kind
        if isinstance(node, Table):
            self.finite[name] = tuple(sorted(set(node.cells)))  # type: ignore[assignment, type-var]
        if isinstance(node, Closest) and node.values in self.finite:
            self.finite[name] = self.finite[node.values]
        if isinstance(node, (Width, Total)):
            self.counts.append(name)

    def table(self) -> tuple[Node, str]:
        reads, size = [], 1
        for _ in range(self.draw(st.integers(1, 2))):
            if self.counts and self.draw(st.booleans()):
                limit = self.draw(st.integers(0, 2))
                reads.append(Read(self.draw(st.sampled_from(self.counts)), limit))
                size *= limit + 1
            else:
                name = self.draw(st.sampled_from(sorted(self.finite)))
                reads.append(Read(name))
                size *= len(self.finite[name])
        kind = self.draw(st.sampled_from(("text", "whole")))
        values = st.sampled_from(("a", "b", "<s>", "x")) if kind == "text" else st.integers(-1, 2)
        return Table(tuple(reads), tuple(self.draw(values) for _ in range(size))), kind

    def arithmetic(self) -> tuple[Node, str]:
        if self.draw(st.integers(0, 4)) == 0:
            return Constant(self.draw(st.sampled_from((0, 1, 2)))), "whole"
        operator = self.draw(st.sampled_from(("+", "-", "min", "max", "neg", "abs")))
        count = 1 if operator in ("neg", "abs") else 2
        return Apply(operator, tuple(self.of("whole") for _ in range(count))), "whole"

    def selector(self, depth: int = 0) -> Selector:
        kinds = (
            ["compare", "compare", "mixed", "mixed", "mixed"]
            + ["offset", "full", "relation"]
            + ["both", "either", "negate"] * (depth < 2)
        )
        match self.draw(st.sampled_from(kinds)):
            case "compare":
                kind = self.draw(st.sampled_from(("text", "whole")))
                return Compare(
                    self.of(kind), self.draw(st.sampled_from(("==", "==", "<", ">", "<=", "!="))), self.of(kind)
                )
            case "mixed":
                alike = Compare(self.of("text"), self.draw(st.sampled_from(("==", "==", "!=", "<="))), self.of("text"))
                order = self.draw(st.sampled_from(("<", "<=", ">", ">=")))
                return Both(alike, Compare("positions", order, self.of("whole")))
            case "offset":
                low = self.draw(st.integers(-2, 1))
                return Offset(low, low + self.draw(st.integers(0, 1)))
            case "relation":
                keys, queries = (self.draw(st.sampled_from(sorted(self.finite))) for _ in range(2))
                rows = tuple(
                    tuple(value for value in self.finite[keys] if self.draw(st.booleans()))
                    for _ in self.finite[queries]
                )
                return Relation(Read(keys), Read(queries), rows)
            case "both":
                return Both(self.selector(depth + 1), self.selector(depth + 1))
            case "either":
                return Either(self.selector(depth + 1), self.selector(depth + 1))
            case "negate":
                return Negate(self.selector(depth + 1))
            case _:
                return Full()

    def head(self) -> tuple[Node, str]:
        if self.causal:
            return self.causal_head()
        match self.draw(st.sampled_from(("closest", "pointer", "width", "width", "total", "extreme"))):
            case "closest":
                values = self.draw(st.sampled_from(sorted(self.kinds)))
                return Closest(self.selector(), values), self.kinds[values]
            case "pointer":
                values = self.draw(st.sampled_from(sorted(self.kinds)))
                return Closest(Compare("positions", "==", self.of("whole")), values), self.kinds[values]
            case "width":
                return Width(self.selector()), "whole"
            case "total":
                numbers = [name for name, values in self.finite.items() if isinstance(values[0], int)]
                if not numbers:
                    return Width(self.selector()), "whole"
                return Total(self.selector(), self.draw(st.sampled_from(numbers))), "whole"
            case _:
                values = self.draw(st.sampled_from(sorted(self.kinds)))
                default: Value = "x" if self.kinds[values] == "text" else 1
                node = self.draw(st.sampled_from((Largest, Smallest)))
                return node(self.selector(), values, default), self.kinds[values]

    def causal_head(self) -> tuple[Node, str]:
        match self.draw(st.sampled_from(("before", "recalled", "recalled", "total", "width"))):
            case "before":
                values = self.draw(st.sampled_from(sorted(self.kinds)))
                return Closest(Offset(-1, -1), values), self.kinds[values]
            case "recalled":
                kind = self.draw(st.sampled_from(("text", "whole")))
                values = self.of("text")
                return Closest(Compare(self.of(kind), "==", self.of(kind)), values), "text"
            case "total":
                return Total(Full(), self.of("whole")), "whole"
            case _:
                return Width(Full()), "whole"

    def program(self) -> Program:
        name = self.draw(st.sampled_from([step.name for step in self.steps]))
        return check(
            Program(
                name="free",
                vocabulary=VOCABULARY,
                max_length=None,
                causal=self.causal,
                frame=FRAME,
                steps=tuple(self.steps),
                output=Emit(name),
            )
        )


@st.composite
def free_programs(draw: st.DrawFn, causal: bool) -> Program:
    maker = Maker(draw, causal)
    for _ in range(draw(st.integers(1, 4))):
        maker.add()
    return maker.program()
