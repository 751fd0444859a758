"""Five-fold cross-validation of the learner `text` on the training part of a study: the fit, naive Bayes, both.

    python bench/text_folds.py subj --data DIR --vectors glove.txt --set classes=100,300 --penalty 10

The test part is never read. Per cent of the examples that are outside training in one of the folds, and the mean
cross-entropy at the best sharpness; scores are not rounded.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from transformer_programs.experiments.text import load_study
from transformer_programs.learn.options import with_settings
from transformer_programs.learn.text import Text
from transformer_programs.learn.text.corpus import Corpus
from transformer_programs.learn.text.design import design_of
from transformer_programs.learn.text.fit import Rows, fit, scores_of, sharpest_loss
from transformer_programs.learn.text.learner import bayes_of, prior_of
from transformer_programs.tasks import Dataset

FOLDS = 5
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)


def folds(data: Dataset) -> Iterator[Dataset]:
    """Each fold in turn as the validation part, the vocabulary that of the others."""
    examples = (*data.train, *data.validation)
    place = np.empty(len(examples), np.int64)
    place[np.random.default_rng(7).permutation(len(examples))] = np.arange(len(examples)) % FOLDS
    always = {"<unk>", *data.frame.before, *data.frame.after}
    for fold in range(FOLDS):
        train = tuple(example for example, other in zip(examples, place) if other != fold)
        held = tuple(example for example, other in zip(examples, place) if other == fold)
        seen = Counter(token for example in train for token in example.tokens)
        vocabulary = tuple(word for word in data.vocabulary if word in always or word in seen)
        yield replace(data, train=train, validation=held, test=(), vocabulary=vocabulary)


def main() -> None:
    """Prints a line a share."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("study", help="trec, mr, subj, ag_news, snips or a TOML file")
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--vectors", nargs="+", default=[])
    arguments.add_argument("--set", action="append", default=[], dest="settings")
    arguments.add_argument("--penalty", type=float, default=10.0)
    options = arguments.parse_args()
    config = with_settings(replace(Text(), vectors=",".join(options.vectors)), options.settings)
    found: dict[str, list[tuple[int, float, int]]] = {}
    begin = time.process_time()
    for data in folds(load_study(options.study).data(Path(options.data), 0)):
        train, held = Corpus.of(data, data.train), Corpus.of(data, data.validation)
        design = design_of(config, data, train, 0)
        rows, judge = (
            Rows.of([one.codes(part) for one in design.variables], design.sizes, part.labels, part.groups)
            for part in (train, held)
        )
        labels = len(data.labels)
        fitted, _ = fit(rows, prior_of(design), labels, penalty=options.penalty, steps=config.steps)
        bayes = bayes_of(design, rows, labels)
        mixed = {f"share {share:g}": fitted + share * bayes for share in SHARES}
        for name, weights in {**mixed, "naive Bayes": bayes}.items():
            scores = scores_of(judge, weights)
            right = int(np.sum(scores.argmax(axis=1) == judge.labels))
            found.setdefault(name, []).append((right, sharpest_loss(scores, judge.labels) * len(scores), len(scores)))
    for name, parts in found.items():
        right, loss, count = (sum(column) for column in zip(*parts))
        print(f"{name}: {100 * right / count:.2f} % of {count}, {loss / count:.4f} nats")
    print(f"{time.process_time() - begin:.0f} CPU s")


if __name__ == "__main__":
    main()
