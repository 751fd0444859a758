"""Circuits and ablations on the terminal and in files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from transformer_programs.cli.explain_data import the_inputs
from transformer_programs.cli.options import print_json
from transformer_programs.cli.sheet import Cell, Sheet
from transformer_programs.errors import ConfigError, OutputError
from transformer_programs.explain.ablation import Effect, Question, ablate
from transformer_programs.explain.circuit import (
    MOST_MEASURED,
    Circuit,
    circuit,
    error_question,
    input_question,
    label_question,
    measured,
)
from transformer_programs.explain.inputs import every_input
from transformer_programs.explain.values import shown
from transformer_programs.files import write_text
from transformer_programs.program import Program, dumps, spells

__all__ = ["free", "show_ablation", "show_circuit", "write_circuit"]

FILES = ("circuit.svg", "program.json", "program.py", "report.json")


def show_circuit(program: Program, options: argparse.Namespace, tokens: list[str]) -> None:
    """Cuts a circuit out, writes it where --out says, and prints it."""
    if options.out is not None:
        free(options.out, options.force)
    if options.circuit_of == "errors" and options.task is None and options.data is None:
        raise ConfigError(place="--circuit-of errors", got="no right answers", expected="--task NAME or --data FILE")
    if options.circuit_of == "inputs" and not (tokens or options.task or options.data or options.holding):
        raise ConfigError(place="--circuit-of inputs", got="none", expected="INPUT, --with, --task or --data")
    inputs = the_inputs(options, program, tokens)
    if options.circuit is not None:
        found = circuit(program, label_question(program, options.circuit, inputs), allow=options.allow)
    elif options.circuit_of == "errors":
        found = circuit(program, error_question(program, inputs), inputs, allow=options.allow)
    else:
        source = every_input(program, options.samples, options.seed) if _listed(program) else inputs
        found = circuit(program, input_question(inputs), source, allow=options.allow)
    if options.out is not None:
        write_circuit(found, options.out)
    if options.json:
        print_json(_report(found))
    else:
        _tell(found)
        if options.out is not None:
            Sheet().line(f"written: {options.out}")


def _listed(program: Program) -> bool:
    """Whether all inputs of a program can be listed."""
    return program.vocabulary is not None and not spells(step.node for step in program.steps)


def free(path: Path, force: bool) -> None:
    """Raises OutputError where something is there already, or the place cannot hold it."""
    if path.suffix in (".svg", ".png", ".pdf"):
        taken = path.exists()
        if path.is_dir():
            raise OutputError(place=str(path), got="a directory", expected="a file")
    else:
        taken = path.exists() and (not path.is_dir() or any((path / name).exists() for name in FILES))
        if path.exists() and not path.is_dir():
            raise OutputError(place=str(path), got="a file", expected="a directory, or a name ending in .svg")
    if taken and not force:
        raise OutputError(place=str(path), got="something there already", expected="a new place", todo="or use --force")
    if not path.parent.is_dir():
        raise OutputError(place=str(path), got="no such directory", expected=f"{path.parent} to exist")


def write_circuit(found: Circuit, path: Path) -> None:
    """The picture alone (FILE.svg), or a directory with the picture, the program that runs, and the figures."""
    from transformer_programs.emit.python import print_python
    from transformer_programs.explain.graph import circuit_svg

    if path.suffix == ".svg":
        write_text(path, circuit_svg(found))
        return
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(place=str(path), got=f"a place that cannot be written ({error.strerror})") from error
    texts = (
        circuit_svg(found),
        dumps(found.program),
        print_python(found.program),
        json.dumps(_report(found), indent=1, ensure_ascii=False) + "\n",
    )
    for name, text in zip(FILES, texts):
        write_text(path / name, text)


def _report(found: Circuit) -> dict[str, Any]:
    return {
        "program": found.whole.name,
        "question": found.question.text,
        "inputs": found.question.inputs.what,
        "complete": found.question.inputs.complete,
        "decisions": found.decisions,
        "changed": found.changed,
        "kept": list(found.kept),
        "out": [{"variable": name, "default": value} for name, value in found.out],
        "sliced": list(found.sliced),
        "effects": [_effect(effect) for effect in found.effects],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "variable": effect.variable,
        "default": effect.default,
        "decisions": effect.decisions,
        "by_default": effect.by_default,
        "by_other": effect.by_other,
    }


def _tell(found: Circuit) -> None:
    from transformer_programs.emit.listing import print_listing

    sheet = Sheet()
    total = len(found.whole.steps)
    sheet.line(Cell(found.whole.name, "bold"), f": {found.question.text}, on {found.question.inputs.what}")
    same = found.decisions - found.changed
    proved = ": exactly, these are all inputs" if found.question.inputs.complete and not found.changed else ""
    size = f"{len(found.kept)} of {total} variables"
    sheet.line(f"the circuit has {size} and decides {same:,} of {found.decisions:,} alike{proved}")
    if found.out:
        texts = ", ".join(f"{name} (always {shown(value)})" for name, value in found.out)
        sheet.line("out: ", Cell(texts, "dim"))
    if found.sliced:
        sheet.line("then never needed: ", Cell(", ".join(found.sliced), "dim"))
    if found.effects:
        _effects(sheet, found.effects)
    sheet.title("the circuit as a program")
    for line in print_listing(found.program).splitlines():
        sheet.line(line)


def _effects(sheet: Sheet, effects: tuple[Effect, ...]) -> None:
    decisions = effects[0].decisions
    sheet.title(f"answers that change, of {decisions:,} tried, when the variable is")
    header = [Cell(text, "dim") for text in ("", "its default", "everywhere", "another input's")]
    rows: list[list[Cell | str]] = [
        [
            Cell(effect.variable, "cyan"),
            shown(effect.default),
            _share(effect.by_default, decisions),
            _share(effect.by_other, decisions),
        ]
        for effect in effects
    ]
    sheet.rows([header, *rows], right=(2, 3))


def _share(count: int, total: int) -> str:
    return f"{count:,} ({100 * count / total:.1f} %)" if total else "0"


def show_ablation(program: Program, options: argparse.Namespace, tokens: list[str]) -> None:
    """Prints what each variable matters for the answers."""
    inputs = the_inputs(options, program, tokens)
    source = every_input(program, options.samples, options.seed) if tokens and _listed(program) else inputs
    what = f"{MOST_MEASURED:,} of {inputs.what}" if len(inputs) > MOST_MEASURED else inputs.what
    inputs, source = measured(inputs), measured(source)
    effects = ablate(program, Question(text="the answers", inputs=inputs), source, seed=options.seed)
    if options.json:
        print_json({"program": program.name, "inputs": what, "effects": [_effect(e) for e in effects]})
        return
    sheet = Sheet()
    sheet.line(Cell(program.name, "bold"), f" on {what}")
    if effects:
        _effects(sheet, effects)
    else:
        sheet.line("no variable but tokens and positions")
