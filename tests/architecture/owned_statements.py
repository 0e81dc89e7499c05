"""Finds statements about owned tables that were not begun for their owner (decision 39), by names in code.

A name is *owned* if it may mean an owned table: a model with a column `user_id`, what a module or a function
assigns from one, what a module imports of those, and a parameter that may be any model.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

BEGIN = {"select", "update", "delete", "exists"}
"""What begins a statement, as a function of SQLAlchemy or as a method of a table."""
GET = {"get", "get_one"}
"""What finds a row by its key, as a method of a session; `identity_key` as a function."""
SESSION = re.compile(r"session|identity_map")
COMPARE = {"in_", "not_in", "is_", "like", "any_", "__eq__"}
SCOPE = re.compile(r"\b(?:self|owner|ANY_OWNER|OwnerScope\(.*\)|_OF_\w+|\w+_scope)$", re.DOTALL)
"""What a statement may be begun with: a repository itself, or a scope."""
ANY_MODEL = re.compile(r"\btype\[|^Any$|^$|^Table$")
"""Annotations of parameters that may be an owned model."""
Names = Mapping[str, Set[str]]
"""Dotted module → names in it that are owned."""


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """A statement that doesn't say whose rows it is about, or says it by hand."""

    module: str
    function: str
    """With its class; empty at the level of the module."""
    code: str

    @property
    def place(self) -> str:
        return f"{self.module}:{self.function}"


def find_owned_names(trees: Mapping[str, ast.Module], models: Set[str]) -> Names:
    """The owned names at the level of each module, those it imports included."""
    found: dict[str, set[str]] = {module: set() for module in trees}
    before = -1
    while before != (before := sum(map(len, found.values()))):
        for module, tree in trees.items():
            known = found[module]
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and node.name in models:
                    known.add(node.name)
                elif isinstance(node, ast.ImportFrom):
                    known |= set(_import_owned(node, found))
                else:
                    known |= set(_assign_owned(node, known))
    return found


def find_breaches(module: str, tree: ast.Module, owned: Set[str], tables: Set[str]) -> Iterator[Breach]:
    """What is wrong in a module, of what is nested the whole.

    tables: names of owned tables, for statements that are text.
    """
    for function, nodes, inside in _scopes(tree, owned):
        wrong = [node for node in nodes if _is_breach(node, inside, tables)]
        nested = {id(each) for node in wrong for each in ast.walk(node) if each is not node}
        for node in wrong:
            if id(node) not in nested:
                yield Breach(module, function, " ".join(ast.unparse(node).split())[:160])


def _import_owned(node: ast.ImportFrom, found: Names) -> Iterator[str]:
    for alias in node.names:
        if alias.name in found.get(node.module or "", ()):
            yield alias.asname or alias.name


def _assign_owned(node: ast.AST, known: Set[str]) -> Iterator[str]:
    """The names that a statement makes mean what an owned one means."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and _mentions(node.value, known):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (name for target in targets for name in _names(target))
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and _mentions(node.iter, known):
        yield from _names(node.target)


def _mentions(node: ast.expr, known: Set[str]) -> bool:
    """Whether a value may be an owned table; what was begun with a scope is a statement."""
    if any(_is_begun(each) for each in ast.walk(node)):
        return False
    return bool(set(_names(node)) & known)


def _is_begun(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {*BEGIN, "owns", "cte", "subquery"}
        and (node.func.attr in ("cte", "subquery") or bool(SCOPE.search(ast.unparse(node.func.value))))
    )


def _scopes(tree: ast.Module, owned: Set[str]) -> Iterator[tuple[str, list[ast.AST], Set[str]]]:
    """Name, nodes and owned names of the module and of each of its functions, also those in classes."""
    functions = list(_functions(tree.body))
    ours = {id(node) for _, function in functions for node in ast.walk(function)}
    yield "", [node for node in ast.walk(tree) if id(node) not in ours], owned
    for name, function in functions:
        nodes = list(ast.walk(function))
        yield name, nodes, _owned_within(function, nodes, owned)


def _functions(body: Iterable[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node


def _owned_within(function: ast.AST, nodes: list[ast.AST], owned: Set[str]) -> Set[str]:
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    known = set(owned) - {each.arg for each in arguments}
    for each in arguments:
        if ANY_MODEL.search(ast.unparse(each.annotation) if each.annotation else ""):
            known.add(each.arg)
    known -= {"self", "cls", "_"}
    before = -1
    while before != (before := len(known)):
        for node in nodes:
            known |= set(_assign_owned(node, known))
    return known


def _is_breach(node: ast.AST, owned: Set[str], tables: Set[str]) -> bool:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        is_equal = any(isinstance(each, ast.Eq | ast.NotEq | ast.In) for each in node.ops)
        return is_equal and any(_is_owner_column(side, owned) for side in sides)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return _is_bare_statement(node, node.func.id, owned, tables)
    return isinstance(node.func, ast.Attribute) and _is_breach_of_method(node, node.func, owned)


def _is_bare_statement(node: ast.Call, name: str, owned: Set[str], tables: Set[str]) -> bool:
    if name == "text":
        return any(
            isinstance(each, ast.Constant) and _names_table(str(each.value), tables) for each in node.args
        )
    asks = name in BEGIN or name == "identity_key"
    return asks and any(set(_names(each)) & owned for each in node.args)


def _is_breach_of_method(node: ast.Call, method: ast.Attribute, owned: Set[str]) -> bool:
    arguments = [*node.args, *(each.value for each in node.keywords)]
    about = {name for each in arguments for name in _names(each)} & owned
    if method.attr in COMPARE:
        return _is_owner_column(method.value, owned)
    if method.attr in GET:
        return bool(about) and bool(SESSION.search(ast.unparse(method.value)))
    begun_with = next(_begin_of(method.value), None)
    if begun_with in BEGIN:  # more is said of a bare statement
        return bool(about)
    if method.attr == "select_from":
        return bool(about)
    if method.attr == "from_select":
        return bool(set(_names(method.value)) & owned)
    receiver = ast.unparse(method.value)
    return method.attr in BEGIN and not SCOPE.search(receiver) and _is_table(method.value, owned)


def _begin_of(node: ast.expr) -> Iterator[str]:
    """The function that the chain of calls begins with."""
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        node = node.func if isinstance(node, ast.Call) else node.value


def _is_table(node: ast.expr, owned: Set[str]) -> bool:
    """Whether what a method is called on is an owned name, or a table reached by one."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name) and node.id in owned


def _is_owner_column(node: ast.expr, owned: Set[str]) -> bool:
    """Whether this is the column `user_id` of an owned name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "col" and node.args:
        node = node.args[0]
    if isinstance(node, ast.Attribute) and node.attr == "user_id":
        return _is_table(node.value, owned)
    is_named = isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "'user_id'"
    return is_named and _is_table(node, owned)


def _names(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id


def _names_table(sql: str, tables: Set[str]) -> bool:
    return bool(re.search(rf"\b(?:from|join|update|into)\s+\"?(?:{'|'.join(tables)})\b", sql, re.IGNORECASE))
