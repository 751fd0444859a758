"""Running statements: the syntax tree to values.

Expressions are walked by generators on one explicit stack, so that neither a deep expression nor a deep call meets
Python's recursion limit, and a budget of steps ends what would not end by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from transformer_programs.rasp import operations, syntax
from transformer_programs.rasp.environment import Environment
from transformer_programs.rasp.errors import Place, RaspError
from transformer_programs.rasp.values import Function, Matrix, Named, Sequenced, describe, is_atom

__all__ = ["Host", "Result", "execute"]

MOST_STEPS = 400_000
"""Most steps of one statement at the top."""
DEEPEST_CALL = 400
"""Most calls of functions within one another."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave: a value, and its name where it has one."""

    name: str | None
    value: Any


class Host(Protocol):
    """What running statements need from the session around them."""

    def check(self, value: Named, examples: list[Any]) -> None:
        """Raises RaspError where the value fails on the running example (or on the examples given)."""

    def evaluate(self, value: Named, on: Any) -> Sequenced | Matrix:
        """The value on an input."""

    def load(self, file: str, environment: Environment, place: Place) -> None:
        """Runs the statements of a file."""

    def draw(self, value: Named, on: Any) -> Sequenced:
        """Draws the computation on an input (None: the running example)."""

    def note(self, name: str, value: Named) -> None:
        """Notes that a value was given a name, in whatever scope."""


Walk: TypeAlias = Generator[tuple[Any, Environment], Any, Any]


def execute(statement: syntax.Statement, environment: Environment, host: Host) -> list[Result]:
    """Runs one statement.

    Raises:
        RaspError: with the place of the innermost expression that fails; where that is in the library, of its call.
    """
    try:
        results: list[Result] = _Run(host).run(statement, environment)
    except RecursionError:
        raise RaspError("values nested too deeply", kind="wrong", where=statement.place) from None
    return results


class _Run:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._examples: list[Any] = []
        self._calls = 0

    def run(self, node: Any, environment: Environment) -> Any:
        """The value of a node: generators on a stack, each asking for its parts by yielding them."""
        stack: list[tuple[Any, Environment, Walk]] = [(node, environment, _WALKS[type(node)](self, node, environment))]
        try:
            return self._walk(stack)
        except RaspError as error:
            for part, _, _ in reversed(stack):
                error.at(part.place)
            raise error from None

    def _walk(self, stack: list[tuple[Any, Environment, Walk]]) -> Any:
        value: Any = None
        first = stack[0][0]
        for _ in range(MOST_STEPS):
            current, where, walk = stack[-1]
            try:
                part, scope = walk.send(value)
            except StopIteration as end:
                value = end.value
                if isinstance(current, _EXPRESSIONS):
                    self._finish(value, where)
                stack.pop()
                if not stack:
                    return value
            else:
                stack.append((part, scope, _WALKS[type(part)](self, part, scope)))
                value = None
        raise RaspError(
            f"the statement takes more than {MOST_STEPS} steps", kind="wrong", where=first.place, todo="make it smaller"
        )

    def _finish(self, value: Any, environment: Environment) -> None:
        if isinstance(value, (Sequenced, Matrix)):
            return
        if isinstance(value, Named):
            self._host.check(value, self._examples)
        environment.set_out(value)

    # --- statements ---------------------------------------------------------------------------------------------

    def evaluate(self, node: syntax.Evaluate, env: Environment) -> Walk:
        value = yield node.value, env
        if isinstance(value, (Sequenced, Matrix)):
            return [Result(None, value)]
        return [Result(node.value.name if isinstance(node.value, syntax.Name) else "out", value)]

    def assign(self, node: syntax.Assign, env: Environment) -> Walk:
        values = []
        for part in node.values:
            values.append((yield part, env))
        found: Any = values[0] if len(values) == 1 else values
        if len(node.names) == 1:
            return [self._assigned(env, node.names[0], found)]
        if not isinstance(found, (list, dict, str)):
            raise RaspError(f"object of type '{_python_name(found)}' has no len()", kind="wrong", where=node.place)
        if len(found) != len(node.names):
            raise RaspError(f"expected {len(node.names)} values, but got: {len(found)}", where=node.place)
        return [self._assigned(env, name, value) for name, value in zip(node.names, found)]

    def _assigned(self, env: Environment, name: str, value: Any) -> Result:
        env.set(name, value)
        if isinstance(value, Named):
            value.rename(name)
            self._host.note(name, value)
        return Result(name, value)

    def define(self, node: syntax.Function, env: Environment) -> Walk:
        function = Function(node.name, env, node)
        env.set(node.name, function)
        yield from ()
        return [Result(node.name, function)]

    def loop(self, node: syntax.Loop, env: Environment) -> Walk:
        of = yield node.of, env
        if not isinstance(of, (list, dict)):
            raise RaspError(f"for loop needs to iterate over a list or dict, but got: {describe(of)}")
        for item in list(of):
            _bind(env, node.names, item)
            for statement in node.body:
                yield statement, env
        return []

    def load(self, node: syntax.Load, env: Environment) -> Walk:
        self._host.load(node.file, env, node.place)
        yield from ()
        return []

    def draw(self, node: syntax.Draw, env: Environment) -> Walk:
        on = None
        if node.on is not None:
            on = yield node.on, env
            self._examples.append(on)
        value = yield node.value, env
        if not operations.is_sop(value):
            raise RaspError(f"draw expects unfinished sequence, got: {describe(value)}")
        return [Result(None, self._host.draw(value, on))]

    # --- expressions --------------------------------------------------------------------------------------------

    def literal(self, node: syntax.Literal, env: Environment) -> Walk:
        yield from ()
        return node.value

    def name(self, node: syntax.Name, env: Environment) -> Walk:
        yield from ()
        return env.get(node.name)

    def index(self, node: syntax.Index, env: Environment) -> Walk:
        of = yield node.of, env
        at = yield node.index, env
        return operations.index(of, at)

    def unary(self, node: syntax.Unary, env: Environment) -> Walk:
        value = yield node.operand, env
        return operations.unary(node.operator, value)

    def binary(self, node: syntax.Binary, env: Environment) -> Walk:
        left = yield node.left, env
        right = yield node.right, env
        return operations.binary(node.operator, left, right)

    def ternary(self, node: syntax.Ternary, env: Environment) -> Walk:
        condition = yield node.condition, env
        if isinstance(condition, Named):
            then = yield node.then, env
            otherwise = yield node.otherwise, env
            return operations.ternary(condition, then, otherwise)
        # A condition that is an atom chooses now, so that loops and recursion over atoms can end.
        return (yield (node.then if condition else node.otherwise), env)

    def contains(self, node: syntax.Contains, env: Environment) -> Walk:
        item = yield node.item, env
        container = yield node.container, env
        name = node.container.name if isinstance(node.container, syntax.Name) else str(container)
        return operations.contains(item, container, name)

    def select(self, node: syntax.Select, env: Environment) -> Walk:
        keys = yield node.keys, env
        queries = yield node.queries, env
        return operations.select(keys, queries, node.operator)

    def aggregate(self, node: syntax.Aggregate, env: Environment) -> Walk:
        selector = yield node.selector, env
        values = yield node.values, env
        default = None
        if node.default is not None:
            default = yield node.default, env
        return operations.aggregate(selector, values, default)

    def range(self, node: syntax.Range, env: Environment) -> Walk:
        bounds = []
        for part in node.bounds:
            bounds.append((yield part, env))
        return operations.ranged(bounds)

    def zip(self, node: syntax.Zip, env: Environment) -> Walk:
        lists = []
        for part in node.lists:
            lists.append((yield part, env))
        return operations.zipped(lists)

    def length(self, node: syntax.Length, env: Environment) -> Walk:
        of = yield node.of, env
        if not isinstance(of, list):
            raise RaspError(f"attempting to compute length of non-list: {describe(of)}")
        return len(of)

    def listing(self, node: syntax.Listing, env: Environment) -> Walk:
        items = []
        for part in node.items:
            items.append((yield part, env))
        return items

    def comprehension(self, node: syntax.Comprehension, env: Environment) -> Walk:
        of = yield node.of, env
        _iterable(of, "list")
        items = []
        for item in list(of):
            scope = env.nested()
            _bind(scope, node.names, item)
            items.append((yield node.item, scope))
        return items

    def dictionary(self, node: syntax.Dictionary, env: Environment) -> Walk:
        items = {}
        for key_part, value_part in node.items:
            key = _key((yield key_part, env))
            items[key] = yield value_part, env
        return items

    def dictionary_comprehension(self, node: syntax.DictionaryComprehension, env: Environment) -> Walk:
        of = yield node.of, env
        _iterable(of, "dict")
        items = {}
        for item in list(of):
            scope = env.nested()
            _bind(scope, node.names, item)
            key = _key((yield node.key, scope))
            items[key] = yield node.value, scope
        return items

    def call(self, node: syntax.Call, env: Environment) -> Walk:
        arguments = []
        for part in node.arguments:
            arguments.append((yield part, env))
        # What is called may work on its input only, and fail on the running example.
        example = len(arguments) == 1 and isinstance(arguments[0], (str, list, dict))
        if example:
            self._examples.append(arguments[0])
        of = yield node.of, env
        if example:
            self._examples.pop()
        if isinstance(of, Function):
            return (yield from self._apply(of, arguments))
        if not isinstance(of, Named):
            raise RaspError(
                f"only functions, s-ops and selectors can be called, got: {describe(of)}", kind="unimplemented"
            )
        if len(arguments) != 1:
            raise RaspError(f"wrong number of args for evaluate unfinished- expected: 1, got: {len(arguments)}.")
        if not isinstance(arguments[0], (str, list, dict)):
            raise RaspError(f"Applying unfinished expects iterable input, got: {describe(arguments[0])}")
        return self._host.evaluate(of, arguments[0])

    def _apply(self, function: Function, arguments: list[Any]) -> Walk:
        parameters = function.definition.parameters
        missing = len(parameters) - len(arguments)
        if 0 < missing <= len(function.defaults):
            arguments = [*arguments, *function.defaults[-missing:]]
        if len(arguments) != len(parameters):
            raise RaspError(
                f"wrong number of args for {function.name}- expected: {len(parameters)}, got: {len(arguments)}."
            )
        if self._calls >= DEEPEST_CALL:
            raise RaspError(
                f"function {function.name} is called more than {DEEPEST_CALL} calls deep",
                kind="wrong",
                todo="a recursion needs a condition on atoms that ends it",
            )
        self._calls += 1
        if function.native is not None:
            value = function.native(*arguments)
        else:
            scope = function.environment.nested()
            for name, argument in zip(parameters, arguments):
                scope.set(name, argument)
            for statement in function.definition.body:
                yield statement, scope
            results = []
            for part in function.definition.results:
                results.append((yield part, scope))
            value = results[0] if len(results) == 1 else results
        self._calls -= 1
        if isinstance(value, Named):
            value.rename(f"{function.name}({' , '.join(describe(argument, 20) for argument in arguments)})")
        return value


def _bind(env: Environment, names: tuple[str, ...], item: Any) -> None:
    if len(names) == 1:
        env.set(names[0], item)
    elif not isinstance(item, (list, dict, str)):
        raise RaspError(f"iterating with multiple iterator names, but got single iterator value: {describe(item)}")
    elif len(item) != len(names):
        raise RaspError(f"iterating with {len(names)} names but got {len(item)} values ( {describe(item)} )")
    else:
        for name, part in zip(names, item):
            env.set(name, part)


def _iterable(of: Any, kind: str) -> None:
    if not isinstance(of, (list, dict)):
        raise RaspError(f"{kind} comprehension should have got a list or dict to loop over, but got: {describe(of)}")


def _key(value: Any) -> Any:
    if not is_atom(value):
        raise RaspError(f"dictionary keys can only be atoms, but instead got: {describe(value)}")
    return value


def _python_name(value: Any) -> str:
    return type(value).__name__ if is_atom(value) else operations.type_name(value)


_WALKS: dict[type, Callable[[_Run, Any, Environment], Walk]] = {
    syntax.Aggregate: _Run.aggregate,
    syntax.Assign: _Run.assign,
    syntax.Binary: _Run.binary,
    syntax.Call: _Run.call,
    syntax.Comprehension: _Run.comprehension,
    syntax.Contains: _Run.contains,
    syntax.Dictionary: _Run.dictionary,
    syntax.DictionaryComprehension: _Run.dictionary_comprehension,
    syntax.Draw: _Run.draw,
    syntax.Evaluate: _Run.evaluate,
    syntax.Function: _Run.define,
    syntax.Index: _Run.index,
    syntax.Length: _Run.length,
    syntax.Listing: _Run.listing,
    syntax.Literal: _Run.literal,
    syntax.Load: _Run.load,
    syntax.Loop: _Run.loop,
    syntax.Name: _Run.name,
    syntax.Range: _Run.range,
    syntax.Select: _Run.select,
    syntax.Ternary: _Run.ternary,
    syntax.Unary: _Run.unary,
    syntax.Zip: _Run.zip,
}
_EXPRESSIONS = tuple(
    kind
    for kind in _WALKS
    if kind not in (syntax.Assign, syntax.Draw, syntax.Evaluate, syntax.Function, syntax.Load, syntax.Loop)
)
