"""Several growths at once, and parts of a growth looked at again."""

from __future__ import annotations

import pytest

from transformer_programs.batch import exhaustive
from transformer_programs.learn.grow import Grow, pool, revise
from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.beam import followers
from transformer_programs.learn.grow.candidates import Candidate
from transformer_programs.learn.grow.effort import Effort
from transformer_programs.learn.grow.fits import Confirmed
from transformer_programs.learn.grow.graph import TOKENS, Cells, Count, Graph, Variable
from transformer_programs.learn.grow.growth import Growth
from transformer_programs.learn.grow.model import Examples, Feature
from transformer_programs.passes import simplify
from transformer_programs.tasks import encode, make_task


def _growth(name: str, *variables: Variable, graph: Graph | None = None) -> Growth:
    data = make_task(name, vocabulary_size=8, max_length=5).dataset(size=300, seed=0)
    train = encode(data, data.train)
    graph = graph or Graph(len(data.vocabulary), data.max_length)
    examples = Examples.of(Bank.of(graph, train, data.causal), train.labels, False, len(data.labels))
    return Growth(graph, examples, Effort(threads=1), 0, list(map(Feature, variables)))


def _graph(name: str) -> Graph:
    data = make_task(name, vocabulary_size=8, max_length=5).dataset(size=10, seed=0)
    return Graph(len(data.vocabulary), data.max_length)


def _found(variable: Variable, worth: float, solves: bool = False, price: float = 1.0) -> Confirmed:
    return Confirmed(Candidate((Feature(variable),), worth, price, "variable"), worth, solves)


def _kept(growths: list[Growth]) -> list[set[Variable]]:
    return [{feature.variable for feature in growth.features} for growth in growths]


def test_followers_are_the_shortest_descriptions() -> None:
    graph = _graph("hist")
    a, b, c, d = pool.constant_counts(graph, TOKENS)[1:5]
    one, other = _growth("hist", a, graph=graph), _growth("hist", b, graph=graph)
    found = [(one, _found(c, 3.0)), (one, _found(d, 1.0)), (other, _found(c, 900.0))]
    assert _kept(followers(found, 1)) == [{a, c}]
    kept = _kept(followers(found, 2))
    assert sorted(map(sorted, kept)) == [[a, c], [b, c]], "what the best goes on with, and the best of the others"


def test_solutions_are_kept_first() -> None:
    graph = _graph("hist")
    a, b, c, d = pool.constant_counts(graph, TOKENS)[1:5]
    growth = _growth("hist", a, graph=graph)
    found = [(growth, _found(b, 900.0)), (growth, _found(c, 1.0, True, 50.0)), (growth, _found(d, 1.0, True, 5.0))]
    assert _kept(followers(found, 1)) == [{a, b}], "alone a growth goes on with what it ranks first"
    assert {a, b} not in _kept(followers(found, 2))


def test_growths_that_say_the_same_are_one() -> None:
    """In another order, or with values of other names."""
    graph = _graph("hist")
    a, b, c = pool.constant_counts(graph, TOKENS)[1:4]
    turned = graph.add(Cells((b,), tuple(reversed(range(graph.sizes[b])))))
    one, other = _growth("hist", a, graph=graph), _growth("hist", b, graph=graph)
    other.examples = one.examples
    found = [(one, _found(b, 3.0)), (other, _found(a, 3.0)), (one, _found(turned, 3.0)), (one, _found(c, 1.0))]
    assert len(followers(found, 4)) == 2


@pytest.mark.parametrize("name", ["hist", "most_freq"])
def test_a_beam_solves_what_one_growth_does(name: str) -> None:
    """And is the same every time; of several programs the shortest is kept."""
    task = make_task(name, vocabulary_size=5, max_length=5)
    data = task.dataset(size=250, seed=1)
    alone, program = Grow()(data, seed=2), Grow(beam=3)(data, seed=2)
    assert exhaustive(simplify(program), task).sequence_accuracy == 1.0
    assert len(program.steps) <= len(alone.steps)
    assert Grow(beam=3)(data, seed=2) == program


def test_rows_are_chosen_anew() -> None:
    """A count that counts the wrong letter for one letter, beside another part."""
    graph = _graph("hist")
    right = pool.own_count(graph, TOKENS)
    rows = list(graph.nodes[right].rows)  # type: ignore[union-attr]
    rows[1], rows[2] = rows[2], rows[1]
    wrong = graph.add(Count(TOKENS, TOKENS, tuple(rows)))
    growth = _growth("hist", wrong, TOKENS, graph=graph)
    before = growth.length()
    growth.features = revise.revised(growth)
    growth.fit()
    assert right in {feature.variable for feature in growth.features}
    assert growth.length() < before


def test_a_part_is_changed_where_later_parts_read_it() -> None:
    """A table of the count reads the better one, too: the old one would have to be paid for."""
    graph = _graph("hist")
    right = pool.own_count(graph, TOKENS)
    rows = list(graph.nodes[right].rows)  # type: ignore[union-attr]
    rows[1], rows[2] = rows[2], rows[1]
    wrong = graph.add(Count(TOKENS, TOKENS, tuple(rows)))
    table = graph.add(Cells((wrong,), (0, 0, *[1] * (graph.sizes[wrong] - 2))))
    growth = _growth("hist", wrong, table, graph=graph)
    found = graph.closure(feature.variable for feature in revise.revised(growth))
    assert right in found
    assert wrong not in found


def test_what_is_not_needed_any_more_goes() -> None:
    graph = _graph("hist")
    count = pool.own_count(graph, TOKENS)
    some = pool.constant_counts(graph, TOKENS)[1]
    assert [f.variable for f in revise.revised(_growth("hist", some, count, graph=graph))] == [count]
