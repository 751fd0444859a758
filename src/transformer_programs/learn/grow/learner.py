"""The learner: grow, confirm on all examples, prune, integer scores, program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError, DataError
from transformer_programs.learn.agreement import with_learner
from transformer_programs.learn.base import QUIET, Progress, Session
from transformer_programs.learn.grow.bank import Bank
from transformer_programs.learn.grow.beam import followers
from transformer_programs.learn.grow.effort import Effort
from transformer_programs.learn.grow.emit import program_of
from transformer_programs.learn.grow.finish import exact_scores, final_scores
from transformer_programs.learn.grow.fits import Confirmed
from transformer_programs.learn.grow.graph import POSITIONS, TOKENS, Graph
from transformer_programs.learn.grow.growth import Growth
from transformer_programs.learn.grow.lower import lowered
from transformer_programs.learn.grow.model import Examples, Feature, Model, fit_model
from transformer_programs.learn.grow.offer import offered
from transformer_programs.learn.grow.prices import parts_price
from transformer_programs.learn.grow.prune import ordered, tied, without_features, without_sums
from transformer_programs.learn.grow.recall import Recall
from transformer_programs.learn.grow.text import text_scores
from transformer_programs.learn.grow.word_classes import LEAST, Classes, begun, loss_on, vectors_of
from transformer_programs.learn.grow.written import written_codes, written_words
from transformer_programs.learn.one_core import one_core
from transformer_programs.learn.scores import Scores, compress, predict
from transformer_programs.program import Program
from transformer_programs.tasks import Dataset, Encoded, Kind, encode

__all__ = ["WORDS", "Grow"]

WORDS = 100
"""A larger vocabulary is text: what each word says by itself is where a program begins, whatever its scores cost."""

AHEAD = 3
"""How many candidates are judged with what could follow them, where growing begins again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grow:
    """Constructive learning: a program is discrete at every moment and gains one part after another.

    Multinomial logistic scores on the variables so far say what is left to explain; of many candidate variables
    (`growth`) the one that explains most for its price is added and the scores are fitted again. Where all answers
    are right, what is not needed is taken out again and the scores become small integers.

    Args:
        effort: how hard to look at every step.
        modules: most additions.
        minutes: no addition begins later.
        patience: additions after which growing begins once more, each addition judged together with the best that could
            follow it (`effort.ahead` of `AHEAD`); the better of the two goes on. Not where `effort.ahead` is set or the
            vocabulary is words; 0: never.
        prune: whether what turns out needless is taken out at the end.
        extensions: whether heads may compare numbers and match at a distance, which the paper's class does not; with
            `vectors`, whether classes may be of words as they are written, also those that the vocabulary has not.
        vectors: files of word vectors, separated by commas: where the vocabulary is words, classes of words are made of
            what each word speaks for, and its vector tells what a rare one may (`word_classes`). Without them classes
            are made of the former alone.
        written_out: whether heads that compare (how many are larger, how many like me came before) are written out as
            the sums of one-to-one counts that they stand for, the only form that the paper's class has. As an idiom
            they are priced as those sums, unless extensions are allowed.
        counting: whether heads may count their matches.
        beam: how many growths are kept at every step, of all that could come next those that leave the least to
            describe: nats that are unexplained and the price of the program. The first that solve the task end it; of
            several programs the shortest is kept. A step takes so many times as long.
        revise: whether after every addition the parts before it are looked at again, given those that came later
            (`revise`): rows and tables chosen anew, parts left out.
    """

    effort: Effort = field(default_factory=Effort)
    modules: int = 40
    minutes: float = 8.0
    patience: int = 0
    prune: bool = True
    extensions: bool = False
    written_out: bool = False
    counting: bool = True
    vectors: str = ""
    beam: int = 1
    revise: bool = False

    def __post_init__(self) -> None:
        at_least("modules", self.modules, 1)
        at_least("minutes", self.minutes, 0)
        at_least("patience", self.patience, 0)
        at_least("beam", self.beam, 1)

    def __call__(
        self, data: Dataset, *, seed: int = 0, session: Session = QUIET, offers: Sequence[Program] = ()
    ) -> Program:
        """A discrete program for the data: same data, seed and machine, same program.

        Args:
            data, seed, session: see `Learner`.
            offers: programs over the same tokens, whose heads, counts and tables may be taken over, each whole, for the
                price of all that it is computed from and the program has not yet.
        """
        at_least("--seed", seed, 0)
        if not data.train:
            raise DataError(place=data.name, got="no training examples", expected="at least one")
        with one_core():  # matrices are multiplied by one core, in one order
            return _Run(self, data, seed, session, offers).program()


class _Run:
    def __init__(
        self, config: Grow, data: Dataset, seed: int, session: Session, offers: Sequence[Program] = ()
    ) -> None:
        self.config, self.data, self.seed, self.session = config, data, seed, session
        self.recall = Recall(session)
        markers = frozenset(data.vocabulary.index(token) for token in (*data.frame.before, *data.frame.after))
        self.graph = Graph(len(data.vocabulary), data.max_length, markers, config.extensions, config.counting)
        self.offered = [variable for program in offers for variable in offered(self.graph, program)]
        self.train, self.validation, self.all = _parts(self.graph, data)
        self._known: dict[tuple[Feature, ...], Scores | None] = {}
        self.text = len(data.vocabulary) > WORDS
        if config.vectors and not self.text:
            got = f"a vocabulary of {len(data.vocabulary)} tokens"
            raise ConfigError(place="vectors", got=got, expected=f"words, more than {WORDS}", todo="leave it out")
        self.vectors = vectors_of(config.vectors, data.vocabulary)
        self.written: tuple[np.ndarray, int] | None = None
        if config.vectors and config.extensions:
            self.graph.written, common = written_words(data, config.vectors)
            found = vectors_of(config.vectors, self.graph.written)
            assert found is not None
            self.written = np.concatenate([found, np.zeros((1, found.shape[1]))]), common
            self.all.bank.written = written_codes(data, (*data.train, *data.validation), self.graph.written)

    def program(self) -> Program:
        """Grows, prunes and builds."""
        growths, exact = self._grown()
        finished = [self._finished(growth, exact) for growth in growths]
        features = finished[0] if len(finished) == 1 else min(finished, key=self._price)
        if self.text:
            scores = text_scores(self.train, self.validation, features)
        else:
            examples, apart = (self.all, self._apart(features)) if exact else (self.train, None)
            scores = final_scores(examples, features, apart, self.data.labels, self.data.vocabulary)
        program = program_of(self.data, self.graph, features, scores)
        design = compress(self.validation.features(features), len(self.data.labels))
        own = predict(design, scores)[design.item[design.item >= 0]]
        part = encode(self.data, self.data.validation)
        written = [example.tokens for example in self.data.validation]
        return replace(program, about=(*program.about, with_learner(program, self.data, part, own, written)))

    def _finished(self, growth: Growth, exact: bool) -> tuple[Feature, ...]:
        """The features of a growth that is done, without what is not needed."""
        features = ordered(growth.features)
        if self.config.written_out:
            plain = lowered(self.graph, [f.variable for f in features])
            features = ordered([Feature(plain[f.variable], f.linear) for f in features])
        if self.config.prune and features:
            features = self._pruned(features, exact, growth.effort.penalty)
        return features

    def _price(self, features: Sequence[Feature]) -> float:
        return parts_price(self.graph, features, {TOKENS, POSITIONS}, self.train.classes)

    def _grown(self) -> tuple[list[Growth], bool]:
        """Growths that are done, and whether they get every answer of training and validation right."""
        beam, patience = [self._begun(self.config.effort, "begun")], self.config.patience
        if self.text or self.config.effort.ahead > 1 or patience == 0:
            return self._best(*self._grow(beam, self.config.modules))
        beam, exact = self._grow(beam, patience)
        if exact:
            return beam, True
        # The first additions, each the best by itself, may have led astray: then a few that are chosen with care.
        again = [self._begun(replace(self.config.effort, ahead=AHEAD), "begun again, looking ahead")]
        again, exact = self._grow(again, patience)
        if exact:
            return again, True
        beam = min(beam, again, key=lambda growths: min(map(self._left, growths)))
        return self._best(*self._grow(beam, self.config.modules))

    def _best(self, growths: list[Growth], exact: bool) -> tuple[list[Growth], bool]:
        """All growths that solve the task; else the one that leaves least."""
        return (growths, True) if exact else ([min(growths, key=self._left)], False)

    def _begun(self, effort: Effort, note: str) -> Growth:
        growth = Growth(self.graph, self.train, effort, self.seed, offered=self.offered)
        if self.text and not len(self.validation.labels):
            growth.features = [Feature(TOKENS)]
        elif self.text:
            classes = Classes(self.graph, self.train, self.vectors, effort.damping, self.seed, self.written)
            model, penalty = begun(classes, self.validation, self.config.modules, self._tell)
            growth.features, growth.effort = list(model.features), replace(effort, penalty=penalty)
        growth.fit()
        if self.text:
            growth.held = loss_on(growth.fitted, self.validation)
        self._report(growth, note)
        return growth

    @staticmethod
    def _left(growth: Growth) -> float:
        """Nats an answer: what is unexplained, and the price of what explains the rest."""
        return growth.length() / max(len(growth.examples.labels), 1)

    def _grow(self, beam: list[Growth], additions: int) -> tuple[list[Growth], bool]:
        """Adds until every answer of training and validation is right, or nothing pays, or this is enough.

        Returns:
            the growths that are right, and True; or all that were not given up for better ones, and False.
        """
        ended: list[Growth] = []
        for made in range(additions + 1):
            solved = [] if self.text else [growth for growth in beam if self._solved(growth)]
            if right := [growth for growth in solved if self._apart(growth.features) is not None]:
                return right, True
            if solved and solved[0].examples is self.all:
                # What no scores get right goes no further.
                ended += solved
                beam = [growth for growth in beam if growth not in solved]
            elif solved:
                # What is right on the training part alone goes on growing on both; and so do those beside it.
                for growth in beam:
                    growth.examples, growth.model, growth.added = self.all, None, None
                    growth.fit()
            for growth in beam:
                if (added := growth.added) and len(added.candidate.features) > 1 and growth.fitted.accuracy < 0.97:
                    growth.undo(added)
                growth.added = None
            found = [] if made == additions else self._found(beam)
            if not found:
                break
            ended += [growth for growth in beam if all(growth is not parent for parent, _ in found)]
            beam = followers(found, self.config.beam)
            for place, growth in enumerate(beam, 1):
                self._added(growth, "" if self.config.beam == 1 else f", {place} of {len(beam)}")
            if self.text:  # what helps training alone is no step
                ended += [growth for growth in beam if not self._helps(growth)]
                beam = [growth for growth in beam if growth not in ended]
        return [*ended, *beam], False

    def _found(self, beam: Sequence[Growth]) -> list[tuple[Growth, Confirmed]]:
        """What could be added to each; nothing where nothing pays, the program is large enough, or the time is up."""
        found: list[tuple[Growth, Confirmed]] = []
        for growth in beam:
            if self.recall.seconds > 60.0 * self.config.minutes:
                break
            if len(growth.features) < self.config.modules:
                found += [(growth, addition) for addition in self.recall.ranked(growth, self.config.beam)]
        return found

    def _added(self, growth: Growth, which: str) -> None:
        """Says what was added, after a look at the parts before it."""
        assert growth.added is not None
        candidate, before = growth.added.candidate, growth.features
        if self.config.revise and not growth.added.solves and len(candidate.features) == 1:
            growth.features = self.recall.revised(growth)
        if growth.features != before:
            growth.fit()
            which += ", revised"
        self._report(growth, f"added {candidate.note}{which}")

    def _helps(self, growth: Growth) -> bool:
        """Whether the last addition helps on validation, too; otherwise it is taken back."""
        before, growth.held = growth.held, loss_on(growth.fitted, self.validation)
        if growth.held > before and growth.added is not None:
            growth.undo(growth.added)
            return False
        return True

    def _solved(self, growth: Growth) -> bool:
        """Whether every answer that the program grows on can be right with its features."""
        model, added = growth.fitted, growth.added
        if model.exact:
            return True
        if model.accuracy < 0.97 and (added is None or not added.solves):
            return False
        if self._apart(growth.features) is not None:
            return True
        return growth.examples is not self.all and exact_scores(growth.examples, growth.features, self.seed) is not None

    def _pruned(self, features: tuple[Feature, ...], exact: bool, penalty: float) -> tuple[Feature, ...]:
        if exact:
            part = self._some(1500)

            def good(features: Sequence[Feature]) -> bool:
                quickly = exact_scores(part, features, self.seed) is not None
                return quickly and self._apart(features) is not None

        else:
            aim, most = self._measured(features, penalty)

            def good(features: Sequence[Feature]) -> bool:
                right, loss = self._measured(features, penalty)
                return right >= aim and (not self.text or loss <= most * (1.0 + LEAST))

        features = without_features(self.graph, features, self.train.classes, good)
        if exact and self.config.written_out:
            features = without_sums(self.graph, features, good)
        scores = self._apart(features) if exact else None
        if scores is None:
            return features
        tables = [feature for feature in features if not feature.linear]
        seen = [len(np.unique(self.all.codes(feature.variable))) for feature in tables]
        return tied(self.graph, features, scores.tables, seen, good)

    def _apart(self, features: Sequence[Feature]) -> Scores | None:
        """Scores that get every answer of training and validation right, if there are any. Remembered."""
        key = ordered(features)
        if key not in self._known:
            self._known[key] = exact_scores(self.all, key, self.seed)
        return self._known[key]

    def _some(self, size: int) -> Examples:
        """A random part of all examples, to refuse most proposals by."""
        sequences = len(self.all.bank.lengths)
        chosen = np.sort(np.random.default_rng(self.seed).permutation(sequences)[:size])
        place = np.full(sequences, -1)
        place[chosen] = np.arange(len(chosen))
        return self.all.part(self.all.bank.take(chosen), place)

    def _measured(self, features: Sequence[Feature], penalty: float) -> tuple[float, float]:
        """Share of right answers on validation, and cross-entropy."""
        model = fit_model(self.train, features, penalty=penalty, steps=200, seed=self.seed)
        return model.accuracy_on(self.validation), loss_on(model, self.validation)

    def _report(self, growth: Growth, note: str) -> None:
        self._tell(growth.fitted, note)

    def _tell(self, model: Model, note: str) -> None:
        self.session.report(
            Progress(
                learner="grow",
                step=len(model.features),
                steps=0,
                loss=model.loss / max(len(model.right), 1),
                accuracy=model.accuracy_on(self.validation),
                note=note,
            )
        )


def _parts(graph: Graph, data: Dataset) -> tuple[Examples, Examples, Examples]:
    """Training, validation and both, over one bank."""
    train, validation = encode(data, data.train), encode(data, data.validation)
    both = Encoded(
        np.concatenate([train.tokens, validation.tokens]),
        np.concatenate([train.lengths, validation.lengths]),
        np.concatenate([train.labels, validation.labels]),
    )
    bank = Bank.of(graph, both, data.causal)
    everything = Examples.of(bank, both.labels, data.kind is Kind.CLASSIFICATION, len(data.labels))
    numbers = np.arange(len(both))
    first = np.where(numbers < len(train), numbers, -1)
    second = np.where(numbers < len(train), -1, numbers)
    return everything.part(bank, first), everything.part(bank, second), everything
