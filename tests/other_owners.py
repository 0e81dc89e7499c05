"""What one user gets of another's, by every operation of the OpenAPI document: nothing (decision 39)."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from conftest import ServiceUnderTest
from servicekit.web.ids import new_id
from tests.json_types import DOCUMENT

BOB = {"authorization": "Bearer bob"}
NOT_BY_ID = {
    "/calendar/{id}": "a secret address, for whoever has it",
    "/unsubscribe/{token}": "a signed link, for whoever has it",
    "/chat/conversations/{id}": "kept in Redis under the id of the user",
    "/ops/dead-letters/{id}": "for operators, who see those of all users",
    "/ops/dead-letters/{id}/discard": "for operators, who see those of all users",
    "/ops/dead-letters/{id}/replay": "for operators, who see those of all users",
}
BODIES: Mapping[str, dict[str, Any]] = {
    "Move": {"before": "{own}"},
    "ReceiptCreate": {"state": "delivered"},
    "Snooze": {"minutes": 5},
    "Unskip": {"due_date": "2030-01-01"},
    "TaskDraft": {"title": "tea"},
    "ProjectCreate": {"name": "tea"},
    "ReminderCreate": {"title": "tea", "minutes_before": 5},
}
"""A body of each schema that has to hold something. `{own}`: the id of another resource of who asks."""
REFERENCES = ("_id", "before", "after")
"""How fields end that name a resource."""


@dataclass(slots=True)
class Owned:
    """The ids of what a user has, by the first part of the path; several of a kind differ in their state."""

    ids: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    schema: str
    """The name of the schema of its JSON body; empty without one."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def kind(self) -> str:
        return self.path.split("/")[1]

    def body(self, own: str) -> dict[str, Any] | None:
        given = BODIES.get(self.schema, {})
        return (
            {name: own if value == "{own}" else value for name, value in given.items()}
            if self.schema
            else None
        )


async def answers_to_strangers(service: ServiceUnderTest, ada: Owned, bob: Owned) -> list[str]:
    """Operations with an id in their path that answered `bob` something else than 404 for what is `ada`'s."""
    found = []
    for operation in _operations(service.app):
        if "{" in operation.path and operation.path not in NOT_BY_ID:
            for id in ada.ids[operation.kind]:
                own = (bob.ids.get(operation.kind) or [new_id()])[0]
                path = operation.path.replace("{id}", id)
                response = await service.client.request(
                    operation.method, path, json=operation.body(own), headers=BOB
                )
                if response.status_code != 404:
                    found.append(f"{operation.name}: {response.status_code} {response.text[:80]}")
    return found


async def answers_to_the_owner(service: ServiceUnderTest, ada: Owned) -> list[str]:
    """The same operations that answered `ada` herself that nothing is there, or that she asks wrongly."""
    found = []
    operations = [
        each for each in _operations(service.app) if "{" in each.path and each.path not in NOT_BY_ID
    ]
    for operation in sorted(operations, key=lambda each: each.method == "DELETE"):
        statuses = []
        for id in ada.ids[operation.kind]:
            path = operation.path.replace("{id}", id)
            own = ada.ids[operation.kind][-1]
            response = await service.client.request(operation.method, path, json=operation.body(own))
            statuses.append(response.status_code)
        if not {200, 201, 202, 204, 409} & set(statuses):
            found.append(f"{operation.name}: {statuses}")
    return found


async def references_to_strangers(service: ServiceUnderTest, ada: Owned, bob: Owned) -> list[str]:
    """Fields of bodies in which an id of `ada`'s was not answered to `bob` as one that nobody has."""
    found = []
    for operation in _operations(service.app):
        for name in _reference_fields(operation.schema):
            own = bob.ids.get(operation.kind, [""])[0]
            for id in [each for ids in ada.ids.values() for each in ids]:
                responses = []
                for given in (id, new_id()):
                    body = {**(operation.body(own) or {}), name: given}
                    if name == "after":
                        body.pop("before", None)
                    path = operation.path.replace("{id}", own)
                    response = await service.client.request(operation.method, path, json=body, headers=BOB)
                    responses.append((response.status_code, response.json().get("code")))
                if responses[0] != responses[1] or responses[0][0] not in (404, 422):
                    found.append(f"{operation.name} {name}: {responses}")
    return found


async def rows_of_strangers(service: ServiceUnderTest, ada: Owned, *paths: str) -> list[str]:
    """Reads without an id that showed `bob` an id of `ada`'s. paths: more than those of the document."""
    found = []
    ids = [each for ids in ada.ids.values() for each in ids]
    for path in [*_lists(service.app), *paths]:
        response = await service.client.get(path, headers=BOB)
        if response.status_code != 403 and any(id in response.text for id in ids):
            found.append(f"{path}: {response.text[:200]}")
    return found


async def own_rows(service: ServiceUnderTest, ada: Owned, *paths: str) -> set[str]:
    """The ids of `ada`'s that the same reads showed her."""
    texts = [(await service.client.get(path)).text for path in [*_lists(service.app), *paths]]
    return {id for ids in ada.ids.values() for id in ids if any(id in text for text in texts)}


def _lists(app: FastAPI) -> list[str]:
    return [each.path for each in _operations(app) if each.method == "GET" and "{" not in each.path]


def _operations(app: FastAPI) -> Iterator[Operation]:
    """What the document and `app` both have."""
    with warnings.catch_warnings(action="ignore"):  # of subscriptions, which are not in the document
        own = app.openapi()["paths"]
    for path, methods in DOCUMENT["paths"].items():
        for method in methods.keys() & own.get(path, {}).keys():
            content = methods[method].get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            yield Operation(method.upper(), path, schema.get("$ref", "").rpartition("/")[2])


def _reference_fields(schema: str) -> list[str]:
    properties = DOCUMENT["components"]["schemas"].get(schema, {}).get("properties", {})
    return [name for name in properties if name.endswith(REFERENCES)]
