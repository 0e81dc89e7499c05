"""Which images go: a fake API of the registry, and a fake `docker` that knows what images consist of."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contracts.names import IMAGES
from delivery.registry import Manifest, Registry, select_expired
from devstack.errors import CommandError

DOCKER = """#!/usr/bin/env python3
import json, pathlib, sys
parts = json.loads(pathlib.Path(__file__).with_name("parts.json").read_text())
found = parts.get(sys.argv[-1].partition("@")[2], [])
print(json.dumps({"manifests": [{"digest": each} for each in found]}))
"""


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def image(number: int) -> Manifest:
    """The image of the `number`th commit."""
    return Manifest(digest(number), [f"{number:040x}"], f"2026-11-{number:02}T00:00:00Z")


def signature(number: int) -> Manifest:
    """What cosign pushes for the `number`th image."""
    return Manifest(digest(500 + number), [f"sha256-{number:064x}"], f"2026-11-{number:02}T00:00:01Z")


def part(number: int) -> Manifest:
    return Manifest(digest(number), [], "2026-11-01T00:00:00Z")


def no_parts(_: str) -> set[str]:
    return set()


class TestSelection:
    def test_keeps_the_newest_and_what_runs(self) -> None:
        images = [image(number) for number in range(1, 7)]
        assert select_expired(images, {digest(2)}, 2, no_parts) == [digest(1), digest(3), digest(4)]

    def test_takes_signatures_and_parts_along_but_none_that_another_image_has(self) -> None:
        parts = {digest(1): {digest(100), digest(101)}, digest(2): {digest(101)}, digest(501): {digest(601)}}
        found = [image(1), image(2), signature(1), signature(2), *map(part, (100, 101, 601, 999))]
        expired = select_expired(found, {digest(2)}, 1, lambda each: parts.get(each, set()))
        assert expired == [digest(1), digest(501), digest(100), digest(601)]

    def test_leaves_what_nobody_knows(self) -> None:
        other = Manifest(digest(9), ["latest"], "2020-01-01T00:00:00Z")
        assert select_expired([image(1), other], {digest(1)}, 1, no_parts) == []

    def test_refuses_to_guess_if_what_runs_is_not_there(self) -> None:
        with pytest.raises(CommandError, match="Running, but not in the registry"):
            select_expired([image(1)], {digest(2)}, 1, no_parts)


class FakeApi:
    """Answers as the registry, two manifests to a page at most; keeps what was asked."""

    def __init__(self, manifests: dict[str, list[Manifest]]) -> None:
        self.requests: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                api.requests.append(f"{self.command} {self.path}")
                assert self.headers["authorization"] == "Bearer secret"
                repository = self.path.split("/")[5] if "repositories" in self.path else ""
                listed = manifests.get(repository, [])
                body = {
                    "manifests": [
                        {"digest": each.digest, "tags": each.tags, "updated_at": each.updated}
                        for each in listed
                    ]
                }
                self.send_response(200 if self.command == "GET" else 204)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(json.dumps(body).encode())

            do_GET = do_POST = do_DELETE = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.registry = Registry("ours", f"http://127.0.0.1:{self.server.server_port}")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """Every image three times, the first two of which aren't among the newest one."""
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "parts.json").write_text(json.dumps({digest(1): [digest(100)]}))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("DIGITALOCEAN_ACCESS_TOKEN", "secret")
    fake = FakeApi({name: [image(1), image(2), image(3), part(100)] for name in IMAGES})
    thread = threading.Thread(target=fake.server.serve_forever)
    thread.start()
    yield fake
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


class TestCollection:
    def test_deletes_what_is_old_and_then_frees_its_space(self, api: FakeApi) -> None:
        staging, production = dict.fromkeys(IMAGES, digest(3)), dict.fromkeys(IMAGES, digest(2))
        list(api.registry.collect_garbage([staging, production], keep=1))
        changed = [line for line in api.requests if not line.startswith("GET")]
        where = "DELETE /v2/registries/ours/repositories"
        deleted = [f"{where}/{name}/digests/{each}" for name in IMAGES for each in (digest(1), digest(100))]
        assert changed == [*deleted, "POST /v2/registries/ours/garbage-collection"]

    def test_deletes_nothing_if_one_image_runs_nowhere(self, api: FakeApi) -> None:
        running = dict.fromkeys(IMAGES[:-1], digest(3))
        with pytest.raises(CommandError, match="nothing was deleted"):
            list(api.registry.collect_garbage([running], keep=1))
        assert all(line.startswith("GET") for line in api.requests)

    def test_has_nothing_to_do_where_all_is_new(self, api: FakeApi) -> None:
        list(api.registry.collect_garbage([dict.fromkeys(IMAGES, digest(3))], keep=3))
        assert all(line.startswith("GET") for line in api.requests)
