"""What a route honours and gives, found in its code: headers, and the problems it can come to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from servicekit.web import idempotency, preconditions, routes
from tools.openapi import problems
from tools.openapi.call_graph import CallGraph, Reached

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
MARKS = {
    "etag": "ETag",
    "location": "Location",
    "content-disposition": "Content-Disposition",
}
"""Header names as they stand in code → as the document has them."""
ANSWERED_IN_THE_RESULTS = {"run_batch"}
"""What goes wrong with a command is part of a 200: `Problems of commands`."""
OF_A_BATCH = {"batch-refused", "quota-exceeded", "account-gone", "invalid"}

Problems = set[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What the document says of a route beyond what FastAPI does."""

    parameters: tuple[str, ...]
    """Components of header parameters."""
    headers: tuple[str, ...]
    """Of its successful response."""
    is_conditional: bool
    """Whether a read may be 304."""
    problems: frozenset[tuple[int, str]]
    command_problems: frozenset[tuple[int, str]] = frozenset()


def read_facts(app: FastAPI, package: str) -> Iterator[tuple[str, str, RouteFacts]]:
    """Path, method and facts of every route of a service that the document has."""
    graph = CallGraph(package, frozenset({_name(preconditions.require_match)}))
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                found = graph.follow([*_calls(context.dependant), *_at_commit(package, route, method)])
                yield str(context.path), method, _facts_of(route, method, context.dependant, found)


def _facts_of(route: APIRoute, method: str, dependant: Dependant, found: Reached) -> RouteFacts:
    marks = {MARKS[text.lower()] for text in found.texts if text.lower() in MARKS}
    is_keyed = _name(idempotency.parse_claim) in found.functions or _keeps_keys(route, method)
    is_conditional = method == "GET" and "ETag" in marks and isinstance(route, routes.TransactionalRoute)
    honoured = {
        "IdempotencyKey": is_keyed,
        "IfMatch": _name(preconditions.require_match) in found.functions,
        "IfNoneMatch": is_conditional,
    }
    parameters = tuple(name for name, is_honoured in honoured.items() if is_honoured)
    headers = (*sorted(marks), *(("Idempotent-Replayed",) if is_keyed else ()))
    all_problems = _problems_of(route, dependant, found, parameters)
    of_commands: Problems = set()
    if route.name in ANSWERED_IN_THE_RESULTS:
        of_commands = {each for each in found.problems if each[0] not in (401, 403)}
        all_problems -= {each for each in found.problems if each[1] not in OF_A_BATCH} - _GIVEN
    return RouteFacts(parameters, headers, is_conditional, frozenset(all_problems), frozenset(of_commands))


_GIVEN = {*problems.ALWAYS, *problems.WITH_A_TOKEN, *problems.WITH_A_KEY, *problems.NO_OTHER_PARAMETERS}
"""What a request can come to before its commands are looked at."""


def _problems_of(
    route: APIRoute, dependant: Dependant, found: Reached, parameters: tuple[str, ...]
) -> Problems:
    result: Problems = {*found.problems, *problems.ALWAYS}
    has_body = bool(dependant.body_params) or "requestBody" in (route.openapi_extra or {})
    if has_body:
        result |= {*problems.WITH_A_BODY}
    if has_body or dependant.query_params or dependant.path_params:
        result |= {*problems.WITH_PARAMETERS}
    if any(status == 401 and code == "token-missing" for status, code in found.problems):
        result |= {*problems.WITH_A_TOKEN}
        if not (route.methods or set()) <= {"GET", "HEAD"}:
            result |= {*problems.WITH_A_SESSION}
    if "IdempotencyKey" in parameters:
        result |= {*problems.WITH_A_KEY}
    if "IfMatch" in parameters:
        result |= {*problems.PRECONDITION}
    if isinstance(route, routes.TransactionalRoute):
        result |= {*problems.NO_OTHER_PARAMETERS}
    return result


def _keeps_keys(route: APIRoute, method: str) -> bool:
    """Whether the response to a key is stored by the route itself."""
    is_transaction = isinstance(route, routes.TransactionalRoute) and not route.only_reads
    return is_transaction and method in UNSAFE


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call:
        yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _at_commit(package: str, route: APIRoute, method: str) -> list[Callable[..., Any]]:
    return _unit_of_work(package) if _keeps_keys(route, method) else []


@cache
def _unit_of_work(package: str) -> list[Callable[..., Any]]:
    """What a service does at a flush, which nothing in a route names."""
    if not find_spec(f"{package}.unit_of_work"):
        return []
    session = import_module(f"{package}.unit_of_work.session").UnitOfWorkSession
    return [session.collect, session.write_last]


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
