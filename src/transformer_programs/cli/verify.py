"""`tprog verify`: is a program right on every input, or equal to another?"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli.options import add_json, parser, print_json
from transformer_programs.config import at_least
from transformer_programs.errors import ConfigError

if TYPE_CHECKING:
    from transformer_programs.program import Program
    from transformer_programs.verify.judge import Check, Judge
    from transformer_programs.verify.space import Space
    from transformer_programs.verify.symbolic import Goal
    from transformer_programs.verify.verdict import Counterexample, EveryLength, Verdict

__all__ = ["main"]

EXAMPLES = """\
  tprog verify programs/sort --task sort
  tprog verify programs/sort-any-length --task sort --all-lengths
  tprog verify runs/dyck2 --task dyck2 --out dyck2.json
  tprog verify runs/sort --equals programs/sort
  tprog verify runs/sort --equals oracle.py:sort --allow-code
  tprog verify runs/sort --spec permutation --spec sorted
  tprog verify runs/tags --spec 'never I right after O' --max-length 6

exit code 0: no counterexample; 1: at least one; 2: bad input
claims: permutation; sorted; never A [right] after B; label X only if token Y ...; label X only if Y occurs [before]"""


SHORT = 8
"""Most tokens of the inputs that are run beside a proof for all lengths, unless told otherwise."""


def main(argv: Sequence[str]) -> int:
    """Verifies, prints what is known, and returns 1 where a counterexample was found."""
    options = _arguments().parse_args(argv)
    asked = [options.task, options.equals, options.spec or None]
    if sum(part is not None for part in asked) != 1:
        got = "none" if not any(asked) else "more than one"
        raise ConfigError(place="--task, --equals or --spec", got=got, expected="one of them")
    for flag in ("max_length", "samples", "counterexamples"):
        if getattr(options, flag) is not None:
            at_least(f"--{flag.replace('_', '-')}", getattr(options, flag), 1)
    at_least("--seed", options.seed, 0)
    if not options.time_limit > 0:
        raise ConfigError(place="--time-limit", got=f"{options.time_limit:g}", expected="seconds, more than 0")

    if options.all_lengths and options.task is None:
        raise ConfigError(place="--all-lengths", got="no --task", expected="--task beside it")

    from transformer_programs.files import load_program
    from transformer_programs.verify.decide import Limits, Method, decide
    from transformer_programs.verify.state import State, fingerprint

    program = load_program(options.program)
    if options.all_lengths and program.max_length is not None:
        got = f"{program.name}, which takes at most {program.max_length} tokens"
        raise ConfigError(place="--all-lengths", got=got, expected="a length-free program")
    judge, goal, against = _question(options, program)
    state = None
    if options.out is not None:
        from transformer_programs.program import dumps

        space = judge.space
        key = fingerprint(dumps(program), against, repr((space.vocabulary, space.count(), options.counterexamples)))
        state = State(options.out, key, force=options.force)
    limits = Limits(
        seconds=options.time_limit,
        samples=options.samples,
        seed=options.seed,
        counterexamples=options.counterexamples,
    )
    from transformer_programs.cli.bar import Bar

    with Bar(quiet=options.json, resumed=state is not None and state.resumed is not None) as bar:
        verdict = decide(
            judge,
            goal,
            method=Method(options.method),
            limits=limits,
            progress=bar.report,
            state=state,
            say=bar.mention,
        )
        if options.all_lengths and verdict.holds:
            bar.mention("proving for all lengths")
            verdict = _proved(judge, verdict, options.time_limit)
        else:
            verdict = _for_all_lengths(judge, verdict)
    report = {"program": program.name, "against": _plain_name(options), **verdict.as_json()}
    if state is not None:
        state.finish(report)
    if options.json:
        print_json(report)
    else:
        _tell(program, verdict)
    return 0 if verdict.holds else 1


def _arguments() -> argparse.ArgumentParser:
    arguments = parser("verify", "Is a program right on every input? The smallest input where it is not.", EXAMPLES)
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json or a program.py")
    arguments.add_argument("--task", help="right is what a built-in task says (tprog tasks)")
    arguments.add_argument(
        "--equals",
        metavar="OTHER",
        help="right is what another program, compiled weights (a directory), FILE.rasp or FILE.py:FUNCTION answers",
    )
    arguments.add_argument("--spec", action="append", metavar="CLAIM", help="right is what keeps a claim, see below")
    arguments.add_argument("--max-length", type=int, metavar="N", help="most tokens in an input, markers counted")
    arguments.add_argument(
        "--all-lengths", action="store_true", help="with --task: a proof for inputs of every length, beside what is run"
    )
    arguments.add_argument("--alphabet", nargs="+", metavar="TOKEN", help="words over these tokens only")
    arguments.add_argument("--raw", action="store_true", help="every sequence of tokens, markers anywhere")
    arguments.add_argument("--allow-code", action="store_true", help="FILE.py:FUNCTION may be executed")
    arguments.add_argument(
        "--method",
        choices=("auto", "exhaustive", "proof", "sample"),
        default="auto",
        help="auto: exhaustive up to 10^9 inputs, then proofs, then a sample (default)",
    )
    arguments.add_argument(
        "--time-limit", type=float, default=60.0, metavar="S", help="seconds of proving (default 60)"
    )
    arguments.add_argument("--samples", type=int, default=100_000, metavar="N", help="random inputs (default 100000)")
    arguments.add_argument("--seed", type=int, default=0, help="of the samples (default 0)")
    arguments.add_argument("--counterexamples", type=int, default=3, metavar="K", help="shown at most (default 3)")
    arguments.add_argument("--out", type=Path, metavar="FILE", help="keep the verdict here; a stopped run goes on")
    arguments.add_argument("--force", action="store_true", help="replace the file of --out")
    add_json(arguments)
    return arguments


def _plain_name(options: argparse.Namespace) -> str:
    return str(options.task or options.equals or "; ".join(options.spec))


def _question(options: argparse.Namespace, program: Program) -> tuple[Judge, Goal | None, str]:
    """Who says what is right, the same for a proof where there is one, and what tells it from other questions."""
    from transformer_programs.verify.judge import Agreement, Keeping
    from transformer_programs.verify.sides import FunctionSide, ProgramSide, TaskSide, WeightsSide
    from transformer_programs.verify.space import WordSpace, task_space
    from transformer_programs.verify.usercode import is_function, load_function

    space: Space
    if options.task is not None:
        if options.raw or options.alphabet:
            raise ConfigError(place="--task", got="--raw or --alphabet beside it", expected="a task's own inputs")
        if program.pooled:
            raise ConfigError(place=program.name, got="one answer a sequence", expected="one a token, as tasks ask")
        from transformer_programs.tasks import task_for

        length = SHORT if options.all_lengths and options.max_length is None else options.max_length
        task = task_for(options.task, program, max_length=length)
        if program.max_length is not None and task.max_length > program.max_length:
            got = f"inputs of {task.max_length} tokens"
            raise ConfigError(place="--max-length", got=got, expected=f"at most the program's {program.max_length}")
        space = task_space(task)
        right = TaskSide(task)
        judge = Agreement(program, space, ProgramSide(program, space), right)
        from transformer_programs.verify.goals import task_goal

        return judge, task_goal(task), f"task {options.task}"
    if options.spec is not None:
        space = _words(options, program, None)
        checks, claims = _claims(options, program, space)
        return Keeping(program, space, ProgramSide(program, space), checks), claims, "\n".join(options.spec)
    if is_function(options.equals):
        space = _words(options, program, None)
        function = load_function(options.equals, allowed=options.allow_code)
        side = FunctionSide(function, options.equals, space, program.pooled)
        source = Path(options.equals.rpartition(":")[0]).read_text(encoding="utf-8")
        return Agreement(program, space, ProgramSide(program, space), side), None, f"{options.equals}\n{source}"
    if Path(options.equals).is_dir() and (Path(options.equals) / "model.safetensors").exists():
        from transformer_programs.compiler import load_model

        model = load_model(Path(options.equals))
        closed = _bounded(options, model.config.max_length)
        space = _words(closed, program, None)
        weights = WeightsSide(model, space)
        judge = Agreement(program, space, ProgramSide(program, space), weights, exact=False)
        stored = (Path(options.equals) / "model.safetensors").read_bytes()
        return judge, None, f"weights {hashlib.sha256(stored).hexdigest()}"
    other = _other(options.equals)
    if other.pooled != program.pooled:
        raise ConfigError(place="--equals", got="one answer a sequence against one a token", expected="two of one kind")
    space = _words(options, program, other)
    assert isinstance(space, WordSpace)
    reframe = not options.raw
    judge = Agreement(
        program,
        space,
        ProgramSide(program, space, reframe=reframe),
        ProgramSide(other, space, reframe=reframe),
        other,
    )
    from transformer_programs.program import dumps
    from transformer_programs.verify.goals import program_goal

    return judge, program_goal(other, reframe=reframe), dumps(other)


def _bounded(options: argparse.Namespace, most: int) -> argparse.Namespace:
    length = most if options.max_length is None else min(most, options.max_length)
    return argparse.Namespace(**{**vars(options), "max_length": length})


def _words(options: argparse.Namespace, program: Program, other: Program | None) -> Space:
    """All words over the tokens that both programs know, as long as both take."""
    from transformer_programs.verify.space import program_space

    alphabet = tuple(dict.fromkeys(options.alphabet or ()))
    if other is not None and other.vocabulary is not None:
        markers = set() if options.raw else {*program.frame.before, *program.frame.after}
        markers |= set() if options.raw else {*other.frame.before, *other.frame.after}
        base = alphabet or program.vocabulary or other.vocabulary
        alphabet = tuple(token for token in base if token in other.vocabulary and token not in markers)
        if not alphabet:
            raise ConfigError(place="--equals", got="two programs without a token in common", expected="shared tokens")
    lengths = [] if options.max_length is None else [options.max_length - _markers(program, options)]
    if other is not None and other.max_length is not None:
        lengths.append(other.max_length - _markers(other, options))
    return program_space(program, alphabet or None, min(lengths, default=None), options.raw)


def _markers(program: Program, options: argparse.Namespace) -> int:
    return 0 if options.raw else len(program.frame.before) + len(program.frame.after)


def _other(path: str) -> Program:
    """The program of `--equals`: as everywhere, or the last s-op of a RASP file."""
    from transformer_programs.files import load_program

    if not path.endswith(".rasp"):
        return load_program(path)
    from transformer_programs.rasp.lowering import program_of
    from transformer_programs.rasp.session import Session

    fresh, session = set(Session().environment.names()), Session()
    session.run_file(Path(path))
    own = [name for name in session.environment.names() if name not in fresh and name != "out"]
    for name in reversed(own):
        value = session.value(name)
        if hasattr(value, "expr") and not value.expr.is_selector:
            return program_of(session.sop(name).expr, name=name)
    raise ConfigError(place=path, got="no s-op", expected="a file that defines one; the last one is taken")


def _claims(
    options: argparse.Namespace, program: Program, space: Space
) -> tuple[tuple[tuple[str, Check], ...], Goal | None]:
    from transformer_programs.verify.claims import holds, read_claim
    from transformer_programs.verify.goals import claims_goal
    from transformer_programs.verify.usercode import check_from, is_function, load_function

    checks: list[tuple[str, Any]] = []
    claims = []
    for text in options.spec:
        if is_function(text):
            checks.append((text, check_from(load_function(text, allowed=options.allow_code), text)))
        else:
            claim = read_claim(text, space.letters)
            claims.append(claim)
            checks.append((text, partial(holds, claim)))
    goal = claims_goal(tuple(claims)) if len(claims) == len(checks) else None
    return tuple(checks), goal


def _for_all_lengths(judge: Judge, verdict: Verdict) -> Verdict:
    """What agreement up to a length says about all lengths."""
    from dataclasses import replace

    from transformer_programs.verify.judge import Agreement
    from transformer_programs.verify.unbounded import enough

    if not verdict.holds or not verdict.complete or judge.program.max_length is not None:
        return verdict
    if not isinstance(judge, Agreement) or judge.other is None:
        note = f"the program takes any length: of words longer than {verdict.length} nothing is said"
        hint = " (--all-lengths looks for a proof)" if isinstance(judge, Agreement) and judge.exact else ""
        return replace(verdict, notes=(*verdict.notes, note + hint))
    if judge.other.max_length is not None:
        return verdict
    found = enough(judge.program, judge.other, judge.space.letters)
    if found is None:
        note = f"both take any length: equal up to {verdict.length}; about longer inputs nothing is said"
    elif verdict.length >= found.length:
        note = f"equal on inputs of EVERY length over these tokens: {found.reason}"
    else:
        note = f"both take any length: --max-length {found.length} would prove it for every length ({found.reason})"
    return replace(verdict, notes=(*verdict.notes, note))


def _proved(judge: Judge, verdict: Verdict, seconds: float) -> Verdict:
    """With a proof for all lengths, or the reason why there is none."""
    from dataclasses import replace

    from transformer_programs.verify.decide import INSTALL
    from transformer_programs.verify.judge import Agreement
    from transformer_programs.verify.sides import TaskSide

    assert isinstance(judge, Agreement)
    assert isinstance(judge.right, TaskSide)
    try:
        from transformer_programs.verify.lengths import Open, prove_every_length
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        raise ConfigError(place="--all-lengths", got="Z3 is not installed", expected=INSTALL) from error
    found = prove_every_length(judge.program, judge.right.task, seconds)
    if isinstance(found, Open):
        note = f"not proved for all lengths: {found.reason}; of words longer than {verdict.length} nothing is said"
        return replace(verdict, notes=(*verdict.notes, note))
    return replace(verdict, method="proof", complete=True, every_length=found)


def _tell(program: Program, verdict: Verdict) -> None:
    if verdict.every_length is not None:
        _tell_every_length(program, verdict, verdict.every_length)
        return
    words = {"exhaustive": "every input", "proof": "proof", "sample": "a sample"}[verdict.method]
    if verdict.sequence_accuracy is not None and verdict.token_accuracy is not None:
        print(
            f"{program.name}: {_percent(verdict.sequence_accuracy)} of {verdict.inputs:,} inputs, "
            f"{_percent(verdict.token_accuracy)} of the answers right ({words})"
        )
    else:
        known = "a counterexample" if verdict.counterexamples else "unknown"
        print(f"{program.name}: {known} ({words})")
    for example in verdict.counterexamples:
        _show(example)
    for note in verdict.notes:
        print(f"  {note}")


def _tell_every_length(program: Program, verdict: Verdict, found: EveryLength) -> None:
    print(f"{program.name}: right on {found.domain} (proof, {found.seconds:g} s)")
    for lemma in found.lemmas:
        print(f"  lemma      {lemma}")
    for claim in found.invariants:
        print(f"  invariant  {claim}")
    print(f"  also run   {verdict.inputs:,} inputs of up to {verdict.length} tokens between the markers: all right")
    for note in verdict.notes:
        print(f"  {note}")


def _percent(share: float) -> str:
    """Never 100 % where one is wrong."""
    text = f"{100 * share:.4f}".rstrip("0").rstrip(".")
    return f"{'99.9999' if text == '100' and share < 1 else text} %"


def _show(example: Counterexample) -> None:
    rows = [("input", example.tokens)]
    if example.expected:
        rows.append(("right", tuple("." if text is None else text for text in example.expected)))
    rows.append(("got", example.got))
    width = [max(len(row[i]) for _, row in rows if i < len(row)) for i in range(max(len(row) for _, row in rows))]
    print("counterexample")
    for what, row in rows:
        print(f"  {what:6} " + " ".join(text.ljust(width[i]) for i, text in enumerate(row)).rstrip())
    if example.broken:
        print(f"  broken {example.broken}")
    if example.variable:
        print(f"  where  {example.variable}")
