"""How `run` names what tables read: a variable, or a count cut off at a limit.

Where every reader of a count cuts it at the same limit, its own line does (`count_1 = [min(x, 4) for x in ...]`);
otherwise a line below it makes the cut column under a name of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from transformer_programs.emit.python.names import Names, python_name
from transformer_programs.program import Domain, Integers, Program, Read, Ref, reads, references

__all__ = ["QUOTE", "Views", "clip_source"]

QUOTE = r'ascii(x).replace(" ", "\\x20")'
"""`scores.quoted` of x, as text."""


def clip_source(limit: int, domain: Domain) -> str:
    """The number x cut off at a limit, as `semantics.saturate` does; the lower cut is left out where it never bites.

    >>> clip_source(4, Integers(0, None)), clip_source(4, Integers(None, None))
    ('min(x, 4)', 'min(max(x, 0), 4)')
    """
    natural = isinstance(domain, Integers) and domain.low is not None and domain.low >= 0
    return f"min(x, {limit})" if natural else f"min(max(x, 0), {limit})"


class Views:
    """The names of all reads of one program."""

    def __init__(self, program: Program, known: Mapping[Ref, Domain], names: Names) -> None:
        self._known = known
        self._free = names
        limits: dict[Ref, dict[int | None, None]] = {}
        for part in (*(step.node for step in program.steps), program.output):
            finite = list(reads(part))
            for read in finite:
                limits.setdefault(read.variable, {})[read.limit] = None
            plain = Counter(references(part)) - Counter(read.variable for read in finite)
            for ref in plain:
                limits.setdefault(ref, {})[None] = None
        steps = {step.name for step in program.steps}
        self._clips = {
            name: limit
            for name, used in limits.items()
            for limit in used
            if name in steps and len(used) == 1 and limit is not None
        }
        self._local = {
            Read(name, limit): python_name(name) if name in self._clips else names(f"{python_name(name)}_{limit}")
            for name, used in limits.items()
            for limit in used
            if limit is not None
        }

    def clip(self, name: Ref) -> str | None:
        """How the variable's own line cuts off its values x, if it does."""
        limit = self._clips.get(name)
        return None if limit is None else clip_source(limit, self._known[name])

    def aliases(self, name: Ref) -> Iterator[str]:
        """The lines that make a variable's cut columns."""
        for read, local in self._local.items():
            if read.variable == name and name not in self._clips and read.limit is not None:
                yield f"{local} = [{clip_source(read.limit, self._known[name])} for x in {python_name(name)}]"

    def name(self, read: Read) -> str:
        """The local variable that holds what is read."""
        return python_name(read.variable) if read.limit is None else self._local[read]

    def quoted(self, local: str) -> tuple[str, str]:
        """A local variable that holds the values of another as words, and the line that makes it."""
        name = self._free(f"{local}_quoted")
        return name, f"{name} = [{QUOTE} for x in {local}]"

    def again(self, local: str) -> tuple[str, str]:
        """A second name for a local variable, and the line that makes it."""
        name = self._free(f"{local}_again")
        return name, f"{name} = {local}"
