"""`tprog eval`: a program measured on a task or a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from transformer_programs.cli.options import add_data, add_json, columns, parser, print_json
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError

__all__ = ["main"]

EXAMPLES = """\
  tprog eval programs/sort --task sort --exhaustive
  tprog eval programs/dyck2 --task dyck2 --samples 100000
  tprog eval runs/tags --data test.conll --kind tagging --json"""


def main(argv: Sequence[str]) -> int:
    """Prints token and sequence accuracy; of IOB2 tags strict scores of entities, too."""
    arguments = parser("eval", "Measure a program on a task or a file.", EXAMPLES)
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument("--task", help="a built-in task, at the program's own vocabulary and length")
    arguments.add_argument("--exhaustive", action="store_true", help="every input of the task")
    arguments.add_argument("--samples", type=int, metavar="N", help="fresh random inputs (default 10000)")
    arguments.add_argument("--length", type=int, metavar="L", help="most tokens in an input (default: the program's)")
    arguments.add_argument("--seed", type=int, default=0, help="of the samples (default 0)")
    add_data(arguments)
    add_json(arguments)
    options = arguments.parse_args(argv)
    if (options.task is None) == (options.data is None):
        got = "neither" if options.task is None else "both"
        raise ConfigError(place="--task or --data", got=got, expected="one of them", todo="tprog tasks lists the tasks")
    if options.exhaustive and (options.samples is not None or options.data is not None):
        raise ConfigError(place="--exhaustive", got="--samples or --data beside it", expected="--task alone")
    for_files = ("kind", "format", "tokens_column", "labels_column")
    for name in for_files if options.task is not None else ("samples", "length"):
        if getattr(options, name) is not None:
            beside, wanted = ("--task", "--data FILE") if options.task is not None else ("--data", "--task")
            flag = "--" + name.replace("_", "-")
            raise ConfigError(place=flag, got=f"{beside} beside it", expected=f"{wanted}, or no {flag}")
    if options.data is not None and options.kind is None:
        raise ConfigError(place="--kind", got="nothing", expected="tagging or classification")
    at_least("--seed", options.seed, 0)
    if options.samples is not None:
        at_least("--samples", options.samples, 1)
    if options.length is not None:
        at_least("--length", options.length, 1)

    from transformer_programs.files import load_program

    program = load_program(options.program)
    if options.length is not None and program.max_length is not None and options.length > program.max_length:
        expected = f"at most {program.max_length}, the longest that {program.name} takes"
        raise ConfigError(place="--length", got=str(options.length), expected=expected)
    from transformer_programs.batch import evaluate, sampled
    from transformer_programs.cli.bar import Bar, reading
    from transformer_programs.tasks import load_examples, task_for

    entities = None
    if options.data is not None:
        from transformer_programs.learn.entity_scores import entities_of_program

        with reading(quiet=options.json):
            data = load_examples(
                options.data,
                program,
                kind=options.kind,
                format=options.format,
                columns=columns(options),
                repair=options.repair,
            )
        accuracy, method = evaluate(program, data, data.test), "file"
        entities = entities_of_program(program, data, data.test)
    else:
        from transformer_programs.verify import on_every_input

        task = task_for(options.task, program, max_length=options.length)
        with Bar(quiet=options.json) as bar:
            if options.exhaustive:
                accuracy, method = on_every_input(program, task, bar.report), "exhaustive"
            else:
                samples = options.samples or 10_000
                accuracy, method = sampled(program, task, samples, options.seed, bar.report), "sample"
    scores = {} if entities is None else dataclasses.asdict(entities)
    if options.json:
        print_json({"program": program.name, "method": method, **dataclasses.asdict(accuracy), **scores})
    else:
        from transformer_programs.learn.train import percent

        print(
            f"{program.name}: {percent(accuracy.sequence_accuracy)} of {accuracy.inputs:,} sequences, "
            f"{percent(accuracy.token_accuracy)} of {accuracy.answers:,} answers right ({method})"
        )
        if entities is not None:
            print(
                f"{entities.entities:,} entities: F1 {percent(entities.entity_f1)}, "
                f"precision {percent(entities.entity_precision)}, recall {percent(entities.entity_recall)} (strict)"
            )
    return 0
