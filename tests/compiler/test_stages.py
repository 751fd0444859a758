"""The stages one by one: value sets, selectors as conjunctions, codes, places."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from transformer_programs.compiler import compile_program
from transformer_programs.compiler.bounds import loosely
from transformer_programs.compiler.codes import partition_of
from transformer_programs.compiler.graph import Graph, Linear, Variable
from transformer_programs.compiler.patterns import always_matches, at_most_one, split
from transformer_programs.compiler.values import analyse
from transformer_programs.program import (
    Apply,
    Both,
    Closest,
    Compare,
    Either,
    Emit,
    Full,
    Mean,
    Negate,
    Node,
    Offset,
    Program,
    Read,
    Relation,
    Selector,
    Step,
    Table,
    Total,
    Width,
    check,
)

from .library import LIBRARY


def analysed(steps: dict[str, Node], causal: bool = False, length: int = 4) -> Graph:
    program = Program(
        name="p",
        vocabulary=("a", "b", "c"),
        max_length=length,
        causal=causal,
        steps=tuple(Step(name, node) for name, node in steps.items()),
        output=Emit("tokens"),
    )
    return analyse(check(program), ("a", "b", "c"), length)


def values(graph: Graph, name: str) -> list:
    variable = graph.variables[name]
    assert isinstance(variable, Variable)
    return sorted(variable.values)


def test_values_of_counts() -> None:
    graph = analysed(
        {
            "own": Width(Compare("tokens", "==", "tokens")),
            "other": Width(Compare("tokens", "<", "tokens")),
            "all": Width(Full()),
        }
    )
    assert values(graph, "own") == [1, 2, 3, 4]
    assert values(graph, "other") == [0, 1, 2, 3, 4]
    assert values(graph, "all") == [1, 2, 3, 4]


def test_what_depends_on_the_same_root_is_seen_together() -> None:
    graph = analysed({"n": Width(Full()), "none": Apply("-", ("n", "n")), "twice": Apply("+", ("n", "n"))})
    assert values(graph, "none") == [0]
    assert values(graph, "twice") == [2, 4, 6, 8]


def test_values_of_averages_and_sums() -> None:
    value = Table((Read("tokens"),), (-1, 0, 2))
    graph = analysed(
        {
            "value": value,
            "mean": Mean(Compare("tokens", "<", "tokens"), "value", 7),
            "sum": Total(Compare("tokens", "<", "tokens"), "value"),
            "one": Mean(Offset(-1, -1), "value", 5),
        },
        length=2,
    )
    assert values(graph, "mean") == sorted({-1, 0, 2, 7, -0.5, 0.5, 1.0})
    assert values(graph, "sum") == [-2, -1, 0, 1, 2, 4]
    assert values(graph, "one") == [-1, 0, 2, 5]


def test_averages_with_too_many_values_stay_numbers() -> None:
    steps: dict[str, Node] = {"m0": Mean(Compare("tokens", "<", "tokens"), "positions", 0)}
    for i in range(3):
        steps[f"m{i + 1}"] = Mean(Compare("tokens", "<", "tokens"), f"m{i}", 0)
    steps["sum"] = Apply("+", ("m3", "positions"))
    graph = analysed(steps, length=8)
    assert isinstance(graph.variables["m3"], Linear)
    assert isinstance(graph.variables["sum"], Linear)


def conjunctions(selector: Selector, causal: bool = False) -> list:
    graph = analysed({"n": Width(Compare("tokens", "==", "tokens"))}, causal)
    return split(graph, selector, graph.variables, "here")


def test_selectors_as_conjunctions() -> None:
    less, same = Compare("tokens", "<", "tokens"), Compare("tokens", "==", "tokens")
    before = Compare("positions", "<", "positions")
    assert len(conjunctions(Both(less, before))) == 1
    assert len(conjunctions(Either(less, same))) == 1
    assert len(conjunctions(Either(less, Both(same, before)))) == 2
    assert len(conjunctions(Negate(Either(Compare("n", "<", "n"), before)))) == 1
    assert conjunctions(Both(less, same)) == []
    assert conjunctions(Full()) == [()]
    graph = analysed({})
    assert len(split(graph, Either(less, before), graph.variables, "here", join=True)) == 1


def test_disjoint_conjunctions_select_what_the_selector_does() -> None:
    """Each pair of states is in exactly one conjunction, or in none where it is not selected."""
    less, before = Compare("tokens", "<", "tokens"), Compare("positions", "<", "positions")
    for selector, holds in (
        (Either(less, before), lambda a, b, i, j: a < b or i < j),
        (Both(Negate(less), before), lambda a, b, i, j: not a < b and i < j),
        (Negate(Either(less, Negate(before))), lambda a, b, i, j: not (a < b or not i < j)),
    ):
        terms = conjunctions(selector)
        for a in range(3):
            for b in range(3):
                for i in range(4):
                    for j in range(4):
                        key, query = {(0,): a, (1,): i}, {(0,): b, (1,): j}
                        count = sum(
                            all(
                                part.table[
                                    part.query_classes[query[part.query_site]], part.key_classes[key[part.key_site]]
                                ]
                                for part in term
                            )
                            for term in terms
                        )
                        assert count == int(holds(a, b, i, j))


def test_what_is_known_of_a_pattern() -> None:
    (own,) = conjunctions(Compare("tokens", "<=", "tokens"))
    (previous,) = conjunctions(Offset(-1, -1))
    (near,) = conjunctions(Offset(-1, 0))
    assert always_matches(own)
    assert not at_most_one(own)
    assert at_most_one(previous)
    assert not always_matches(previous)
    assert always_matches(near)
    assert not at_most_one(near)


def test_partitions() -> None:
    classes, count = partition_of(np.array([5, 5, 7, 5]), np.array([0, 1, 0, 0]))
    assert count == 3
    assert classes.tolist().count(0) == 2
    forced, _ = partition_of(np.array([5, 5, 7, 5]), zero=2)
    assert forced.tolist() == [1, 1, 0, 1]


def test_ranges_of_sums() -> None:
    low, high = loosely("here", lambda a, b: a + b, 0.3, [(0.1, 0.1), (0.2, 0.2 + 1e-16)])
    assert low <= 0.3 <= high
    assert high - low < 1e-15


def test_layers_are_the_longest_path() -> None:
    layers = {program.name: compile_program(program).sizes.layers for program in LIBRARY}
    assert layers["with_itself"] == 0
    assert layers["hist"] == layers["frac_prevs"] == layers["detect_pattern"] == layers["shift"] == 1
    assert layers["reverse"] == layers["sort"] == layers["sort_unique"] == 2
    assert layers["sort_freq"] == 3


def test_a_closest_position_needs_one_head() -> None:
    """Position 0 has the position 0 in every run, so that a head without a match need not look there."""
    rows = (("b",), ("c",), ())
    steps = {"near": Closest(Relation(Read("tokens"), Read("tokens"), rows), "positions")}
    program = Program(
        name="p", vocabulary=("a", "b", "c"), max_length=4, steps=(Step("near", steps["near"]),), output=Emit("near")
    )
    sizes = compile_program(check(program)).sizes
    assert (sizes.layers, sizes.heads, sizes.hidden) == (1, 1, 0)


def test_a_vocabulary_of_which_one_property_is_read_costs_one_direction() -> None:
    vocabulary = tuple(f"t{i}" for i in range(500))
    vowel = Table((Read("tokens"),), tuple(i % 5 == 0 for i in range(500)))
    program = Program(
        name="p",
        vocabulary=vocabulary,
        max_length=3,
        steps=(Step("vowel", vowel), Step("share", Mean(Full(), "vowel", 0))),
        output=Emit("share"),
    )
    model = compile_program(check(program))
    assert model.sizes.width == 3
    assert model(["t0", "t1", "t5"])[0] == float(Fraction(2, 3))
