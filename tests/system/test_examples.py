"""The examples of the API reference: the running system answers each request as it is shown.

What differs each time is compared by its shape. `RECORD_EXAMPLES=1` writes the responses anew.
"""

import json
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from contracts.event import wrap
from contracts.label import LabelCreated, LabelSnapshot
from devstack.stack import Stack
from services.notification.tests.receivers import MailServer
from tests.system.api import Api, ApiResponse
from tests.system.test_dead_letters import parked, publish_dead_letter
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


def differing_headers(operation: dict[str, Any], response: ApiResponse) -> set[str]:
    """Headers that the document promises for this response and that are missing, or the other way round."""
    documented = operation["responses"].get(str(response.status), {}).get("headers", {})
    return {name for name in GIVEN if (name in documented) != (name in response.headers)}


Preparation = Callable[[dict[str, Any]], Awaitable[Json]]
"""Gets what the journey has kept, and returns what is kept of it."""


def prepare_dead_letter(stack: Stack, operator: Api) -> Preparation:
    """The notification service gives up an event about a new label of the user."""

    async def give_up(kept: dict[str, Any]) -> Json:
        now = datetime.now(UTC)
        fields = {"id": str(uuid4()), "name": "to read", "colour": None, "position": "V", "version": 1}
        label = LabelSnapshot.model_validate(fields | {"created_at": now, "updated_at": now})
        created = LabelCreated(user_id=kept["account"]["user"]["id"], label=label)
        event = wrap(created, id=str(uuid4()), source="/services/task", time=now, traceparent="")
        await publish_dead_letter(stack, event.model_dump(mode="json"), "KeyError: 'colour'")
        return await parked(operator, event.id)

    return give_up


def prepare_unsubscribe_token(mail_server: MailServer) -> Preparation:
    """Waits for an e-mail to the user, which has the token in a header (RFC 8058)."""

    async def find_token(kept: dict[str, Any]) -> Json:
        async def look() -> list[str]:
            mails = [mail for mail in mail_server.received if mail["To"] == kept["email"]]
            return [mail["List-Unsubscribe"].strip("<>").rpartition("/")[2] for mail in mails]

        return {"token": (await eventually(look, bool))[0]}

    return find_token


class Journey:
    """The steps of `requests.yaml`, taken one after the other."""

    def __init__(self, nobody: Api, operator: Api, hook: str, preparations: dict[str, Preparation]) -> None:
        document = json.loads(DOCUMENT.read_text())
        self._operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self.made_up = {"email": f"{uuid4()}@example.com", "hook": hook}
        self._kept: dict[str, Any] = dict(self.made_up)
        self._api = {"user": nobody, "operator": operator}
        self._preparations = preparations

    async def take(self, step: dict[str, Any]) -> ApiResponse:
        if "prepare" in step:
            self._kept[step["as"]] = await self._preparations[step["prepare"]](self._kept)
            return ApiResponse(200, {}, self._kept[step["as"]])
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

        async def ask() -> ApiResponse:
            return await api.ask(method, url, step.get("body"), **headers)

        expected = step.get("until")
        response = await (eventually(ask, lambda found: has(found.body, expected)) if expected else ask())
        assert not differing_headers(operation, response), (response.headers, operation["responses"])
        await self._try_conditions(api, method, url, step, operation, response)
        if "as" in step:
            self._kept[step["as"]] = response.body
        if step["operation"] == "sign_up":
            self._api["user"] = Api(api.session, api.edge, response.body["access_token"])
        return response

    async def _try_conditions(
        self,
        api: Api,
        method: str,
        url: str,
        step: dict[str, Any],
        operation: dict[str, Any],
        response: ApiResponse,
    ) -> None:
        """A request whose conditions don't hold is refused, or not sent again, where the document says so."""
        honoured = {each.get("$ref", "").rpartition("/")[2] for each in operation.get("parameters", ())}
        if method == "GET":
            etag = response.headers.get("ETag", '"none"')
            again = await api.ask(method, url, if_none_match=etag)
            assert (again.status == 304) == ("IfNoneMatch" in honoured), again
        elif "IfMatch" in honoured and method != "DELETE":
            again = await api.ask(method, url, step.get("body"), if_match='"0"')
            assert again.status == 412, again


def has(body: Json, expected: dict[str, Any]) -> bool:
    items = body.get("items", [body])
    return any(expected.items() <= each.items() for each in items)


async def test_are_what_the_system_answers(
    healthy: Stack, nobody: Api, operator: Api, hook: str, mail_server: MailServer
) -> None:
    preparations = {
        "dead_letter": prepare_dead_letter(healthy, operator),
        "unsubscribe_token": prepare_unsubscribe_token(mail_server),
    }
    journey = Journey(nobody, operator, hook, preparations)
    recorded: dict[str, Any] = json.loads(RESPONSES.read_text()) if RESPONSES.exists() else {}
    found, different = {}, []
    for step in read_steps():
        key = step["as"] if step.get("hidden") else step["operation"]
        try:
            response = await journey.take(step)
        except Exception as error:
            different.append(f"{key}: {error!r}")
            continue
        body = show(response.body, journey.made_up) if not isinstance(response.body, bytes) else None
        found[key] = {"status": response.status, "body": body}
        compared = [
            {**each, "body": None} if key in SHARED else each for each in (found[key], recorded.get(key, {}))
        ]
        if shape(compared[0]) != shape(compared[1]) or response.status >= 400:
            different.append(f"{key}: {json.dumps(found[key])}")
    if os.environ.get("RECORD_EXAMPLES"):
        RESPONSES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert not different, "\n".join(different)
