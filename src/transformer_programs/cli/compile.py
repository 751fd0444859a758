"""`tprog compile`: a program, learned or written in RASP, as the weights of an ordinary Transformer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.cli.options import add_json, parser, print_json

if TYPE_CHECKING:
    from transformer_programs.compiler import CompiledModel, Margins
    from transformer_programs.compiler.sampling import Comparison
    from transformer_programs.program import Program

__all__ = ["main"]

EXAMPLES = """  tprog compile programs/sort --out compiled/sort
  tprog compile examples/rasp/reverse.rasp --vocabulary abcd --max-length 8 --out compiled/reverse
  tprog compile examples/raspl/copy.rasp --rasp-l --vocabulary '-1 -2 0 1 2' --max-length 6 --out compiled/copy
  tprog compile mine.rasp --name answer --vocabulary 'yes no maybe' --max-length 5 --causal --compress --out compiled"""


def main(argv: Sequence[str]) -> int:
    """Compiles, compares with the interpreter, writes the files. Exit code 1 where the two differ."""
    arguments = parser(
        "compile",
        "Compile a program to the weights of an ordinary Transformer (no layer norm, ReLU, softmax attention).",
        EXAMPLES,
    )
    arguments.add_argument("program", help="a run directory, a folder of programs/, a program.json, .py or .rasp file")
    arguments.add_argument("--out", type=Path, help="directory for model.safetensors, config.json and residual.json")
    arguments.add_argument("--vocabulary", metavar="TOKENS", help="tokens, separated by blanks; one word: its letters")
    arguments.add_argument("--max-length", type=int, metavar="N", help="most tokens of an input")
    arguments.add_argument("--causal", action="store_true", help="a position sees only itself and what is before it")
    arguments.add_argument("--compress", action="store_true", help="use directions of the residual stream again")
    arguments.add_argument("--name", help="of a .rasp file: what to compile; default: its last s-op")
    arguments.add_argument("--rasp-l", action="store_true", help="of a .rasp file: check it as RASP-L; it is causal")
    arguments.add_argument("--check", type=int, default=1000, metavar="N", help="inputs to compare on (default 1000)")
    arguments.add_argument("--force", action="store_true", help="write over a compiled model")
    add_json(arguments)
    options = arguments.parse_args(argv)

    import time

    from transformer_programs.cli.bar import Bar
    from transformer_programs.compiler import compile_program, measure_margins, save_model
    from transformer_programs.compiler.sampling import compare_with_interpreter, some_inputs
    from transformer_programs.config import at_least

    at_least("--check", options.check, 1)
    vocabulary = None if options.vocabulary is None else _tokens(options.vocabulary)
    program = _program(options, vocabulary)
    begin = time.perf_counter()
    model = compile_program(
        program,
        vocabulary=vocabulary,
        max_length=options.max_length,
        causal=True if options.causal else None,
        compress=options.compress,
    )
    seconds = time.perf_counter() - begin
    closed = replace(
        program,
        vocabulary=program.vocabulary or model.config.vocabulary,
        max_length=program.max_length or model.config.max_length,
        causal=model.config.causal,
    )
    inputs = some_inputs(model.config.vocabulary, model.config.max_length, options.check)
    with Bar("inputs compared", quiet=options.json) as bar:
        comparison = compare_with_interpreter(closed, model, inputs, progress=bar.report)
    wrong, margins = comparison.differences, None
    if comparison.answered and not wrong:
        with Bar("inputs measured in float64, float32 and bfloat16", quiet=options.json) as bar:
            margins = measure_margins(model, comparison.answered, bar.report)
    if options.out is not None and not wrong:
        save_model(model, options.out, options.force)
    if options.json:
        print_json(
            {
                "program": program.name,
                "out": None if options.out is None or wrong else str(options.out),
                "sizes": asdict(model.sizes),
                "margins": None if margins is None else _finite(asdict(margins)),
                "seconds": round(seconds, 4),
                "compared": comparison.inputs,
                "failing": comparison.failing,
                "differences": len(wrong),
            }
        )
    else:
        _report(model, margins, comparison, seconds, options.out)
    return 1 if wrong else 0


def _tokens(text: str) -> tuple[str, ...]:
    words = tuple(text.split())
    return tuple(dict.fromkeys(words[0])) if len(words) == 1 else words


def _program(options: Any, vocabulary: tuple[str, ...] | None) -> Program:
    """The program of a path; a .rasp file is run first."""
    from transformer_programs.errors import ConfigError

    path = Path(options.program)
    if path.suffix != ".rasp":
        from transformer_programs.files import load_program

        if options.name is not None:
            raise ConfigError(place="--name", got=options.name, expected="a .rasp file to take it from")
        if options.rasp_l:
            raise ConfigError(place="--rasp-l", got=str(path), expected="a .rasp file to check")
        return load_program(path)
    from transformer_programs.rasp.lowering import program_of
    from transformer_programs.rasp.raspl import RaspLSession
    from transformer_programs.rasp.session import Session

    session = RaspLSession() if options.rasp_l else Session()
    if vocabulary and not options.rasp_l:
        # RASP tries each statement on its running example; one of other tokens could fail where the program does not.
        letters = all(len(token) == 1 for token in vocabulary)
        example: Any = "".join(vocabulary[:40]) if letters else list(vocabulary[:40])
        session.sop_example = session.selector_example = example
    session.run_file(path)
    what_is_written = options.rasp_l and "next" in session.environment.names()
    name = options.name or ("next" if what_is_written else session.last)
    names = {expr: text for expr, text in session.names().items() if text.isidentifier()}
    return program_of(session.sop(name).expr, name=name, names=names, vocabulary=vocabulary, causal=session.causal)


def _finite(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON has no infinity."""
    return {key: None if value in (float("inf"), float("-inf")) else value for key, value in fields.items()}


def _report(
    model: CompiledModel, margins: Margins | None, comparison: Comparison, seconds: float, out: Path | None
) -> None:
    sizes = model.sizes
    print(f"{model.config.name}: compiled in {seconds:.3f} s")
    print(
        f"  size      {sizes.layers} layers, {sizes.heads} heads of {sizes.head}, residual width {sizes.width}, "
        f"{sizes.hidden} hidden units, {sizes.parameters:,} parameters"
    )
    failing = f", on {comparison.failing} of which the program has no answer" if comparison.failing else ""
    wrong = comparison.differences
    print(f"  compared  with the interpreter on {comparison.inputs} inputs{failing}: {len(wrong)} differences")
    if wrong:
        first = wrong[0]
        print(f"  first     {' '.join(first.tokens)}: interpreter {first.expected}, weights {first.got}")
        print("  not written: this is a bug of the compiler, please report it with the program")
        return
    if margins is not None:
        print(
            f"  margins   attention {margins.attention:g} ({margins.attention_bits:g} bits), "
            f"tables {margins.table_bits:g} bits, answers {margins.answer:.3g} ({margins.answer_bits:g} bits)"
        )
        print(f"  precision float32 gives {margins.float32} of {margins.inputs} answers, bfloat16 {margins.bfloat16}")
    if out is not None:
        print(f"  written   {out}")
