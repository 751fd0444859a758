"""A study of one recipe on one task: `python -m transformer_programs.learn.relaxed --task sort --preset paper`.

Prints, for every seed, the accuracy per answer of the discrete program on validation and test, as they finish.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax

from transformer_programs.errors import TransformerProgramError
from transformer_programs.learn.base import Progress, Quiet
from transformer_programs.learn.options import with_settings
from transformer_programs.learn.relaxed.discrete import accuracy
from transformer_programs.learn.relaxed.learner import Relaxed, convert
from transformer_programs.learn.relaxed.presets import preset_named
from transformer_programs.program import Program, dumps
from transformer_programs.tasks import encode, make_task


class _Printing(Quiet):
    def __init__(self) -> None:
        self.start = time.monotonic()

    def report(self, progress: Progress) -> None:
        print(
            f"{time.monotonic() - self.start:7.1f} s  {progress.learner}  step {progress.step}/{progress.steps}  "
            f"loss {progress.loss:.4f}  accuracy {progress.accuracy:.4f}  {progress.note}",
            flush=True,
        )


def main(arguments: list[str] | None = None) -> int:
    """Runs the study; 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m transformer_programs.learn.relaxed", description=__doc__)
    parser.add_argument("--task", default="sort")
    parser.add_argument("--vocabulary", type=int, help="size, as the paper counts it")
    parser.add_argument("--length", type=int)
    parser.add_argument("--preset", help="none: the default recipe")
    parser.add_argument("--seeds", type=int, help="restarts")
    parser.add_argument("--seed", type=int, default=0, help="of all restarts and of the data")
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="NAME=VALUE")
    parser.add_argument("--json", type=Path, help="where the results go")
    options = parser.parse_args(arguments)
    try:
        return _study(options)
    except TransformerProgramError as error:
        print(error, file=sys.stderr)
        return 2


def _study(options: argparse.Namespace) -> int:
    learner = preset_named(options.preset) if options.preset else Relaxed()
    learner = with_settings(learner, options.settings)
    if options.seeds is not None:
        learner = replace(learner, restarts=options.seeds)
    data = make_task(options.task, options.vocabulary, options.length).dataset(seed=options.seed)
    validation, test = encode(data, data.validation), encode(data, data.test)
    device = jax.devices()[0]
    print(f"jax {jax.__version__} on {device.platform} ({device.device_kind})", flush=True)
    start = time.monotonic()
    results: list[tuple[dict[str, Any], Program]] = []
    for restart in learner.trained(data, seed=options.seed, session=_Printing()):
        program, agreed, discrete = convert(restart.discrete, data, seed=options.seed)
        result = {
            "seed": restart.seed,
            "validation_token_accuracy": accuracy(discrete, validation),
            "test_token_accuracy": accuracy(discrete, test),
            "loss": restart.loss,
            "seconds": round(restart.seconds, 2),
            "agreement": asdict(agreed),
        }
        results.append((result, program))
        print(json.dumps(result), flush=True)
    best, program = max(results, key=lambda pair: float(pair[0]["validation_token_accuracy"]))
    report = {
        "task": {"name": options.task, "vocabulary_size": options.vocabulary, "max_length": options.length},
        "preset": options.preset,
        "settings": options.settings,
        "seed": options.seed,
        "accuracy_of": "discrete programs, per answer, on samples of the task",
        "seeds": [result for result, _ in results],
        "best_by_validation": best,
        "seconds": round(time.monotonic() - start, 1),
        "device": f"{device.platform} ({device.device_kind})",
        "versions": {"jax": jax.__version__, "python": platform.python_version()},
    }
    print(json.dumps({"best_by_validation": best, "seconds": report["seconds"]}), flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        options.json.with_suffix(".program.json").write_text(dumps(program), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
