"""What `compiler` makes: how large it is, how fast it is made, and that it is exact.

    python bench/compiler.py sizes              # the table of docs/compiler.md
    python bench/compiler.py exact              # every program on every input up to length 5; a few minutes
    python bench/compiler.py exact random       # one group of: written, functions, examples, learned, random, deep

Sizes stand beside those known for Tracr (same programs, vocabularies and lengths; see docs/compiler.md). Times are CPU
time of one warm process. `exact` compares the weights with the interpreter on all inputs up to length 5 where there are
at most 20,000, else on that many random ones, and ends with 1 where any differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from transformer_programs.compiler import CompiledModel, compile_program
from transformer_programs.compiler.sampling import compare_with_interpreter, some_inputs
from transformer_programs.errors import ProgramError
from transformer_programs.files import load_program
from transformer_programs.program import Program

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

LENGTH = 5
MOST_INPUTS = 20_000
RANDOM_PROGRAMS = 500

KNOWN = {
    # layers, heads, residual width, parameters, as the facts about Tracr give them
    "hist": ("1", "1", "19", "1.2 k"),
    "reverse": ("4", "", "43", "19.7 k"),
    "sort": ("3-4", "", "43-53", "17-35 k"),
    "sort_unique": ("2-3", "", "23-28", "2.8-5.0 k"),
    "frac_prevs": ("2", "", "14-20", "1.1-2.5 k"),
    "shuffle_dyck2": ("8", "4", "55", "247 k"),
    "shuffle_dyck3": ("9", "6", "73", "725 k"),
    "detect_pattern": ("3", "2", "26", "6.6 k"),
}


def sizes() -> None:
    """The table of sizes, as Markdown."""
    from compiler.library import LIBRARY, SIZED

    print("| program | layers | heads | residual width | compressed | parameters | compile time |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    slowest = ("", 0.0)
    for program in LIBRARY:
        compile_program(program)
        begin = time.process_time()
        model = compile_program(program)
        seconds = time.process_time() - begin
        slowest = max(slowest, (program.name, seconds), key=lambda pair: pair[1])
        if program not in SIZED:
            continue
        made, small = model.sizes, compile_program(program, compress=True).sizes
        ours = (made.layers, made.heads, made.width, _thousands(made.uniform))
        cells = [f"{mine} / {theirs}" if theirs else str(mine) for mine, theirs in zip(ours, KNOWN[program.name])]
        cells.insert(3, str(small.width))
        print(f"| {program.name} | {' | '.join(cells)} | {1000 * seconds:.0f} ms |")
    print(f"slowest to compile of all {len(LIBRARY)}: {slowest[0]}, {slowest[1]:.3f} s")


def _thousands(number: int) -> str:
    return str(number) if number < 1000 else f"{number / 1000:.1f} k"


@dataclass(slots=True)
class Tally:
    """What a group of programs gave."""

    programs: int = 0
    inputs: int = 0
    failing: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, program: Program, length: int, most: int, compress: bool, causal: bool | None = None) -> None:
        """Compiles a program and compares it."""
        assert program.vocabulary is not None
        try:
            model: CompiledModel = compile_program(program, max_length=length, compress=compress, causal=causal)
        except ProgramError as error:
            self.refused[str(error).split(";")[0]] += 1
            return
        closed = replace(program, max_length=program.max_length or length, causal=model.config.causal)
        inputs = some_inputs(program.vocabulary, min(length, model.config.max_length), most)
        found = compare_with_interpreter(closed, model, inputs)
        self.programs += 1
        self.inputs += found.inputs
        self.failing += found.failing
        if found.differences:
            self.wrong.append(f"{program.name}: {len(found.differences)}, first {found.differences[0]}")


def written(tally: Tally) -> None:
    """The hand-written programs, plain and compressed, as they are and causal."""
    from compiler.library import LIBRARY

    for program in LIBRARY:
        for compress in (False, True):
            for causal in {program.causal, True}:
                made = replace(program, causal=causal)
                tally.add(made, min(LENGTH, program.max_length or LENGTH), MOST_INPUTS, compress)


def functions(tally: Tally) -> None:
    """Every function of RASP's library."""
    from compiler.test_rasp import LIBRARY
    from transformer_programs.rasp.lowering import program_of
    from transformer_programs.rasp.session import Session

    for name, text in LIBRARY.items():
        session = Session()
        session.sop_example = session.selector_example = "abc"
        session.run(f'worth = {{"a": 1, "b": -2, "c": 0}};\nanswer = {text};')
        for causal in (False, True):
            made = program_of(session.sop("answer").expr, name=name, vocabulary=tuple("abc"), causal=causal)
            for compress in (False, True):
                tally.add(made, LENGTH, MOST_INPUTS, compress)


def examples(tally: Tally) -> None:
    """The files of examples/rasp, over up to five tokens of their own example."""
    from compiler.test_rasp import FILES
    from transformer_programs.rasp.lowering import program_of
    from transformer_programs.rasp.session import Session

    for path in FILES:
        session = Session()
        session.run_file(path)
        vocabulary = tuple(dict.fromkeys(session.sop_example))[:5]
        made = program_of(session.sop(session.last).expr, name=path.stem, vocabulary=vocabulary)
        tally.add(made, LENGTH, MOST_INPUTS, compress=False)


def learned(tally: Tally) -> None:
    """The programs of programs/: all short inputs, and random ones of every length (of any length: up to 8)."""
    for path in sorted((ROOT / "programs").glob("*/program.json")):
        program = load_program(path.parent)
        longest = program.max_length or LENGTH
        for compress in (False, True):
            tally.add(program, longest, 2_000, compress)
        tally.add(program, min(LENGTH, longest), MOST_INPUTS, False)


def random(tally: Tally) -> None:
    """Random programs from Hypothesis; half of the kind that learners find."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    from compiler.deep import scored
    from strategies import programs

    @settings(
        max_examples=RANDOM_PROGRAMS,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        only_learned = data.draw(st.booleans())
        program = data.draw(programs(learned_only=only_learned, most_steps=8, partial=True))
        if only_learned:
            program = scored(program, data.draw(st.integers(0, 99)))
        length = min(program.max_length or 4, LENGTH)
        closed = replace(program, vocabulary=program.vocabulary or ("a", "b", "1"), max_length=program.max_length)
        tally.add(closed, length, MOST_INPUTS, data.draw(st.booleans()))

    compare()


def deep(tally: Tally) -> None:
    """Random programs whose answer depends on many of their steps."""
    from compiler.deep import deep_program

    for seed in range(1, RANDOM_PROGRAMS + 1):
        program = deep_program(seed)
        assert program.max_length is not None
        tally.add(program, program.max_length, MOST_INPUTS, seed % 2 == 0)


GROUPS = {group.__name__: group for group in (written, functions, examples, learned, random, deep)}


def exact(names: list[str]) -> int:
    """Compares; the exit code."""
    return max([_group(name) for name in names or GROUPS])


def _group(name: str) -> int:
    tally = Tally()
    begin = time.process_time()
    GROUPS[name](tally)
    for line in _report(name, tally, time.process_time() - begin):
        print(line, flush=True)
    return 1 if tally.wrong else 0


def _report(name: str, tally: Tally, seconds: float) -> Iterator[str]:
    yield (
        f"{name}: {tally.programs} models on {tally.inputs:,} inputs ({tally.failing:,} without an answer): "
        f"{len(tally.wrong)} models differ; {sum(tally.refused.values())} refused; {seconds:.0f} s"
    )
    yield from (f"  differs: {text}" for text in tally.wrong)
    yield from (f"  refused {count}: {text}" for text, count in tally.refused.most_common(6))


def main() -> int:
    """Runs what was asked."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=("sizes", "exact"))
    arguments.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="of exact; default: all")
    options = arguments.parse_args()
    if options.what == "exact":
        return exact(options.groups)
    sizes()
    return 0


if __name__ == "__main__":
    sys.exit(main())
