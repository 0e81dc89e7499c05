"""The examples of the API reference: the running system answers each request as it is shown.

What differs each time is compared by its shape. `RECORD_EXAMPLES=1` writes the responses anew.
"""

import json
import os
import re
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from devstack.stack import Stack
from tests.system.api import Answer, Api
from tests.system.waiting import eventually
from tools.api_clients import DOCUMENT
from tools.openapi.examples import MADE_UP, RESPONSES, fill_in, read_steps

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
SECRETS = {
    "access_token", "next_cursor", "next_token", "path", "position", "prefix", "push_key", "refresh_token",
    "secret", "target", "token", "undo_token", "url",
}  # fmt: skip
COUNTS = re.compile(r"used|limit|milliseconds|attempts|tasks_\w+|chat_messages")
GIVEN = ("ETag", "Location", "Content-Disposition", "RateLimit", "RateLimit-Policy")
"""Headers of a successful response; whether they are there does not depend on the request."""
LONGEST = 60
"""Characters of a secret that are shown."""

Json = Any


SHARED = {"list_dead_letters", "list_groups"}
"""What an operator sees is everybody's, so also what other tests have left."""


def shape(value: Json, name: str = "") -> Json:
    """What stays the same each time."""
    if isinstance(value, dict):
        return {key: shape(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each, name) for each in value]
    if isinstance(value, str):
        return "secret" if name in SECRETS else TIME.sub("<time>", UUID.sub("<uuid>", value))
    return "count" if type(value) is int and COUNTS.fullmatch(name) else value


def show(value: Json, made_up: dict[str, str]) -> Json:
    """As the document shows it: with names anybody may use, and short."""
    if isinstance(value, dict):
        return {key: show(each, made_up) for key, each in value.items()}
    if isinstance(value, list):
        return [show(each, made_up) for each in value]
    if not isinstance(value, str):
        return value
    for name, each in made_up.items():
        value = value.replace(each, MADE_UP[name])
    return value if len(value) <= LONGEST or " " in value else f"{value[:LONGEST]}…"


def differing_headers(operation: dict[str, Any], answer: Answer) -> set[str]:
    """Headers that the document promises for this response and that are missing, or the other way round."""
    told = operation["responses"].get(str(answer.status), {}).get("headers", {})
    return {name for name in GIVEN if (name in told) != (name in answer.headers)}


class Journey:
    """The steps of `requests.yaml`, taken one after the other."""

    def __init__(self, nobody: Api, operator: Api, hook: str) -> None:
        document = json.loads(DOCUMENT.read_text())
        self._operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self.made_up = {"email": f"{uuid4()}@example.com", "hook": hook}
        self._kept: dict[str, Any] = dict(self.made_up)
        self._api = {"user": nobody, "operator": operator}

    async def take(self, step: dict[str, Any]) -> Answer:
        method, path, operation = self._operations[step["operation"]]
        step = fill_in(step, self._kept)
        url = path.format(**step.get("path", {}))
        query = {
            key: str(each).lower() if isinstance(each, bool) else each
            for key, each in step.get("query", {}).items()
        }
        url += f"?{urlencode(query)}" if query else ""
        headers = {name.lower().replace("-", "_"): each for name, each in step.get("headers", {}).items()}
        api = self._api[step.get("token", "user")]

        async def ask() -> Answer:
            return await api.ask(method, url, step.get("body"), **headers)

        wanted = step.get("until")
        answer = await (eventually(ask, lambda found: has(found.body, wanted)) if wanted else ask())
        assert not differing_headers(operation, answer), (answer.headers, operation["responses"])
        await self._try_conditions(api, method, url, step, operation, answer)
        if "as" in step:
            self._kept[step["as"]] = answer.body
        if step["operation"] == "sign_up":
            self._api["user"] = Api(api.session, api.edge, answer.body["access_token"])
        return answer

    async def _try_conditions(
        self, api: Api, method: str, url: str, step: dict[str, Any], operation: dict[str, Any], answer: Answer
    ) -> None:
        """A request whose conditions don't hold is refused, or not sent again, where the document says so."""
        honoured = {each.get("$ref", "").rpartition("/")[2] for each in operation.get("parameters", ())}
        if method == "GET":
            etag = answer.headers.get("ETag", '"none"')
            again = await api.ask(method, url, if_none_match=etag)
            assert (again.status == 304) == ("IfNoneMatch" in honoured), again
        elif "IfMatch" in honoured and method != "DELETE":
            again = await api.ask(method, url, step.get("body"), if_match='"0"')
            assert again.status == 412, again


def has(body: Json, wanted: dict[str, Any]) -> bool:
    items = body.get("items", [body])
    return any(wanted.items() <= each.items() for each in items)


async def test_are_what_the_system_answers(healthy: Stack, nobody: Api, operator: Api, hook: str) -> None:
    journey = Journey(nobody, operator, hook)
    recorded: dict[str, Any] = json.loads(RESPONSES.read_text()) if RESPONSES.exists() else {}
    found, different = {}, []
    for step in read_steps():
        key = step["as"] if step.get("hidden") else step["operation"]
        try:
            answer = await journey.take(step)
        except Exception as error:
            different.append(f"{key}: {error!r}")
            continue
        body = show(answer.body, journey.made_up) if not isinstance(answer.body, bytes) else None
        found[key] = {"status": answer.status, "body": body}
        compared = [
            {**each, "body": None} if key in SHARED else each for each in (found[key], recorded.get(key, {}))
        ]
        if shape(compared[0]) != shape(compared[1]) or answer.status >= 400:
            different.append(f"{key}: {json.dumps(found[key])}")
    if os.environ.get("RECORD_EXAMPLES"):
        RESPONSES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert not different, "\n".join(different)
