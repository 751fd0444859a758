"""Growing: one feature after another, until every answer is right or nothing more pays for itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from transformer_programs.learn.grow import pool
from transformer_programs.learn.grow.candidates import Candidate, Search, Trial
from transformer_programs.learn.grow.effort import Effort
from transformer_programs.learn.grow.fits import SOLVING, Confirmed, Fits
from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Graph, Head, Variable
from transformer_programs.learn.grow.model import Examples, Feature, Model, fit_model
from transformer_programs.learn.grow.prices import parts_price
from transformer_programs.learn.grow.prune import ordered
from transformer_programs.learn.grow.sample import Sample
from transformer_programs.learn.scores import compress, separate

__all__ = ["Growth"]

SMALL = 40
"""Most values of a variable that heads match on, unless it is a quantity, or tokens or positions have more."""

LARGE = 130
"""Most values of those: of tokens, of positions, of quantities such as the difference of two counts."""

MANY = 2000
"""Heads of one kind above which a rough look at a few tokens and directions comes first."""

PROMISING = 400
"""How many of them, of tables and of laws are looked at again."""

ROUGH = (800, 2)
"""Tokens and directions of the rough look."""

COUNTED = 20
"""Most values of a variable whose every value is counted."""


@dataclass(slots=True, eq=False)
class Growth:
    """A program that grows.

    Args:
        graph: all variables.
        examples: what it grows on.
        effort: how hard to look.
        seed: of the samples.
        features: what the scores read so far.
        offered: variables to look at beside those that the search makes up, such as another program's.
    """

    graph: Graph
    examples: Examples
    effort: Effort
    seed: int
    features: list[Feature] = field(default_factory=list)
    offered: Sequence[Variable] = ()
    model: Model | None = None
    log: Callable[[str], None] = lambda text: None
    banned: set[tuple[Feature, ...]] = field(default_factory=set)
    added: Confirmed | None = None
    """What was added last."""
    held: float = 0.0
    """Loss on validation, where the vocabulary is words."""

    def fit(self) -> Model:
        """The scores of the present features."""
        self.model = fit_model(
            self.examples, self.features, start=self.model, penalty=self.effort.penalty, seed=self.seed
        )
        return self.model

    def ranked(self) -> list[Confirmed]:
        """The additions that pay, the best first; looking ahead, their worth includes that of what could follow."""
        found = Step(self).ranked()
        if found and not found[0].solves and self.effort.ahead > 1:
            first = [replace(each, worth=self._promise(each)) for each in found[: self.effort.ahead]]
            found = [*sorted(first, key=lambda each: -each.worth), *found[self.effort.ahead :]]
        return found

    def copy(self) -> Growth:
        """Another growth that begins as this one."""
        return replace(self, features=list(self.features), banned=set(self.banned))

    def _promise(self, found: Confirmed) -> float:
        """What an addition is worth together with the best that could follow it."""
        later = replace(self.copy(), log=lambda text: None)
        later.add(found)
        following = next(iter(Step(later).ranked()), None)
        if following is None:
            return found.worth
        both = found.worth + following.worth
        if following.solves:  # its loss has not converged: what is left is nothing
            both = self.fitted.loss - self.effort.thrift * (found.candidate.price + following.candidate.price)
        return max(found.worth, both)

    def add(self, found: Confirmed) -> None:
        """Adds what was found."""
        self.features = [*self.features, *(f for f in found.candidate.features if f not in self.features)]
        self.added = found
        self.fit()

    def undo(self, added: Confirmed) -> None:
        """Takes an addition back, for good."""
        self.features = [f for f in self.features if f not in added.candidate.features]
        self.banned.add(added.candidate.features)
        self.fit()

    @property
    def fitted(self) -> Model:
        """The scores of the present features, fitted now if they are not yet."""
        return self.model or self.fit()

    def price(self) -> float:
        """The price of the present program."""
        return parts_price(self.graph, self.features, {TOKENS, POSITIONS}, self.examples.classes)

    def length(self) -> float:
        """Nats to describe the answers by: what is unexplained, and the price of what explains the rest."""
        return self.fitted.loss + self.effort.thrift * self.price()

    def text(self, features: Iterable[Feature]) -> str:
        """What features are, for the log."""
        features = list(features)
        nodes = [f"{self.graph.nodes[f.variable]}"[:100] + (" (number)" if f.linear else "") for f in features[:2]]
        return ", ".join(nodes) + (f" and {len(features) - 2} more" if len(features) > 2 else "")


class Step:
    """One addition: proposals of every family, the dearer ones only where the cheap ones leave much unexplained."""

    def __init__(self, growth: Growth) -> None:
        self.growth = growth
        self.graph = graph = growth.graph
        self.effort = effort = growth.effort
        self.model = growth.fitted
        random = np.random.default_rng([growth.seed, len(growth.features)])
        known = set(graph.closure(f.variable for f in growth.features)) | {TOKENS, POSITIONS}
        sequences = min(effort.sample, max(effort.tokens // graph.positions, 200))
        sample = Sample(growth.examples, self.model, sequences, random)
        self.search, self.glance = (
            Search(graph, part, known, effort.damping, effort.threads)
            for part in (sample, sample.thinned(effort.glance, random))
        )
        self.causal = growth.examples.bank.causal
        self.confirmed: dict[tuple[Feature, ...], Confirmed] = {}
        self.fits = Fits(self.search, growth.features, self.model, effort.penalty, effort.thrift, growth.seed)
        self.clock = _Clock(growth.log)
        self._pool()

    def _pool(self) -> None:
        graph, known = self.graph, sorted(self.search.known)
        inputs = (size for size in (graph.sizes[TOKENS], graph.positions + 1) if size <= LARGE)
        most = max(SMALL, *inputs)
        few = {v for v in range(len(graph.nodes)) if graph.sizes[v] <= (LARGE if graph.ordered[v] else most)}
        self.small = self._different(v for v in known if v in few)
        features = [f.variable for f in self.growth.features[-4:]]
        found = (c for v in self.small for c in self.search.classes(v, self.effort.values))
        self.classes = self._different(c for c in found if graph.sizes[c] <= most)
        shown = [v for v in dict.fromkeys([TOKENS, *features, *self.classes]) if v in few or v in self.classes]
        self.around = [v for value in shown for v in pool.neighbours(graph, self.causal, value)]
        self.marks = pool.landmarks(graph, self.growth.examples.bank)
        self.own, self.constant, self.numbers = list[Variable](), list[Variable](), [POSITIONS]
        if graph.counting:
            self._counts(known)
        self.clock("pool")

    def _counts(self, known: Sequence[Variable]) -> None:
        graph = self.graph
        self.own = [pool.own_count(graph, v) for v in [*self.small, *self.classes]]
        counted = [v for v in [*self.small, *self.classes] if graph.sizes[v] <= COUNTED]
        self.constant = [c for v in counted for c in pool.constant_counts(graph, v)]
        first = [c for v in [TOKENS, *self.classes] if v in counted for c in pool.constant_counts(graph, v)]
        quantities = [v for v in known if graph.ordered[v]]
        self.numbers = self._different([*quantities, *self.own, *first])[:24]

    def _different(self, variables: Iterable[Variable]) -> list[Variable]:
        """The variables without constants and those that split the sample just like one before them."""
        found: dict[bytes, Variable] = {}
        for variable in variables:
            codes = self.search.sample.bank[variable][self.search.sample.bank.mask]
            _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
            split = np.argsort(np.argsort(first))[inverse].astype(np.int16)
            if len(first) > 1:
                found.setdefault(split.tobytes(), variable)
        return list(found.values())

    def ranked(self) -> list[Confirmed]:
        """The candidates that pay for themselves, the one to add first."""
        families = ((self._plain, 0.95), (self._matching, 0.95), (self._indirect, 0.25), (self._tables, 0.0))
        for family, enough in families:
            self._confirm(family())
            self.clock(family.__name__)
            if max((c.worth for c in self.confirmed.values()), default=0.0) > enough * self.model.loss:
                break
        ranked = sorted(self.confirmed.values(), key=lambda c: -c.worth)
        for c in ranked[:6]:
            self.growth.log(f"    {c.candidate.note} {c.worth:.1f} {c.solves} {self.growth.text(c.candidate.features)}")
        if not ranked or ranked[0].worth <= 0.0:
            return []
        # What solves the task is not measured by a loss that has not converged; of nearly equals the cheapest.
        best = ranked[0].worth
        if solved := [c for c in ranked if c.solves]:
            first = min(solved, key=self._program_price)
        else:
            good = [c for c in ranked if c.worth >= best - 0.05 * min(best, self.left)]
            first = min(good, key=lambda c: c.candidate.price)
        return [first, *(c for c in ranked if c is not first and c.worth > 0.0)]

    def _program_price(self, solution: Confirmed) -> float:
        """The price of the whole program with a solution: where it solves the task alone, without what was before."""
        features = solution.candidate.features
        design = compress(self.search.sample.examples.features(ordered(features)), self.growth.examples.classes)
        classes = self.growth.examples.classes
        if separate(design, early=True, seed=self.growth.seed) is None:
            features = (*self.growth.features, *features)
        elif len(features) == 1:
            classes = 1  # the answer itself, or as good as: its scores say no more, and never more than a number's
        return parts_price(self.graph, features, {TOKENS, POSITIONS}, classes)

    @property
    def left(self) -> float:
        """What the best candidate would leave unexplained."""
        return max(self.fits.before - max(c.worth for c in self.confirmed.values()), 0.0)

    # --- families -----------------------------------------------------------------------------------------------

    def _plain(self) -> list[Candidate]:
        known = sorted(self.search.known)
        some = [pool.some(self.graph, count) for count in self.constant]
        found = self.search.variables(
            [*known, *self.classes, *self.around, *self.marks, *self.own, *self.constant, *some], "variable"
        )
        found += self.search.variables(self.growth.offered, "offered")
        ruled = [v for a, b in pool.pairs_of(self.numbers) for v in pool.laws(self.graph, a, b)]
        if len(ruled) > PROMISING:
            glanced = sorted(self.glance.variables(ruled, "law"), key=lambda c: -self._net(c))[:PROMISING]
            promising = {c.features[0].variable for c in glanced}
            ruled = [v for v in ruled if v in promising]
        return found + self.search.variables(ruled, "law")

    def _matching(self) -> list[Candidate]:
        matched = self._different([*self.small, *self.classes, *self.around, *self.marks])[: self.effort.matched]
        values = list(dict.fromkeys([TOKENS, *self.small[-4:], *self.marks]))
        trials = [Trial("head", (q,), k, v) for k in matched for v in values for q in matched]
        if not self.graph.counting:
            return self._scored(trials)
        return self._scored(trials) + self._scored([Trial("count", (q,), k, None) for k in matched for q in matched])

    def _indirect(self) -> list[Candidate]:
        matched = self._different([*self.small, *self.around])[: self.effort.matched]
        values = list(dict.fromkeys([TOKENS, *self.classes, *self.small[-2:]]))
        found = self._scored(
            [Trial("relation", (q,), k, v) for k in matched for v in values for q in self.small], keep=80, best=16
        )
        asked = pool.pairs_of([*self.small, *self.marks])
        keys = [*self.small, *self.marks]
        found += self._scored([Trial("pointer", pair, k, v) for k in keys for v in values[:3] for pair in asked])
        if not self.graph.counting:
            return found
        found += self._followed(found)
        found += self._bundle()
        return found if self.causal else found + self._orders()

    def _followed(self, found: Iterable[Candidate]) -> list[Candidate]:
        """Relations together with how often each of their values occurs: has it ever gone wrong up to here?"""
        ranked = sorted((c for c in found if c.note == "relation"), key=lambda c: -c.gain)
        different = set(self._different(c.features[0].variable for c in ranked))
        ranked = [c for c in ranked if c.features[0].variable in different]
        plain = [c for c in ranked if self._same_for_same(c.features[0].variable)]
        relations = list(dict.fromkeys([*ranked[:4], *plain[:8]]))
        followed = []
        for c in relations:
            counts = pool.constant_counts(self.graph, c.features[0].variable)
            features = [*c.features, *(Feature(pool.some(self.graph, count)) for count in counts)]
            followed.append(self.search.candidate(features, c.gain / self.search.sample.ratio, "followed"))
        return followed

    def _same_for_same(self, relation: Variable) -> bool:
        """Whether the head of a relation looks for the very value that it has."""
        heads = [self.graph.nodes[v] for v in self.graph.reads(relation)]
        return any(isinstance(h, Head) and all(row in (-1, a) for a, row in enumerate(h.rows)) for h in heads)

    def _bundle(self) -> list[Candidate]:
        """The counts of all tokens, all together and as numbers, beside the positions."""
        if self.graph.sizes[TOKENS] > COUNTED:
            return []
        counts = pool.constant_counts(self.graph, TOKENS)
        features = [Feature(POSITIONS), *(Feature(count, linear=True) for count in counts)]
        new = [f for f in features if f not in self.growth.features]
        return [self.search.candidate(new, np.inf, "bundle")] if new else []

    def _orders(self) -> list[Candidate]:
        """Heads that find the one with a given place in a sorted order."""
        first = pool.earlier(self.graph, TOKENS)
        keys = [TOKENS, *self.numbers[:12]]
        standings = [pool.standing(self.graph, v, most) for v in keys for most in (True, False)]
        for v in keys:
            once = pool.law(self.graph, "only", v, first)
            standings.append(pool.law(self.graph, "placed", pool.standing(self.graph, once, True), once))
        standings = self._different(standings)
        return self._scored([Trial("order", (POSITIONS,), k, v) for k in standings for v in (TOKENS, *self.small[-1:])])

    def _tables(self) -> list[Candidate]:
        pairs = pool.pairs_of([*sorted(self.search.known), *self.constant])
        if len(pairs) > PROMISING:
            pairs = self.glance.likely(pairs, PROMISING)
        return self.search.tables(pairs, self.effort.values)

    def _scored(self, trials: Sequence[Trial], keep: int = 40, best: int = 6) -> list[Candidate]:
        """Candidates of the best trials: a first look at all on few sequences, a second at the best on more."""
        if len(trials) > MANY:
            trials = self._promising(trials)
        glanced = sorted(self.glance.score(trials), key=lambda item: -item[1].gain)
        scored = sorted(self.search.score(trial for trial, _ in glanced[:keep]), key=lambda item: -item[1].gain)
        return self.search.made(scored[: 3 * best], self.effort.values)

    def _promising(self, trials: Sequence[Trial]) -> list[Trial]:
        tokens, directions = ROUGH
        random = np.random.default_rng([self.growth.seed, len(self.growth.features), len(trials)])
        part = self.glance.sample.thinned(tokens, random).projected(directions)
        effort = self.effort
        rough = Search(self.graph, part, self.search.known, effort.damping, effort.threads, rough=True)
        looked = sorted(rough.score(trials), key=lambda item: -item[1].gain)
        return [trial for trial, _ in looked[:PROMISING]]

    # --- confirmation -------------------------------------------------------------------------------------------

    def _confirm(self, found: Iterable[Candidate]) -> None:
        """Fits the scores of the most promising for real, and notes what they are worth after their price."""
        have = set(self.growth.features)
        seen = self.growth.banned | self.confirmed.keys()
        fresh = [c for c in found if set(c.features) - have and c.features not in seen]
        fresh.sort(key=lambda c: -self._net(c))
        chosen = {c.features: c for c in fresh[:3]}
        for note in dict.fromkeys(c.note for c in fresh):
            chosen |= {c.features: c for c in [c for c in fresh if c.note == note][: 12 if note == "followed" else 3]}
        self.search.ready(f.variable for c in chosen.values() for f in c.features)
        best = max((c.worth for c in self.confirmed.values()), default=0.0)
        for c in self.fits.confirmed(list(chosen.values()), best):
            # Several features at once are a plan; one that does not solve the task is no step towards anything else.
            if len(c.candidate.features) == 1 or c.worth > SOLVING * self.fits.before or c.solves:
                self.confirmed[c.candidate.features] = c

    def _net(self, candidate: Candidate) -> float:
        return candidate.gain - self.effort.thrift * candidate.price


class _Clock:
    def __init__(self, log: Callable[[str], None]) -> None:
        self.log = log
        self.last = time.process_time()

    def __call__(self, what: str) -> None:
        now = time.process_time()
        self.log(f"    [{what} {now - self.last:.2f}s]")
        self.last = now
