"""The compiler as a list of stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transformer_programs.compiler.assemble import assemble
from transformer_programs.compiler.graph import refuse
from transformer_programs.compiler.layout import lay_out
from transformer_programs.compiler.model import CompiledModel, Config
from transformer_programs.compiler.place import place
from transformer_programs.compiler.plan import Plan, make_plan
from transformer_programs.compiler.values import analyse
from transformer_programs.errors import ConfigError
from transformer_programs.passes.closing import refuse_text
from transformer_programs.program import Program, check

__all__ = ["compile_program"]

MOST_PARAMETERS = 200_000_000


def compile_program(
    program: Program,
    *,
    vocabulary: Sequence[str] | None = None,
    max_length: int | None = None,
    causal: bool | None = None,
    compress: bool = False,
) -> CompiledModel:
    """The weights of an ordinary Transformer that computes the program.

    Values, plan (codes, heads, tables, readout), place, layout, assembly.

    Args:
        program: any program whose variables are finite for this vocabulary and length.
        vocabulary: needed where the program takes any token.
        max_length: most tokens; needed where the program takes any length.
        causal: overrides the program's own flag.
        compress: use directions of the residual stream again.

    Raises:
        ConfigError: no vocabulary or length, or one that the program does not take.
        ProgramError: a node that cannot be compiled exactly, with the reason.
    """
    refuse_text(program, "a Transformer's weights")
    program, tokens, length = _closed(program, vocabulary, max_length, causal)
    graph = analyse(program, tokens, length)
    plan = make_plan(program, graph)
    layers = place(plan)
    width, erasures, slots = lay_out(plan, layers, compress)
    _check_size(plan, width)
    weights = assemble(plan, layers, width, erasures)
    readout = plan.readout
    config = Config(
        name=program.name,
        vocabulary=tokens,
        max_length=length,
        causal=program.causal,
        kind=readout.kind,
        values=readout.values,
        pooled=readout.pooled,
        faults=tuple(readout.messages),
        reading=program.reading,
        frame=program.frame,
        compressed=compress,
        attention_gap=min((head.gap for head in plan.heads), default=0.0),
        attention_height=max((head.height for head in plan.heads), default=0.0),
        table_margin=min((block.margin for block in plan.blocks), default=0.25),
    )
    return CompiledModel(config, weights, tuple(slots))


def _check_size(plan: Plan, width: int) -> None:
    """Refuses a model that would fill the memory, naming its largest part."""
    sizes = [(len(head.pairs) * 4 * width, head.name) for head in plan.heads]
    sizes += [(len(block.units) * 2 * width, block.name) for block in plan.blocks]
    if sum(size for size, _ in sizes) > MOST_PARAMETERS:
        size, name = max(sizes)
        raise refuse(
            f"step {name!r}",
            f"{size:,} parameters for it in a residual stream of {width} directions",
            f"at most {MOST_PARAMETERS:,} in all",
            "use a smaller vocabulary or length",
        )


def _closed(
    program: Program, vocabulary: Sequence[str] | None, max_length: int | None, causal: bool | None
) -> tuple[Program, tuple[str, ...], int]:
    """The program with a vocabulary and a length, and both."""
    if vocabulary is None:
        if program.vocabulary is None:
            raise ConfigError(place="--vocabulary", got="none", expected="the tokens, since the program takes any")
        vocabulary = program.vocabulary
    elif program.vocabulary is not None and not set(vocabulary) <= set(program.vocabulary):
        extra = sorted(set(vocabulary) - set(program.vocabulary))
        raise ConfigError(place="--vocabulary", got=f"{extra}", expected="tokens of the program's own vocabulary")
    if not vocabulary or len(set(vocabulary)) < len(vocabulary):
        raise ConfigError(place="--vocabulary", got="no or repeated tokens", expected="distinct tokens")
    if max_length is None:
        if program.max_length is None:
            raise ConfigError(place="--max-length", got="none", expected="a length, since the program takes any")
        max_length = program.max_length
    elif max_length < 1:
        raise ConfigError(place="--max-length", got=str(max_length), expected="1 or more")
    elif program.max_length is not None and max_length > program.max_length:
        raise ConfigError(
            place="--max-length", got=str(max_length), expected=f"at most the program's own {program.max_length}"
        )
    closed = replace(
        program,
        vocabulary=program.vocabulary or tuple(vocabulary),
        max_length=program.max_length or max_length,
        causal=program.causal if causal is None else causal,
    )
    return check(closed), tuple(vocabulary), max_length
