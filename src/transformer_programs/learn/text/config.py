"""The learner `text`: its settings."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.config import at_least
from transformer_programs.learn.base import QUIET, Session
from transformer_programs.learn.one_core import one_core
from transformer_programs.program import Program
from transformer_programs.tasks import Dataset

__all__ = ["CLASSES", "Text"]

CLASSES = "32,100,300,1000"
"""Which classes are made of each file of vectors, if nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Learns a program for text in one convex fit, with nothing to relax.

    The variables are chosen beforehand: the token, its classes, the same at neighbours (relative-position heads),
    tables of pairs of these. What is learned is the scores, multinomial logistic regression with an L2 weight that
    validation chooses, rounded to integers as coarse as validation allows.

    Args:
        vectors: files of word vectors, separated by commas, to make classes from.
        own: whether classes are made of the training text itself, too, as of one more file: by how its words stand and
            what they speak for.
        classes: which classes of each file: `100` clusters, `4x32` four variables of 32, `4x32p` by random projection.
        reach: how far neighbours are read, to either side; None: 2 for tagging, 0 for classification.
        frequent: as many words are told apart at neighbours and in pairs, the others are `<rare>` there; None: 300 for
            tagging, 500 for classification.
        pairs: the size of the clusters that are read in pairs (one of `classes`); 0: none.
        least: a pair that training has less often has no value of its own.
        features: surface features, separated by commas: `shape`, `prefix`, `suffix`, `lower`, `words` (classes of
            all words that have vectors, whether training has them or not), `unseen` (for classification: classes of
            the words that training has not, by what their vectors say), `gazetteer=FILE` (an entry a line).
        draw: for classification, how strongly the scores of words are drawn to a linear function of their vectors.
        opening: for classification, whether the sequence's first word is read together with each of its words.
        scope: for classification, words, separated by commas, after which the next three are read apart (`not`).
        decode: whether IOB2 tags are decoded as one sequence, in which `I-X` follows only `B-X` or `I-X`.
        refit: whether the last fit, with all that validation chose, is of training and validation together.
        words: most words of a file of vectors that `words` and `unseen` take.
        steps: most iterations of a fit.
    """

    vectors: str = ""
    own: bool = False
    classes: str = CLASSES
    reach: int | None = None
    frequent: int | None = None
    pairs: int = 100
    least: int = 2
    features: str = ""
    draw: float = 2.0
    opening: bool = False
    scope: str = ""
    decode: bool = False
    refit: bool = False
    words: int = 100_000
    steps: int = 100

    def __call__(self, data: Dataset, *, seed: int = 0, session: Session = QUIET) -> Program:
        """A discrete program for the data: same data, vectors, seed and machine, same program.

        However many cores there are: matrices are multiplied by one, which adds up in one order.
        """
        from transformer_programs.learn.text.checks import check_settings
        from transformer_programs.learn.text.learner import learn

        at_least("--seed", seed, 0)
        check_settings(self, data)
        with one_core():
            return learn(self, data, seed, session)
