"""What a route can come to, read from the source of all it calls: errors with their codes, and names.

A call by a name that stands for a function or class is followed to it; one of a method of something
unknown is followed to the methods of that name of the classes its module knows, or else of any class of the
service. So more may be found than can happen; what is only reached through other libraries is not found.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from servicekit.errors import ServiceError

FOLLOWED_LIBRARY = "servicekit"


@dataclass(slots=True)
class Reached:
    """What can be reached from a function."""

    functions: set[str] = field(default_factory=set)
    """Qualified names: `servicekit.web.preconditions.require_match`."""
    problems: set[tuple[int, str]] = field(default_factory=set)
    """Status and `code` of each error."""
    texts: set[str] = field(default_factory=set)
    """String constants."""


class CallGraph:
    """The calls within one service and the library it is made with.

    package: of the service. stop_at: qualified names of functions that are noted and not followed.
    """

    def __init__(self, package: str, stop_at: frozenset[str] = frozenset()) -> None:
        self._package = package
        self._stop_at = stop_at
        self._known: dict[FunctionType, tuple[Reached, list[Any]]] = {}

    def follow(self, start: list[Callable[..., Any]]) -> Reached:
        reached = Reached()
        waiting: list[Any] = list(start)
        while waiting:
            function = inspect.unwrap(waiting.pop())
            if not isinstance(function, FunctionType) or not self._is_followed(function):
                continue
            name = f"{function.__module__}.{function.__qualname__}"
            if name in reached.functions:
                continue
            reached.functions.add(name)
            if name not in self._stop_at:
                waiting += self._visit(function, reached)
        return reached

    def _visit(self, function: FunctionType, reached: Reached) -> list[Any]:
        """What `function` refers to; what it says itself is added to `reached`."""
        if function not in self._known:
            own = Reached()
            self._known[function] = (own, list(self._read(function, own)))
        own, following = self._known[function]
        reached.problems |= own.problems
        reached.texts |= own.texts
        return following

    def _is_followed(self, function: FunctionType) -> bool:
        return function.__module__.partition(".")[0] in (self._package, FOLLOWED_LIBRARY)

    def _read(self, function: FunctionType, reached: Reached) -> Iterator[Any]:
        tree = _parse_function(function)
        codes = dict(_explicit_codes(tree, function))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                reached.texts.add(node.value)
            elif isinstance(node, ast.Name | ast.Attribute):
                yield from self._refer(node, function, codes.get(node, ""), reached)

    def _refer(self, node: ast.expr, function: FunctionType, code: str, reached: Reached) -> Iterator[Any]:
        found = _resolve(node, function)
        if isinstance(found, type) and issubclass(found, ServiceError):
            if code != _CAUGHT:
                reached.problems.add((found.status, code or found.code))
        elif isinstance(found, type):
            yield from (each for name, each in vars(found).items() if name in ("__init__", "__call__"))
        elif isinstance(found, dict | tuple | list):
            yield from _contained(found)
        elif found is not None:
            yield getattr(found, "__func__", found)
        elif isinstance(node, ast.Attribute) and function.__module__.startswith(self._package):
            yield from _methods_named(node, function, self._package)


_CAUGHT = "caught"


def _explicit_codes(tree: ast.AST, function: FunctionType) -> Iterator[tuple[ast.expr, str]]:
    """For each error class that is named: the code it is made with, or that it is only caught."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type:
            yield from ((each, _CAUGHT) for each in ast.walk(node.type) if isinstance(each, ast.expr))
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "suppress"):
                yield from ((each, _CAUGHT) for each in ast.walk(node) if isinstance(each, ast.expr))
            code = next((each.value for each in node.keywords if each.arg == "code"), None)
            made = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            text = _constant(code, function) if code else ""
            if text:
                yield made, text
                yield node.func, text


def _constant(node: ast.expr, function: FunctionType) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    found = _resolve(node, function)
    return found if isinstance(found, str) else ""


def _resolve(node: ast.expr, function: FunctionType) -> Any:
    """What a dotted name stands for at module level or in a closure; None if that is not known."""
    if isinstance(node, ast.Name):
        closed_over = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
        return closed_over.get(node.id) or function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, function)
        if isinstance(owner, ModuleType | type):
            return getattr(owner, node.attr, None)
    return None


def _contained(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | tuple | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _contained(each)
    elif isinstance(value, FunctionType):
        yield value


def _parse_function(function: FunctionType) -> ast.AST:
    found = _functions_of(function.__code__.co_filename).get(function.__code__.co_firstlineno)
    return found or ast.Module(body=[], type_ignores=[])


@cache
def _functions_of(file: str) -> dict[int, ast.AST]:
    """First line, that of the first decorator if there is one → function."""
    if not Path(file).is_file():  # made at run time, as dataclasses make methods
        return {}
    tree = ast.parse(Path(file).read_text())
    found: dict[int, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = ast.Module(body=_without_docstring(node), type_ignores=[])
            found[min([node.lineno, *(each.lineno for each in node.decorator_list)])] = body
        elif isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, node)
    return found


def _without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node) else node.body


def _methods_named(node: ast.Attribute, function: FunctionType, package: str) -> Iterator[FunctionType]:
    """The methods `node` can mean: of the type its owner is annotated with, or of the classes in sight."""
    if node.attr.startswith("__"):
        return
    known: Any = None
    if isinstance(node.value, ast.Name):
        known = function.__annotations__.get(node.value.id)
    kinds = (known,) if inspect.isclass(known) else _classes_of(package, function.__module__)
    found = [method for kind in kinds if (method := _method(kind, node.attr))]
    if not found and known is None and not any(hasattr(each, node.attr) for each in (str, bytes, dict, list)):
        found = [method for kind in _classes_of(package) if (method := _method(kind, node.attr))]
    yield from found


def _method(kind: type, name: str) -> FunctionType | None:
    method = next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), None)
    found = getattr(method, "__func__", getattr(method, "fget", method))
    return found if isinstance(found, FunctionType) else None


@cache
def _classes_of(package: str, module: str = "") -> tuple[type, ...]:
    """The classes of a package that a module of it knows by name; all of them without a module."""
    modules = [module] if module else [name for name in sys.modules if name.startswith(package)]
    known = [each for name in modules for each in vars(sys.modules[name]).values() if inspect.isclass(each)]
    return tuple(dict.fromkeys(each for each in known if each.__module__.startswith(package)))
