"""A program that is not causal, on a word of any length: every variable at a place as a term over the word's unknowns.

What is kept true: for every input and every position of it there are values of the unknowns, those of the word being
the input's own, that make all facts true, and with them the term of a variable at the position's place is the
variable's value there. So, where axioms and facts do not allow that an answer differs from the right one, no input
has a wrong answer. The tests hold this against the interpreter, on random programs.

Facts about a place are said under the condition that it is there: nothing follows for places that an input does not
have. The lemmas stand at the methods that use them: counts and sums by kind (`_letter`, `_number`), choices by kind
(`_closest`, `_extreme`), pointers (`_pointed`), small quotients (`_quotient`); counts of places in `linear`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import z3  # type: ignore[import-untyped]

from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Closest,
    Compare,
    Either,
    Full,
    Largest,
    Negate,
    Offset,
    Prefer,
    Program,
    Ref,
    Relation,
    Selector,
    Smallest,
    Table,
    Total,
    Value,
    Width,
    domains,
    read_domain,
    selector_of,
)
from transformer_programs.verify.lengths.clock import Clock
from transformer_programs.verify.lengths.linear import Linear, linears, solved
from transformer_programs.verify.lengths.terms import (
    Term,
    Whole,
    choose,
    compared,
    elementwise,
    equal,
    limited,
    plus,
    times,
)
from transformer_programs.verify.lengths.word import Kind, NeedsToken, Place, Word
from transformer_programs.verify.symbolic.logic import Bit, CannotProve, either, every, identical, opposite

__all__ = ["Evaluator"]

QUICK = 0.2
"""Seconds for a question on the way, which may stay open."""


@dataclass(frozen=True, slots=True)
class _Key:
    """A kind as the keys of a head.

    Args:
        chosen: the kind's only place, or one about which nothing is known but what is said with `matches`.
        selected: that it is selected, if it is there.
        matches: that it is there and selected.
        sure: under which condition a place of the kind is selected; None where this depends on which.
    """

    kind: Kind
    chosen: Place
    selected: Bit
    matches: Bit
    sure: Bit | None


class Evaluator:
    """Terms of variables at places, and the facts about the unknowns in them.

    Raises:
        CannotProve: causal, or a node or a selector of which nothing is known here.
    """

    def __init__(self, program: Program, word: Word, clock: Clock) -> None:
        if program.causal:
            raise CannotProve("the program is causal")
        self.program, self.word = program, word
        self.facts: list[Bit] = []
        self.lemmas: dict[str, None] = {}
        self._nodes = {step.name: step.node for step in program.steps}
        self._known, self._linear = domains(program), linears(program)
        self._terms: dict[tuple[Ref, Place], Term] = {}
        self._bounds: dict[int, Bit] = {}
        self._solver = z3.Solver()
        self._clock = clock
        self._solver.add(*word.axioms)

    def value(self, ref: Ref, place: Place) -> Term:
        """A variable at a place."""
        key = ref, place
        if key not in self._terms:
            self._terms[key] = self._value(ref, place)
        return self._terms[key]

    def _say(self, place: Place, fact: Bit) -> None:
        self.facts.append(either((opposite(place.there), fact)))

    def _value(self, ref: Ref, place: Place) -> Term:
        if ref == TOKENS:
            if place.token is None:
                raise NeedsToken
            return self.word.texts.term(place.token)
        if ref == POSITIONS:
            return Term("whole", place.position)
        if ref in self._linear:
            if isinstance(self._nodes[ref], Width):
                self.lemmas["places"] = None
            return Term("whole", self._linear[ref].at(place.position, self.word.length))
        node = self._nodes[ref]
        match node:
            case Width(selector):
                return Term("whole", self._weighed(selector, place, lambda _: 1))
            case Total(selector, values):
                return Term("whole", self._weighed(selector, place, lambda kind: self._weight(values, kind)))
            case Closest():
                return self._closest(node, place)
            case Largest() | Smallest():
                return self._extreme(node, place)
            case Apply("//", (above, below)):
                return self._quotient(self.value(above, place), self.value(below, place), place)
        if selector_of(node) is not None:
            raise CannotProve(f"nothing is known of {type(node).__name__} here")
        term = elementwise(node, lambda name: self.value(name, place), self._known, self.word.texts)
        return Term(term.kind, self._fixed(term.value, place)) if isinstance(node, Table) else term

    def _weighed(self, selector: Selector, query: Place, weight: Callable[[Kind], int]) -> Whole:
        """The selected positions, each counted with the weight of its kind."""
        self.lemmas["kinds"] = None
        total: Whole = 0
        for first, later in zip(self.word.kinds, [*self.word.kinds[1:], None]):
            if first.only is not None:
                later = later if later is not None and later.only is None else None
                weights = [weight(kind) for kind in (first, later) if kind is not None]
                total = plus(total, self._letter(selector, query, first, later, weights))
        return total

    def _letter(
        self, selector: Selector, query: Place, first: Kind, later: Kind | None, weights: Sequence[int]
    ) -> Whole:
        """Of the occurrences of one letter: where first and later ones are selected alike, as many as there are."""
        key = self._key(selector, query, first)
        assert key.sure is not None
        if later is None:
            return choose(key.sure, weights[0], 0)
        others = self._key(selector, query, later)
        if weights[0] == weights[1] and others.sure is not None and identical(key.selected, others.selected):
            return choose(key.selected, times(weights[0], self.word.count[first.token]), 0)
        rest = times(weights[1], self._number(query, later, others)) if weights[1] else 0
        return plus(choose(key.sure, weights[0], 0), rest)

    def _number(self, query: Place, kind: Kind, key: _Key) -> Whole:
        """Counts by kind: how many positions of a kind are selected.

        Where the selection does not depend on which of them, all or none. Else some number from 0 to all.
        """
        if key.sure is not None:
            return choose(key.sure, kind.number, 0)
        number = self.word.unknown("selected")
        self._say(query, every((number >= 0, number <= kind.number)))
        self._bounds[number.get_id()] = self.facts[-1]
        return number

    def _weight(self, values: Ref, kind: Kind) -> int:
        term = self.value(values, self.word.place(kind))
        if term.kind != "whole" or not isinstance(term.value, int):
            raise CannotProve(f"the values of {values} that are summed are not known numbers")
        return term.value

    def _closest(self, node: Closest, query: Place) -> Term:
        """The value at one of the selected positions; at position 0 where none is."""
        first = self.value(node.values, self._origin())
        pointed = self._pointed(node, query, first)
        if pointed is not None:
            return pointed
        self.lemmas["kinds"] = None
        if isinstance(node.selector, Prefer):
            raise CannotProve("nothing is known of a head that prefers some keys to others")
        keys = [self._key(node.selector, query, kind) for kind in self.word.kinds]
        result = self.word.unknown("closest")
        cases = [
            every((key.matches, equal(result, self._value_of(node.values, key, first.kind).value))) for key in keys
        ]
        self._say(query, either((*cases, every((self._none(keys), equal(result, first.value))))))
        return Term(first.kind, result)

    def _extreme(self, node: Largest | Smallest, query: Place) -> Term:
        """The value at one of the selected positions, none of the other selected ones is beyond it; or the default."""
        self.lemmas["kinds"] = None
        default = self.word.texts.term(node.default)
        keys = [self._key(node.selector, query, kind) for kind in self.word.kinds]
        result = self.word.unknown("extreme")
        cases = []
        for key in keys:
            value = self._value_of(node.values, key, default.kind).value
            cases.append(every((key.matches, equal(result, value))))
            within = value <= result if isinstance(node, Largest) else value >= result
            self._say(query, either((opposite(key.matches), within)))
        self._say(query, either((*cases, every((self._none(keys), equal(result, default.value))))))
        return Term(default.kind, result)

    def _quotient(self, above: Term, below: Term, place: Place) -> Term:
        """Small quotients: above // below is k exactly where k * below <= above < (k + 1) * below, for below > 0.

        Said for k from 0 to the number of letters and one more; of others only on which side of these they are. That
        what is divided by is positive everywhere is proved apart.
        """
        if (above.kind, below.kind) != ("whole", "whole"):
            raise CannotProve("a text is divided")
        self.lemmas["quotient"] = None
        a, b, result = above.value, below.value, self.word.unknown("quotient")
        most = len(self.word.letters) + 1
        for k in range(most + 1):
            self._say(place, (result == k) == every((k * b <= a, a < (k + 1) * b)))
        self._say(place, (result < 0) == (a < 0))
        return Term("whole", result)

    def _pointed(self, node: Closest, query: Place, first: Term) -> Term | None:
        """A pointer: where keys runs through the positions one by one, `keys == queries` selects at most one position.

        That is `solved(keys, queries)`, if it is a position; what stands there is of one of the kinds.
        """
        match node.selector:
            case Compare(keys, "==", queries) if keys in self._linear and self._linear[keys].position in (1, -1):
                line: Linear = self._linear[keys]
            case _:
                return None
        sought = self.value(queries, query)
        if sought.kind != "whole":
            raise CannotProve("a text is compared with a number")
        self.lemmas["pointer"] = None
        if keys != POSITIONS:
            self.lemmas["places"] = None
        position = solved(line, sought.value, self.word.length)
        inside = every((position >= 0, position < self.word.length))
        result = self.word.unknown("pointed")
        cases = []
        for place in self.word.at(position):
            value = self.value(node.values, place)
            if value.kind != first.kind:
                raise CannotProve(f"{node.values} holds texts and numbers")
            cases.append(every((inside, place.there, equal(result, value.value))))
        self._say(query, either((*cases, every((opposite(inside), equal(result, first.value))))))
        return Term(first.kind, result)

    def _origin(self) -> Place:
        """Position 0, of which a marker makes the token known."""
        if not self.word.frame.before:
            raise CannotProve("no marker stands at position 0")
        only = self.word.kinds[0].only
        assert only is not None
        return only

    def _value_of(self, values: Ref, key: _Key, kind: str) -> Term:
        term = self.value(values, key.chosen)
        if term.kind != kind:
            raise CannotProve(f"{values} holds texts and numbers")
        return term

    def _none(self, keys: list[_Key]) -> Bit:
        """What is true where nothing is selected."""
        return every(opposite(key.sure) for key in keys if key.sure is not None)

    def _key(self, selector: Selector, query: Place, kind: Kind) -> _Key:
        for ref in _queried(selector):
            self.value(ref, query)  # so that facts which come below are about the key
        chosen = self.word.place(kind)
        made = len(self.word.unknowns)
        selected = self._selected(selector, query, chosen)
        matches = every((chosen.there, selected))
        if kind.only is not None:
            return _Key(kind, chosen, selected, matches, matches)
        own = {unknown.get_id() for unknown in (chosen.position, *self.word.unknowns[made:])}
        if not own & parts(selected):
            return _Key(kind, chosen, selected, matches, every((kind.number >= 1, selected)))
        return _Key(kind, chosen, selected, matches, None)

    def _selected(self, selector: Selector, query: Place, key: Place) -> Bit:
        match selector:
            case Full():
                return True
            case Offset(low, high):
                distance = key.position - query.position
                return every((distance >= low, distance <= high))
            case Compare(keys, operator, queries):
                return self._settled(compared(operator, self.value(keys, key), self.value(queries, query)), query, key)
            case Relation(keys, queries, rows):
                have = limited(keys, self.value(keys.variable, key))
                asked = limited(queries, self.value(queries.variable, query))
                return either(
                    every((self._is(asked, value), either(self._is(have, matching) for matching in row)))
                    for value, row in zip(read_domain(queries, self._known), rows)
                )
            case Both(left, right):
                return every((self._selected(left, query, key), self._selected(right, query, key)))
            case Either(left, right):
                return either((self._selected(left, query, key), self._selected(right, query, key)))
            case Negate(inner):
                return opposite(self._selected(inner, query, key))

    def _settled(self, bit: Bit, query: Place, key: Place) -> Bit:
        """True or False where the word's axioms decide it for every two such places; else as it is."""
        if isinstance(bit, bool):
            return bit
        there = [condition for condition in (query.there, key.there) if condition is not True]
        for answer in (True, False):
            if self._model(*there, opposite(bit) if answer else bit) == z3.unsat:
                return answer
        return bit

    def _fixed(self, value: Whole, place: Place) -> Whole:
        """The number that it is at every such place, where the word's axioms allow only one; else as it is."""
        if isinstance(value, int):
            return value
        there = [] if place.there is True else [place.there]
        model = self._model(*there, value == value)
        if isinstance(model, z3.ModelRef):
            only = model.eval(value, model_completion=True)
            if z3.is_int_value(only) and self._model(*there, value != only) == z3.unsat:
                return only.as_long()
        return value

    def _model(self, *claims: Bit) -> Any:
        """A model of claims about places, `z3.unsat` or `z3.unknown`, by the axioms and the bounds of counts."""
        self._solver.push()
        self._solver.add(*claims)
        bounds = [self._bounds[part] for part in set().union(*map(parts, claims)) & self._bounds.keys()]
        self._solver.add(*bounds)
        answer = self._clock.check(self._solver, most=QUICK)
        result = self._solver.model() if answer == z3.sat else answer
        self._solver.pop()
        return result

    def _is(self, term: Term, value: Value) -> Bit:
        wanted = self.word.texts.term(value)
        return wanted.kind == term.kind and equal(wanted.value, term.value)


def _queried(selector: Selector) -> Iterator[Ref]:
    """The variables that a selector reads at the query."""
    match selector:
        case Compare(queries=ref):
            yield ref
        case Relation(queries=read):
            yield read.variable
        case Both(left, right) | Either(left, right):
            yield from _queried(left)
            yield from _queried(right)
        case Negate(inner):
            yield from _queried(inner)


def parts(term: Any) -> set[int]:
    """The identities of all expressions in a term."""
    waiting, seen = [term] if z3.is_expr(term) else [], set[int]()
    while waiting:
        part = waiting.pop()
        if part.get_id() not in seen:
            seen.add(part.get_id())
            waiting += part.children()
    return seen
