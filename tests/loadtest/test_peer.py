"""The same requests to any server: by the examples there are, and to the bare one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.paths import ROOT
from loadtest.measure.peer import GENERATOR, Watched, measure_peer, process_rows, result_rows, send_requests
from loadtest.peers import config
from loadtest.peers.config import Template

PEERS = ROOT / "loadtest" / "peers"
OPENAPI = ROOT / "services/frontend/src/frontend_service/openapi.json"
keys = st.text(max_size=4)
documents = st.recursive(
    st.integers() | keys, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)


def pointers(document: object) -> list[tuple[str, object]]:
    """Every place in a document, and what stands there."""
    inside: list[tuple[str, object]] = []
    if isinstance(document, dict):
        inside = [(name.replace("~", "~0").replace("/", "~1"), value) for name, value in document.items()]
    elif isinstance(document, list):
        inside = [(str(number), value) for number, value in enumerate(document)]
    return [("", document)] + [
        (f"/{name}{rest}", found) for name, value in inside for rest, found in pointers(value)
    ]


@given(documents)
def test_a_pointer_finds_every_place(document: object) -> None:
    assert all(config.resolve_pointer(document, pointer) is found for pointer, found in pointers(document))


class TestTemplate:
    def test_fills_known_places_and_leaves_braces(self) -> None:
        request = Template("PUT", "/tasks/{id}", '{"title": "{other}", "of": "{id}"}').fill(id="7")
        assert (request.path, request.body) == ("/tasks/7", '{"title": "{other}", "of": "7"}')

    def test_is_new_each_time(self) -> None:
        template = Template("POST", "/tasks", "{unique}")
        assert template.fill() != template.fill()


class TestConfig:
    def write(self, path: Path, text: str) -> Path:
        path = path / "peer.toml"
        path.write_text('name = "x"\n[create]\nrequest = "POST /t"\nid = "/id"\n' + text)
        return path

    def test_of_a_server_with_a_key_in_a_header_of_its_own(self, tmp_path: Path) -> None:
        sign_in = '[sign_in]\nrequest = "POST /login"\ntoken = "/data/0/key"\nheader = "X-Key: k {token}"\n'
        peer = config.read_config(self.write(tmp_path, sign_in))
        assert peer.request_names == ["create"]
        assert peer.sign_in
        assert peer.headers(peer.sign_in.extract_value("token", {"data": [{"key": 1}]})) == {"X-Key": "k 1"}

    def test_what_it_does_not_know_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="raed"):
            config.read_config(self.write(tmp_path, '[raed]\nrequest = "GET /t"\n'))

    def test_a_body_is_json(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="Expecting"):
            config.read_config(self.write(tmp_path, "[read]\nrequest = \"POST /t\"\nbody = '{title}'\n"))


def test_our_example_asks_for_what_there_is() -> None:
    peer = config.read_config(PEERS / "ours.toml")
    paths = json.loads(OPENAPI.read_text())["paths"]
    assert peer.sign_in
    assert peer.request_names == list(config.ASKED)
    for template in (peer.sign_in, *peer.requests.values()):
        path = template.path.partition("?")[0]
        known = [name for name in paths if name.removeprefix("/api/v1") == path]
        assert known, template
        assert template.method.lower() in paths[known[0]]


@dataclass(frozen=True, slots=True)
class Bare:
    """The bare service, in a process of its own: in this one the task service may listen to sessions."""

    url: str
    pid: int


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bare]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "loadtest.measure.bare_app:app", "--port", str(port)]
    env = os.environ | {"BARE_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/bare.db"}
    with subprocess.Popen([*command, "--log-level", "warning"], cwd=ROOT, env=env) as process:
        _wait_until_it_listens(port)
        yield Bare(f"http://127.0.0.1:{port}", process.pid)
        process.terminate()


def _wait_until_it_listens(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError


class TestBareServer:
    async def test_answers_all_its_example_asks(self, bare: Bare) -> None:
        peer = config.read_config(PEERS / "bare.toml")
        found = await measure_peer(peer, bare.url, Watched({"server": bare.pid}), seconds=0.3, tasks=3)
        assert [each.what for each in found] == ["read", "list", "create"]
        for each in found:
            assert each.tally.accepted == each.tally.sent > 0, each
            assert each.cpu["server"] > 0
            assert each.cpu_ms_each == each.cpu_ms("server")
        assert [row[0] for row in result_rows(found)] == ["read", "list", "create"]
        assert [row[0] for row in process_rows(found)] == ["server"]
        assert all(each.cpu_ms(GENERATOR) > 0 for each in found)

    async def test_a_task_is_completed_once(self, bare: Bare, tmp_path: Path) -> None:
        """Of a server that can't, each is refused; none is asked for again."""
        path = tmp_path / "peer.toml"
        complete = '[complete]\nrequest = "POST /tasks/{id}/complete"\n'
        path.write_text((PEERS / "bare.toml").read_text() + complete)
        *_, completed = await measure_peer(
            config.read_config(path), bare.url, Watched({}), seconds=0.2, tasks=3
        )
        assert (completed.what, completed.tally.sent, completed.tally.failed) == ("complete", 3, 3)

    async def test_who_is_not_there_is_no_success(self) -> None:
        peer = config.read_config(PEERS / "bare.toml")
        async with aiohttp.ClientSession() as session:
            requests = iter([peer.requests["list"].fill()])
            found = await send_requests(session, "http://127.0.0.1:1", "list", requests, Watched({}), 1)
        assert found.tally.failed == 1
