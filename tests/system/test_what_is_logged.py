"""No log of a whole run, of any program, holds what is personal: addresses, what people wrote, tokens.

This file comes last but for its like, so that the logs hold what every test before it did; accounts of all
tests have addresses at `example.com`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from devstack.stack import Stack
from tests.system.api import Api
from tests.system.waiting import eventually

ADDRESS = re.compile(rb"[\w.+-]+(?:@|%40)example\.(?:com|org)")
SIGNED_TOKEN = re.compile(rb"eyJ[\w-]{10,}\.[\w-]+")
JSON_TYPE = {"content_type": "application/json"}


def logs_of(stack: Stack) -> Iterator[Path]:
    """Of services, sidecars, Kafka, Redis and the scheduler."""
    for folder in (stack.folder.logs, stack.folder.app_logs):
        yield from folder.glob("*.log")


def lines_with(stack: Stack, *patterns: bytes | re.Pattern[bytes]) -> list[str]:
    """The lines of all logs that hold one of these, with the name of the log."""
    compiled = [each if isinstance(each, re.Pattern) else re.compile(re.escape(each)) for each in patterns]
    return [
        f"{path.name}: {line[:400].decode(errors='replace')}"
        for path in logs_of(stack)
        for line in path.read_bytes().splitlines()
        if any(pattern.search(line) for pattern in compiled)
    ]


def mode_of(path: Path) -> int:
    """0 of what is gone meanwhile: databases and Kafka put files away."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0


def test_logs_and_databases_are_nobody_elses_to_read(stack: Stack) -> None:
    """Whoever wrote them."""
    written = [*logs_of(stack), *stack.folder.data.iterdir()]
    for program in ("redis", "kafka", "scheduler"):
        parts = [path for path in (stack.folder.path / program).rglob("*") if path.is_file()]
        assert parts, program
        written += [path for path in parts if path.suffix in {".aof", ".log", ".db"}]
    assert {path.suffix for path in written} >= {".aof", ".db", ".log"}
    modes = {path.name: mode_of(path) for path in written}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


@pytest.fixture
def secret_word() -> str:
    """A word that stands in everything one person writes."""
    return f"unmistakable{uuid4().hex}"


@pytest.fixture
async def writer(nobody: Api, secret_word: str) -> Api:
    """Somebody whose name, address and password hold the word."""
    fields = {"email": f"{secret_word}@example.com", "password": f"{secret_word} and more"}
    return await nobody.sign_up(name=secret_word, **fields)


class TestALog:
    def test_of_the_whole_run_holds_no_address_and_no_token(self, stack: Stack) -> None:
        found = list(logs_of(stack))
        assert len(found) >= 14  # two frontends and five services, each with its sidecar
        assert any(b"is up" in path.read_bytes() for path in found)
        assert not lines_with(stack, ADDRESS, SIGNED_TOKEN)

    async def test_holds_nothing_people_wrote(
        self, healthy: Stack, nobody: Api, writer: Api, secret_word: str
    ) -> None:
        await write_what_is_right(writer, secret_word)
        await write_what_is_wrong(writer, nobody, secret_word)
        assert not lines_with(healthy, secret_word.encode())

    async def test_holds_no_token_that_was_used(self, healthy: Stack, nobody: Api, writer: Api) -> None:
        made = await writer.insist("POST", "/tokens", {"name": "agent", "scopes": ["tasks:read"]})
        secret = str(made.body["token"])
        agent = Api(nobody.session, nobody.edge, secret)
        assert (await agent.insist("GET", "/tasks")).status == 200
        assert (await agent.insist("GET", "/users/me")).status == 403
        spoiled = Api(nobody.session, nobody.edge, writer.token[:-4] + "AAAA")
        assert (await spoiled.ask("GET", "/tasks")).status == 401
        await nobody.insist("POST", "/auth/refresh", {"refresh_token": writer.refresh_token})
        used = (secret, writer.token, writer.refresh_token)
        assert not lines_with(healthy, *(each.encode() for each in used), SIGNED_TOKEN)


async def write_what_is_right(writer: Api, word: str) -> None:
    """Everything people write into, taken in and handed on to the other services."""
    task = {"title": word, "notes": word, "labels": [word], "priority": 1}
    made = await writer.insist("POST", "/tasks", task)
    assert made.status == 201, made.body
    one = f"/tasks/{made.body['id']}"
    for method, path, body, status in [
        ("PATCH", one, {"notes": f"{word} {word}"}, 200),
        ("POST", "/tasks", {"quick": f"{word} tomorrow 9:00 +{word}"}, 201),
        ("POST", "/tasks/parse", {"quick": f"{word} on friday"}, 200),
        ("GET", f"/tasks?q={word}", None, 200),
        ("GET", f"/tasks?filter=title%20~%20%22{word}%22", None, 200),
        ("POST", "/filters", {"name": word, "filter": f'title ~ "{word}"'}, 201),
        ("PATCH", "/users/me", {"name": f"{word} the second"}, 200),
        ("POST", "/chat/messages", {"text": f"add {word}"}, 200),
        ("POST", "/channels", {"kind": "email"}, 201),
        ("POST", f"{one}/complete", None, 200),
        ("DELETE", one, None, 204),
    ]:
        response = await writer.insist(method, path, body)
        assert response.status == status, (method, path, response.body)
    hook = await writer.insist("POST", "/webhooks", {"url": f"http://127.0.0.1:80/{word}"})
    assert hook.status == 201, hook.body
    await writer.insist("POST", f"/webhooks/{hook.body['id']}/test")
    await eventually(
        lambda: writer.items(f"/webhooks/{hook.body['id']}/deliveries"),
        lambda found: any(each["log"] for each in found),
    )


async def write_what_is_wrong(writer: Api, nobody: Api, word: str) -> None:
    """Refusals and failures name the field, never its value: in responses they may, in logs not."""
    for api, method, path, body in [
        (nobody, "POST", "/auth/sign-up", {"email": f"{word}@example.com", "password": f"{word} {word}"}),
        (nobody, "POST", "/auth/sign-in", {"email": f"{word}@example.com", "password": word}),
        (nobody, "POST", "/auth/refresh", {"refresh_token": word}),
        (writer, "POST", "/tasks", {"title": word, "due_date": word}),
        (writer, "POST", "/tasks", {"title": word, word: word}),
        (writer, "POST", "/tasks", {"title": word * 100}),
        (writer, "POST", "/tasks", {"title": word, "project_id": word}),
        (writer, "POST", "/projects", {"name": word}),
        (writer, "POST", "/labels", {"name": word}),
        (writer, "POST", "/filters", {"name": word, "filter": f"{word} = {word}"}),
        (writer, "GET", f"/tasks?filter={word}&cursor={word}", None),
        (writer, "GET", f"/tasks/{word}", None),
        (writer, "GET", f"/{word}", None),
        (writer, word[:12].upper(), "/tasks", None),
        (writer, "POST", "/webhooks", {"url": f"ftp://{word}"}),
        (writer, "POST", "/channels", {"kind": "push", "endpoint": f"https://{word}.example.com/"}),
        (writer, "PATCH", "/users/me", {"time_zone": word}),
    ]:
        response = await api.ask(method, path, body, idempotency_key=str(uuid4()))
        assert 400 <= response.status < 500 or path in ("/projects", "/labels"), (method, path, response.body)
