"""Restarts of the hard learner one by one, none cut short: `python bench/hard_restarts.py TASK [--set NAME=VALUE ...]`.

What a setting is worth: validation accuracy of the discrete program of each restart after its repair, their mean, the
test accuracy of the best of them, how many are exact on the training and validation part, and the CPU seconds of one
restart. With `--curves` also the best accuracy so far at every fifth snapshot, from which one sees what halving would
have kept. Accuracies are shares of the answers.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from transformer_programs.learn.base import Progress, Quiet
from transformer_programs.learn.hard import RECIPE_A, RECIPE_F, RECIPE_G, Hard
from transformer_programs.learn.hard.network import room
from transformer_programs.learn.hard.problem import Candidate, measured, prepare
from transformer_programs.learn.hard.restart import Restart, Run
from transformer_programs.learn.options import with_settings
from transformer_programs.tasks import encode, make_task

RECIPES = {"A": RECIPE_A, "F": RECIPE_F, "G": RECIPE_G}


class Curve(Quiet):
    """The best accuracy so far at every snapshot."""

    def __init__(self) -> None:
        self.best: list[float] = []

    def report(self, progress: Progress) -> None:
        """Snapshots only, not the repair."""
        if not progress.note:
            self.best.append(max(progress.accuracy, *self.best[-1:], 0.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task")
    parser.add_argument("--size", type=int, nargs=2, metavar=("VOCABULARY", "LENGTH"), default=(None, None))
    parser.add_argument("--restarts", type=int, default=4)
    parser.add_argument("--first", type=int, default=100, help="number of the first restart: its seed")
    parser.add_argument("--seed", type=int, default=0, help="of the data, and part of each restart's")
    parser.add_argument("--preset", choices=RECIPES, default="F")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--curves", action="store_true")
    options = parser.parse_args()
    learner = with_settings(Hard(schedule=RECIPES[options.preset]), options.settings)
    data = make_task(options.task, *options.size).dataset(seed=options.seed)
    problem = prepare(data, learner.shape)
    found, spent = list[Candidate](), 0.0
    for i in range(options.first, options.first + options.restarts):
        curve, start = Curve(), time.process_time()
        restart = Restart(
            problem=problem,
            schedule=learner.schedule,
            repair=learner.repair,
            seed=(options.seed, 0, i),
            name="hard",
            key="restart",
        )
        run = Run(restart, curve)
        run.train(learner.schedule.steps, lambda: False)
        best = run.repair(lambda: False)
        assert best is not None
        found.append(best)
        spent += time.process_time() - start
        if options.curves:
            print(" ".join(f"{100 * accuracy:.2f}" for accuracy in curve.best[4::5]), f"-> {100 * best.accuracy:.2f}")
    mean = sum(candidate.accuracy for candidate in found) / len(found)
    best = max(found, key=lambda candidate: (candidate.perfect, candidate.accuracy, -candidate.loss))
    tested = replace(problem, validation=encode(data, data.test))
    test = measured(tested, best.args, best.codes, best.theta, room(problem.network)).accuracy
    print(
        f"{options.task} {' '.join(options.settings)}: mean {100 * mean:.2f} %, best {100 * best.accuracy:.2f} % "
        f"(test {100 * test:.2f} %), {sum(candidate.perfect for candidate in found)} of {len(found)} exact, "
        f"{spent / len(found):.1f} CPU seconds each"
    )


if __name__ == "__main__":
    main()
