"""Hand-written programs, among them those whose sizes the facts list, and what is told not to work elsewhere."""

from __future__ import annotations

from transformer_programs.program import (
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Either,
    Emit,
    Full,
    Largest,
    LinearScore,
    Mean,
    Negate,
    Node,
    Offset,
    Program,
    Read,
    Relation,
    Smallest,
    Step,
    Table,
    TableScore,
    Total,
    Width,
    check,
)

__all__ = ["LIBRARY", "SIZED", "program"]


def program(
    name: str, steps: dict[str, Node], output: str | Classify, tokens: str, length: int, causal: bool = False
) -> Program:
    """A program over single letters."""
    return check(
        Program(
            name=name,
            vocabulary=tuple(tokens),
            max_length=length,
            causal=causal,
            steps=tuple(Step(key, node) for key, node in steps.items()),
            output=output if isinstance(output, Classify) else Emit(output),
        )
    )


def _is(token: str, name: str) -> dict[str, Node]:
    return {f"t_{name}": Constant(token), f"is_{name}": Apply("==", ("tokens", f"t_{name}"))}


def _hist() -> Program:
    return program("hist", {"n": Width(Compare("tokens", "==", "tokens"))}, "n", "abcd", 5)


def _length() -> dict[str, Node]:
    return {"length": Width(Full())}


def _reverse() -> Program:
    steps = {
        **_length(),
        "one": Constant(1),
        "back": Apply("-", ("length", "positions")),
        "target": Apply("-", ("back", "one")),
        "out": Mean(Compare("positions", "==", "target"), "tokens", ""),
    }
    return program("reverse", steps, "out", "abcd", 5)


def _sort() -> Program:
    before = Either(
        Compare("tokens", "<", "tokens"),
        Both(Compare("tokens", "==", "tokens"), Compare("positions", "<", "positions")),
    )
    steps = {
        "rank": Width(before),
        "out": Mean(Compare("rank", "==", "positions"), "tokens", ""),
    }
    return program("sort", steps, "out", "1234", 5)


def _sort_unique() -> Program:
    steps = {
        "rank": Width(Compare("tokens", "<", "tokens")),
        "key": Apply("int", ("tokens",)),
        "out": Mean(Compare("rank", "==", "positions"), "key", 0),
    }
    return program("sort_unique", steps, "out", "1234", 5)


def _sort_freq() -> Program:
    steps = {
        "n": Width(Compare("tokens", "==", "tokens")),
        "rank": Width(
            Either(Compare("n", ">", "n"), Both(Compare("n", "==", "n"), Compare("positions", "<", "positions")))
        ),
        "out": Mean(Compare("rank", "==", "positions"), "tokens", ""),
    }
    return program("sort_freq", steps, "out", "abcd", 5)


def _frac_prevs() -> Program:
    steps = {**_is("l", "l"), "out": Mean(Compare("positions", "<=", "positions"), "is_l", 0)}
    return program("frac_prevs", steps, "out", "helo", 5)


def _pair_balance() -> Program:
    prevs = Compare("positions", "<=", "positions")
    steps = {
        **_is("(", "open"),
        **_is(")", "close"),
        "opened": Mean(prevs, "is_open", 0),
        "closed": Mean(prevs, "is_close", 0),
        "out": Apply("-", ("opened", "closed")),
    }
    return program("pair_balance", steps, "out", "abc()", 5)


def _shuffle_dyck(pairs: list[str], length: int) -> Program:
    prevs = Compare("positions", "<=", "positions")
    steps: dict[str, Node] = {"zero": Constant(0), "one": Constant(1)}
    negative: list[str] = []
    even: list[str] = []
    for i, (left, right) in enumerate(pairs):
        steps |= _is(left, f"l{i}") | _is(right, f"r{i}")
        steps[f"opened{i}"] = Mean(prevs, f"is_l{i}", 0)
        steps[f"closed{i}"] = Mean(prevs, f"is_r{i}", 0)
        steps[f"balance{i}"] = Apply("-", (f"opened{i}", f"closed{i}"))
        steps[f"negative{i}"] = Apply("<", (f"balance{i}", "zero"))
        steps[f"even{i}"] = Apply("==", (f"balance{i}", "zero"))
        negative.append(f"negative{i}")
        even.append(f"even{i}")
    for name, operator, parts in (("any_negative", "or", negative), ("all_even", "and", even)):
        last = parts[0]
        for i, part in enumerate(parts[1:]):
            steps[f"{name}{i}"] = Apply(operator, (last, part))
            last = f"{name}{i}"
        steps[name] = Apply("bool", (last,))
    steps |= {
        "has_negative": Mean(Full(), "any_negative", 0),
        "length": Width(Full()),
        "end": Apply("-", ("length", "one")),
        "ends_even": Mean(Compare("positions", "==", "end"), "all_even", False),
        "fine": Apply("==", ("has_negative", "zero")),
        "out": Apply("and", ("ends_even", "fine")),
    }
    return program(f"shuffle_dyck{len(pairs)}", steps, "out", "".join(pairs), length)


def _detect_pattern() -> Program:
    steps = {
        **_is("a", "a"),
        **_is("b", "b"),
        **_is("c", "c"),
        "two_before": Mean(Offset(-2, -2), "is_a", False),
        "one_before": Mean(Offset(-1, -1), "is_b", False),
        "both": Apply("and", ("two_before", "one_before")),
        "out": Apply("and", ("both", "is_c")),
    }
    return program("detect_pattern", steps, "out", "abc", 6)


def _shift() -> Program:
    return program("shift", {"out": Mean(Offset(-1, -1), "tokens", "none")}, "out", "abcd", 5)


def _no_match() -> Program:
    """A selector that selects nothing, and all that reads it."""
    never = Both(Full(), Negate(Full()))
    steps = {
        "n": Width(never),
        "m": Mean(never, "positions", -2),
        "s": Total(never, "positions"),
        "c": Closest(never, "tokens"),
        "l": Largest(never, "positions", -1),
        "a": Apply("+", ("n", "m")),
        "b": Apply("+", ("s", "l")),
        "out": Apply("+", ("a", "b")),
        "text": Apply("str", ("out",)),
        "answer": Apply("+", ("c", "text")),
    }
    return program("no_match", steps, "answer", "ab", 4)


def _computed_width() -> Program:
    """A width over a selector built from an aggregate, and from a width."""
    steps = {
        "n": Width(Compare("tokens", "==", "tokens")),
        "previous": Mean(Offset(-1, -1), "tokens", "a"),
        "same": Width(Compare("previous", "==", "tokens")),
        "often": Width(Compare("n", ">", "same")),
    }
    return program("computed_width", steps, "often", "abc", 5)


def _averages() -> Program:
    """Averages of negative numbers with empty rows, nested."""
    values = Table((Read("tokens"),), (-3, 1, -1))
    steps = {
        "value": values,
        "prior": Mean(Offset(-5, -1), "value", -7),
        "again": Mean(Compare("tokens", "<", "tokens"), "prior", -0.5),
        "out": Apply("-", ("again", "prior")),
    }
    return program("averages", steps, "out", "abc", 4)


def _with_itself() -> Program:
    steps = {"square": Apply("*", ("positions", "positions")), "out": Apply("-", ("square", "positions"))}
    return program("with_itself", steps, "out", "a", 5)


def _mixed_sites() -> Program:
    """And, or, not over different keys and queries."""
    steps = {
        "n": Width(Compare("tokens", "==", "tokens")),
        "x": Width(Either(Compare("tokens", "==", "tokens"), Compare("n", "<", "positions"))),
        "y": Closest(Negate(Either(Compare("n", "==", "positions"), Offset(0, 0))), "tokens"),
        "z": Mean(Either(Compare("n", "<=", "positions"), Compare("tokens", "!=", "y")), "positions", -1),
    }
    return program("mixed_sites", steps, "z", "abc", 4)


def _no_tokens() -> Program:
    steps = {"n": Width(Compare("positions", "<", "positions")), "out": Apply("*", ("n", "n"))}
    return program("no_tokens", steps, "out", "ab", 5)


def _closest(causal: bool) -> Program:
    """Closest heads with and without a match."""
    rows = (("b",), ("c",), ())
    steps = {
        "near": Closest(Relation(Read("tokens"), Read("tokens"), rows), "positions"),
        "twin": Closest(Compare("tokens", "==", "tokens"), "positions"),
        "ahead": Closest(Relation(Read("positions"), Read("tokens"), ((2,), (3,), ())), "tokens"),
        "joined": Table((Read("near"), Read("twin")), tuple((3 * i + j) % 5 for i in range(4) for j in range(4))),
        "out": Closest(Compare("joined", "==", "positions"), "ahead"),
        "n": Apply("+", ("joined", "near")),
        "text": Apply("str", ("n",)),
        "answer": Apply("+", ("out", "text")),
    }
    return program("closest_causal" if causal else "closest", steps, "answer", "abc", 4, causal)


def _sums() -> Program:
    steps = {
        "value": Table((Read("tokens"),), (-2, 3, 0)),
        "sum": Total(Compare("tokens", "<=", "tokens"), "value"),
        "whole": Total(Full(), "positions"),
        "out": Apply("-", ("sum", "whole")),
    }
    return program("sums", steps, "out", "abc", 4)


def _extremes() -> Program:
    steps = {
        "n": Width(Compare("tokens", "==", "tokens")),
        "high": Largest(Compare("tokens", ">", "tokens"), "n", -1),
        "low": Smallest(Offset(1, 3), "tokens", "-"),
        "text": Apply("str", ("high",)),
        "out": Apply("+", ("low", "text")),
    }
    return program("extremes", steps, "out", "abc", 5)


def _learned(pooled: bool) -> Program:
    """What the learners find."""
    rows = (("a",), ("c",), ())
    relation = Relation(Read("tokens"), Read("tokens"), rows)
    steps = {
        "head": Closest(relation, "tokens"),
        "count": Width(Relation(Read("head"), Read("tokens"), (("b",), ("a",), ("c",)))),
        "mix": Table((Read("head"), Read("count", 2)), (0, 1, 2, 1, 1, 0, 2, 2, 0)),
        "sum": Total(Relation(Read("mix"), Read("positions"), ((0,), (1,), (2,), (1,))), "mix"),
    }
    output = Classify(
        ("x", "y", "z"),
        (1, 0, 0),
        (
            TableScore(Read("mix"), ((3, 1, 0), (0, 2, -1), (1, 1, 2))),
            LinearScore("sum", (-1, 0, 1)),
            TableScore(Read("count", 1), ((0, 0, 1), (0, 1, 0))),
        ),
        pooled,
    )
    return program("learned_pooled" if pooled else "learned", steps, output, "abc", 4)


def _fails() -> Program:
    """A division that fails for some inputs, and an average of text that does."""
    steps = {
        "n": Width(Compare("tokens", "<", "tokens")),
        "ratio": Apply("/", ("positions", "n")),
        "copy": Mean(Compare("tokens", "==", "tokens"), "tokens", "-"),
    }
    return program("fails", steps, "copy", "abc", 4)


SIZED = (
    _hist(),
    _reverse(),
    _sort(),
    _sort_unique(),
    _frac_prevs(),
    _shuffle_dyck(["()", "{}"], 5),
    _shuffle_dyck(["()", "{}", "[]"], 6),
    _detect_pattern(),
)
"""The programs of the facts' table of sizes, with its vocabularies and lengths."""

LIBRARY = (
    *SIZED,
    _sort_freq(),
    _shuffle_dyck(["()"], 5),
    _pair_balance(),
    _shift(),
    _no_match(),
    _computed_width(),
    _averages(),
    _with_itself(),
    _mixed_sites(),
    _no_tokens(),
    _closest(causal=False),
    _closest(causal=True),
    _sums(),
    _extremes(),
    _learned(pooled=False),
    _learned(pooled=True),
    _fails(),
)
