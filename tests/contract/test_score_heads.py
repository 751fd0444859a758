"""Score-based heads (`Prefer`): every executor, weights, logic and RASP, on every input of small programs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from contract.test_executors import agree, all_inputs
from transformer_programs.compiler import compile_program
from transformer_programs.compiler.sampling import compare_with_interpreter
from transformer_programs.emit.python import print_python
from transformer_programs.errors import ProgramError
from transformer_programs.passes import simplify
from transformer_programs.program import (
    Classify,
    Closest,
    Compare,
    Emit,
    Prefer,
    Program,
    Read,
    Relation,
    Step,
    Table,
    TableScore,
    Value,
    Width,
    check,
    domains,
    read_domain,
)
from transformer_programs.rasp.session import Session
from transformer_programs.rasp.source import print_rasp, read_rasp
from transformer_programs.run import Interpreter, run

LETTERS, LENGTH = ("a", "b", "c"), 4
SEEDS = range(12)


def random_orders(random: Random, keys: Sequence[Value], count: int) -> tuple[tuple[tuple[Value, ...], ...], ...]:
    """Orders with equals, some keys left out, some of them the same."""
    orders = []
    for _ in range(count):
        ranks = [random.randint(-1, len(keys) - 1) for _ in keys]
        groups = (tuple(key for key, r in zip(keys, ranks) if r == rank) for rank in range(len(keys)))
        orders.append(tuple(group for group in groups if group))
    return tuple(orders) if random.random() < 0.7 else (orders[0],) * count


def random_program(seed: int, pooled: bool = False) -> Program:
    """Three heads over tokens, positions, a table and a count; the last two read the first."""
    random = Random(seed)
    steps = [
        Step("kind", Table((Read("tokens"),), (0, 1, random.randint(0, 1)))),
        Step("count", Width(Compare("tokens", "==", "tokens"))),
    ]
    reads = [Read("tokens"), Read("positions"), Read("kind"), Read("count", 2)]
    for number in range(3):
        known = domains(program_of(steps, seed))
        keys, queries = random.choice(reads), random.choice(reads)
        size = len(read_domain(queries, known))
        prefer = Prefer(keys, queries, random_orders(random, read_domain(keys, known), size))
        steps.append(Step(f"head_{number}", Closest(prefer, random.choice(reads[:3]).variable)))
        reads.append(Read(steps[-1].name))
    if not pooled:
        return check(program_of(steps, seed))
    domain = read_domain(reads[-1], domains(program_of(steps, seed)))
    scores = TableScore(reads[-1], tuple((random.randint(-3, 3), random.randint(-3, 3)) for _ in domain))
    return check(program_of(steps, seed, Classify(("yes", "no"), (0, 1), (scores,), pooled=True)))


def program_of(steps: Sequence[Step], seed: int, output: Emit | Classify | None = None) -> Program:
    return Program(
        name="scores",
        vocabulary=LETTERS,
        max_length=LENGTH,
        causal=seed % 2 == 0,
        steps=tuple(steps),
        output=output or Emit(steps[-1].name),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_executor(seed: int) -> None:
    agree(random_program(seed, pooled=seed % 3 == 0), all_inputs(LETTERS, LENGTH))


@pytest.mark.parametrize("seed", SEEDS)
def test_compiled_weights(seed: int) -> None:
    program = random_program(seed, pooled=seed % 3 == 1)
    model = compile_program(program, compress=seed % 4 == 0)
    assert compare_with_interpreter(program, model, all_inputs(LETTERS, LENGTH)).differences == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_logic(seed: int) -> None:
    pytest.importorskip("z3")
    from transformer_programs.verify.symbolic.encode import encode
    from transformer_programs.verify.symbolic.logic import known

    program = random_program(seed, pooled=seed % 3 == 2)
    for tokens in all_inputs(LETTERS, LENGTH)[::7]:
        encoded = encode(program, [known(token) for token in tokens], lambda: None)
        assert encoded.answers == [known(str(value)) for value in run(program, tokens)]


@pytest.mark.parametrize("seed", SEEDS)
def test_rasp(seed: int) -> None:
    program = random_program(seed)
    text = print_rasp(program)
    assert read_rasp(text) == program
    for tokens in all_inputs(LETTERS, LENGTH)[seed::40]:
        session = Session()
        session.sop_example = session.selector_example = list(tokens)
        session.run(text)
        assert session.on("answer", list(tokens)).values == run(program, tokens)  # type: ignore[union-attr]


def head(keys: str, queries: str, *orders: tuple[tuple[Value, ...], ...], causal: bool = False) -> Program:
    """One head that reads positions."""
    step = Step("head_1", Closest(Prefer(Read(keys), Read(queries), orders), "positions"))
    return check(program_of([step], 0 if causal else 1))


def test_the_best_key_wins_then_the_closest() -> None:
    program = head("tokens", "tokens", (("b",), ("a", "c")), (("c",),), ())
    assert run(program, ["a", "c", "a", "a"]) == [1, 0, 1, 2]  # equals: left before right, itself last
    assert run(program, ["a", "a", "b", "b"]) == [2, 2, 0, 0]
    assert run(program, ["b", "c", "c"]) == [1, 0, 0]  # nothing is admitted for c: position 0


def test_a_causal_head_chooses_among_what_it_sees() -> None:
    orders = ((("c",), ("b",), ("a",)),) * 3
    tokens = ["a", "b", "c"]
    assert run(head("tokens", "tokens", *orders, causal=True), tokens) == [0, 1, 2]
    assert run(head("tokens", "tokens", *orders), tokens) == [2, 2, 2]
    assert Interpreter(head("tokens", "tokens", *orders, causal=True)).trace(tokens).matches == {
        "head_1": [[0], [1], [2]]
    }


def test_it_prints_as_orders() -> None:
    lines = print_python(head("tokens", "tokens", (("a", "c"), ("b",)), (("c",),), ())).splitlines()
    assert 'HEAD_1 = {"a": (("a", "c"), "b"), "b": ("c",), "c": ()}' in lines
    assert "    head_1 = closest(prefer(full(positions), tokens, [HEAD_1[x] for x in tokens]), positions)" in lines


def test_values_that_are_merged_and_renumbered_keep_their_place() -> None:
    kind = Step("kind", Table((Read("tokens"),), (5, 7, 7)))
    orders = (((7,), (5,)), ((5,), (7,)))
    step = Step("head_1", Closest(Prefer(Read("kind"), Read("kind"), orders), "tokens"))
    program = check(program_of([kind, step], 1))
    made = simplify(program).steps[-1].node
    assert made == Closest(Prefer(Read("kind"), Read("kind"), (((1,), (0,)), ((0,), (1,)))), "tokens")
    agree(program, all_inputs(LETTERS, LENGTH))


def simplified(program: Program) -> object:
    (step,) = simplify(program).steps
    assert isinstance(step.node, Closest)
    return step.node.selector


def test_what_never_matters_goes() -> None:
    # After the query's own value nothing is looked at; one group each is a predicate; one order needs no query.
    own = head("tokens", "tokens", (("b",), ("a",), ("c",)), (("a",), ("b", "c")), (("a",), ("c",)))
    cut = ((("b",), ("a",)), (("a",), ("b", "c")), (("a",), ("c",)))
    assert simplified(own) == Prefer(Read("tokens"), Read("tokens"), cut)
    assert simplified(head("tokens", "tokens", (("a",), ("b",)), (("b",), ("c",)), (("c",),))) == Compare(
        "tokens", "==", "tokens"
    )
    one = head("tokens", "positions", *[(("a",), ("b",))] * LENGTH)
    assert simplified(one) == Prefer(Read("tokens"), Read("tokens"), ((("a",), ("b",)),) * 3)
    # Position 0 is always there, and what no match means.
    places = head("positions", "tokens", ((2,), (0,), (1,)), ((1, 3), (0,)), ((0,),))
    assert simplified(places) == Relation(Read("positions"), Read("tokens"), ((2,), (1, 3), ()))


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (((("a",),),), "got 1 orders; expected 3, one a query value"),
        (((("d",),), (), ()), "values of the key variable"),
        (((("a",), ("a",)), (), ()), "each value once"),
        ((((),), (), ()), "no empty group"),
        (((("b", "a"),), (), ()), "equals in domain order"),
    ],
)
def test_orders_are_checked(orders: tuple[tuple[tuple[Value, ...], ...], ...], message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        head("tokens", "tokens", *orders)
