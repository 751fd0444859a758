"""What `strategies.programs` draws with: the texts of tokens and labels, and a maker of one variable at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

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
    Frame,
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
    Prefer,
    Program,
    Read,
    Reading,
    Ref,
    Relation,
    Score,
    Selector,
    Smallest,
    Spelled,
    Step,
    Table,
    TableScore,
    Total,
    Value,
    Width,
    check,
    domains,
    read_domain,
)
from transformer_programs.program.semantics import SPELLINGS

__all__ = ["NASTY", "ODD", "Maker", "texts"]

NASTY = ('"', "'", '"""', "\\", "\\n", "<script>", "é", "ß", "日本", "{x}", "%s", "#", "-1", "True", "...", "`", "🙂")
PLAIN = ("a", "b", "c", "d", "0", "1", "2", "(", ")", "<s>", "</s>")
ODD = ("", " ", "a b", "\n", "\t", "\x00", "\xa0", "\ud800", "a'\" b")
"""Tokens that no line of text can hold; programs may."""

MOST_CELLS = 48


def texts(odd: bool = False) -> st.SearchStrategy[str]:
    """Tokens and labels: plain ones, nasty ones, and with `odd` those that hold blanks, too."""
    return st.sampled_from(PLAIN) | st.sampled_from(NASTY + (ODD if odd else ()))


@dataclass(kw_only=True)
class Maker:
    """Adds one random variable at a time and knows what may read what; the settings are those of `programs`."""

    draw: st.DrawFn
    learned_only: bool
    odd: bool
    partial: bool
    text: bool
    reading: Reading
    vocabulary: tuple[str, ...] | None
    max_length: int | None
    causal: bool
    steps: list[Step] = field(default_factory=list)
    kinds: dict[Ref, str] = field(default_factory=lambda: {"tokens": "text", "positions": "whole"})
    known: dict[Ref, Domain] = field(init=False)

    def __post_init__(self) -> None:
        self.known = domains(self._program(Emit("tokens")))

    def add(self) -> None:
        makers: list[Callable[[], tuple[Node, str] | None]] = [self._table, self._head]
        if not self.learned_only:
            makers += [self._constant, self._apply, self._lookup, self._head]
        if self.text:
            makers += [self._spelled, self._spelled]
        made = self.draw(st.sampled_from(makers))()
        if made is None:
            return
        node, kind = made
        name = f"{self.draw(st.sampled_from(('v', 'x', 'head_', 'Table_')))}{len(self.steps)}"
        if not self.learned_only and self.draw(st.integers(0, 9)) == 0:
            odd_name = self.draw(st.sampled_from(("run", "sys", "width", "len", "zip", "SCORES", "select_", "été")))
            name = name if odd_name in self.kinds else odd_name
        self.steps.append(Step(name, node))
        self.kinds[name] = kind
        self.known = domains(self._program(Emit("tokens")))

    def finish(self, pooled: bool | None) -> Program:
        draw = self.draw
        words = st.sampled_from(self.vocabulary) if self.vocabulary else st.nothing()
        frame = Frame()
        if self.vocabulary and draw(st.booleans()):
            before, after = draw(st.lists(words, min_size=1, max_size=2)), draw(st.lists(words, max_size=2))
            frame = Frame(tuple(before), tuple(after))
        about = () if self.learned_only else tuple(draw(st.lists(st.tuples(_facts(), _facts()), max_size=2)))
        name = "random" if self.learned_only else draw(st.sampled_from(("random", "dyck-2")) | _facts())
        if not self.learned_only and draw(st.booleans()):
            output: Output = Emit(draw(st.sampled_from(sorted(self.kinds))))
        else:
            output = self._classify(draw(st.booleans()) if pooled is None else pooled)
            if self.text and draw(st.booleans()):
                output = self._decode(output)
        return check(self._program(output, name, frame, about))

    def _program(
        self, output: Output, name: str = "", frame: Frame | None = None, about: tuple[tuple[str, str], ...] = ()
    ) -> Program:
        return Program(
            name=name,
            vocabulary=self.vocabulary,
            max_length=self.max_length,
            causal=self.causal,
            reading=self.reading,
            frame=frame or Frame(),
            steps=tuple(self.steps),
            output=output,
            about=about,
        )

    def _of(self, *kinds: str) -> list[Ref]:
        return [name for name, kind in self.kinds.items() if kind in kinds]

    def _values(self, kind: str) -> st.SearchStrategy[Value]:
        match kind:
            case "text":
                return texts(self.odd)
            case "whole":
                return st.integers(-3, 4)
            case "number":
                return st.sampled_from((0.5, -1.25, 3.0, 1e-9, 2.5e300))
            case "truth":
                return st.booleans()
            case _:
                return st.sampled_from(("a", "1", 2, 3.5, "True", False))

    def _read(self) -> Read | None:
        """A random variable that a table can read, as it reads it."""
        choices = []
        for name, domain in self.known.items():
            match domain:
                case Finite(values) if 0 < len(values) <= 8:
                    choices.append(st.just(Read(name)))
                case Integers(low, high):
                    limited = st.integers(0, 4).map(lambda limit, name=name: Read(name, limit))
                    small = low is not None and high is not None and high - low < 8
                    choices.append(limited | st.just(Read(name)) if small else limited)
                case Finite() | Anything():
                    pass
        return self.draw(st.one_of(choices)) if choices else None

    def _constant(self) -> tuple[Node, str]:
        kind = self.draw(st.sampled_from(("text", "whole", "number", "truth")))
        return Constant(self.draw(self._values(kind))), kind

    def _table(self) -> tuple[Node, str] | None:
        most = 2 if self.learned_only else 3
        reads = [self._read() for _ in range(self.draw(st.integers(1, most)))]
        if None in reads:
            return None
        kept = tuple(read for read in reads if read is not None)
        while math.prod(len(read_domain(read, self.known)) for read in kept) > MOST_CELLS:
            kept = kept[:-1]
        kinds = ("whole",) if self.learned_only else ("whole", "whole", "text", "number", "truth", "mixed")
        kind = self.draw(st.sampled_from(kinds))
        palette = self.draw(st.lists(self._values(kind), min_size=1, max_size=4))
        size = math.prod(len(read_domain(read, self.known)) for read in kept)
        cells = self.draw(st.lists(st.sampled_from(palette), min_size=size, max_size=size))
        return Table(kept, tuple(cells)), kind

    def _apply(self) -> tuple[Node, str] | None:
        whole, anything = self._of("whole"), sorted(self.kinds)
        draw = self.draw
        group = draw(st.sampled_from(("sum", "compare", "truth", "one", "if", "str")))
        match group:
            case "sum":
                operator = draw(st.sampled_from(("+", "-", "min", "max")))
                return Apply(operator, self._pick(whole, 2)), "whole"
            case "compare":
                operator = draw(st.sampled_from(("==", "!=", "<", "<=", ">", ">=")))
                names = self._of(draw(st.sampled_from(("whole", "text"))))
                return Apply(operator, self._pick(names, 2)), "truth"
            case "truth":
                truths = self._of("truth")
                if not truths:
                    return Apply("bool", self._pick(anything, 1)), "truth"
                operator = draw(st.sampled_from(("and", "or", "not", "indicator")))
                size = 2 if operator in ("and", "or") else 1
                return Apply(operator, self._pick(truths, size)), "whole" if operator == "indicator" else "truth"
            case "one":
                operator = draw(st.sampled_from(("neg", "abs", "int", "float", "round")))
                return Apply(operator, self._pick(whole, 1)), "number" if operator == "float" else "whole"
            case "if":
                names = self._of(draw(st.sampled_from(("whole", "text"))))
                kind = self.kinds[names[0]]
                return Apply("if", (*self._pick(anything, 1), *self._pick(names, 2))), kind
            case _:
                return Apply("str", self._pick(anything, 1)), "text"

    def _lookup(self) -> tuple[Node, str]:
        ref = self.draw(st.sampled_from(sorted(self.kinds)))
        keys = tuple(self.draw(st.lists(self._values(self.kinds[ref]), max_size=3, unique=True)))
        kind = self.draw(st.sampled_from(("whole", "text")))
        values = tuple(self.draw(self._values(kind)) for _ in keys)
        default = None if self.partial and self.draw(st.booleans()) else self.draw(self._values(kind))
        return Lookup(ref, keys, values, default), kind

    def _spelled(self) -> tuple[Node, str]:
        function = self.draw(st.sampled_from(sorted(SPELLINGS)))
        keys = tuple(dict.fromkeys(map(SPELLINGS[function], self.draw(st.lists(texts(self.odd), max_size=5)))))
        kind = self.draw(st.sampled_from(("whole", "text")))
        values = tuple(self.draw(self._values(kind)) for _ in keys)
        return Spelled(function, keys, values, self.draw(self._values(kind))), kind

    def _decode(self, output: Classify) -> Decode:
        size = len(output.labels)
        rows = [self.draw(st.lists(st.none() | st.integers(-9, 9), min_size=size, max_size=size)) for _ in range(size)]
        first, *follows = (tuple(row) if any(s is not None for s in row) else (0,) * size for row in [rows[0], *rows])
        return Decode(output.labels, output.bias, output.scores, first, tuple(follows))

    def _head(self) -> tuple[Node, str] | None:
        draw, whole, ordered = self.draw, self._of("whole"), self._of("whole", "text")
        selector = self._selector()
        if selector is None:
            return None
        any_values = draw(st.sampled_from(sorted(self.kinds)))
        if draw(st.integers(0, 5)) == 0 and (prefer := self._prefer()) is not None:
            return Closest(prefer, any_values), self.kinds[any_values]
        kinds: Sequence[str] = ("closest", "closest", "width", "total")
        if not self.learned_only:
            kinds = (*kinds, "mean", "largest", "smallest")
        match draw(st.sampled_from(kinds)):
            case "closest":
                return Closest(selector, any_values), self.kinds[any_values]
            case "width":
                return Width(selector), "whole"
            case "total":
                return Total(selector, draw(st.sampled_from(whole))), "whole"
            case "mean":
                return Mean(selector, draw(st.sampled_from(whole)), draw(st.integers(-1, 2))), "number"
            case kind:
                values = draw(st.sampled_from(ordered))
                default = draw(self._values(self.kinds[values]))
                node = Largest if kind == "largest" else Smallest
                return node(selector, values, default), self.kinds[values]

    def _selector(self, depth: int = 0) -> Selector | None:
        draw = self.draw
        kinds = ["relation"]
        if not self.learned_only:
            kinds += ["relation", "compare", "offset", "full"]
            if depth < 2:
                kinds += ["both", "either", "negate"]
        match draw(st.sampled_from(kinds)):
            case "relation":
                return self._relation()
            case "compare":
                operator = draw(st.sampled_from(("==", "==", "!=", "<", "<=", ">", ">=")))
                names = self._of(draw(st.sampled_from(("whole", "text"))))
                keys, queries = self._pick(names, 2)
                return Compare(keys, operator, queries)
            case "offset":
                low = draw(st.integers(-3, 2))
                return Offset(low, low + draw(st.integers(0, 2)))
            case "full":
                return Full()
            case "negate":
                inner = self._selector(depth + 1)
                return inner and Negate(inner)
            case kind:
                left, right = self._selector(depth + 1), self._selector(depth + 1)
                if left is None or right is None:
                    return None
                return Both(left, right) if kind == "both" else Either(left, right)

    def _relation(self) -> Relation | None:
        keys, queries = self._read(), self._read()
        if keys is None or queries is None:
            return None
        domain = read_domain(keys, self.known)
        most = 1 if self.learned_only or self.draw(st.booleans()) else 3
        rows = []
        for _ in read_domain(queries, self.known):
            picked = self.draw(st.sets(st.integers(0, len(domain) - 1), max_size=most))
            rows.append(tuple(domain[i] for i in sorted(picked)))
        return Relation(keys, queries, tuple(rows))

    def _prefer(self) -> Prefer | None:
        keys, queries = self._read(), self._read()
        if keys is None or queries is None:
            return None
        domain = read_domain(keys, self.known)
        most = len(domain)
        orders = []
        for _ in range(min(self.draw(st.integers(1, 3)), len(read_domain(queries, self.known)))):
            ranks = self.draw(st.lists(st.integers(-1, most), min_size=most, max_size=most))
            groups = (tuple(v for v, r in zip(domain, ranks) if r == rank) for rank in range(most + 1))
            orders.append(tuple(filter(None, groups)))
        picked = [self.draw(st.sampled_from(orders)) for _ in read_domain(queries, self.known)]
        return Prefer(keys, queries, tuple(picked))

    def _classify(self, pooled: bool) -> Classify:
        draw = self.draw
        labels = tuple(draw(st.lists(texts(self.odd), min_size=1, max_size=4, unique=True)))
        row = st.lists(st.integers(-9, 9), min_size=len(labels), max_size=len(labels)).map(tuple)
        scores: list[Score] = []
        for _ in range(draw(st.integers(0, 4))):
            counted = self._counts()
            if counted and draw(st.booleans()):
                scores.append(LinearScore(draw(st.sampled_from(counted)), draw(row)))
            elif read := self._read():
                scores.append(TableScore(read, tuple(draw(row) for _ in read_domain(read, self.known))))
        return Classify(labels, draw(row), tuple(scores), pooled)

    def _counts(self) -> list[Ref]:
        return [
            name
            for name, domain in self.known.items()
            if isinstance(domain, Integers)
            or (isinstance(domain, Finite) and all(isinstance(value, int) for value in domain.values))
        ]

    def _pick(self, names: Sequence[Ref], size: int) -> tuple[Ref, ...]:
        return tuple(self.draw(st.sampled_from(sorted(names))) for _ in range(size))


def _facts() -> st.SearchStrategy[str]:
    """What stands in `about`: mostly words, sometimes anything."""
    return st.sampled_from(("learned", "grow, seed 0", "accuracy", "run", "causal")) | st.text(max_size=6)
