"""A program as a Python file: one rule a node, then the parts of the file around them.

Every rule gives pieces of one line: text, and tables as a choice of forms. A line that does not fit has its tables
moved above the function, under the variable's name in capitals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from transformer_programs.emit.python import library, operators, scores
from transformer_programs.emit.python.docstring import print_docstring
from transformer_programs.emit.python.literals import WIDTH, block, filled, is_word, text_of
from transformer_programs.emit.python.names import Names, python_name
from transformer_programs.emit.python.tables import Cell, Form, forms, letters
from transformer_programs.emit.python.views import Views
from transformer_programs.program import (
    POSITIONS,
    TOKENS,
    Apply,
    Both,
    Classify,
    Closest,
    Compare,
    Constant,
    Domain,
    Either,
    Emit,
    Finite,
    Frame,
    Full,
    Integers,
    Largest,
    LinearScore,
    Lookup,
    Mean,
    Negate,
    Node,
    Offset,
    Program,
    Read,
    Ref,
    Relation,
    Score,
    Selector,
    Smallest,
    Table,
    TableScore,
    Total,
    Width,
    domains,
    read_domain,
)

__all__ = ["format_python", "main_source", "print_python", "unformatted"]

Pieces: TypeAlias = list["str | list[Form]"]

DEEPEST = 3
"""Selectors nested deeper get a line of their own."""


def print_python(program: Program) -> str:
    """The program as the text of a Python file that needs nothing but the standard library.

    `read_python` reads it back to an equal program. The file can be imported (`run(tokens)`) and run as a script.

    >>> from transformer_programs.program import Compare, Emit, Program, Step, Width
    >>> count = Step("count_1", Width(Compare("tokens", "==", "tokens")))
    >>> hist = Program(name="hist", vocabulary=("a", "b"), max_length=4, steps=(count,), output=Emit("count_1"))
    >>> text = print_python(hist)
    >>> print(text[text.index("def run"):text.index("def select")].strip())
    def run(tokens: list[str]) -> list[int]:
        tokens = admit(tokens)
        count_1 = width(select(tokens, tokens))
        return count_1
    """
    return format_python(unformatted(program))


def format_python(text: str) -> str:
    """The text as black formats it."""
    import black

    return black.format_str(text, mode=black.Mode(line_length=WIDTH, magic_trailing_comma=False))


def unformatted(program: Program) -> str:
    """The text of the file before formatting."""
    return "\n".join(_Printer(program).file()) + "\n"


def main_source(frame: Frame, pooled: bool) -> str:
    """The part of the file that runs it as a script."""
    before, after = ([repr(token) for token in marks] for marks in (frame.before, frame.after))
    lines = ["print(*(words and run(words)))"]
    if before:
        marked = f"[{', '.join([*before, '*words', *after])}]"
        own = "" if pooled else f"[{len(before)}:{-len(after) if after else ''}]"
        lines = [f"if words[:1] in ([], [{before[0]}]):", f"    {lines[0]}", "else:", f"    print(*run({marked}){own})"]
    answer = "\n            ".join(lines)
    return f"""
if __name__ == "__main__":
    try:
        for words in [sys.argv[1:]] if sys.argv[1:] else map(str.split, sys.stdin):
            {answer}
    except ValueError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
"""


class _Printer:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._known = domains(program)
        taken = {python_name(name) for name in self._known}
        self._names = Names(taken)
        self._views = Views(program, self._known, self._names)
        self._constants: dict[str, str] = {}
        self._uses_positions = False

    def file(self) -> Iterator[str]:
        """All statements of the file, in order."""
        program = self._program
        body = list(self._body())
        if self._uses_positions:
            body.insert(0, "positions = list(range(len(tokens)))")
        body.insert(0, "tokens = admit(tokens)")
        run = f"def run(tokens: list[str]) -> list[{self._answer()}]:\n" + "".join(f"    {line}\n" for line in body)
        main = main_source(program.frame, isinstance(program.output, Classify) and program.output.pooled)
        admit = library.admit_source(program.max_length is not None, vocabulary_kind(program.vocabulary))
        functions = _functions(run)
        names = library.needed([main, run, *functions, admit])
        yield print_docstring(program.name, program.about, program.causal)
        yield from library.imports_of(names)
        if program.vocabulary is not None:
            yield f"VOCABULARY = {vocabulary_literal(program.vocabulary)}"
        if program.max_length is not None:
            yield f"MAX_LENGTH = {program.max_length}"
        for literal, name in self._constants.items():
            yield f"{name} = {literal}"
        yield run
        yield from functions
        yield admit
        yield main

    def _answer(self) -> str:
        match self._program.output:
            case Emit(variable):
                return _type_of(self._known[variable])
            case Classify():
                return "str"

    # --- the body of `run` --------------------------------------------------------------------------------------

    def _body(self) -> Iterator[str]:
        yield from self._aliases((TOKENS, POSITIONS))
        for step in self._program.steps:
            pieces = yield from self._node(step.name, step.node)
            clip = self._views.clip(step.name)
            if clip is not None:
                pieces = ["[", clip, " for x in ", *pieces, "]"]
            yield self._line(step.name, [f"{python_name(step.name)} = ", *pieces])
            yield from self._aliases((step.name,))
        yield from self._output()

    def _aliases(self, names: Iterable[Ref]) -> Iterator[str]:
        for name in names:
            for line in self._views.aliases(name):
                self._raw(name)
                yield line

    def _line(self, name: str, pieces: Pieces) -> str:
        """The pieces as one line; tables go above the function, longest first, while it is too long."""
        tables = [i for i, piece in enumerate(pieces) if isinstance(piece, list)]
        texts = ["" if i in tables else str(piece) for i, piece in enumerate(pieces)]
        for i in tables:
            texts[i] = min((f.literal.text + f.access for f in _choices(pieces[i]) if _is_inline(f)), key=len)
        while len("".join(texts)) > WIDTH - 4 and tables:
            longest = max(tables, key=lambda i: len(texts[i]))
            tables.remove(longest)
            texts[longest] = self._hoist(name, _choices(pieces[longest]))
        return "".join(texts)

    def _hoist(self, name: str, choices: Sequence[Form]) -> str:
        wish = python_name(name).upper()
        form = min(choices, key=lambda form: (form.literal.lines(len(wish) + 3), len(form.literal.text)))
        return self._constant(wish, form.literal.text) + form.access

    def _constant(self, wish: str, literal: str) -> str:
        if literal not in self._constants:
            self._constants[literal] = self._names(wish)
        return self._constants[literal]

    def _raw(self, ref: Ref) -> str:
        self._uses_positions |= ref == POSITIONS
        return python_name(ref)

    def _view(self, read: Read) -> str:
        self._uses_positions |= read == Read(POSITIONS)
        return self._views.name(read)

    # --- nodes: one rule each -----------------------------------------------------------------------------------

    def _node(self, name: Ref, node: Node) -> Iterator[str]:
        """Yields lines that must stand before; returns the pieces of the node's own."""
        match node:
            case Constant(value):
                return [f"[{value!r}] * len(tokens)"]
            case Table(reads, cells):
                return self._table(reads, cells)
            case Apply(operator, arguments):
                return [f"[{operators.EXPRESSIONS[operator]} for {self._each([self._raw(ref) for ref in arguments])}]"]
            case Lookup(argument, keys, values, default):
                text = "{" + ", ".join(f"{key!r}: {value!r}" for key, value in zip(keys, values)) + "}"
                rest = f", {self._raw(argument)}" + ("" if default is None else f", {default!r}")
                if len(text) + len(rest) + len(name) > WIDTH - 20:
                    text = self._constant(python_name(name).upper(), text)
                return [f"lookup({text}{rest})"]
            case Width(selector):
                return ["width(", *(yield from self._matches(name, selector)), ")"]
            case Closest(selector, values) | Total(selector, values):
                function = "closest" if isinstance(node, Closest) else "total"
                matches = yield from self._matches(name, selector)
                return [f"{function}(", *matches, f", {self._raw(values)})"]
            case (
                Mean(selector, values, default)
                | Largest(selector, values, default)
                | Smallest(selector, values, default)
            ):
                function = type(node).__name__.lower()
                matches = yield from self._matches(name, selector)
                return [f"{function}(", *matches, f", {self._raw(values)}, {default!r})"]

    def _table(self, reads: Sequence[Read], cells: Sequence[Cell]) -> Pieces:
        choices = forms([read_domain(read, self._known) for read in reads], cells)
        return ["[", choices, f" for {self._each([self._view(read) for read in reads])}]"]

    @staticmethod
    def _each(columns: Sequence[str]) -> str:
        names = ", ".join(letters(len(columns)))
        return f"{names} in {columns[0]}" if len(columns) == 1 else f"{names} in zip({', '.join(columns)})"

    # --- selectors: one rule each -------------------------------------------------------------------------------

    def _matches(self, name: Ref, selector: Selector) -> Iterator[str]:
        pieces = yield from self._selector(name, selector)
        return ["past(", *pieces, ")"] if self._program.causal else pieces

    def _selector(self, name: Ref, selector: Selector) -> Iterator[str]:
        match selector:
            case Full():
                return [f"full({self._raw(POSITIONS)})"]
            case Offset(low, high):
                return [f"offset({self._raw(POSITIONS)}, {low}, {high})"]
            case Compare(keys, "==", queries):
                return [f"select({self._raw(keys)}, {self._raw(queries)})"]
            case Compare(keys, operator, queries):
                return [f"compare({self._raw(keys)}, {operators.COMPARISON_NAMES[operator]}, {self._raw(queries)})"]
            case Relation():
                return self._relation(selector)
            case Both(left, right) | Either(left, right):
                first = yield from self._inner(name, left)
                second = yield from self._inner(name, right)
                return [f"{type(selector).__name__.lower()}(", *first, ", ", *second, ")"]
            case Negate(inner):
                return ["negate(", *(yield from self._inner(name, inner)), ")"]

    def _inner(self, name: Ref, selector: Selector) -> Iterator[str]:
        pieces = yield from self._selector(name, selector)
        if _height(selector) % DEEPEST:
            return pieces
        local = self._names(f"{python_name(name)}_matches")
        yield self._line(local, [f"{local} = ", *pieces])
        return [local]

    def _relation(self, relation: Relation) -> Pieces:
        keys, queries, rows = relation.keys, relation.queries, relation.rows
        if keys == queries and len(set(rows)) == 1:
            return [f"where({', '.join([self._view(keys), *map(repr, rows[0])])})"]
        single = all(len(row) <= 1 for row in rows)
        cells: Sequence[Cell] = [row[0] if row else None for row in rows] if single else rows
        return [f"{'select' if single else 'among'}({self._view(keys)}, ", *self._table([queries], cells), ")"]

    # --- output -------------------------------------------------------------------------------------------------

    def _output(self) -> Iterator[str]:
        match self._program.output:
            case Emit(variable):
                yield f"return {self._raw(variable)}"
            case Classify(labels, bias, parts, pooled):
                rows = [scores.Rows("1", None, bias)] if any(bias) else []
                seen: set[Score | tuple] = set()
                for part in parts:
                    match part:
                        case LinearScore(variable, weights):
                            local, values, key = self._raw(variable), None, ("*", variable)
                        case TableScore(read, table):
                            domain = read_domain(read, self._known)
                            quote = scores.needs_quotes(domain)
                            local, weights, key = self._view(read), (), read
                            if quote:
                                local, line = self._views.quoted(local)
                                yield line
                            values = {scores.key_of(value, quote): row for value, row in zip(domain, table)}
                    if key in seen:
                        local, line = self._views.again(local)
                        yield line
                    seen.add(key)
                    rows.append(scores.Rows(local, values, weights))
                plain = all(map(is_word, labels))
                shown = labels if plain else tuple(map(str, range(len(labels))))
                self._constants[block(scores.print_scores(shown, rows))] = "SCORES"
                call = f"classify(SCORES, locals(){', pooled=True' if pooled else ''})"
                if not plain:
                    text = text_of(labels).text
                    self._constants[text] = "LABELS"
                    call = f"[LABELS[int(x)] for x in {call}]"
                yield f"return {call}"


def vocabulary_kind(vocabulary: tuple[str, ...] | None) -> str:
    """Which check of the tokens the program needs (`library.admit_source`)."""
    return "taken" if vocabulary is None else "mapped" if "<unk>" in vocabulary else "listed"


def vocabulary_literal(vocabulary: Sequence[str]) -> str:
    """The set of the tokens, in order: words in one text, others by themselves."""
    runs: list[list[str]] = []
    for token in vocabulary:
        if is_word(token) and runs and is_word(runs[-1][-1]):
            runs[-1].append(token)
        else:
            runs.append([token])
    if len(runs) == 1 and is_word(runs[0][0]):
        return f"set({_words(runs[0])}.split())"
    parts = [f"*{_words(run)}.split()" if is_word(run[0]) else repr(run[0]) for run in runs]
    return f"{{{', '.join(parts)}}}"


def _words(words: Sequence[str]) -> str:
    line = repr(" ".join(words))
    return line if len(line) <= WIDTH - 25 else block(filled(words, WIDTH - 4))


def _choices(piece: str | list[Form]) -> list[Form]:
    assert isinstance(piece, list)
    return piece


def _is_inline(form: Form) -> bool:
    return "\n" not in form.literal.text and not form.literal.text.startswith("{x: value")


def _height(selector: Selector) -> int:
    match selector:
        case Both(left, right) | Either(left, right):
            return 1 + max(_height(left), _height(right))
        case Negate(inner):
            return 1 + _height(inner)
        case _:
            return 1


def _type_of(domain: Domain) -> str:
    match domain:
        case Integers():
            return "int"
        case Finite(values) if len({type(value) for value in values}) == 1:
            return type(values[0]).__name__
        case _:
            return "object"


def _functions(run: str) -> list[str]:
    """The library's functions that the text calls, and those that they call."""
    names = library.needed([run]) & set(library.FUNCTIONS)
    sources = {name: library.function_source(name) for name in names - {"run", "admit"}}
    for name in set().union(*(library.needed([source]) for source in sources.values())) & set(library.FUNCTIONS):
        sources.setdefault(name, library.function_source(name))
    return [sources[name] for name in library.FUNCTIONS if name in sources]
